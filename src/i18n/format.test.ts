import { describe, expect, test } from 'vitest';
import { parseInstant, parsePlainDate } from '#core/dates.ts';
import { type Language, languages } from '#core/languages.ts';
import { parseMoney } from '#core/money.ts';
import {
  cutText,
  directLine,
  formatCount,
  formatDateTime,
  formatDay,
  formatDuration,
  formatMoney,
  formatTime,
  isolateText,
  maskAccount,
  maskName,
  stripControls,
} from './format.ts';

/** Makes isolates and blanks visible. */
function show(text: string): string {
  return text.replaceAll('\u2066', '[').replaceAll('\u2069', ']').replaceAll('\u00a0', ' ');
}

describe('money', () => {
  test.each<[string, string, Language, string]>([
    // Rupiah keep two decimals, which Intl would round away (stack.md section 5).
    ['1250000.00', 'IDR', 'en', '[IDR 1,250,000.00]'],
    ['1250000.50', 'IDR', 'id', '[IDR 1.250.000,50]'],
    ['1250000.00', 'IDR', 'ar', '[IDR 1,250,000.00]'],
    ['15000000', 'VND', 'vi', '[VND 15.000.000]'],
    ['1234.567', 'KWD', 'en', '[KWD 1,234.567]'],
    ['0.05', 'HKD', 'zh-HK', '[HKD 0.05]'],
    ['-999.00', 'MYR', 'ms', '[−MYR 999.00]'],
    ['999', 'JPY', 'th', '[JPY 999]'],
    // Beyond what a floating-point number holds.
    ['90071992547409931.25', 'CNY', 'zh-CN', '[CNY 90,071,992,547,409,931.25]'],
  ])('money: %s %s in %s', (amount, currency, language, text) => {
    expect(show(formatMoney(language, parseMoney(amount, currency)))).toBe(text);
  });

  test('money: a sign is written where asked for', () => {
    const amount = parseMoney('5', 'USD');
    expect(show(formatMoney('en', amount, 'plus'))).toBe('[+USD 5.00]');
    expect(show(formatMoney('en', amount, 'minus'))).toBe('[−USD 5.00]');
  });

  test('money: counts are grouped', () => {
    expect(formatCount('id', 5000)).toBe('5.000');
    expect(formatCount('en', -1234567)).toBe('−1,234,567');
  });
});

describe('masks', () => {
  test('masks: numbers keep four characters, names their first letters', () => {
    expect(maskAccount('0613005878')).toBe('••••5878');
    expect(maskAccount('0613 0058 78')).toBe('••••5878');
    expect(maskAccount('123456')).toBe('••••56');
    expect(maskAccount('12')).toBe('••••');
    expect(maskName('BUDI  SANTOSO')).toBe('B••• S•••');
    expect(maskName('陳大文')).toBe('陳•••');
    expect(maskName('')).toBe('');
  });
});

describe('time', () => {
  const instant = parseInstant('2026-11-23T15:59:05+07:00');

  test.each<[string, string]>([
    ['Asia/Jakarta', '23 Nov 2026 [15:59:05 WIB]'],
    ['Asia/Hong_Kong', '23 Nov 2026 [16:59:05 HKT]'],
    ['Asia/Ho_Chi_Minh', '23 Nov 2026 [15:59:05 GMT+7]'],
    ['UTC', '23 Nov 2026 [08:59:05 UTC]'],
  ])('time: in %s it says its zone', (zone, text) => {
    expect(show(formatDateTime('en', instant, zone))).toBe(text);
  });

  test('time: midnight is 00, not 24', () => {
    const midnight = parseInstant('2026-11-23T00:00:00+07:00');
    expect(show(formatTime('th', midnight, 'Asia/Jakarta'))).toBe('[00:00:00 WIB]');
  });

  test.each(languages)('time: the year in %s is Gregorian and in Latin digits', (language) => {
    expect(formatDay(language, parsePlainDate('2026-11-23'))).toMatch(/2026/);
    expect(formatDay(language, parsePlainDate('2026-11-23'))).toMatch(/23/);
  });

  test.each<[number, string]>([
    [-5, 'less than a second'],
    [1_000, '1 second'],
    [59_999, '59 seconds'],
    [60_000, '1 minute'],
    [3 * 3_600_000 + 20 * 60_000, '3 hours 20 minutes'],
    [2 * 3_600_000, '2 hours'],
    [49 * 3_600_000, '2 days 1 hour'],
  ])('time: %i ms reads as %s', (length, text) => {
    expect(formatDuration('en', length)).toBe(text);
  });
});

describe('directions', () => {
  test('directions: controls that could reorder a line are taken out of foreign text', () => {
    expect(stripControls('\u202eEVIL\u202c\u2066 \u0007text\n2 ')).toBe('EVIL  text 2');
  });

  test('directions: only text that could disturb its line is isolated', () => {
    expect(isolateText('en', 'BUDI')).toBe('BUDI');
    expect(isolateText('en', 'شركة')).toBe('\u2068شركة\u2069');
    expect(isolateText('ar', 'BUDI')).toBe('\u2068BUDI\u2069');
    expect(directLine('en', 'x')).toBe('x');
    expect(directLine('ar', 'x')).toBe('\u200f\u2067x\u2069');
  });

  test('directions: cutting never leaves an isolate open', () => {
    expect(cutText('\u2066abcdef\u2069', 4)).toBe('abc…');
    expect(cutText('\u2066abc\u2069', 4)).toBe('abc');
    expect(cutText('abc', 3)).toBe('abc');
    expect(cutText('😀😀😀', 2)).toBe('😀…');
  });
});

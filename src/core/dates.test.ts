import { describe, expect, it } from 'vitest';
import {
  dayIn,
  formatWithOffset,
  instantFromMs,
  isTimeZone,
  minuteOfDay,
  parseInstant,
  parsePlainDate,
  startOfDay,
  weekdayIn,
} from './dates.ts';

describe('dates', () => {
  it.each([
    ['2025-06-30T10:15:30+07:00', '2025-06-30T03:15:30Z'],
    ['2025-06-30T10:15:30.250+07:00', '2025-06-30T03:15:30.25Z'],
    ['2025-06-30T03:15:30Z', '2025-06-30T03:15:30Z'],
    // Airwallex writes the offset without a colon (banks-snap-hk.md V12).
    ['2025-06-30T03:15:30+0000', '2025-06-30T03:15:30Z'],
    // BCA's sample of a rejection has an offset of nine characters (A13).
    ['2025-06-30T10:15:30+07:000', '2025-06-30T03:15:30Z'],
  ])('instant: %s is %s', (text, expected) => {
    expect(parseInstant(text).toString()).toBe(expected);
  });

  it.each([
    ['2025-06-30T10:15:30', 'date.instantInvalid'],
    ['2025-02-30T10:15:30Z', 'date.instantInvalid'],
    ['yesterday', 'date.instantInvalid'],
    // A Buddhist year is 543 ahead (ask 86).
    ['2568-06-30T10:15:30+07:00', 'date.yearImplausible'],
  ])('instant: %s is refused as %s', (text, code) => {
    expect(() => parseInstant(text)).toThrow(code);
  });

  it.each([
    ['2025-13-01', 'date.dayInvalid'],
    ['25-06-30', 'date.dayInvalid'],
    ['2568-06-30', 'date.yearImplausible'],
  ])('day: %s is refused as %s', (text, code) => {
    expect(() => parsePlainDate(text)).toThrow(code);
  });

  it('day: the same moment is another day in another zone', () => {
    const moment = parseInstant('2026-11-22T17:30:00Z');
    expect(dayIn(moment, 'Asia/Jakarta').toString()).toBe('2026-11-23');
    expect(dayIn(moment, 'Asia/Dubai').toString()).toBe('2026-11-22');
    expect(startOfDay(parsePlainDate('2026-11-23'), 'Asia/Jakarta').toString()).toBe(
      '2026-11-22T17:00:00Z',
    );
    expect(minuteOfDay(moment, 'Asia/Jakarta')).toBe(30);
    expect(weekdayIn(moment, 'Asia/Jakarta')).toBe(1);
  });

  it('offset: 25 characters to the second, 29 to the millisecond', () => {
    const moment = instantFromMs(Date.parse('2025-06-30T03:15:30.250Z'));
    expect(formatWithOffset(moment, 'Asia/Jakarta')).toBe('2025-06-30T10:15:30+07:00');
    expect(formatWithOffset(moment, 'Asia/Jakarta', 'millisecond')).toBe(
      '2025-06-30T10:15:30.250+07:00',
    );
  });

  it('zone: known and unknown', () => {
    expect(isTimeZone('Asia/Kuala_Lumpur')).toBe(true);
    expect(isTimeZone('Asia/Atlantis')).toBe(false);
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, cutToBytes, dingtalkLimits, jsonBytesOf } from './size.ts';

test.each([
  ['ASCII is one byte', 'abc', 3],
  ['a Chinese character is three', '收款', 6],
  ['an emoji is four', '🔔', 4],
  ['a family is one character of 25 bytes', '👨‍👩‍👧‍👦', 25],
])('bytesOf: %s', (_, text, bytes) => {
  expect(bytesOf(text)).toBe(bytes);
});

test.each([
  ['what fits stays, even to the last byte', '收款', 6, '…', '收款'],
  ['one byte short loses a whole character and more for the mark', '收款收款', 11, '…', '收款…'],
  ['a family is not torn apart', 'a👨‍👩‍👧‍👦', 20, '', 'a'],
  ['a flag is not halved', '🇮🇩🇮🇩', 12, '', '🇮🇩'],
  ['an accent stays with its letter', 'ae\u0301', 3, '', 'a'],
  ['no blank before the mark', 'one two three', 7, '…', 'one…'],
  ['a mark that is too long is left out', 'abcdef', 2, '(cut)', 'ab'],
  ['no room gives nothing', 'abc', 0, '…', ''],
])('cutToBytes: %s', (_, text, bytesMax, mark, expected) => {
  expect(cutToBytes(text, bytesMax, mark)).toBe(expected);
});

test('cutToBytes: never above the limit, always well-formed, always a beginning of the text', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 });
  fc.assert(
    fc.property(text, fc.nat(300), fc.constantFrom('', '…', '（已截断）'), (given, max, mark) => {
      const cut = cutToBytes(given, max, mark);
      expect(bytesOf(cut)).toBeLessThanOrEqual(max);
      expect(cut.isWellFormed()).toBe(given.isWellFormed());
      const kept =
        cut === given || !cut.endsWith(mark) ? cut : cut.slice(0, cut.length - mark.length);
      expect(given.startsWith(kept)).toBe(true);
    }),
  );
});

test('jsonBytesOf: counts what JSON adds', () => {
  expect(jsonBytesOf('a"\n')).toBe(5);
});

test('dingtalkLimits: the numbers of the documents, and what we keep is below them', () => {
  expect(dingtalkLimits).toMatchObject({
    robotBodyBytes: 20_000,
    robotBodyBytesKept: 18_000,
    msgParamBytes: 15_000,
    msgParamBytesKept: 14_000,
    cardValueBytes: 1_024,
    cardKeyBytes: 100,
    mentions: 50,
    personalReceivers: 20,
  });
});

import { describe, expect, it } from 'vitest';
import { findCut } from './line-table.ts';
import { normaliseText } from './normalise-text.ts';
import { readWords } from './tokenise.ts';

function wordsOf(text: string): readonly string[] {
  const normalised = normaliseText(text);
  const words: string[] = [];
  readWords(normalised, (start, end) => words.push(normalised.slice(start, end)));
  return words;
}

describe('the words of a text', () => {
  it.each([
    ['INV4711', ['INV', '4711']],
    ['inv-004711', ['INV', '4711']],
    ['Müller & Söhne', ['MULLER', 'SOHNE']],
    ['ＡＣＭＥ　１２３', ['ACME', '123']],
    ['39fb6f0a', ['39FB6F0A']],
    ['深圳市华强', ['深圳', '圳市', '市华', '华强']],
    ['บริษัท', ['บริ', 'ริษ', 'ิษั', 'ษัท']],
    ['دفعة ٤٧١١', ['دفعه', '4711']],
    ['Đặng Văn', ['DANG', 'VAN']],
    ['  --  ', []],
  ])('are the same however %s is written', (text, expected) => {
    expect(wordsOf(text)).toEqual(expected);
  });
});

describe('the cut of texts', () => {
  const record = (text: string) => ({ id: text, day: 0, amount: 1, currency: 'EUR', text });
  const long = Array.from({ length: 300 }, (_, at) => 'PAYMENT '.padEnd(8 + (at % 40), 'X'));

  it('is where many texts end at one length and few go on', () => {
    expect(findCut(long.map((text) => record(text.slice(0, 20))))).toBe(20);
  });

  it('is not there when texts end anywhere, or all at the length of a template', () => {
    expect(findCut(long.map(record))).toBe(0);
    expect(findCut(long.map((_, at) => record(`INVOICE ${1_000 + at}`)))).toBe(0);
  });
});

import { describe, expect, test } from 'vitest';
import { weighFormats } from './evidence.ts';

const readings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Each text with what it gives under the formats that can read it.
  both: { left: 'L', right: 'R' },
  equal: { left: 'same', right: 'same' },
  leftOnly: { left: 'L' },
  rightOnly: { right: 'R' },
  neither: {},
};

function weigh(...texts: string[]) {
  const values = texts.map((text, index) => ({ row: index + 1, text }));
  return weighFormats(values, ['left', 'right'], ({ text }, format) => readings[text]?.[format]);
}

describe('evidence', () => {
  test('evidence: one row that a format alone can read proves it, among any number of others', () => {
    expect(weigh('both', 'both', 'leftOnly', 'both')).toEqual({
      kind: 'proven',
      format: 'left',
      witness: { row: 3, text: 'leftOnly' },
    });
    expect(weigh('both', 'rightOnly')).toMatchObject({ kind: 'proven', format: 'right' });
  });

  test('evidence: rows that can be read in two ways stay open, however many they are', () => {
    const texts = Array.from({ length: 1_000 }, () => 'both');
    expect(weigh('equal', ...texts)).toEqual({
      kind: 'ambiguous',
      formats: ['left', 'right'],
      witness: { row: 2, text: 'both' },
    });
  });

  test('evidence: rows that prove different formats contradict each other', () => {
    expect(weigh('leftOnly', 'rightOnly', 'both').kind).toBe('contradictory');
  });

  test('evidence: where every reading is the same, nothing needs to be proven', () => {
    expect(weigh('equal', 'equal')).toEqual({ kind: 'same', format: 'left' });
  });

  test('evidence: rows that nobody can read prove nothing', () => {
    expect(weigh('neither', 'both').kind).toBe('ambiguous');
    expect(weigh('neither')).toEqual({ kind: 'unreadable' });
    expect(weigh()).toEqual({ kind: 'unreadable' });
  });
});

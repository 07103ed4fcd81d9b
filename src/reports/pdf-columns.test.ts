import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ColumnWish, fitsWell, planColumns } from './pdf-columns.ts';
import { cutRuns } from './pdf-runs.ts';
import type { PageGroup, PagePart } from './pdf-pages.ts';
import { breakLongWords, textWidth, widestWord } from './pdf-widths.ts';

const wish = fc
  .record({
    least: fc.double({ min: 0.5, max: 12, noNaN: true }),
    extra: fc.double({ min: 0, max: 60, noNaN: true }),
    share: fc.double({ min: 0.5, max: 4, noNaN: true }),
  })
  .map(({ least, extra, share }): ColumnWish => ({ least, most: least + extra, share }));

describe('columns', () => {
  test('columns: together they are as wide as the page, whatever they wish', () => {
    fc.assert(
      fc.property(fc.array(wish, { minLength: 1, maxLength: 20 }), (wishes) => {
        const { widths, gap } = planColumns(wishes, 511);
        expect(widths.reduce((total, width) => total + width, 0)).toBeCloseTo(511, 3);
        for (const width of widths) expect(width).toBeGreaterThan(gap);
      }),
    );
  });

  test('columns: what must not be broken has its room when there is room for all', () => {
    fc.assert(
      fc.property(fc.array(wish, { minLength: 1, maxLength: 6 }), (wishes) => {
        const { widths, size, gap } = planColumns(wishes, 757);
        const least = wishes.reduce((total, { least: own }) => total + own, 0);
        fc.pre(least * 6.5 <= 757 - gap * wishes.length);
        for (const [index, { least: own }] of wishes.entries()) {
          expect(widths[index]).toBeGreaterThanOrEqual(own * size + gap - 0.001);
        }
      }),
    );
  });

  test('columns: many wide ones do not fit a standing page well', () => {
    const column = { least: 8, most: 10, share: 1 };
    expect(fitsWell([column, column], 511)).toBe(true);
    expect(
      fitsWell(
        Array.from({ length: 12 }, () => column),
        511,
      ),
    ).toBe(false);
  });
});

describe('words', () => {
  test('words: breaking adds places to break at and nothing else', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.double({ min: 10, max: 200 }),
        (text, width) => {
          fc.pre(!text.includes('\u200b') && !Number.isNaN(width));
          const broken = breakLongWords(text, width, 8);
          expect(broken.replaceAll('\u200b', '')).toBe(text);
          expect(widestWord(broken, 8)).toBeLessThanOrEqual(Math.max(width, 8.1));
        },
      ),
    );
  });

  test('words: a vowel sign is never parted from its letter', () => {
    const broken = breakLongWords('กิกีกึกืกุกู'.repeat(10), 12, 8);
    expect(broken).toContain('\u200b');
    expect(broken).not.toMatch(/\u200b\p{M}/u);
  });

  test('words: Chinese is as wide as its letters and breaks between them', () => {
    expect(textWidth('深圳市', 10)).toBe(30);
    expect(widestWord('深圳市', 10)).toBe(10);
  });
});

describe('runs', () => {
  const row = ['x'];
  const table = (rows: number): PagePart => ({
    kind: 'table',
    columns: [{ title: 'A', width: 100, align: 'left' }],
    size: 8,
    gap: 8,
    rows: Array.from({ length: rows }, () => row),
    totals: [['sum']],
  });
  const heading: PagePart = { kind: 'heading', level: 1, text: 'H' };

  test('runs: every row comes once and in order, no run has too many, totals come last', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(300), { maxLength: 6 }),
        fc.integer({ min: 1, max: 100 }),
        (sizes, limit) => {
          const groups: PageGroup[] = sizes.map((size, index) => ({
            flipped: index % 2 === 0,
            parts: [heading, table(size)],
          }));
          const runs = cutRuns(groups, limit);
          const tables = runs
            .flat()
            .flatMap(({ parts }) => parts.filter((part) => part.kind === 'table'));
          const total = sizes.reduce((sum, size) => sum + size, 0);
          expect(tables.reduce((sum, { rows }) => sum + rows.length, 0)).toBe(total);
          expect(tables.filter(({ totals }) => totals.length > 0)).toHaveLength(sizes.length);
          for (const run of runs) {
            const rows = run
              .flatMap(({ parts }) => parts)
              .reduce((sum, part) => sum + (part.kind === 'table' ? part.rows.length : 0), 0);
            expect(rows).toBeLessThanOrEqual(limit);
            expect(run.at(-1)?.parts.at(-1)?.kind).not.toBe('heading');
          }
        },
      ),
    );
  });
});

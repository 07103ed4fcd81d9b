import { readXlsx } from 'hucre/xlsx';
import type { Sheet } from 'hucre/xlsx';
import { describe, expect, test, vi } from 'vitest';
import { parseInstant, parsePlainDate } from '#core/dates.ts';
import { parseMoney } from '#core/money.ts';
import type { ReportCell, ReportDocument } from '#core/report-document.ts';
import { toXlsx } from './xlsx.ts';

const base: ReportDocument = {
  title: 'Statement',
  organisation: 'Toko Maju',
  language: 'en',
  isRightToLeft: false,
  zone: 'Asia/Jakarta',
  asOf: parseInstant('2026-11-23T03:00:00Z'),
  madeAt: parseInstant('2026-11-23T03:00:05Z'),
  sections: [],
};

/** A report whose one table has these cells in its only row. */
function withCells(...cells: (ReportCell | null)[]): ReportDocument {
  const columns = cells.map((_cell, index) => ({ title: `C${index}` }));
  return {
    ...base,
    sections: [{ title: 'Part', tables: [{ title: 'Table', columns, rows: [cells], empty: '' }] }],
  };
}

async function open(document: ReportDocument): Promise<readonly Sheet[]> {
  const { sheets } = await readXlsx(await toXlsx(document), { readStyles: true });
  return sheets;
}

async function cellOf(cell: ReportCell) {
  const [, table] = await open(withCells(cell));
  return { value: table?.rows[1]?.[0], style: table?.cells?.get('1,0')?.style };
}

const amount = (text: string, currency: string): ReportCell => ({
  kind: 'money',
  money: parseMoney(text, currency),
});

describe('xlsx', () => {
  test.each([
    // The decimals are the currency's own, not the machine's idea of it.
    [amount('1250000.50', 'IDR'), 1_250_000.5, '#,##0.00'],
    [amount('1250000', 'VND'), 1_250_000, '#,##0'],
    [amount('-0.125', 'KWD'), -0.125, '#,##0.000'],
    [{ kind: 'count', count: 7 }, 7, '#,##0'],
    [{ kind: 'share', share: 0.987 }, 0.987, '0.0%'],
    [{ kind: 'rate', rate: '16250.50' }, 16_250.5, '#,##0.00'],
  ] as const)(
    'xlsx: numbers are numbers with the format of what they are: %o',
    async (cell, value, format) => {
      const read = await cellOf(cell);
      expect(read.value).toBe(value);
      expect(read.style?.numFmt).toBe(format);
    },
  );

  test('xlsx: an amount of up to fifteen digits is exact, a longer one stays text', async () => {
    expect((await cellOf(amount('9999999999999.99', 'IDR'))).value).toBe(9_999_999_999_999.99);
    expect((await cellOf(amount('12345678901234.56', 'IDR'))).value).toBe('12345678901234.56');
    expect((await cellOf({ kind: 'rate', rate: '0.1234567890123456' })).value).toBe(
      '0.1234567890123456',
    );
  });

  test('xlsx: days are days, and moments are read by the clock of the report', async () => {
    const day = await cellOf({ kind: 'date', date: parsePlainDate('2026-11-23') });
    expect(day.value).toEqual(new Date('2026-11-23T00:00:00Z'));
    const moment = await cellOf({ kind: 'moment', at: parseInstant('2026-11-22T18:30:05Z') });
    expect(moment.value).toEqual(new Date('2026-11-23T01:30:05Z'));
  });

  test.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '=HYPERLINK("http://x","y")',
    '\t=1',
    '#N/A',
    '#REF!',
    'TRUE',
    '00123',
    '1e5',
    '2026-11-23',
    '_x0041_',
    'a\u0000b',
    '👩‍👩‍👧 <&>"',
  ])('xlsx: what a bank wrote stays text: %j', async (text) => {
    for (const kind of ['text', 'code'] as const) {
      const { value, style } = await cellOf({ kind, text });
      expect(typeof value).toBe('string');
      expect(style?.numFmt).toBe('@');
    }
    const [, table] = await open(withCells({ kind: 'text', text }));
    const cell = table?.cells?.get('1,0');
    expect(cell?.formula).toBeUndefined();
    expect(cell?.type).not.toBe('error');
  });

  test('xlsx: text that looks like an escape of the format is not read as one', async () => {
    const { value } = await cellOf({ kind: 'text', text: 'a_x0041_b' });
    expect(value).toBe('a_x0041_b');
  });

  test('xlsx: the header stays in sight, and Arabic sheets run from right to left', async () => {
    const [, table] = await open(withCells({ kind: 'count', count: 1 }));
    expect(table?.rows[0]).toEqual(['C0']);
    expect(table?.freezePane).toMatchObject({ rows: 1 });
    expect(table?.view?.rightToLeft ?? false).toBe(false);
    const arabic = await open({
      ...withCells({ kind: 'count', count: 1 }),
      language: 'ar',
      isRightToLeft: true,
    });
    expect(arabic.map((sheet) => sheet.view?.rightToLeft)).toEqual([true, true]);
  });

  test('xlsx: titles become names of sheets that Excel takes, each once', async () => {
    const table = { columns: [{ title: 'A' }], rows: [[null]], empty: '' };
    const titles = ['Summary', "a/b:c?[d]*'", 'x'.repeat(40), 'X'.repeat(40), '', 'history'];
    const sheets = await open({
      ...base,
      sections: titles.map((title) => ({ title, tables: [table] })),
    });
    expect(sheets.map(({ name }) => name)).toEqual([
      'Summary',
      'Summary 2',
      'a b c d',
      'x'.repeat(31),
      `${'X'.repeat(29)} 2`,
      'Sheet',
      'history 2',
    ]);
  });

  test('xlsx: the summary says what it is, when it knew it, and its figures', async () => {
    const [summary] = await open({
      ...base,
      reportId: 'rep_1',
      sections: [
        {
          title: 'Part',
          notes: ['Said in words.'],
          figures: [{ label: 'Total', cell: amount('10.00', 'IDR'), note: 'its rate' }],
          tables: [{ columns: [{ title: 'A' }], rows: [], empty: 'Nothing there.' }],
        },
      ],
    });
    expect(summary?.rows.map((row) => row.filter((value) => value !== null))).toEqual([
      ['Statement'],
      ['Company', 'Toko Maju'],
      ['As of', new Date('2026-11-23T10:00:00Z')],
      ['Made at', new Date('2026-11-23T10:00:05Z')],
      ['Time zone', 'Asia/Jakarta'],
      ['Report', 'rep_1'],
      [],
      ['Part'],
      ['Said in words.'],
      ['Total', 10, 'its rate'],
      ['Nothing there.'],
    ]);
  });

  test('xlsx: the same report gives the same bytes on another day', async () => {
    const first = await toXlsx(withCells(amount('1.00', 'IDR'), { kind: 'text', text: 'x' }));
    vi.useFakeTimers({ now: new Date('2031-05-06'), toFake: ['Date'] });
    const second = await toXlsx(withCells(amount('1.00', 'IDR'), { kind: 'text', text: 'x' }));
    vi.useRealTimers();
    expect(Buffer.from(second).equals(Buffer.from(first))).toBe(true);
  });

  test('xlsx: totals stand below their column, and mixed columns keep each cell its format', async () => {
    const [, table] = await open({
      ...base,
      sections: [
        {
          title: 'Part',
          tables: [
            {
              columns: [{ title: 'A', align: 'end' }],
              rows: [
                [amount('1.00', 'IDR')],
                [amount('2', 'VND')],
                [{ kind: 'text', text: '••••' }],
              ],
              totals: [[amount('3.00', 'IDR')]],
              empty: '',
            },
          ],
        },
      ],
    });
    expect(table?.rows.map(([value]) => value)).toEqual(['A', 1, 2, '••••', 3]);
    const formats = [1, 2, 3, 4].map((row) => table?.cells?.get(`${row},0`)?.style?.numFmt);
    expect(formats).toEqual(['#,##0.00', '#,##0', '@', '#,##0.00']);
    expect(table?.cells?.get('4,0')?.style?.font?.bold).toBe(true);
  });
});

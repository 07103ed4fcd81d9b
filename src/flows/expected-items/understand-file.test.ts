import { writeXlsx } from 'hucre/xlsx';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePlainDate } from '#core/dates.ts';
import { formatEpochDay, parseEpochDay } from '#core/epoch-day.ts';
import { isCashbellError } from '#core/errors.ts';
import { exponentOf, money } from '#core/money.ts';
import type { CurrencyCode } from '#core/money.ts';
import type { ImportAnswers, ImportMapping } from './import-words.ts';
import { understandFile } from './understand-file.ts';

const today = parsePlainDate('2026-11-23');

function understand(
  content: string | Uint8Array,
  answers: ImportAnswers = {},
  mapping?: ImportMapping,
) {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return understandFile(bytes, {
    answers,
    today,
    currencies: ['IDR', 'HKD'],
    recall: () => Promise.resolve(mapping),
  });
}

const keysOf = (questions: readonly { readonly key: string }[]) => questions.map(({ key }) => key);

describe('the property on which money depends', () => {
  interface Style {
    readonly order: 'dd/MM/yyyy' | 'MM/dd/yyyy' | 'yyyy-MM-dd';
    readonly separator: '/' | '-' | '.';
    readonly isShortYear: boolean;
    readonly isPadded: boolean;
    readonly isBuddhist: boolean;
    readonly mark: '.' | ',';
    readonly isGrouped: boolean;
    readonly digits: 'western' | 'arabic' | 'thai';
    readonly delimiter: ',' | ';' | '\t';
    readonly encoding: 'utf-8' | 'bom' | 'utf-16le' | 'utf-16be';
    readonly currency: CurrencyCode;
  }
  const styles: fc.Arbitrary<Style> = fc.record({
    order: fc.constantFrom('dd/MM/yyyy', 'MM/dd/yyyy', 'yyyy-MM-dd'),
    separator: fc.constantFrom('/', '-', '.'),
    isShortYear: fc.boolean(),
    isPadded: fc.boolean(),
    isBuddhist: fc.boolean(),
    mark: fc.constantFrom('.', ','),
    isGrouped: fc.boolean(),
    digits: fc.constantFrom('western', 'arabic', 'thai'),
    delimiter: fc.constantFrom(',', ';', '\t'),
    encoding: fc.constantFrom('utf-8', 'bom', 'utf-16le', 'utf-16be'),
    currency: fc.constantFrom('IDR', 'HKD', 'VND', 'KWD', 'CNY'),
  });
  const rows = fc.array(
    fc.record({
      units: fc.bigInt({ min: 1n, max: 10n ** 12n }),
      day: fc.integer({ min: parseEpochDay('2025-01-01'), max: parseEpochDay('2028-12-31') }),
    }),
    { minLength: 1, maxLength: 12 },
  );

  function writeDay(day: number, style: Style): string {
    const [y = '', m = '', d = ''] = formatEpochDay(day).split('-');
    const full = String(Number(y) + (style.isBuddhist ? 543 : 0));
    const year = style.isShortYear ? full.slice(2) : full;
    const pad = (text: string): string => (style.isPadded ? text : String(Number(text)));
    const parts = { y: year, m: pad(m), d: pad(d) };
    const order = { 'dd/MM/yyyy': 'dmy', 'MM/dd/yyyy': 'mdy', 'yyyy-MM-dd': 'ymd' }[style.order];
    return [...order].map((part) => parts[part as 'y']).join(style.separator);
  }

  function writeAmount(units: bigint, style: Style): string {
    const exponent = exponentOf(style.currency);
    const text = units.toString().padStart(exponent + 1, '0');
    const whole = text.slice(0, text.length - exponent);
    const group = style.mark === '.' ? ',' : '.';
    const grouped = style.isGrouped ? whole.replace(/\B(?=(\d{3})+(?!\d))/g, group) : whole;
    return exponent === 0 ? grouped : `${grouped}${style.mark}${text.slice(-exponent)}`;
  }

  function writeDigits(text: string, { digits }: Style): string {
    const zero = { western: 0x30, arabic: 0x660, thai: 0xe50 }[digits];
    return text.replace(/\d/g, (digit) => String.fromCharCode(zero + Number(digit)));
  }

  function encode(text: string, { encoding }: Style): Uint8Array {
    if (encoding === 'utf-8') return Buffer.from(text);
    if (encoding === 'bom') return Buffer.from(`\ufeff${text}`);
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    return encoding === 'utf-16le' ? little : little.swap16();
  }

  test('property: a file in any style is read right, or asks; answered truly, it is read right', async () => {
    await fc.assert(
      fc.asyncProperty(styles, rows, async (style, list) => {
        // Buddhist years of two digits are read where the file is Thai.
        const name = style.isBuddhist ? 'ลูกค้า' : 'Customer';
        const cell = (text: string) => (text.includes(style.delimiter) ? `"${text}"` : text);
        const head = ['Invoice No', name, 'Due Date', 'Currency', 'Amount'];
        const lines = list.map(({ units, day }, index) =>
          [
            `A-${index}`,
            'Somebody',
            writeDigits(writeDay(day, style), style),
            style.currency,
            writeDigits(writeAmount(units, style), style),
          ].map(cell),
        );
        const text = [head, ...lines].map((line) => line.join(style.delimiter)).join('\r\n');
        const truth = list.map(({ units, day }) => ({
          amount: money(units, style.currency),
          dueOn: formatEpochDay(day),
        }));
        const bytes = encode(text, style);
        const seen = await understand(bytes);
        const read = (drafts: typeof seen.drafts) =>
          drafts.map(({ amount, dueOn }) => ({ amount, dueOn: dueOn?.toString() }));
        if (seen.questions.length === 0) {
          expect(read(seen.drafts)).toEqual(truth);
          return;
        }
        for (const key of keysOf(seen.questions)) {
          expect(['dateFormat', 'decimalMark']).toContain(key);
        }
        const answers = { dateFormat: style.order, decimalMark: style.mark };
        const told = await understand(bytes, answers);
        expect(told.questions).toEqual([]);
        expect(read(told.drafts)).toEqual(truth);
      }),
      { numRuns: 400 },
    );
  });
});

describe('files of delimited text', () => {
  const body = 'Invoice No,Customer,Due Date,Currency,Amount\nA-1,Café,2026-12-31,HKD,10.00\n';

  test('understand: titles above the names and sums below the rows are passed over', async () => {
    const text = `Acme Ltd\nOpen items,as of,2026-11-23\n\n${body}Total,,,HKD,10.00\n`;
    const seen = await understand(text);
    expect(seen.head?.row).toBe(4);
    expect(seen.drafts.map(({ row, number }) => [row, number])).toEqual([[5, 'A-1']]);
    expect([seen.totalRows, seen.rowCount, seen.problems]).toEqual([1, 1, []]);
  });

  test.each([
    ['gb18030', '客户,发票号,金额,币种\n上海,1,10.00,CNY\n'],
    ['big5', '客戶,發票號碼,金額,幣種\n香港,1,10.00,HKD\n'],
    ['windows-874', 'ลูกค้า,เลขที่ใบแจ้งหนี้,จำนวนเงิน,สกุลเงิน\nกขค,1,10.00,THB\n'],
    ['windows-1256', 'العميل,رقم الفاتورة,المبلغ,العملة\nنور,1,10.00,AED\n'],
  ])('understand: the names of the columns tell %s', async (encoding, text) => {
    const seen = await understand(encodeOld(text, encoding));
    expect([seen.table?.encoding, seen.questions]).toEqual([encoding, []]);
    expect(seen.drafts[0]?.counterpartyName).toBe(text.split('\n')[1]?.split(',')[0]);
  });

  test('understand: letters that no column name explains are asked about, and remembered', async () => {
    const bytes = encodeOld(body, 'windows-1252');
    const asked = await understand(bytes);
    expect(keysOf(asked.questions)).toEqual(['encoding']);
    const examples = asked.questions[0]?.options.map(({ answer, example }) => [answer, example]);
    expect(examples).toContainEqual(['windows-1252', expect.stringContaining('Café')]);
    const told = await understand(bytes, { encoding: 'windows-1252' });
    expect(told.drafts[0]?.counterpartyName).toBe('Café');
    const next = await understand(bytes, {}, told.mapping);
    expect([next.questions, next.drafts[0]?.counterpartyName]).toEqual([[], 'Café']);
  });

  test('understand: two columns with one meaning are asked about, one that is empty is none', async () => {
    const text = 'Invoice No,Customer,Currency,Amount,Gross\n1,A,HKD,10.00,11.00\n';
    const asked = await understand(text);
    expect(asked.questions).toMatchObject([
      {
        key: 'column.amount',
        options: [
          { answer: 'Amount', example: '10.00' },
          { answer: 'Gross', example: '11.00' },
        ],
      },
    ]);
    const told = await understand(text, { 'column.amount': 'Gross' });
    expect(told.drafts[0]?.amount.amountMinorUnits).toBe(1100n);
    const next = await understand(text, {}, told.mapping);
    expect(next.drafts[0]?.amount.amountMinorUnits).toBe(1100n);
    expect((await understand(text.replace('11.00', ''))).questions).toEqual([]);
    await expect(understand(text, { 'column.amount': 'Nett' })).rejects.toThrow('api.invalid');
  });

  test('understand: a strong name wins over a weak one', async () => {
    const text = 'No,Invoice No,Name,Customer,Date,Due Date,Currency,Total,Amount\n';
    const seen = await understand(`${text}1,INV-1,Ann,Acme,2026-11-01,2026-12-01,HKD,99.00,10.00`);
    expect(seen.questions).toEqual([]);
    expect(seen.drafts[0]).toMatchObject({
      number: 'INV-1',
      counterpartyName: 'Acme',
      amount: { amountMinorUnits: 1000n },
    });
  });

  test('understand: a column of amounts without a name that we know is known by its content', async () => {
    const seen = await understand('Invoice No,Customer,Wert\n1,A,HKD 10.00\n2,B,HKD 11.00\n');
    expect(seen.columns[2]).toMatchObject({ role: 'amount', basis: 'content' });
    expect(seen.drafts).toHaveLength(2);
  });

  test('understand: a file whose columns nothing names asks which row names them', async () => {
    const text = 'Kunde;Betrag;Waehrung\nAcme;10,00;HKD\n';
    const asked = await understand(text);
    expect(keysOf(asked.questions)).toEqual(['headerRow']);
    const told = await understand(text, {
      headerRow: '1',
      'column.counterparty': 'Kunde',
      'column.amount': 'Betrag',
      direction: 'receivable',
    });
    expect(told.questions).toEqual([]);
    expect(told.drafts[0]).toMatchObject({ counterpartyName: 'Acme', side: 'receivable' });
  });

  test('understand: amounts below zero are asked about; the answer says where money flows', async () => {
    const text = 'Invoice No,Customer,Currency,Amount\n1,A,HKD,10.00\n2,A,HKD,-3.00\n';
    expect(keysOf((await understand(text)).questions)).toEqual(['negativeAmounts']);
    const credit = await understand(text, { negativeAmounts: 'creditNote' });
    expect(credit.drafts.map(({ side, isCredit }) => [side, isCredit])).toEqual([
      ['receivable', false],
      ['receivable', true],
    ]);
    const both = await understand(text.replace('Customer', 'Partner'), {
      negativeAmounts: 'direction',
    });
    expect(both.drafts.map(({ side }) => side)).toEqual(['receivable', 'payable']);
    const refused = await understand(text, { negativeAmounts: 'refuse' });
    expect(refused.problems).toMatchObject([{ row: 3, code: 'amountNegative' }]);
  });

  test('understand: whose documents they are is asked where no name says it', async () => {
    const text = 'Invoice No,Company,Currency,Amount\n1,A,HKD,10.00\n';
    expect(keysOf((await understand(text)).questions)).toEqual(['direction']);
    const byRow = 'Invoice No,Company,Direction,Currency,Amount\n1,A,AR,HKD,1\n2,B,debit,HKD,1\n';
    const seen = await understand(byRow);
    expect(seen.drafts.map(({ side }) => side)).toEqual(['receivable']);
    // Books and banks mean opposite things by debit.
    expect(seen.problems).toMatchObject([{ row: 3, code: 'directionUnknown' }]);
  });

  test('understand: what another column proves holds for a column that proves nothing', async () => {
    const text =
      'Invoice No,Customer,Invoice Date,Due Date,Currency,Amount\n1,A,03/04/2026,25/04/2026,HKD,1\n';
    const seen = await understand(text);
    expect(seen.questions).toEqual([]);
    expect(seen.drafts[0]?.issuedOn?.toString()).toBe('2026-04-03');
  });

  test('understand: a day that is written as a number of days is asked about', async () => {
    const text = 'Invoice No,Customer,Due Date,Currency,Amount\n1,A,46349,HKD,1\n';
    const asked = await understand(text);
    expect(asked.questions).toMatchObject([
      {
        key: 'dayNumbers',
        options: [{ example: '46349 → 2026-11-23' }, { example: '46349 → 2030-11-24' }],
      },
    ]);
    const told = await understand(text, { dayNumbers: 'excel1900' });
    expect(told.drafts[0]?.dueOn?.toString()).toBe('2026-11-23');
  });

  test('understand: currencies stand in a column, beside the amount, in its header, or are asked', async () => {
    const read = async (head: string, amount: string, answers: ImportAnswers = {}) => {
      const seen = await understand(`Invoice No,Customer,${head}\n1,A,${amount}\n`, answers);
      return seen.questions[0]?.key ?? seen.drafts[0]?.amount.currency ?? seen.problems[0]?.code;
    };
    expect(await read('Amount,Currency', '1,Rp')).toBe('IDR');
    expect(await read('Amount', 'HK$1.00')).toBe('HKD');
    expect(await read('Amount (AED)', '1.00')).toBe('AED');
    expect(await read('Amount', '1.00')).toBe('currency');
    expect(await read('Amount', '1.00', { currency: 'KWD' })).toBe('KWD');
    expect(await read('Amount,Currency', 'USD 1,HKD')).toBe('currencyContradicts');
    expect(await read('Amount,Currency', '1,')).toBe('currencyMissing');
  });

  test('understand: a quotation mark that is never closed, and a stray value, are told', async () => {
    const open = `${body}A-2,"Never closed,2026-12-31,HKD,10.00\n`;
    await expect(understand(open)).rejects.toThrow('import.fileUnreadable');
    const stray = await understand(`${body}A-2,B,2026-12-31,HKD,10,00\n`, { decimalMark: '.' });
    expect(stray.problems).toMatchObject([{ row: 3, code: 'strayValue' }]);
  });

  test('understand: control characters and invisible signs never reach a name', async () => {
    const seen = await understand(body.replace('Café', 'Ca\u0007fe\u200b\u0301'));
    expect(seen.drafts[0]?.counterpartyName).toBe('Ca fe \u0301');
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['a PDF', Buffer.from('%PDF-1.7 and so on')],
    ['an old workbook', Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1)],
    ['names and no row', Buffer.from('Invoice No,Customer,Amount\n')],
    ['one column', Buffer.from('hello\nworld\n')],
  ])('understand: %s is no table', async (_name, bytes) => {
    await expect(understand(bytes)).rejects.toThrow('import.fileUnreadable');
  });

  test('understand: more rows than the limit are refused with the limit', async () => {
    const rows = 'A-1,B,2026-12-31,HKD,1\n'.repeat(100_040);
    await expect(understand(body + rows)).rejects.toThrow('more than 100000 rows');
  });
});

describe('files of strangers', () => {
  test('property: whatever a file holds, it is understood, asked about, or refused in words', async () => {
    const cell = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(
        '1.250',
        '-3',
        '(4)',
        '03/04/26',
        '=1+1',
        '"',
        '\n',
        '2026-02-30',
        'IDR',
        '元',
      ),
    );
    const body = fc.array(fc.array(cell, { maxLength: 7 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom(',', ';', '\t'), async (lines, delimiter) => {
        const head = ['Invoice No', 'Customer', 'Due Date', 'Currency', 'Amount'];
        const text = [head, ...lines].map((line) => line.join(delimiter)).join('\n');
        try {
          const seen = await understand(text, {}, undefined);
          expect(seen.drafts.length + seen.refusedRows).toBe(seen.rowCount);
          for (const { amount } of seen.drafts) expect(amount.amountMinorUnits > 0n).toBe(true);
        } catch (error) {
          expect(isCashbellError(error)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('understand: long cells that could be tried in endless ways are refused at once', async () => {
    const traps = [
      `1${'.'.repeat(3_900)}x`,
      `1${' -'.repeat(1_900)}2`,
      `${'('.repeat(1_900)}1${')'.repeat(1_900)}`,
      `${'1,'.repeat(1_900)}1`,
      `${'('.repeat(3_900)}`,
    ];
    const rows = traps.flatMap((trap) => [
      `A,B,"${trap}",HKD,1`,
      `A,B,,HKD,"${trap}"`,
      `"${trap}",B,,HKD,1`,
    ]);
    const seen = await understand(
      ['Invoice No,Customer,Due Date,Currency,Amount', ...rows].join('\n'),
    );
    expect(seen.refusedRows).toBe(traps.length * 2);
    const heads = traps.map((trap) => `"${trap}"`).join(',');
    const named = await understand(`Invoice No,Customer,Currency,Amount,${heads}\n1,A,HKD,1\n`);
    expect(named.drafts).toHaveLength(1);
  });
});

describe('workbooks', () => {
  const head = ['Invoice No', 'Customer', 'Due Date', 'Currency', 'Amount'];
  type Row = (string | number | Date | boolean | null)[];

  async function workbook(rows: readonly Row[], more: object = {}): Promise<Uint8Array> {
    return writeXlsx({ sheets: [{ name: 'Open', rows: [head, ...rows], ...more }] });
  }

  test('understand: days and numbers of a workbook need no proof', async () => {
    const day = new Date(Date.UTC(2026, 3, 3));
    const bytes = await workbook([
      [4711, 'A', day, 'HKD', 1250],
      [4712, 'B', 46349, 'HKD', 0.1 + 0.2],
    ]);
    const seen = await understand(bytes);
    expect(seen.questions).toEqual([]);
    expect(
      seen.drafts.map(({ number, dueOn, amount }) => [
        number,
        dueOn?.toString(),
        amount.amountMinorUnits,
      ]),
    ).toEqual([
      ['4711', '2026-04-03', 125_000n],
      ['4712', '2026-11-23', 30n],
    ]);
  });

  test('understand: a workbook says itself from which day it counts', async () => {
    const rows = [head, ['1', 'A', 44887, 'HKD', 1]];
    const bytes = await writeXlsx({ sheets: [{ name: 'Open', rows }], dateSystem: '1904' });
    const seen = await understand(bytes);
    expect(seen.drafts[0]?.dueOn?.toString()).toBe('2026-11-23');
  });

  test('understand: a formula counts by the value that was saved, and never without one', async () => {
    const cells = new Map([
      ['1,4', { value: 99.5, formula: 'B1*2', formulaResult: 99.5 }],
      ['2,4', { value: null, formula: 'B1*2' }],
    ]);
    const rows: Row[] = [
      ['1', 'A', null, 'HKD', 99.5],
      ['2', 'B', null, 'HKD', null],
    ];
    const seen = await understand(await workbook(rows, { cells }));
    expect(seen.drafts.map(({ amount }) => amount.amountMinorUnits)).toEqual([9950n]);
    expect(seen.problems).toMatchObject([
      { row: 3, column: 'Amount', code: 'formulaWithoutValue' },
    ]);
  });

  test('understand: hidden rows are refused, numbers that a workbook has cut as well', async () => {
    const rowDefs = new Map([[2, { hidden: true }]]);
    const rows: Row[] = [
      ['1', 'A', null, 'HKD', 1],
      ['2', 'B', null, 'HKD', 1],
      ['3', 'C', null, 'HKD', 1_234_567_890_123_456],
    ];
    const seen = await understand(await workbook(rows, { rowDefs }));
    expect(seen.problems.map(({ row, code }) => [row, code])).toEqual([
      [3, 'hiddenRow'],
      [4, 'tooManyDigits'],
    ]);
  });

  test('understand: which of several sheets is meant is asked', async () => {
    const rows = [head, ['1', 'A', null, 'HKD', 1]];
    const bytes = await writeXlsx({
      sheets: [
        { name: 'One', rows },
        { name: 'Two', rows: [head, ['2', 'B', null, 'HKD', 2]] },
        { name: 'Empty', rows: [] },
        { name: 'Hidden', rows, hidden: true },
      ],
    });
    const asked = await understand(bytes);
    expect(asked.questions).toMatchObject([
      { key: 'sheet', options: [{ answer: 'One' }, { answer: 'Two' }] },
    ]);
    const told = await understand(bytes, { sheet: 'Two' });
    expect(told.drafts.map(({ number }) => number)).toEqual(['2']);
    await expect(understand(bytes, { sheet: 'Three' })).rejects.toThrow('has no sheet');
  });
});

/** Letters of an old encoding, found by trying: no library writes them here. */
function encodeOld(text: string, encoding: string): Uint8Array {
  const table = new Map<string, number[]>();
  const decoder = new TextDecoder(encoding);
  for (let first = 0; first < 256; first += 1) {
    table.set(decoder.decode(Uint8Array.of(first)), [first]);
    if (first < 0x81 || encoding.startsWith('windows')) continue;
    for (let second = 0x40; second < 0xff; second += 1) {
      const letter = decoder.decode(Uint8Array.of(first, second));
      if (letter.length === 1 && !table.has(letter)) table.set(letter, [first, second]);
    }
  }
  return Uint8Array.from([...text].flatMap((letter) => table.get(letter) ?? []));
}

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { languages } from '#core/languages.ts';
import { formatDecimal, money } from '#core/money.ts';
import type { CurrencyCode } from '#core/money.ts';
import { paymentPurposes } from '#core/payments.ts';
import { translate } from '#i18n/messages.ts';
import { columnOf, paymentColumns } from './columns.ts';
import { readTable } from './read-payment-file.ts';
import { readHolidays } from './read-holidays.ts';
import { readRows } from './read-rows.ts';
import type { ReadRows, RowOptions } from './read-rows.ts';

async function read(text: string, options: Partial<RowOptions> = {}): Promise<ReadRows> {
  return readRows(await readTable(Buffer.from(text), {}), { currency: 'IDR', ...options });
}

/** An amount as it was understood, or what is wrong with it. */
async function amountOf(
  text: string,
  currency: CurrencyCode = 'IDR',
  decimalMark?: '.' | ',',
): Promise<string> {
  const quoted = text.replaceAll('"', '""');
  const { rows } = await read(`account;amount\n1;"${quoted}"`, { currency, decimalMark });
  const [row] = rows;
  return row?.fields.amount ?? row?.problems[0]?.problem ?? 'empty';
}

describe('columns', () => {
  it('columns: no name means two of them', () => {
    const source = readFileSync(new URL('columns.ts', import.meta.url), 'utf8');
    const listed = [...source.matchAll(/^ {4}'([^']+)',$/gm)].flatMap(([, line = '']) =>
      line.split('|'),
    );
    expect(listed.length).toBeGreaterThan(150);
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed.filter((name) => columnOf(name) === undefined)).toEqual([]);
  });

  it.each([
    ['Creditor Account', 'creditorAccount'],
    ['creditorAccount', 'creditorAccount'],
    ['creditor_account', 'creditorAccount'],
    ['  ACCOUNT NO. ', 'creditorAccount'],
    ['Amount (IDR)', 'amount'],
    ['金额（元）', 'amount'],
    ['ＡＭＯＵＮＴ', 'amount'],
    ['No. Rekening', 'creditorAccount'],
    ['Số tiền', 'amount'],
    ['จำนวนเงิน', 'amount'],
    ['المبلغ', 'amount'],
    ['Jumlah', 'amount'],
    ['Tanggal Pembayaran', 'requestedExecutionDate'],
    ['備註', 'remittanceInformation'],
    ['Tarikh', 'requestedExecutionDate'],
    ['Shoe size', undefined],
  ])('columns: %s is %s', (header, column) => {
    expect(columnOf(header)).toBe(column);
  });
});

describe('amount', () => {
  it.each<[string, string, CurrencyCode?, ('.' | ',')?]>([
    ['1250000', '1250000.00'],
    ['1250000.5', '1250000.50'],
    ['1250000,50', '1250000.50'],
    ['1,250,000.00', '1250000.00'],
    ['1.250.000,00', '1250000.00'],
    ['1.250.000', '1250000.00'],
    ['1,250,000', '1250000.00'],
    ['1 250 000,50', '1250000.50'],
    ["1'250'000.50", '1250000.50'],
    ['IDR 1250000', '1250000.00'],
    ['1250000 idr', '1250000.00'],
    // Full-width, Arabic and Thai digits.
    ['１２５００.50', '12500.50'],
    ['١٢٥٠٫٥٠', '1250.50'],
    ['๑๒๕๐', '1250.00'],
    ['0.500', '0.50'],
    ['1250.000', 'can be read in two ways: 1250.000, or 1250000'],
    ['1.250', 'can be read in two ways: 1.250, or 1250'],
    ['1,250', 'can be read in two ways: 1.250, or 1250'],
    // Somebody has said which mark it is.
    ['1.250', '1250.00', 'IDR', ','],
    ['1,250', '1250.00', 'IDR', '.'],
    ['1.25', 'is no amount', 'IDR', ','],
    // Three decimals are what the dinar has, and it writes them with a point.
    ['1.250', '1.250', 'KWD'],
    ['1,250', 'can be read in two ways: 1.250, or 1250', 'KWD'],
    ['1.2505', 'has more decimals than the 3 of KWD', 'KWD'],
    ['1250', '1250', 'VND'],
    ['1250.00', '1250', 'VND'],
    ['1250.50', 'has more decimals than the 0 of VND', 'VND'],
    ['10.005,55', '10005.55'],
    ['10.05,55', 'is no amount'],
    ['1,25,000.00', 'is no amount'],
    ['1.250.00', 'is no amount'],
    ['1..5', 'is no amount'],
    ['0', 'must be more than zero'],
    ['-5', 'must be more than zero'],
    ['(500)', 'is no amount'],
    ['Rp 500', 'is no amount'],
    ['USD 500', 'is no amount'],
    ['1e5', 'is no amount'],
    ['five', 'is no amount'],
    ['', 'empty'],
  ])('amount: %s is %s (%s %s)', async (text, expected, currency, mark) => {
    expect(await amountOf(text, currency, mark)).toBe(expected);
  });

  it('amount: whatever we write ourselves is read again as it was', async () => {
    const currencies = fc.constantFrom<CurrencyCode[]>('IDR', 'VND', 'KWD', 'HKD', 'CLF');
    await fc.assert(
      fc.asyncProperty(fc.bigInt(1n, 10n ** 20n), currencies, async (units, currency) => {
        const text = formatDecimal(money(units, currency));
        const understood = await amountOf(text, currency);
        // Only the text that is ambiguous by its look may be refused, never read otherwise.
        if (!understood.startsWith('can be read')) expect(understood).toBe(text);
        expect(await amountOf(text, currency, '.')).toBe(text);
      }),
    );
  });

  it('amount: with separators of thousands it is the same or refused, never another', async () => {
    const marks = fc.constantFrom<[group: string, decimal: string][]>(
      ['.', ','],
      [',', '.'],
      [' ', ','],
      ["'", '.'],
    );
    await fc.assert(
      fc.asyncProperty(fc.bigInt(100n, 10n ** 15n), marks, async (units, [group, decimal]) => {
        const plain = formatDecimal(money(units, 'IDR'));
        const [whole = '', cents = ''] = plain.split('.');
        const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
        expect(await amountOf(`${grouped}${decimal}${cents}`)).toBe(plain);
        // Without decimals it may look like another number; then it is refused.
        const withoutDecimals = await amountOf(grouped);
        if (!withoutDecimals.includes('two ways')) expect(withoutDecimals).toBe(`${whole}.00`);
      }),
    );
  });
});

describe('samples', () => {
  it.each([
    ['payments.csv', 'IDR', ['1250000.50', '750000.00']],
    ['payments-id.csv', 'IDR', ['1250000.50', '750000.00']],
    ['payments-zh.csv', 'CNY', ['12500.50']],
  ] as const)(
    'sample: %s of the documents is read without a problem',
    async (name, currency, amounts) => {
      const bytes = readFileSync(new URL(`../../../docs/samples/${name}`, import.meta.url));
      const { rows, problems } = readRows(await readTable(bytes, {}), { currency });
      expect([...problems, ...rows.flatMap((row) => row.problems)]).toEqual([]);
      expect(rows.map(({ fields }) => fields.amount)).toEqual(amounts);
      expect(rows.every(({ fields }) => fields.creditorAccount !== undefined)).toBe(true);
    },
  );

  it('sample: the list of bank holidays is read', async () => {
    const path = '../../../docs/samples/bank-holidays-cn.csv';
    const days = await readHolidays(readFileSync(new URL(path, import.meta.url)), 'CN');
    expect(days.map(({ day, isOpen }) => `${day.toString()} ${String(isOpen)}`)).toEqual([
      '2026-10-05 false',
      '2026-10-06 false',
      '2026-10-07 false',
      '2026-10-10 true',
    ]);
  });
});

describe('rows', () => {
  it('rows: a whole file is understood, with a title above and empty lines within', async () => {
    const { rows, problems } = await read(
      [
        'Gaji November 2026;;;;;',
        '',
        'Nama Penerima;No. Rekening;Kode Bank;Jumlah;Tanggal;Keterangan',
        'Siti Rahma;0012345678;014;1.250.000,00;2026/11/27;Gaji A',
        ';;;;;',
        'Budi;123;;750000;20261127;',
      ].join('\n'),
    );
    expect(problems).toEqual([]);
    expect(rows).toEqual([
      {
        row: 4,
        problems: [],
        fields: {
          creditorName: 'Siti Rahma',
          creditorAccount: '0012345678',
          creditorAgent: '014',
          amount: '1250000.00',
          requestedExecutionDate: '2026-11-27',
          remittanceInformation: 'Gaji A',
        },
      },
      {
        row: 6,
        problems: [],
        fields: {
          creditorName: 'Budi',
          creditorAccount: '123',
          amount: '750000.00',
          requestedExecutionDate: '2026-11-27',
        },
      },
    ]);
  });

  it.each([
    ['2026-11-27', '2026-11-27'],
    ['2026.11.07', '2026-11-07'],
    ['2026/1/7', '2026-01-07'],
    ['2026年11月7日', '2026-11-07'],
    ['๒๐๒๖-๑๑-๒๗', '2026-11-27'],
    ['07/11/2026', 'is no day that can be read in one way only'],
    ['7 Nov 2026', 'is no day that can be read in one way only'],
    ['2026-02-30', 'is no day of the calendar'],
    // The year of Buddha.
    ['2569-11-27', 'is no day of the calendar'],
  ])('day: %s is %s', async (text, expected) => {
    const { rows } = await read(`account,amount,date\n1,2.00,${text}`);
    const [row] = rows;
    expect(row?.fields.requestedExecutionDate ?? row?.problems[0]?.problem).toBe(expected);
  });

  it('words: purposes are known by our code and by their name in every language', async () => {
    for (const language of languages) {
      for (const code of paymentPurposes) {
        const word = translate(language, `payment.purpose.${code}`);
        const { rows } = await read(`account;amount;purpose\n1;2;"${word}"\n1;2;${code}`);
        expect(rows.map(({ fields }) => fields.purpose)).toEqual([code, code]);
      }
    }
  });

  it.each<[string, string, readonly string[]]>([
    [
      'an unknown purpose',
      'account,amount,purpose\n1,2,fun',
      ['2 purpose is none of the known ones'],
    ],
    ['an unknown rail', 'account,amount,rail\n1,2,pigeon', ['2 rail is none of the known ones']],
    [
      'an unknown currency',
      'account,amount,currency\n1,2,RUPIAH',
      ['2 currency is no currency that we know'],
    ],
    [
      'more cells than columns',
      'account,amount\n1,2,3',
      ['2 3 has a value in a column without a name'],
    ],
    ['a formula', 'account,amount\n1,=2+3', ['2 amount is a formula']],
    [
      'too long a text',
      `account,amount,remark\n1,2,${'x'.repeat(2_001)}`,
      ['2 remittanceInformation has more than 2000 characters'],
    ],
    [
      'several at once',
      'account,amount,date\n1,x,tomorrow\n2,-1,2026-11-27',
      [
        '2 amount is no amount',
        '2 requestedExecutionDate is no day that can be read in one way only',
        '3 amount must be more than zero',
      ],
    ],
  ])('rows: %s is a problem with its place and its remedy', async (_title, text, expected) => {
    const { rows } = await read(text);
    const problems = rows.flatMap((row) => row.problems);
    expect(problems.map(({ row, column, problem }) => `${row} ${column} ${problem}`)).toEqual(
      expected,
    );
    for (const { fix } of problems) expect(fix).not.toBe('');
  });

  it.each<[string, string, Partial<RowOptions>, readonly string[]]>([
    ['a mistyped column', 'account,amount,dtae\n1,2,3', {}, ['1 dtae is no column that we know']],
    [
      'a column twice',
      'account,amount,amount\n1,2,3',
      {},
      ['1 amount stands there more than once (amount, amount)'],
    ],
    [
      'two names of one column',
      'account,Amount,Jumlah\n1,2,3',
      {},
      ['1 amount stands there more than once (Amount, Jumlah)'],
    ],
    [
      'no amount',
      'account,name of it,remark\n1,2,3',
      { ignoredColumns: ['name of it'] },
      ['1 amount is missing'],
    ],
    ['nobody to pay', 'payee,amount\n1,2', {}, ['1 creditorAccount is missing']],
  ])('head: %s stops the whole file', async (_title, text, options, expected) => {
    const { rows, problems } = await read(text, options);
    expect(rows).toEqual([]);
    expect(problems.map(({ row, column, problem }) => `${row} ${column} ${problem}`)).toEqual(
      expected,
    );
  });

  it('head: the caller names columns that we do not know, and those to pass over', async () => {
    const { rows, problems } = await read('Konto;Betrag;Notiz;Amount\n77;5;x;9', {
      columns: { creditorAccount: 'Konto', amount: 'Betrag' },
      ignoredColumns: ['notiz', 'Amount'],
    });
    expect(problems).toEqual([]);
    expect(rows[0]?.fields).toEqual({ creditorAccount: '77', amount: '5.00' });
  });

  it('head: a file without one is refused with the names that it may have', async () => {
    await expect(read('1,2\n3,4')).rejects.toMatchObject({
      code: 'batch.fileUnreadable',
      details: { problem: expect.stringContaining(paymentColumns.join(', ')) },
    });
    await expect(read('account,amount\n')).rejects.toMatchObject({ code: 'batch.fileUnreadable' });
  });

  it('rows: an amount is read in the currency of its row', async () => {
    const { rows } = await read('account;amount;currency\n1;1.250;KWD\n1;1250;\n1;1.250;IDR');
    expect(rows.map(({ fields, problems }) => fields.amount ?? problems[0]?.column)).toEqual([
      '1.250',
      '1250.00',
      'amount',
    ]);
  });
});

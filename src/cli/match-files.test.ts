import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Terminal } from './context.ts';
import { runCommandLine } from './program.ts';

interface Told {
  readonly matches: readonly {
    readonly bank: readonly string[];
    readonly ledger: readonly string[];
    readonly allocations: readonly object[];
    readonly kind: string;
    readonly decision: string;
    readonly score: number;
    readonly reasons: readonly string[];
    readonly whyNotAutomatic: string | null;
  }[];
  readonly open: { readonly bank: readonly { readonly id: string; readonly reason: string }[] };
  readonly counts: Readonly<Record<string, number>>;
}

async function run(
  bank: string | Uint8Array,
  ledger: string | Uint8Array,
  more: readonly string[] = ['--json'],
): Promise<{ code: number; out: string; err: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'cashbell-match-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = { bank: join(folder, 'bank.csv'), ledger: join(folder, 'ledger.csv') };
  await writeFile(files.bank, bank);
  await writeFile(files.ledger, ledger);
  let out = '';
  let err = '';
  const terminal: Terminal = {
    environment: { LANG: 'en' },
    isInteractive: false,
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
    readStdin: () => Promise.resolve(''),
    ask: () => Promise.reject(new Error('nothing is asked')),
  };
  const args = ['match', 'files', '--bank', files.bank, '--ledger', files.ledger, ...more];
  const code = await runCommandLine(args, terminal, () => Promise.reject(new Error('no database')));
  return { code, out, err };
}

async function match(bank: string | Uint8Array, ledger: string | Uint8Array): Promise<Told> {
  const { out, err } = await run(bank, ledger);
  expect(err).toBe('');
  return JSON.parse(out);
}

const bank = `id,date,amount,currency,text
b1,2026-05-10,1250000.00,IDR,TRSF INV/2026/00042
b2,2026-05-11,-75.50,USD,CARD FEE
b3,2026-05-12,600.00,USD,INV-2026-00051 INV-2026-00052
`;
const ledger = `id,due_date,amount,currency,counterparty,number
l1,2026-05-08,1250000.00,IDR,PT Maju,INV-2026-00042
l2,2026-05-08,200.00,USD,PT Jaya,INV-2026-00051
l3,2026-05-08,400.00,USD,PT Jaya,INV-2026-00052
`;

test('two files are matched without a database, with reasons in words and what stays open', async () => {
  const told = await match(bank, ledger);
  expect(told.matches).toMatchObject([
    { bank: ['b1'], ledger: ['l1'], kind: 'single', decision: 'automatic', whyNotAutomatic: null },
    {
      bank: ['b3'],
      ledger: ['l2', 'l3'],
      kind: 'batch',
      decision: 'automatic',
      allocations: [
        { bank: 'b3', ledger: 'l2', amount: '200.00', currency: 'USD' },
        { bank: 'b3', ledger: 'l3', amount: '400.00', currency: 'USD' },
      ],
    },
  ]);
  expect(told.matches[0]?.reasons).toContain('The amount is the same');
  expect(told.open).toEqual({ bank: [{ id: 'b2', reason: 'Nothing fits' }], ledger: [] });
  expect(told.counts).toEqual({ bank: 3, ledger: 3, automatic: 2, suggested: 0, open: 1 });
});

test('without --json a table says the same', async () => {
  const { code, out } = await run(bank, ledger, []);
  expect(code).toBe(0);
  expect(out).toContain('b3    l2 l3   batch   1.000  automatic');
  expect(out).toContain('2 automatic, 0 suggested. 1 of 3 bank lines');
});

test.each([
  [
    'debit and credit columns, semicolons and commas, day first',
    'Nr;Tanggal;Keterangan;Debet;Kredit;Mata uang\nx;13/05/2026;INV-2026-00042;;1.250.000,00;IDR\n',
  ],
  [
    'Chinese names in GB18030',
    gb('日期,摘要,金额,币种\n2026年5月13日,INV-2026-00042,"1,250,000.00",IDR\n'),
  ],
  [
    'a Buddhist year, Thai digits, a title above the header',
    'บัญชีออมทรัพย์\n\nวันที่,รายการ,จำนวนเงิน,สกุลเงิน\n๑๓/๐๕/๒๕๖๙,INV-2026-00042,"๑,๒๕๐,๐๐๐.๐๐",IDR\n',
  ],
  [
    'an indicator for the direction, tabs, a byte order mark',
    '\ufeffDate\tAmount\tD/C\tDescription\tCurrency\n13 May 2026\t1250000\tC\tINV-2026-00042\tIDR\n',
  ],
])('columns and writings are recognised: %s', async (_title, file) => {
  const books =
    'id,date,amount,currency,invoice number\nl1,2026-05-13,1250000.00,IDR,INV-2026-00042\n';
  const { matches } = await match(file, books);
  expect(matches).toMatchObject([{ ledger: ['l1'], decision: 'automatic' }]);
});

/** Just the two-byte letters of the test, looked up by the decoder itself. */
function gb(text: string): Uint8Array {
  const bytes: number[] = [];
  const decoder = new TextDecoder('gb18030');
  for (const letter of text) {
    if (letter < '\u0080') {
      bytes.push(letter.charCodeAt(0));
      continue;
    }
    for (let code = 0x8140; code <= 0xfefe; code += 1) {
      const pair = Uint8Array.of(code >> 8, code & 255);
      if (decoder.decode(pair) === letter) {
        bytes.push(...pair);
        break;
      }
    }
  }
  return Uint8Array.from(bytes);
}

test('a ledger that books money in as debit, or without signs, is read the way that fits', async () => {
  const plus =
    'id,date,amount,currency,text\nb1,2026-05-10,100.17,USD,A\nb2,2026-05-10,-200.93,USD,B\n';
  const flipped =
    'id,date,debit,credit,currency\nl1,2026-05-10,100.17,,USD\nl2,2026-05-10,,200.93,USD\n';
  const unsigned = 'id,date,amount,currency\nl1,2026-05-10,100.17,USD\nl2,2026-05-10,200.93,USD\n';
  for (const books of [flipped, unsigned]) {
    const { matches } = await match(plus, books);
    expect(matches.map(({ bank: left, ledger: right }) => [...left, ...right])).toEqual([
      ['b1', 'l1'],
      ['b2', 'l2'],
    ]);
  }
});

test('ids that are missing are row numbers, and ids that repeat are told apart', async () => {
  const { open } = await match(
    'date,amount\n2026-05-10,1.00\n2026-05-11,2.00\n',
    'id,date,amount\nl,2026-05-10,7.00\nl,2026-05-10,8.00\n',
  );
  expect(open).toMatchObject({
    bank: [{ id: '2' }, { id: '3' }],
    ledger: [{ id: 'l' }, { id: 'l#2' }],
  });
});

test('what cannot be read is said with file, row and column, and nothing is matched', async () => {
  const cases: [string, string][] = [
    ['date,amount\n2026-05-10,1.00\nsoon,2.00\n', 'bank.csv, row 3: "soon" is no date.'],
    ['date,amount,currency\n2026-05-10,1.00,XYZ\n', 'bank.csv, row 2: 1.00 XYZ is no amount'],
    [
      'when,how much\n1,2\n',
      'bank.csv needs a header row that names at least a date and an amount',
    ],
  ];
  for (const [file, sentence] of cases) {
    const { code, err } = await run(file, ledger);
    expect(code).toBe(2);
    expect(err).toContain(sentence.replaceAll('"', '\\"'));
  }
  expect((await run(bank, ledger, ['--precision', '2'])).code).toBe(2);
});

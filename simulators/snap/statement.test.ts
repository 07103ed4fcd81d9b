import { expect, test } from 'vitest';
import { ACCOUNTS, startBench } from './test-kit.ts';
import type { Bench, Json } from './test-kit.ts';

async function credit(bench: Bench, account: string, fields: Json = {}): Promise<string> {
  const order = { account, creditDebitIndicator: 'credit', amount: '1000.00', ...fields };
  return (await bench.manage('POST', 'movements', order))['reference'];
}

/** Hundredths as a bigint, read without the simulator's own functions. */
const minor = (amount: Json): bigint => BigInt(amount['value'].replace('.', ''));

test('statement: BCA shows days only, newest first, with chained running balances', async () => {
  const bench = await startBench();
  const reference = await credit(bench, ACCOUNTS.bca, { remark: 'INV/2025-7' });
  const { json } = await bench.statement('bca');
  expect(json['responseCode']).toBe('2001400');
  expect(json).not.toHaveProperty('hasMore');
  const rows = json['detailData'] as Json[];
  expect(rows.length).toBeGreaterThan(10);
  expect(rows[0]?.['remark']).toBe(`${reference} VA INV 2025 7        `);
  for (const row of rows) {
    expect(row['remark']).toMatch(/^MV\d{12} .{21}$/);
    expect(row['transactionDate']).toMatch(/T00:00:00\+07:00$/);
    expect(row).not.toHaveProperty('transactionId');
    expect(['CREDIT', 'DEBIT']).toContain(row['type']);
  }
  let balance = minor(json['balance'][0].startingBalance);
  for (const row of rows.toReversed()) {
    balance += row['type'] === 'CREDIT' ? minor(row['amount']) : -minor(row['amount']);
    expect(minor(row['endAmount'])).toBe(balance);
  }
  expect(minor(json['balance'][0].endingBalance)).toBe(balance);
  const entries = ['totalCreditEntries', 'totalDebitEntries'].map((name) =>
    Number(json[name].numberOfEntries),
  );
  expect(entries[0]! + entries[1]!).toBe(rows.length);
});

test('statement: BCA wants midnights within the last 31 days', async () => {
  const bench = await startBench();
  const code = async (changes: Json) =>
    (await bench.statement('bca', changes)).json['responseCode'];
  expect(await code({ days: 31 })).toBe('2001400');
  expect(await code({ days: 32 })).toBe('4001401');
  expect(await code({ fromDateTime: await bench.timestamp('bca', -1000) })).toBe('4001401');
  expect(await code({ fromDateTime: '' })).toBe('4001402');
  expect(await code({ toDateTime: '2020-01-01T00:00:00+07:00' })).toBe('4001401');
});

test('statement: BCA gives no more than 9000 rows', async () => {
  const bench = await startBench();
  await bench.manage('POST', 'generate', { count: 9100, account: ACCOUNTS.bca, push: false });
  const { json } = await bench.statement('bca');
  expect(json['detailData']).toHaveLength(9000);
  expect(Number(json['totalCreditEntries'].numberOfEntries)).toBeGreaterThan(9000);
});

test('statement: a range of BCA that ends on a weekend goes on to Monday', async () => {
  const bench = await startBench();
  const now = await bench.now();
  const day = (back: number): Date => new Date(now.getTime() - back * 86_400_000 + 7 * 3_600_000);
  // The last Saturday whose Monday has come, at most eight days ago.
  const back = [2, 3, 4, 5, 6, 7, 8].find((days) => day(days).getUTCDay() === 6) ?? 0;
  const monday = day(back - 2)
    .toISOString()
    .slice(0, 10);
  const reference = await credit(bench, ACCOUNTS.bca, {
    bookingDate: `${monday}T00:00:01+07:00`,
    push: false,
  });
  const midnight = `${day(back).toISOString().slice(0, 10)}T00:00:00+07:00`;
  const range = { fromDateTime: midnight, toDateTime: midnight };
  const { json } = await bench.statement('bca', range);
  expect(json['detailData'].some((row: Json) => row['remark'].includes(reference))).toBe(true);
});

test('statement: BRI has three versions', async () => {
  const bench = await startBench();
  const first = await bench.statement('bri');
  expect(first.json['responseCode']).toBe('2001400');
  expect(first.json).not.toHaveProperty('referenceNo');
  const row = first.json['detailData'][0];
  expect(row.type).toMatch(/^(Credit|Debit)$/);
  expect(row.transactionId).toMatch(/^\d{22}$/);
  const second = await bench.statement('bri', {}, '/snap/v1.1/bank-statement');
  expect(second.json['referenceNo']).toMatch(/^\d{18}$/);
  const third = await bench.statement('bri', {}, '/snap/v2.0/bank-statement');
  expect(third.json['detailData'][0]).toHaveProperty('remarkCustom');
  const empty = { fromDateTime: '', toDateTime: '' };
  expect((await bench.statement('bri', empty)).json['responseCode']).toBe('2001400');
  const strict = await bench.statement('bri', empty, '/snap/v1.1/bank-statement');
  expect(strict.json['responseCode']).toBe('4001402');
  expect((await bench.statement('bri', { days: 40 })).json['responseCode']).toBe('4001401');
});

test.each(['bri', 'bni'] as const)(
  'statement: %s is read to its end page by page',
  async (bank) => {
    const bench = await startBench();
    // Many rows in one second must not stop a reader who goes on from lastRecordDateTime.
    await bench.manage('POST', 'generate', { count: 20, account: ACCOUNTS[bank], push: false });
    await bench.fault('pageSize', { size: 3 });
    const seen = new Set<string>();
    let toDateTime: string | undefined;
    for (let page = 0; page < 60; page += 1) {
      const { json } = await bench.statement(bank, toDateTime ? { toDateTime } : {});
      for (const row of json['detailData']) seen.add(row.transactionId);
      if (json['hasMore'] !== 'Y') {
        expect(page).toBeGreaterThan(2);
        break;
      }
      expect(json['lastRecordDateTime']).not.toBe(toDateTime);
      toDateTime = json['lastRecordDateTime'];
    }
    const { accounts } = await bench.manage('GET', 'state');
    const shown = accounts.find(({ account }: Json) => account === ACCOUNTS[bank]);
    expect(seen).toEqual(new Set(shown.movements.map(({ transactionId }: Json) => transactionId)));
  },
);

test('statement: a pending row of BNI becomes the booked row of the same id', async () => {
  const bench = await startBench();
  const reference = await credit(bench, ACCOUNTS.bni, { status: 'pending' });
  const read = async (): Promise<Json> => (await bench.statement('bni')).json['detailData'][0];
  const pending = await read();
  expect(pending['transactionDetailStatus']).toBe('PENDING');
  expect(pending).not.toHaveProperty('detailBalance');
  expect((await bench.balance('bni')).json['accountInfos'][0].floatAmount.value).toBe('1000.00');
  await bench.manage('POST', `movements/${reference}/book`);
  const booked = await read();
  expect(booked['transactionDetailStatus']).toBe('SUCCESS');
  expect(booked['transactionId']).toBe(pending['transactionId']);
  await expect(bench.manage('POST', `movements/${reference}/book`)).rejects.toThrow('is booked');
  await expect(credit(bench, ACCOUNTS.bca, { status: 'pending' })).rejects.toThrow('no pending');
});

test('statement: a pending row stands at its time, so that paging passes over nothing', async () => {
  const bench = await startBench();
  const waiting = await credit(bench, ACCOUNTS.bni, { status: 'pending' });
  await bench.manage('POST', 'clock', { offsetMs: 5000 });
  const later = await credit(bench, ACCOUNTS.bni);
  const rows: Json[] = (await bench.statement('bni')).json['detailData'];
  expect(rows[0]?.['remark']).toContain(later);
  expect(rows[1]?.['remark']).toContain(waiting);
});

test('statement: a reversal is a row of its own that names the row it takes back', async () => {
  const bench = await startBench();
  for (const bank of ['bca', 'bni'] as const) {
    const reference = await credit(bench, ACCOUNTS[bank]);
    const { reversal } = await bench.manage('POST', `movements/${reference}/reverse`);
    const row = (await bench.statement(bank)).json['detailData'][0];
    expect(row.type).toBe('DEBIT');
    expect(row.remark.indexOf(reversal)).toBeLessThan(row.remark.indexOf(reference));
    expect(row.remark).toContain(reference);
    if (bank === 'bni') expect(row.transactionDetailStatus).toBe('ERROR CORRECTION');
    const { accounts } = await bench.manage('GET', 'state');
    const movements = accounts.flatMap((account: Json) => account['movements']);
    const shown = movements.find((movement: Json) => movement['reference'] === reference);
    expect(shown.status).toBe('reversed');
  }
});

test('history: BNI has numbered pages of at most 50', async () => {
  const bench = await startBench();
  await bench.manage('POST', 'generate', { count: 30, account: ACCOUNTS.bni, push: false });
  const page = async (fields: Json) =>
    (await bench.call('bni', 'transaction-history-list', fields)).json;
  const first = await page({});
  expect(first['responseCode']).toBe('2001200');
  expect(first['detailData']).toHaveLength(10);
  const second = await page({ pageNumber: '1', pageSize: '10' });
  const ids = [...first['detailData'], ...second['detailData']].map(
    (row: Json) => row['additionalInfo'].transactionId,
  );
  expect(new Set(ids).size).toBe(20);
  expect((await page({ pageSize: '51' }))['responseCode']).toBe('4001201');
  const stranger = { additionalInfo: { accountNo: '9999999999' } };
  expect((await page(stranger))['responseCode']).toBe('4041211');
});

test('books: two simulators of one seed have the same history', async () => {
  const [one, two] = [await startBench(), await startBench()];
  const amounts = async (bench: Bench) =>
    (await bench.manage('GET', 'state'))['accounts'].map((account: Json) =>
      account['movements'].map((movement: Json) => [movement['reference'], movement['amount']]),
    );
  expect(await amounts(one)).toEqual(await amounts(two));
  expect(await one.partner('bca')).toMatchObject({
    clientSecret: (await two.partner('bca'))['clientSecret'],
  });
});

test('books: wrong orders are refused with a sentence', async () => {
  const bench = await startBench();
  await expect(credit(bench, '000')).rejects.toThrow('unknown account');
  await expect(credit(bench, ACCOUNTS.bca, { amount: '1,50' })).rejects.toThrow('not an amount');
  const debit = { creditDebitIndicator: 'debit', amount: '9999999999999.00' };
  await expect(credit(bench, ACCOUNTS.bca, debit)).rejects.toThrow('does not cover');
  await expect(bench.fault('noSuchFault')).rejects.toThrow('unknown fault');
  await expect(bench.manage('PUT', 'partners/bca', { publicKeyPem: 'x' })).rejects.toThrow('PEM');
  expect(await bench.manage('GET', 'nothing')).toBeUndefined();
});

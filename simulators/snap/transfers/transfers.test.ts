import { expect, test } from 'vitest';
import { ACCOUNTS } from '../test-kit.ts';
import type { Json } from '../test-kit.ts';
import { PAYEES, startTransfers } from './transfer-kit.ts';

const BANKS = ['bca', 'bri', 'bni'] as const;

test.each(BANKS)('intrabank: %s debits the account and shows the row', async (bank) => {
  const bench = await startTransfers();
  const before = await bench.balanceOf(ACCOUNTS[bank]);
  const { status, json } = await bench.pay(bank, '17', { remark: 'INV 00123' });
  expect([status, json['responseCode']]).toEqual([200, '2001700']);
  expect(json).toMatchObject({
    amount: { value: '10000.00', currency: 'IDR' },
    beneficiaryAccountNo: PAYEES[bank],
    sourceAccountNo: ACCOUNTS[bank],
  });
  const after = await bench.balanceOf(ACCOUNTS[bank]);
  expect(BigInt(before.replace('.', '')) - BigInt(after.replace('.', ''))).toBe(10_000_00n);
  const [transfer] = await bench.transfers();
  expect(transfer).toMatchObject({
    service: '17',
    bank,
    accountNo: ACCOUNTS[bank],
    partnerReferenceNo: json['partnerReferenceNo'],
    status: '00',
    debited: true,
    reversed: false,
    remark: 'INV 00123',
    answered: '200 2001700',
  });
  const [row] = (await bench.statement(bank)).json['detailData'];
  expect(row.remark).toContain(transfer?.['debitEntryId']);
  expect(row.remark).toContain('INV 00123');
  expect(row.amount.value).toBe('10000.00');
});

test.each([
  ['bca', '2001800'],
  ['bri', '2001800'],
  ['bni', '2001800'],
] as const)('interbank: %s answers with a trace number', async (bank, responseCode) => {
  const bench = await startTransfers();
  const { json } = await bench.pay(bank, '18');
  expect(json['responseCode']).toBe(responseCode);
  expect(json['traceNo']).toMatch(/^[(\d]\d{11}$/);
  expect(json['additionalInfo'].bifastId?.length).toBe(bank === 'bca' ? 18 : undefined);
  const [transfer] = await bench.transfers();
  expect(transfer?.['rail']).toBe(bank === 'bca' ? 'bifast' : 'online');
});

test('interbank: the second version of BRI is BI-FAST, takes a proxy and answers as 81', async () => {
  const bench = await startTransfers();
  const order = await bench.order('bri', '18', { beneficiaryAccountNo: '@budi@example.com' });
  const path = '/interbank/snap/v2.0/transfer-interbank';
  const { json } = await bench.call('bri', path, order);
  expect(json['responseCode']).toBe('2008100');
  expect((await bench.transfers())[0]).toMatchObject({ rail: 'bifast', service: '18' });
  for (const serviceCode of ['81', '18']) {
    const status = await bench.status('bri', serviceCode, order['partnerReferenceNo']);
    expect(status.json).toMatchObject({ serviceCode, latestTransactionStatus: '00' });
  }
  const refused = await bench.call('bri', path, { ...order, amount: undefined });
  expect(refused.json['responseCode']).toBe('4008102');
});

test.each(BANKS)('timeout: %s has paid although no answer came', async (bank) => {
  const bench = await startTransfers();
  await bench.token(bank);
  const before = await bench.balanceOf(ACCOUNTS[bank]);
  await bench.fault('timeoutAfterAccepting', { count: 1, ms: 1, service: '17' });
  await expect(bench.pay(bank, '17')).rejects.toThrow();
  expect(await bench.transfers()).toMatchObject([{ debited: true, answered: 'cut' }]);
  await bench.fault('timeoutBeforeAccepting', { count: 1, ms: 1, service: '17' });
  await expect(bench.pay(bank, '17')).rejects.toThrow();
  const state = await bench.manage('GET', 'state');
  expect(state['transfers']).toHaveLength(1);
  expect(state['refusedTransfers']).toMatchObject([{ answered: 'cut', service: '17' }]);
  const after = await bench.balanceOf(ACCOUNTS[bank]);
  expect(BigInt(before.replace('.', '')) - BigInt(after.replace('.', ''))).toBe(10_000_00n);
});

test('repetition: BCA pays a reference twice, and refuses only a used X-EXTERNAL-ID', async () => {
  const bench = await startTransfers();
  const body = await bench.order('bca', '17');
  const codes: string[] = [];
  for (const externalId of ['71', '71', '72']) {
    const { json } = await bench.pay('bca', '17', body, { 'X-EXTERNAL-ID': externalId });
    codes.push(json['responseCode']);
  }
  expect(codes).toEqual(['2001700', '4091700', '2001700']);
  const [first, second] = await bench.transfers();
  expect(first?.['partnerReferenceNo']).toBe(second?.['partnerReferenceNo']);
  expect([first?.['externalId'], second?.['externalId']]).toEqual(['71', '72']);
});

test.each(['bri', 'bni'] as const)(
  'repetition: %s refuses a reference once it was accepted, other content with another case',
  async (bank) => {
    const bench = await startTransfers();
    const body = await bench.order(bank, '17');
    const other = { ...body, amount: { value: '10001.00', currency: 'IDR' } };
    const codes: string[] = [];
    for (const order of [body, body, other]) {
      codes.push((await bench.pay(bank, '17', order)).json['responseCode']);
    }
    expect(codes).toEqual(['2001700', '4091701', '4041718']);
    expect(await bench.transfers()).toHaveLength(1);
    await bench.manage('PUT', `transfer-settings/${bank}`, { idempotency: 'none' });
    expect((await bench.pay(bank, '17', body)).json['responseCode']).toBe('2001700');
    expect(await bench.transfers()).toHaveLength(2);
  },
);

test('repetition: a reference that was refused may be used again', async () => {
  const bench = await startTransfers();
  const body = await bench.order('bni', '17');
  const tooMuch = { ...body, amount: { value: '999999999999.00', currency: 'IDR' } };
  const refused = await bench.pay('bni', '17', tooMuch);
  expect(refused.json).toMatchObject({ responseCode: '4031714' });
  const asked = await bench.status('bni', '17', body['partnerReferenceNo']);
  expect(asked.json).toMatchObject({
    latestTransactionStatus: '06',
    previousResponseCode: '4031714',
  });
  expect((await bench.pay('bni', '17', body)).json['responseCode']).toBe('2001700');
  const again = await bench.status('bni', '17', body['partnerReferenceNo']);
  expect(again.json).toMatchObject({ latestTransactionStatus: '00' });
});

test('transfers: an account of the company at the same bank gets the money', async () => {
  const bench = await startTransfers();
  await bench.pay('bca', '17', { beneficiaryAccountNo: '1234567891' });
  const credit = (await bench.movements('1234567891')).at(-1);
  expect(credit).toMatchObject({ creditDebitIndicator: 'credit', amount: '10000.00' });
});

test('transfers: every balance is the opening and the sum of its rows', async () => {
  const bench = await startTransfers();
  await bench.manage('PUT', 'transfer-settings/bca', {
    fees: { bifast: '2500.00', skn: '2900.00' },
  });
  for (const service of ['17', '18', '23'] as const) await bench.pay('bca', service);
  const { transfers } = await bench.manage('GET', 'transfers');
  await bench.manage('POST', `transfers/${transfers[2].id}/reject`);
  await bench.manage('POST', `transfers/${transfers[1].id}/return`);
  const { accounts } = await bench.manage('GET', 'state');
  for (const { openingBalance, balance, movements } of accounts) {
    const cents = (text: string): bigint => BigInt(text.replace('.', ''));
    const sum = movements.reduce(
      (total: bigint, row: Json) =>
        row['creditDebitIndicator'] === 'credit'
          ? total + cents(row['amount'])
          : total - cents(row['amount']),
      cents(openingBalance),
    );
    expect(sum).toBe(cents(balance));
  }
});

test('state: since gives what is newer, in order, without the movements', async () => {
  const bench = await startTransfers();
  await bench.pay('bca', '17');
  await bench.pay('bca', '17', { beneficiaryAccountNo: '12' });
  await bench.pay('bni', '18');
  const first = await bench.manage('GET', 'transfers?limit=1');
  expect(first['transfers']).toHaveLength(1);
  const rest = await bench.manage('GET', `state?since=${first['next']}`);
  expect(rest['transfers'].map(({ bank }: Json) => bank)).toEqual(['bni']);
  expect(rest['accounts'][0]['movements']).toEqual([]);
  const { refusedTransfers, next } = await bench.manage('GET', 'transfers');
  expect(refusedTransfers).toMatchObject([{ responseCode: '4001701', accountNo: '1234567890' }]);
  const nothing = await bench.manage('GET', `transfers?since=${next}`);
  expect(nothing).toMatchObject({ transfers: [], refusedTransfers: [], next, transferCount: 2 });
});

test('state: changedSince gives the transfers that changed after a revision', async () => {
  const bench = await startTransfers();
  for (const service of ['17', '22', '17'] as const) await bench.pay('bca', service);
  const { transferRevision, transfers } = await bench.manage('GET', 'transfers');
  await bench.manage('POST', `transfers/${transfers[1].id}/settle`);
  const changed = await bench.manage('GET', `transfers?changedSince=${transferRevision}`);
  expect(changed['transfers']).toMatchObject([{ service: '22', status: '00' }]);
});

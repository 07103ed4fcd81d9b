import { expect, test } from 'vitest';
import { ACCOUNTS } from '../test-kit.ts';
import type { Json } from '../test-kit.ts';
import { startTransfers } from './transfer-kit.ts';
import type { TransferBench } from './transfer-kit.ts';

const amount = (value: string) => ({ amount: { value, currency: 'IDR' } });

/** Sets the bank's clock to a moment; tokens are asked for anew. */
async function atMoment(moment: string): Promise<TransferBench> {
  const bench = await startTransfers();
  const offsetMs = Date.parse(moment) - Date.now();
  await bench.manage('POST', 'clock', { offsetMs });
  return bench;
}

test('funds: what is held and the fee must be covered too', async () => {
  const bench = await startTransfers();
  await bench.manage('POST', 'accounts', { bank: 'bni', account: '0200000001', balance: '100.00' });
  const source = { sourceAccountNo: '0200000001' };
  const code = async (changes: Json) =>
    (await bench.pay('bni', '18', { ...source, ...changes })).json['responseCode'];
  await bench.manage('PUT', 'transfer-settings/bni', { fees: { online: '10.00' } });
  expect(await code(amount('90.01'))).toBe('4031814');
  const hold = { account: '0200000001', creditDebitIndicator: 'debit', amount: '20.00' };
  await bench.manage('POST', 'movements', { ...hold, status: 'pending' });
  expect(await code(amount('70.01'))).toBe('4031814');
  expect(await code(amount('70.00'))).toBe('2001800');
  expect(await bench.balanceOf('0200000001')).toBe('20.00');
  expect(await bench.transfers()).toHaveLength(1);
});

test.each([
  ['OUR', '6500.00'],
  [undefined, '6500.00'],
  ['SHA', '1000.00'],
  ['1000', '1000.00'],
  ['BEN', undefined],
])('fees: with feeType %s the account is charged %s', async (feeType, fee) => {
  const bench = await startTransfers();
  await bench.manage('PUT', 'transfer-settings/bri', { fees: { online: '6500.00' } });
  await bench.pay('bri', '18', { feeType });
  const [transfer] = await bench.transfers();
  const row = (await bench.movements(ACCOUNTS.bri)).find(
    ({ reference }) => reference === transfer?.['feeEntryId'],
  );
  expect(row?.['amount']).toBe(fee);
  if (fee) expect(row?.['remark']).toBe(`BY ${transfer?.['debitEntryId']}`);
});

test('limits: of one transfer by its rail, of the day by amount and by number', async () => {
  const bench = await startTransfers();
  await bench.manage('PUT', 'transfer-settings/bca', { limits: { rtgs: { min: '100000000.01' } } });
  const code = async (service: '17' | '18' | '22' | '23', changes: Json) =>
    (await bench.pay('bca', service, changes)).json['responseCode'];
  expect(await code('17', amount('0.00'))).toBe('4041713');
  const online = { additionalInfo: { transferType: '1' } };
  expect(await code('18', { ...amount('50000000.01'), ...online })).toBe('4031802');
  expect(await code('18', amount('250000000.01'))).toBe('4031802');
  expect(await code('23', amount('1000000000.01'))).toBe('4032302');
  expect(await code('22', amount('100000000.00'))).toBe('4042213');
  await bench.manage('PUT', 'transfer-settings/bca', { dailyAmount: '100.00' });
  expect(await code('17', amount('60.00'))).toBe('2001700');
  expect(await code('17', amount('40.01'))).toBe('4031723');
  expect(await code('17', amount('40.00'))).toBe('2001700');
  await bench.manage('PUT', 'transfer-settings/bca', { dailyAmount: null, dailyCount: 2 });
  expect(await code('17', amount('1.00'))).toBe('4031704');
});

test('limits: the next day begins at midnight in WIB, and what came back does not count', async () => {
  const bench = await atMoment('2025-06-30T23:58:00+07:00');
  await bench.manage('PUT', 'transfer-settings/bri', { dailyAmount: '100.00' });
  const code = async () => (await bench.pay('bri', '17', amount('100.00'))).json['responseCode'];
  expect(await code()).toBe('2001700');
  expect(await code()).toBe('4031723');
  const [transfer] = await bench.transfers();
  await bench.manage('POST', `transfers/${transfer?.['id']}/return`);
  expect(await code()).toBe('2001700');
  expect(await code()).toBe('4031723');
  const { clock } = await bench.manage('GET', 'state');
  await bench.manage('POST', 'clock', { offsetMs: clock.offsetMs + 180_000 });
  expect(await code()).toBe('2001700');
});

test('rails: cut-off times, weekends, holidays and a closed service answer 403xx06', async () => {
  // 30 June 2025 is a Monday.
  const rtgs = { opens: '08:00', closes: '14:00', workingDaysOnly: true };
  const settings = { hours: { rtgs }, holidays: ['2025-07-01'] };
  const moments = {
    '2025-06-30T07:59:00+07:00': 'Processing time of today exceeded',
    '2025-06-30T08:00:00+07:00': undefined,
    '2025-06-30T13:59:00+07:00': undefined,
    '2025-06-30T14:00:00+07:00': 'Processing time of today exceeded',
    '2025-07-01T09:00:00+07:00': 'Transfer service is temporarily closed',
    '2025-07-05T09:00:00+07:00': 'Transfer service is temporarily closed',
  };
  for (const [moment, reason] of Object.entries(moments)) {
    const bench = await atMoment(moment);
    await bench.manage('PUT', 'transfer-settings/bni', settings);
    const { json } = await bench.pay('bni', '22');
    expect([moment, json['responseMessage']]).toEqual([
      moment,
      reason ? `Feature Not Allowed At This Time. [${reason}]` : 'Successful',
    ]);
    if (reason) expect(json['responseCode']).toBe('4032206');
    expect((await bench.pay('bni', '17')).json['responseCode']).toBe('2001700');
  }
  const bench = await startTransfers();
  await bench.manage('PUT', 'transfer-settings/bni', { closedRails: ['online'] });
  expect((await bench.pay('bni', '18')).json['responseCode']).toBe('4031806');
});

test('banks: the own one, one without BI-FAST and an unknown one cannot be paid to', async () => {
  const bench = await startTransfers();
  const code = async (beneficiaryBankCode: string, transferType: string) => {
    const additionalInfo = { transferType, purposeCode: '99' };
    const { json } = await bench.pay('bca', '18', { beneficiaryBankCode, additionalInfo });
    return json['responseCode'];
  };
  expect(await code('CENAIDJA', '2')).toBe('4031815');
  expect(await code('JAGBIDJA', '2')).toBe('4041803');
  expect(await code('JAGBIDJA', '1')).toBe('2001800');
  expect(await code('ZZZZIDJA', '1')).toBe('4041803');
  await bench.manage('POST', 'payee-banks', { code: '008', bifast: 'unavailable' });
  expect(await code('BMRIIDJA', '2')).toBe('4031815');
  expect(await code('BMRIIDJA', '1')).toBe('2001800');
});

test('settings: an unknown one or a wrong value is refused, and nothing else changes', async () => {
  const bench = await startTransfers();
  const put = (body: Json) => bench.manage('PUT', 'transfer-settings/bca', body);
  const before = await bench.manage('GET', 'transfer-settings');
  await expect(put({ speed: 1 })).rejects.toThrow('unknown transfer setting "speed"');
  await expect(put({ idempotency: 'maybe' })).rejects.toThrow('standard or none');
  await expect(put({ fees: { teleport: '1.00' } })).rejects.toThrow('fees must be');
  await expect(put({ hours: { rtgs: { opens: '8', closes: '14:00' } } })).rejects.toThrow('hours');
  await expect(bench.manage('PUT', 'transfer-settings/bcd', {})).rejects.toThrow('unknown bank');
  expect(await bench.manage('GET', 'transfer-settings')).toEqual(before);
  expect(before['bca']).toMatchObject({ idempotency: 'none', notFoundAs: '404' });
  expect(before['bri']).toMatchObject({ idempotency: 'standard', notFoundAs: '07' });
  const after = await put({ fees: { rtgs: '30000.00' } });
  expect(await put({ fees: { skn: '2900.00' } })).toEqual({
    ...after,
    fees: { rtgs: '30000.00', skn: '2900.00' },
  });
});

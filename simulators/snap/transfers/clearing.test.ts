import { expect, test } from 'vitest';
import { midtrans, startCompany } from '../test-kit.ts';
import type { Json } from '../test-kit.ts';
import { startTransfers } from './transfer-kit.ts';
import type { TransferBench } from './transfer-kit.ts';

const BANKS = ['bca', 'bri', 'bni'] as const;

async function last(bench: TransferBench): Promise<Json> {
  return (await bench.transfers()).at(-1) ?? {};
}

test.each(
  BANKS.flatMap((bank) => (['22', '23'] as const).map((service) => [bank, service] as const)),
)('clearing: %s accepts %s with status 03 and settles it later', async (bank, service) => {
  const bench = await startTransfers();
  const settleAfterMs = { rtgs: 60_000, skn: 60_000 };
  await bench.manage('PUT', `transfer-settings/${bank}`, { settleAfterMs });
  const { json } = await bench.pay(bank, service, {}, { 'X-EXTERNAL-ID': '81' });
  expect(json).toMatchObject({
    responseCode: `200${service}00`,
    transactionStatus: '03',
    beneficiaryAccountType: expect.stringMatching(/^[DS]$/),
  });
  expect(json['traceNo'].startsWith('(')).toBe(bank === 'bca');
  const status = async () =>
    (
      await bench.status(bank, service, json['partnerReferenceNo'], {
        originalExternalId: '81',
      })
    ).json['latestTransactionStatus'];
  expect([await status(), (await last(bench))['debited']]).toEqual(['03', true]);
  await bench.manage('POST', 'clock', { offsetMs: 61_000 });
  expect(await status()).toBe('00');
  expect(await last(bench)).toMatchObject({ status: '00', reversed: false });
});

test('clearing: without a call from outside the time alone settles', async () => {
  const bench = await startTransfers();
  await bench.manage('PUT', 'transfer-settings/bni', { settleAfterMs: { skn: 30 } });
  const company = await startCompany(bench, 'bni');
  await bench.pay('bni', '23');
  await expect.poll(() => company.calls.length).toBe(1);
});

test.each(BANKS)('rejection: %s takes the debit back and tells the company', async (bank) => {
  const bench = await startTransfers();
  const company = await startCompany(bench, bank);
  const account = (await bench.manage('GET', 'state'))['accounts'].find(
    (one: Json) => one['bank'] === bank,
  );
  const { json } = await bench.pay(bank, '22', {}, { 'X-EXTERNAL-ID': '82' });
  const { id } = await last(bench);
  await bench.manage('POST', `transfers/${id}/reject`, { reason: 'Account closed' });
  await expect.poll(() => company.calls.length).toBe(1);
  const transfer = await last(bench);
  expect(transfer).toMatchObject({ status: '06', reversed: true, reason: 'Account closed' });
  const credit = (await bench.movements(account.account)).at(-1);
  expect(credit).toMatchObject({
    reference: transfer['creditEntryId'],
    creditDebitIndicator: 'credit',
    reverses: transfer['debitEntryId'],
  });
  expect(await bench.balanceOf(account.account)).toBe(account.balance);
  const [call] = company.calls;
  const prefix = { bca: '/openapi/v1.0', bri: '/snap/v1.0', bni: '/snap/v1' }[bank];
  expect(call?.path).toBe(`/hooks/conn_x${prefix}/transfer-rtgs/notify`);
  const body: Json = JSON.parse(call?.text ?? '');
  expect(body).toMatchObject({
    originalPartnerReferenceNo: json['partnerReferenceNo'],
    originalReferenceNo: json['referenceNo'],
    originalExternalId: '82',
    latestTransactionStatus: '06',
    amount: { value: '10000.00', currency: 'IDR' },
    sourceAccountNo: account.account,
  });
  expect(body['additionalInfo']).toHaveProperty('traceNo');
  if (bank === 'bca') expect(body['additionalInfo'].rejectStatusEN).toBe('Account closed');
  // Checked by midtrans-client, not by what signed it.
  const partner = await bench.partner(bank);
  const signature = midtrans.getSymmetricSignatureHmacSh512(
    String(call?.headers.authorization).replace('Bearer ', ''),
    body,
    'post',
    call?.path ?? '',
    partner['callbackSecret'],
    String(call?.headers['x-timestamp']),
  );
  const expected = bank === 'bri' ? Buffer.from(signature, 'base64').toString('hex') : signature;
  expect(call?.headers['x-signature']).toBe(expected);
});

test('rejection: only BCA keeps silent about transfers that went well', async () => {
  for (const [bank, calls] of [
    ['bca', 0],
    ['bni', 1],
  ] as const) {
    const bench = await startTransfers();
    const company = await startCompany(bench, bank);
    await bench.pay(bank, '23');
    await bench.manage('POST', `transfers/${(await last(bench))['id']}/settle`);
    await bench.pay(bank, '23');
    await bench.manage('POST', `transfers/${(await last(bench))['id']}/reject`);
    await expect.poll(() => company.calls.length).toBe(calls + 1);
    const statuses = company.calls.map(({ text }) => JSON.parse(text).latestTransactionStatus);
    expect(new Set(statuses)).toEqual(new Set(calls === 1 ? ['00', '06'] : ['06']));
  }
});

test('rejection: a beneficiary account that is closed elsewhere is found out later', async () => {
  const bench = await startTransfers();
  await bench.manage('PUT', 'transfer-settings/bri', { settleAfterMs: { skn: 60_000 } });
  const account = '1370001234567';
  await bench.manage('POST', 'payees', { bank: '008', account, condition: 'closed' });
  expect((await bench.pay('bri', '18')).json['responseCode']).toBe('4041811');
  expect((await bench.pay('bri', '23')).json['responseCode']).toBe('2002300');
  await bench.manage('POST', 'clock', { offsetMs: 61_000 });
  expect(await last(bench)).toMatchObject({ status: '06', reason: 'Account is closed' });
});

test('rejection: to reverse the debit is to bring the transfer back', async () => {
  const bench = await startTransfers();
  await bench.pay('bni', '17');
  await bench.pay('bni', '23');
  for (const { debitEntryId } of await bench.transfers()) {
    const { reversal } = await bench.manage('POST', `movements/${debitEntryId}/reverse`);
    expect(reversal).toMatch(/^MV\d{12}$/);
  }
  expect(await bench.transfers()).toMatchObject([
    { status: '04', reversed: true },
    { status: '06', reversed: true },
  ]);
});

test('notices: duplicated, late, with a malformed date and before the answer', async () => {
  const bench = await startTransfers();
  const company = await startCompany(bench, 'bca');
  const reject = async () => bench.manage('POST', `transfers/${(await last(bench))['id']}/reject`);
  await bench.fault('duplicateCallback', { count: 1, service: '75' });
  await bench.pay('bca', '23');
  await reject();
  await expect.poll(() => company.calls.length).toBe(2);
  expect(company.calls[0]?.text).toBe(company.calls[1]?.text);
  await bench.fault('noticeMalformedDate', { count: 1 });
  await bench.fault('lateCallback', { count: 1, ms: 50 });
  await bench.pay('bca', '23');
  const rejectedAt = performance.now();
  await reject();
  await expect.poll(() => company.calls.length).toBe(3);
  expect(performance.now() - rejectedAt).toBeGreaterThanOrEqual(45);
  expect(JSON.parse(company.calls[2]?.text ?? '').transactionDate).toMatch(/\+07:000$/);
  await bench.fault('noticeBeforeAnswer', { count: 1 });
  const { json } = await bench.pay('bca', '22');
  expect(company.calls).toHaveLength(4);
  expect(json).toMatchObject({ responseCode: '2002200', transactionStatus: '03' });
  expect(await last(bench)).toMatchObject({ status: '06', reversed: true });
});

test.each([
  ['17', '00'],
  ['22', '06'],
] as const)(
  'return: the money of %s comes back; BCA, which has no 04, says %s',
  async (service, atBca) => {
    const bench = await startTransfers();
    for (const bank of ['bca', 'bni'] as const) {
      const { json } = await bench.pay(bank, service, {}, { 'X-EXTERNAL-ID': '83' });
      const { id, status } = await last(bench);
      if (status === '03') await bench.manage('POST', `transfers/${id}/settle`);
      await bench.manage('POST', `transfers/${id}/return`);
      const transfer = await last(bench);
      expect(transfer).toMatchObject({ status: '04', reversed: true });
      const asked = await bench.status(bank, service, json['partnerReferenceNo'], {
        originalExternalId: '83',
      });
      expect(asked.json['latestTransactionStatus']).toBe(bank === 'bca' ? atBca : '04');
      const rows = (await bench.statement(bank)).json['detailData'];
      expect(rows[0].remark).toContain(`RTR ${transfer['debitEntryId']}`);
      await expect(bench.manage('POST', `transfers/${id}/return`)).rejects.toThrow('status 04');
    }
  },
);

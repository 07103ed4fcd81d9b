import { expect, test } from 'vitest';
import { startTransfers } from './transfer-kit.ts';

test('status: BCA wants the X-EXTERNAL-ID of the call, and finds nothing under another', async () => {
  const bench = await startTransfers();
  const { json } = await bench.pay('bca', '17', {}, { 'X-EXTERNAL-ID': '4711' });
  const reference: string = json['partnerReferenceNo'];
  const ask = async (changes: Record<string, string>) =>
    (await bench.status('bca', '17', reference, changes)).json;
  expect(await ask({})).toMatchObject({
    responseCode: '4003602',
    responseMessage: 'Invalid Mandatory Field [originalExternalId]',
  });
  expect(await ask({ originalExternalId: '4712' })).toMatchObject({ responseCode: '4043601' });
  const found = await ask({ originalExternalId: '4711' });
  expect(found).toMatchObject({
    responseCode: '2003600',
    originalPartnerReferenceNo: reference,
    originalExternalId: '4711',
    serviceCode: '17',
    amount: { value: '10000.00', currency: 'IDR' },
    previousResponseCode: '2001700',
    latestTransactionStatus: '00',
  });
  expect(found['transactionId']).toMatch(/^\d{8}$/);
  expect(await ask({ originalExternalId: '4711', serviceCode: '18' })).toMatchObject({
    responseCode: '4043601',
  });
  expect(await ask({ originalExternalId: '4711', serviceCode: '81' })).toMatchObject({
    responseCode: '4003601',
  });
});

test.each(['bri', 'bni'] as const)('status: %s says 07 for what it does not know', async (bank) => {
  const bench = await startTransfers();
  const unknown = await bench.status(bank, '17', 'NEVER');
  expect(unknown.json).toMatchObject({ responseCode: '2003600', latestTransactionStatus: '07' });
  await bench.manage('PUT', `transfer-settings/${bank}`, { notFoundAs: '404' });
  expect((await bench.status(bank, '17', 'NEVER')).json['responseCode']).toBe('4043601');
});

test('status: a transfer is not found until the delay of visibility is over', async () => {
  const bench = await startTransfers();
  await bench.manage('PUT', 'transfer-settings/bni', { visibilityDelayMs: 60_000 });
  const { json } = await bench.pay('bni', '17');
  const ask = async () =>
    (await bench.status('bni', '17', json['partnerReferenceNo'])).json['latestTransactionStatus'];
  expect(await ask()).toBe('07');
  await bench.manage('POST', 'clock', { offsetMs: 61_000 });
  expect(await ask()).toBe('00');
});

test('status: beyond the days of retention nothing is known', async () => {
  const bench = await startTransfers();
  const { json } = await bench.pay('bni', '17');
  await bench.manage('PUT', 'transfer-settings/bni', { retentionDays: 0 });
  await bench.manage('POST', 'clock', { offsetMs: 1000 });
  const asked = await bench.status('bni', '17', json['partnerReferenceNo']);
  expect(asked.json['latestTransactionStatus']).toBe('07');
  expect(await bench.transfers()).toHaveLength(1);
});

test('status: a fault hides an executed transfer for a time, another answers 500', async () => {
  const bench = await startTransfers();
  await bench.fault('statusNotFound', { ms: 60_000 });
  const { json } = await bench.pay('bca', '17', {}, { 'X-EXTERNAL-ID': '9' });
  const ask = async () =>
    (await bench.status('bca', '17', json['partnerReferenceNo'], { originalExternalId: '9' })).json;
  expect((await ask())['responseCode']).toBe('4043601');
  await bench.manage('POST', 'clock', { offsetMs: 61_000 });
  expect((await ask())['latestTransactionStatus']).toBe('00');
  await bench.fault('serverError', { service: '36', count: 1 });
  expect((await ask())['responseCode']).toBe('5003601');
});

import { createHash, createVerify } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { ACCOUNTS, doku, midtrans, startBench, startCompany } from './test-kit.ts';
import type { Bench, Company, Json, ReceivedCall } from './test-kit.ts';

async function credit(bench: Bench, bank: keyof typeof ACCOUNTS, fields: Json = {}) {
  const account = ACCOUNTS[bank];
  const order = { account, creditDebitIndicator: 'credit', amount: '1250000.00', ...fields };
  return String((await bench.manage('POST', 'movements', order))['reference']);
}

/** Waits until so many calls came, and gives them. */
async function received(company: Company, count: number): Promise<ReceivedCall[]> {
  await vi.waitFor(() => expect(company.calls.length).toBeGreaterThanOrEqual(count), 5000);
  return company.calls;
}

/** The type-1 signature that midtrans-client computes over a compact body. */
async function expectedSignature(bench: Bench, bank: 'bca' | 'bri' | 'bni', call: ReceivedCall) {
  const { callbackSecret } = await bench.partner(bank);
  const token = String(call.headers.authorization).replace('Bearer ', '');
  const at = String(call.headers['x-timestamp']);
  const body: unknown = JSON.parse(call.text);
  return midtrans.getSymmetricSignatureHmacSh512(
    token,
    body,
    'POST',
    call.path,
    callbackSecret,
    at,
  );
}

test('callback: BCA tells of a virtual account payment, signed as midtrans and doku sign', async () => {
  const bench = await startBench();
  const company = await startCompany(bench, 'bca');
  const fields = { counterparty: 'BUDI', remark: 'INV 7', virtualAccountNo: '77' };
  const reference = await credit(bench, 'bca', fields);
  const [call] = await received(company, 1);
  expect(call!.path).toBe('/hooks/conn_x/openapi/v1.0/transfer-va/payment');
  expect(call!.headers['x-signature']).toBe(await expectedSignature(bench, 'bca', call!));
  expect(call!.headers).toMatchObject({ 'x-partner-id': '12345', 'channel-id': '95231' });
  expect(call!.headers['x-external-id']).toMatch(/^\d{32}$/);
  expect(JSON.parse(call!.text)).toMatchObject({
    partnerServiceId: '   12345',
    customerNo: '000000000000000077',
    virtualAccountNo: '   12345000000000000000077',
    virtualAccountName: 'BUDI',
    channelCode: 6011,
    paidAmount: { value: '1250000.00', currency: 'IDR' },
    referenceNo: reference,
    flagAdvise: 'N',
  });
  const [tokenCall] = company.tokenCalls;
  expect(tokenCall!.path).toBe('/hooks/conn_x/openapi/v1.0/access-token/b2b');
  const { bankPublicKeyPem, callbackClientKey } = await bench.partner('bca');
  expect(tokenCall!.headers['x-client-key']).toBe(callbackClientKey);
  const signature = String(tokenCall!.headers['x-signature']);
  const at = String(tokenCall!.headers['x-timestamp']);
  expect(doku.compareSignatures(signature, bankPublicKeyPem, callbackClientKey, at)).toBe(true);
  await credit(bench, 'bca');
  await received(company, 2);
  expect(company.tokenCalls).toHaveLength(1);
  const rows = (await bench.statement('bca')).json['detailData'];
  expect(rows.some((row: Json) => row['remark'].startsWith(reference))).toBe(true);
});

test('callback: BRI notifies once, in hex, with its own headers', async () => {
  const bench = await startBench();
  const company = await startCompany(bench, 'bri');
  company.answer = () => ({ status: 500, body: { responseCode: '5003400' } });
  const reference = await credit(bench, 'bri');
  const [call] = await received(company, 1);
  expect(call!.path).toBe('/hooks/conn_x/snap/v1.0/transfer-va/notify-payment-intrabank');
  const base64 = await expectedSignature(bench, 'bri', call!);
  expect(call!.headers['x-signature']).toBe(Buffer.from(base64, 'base64').toString('hex'));
  expect(call!.headers['x-timestamp']).toMatch(/\.\d{3}Z$/);
  expect(call!.headers['x-external-id']).toMatch(/^[A-Z0-9]{12}$/);
  expect(JSON.parse(call!.text)).toMatchObject({
    partnerServiceId: '   77777',
    paymentRequestId: reference,
    additionalInfo: { paymentAmount: '1250000.00' },
  });
  const tokenSignature = String(company.tokenCalls[0]!.headers['x-signature']);
  expect(tokenSignature).toMatch(/^[0-9a-f]{512}$/);
  await vi.waitFor(async () => {
    const { waiting, attempts } = await bench.manage('GET', 'callbacks');
    expect(waiting).toBe(0);
    expect(attempts).toHaveLength(1);
  }, 5000);
});

test.each([
  ['bca', 'qr', 'credit', '/openapi/v1.0/qr-mpm-notify', 'originalReferenceNo'],
  ['bni', 'qr', 'credit', '/snap/v1/qr/qr-mpm-notify', 'originalReferenceNo'],
  ['bni', 'va', 'credit', '/snap/v1/transfer-va/payment', 'referenceNo'],
  [
    'bca',
    'va',
    'debit',
    '/openapi/v1.0/transfer-va/notify-payment-intrabank',
    'partnerReferenceNo',
  ],
] as const)('callback: %s %s %s goes to %s', async (bank, channel, direction, path, field) => {
  const bench = await startBench();
  const company = await startCompany(bench, bank);
  const reference = await credit(bench, bank, { channel, creditDebitIndicator: direction });
  const [call] = await received(company, 1);
  expect(call!.path).toBe(`/hooks/conn_x${path}`);
  expect(call!.headers['x-signature']).toBe(await expectedSignature(bench, bank, call!));
  expect(JSON.parse(call!.text)[field]).toBe(reference);
});

test('callback: transfers, silent orders and banks without an address cause no call', async () => {
  const bench = await startBench();
  await startCompany(bench, 'bca');
  await credit(bench, 'bca', { channel: 'transfer' });
  await credit(bench, 'bca', { channel: 'statementOnly' });
  await credit(bench, 'bca', { push: false });
  await credit(bench, 'bni');
  expect(await bench.manage('GET', 'callbacks')).toEqual({ waiting: 0, attempts: [] });
});

test('callback: BCA repeats without success under one X-EXTERNAL-ID and says so', async () => {
  const bench = await startBench();
  const company = await startCompany(bench, 'bca');
  const answers: (() => { status: number; body: unknown })[] = [
    () => ({ status: 500, body: 'no JSON' }),
    // Success without its flag counts as a timeout (A13.1).
    () => ({ status: 200, body: { responseCode: '2002500' } }),
    () => ({
      status: 404,
      body: { responseCode: '4042518', virtualAccountData: { paymentFlagStatus: '00' } },
    }),
  ];
  company.answer = () => answers.shift()?.() ?? { status: 500, body: {} };
  const reference = await credit(bench, 'bca');
  const calls = await received(company, 3);
  expect(calls.map(({ text }) => JSON.parse(text).flagAdvise)).toEqual(['N', 'Y', 'Y']);
  expect(new Set(calls.map(({ headers }) => headers['x-external-id'])).size).toBe(1);
  expect(new Set(calls.map(({ text }) => JSON.parse(text).paymentRequestId)).size).toBe(1);
  await vi.waitFor(async () => {
    const { attempts } = await bench.manage('GET', 'callbacks');
    expect(attempts.map(({ outcome }: Json) => outcome)).toEqual(['failed', 'failed', 'delivered']);
  }, 5000);
  const { accounts } = await bench.manage('GET', 'state');
  const movements = accounts.flatMap((account: Json) => account['movements']);
  const shown = movements.find((movement: Json) => movement['reference'] === reference);
  expect(shown.pushes.map(({ status }: Json) => status)).toEqual([500, 200, 404]);
});

test('callback: BNI repeats under new X-EXTERNAL-IDs, and a refused token is renewed', async () => {
  const bench = await startBench();
  const company = await startCompany(bench, 'bni');
  let first = true;
  const ok = company.answer;
  company.answer = (call) => {
    if (!first) return ok(call);
    first = false;
    return { status: 401, body: { responseCode: '4012501' } };
  };
  await credit(bench, 'bni');
  const calls = await received(company, 2);
  expect(calls[0]!.headers['x-external-id']).not.toBe(calls[1]!.headers['x-external-id']);
  expect(calls[1]!.headers.authorization).toBe('Bearer company-token-2');
});

test('callback: a company that does not answer is given up and tried again', async () => {
  const bench = await startBench();
  const company = await startCompany(bench, 'bca', { callbackTimeoutMs: 30, retryAttempts: 1 });
  company.answer = () => 'hang';
  await credit(bench, 'bca');
  await received(company, 2);
  await vi.waitFor(async () => {
    const { attempts } = await bench.manage('GET', 'callbacks');
    expect(attempts.map(({ status }: Json) => status)).toEqual(['no answer', 'no answer']);
  }, 5000);
});

test('callback: signature type 2 has no token and is verified with the public key of the bank', async () => {
  const bench = await startBench();
  const company = await startCompany(bench, 'bca', { signatureType: 2 });
  await credit(bench, 'bca');
  const [call] = await received(company, 1);
  expect(call!.headers).not.toHaveProperty('authorization');
  const hash = createHash('sha256').update(call!.text).digest('hex');
  const text = `POST:${call!.path}:${hash}:${String(call!.headers['x-timestamp'])}`;
  const { bankPublicKeyPem } = await bench.partner('bca');
  const verifier = createVerify('RSA-SHA256').update(text);
  expect(verifier.verify(bankPublicKeyPem, String(call!.headers['x-signature']), 'base64')).toBe(
    true,
  );
  expect(company.tokenCalls).toHaveLength(0);
});

test('callback: the dialect "reserialised" is what midtrans computes from a parsed body', async () => {
  const bench = await startBench();
  const company = await startCompany(bench, 'bca', { dialect: 'reserialised' });
  await credit(bench, 'bca', { counterparty: 'A/B' });
  const [call] = await received(company, 1);
  expect(call!.text).toContain('A\\/B');
  expect(call!.headers['x-signature']).toBe(await expectedSignature(bench, 'bca', call!));
});

test('callback: a credit can be told again by hand, and a pending one when it is booked', async () => {
  const bench = await startBench();
  const company = await startCompany(bench, 'bni');
  const reference = await credit(bench, 'bni', { status: 'pending' });
  expect((await bench.manage('GET', 'callbacks'))['waiting']).toBe(0);
  await bench.manage('POST', `movements/${reference}/book`);
  await received(company, 1);
  await bench.manage('POST', `movements/${reference}/push`);
  const calls = await received(company, 2);
  expect(JSON.parse(calls[1]!.text).paymentRequestId).toBe(
    JSON.parse(calls[0]!.text).paymentRequestId,
  );
});

test('callback faults: bad signature, old and future time, foreign account, broken bodies', async () => {
  const bench = await startBench();
  const company = await startCompany(bench, 'bca');
  const one = async (name: string, settings: Json = {}): Promise<ReceivedCall> => {
    company.calls.length = 0;
    await bench.fault(name, { count: 1, ...settings });
    await credit(bench, 'bca');
    return (await received(company, 1))[0]!;
  };
  const bad = await one('callbackBadSignature');
  expect(bad.headers['x-signature']).not.toBe(await expectedSignature(bench, 'bca', bad));
  const age = (call: ReceivedCall) => Date.now() - Date.parse(String(call.headers['x-timestamp']));
  expect(age(await one('callbackStaleTimestamp'))).toBeGreaterThan(3_500_000);
  expect(age(await one('callbackFutureTimestamp', { ms: 900_000 }))).toBeLessThan(-800_000);
  const foreign = await one('callbackUnknownAccount');
  expect(JSON.parse(foreign.text).partnerServiceId).toBe('   99999');
  expect(foreign.headers['x-signature']).toBe(await expectedSignature(bench, 'bca', foreign));
  expect((await one('callbackNotJson')).text).toBe('status=OK&amount=1');
  expect((await one('callbackTooLarge', { bytes: 300_000 })).text.length).toBeGreaterThan(300_000);
  const empty = await one('callbackUnparseable');
  expect(JSON.parse(empty.text)).toEqual({ additionalInfo: {} });
  expect(empty.headers['x-signature']).toBe(await expectedSignature(bench, 'bca', empty));
});

test('callback faults: duplicate, replayed, late and reordered calls', async () => {
  const bench = await startBench();
  const company = await startCompany(bench, 'bca');
  await bench.fault('duplicateCallback', { count: 1 });
  await credit(bench, 'bca');
  const [first, second] = await received(company, 2);
  expect(second!.text).toBe(first!.text);
  expect(second!.headers['x-external-id']).toBe(first!.headers['x-external-id']);
  await bench.fault('callbackReplayedExternalId', { count: 1 });
  await credit(bench, 'bca');
  const third = (await received(company, 3))[2]!;
  expect(third.headers['x-external-id']).toBe(first!.headers['x-external-id']);
  expect(third.text).not.toBe(first!.text);
  await bench.fault('lateCallback', { ms: 40, count: 1 });
  const late = await credit(bench, 'bca');
  const early = await credit(bench, 'bca');
  const references = (await received(company, 5)).map(({ text }) => JSON.parse(text).referenceNo);
  expect(references.slice(3)).toEqual([early, late]);
  await bench.fault('reorderedCallbacks', { size: 2 });
  const one = await credit(bench, 'bca');
  const two = await credit(bench, 'bca');
  await received(company, 7);
  const { attempts } = await bench.manage('GET', 'callbacks');
  const told = attempts.slice(-2).map(({ reference }: Json) => reference);
  expect(new Set(told)).toEqual(new Set([one, two]));
});

test('load: many credits at a pace are all told and all in the statement', async () => {
  const bench = await startBench();
  const company = await startCompany(bench, 'bni');
  const load = { count: 60, perSecond: 600, account: ACCOUNTS.bni, reorder: 10 };
  await bench.manage('POST', 'generate', load);
  const calls = await received(company, 60);
  const told = calls.map(({ text }) => String(JSON.parse(text).referenceNo));
  expect(new Set(told).size).toBe(60);
  expect(told).not.toEqual(told.toSorted());
});

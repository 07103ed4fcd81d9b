import { expect, test } from 'vitest';
import { FAULTS } from './faults.ts';
import { ACCOUNTS, startBench } from './test-kit.ts';
import type { Bench, Json } from './test-kit.ts';

test.each([
  ['serverError', {}, 500, '5001101'],
  ['serverError', { status: 504, code: '00' }, 504, '5041100'],
  ['throttle', {}, 429, '4291100'],
  ['maintenance', { as: 'code' }, 403, '4031106'],
  ['ipNotAllowed', {}, 401, '4011100'],
  ['unknownClient', {}, 401, '4011100'],
  ['serviceNotActivated', { service: '11' }, 403, '4031101'],
])('fault: %s %j answers %i with %s once', async (name, settings, status, responseCode) => {
  const bench = await startBench();
  await bench.token('bca');
  await bench.fault(name, { count: 1, ...settings });
  const reply = await bench.balance('bca');
  expect([reply.status, reply.json['responseCode']]).toEqual([status, responseCode]);
  expect((await bench.balance('bca')).status).toBe(200);
});

test.each([
  ['htmlError', 502],
  ['maintenance', 503],
])('fault: %s is a page with status %i', async (name, status) => {
  const bench = await startBench();
  await bench.fault(name);
  const reply = await bench.requestToken('bri');
  expect(reply.status).toBe(status);
  expect(reply.text).toContain('<html>');
  await bench.manage('DELETE', 'faults');
  expect((await bench.requestToken('bri')).status).toBe(200);
});

test('fault: tokenSignatureAlwaysWrong refuses a right signature', async () => {
  const bench = await startBench();
  await bench.fault('tokenSignatureAlwaysWrong');
  expect((await bench.requestToken('bca')).json).toEqual({
    responseCode: '4017300',
    responseMessage: 'Unauthorized. [Signature]',
  });
});

test('fault: one limited to a bank leaves the others alone and is not used up by them', async () => {
  const bench = await startBench();
  await bench.token('bca');
  await bench.token('bni');
  await bench.fault('throttle', { bank: 'bni', count: 1 });
  expect((await bench.balance('bca')).status).toBe(200);
  expect((await bench.balance('bni')).status).toBe(429);
});

test.each([
  ['timeoutBeforeAccepting', '2001100'],
  ['timeoutAfterAccepting', '4091100'],
])('fault: after %s the same X-EXTERNAL-ID gives %s', async (name, responseCode) => {
  const bench = await startBench();
  await bench.token('bca');
  await bench.fault(name, { count: 1, ms: 20 });
  await expect(bench.balance('bca', { 'X-EXTERNAL-ID': '42' })).rejects.toThrow();
  const again = await bench.balance('bca', { 'X-EXTERNAL-ID': '42' });
  expect(again.json['responseCode']).toBe(responseCode);
  const { calls, counts } = await bench.manage('GET', 'state');
  expect(calls.at(-2).status).toBe('no answer');
  expect(counts['/openapi/v1.0/balance-inquiry']).toBe(2);
});

test('fault: slow delays the answer', async () => {
  const bench = await startBench();
  await bench.fault('slow', { ms: 60 });
  const started = performance.now();
  await bench.requestToken('bca');
  expect(performance.now() - started).toBeGreaterThanOrEqual(55);
});

async function remarks(bench: Bench): Promise<string[]> {
  return (await bench.statement('bni')).json['detailData'].map((row: Json) => row['remark']);
}

test('fault: statementGap, statementDuplicateLine and shuffledOrder disturb the rows', async () => {
  const bench = await startBench();
  const right = await remarks(bench);
  await bench.fault('statementGap', { count: 1 });
  expect(await remarks(bench)).toHaveLength(right.length - 1);
  await bench.fault('statementDuplicateLine', { count: 1 });
  const twice = await remarks(bench);
  expect(twice).toHaveLength(right.length + 1);
  expect(new Set(twice)).toEqual(new Set(right));
  await bench.fault('shuffledOrder', { count: 1 });
  const shuffled = await remarks(bench);
  expect(shuffled).not.toEqual(right);
  expect(shuffled.toSorted()).toEqual(right.toSorted());
  expect(await remarks(bench)).toEqual(right);
});

test('fault: correctedLine changes the newest row for good', async () => {
  const bench = await startBench();
  const before = await remarks(bench);
  await bench.fault('correctedLine');
  const after = await remarks(bench);
  expect(after[0]).toBe(`KOREKSI ${before[0]}`);
  expect(await remarks(bench)).toEqual(after);
  const balance = async () => (await bench.balance('bni')).json['accountInfos'][0].amount.value;
  const earlier = await balance();
  await bench.fault('correctedLine', { field: 'amount' });
  await remarks(bench);
  expect(await balance()).not.toBe(earlier);
});

test('fault: statementLag hides what is young', async () => {
  const bench = await startBench();
  const before = await remarks(bench);
  const order = { account: ACCOUNTS.bni, creditDebitIndicator: 'credit', amount: '5.00' };
  await bench.manage('POST', 'movements', order);
  await bench.fault('statementLag');
  expect(await remarks(bench)).toEqual(before);
  await bench.manage('DELETE', 'faults/statementLag');
  expect(await remarks(bench)).toHaveLength(before.length + 1);
});

test('fault: pageSize cuts the statement of BCA, which has no pages', async () => {
  const bench = await startBench();
  await bench.fault('pageSize');
  expect((await bench.statement('bca')).json['detailData']).toHaveLength(3);
});

test('faults: every known one has its sentence in the management interface', async () => {
  const bench = await startBench();
  const { known, active } = await bench.manage('GET', 'faults');
  expect(known).toEqual(FAULTS);
  expect(active).toEqual([]);
});

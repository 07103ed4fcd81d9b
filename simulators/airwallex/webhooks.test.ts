import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { signWebhook } from './signature.ts';
import { closedPort, credit, eventAt, nameOf, startWorld, until } from './test-world.ts';
import type { Loose, Received } from './test-world.ts';

const SECRET = 'whsec_test_0123456789';

/** Checks with another implementation of HMAC than the one that signed. */
function isAuthentic({ timestamp, raw, signature }: Received): boolean {
  return createHmac('sha256', SECRET).update(timestamp).update(raw).digest('hex') === signature;
}

function ageMs({ timestamp }: Received): number {
  return Date.now() - Number(timestamp);
}

test('signature: agrees with vector V12 of the reference', async () => {
  const body =
    '{"id":"evt_test_0001","name":"deposit.settled","account_id":"acct_test_0001",' +
    '"data":{"object":{"id":"dep_test_0001","amount":100.5,"currency":"HKD","status":"SETTLED"}},' +
    '"created_at":"2025-06-30T03:15:30+0000"}';
  expect(await signWebhook(SECRET, '1751253330250', body)).toBe(
    '39177e52c9c73a04bae3f52de285e10e7cfaf644bdf2122d1c82cf6d5f79388d',
  );
  expect(await signWebhook(SECRET, '1751253330251', body)).not.toMatch(/^39177e52/);
});

test('event: carries the deposit, a fresh timestamp and the signature over the raw bytes', async () => {
  const world = await startWorld();
  const reference = await credit(world, { counterparty: '香港遠東貿易有限公司' });
  await until('the event', () => world.received.length === 1);
  const event = eventAt(world, 0);
  expect(isAuthentic(event)).toBe(true);
  expect(event.timestamp).toMatch(/^\d{13}$/);
  expect(Math.abs(ageMs(event))).toBeLessThan(60_000);
  const body = JSON.parse(event.raw);
  expect(Object.keys(body)).toEqual(['id', 'name', 'account_id', 'data', 'created_at']);
  expect(body.name).toBe('deposit.settled');
  expect(body.account_id).toBe('acct_SimCashbellHK0001');
  expect(body.data.object.reference).toContain(reference);
  expect(body.data.object.payer.name).toBe('香港遠東貿易有限公司');
});

test('event: the flat shape of the published examples can be chosen', async () => {
  const world = await startWorld();
  await world.manage('PUT', 'partner', { webhookDataShape: 'flat' });
  await credit(world);
  await until('the event', () => world.received.length === 1);
  expect(JSON.parse(world.received[0]?.raw ?? '').data.status).toBe('SETTLED');
});

test('retry: an event comes again with the same id until it is answered with 200', async () => {
  const world = await startWorld();
  world.answers.push(500, 302, 204);
  await credit(world);
  await until('four attempts', () => world.received.length === 4);
  const ids = world.received.map(({ raw }) => JSON.parse(raw).id);
  expect(new Set(ids).size).toBe(1);
  const attempts = async () => (await world.manage('GET', 'callbacks')).callbacks;
  await until('four records', async () => (await attempts()).length === 4);
  const { callbacks, counts } = await world.manage('GET', 'callbacks');
  expect(callbacks.map((callback: Loose) => [callback.attempt, callback.status])).toEqual([
    [1, 500],
    [2, 302],
    [3, 204],
    [4, 200],
  ]);
  expect(counts).toEqual({ attempts: 4, delivered: 1, failed: 3, waiting: 0 });
});

test('retry: ends after the agreed number of attempts, and a closed port counts as no answer', async () => {
  const world = await startWorld();
  const webhookUrl = `http://127.0.0.1:${await closedPort()}/`;
  await world.manage('PUT', 'partner', { webhookUrl, retryBaseMs: 1, retryAttemptsMax: 3 });
  await credit(world);
  const counts = async () => (await world.manage('GET', 'callbacks')).counts;
  await until('three failures', async () => (await counts()).failed === 3);
  const { callbacks } = await world.manage('GET', 'callbacks');
  expect(callbacks.map((callback: Loose) => callback.status)).toEqual(
    Array.from({ length: 3 }, () => 'no answer'),
  );
  expect((await counts()).waiting).toBe(0);
});

test('burst: two thousand events arrive, each once and authentic', async () => {
  const world = await startWorld();
  await world.manage('POST', 'generate', { count: 2_000 });
  const told = async () => (await world.manage('GET', 'callbacks')).counts;
  const { accounts } = await world.manage('GET', 'state');
  const credits = accounts
    .flatMap((account: Loose) => account.movements)
    .filter((movement: Loose) => movement.creditDebitIndicator === 'credit').length;
  await until('all events', () => world.received.length >= credits);
  await until('all answers', async () => (await told()).delivered === credits);
  expect(new Set(world.received.map(({ raw }) => JSON.parse(raw).id)).size).toBe(credits);
  expect(world.received.every(isAuthentic)).toBe(true);
});

test('push: the last event is delivered again under its own id; push=false keeps silent', async () => {
  const world = await startWorld();
  const reference = await credit(world, { push: false });
  expect((await world.manage('GET', 'callbacks')).counts).toMatchObject({
    attempts: 0,
    waiting: 0,
  });
  await world.manage('POST', `movements/${reference}/push`);
  await world.manage('POST', `movements/${reference}/push`);
  await until('two deliveries', () => world.received.length === 2);
  const [first, second] = [eventAt(world, 0), eventAt(world, 1)];
  expect(JSON.parse(second.raw).id).toBe(JSON.parse(first.raw).id);
});

test('endpoints: a further subscription gets its own signature', async () => {
  const world = await startWorld();
  const { webhookUrl } = await world.manage('GET', 'partner');
  const webhookEndpoints = [{ url: webhookUrl, secret: 'another-secret' }];
  await world.manage('PUT', 'partner', { webhookEndpoints });
  await credit(world);
  await until('two deliveries', () => world.received.length === 2);
  expect(world.received.filter(isAuthentic)).toHaveLength(1);
});

test('duplicateCallback: one event arrives twice', async () => {
  const world = await startWorld();
  await world.manage('POST', 'faults', { name: 'duplicateCallback', count: 1 });
  await credit(world);
  await until('two deliveries', () => world.received.length === 2);
  const [first, second] = [eventAt(world, 0), eventAt(world, 1)];
  expect(second.raw).toBe(first.raw);
});

test('lateCallback: the event waits, the books do not', async () => {
  const world = await startWorld();
  await world.manage('POST', 'faults', { name: 'lateCallback', ms: 60 });
  const start = performance.now();
  await credit(world);
  expect((await world.get('/api/v1/deposits')).json.items).toHaveLength(1);
  await until('the event', () => world.received.length === 1);
  expect(performance.now() - start).toBeGreaterThanOrEqual(55);
});

test('reorderedCallbacks: settled is told before pending, and a lone event still comes', async () => {
  const world = await startWorld();
  await world.manage('POST', 'faults', { name: 'reorderedCallbacks', count: 1 });
  const reference = await credit(world, { status: 'pending' });
  await world.manage('POST', `movements/${reference}/book`);
  await until('both events', () => world.received.length === 2);
  expect(world.received.map(nameOf)).toEqual(['deposit.settled', 'deposit.pending']);
  await world.manage('POST', 'faults', { name: 'reorderedCallbacks', count: 1, ms: 5 });
  await credit(world);
  await until('the lone event', () => world.received.length === 3);
});

test('callbackBadSignature: only the signature is wrong, and the retry is right', async () => {
  const world = await startWorld();
  world.answers.push(401);
  await world.manage('POST', 'faults', { name: 'callbackBadSignature', count: 1 });
  await credit(world);
  await until('two attempts', () => world.received.length === 2);
  expect(world.received.map(isAuthentic)).toEqual([false, true]);
});

test.each([
  ['callbackStaleTimestamp', 600_000],
  ['callbackFutureTimestamp', -600_000],
])('%s: the timestamp is ten minutes off and truly signed', async (name, expectedAge) => {
  const world = await startWorld();
  await world.manage('POST', 'faults', { name });
  await credit(world);
  await until('the event', () => world.received.length === 1);
  const event = eventAt(world, 0);
  expect(isAuthentic(event)).toBe(true);
  expect(Math.abs(ageMs(event) - expectedAge)).toBeLessThan(30_000);
});

test('callbackNotJson, callbackUnparseable, callbackTooLarge: authentic, but not usable', async () => {
  const world = await startWorld();
  const deliver = async (fault: Record<string, unknown>): Promise<Received> => {
    const before = world.received.length;
    await world.manage('POST', 'faults', { count: 1, ...fault });
    await credit(world);
    await until('the event', () => world.received.length === before + 1);
    return eventAt(world, before);
  };
  const notJson = await deliver({ name: 'callbackNotJson' });
  expect(() => JSON.parse(notJson.raw)).toThrow();
  const empty = await deliver({ name: 'callbackUnparseable' });
  expect(JSON.parse(empty.raw)).toMatchObject({ name: 'deposit.settled', data: { object: {} } });
  expect(JSON.parse(empty.raw).data.object.id).toBeUndefined();
  const large = await deliver({ name: 'callbackTooLarge', bytes: 1_000_000 });
  expect(large.raw.length).toBeGreaterThan(1_000_000);
  expect([notJson, empty, large].every(isAuthentic)).toBe(true);
});

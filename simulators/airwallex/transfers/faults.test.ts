import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { nameOf, until } from '../test-world.ts';
import type { Loose } from '../test-world.ts';
import { CREATE, orderBody, startTransferWorld } from './test-transfers.ts';
import type { TransferWorld } from './test-transfers.ts';

const EVENTS = ['scheduled', 'processing', 'sent', 'paid'].map((word) => `payout.transfer.${word}`);

async function fault(world: TransferWorld, settings: Record<string, unknown>): Promise<void> {
  await world.login();
  await world.manage('POST', 'faults', { count: 1, path: CREATE, ...settings });
}

async function idsOf(world: TransferWorld): Promise<string[]> {
  const { json } = await world.get('/api/v1/transfers?request_id=pay-0001');
  return json.items.map(({ id }: Loose) => id);
}

describe('calls', () => {
  test.each([
    ['serverError', 500, 0],
    ['conflict', 409, 0],
    ['throttle', 429, 0],
    ['htmlError', 502, 0],
    ['serverErrorAfterAccepting', 500, 1],
  ])('%s: %i, and %i transfer is there', async (name, status, count) => {
    const world = await startTransferWorld();
    await fault(world, { name });
    expect((await world.create()).status).toBe(status);
    expect(await idsOf(world)).toHaveLength(count);
    const again = await world.create();
    expect(again.status).toBe(count === 0 ? 201 : 400);
    expect(await world.books()).toMatchObject([{ answered: count === 0 }]);
  });

  test('timeoutBeforeAccepting: no answer and no transfer', async () => {
    const world = await startTransferWorld();
    await fault(world, { name: 'timeoutBeforeAccepting', ms: 5 });
    await expect(world.create()).rejects.toThrow();
    expect(await world.books()).toEqual([]);
  });

  test('malformedAnswer: the transfer is there, its answer breaks off', async () => {
    const world = await startTransferWorld();
    await fault(world, { name: 'malformedAnswer' });
    const answer = await world.create();
    expect([answer.status, answer.json]).toEqual([201, undefined]);
    expect(answer.text).toContain('amount_payer_pays');
    expect(await world.books()).toMatchObject([{ answered: false }]);
  });

  test('answerWithoutId: the transfer is there, its answer does not name it', async () => {
    const world = await startTransferWorld();
    await fault(world, { name: 'answerWithoutId' });
    const answer = await world.create();
    expect(answer.json).toMatchObject({ status: 'SCHEDULED', request_id: 'pay-0001' });
    expect(answer.json).not.toHaveProperty('id');
    expect(await world.books()).toMatchObject([{ answered: false }]);
  });

  test('a refusal is not spoilt: it stays the refusal that it was', async () => {
    const world = await startTransferWorld();
    await fault(world, { name: 'serverErrorAfterAccepting' });
    expect((await world.create({ reason: '' })).json.code).toBe('validation_failed');
  });

  test('lateAnswer: all events have come before the answer', async () => {
    const world = await startTransferWorld();
    await world.progress({ mode: 'immediate' });
    await fault(world, { name: 'lateAnswer', ms: 60_000 });
    let answered = false;
    const call = world.create().then(
      () => (answered = true),
      () => undefined,
    );
    await until('the events', () => world.received.length === 4);
    expect(answered).toBe(false);
    expect(await world.books()).toMatchObject([{ status: 'PAID', answered: false }]);
    await world.simulator.stop();
    await call;
    expect(answered).toBe(true);
  });

  test('lateAnswer: a caller that hangs up is not told, though its transfer is there', async () => {
    const world = await startTransferWorld();
    await fault(world, { name: 'lateAnswer', ms: 500 });
    const hangUp = new AbortController();
    const call = fetch(`${world.url}${CREATE}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await world.login()}` },
      body: JSON.stringify(orderBody()),
      signal: hangUp.signal,
    });
    const refused = expect(call).rejects.toThrow();
    await until('the event', () => world.received.length === 1);
    hangUp.abort();
    await refused;
    const lastCall = async () => (await world.manage('GET', 'state')).calls.at(-1);
    await until('the call to end', async () => (await lastCall()).status === 201);
    expect((await lastCall()).path).toBe(CREATE);
    expect(await world.books()).toMatchObject([{ answered: false }]);
  });

  test('visibilityMs: the list does not show a new transfer yet, but its request id is taken', async () => {
    const world = await startTransferWorld();
    await world.progress({ visibilityMs: 30_000 });
    const { id } = (await world.create()).json;
    expect(await idsOf(world)).toEqual([]);
    expect((await world.create()).json.code).toBe('duplicate_request_id');
    await world.manage('POST', 'clock', { offsetMs: 30_000 });
    expect(await idsOf(world)).toEqual([id]);
  });

  test('lists: pages join to the whole, newest first; filters narrow them', async () => {
    const world = await startTransferWorld();
    for (let index = 1; index <= 5; index += 1) {
      await world.create({ request_id: `pay-${index}`, transfer_amount: `${index}.00` });
    }
    await world.manage('POST', 'transfers/pay-3/process');
    const list = async (query: string) => (await world.get(`/api/v1/transfers?${query}`)).json;
    const first = await list('page_size=2');
    const second = await list(`page_size=2&page=${first.page_after}`);
    const third = await list(`page_size=2&page=${second.page_after}`);
    expect(third).not.toHaveProperty('page_after');
    const all = [first, second, third].flatMap(({ items }) => items);
    expect(all.map((item: Loose) => item.transfer_amount)).toEqual([5, 4, 3, 2, 1]);
    const amounts = async (query: string) =>
      (await list(query)).items.map((item: Loose) => item.transfer_amount);
    expect(await amounts('status=PROCESSING')).toEqual([3]);
    expect(await amounts(`short_reference_id=${all[0].short_reference_id}`)).toEqual([5]);
    expect(await amounts('transfer_currency=USD')).toEqual([]);
    expect(await amounts('to_created_at=2020-01-01')).toEqual([]);
    expect((await world.get('/api/v1/transfers?status=DONE')).json.source).toBe('status');
  });
});

describe('misfortunes', () => {
  test.each([
    ['transferFails', ['scheduled', 'processing', 'sent', 'failed', 'cancelled']],
    ['transferReturned', ['scheduled', 'processing', 'sent', 'paid', 'failed', 'cancelled']],
  ])('%s: the next transfer meets it, the one after does not', async (name, words) => {
    const world = await startTransferWorld();
    await world.progress({ mode: 'immediate' });
    await world.manage('POST', 'faults', { name, count: 1, failureType: 'ACCOUNT_CLOSED' });
    await world.create();
    await world.create({ request_id: 'pay-0002' });
    expect(await world.books()).toMatchObject([
      { status: 'CANCELLED', returned: true, failureType: 'ACCOUNT_CLOSED' },
      { status: 'PAID', returned: false },
    ]);
    await until('all events', () => world.received.length === words.length + 4);
    const { id } = (await world.books())[0];
    const told = world.received.filter(({ raw }) => raw.includes(id)).map(nameOf);
    expect(told.toSorted()).toEqual(words.map((word) => `payout.transfer.${word}`).toSorted());
    expect(await world.available()).toBe(2_449_899.9);
  });

  test('a return can come long after PAID', async () => {
    const world = await startTransferWorld();
    await world.progress({ mode: 'immediate' });
    await world.manage('POST', 'faults', { name: 'transferReturned', count: 1, ms: 3_600_000 });
    const { id } = (await world.create()).json;
    expect((await world.get(`/api/v1/transfers/${id}`)).json.status).toBe('PAID');
    await world.manage('POST', 'clock', { offsetMs: 3_600_000 });
    expect(await world.books()).toMatchObject([{ status: 'CANCELLED', returned: true }]);
  });
});

describe('events', () => {
  test('every status is told with the transfer as it was, signed over the raw bytes', async () => {
    const world = await startTransferWorld();
    await world.create();
    for (const verb of ['process', 'send', 'pay']) {
      await world.manage('POST', `transfers/pay-0001/${verb}`);
    }
    await until('four events', () => world.received.length === 4);
    expect(world.received.map(nameOf).toSorted()).toEqual(EVENTS.toSorted());
    for (const { timestamp, raw, signature } of world.received) {
      const mac = createHmac('sha256', 'whsec_test_0123456789').update(timestamp + raw);
      expect(signature).toBe(mac.digest('hex'));
      const { name, data } = JSON.parse(raw);
      expect(name).toBe(`payout.transfer.${data.object.status.toLowerCase()}`);
      expect(data.object).toMatchObject({ request_id: 'pay-0001', transfer_amount: 100.1 });
    }
  });

  test('an event comes twice, late, or again on demand, under one id', async () => {
    const world = await startTransferWorld();
    await world.manage('POST', 'faults', { name: 'duplicateCallback', count: 1 });
    await world.create();
    await until('two deliveries', () => world.received.length === 2);
    await world.manage('POST', 'transfers/pay-0001/push');
    await until('three deliveries', () => world.received.length === 3);
    expect(new Set(world.received.map(({ raw }) => raw)).size).toBe(1);
    const { history } = await world.manage('GET', 'transfers/pay-0001');
    expect(history).toHaveLength(1);
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadDueDestinations } from '#store/notices.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { interpose } from '#tests/interpose.ts';
import { bringIn, createChat, drainAs, placeOf, workerOf } from '#tests/ring-world.ts';
import type { Send } from '#tests/ring-world.ts';
import type { SendOutcome } from './dingtalk-sender.ts';
import { notificationSteps } from './notification-steps.ts';

let database: TestDatabase;
let world: FlowWorld;
let number = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  world = await createFlowWorld(database);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 23, 8) });
});
afterEach(() => vi.useRealTimers());
afterAll(() => database.drop());

const later = (milliseconds: number): unknown => vi.setSystemTime(Date.now() + milliseconds);

/** Movements with the given words, each in a message of its own. */
async function move(...words: string[]): Promise<void> {
  await bringIn(
    world,
    ...words.map((text) => {
      number += 1;
      return { id: `m${number}`, movements: [{ amount: `${number}.00`, text }] };
    }),
  );
}

const states = async (): Promise<string[]> =>
  (
    await world.ask<{ state: string }>(
      'SELECT state FROM notice WHERE org_id = $1 AND subject_id IS NOT NULL ORDER BY position',
      [world.orgId],
    )
  ).map(({ state }) => state);

const deliveries = () =>
  world.ask<{
    state: string;
    kind: string;
    attempts: number;
    possibly_repeated: boolean;
    idempotency_key: string | null;
    code: string | null;
  }>(
    `SELECT state, kind, attempts, possibly_repeated, idempotency_key, code FROM delivery
     WHERE org_id = $1 ORDER BY first_sent_at, delivery_id`,
    [world.orgId],
  );

const alarms = async (kind: string): Promise<(string | null)[]> =>
  (
    await world.ask<{ closed: string | null }>(
      `SELECT CASE WHEN closed_at IS NULL THEN 'open' ELSE 'closed' END AS closed FROM alarm
       WHERE org_id = $1 AND kind = $2 ORDER BY opened_at`,
      [world.orgId, kind],
    )
  ).map(({ closed }) => closed);

const events = async (kind: string): Promise<number> =>
  (await world.ask('SELECT 1 FROM event WHERE org_id = $1 AND kind = $2', [world.orgId, kind]))
    .length;

describe('notification', () => {
  test('notification: a movement is told once, under a key that is on disk before it is sent', async () => {
    await move('rent');
    const chat = createChat();
    let onDisk: unknown;
    const send: Send = async (work) => {
      onDisk = await deliveries();
      return chat.accept(work);
    };
    expect(await drainAs(world, workerOf(world, 'wrk_a', send))).toEqual({ kind: 'idle' });
    expect(chat.shown).toEqual([['rent']]);
    expect(onDisk).toMatchObject([{ state: 'sending', idempotency_key: chat.keys[0] }]);
    expect(await deliveries()).toMatchObject([{ state: 'accepted', attempts: 1 }]);
    expect(await states()).toEqual(['told']);
    expect(await drainAs(world, workerOf(world, 'wrk_a', send))).toEqual({ kind: 'idle' });
    expect(chat.keys).toHaveLength(1);
  });

  test('notification: many workers at once never send one notice twice, and keep the order', async () => {
    await database.pool.query('UPDATE destination SET messages_per_minute = 500');
    world.directory.forget();
    const words = Array.from({ length: 12 }, (_, index) => `w${index}`);
    await move(...words);
    const chat = createChat();
    const drainUntilTold = async (workerId: string): Promise<void> => {
      const options = workerOf(world, workerId, chat.accept);
      while ((await states()).some((state) => state !== 'told')) await drainAs(world, options);
    };
    await Promise.all(['wrk_a', 'wrk_b', 'wrk_c'].map(drainUntilTold));
    expect(chat.shown.flat()).toEqual(words);
    expect(new Set(chat.keys).size).toBe(chat.keys.length);
  });

  test('notification: a worker that died leaves its message to another, with the same key', async () => {
    await move('rent');
    const first = notificationSteps(workerOf(world, 'wrk_a', createChat().accept), placeOf(world));
    const taken = await first.settleAndTake();
    const key = taken.kind === 'send' ? taken.work.delivery.idempotencyKey : 'none';
    // The process is gone here: with the message sent or not, nobody knows.
    const chat = createChat();
    const other = workerOf(world, 'wrk_b', chat.accept);
    expect(await drainAs(world, other)).toEqual({ kind: 'held' });
    later(19_000);
    expect(await drainAs(world, other)).toEqual({ kind: 'held' });
    later(1_001);
    expect(await drainAs(world, other)).toEqual({ kind: 'idle' });
    expect(chat.keys).toEqual([key]);
    expect(await deliveries()).toMatchObject([
      { state: 'accepted', attempts: 2, idempotency_key: key, possibly_repeated: false },
    ]);
  });

  test('notification: a late answer of a worker that lost its lease does no harm', async () => {
    await move('rent', 'tax');
    const chat = createChat();
    const slow = notificationSteps(workerOf(world, 'wrk_a', chat.accept), placeOf(world));
    const taken = await slow.settleAndTake();
    if (taken.kind !== 'send') throw new Error('nothing to send');
    const outcome = await chat.accept(taken.work);
    later(21_000);
    await drainAs(world, workerOf(world, 'wrk_b', chat.accept));
    expect(await states()).toEqual(['told', 'told']);
    const after = await slow.settleAndTake({ work: taken.work, outcome });
    expect(after).toEqual({ kind: 'idle' });
    expect(chat.shown.flat().toSorted()).toEqual(['rent', 'tax']);
    expect(await states()).toEqual(['told', 'told']);
  });

  test.each(['before', 'after'] as const)(
    'notification: a kill %s any statement tells once and loses nothing',
    async (when) => {
      let step = 0;
      for (let isThrough = false; !isThrough; step += 1) {
        world = await createFlowWorld(database);
        await move('rent');
        const chat = createChat();
        let left = step;
        let isDead = false;
        const die = (text: string): void => {
          // What comes after the death of a process does not come at all.
          if (isDead && text !== 'ROLLBACK') throw new Error('killed');
          if (text === 'ROLLBACK') return;
          if (left === 0) {
            isDead = true;
            throw new Error('killed');
          }
          left -= 1;
        };
        const pool = interpose(database.pool, { [when]: die });
        const services = { ...world.services, pool };
        const dying = workerOf(world, 'wrk_a', chat.accept, { services });
        isThrough = await drainAs(world, dying).then(
          () => !isDead,
          () => false,
        );
        later(21_000);
        const end = await drainAs(world, workerOf(world, 'wrk_b', chat.accept));
        expect(end, `after step ${step}`).toEqual({ kind: 'idle' });
        expect(chat.shown, `after step ${step}`).toEqual([['rent']]);
        expect(new Set(chat.keys).size, `keys after step ${step}`).toBe(1);
        expect(await states(), `after step ${step}`).toEqual(['told']);
      }
      // BEGIN, the meter, the queue, the intent, COMMIT and the same again for the answer.
      expect(step).toBeGreaterThan(10);
    },
  );

  test('notification: after a lost answer the key stays, whatever comes of the next attempts', async () => {
    await move('rent');
    const chat = createChat();
    const keys: (string | undefined)[] = [];
    const outcomes: SendOutcome[] = [
      { kind: 'unknown', code: 'dingtalk.outcomeUnknown' },
      { kind: 'retry', code: 'dingtalk.throttled', retryAfterMs: 600_000 },
      { kind: 'refused', code: 'dingtalk.robotDisabled' },
    ];
    const send: Send = (work) => {
      // The alarm about it comes to the same destination.
      const isRent = work.notices.some(({ subjectId }) => subjectId !== undefined);
      if (isRent) keys.push(work.delivery.idempotencyKey);
      return (isRent ? outcomes.shift() : undefined) ?? chat.accept(work);
    };
    const options = workerOf(world, 'wrk_a', send);
    for (let index = 0; index < 4; index += 1) {
      await drainAs(world, options);
      later(601_000);
    }
    expect(await states()).toEqual(['told']);
    expect(keys).toEqual([keys[0], keys[0], keys[0], keys[0]]);
    expect((await deliveries())[0]).toMatchObject({ state: 'accepted', attempts: 4 });
  });

  test('notification: what was certainly not sent goes back, in its order, and is folded anew', async () => {
    await move('rent');
    const chat = createChat();
    let isAway = true;
    const send: Send = (work) =>
      isAway ? { kind: 'retry', code: 'dingtalk.unreachable' } : chat.accept(work);
    const options = workerOf(world, 'wrk_a', send);
    const end = await drainAs(world, options);
    expect(end).toMatchObject({ kind: 'wait', untilMs: Date.now() + 1_000 });
    expect(await states()).toEqual(['waiting']);
    await move('tax', 'food');
    expect(await drainAs(world, options)).toEqual(end);
    isAway = false;
    later(1_000);
    await drainAs(world, options);
    expect(chat.shown.flat()).toEqual(['rent', 'tax', 'food']);
    expect((await deliveries())[0]).toMatchObject({ state: 'abandoned', attempts: 1 });
  });

  test('notification: a digest that was not sent gives all of its notices back', async () => {
    const words = Array.from({ length: 30 }, (_, index) => `w${index}`);
    await move(...words);
    const chat = createChat();
    let failures = 2;
    const send: Send = (work) => {
      if (work.notices.length > 1 && failures > 0) {
        failures -= 1;
        return { kind: 'retry', code: 'dingtalk.busy' };
      }
      return chat.accept(work);
    };
    const options = workerOf(world, 'wrk_a', send);
    for (let index = 0; index < 10; index += 1) {
      const end = await drainAs(world, options);
      if (end.kind === 'idle') break;
      if (end.kind === 'wait') later(Math.max(0, end.untilMs - Date.now()));
    }
    expect(failures).toBe(0);
    expect(chat.shown.flat()).toEqual(words);
    expect(new Set(await states())).toEqual(new Set(['told']));
    expect((await deliveries()).some(({ kind }) => kind === 'digest')).toBe(true);
  });

  test('notification: never more than twenty messages leave in any minute', async () => {
    const sentAt: number[] = [];
    const send: Send = () => {
      sentAt.push(Date.now());
      return { kind: 'accepted' };
    };
    const options = workerOf(world, 'wrk_a', send);
    for (let second = 0; second < 150; second += 1) {
      if (second < 100) await move(`s${second}`, `t${second}`);
      await drainAs(world, options);
      later(1_000);
    }
    const most = Math.max(
      ...sentAt.map((from) => sentAt.filter((at) => at >= from && at < from + 60_000).length),
    );
    expect(most).toBeLessThanOrEqual(20);
    expect(new Set(await states())).toEqual(new Set(['told']));
  });

  test('notification: refused content fails the one notice, tells why, and lets the next pass', async () => {
    await move('bad word', 'rent');
    const chat = createChat();
    const send: Send = (work) => {
      const [first] = work.notices;
      const isBad =
        first && 'amount' in first.fact && first.fact.remittanceInformation === 'bad word';
      return isBad
        ? { kind: 'refused', code: 'dingtalk.contentRefused', dingtalkMessage: 'sensitive' }
        : chat.accept(work);
    };
    await drainAs(world, workerOf(world, 'wrk_a', send));
    expect(chat.shown).toContainEqual(['rent']);
    const told = await states();
    expect(told[0]).toBe('failed');
    expect(told[1]).toBe('told');
    expect(await events('delivery.givenUp')).toBe(1);
  });

  test('notification: an exhausted quota waits an hour with one alarm, and says when it is over', async () => {
    await move('rent');
    const chat = createChat();
    let isEmpty = true;
    const send: Send = (work) =>
      isEmpty ? { kind: 'refused', code: 'dingtalk.quotaExhausted' } : chat.accept(work);
    const options = workerOf(world, 'wrk_a', send);
    expect(await drainAs(world, options)).toMatchObject({ untilMs: Date.now() + 3_600_000 });
    later(3_600_000);
    await drainAs(world, options);
    expect(await alarms('delivery.failing')).toEqual(['open']);
    expect(await events('delivery.failing')).toBe(1);
    isEmpty = false;
    later(3_600_000);
    await drainAs(world, options);
    expect(chat.shown.flat()).toContain('rent');
    expect(await alarms('delivery.failing')).toEqual(['closed']);
    expect(await events('delivery.recovered')).toBe(1);
  });

  test('notification: a destination that was removed tells nothing and breaks nothing', async () => {
    await move('rent');
    await database.pool.query(`UPDATE destination SET state = 'removed' WHERE org_id = $1`, [
      world.orgId,
    ]);
    world.directory.forget();
    const chat = createChat();
    expect(await drainAs(world, workerOf(world, 'wrk_a', chat.accept))).toEqual({ kind: 'idle' });
    expect(chat.keys).toEqual([]);
  });

  test('notification: a route to a destination that is gone loses nothing for the others', async () => {
    world = await createFlowWorld(database, { destinations: 2 });
    await database.pool.query(
      `UPDATE destination SET state = 'removed' WHERE destination_id = $1`,
      [world.destinations[0]],
    );
    world.directory.forget();
    await move('rent');
    const chat = createChat();
    await drainAs(world, workerOf(world, 'wrk_a', chat.accept), 1);
    expect(chat.shown).toEqual([['rent']]);
    const [event] = await world.ask('SELECT notices_expected FROM event WHERE org_id = $1', [
      world.orgId,
    ]);
    expect(event).toEqual({ notices_expected: 1 });
  });
});

describe('sweep', () => {
  const due = async (): Promise<boolean> =>
    (await loadDueDestinations(database.pool, new Date(), 1000)).some(
      ({ destinationId }) => destinationId === world.destinations[0],
    );

  test('sweep: what waits and nobody rang for is found, and nothing else', async () => {
    expect(await due()).toBe(false);
    await move('rent');
    expect(await due()).toBe(true);
    await drainAs(world, workerOf(world, 'wrk_a', createChat().accept));
    expect(await due()).toBe(false);
  });

  test('sweep: a message on its way is found when its lease has ended', async () => {
    await move('rent');
    await notificationSteps(
      workerOf(world, 'wrk_a', createChat().accept),
      placeOf(world),
    ).settleAndTake();
    expect(await due()).toBe(false);
    later(20_001);
    expect(await due()).toBe(true);
  });

  test('sweep: a notice whose ring was lost is found behind a look that is planned for later', async () => {
    await database.pool.query(`UPDATE destination_meter SET next_look_at = $1 WHERE org_id = $2`, [
      new Date(Date.now() + 6 * 3_600_000),
      world.orgId,
    ]);
    await move('rent');
    later(2_000);
    expect(await due()).toBe(true);
    // A minute later a normal one waits for the plan, an urgent one does not.
    later(60_000);
    expect(await due()).toBe(false);
    await database.pool.query(`UPDATE notice SET lane = 'urgent' WHERE org_id = $1`, [world.orgId]);
    expect(await due()).toBe(true);
    await database.pool.query('UPDATE destination_meter SET blocked_until = $1 WHERE org_id = $2', [
      new Date(Date.now() + 60_000),
      world.orgId,
    ]);
    expect(await due()).toBe(false);
  });

  test('sweep: a destination that rests is found when its rest ends', async () => {
    await move('rent');
    const send: Send = () => ({ kind: 'retry', code: 'dingtalk.throttled', retryAfterMs: 600_000 });
    await drainAs(world, workerOf(world, 'wrk_a', send));
    later(599_000);
    expect(await due()).toBe(false);
    later(1_000);
    expect(await due()).toBe(true);
  });
});

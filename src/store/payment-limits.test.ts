import type { ClientBase } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addMs, parseInstant } from '#core/dates.ts';
import { money } from '#core/money.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { waitFor } from '#tests/wait.ts';
import type { CheckedPayment } from './payment-limits.ts';
import { checkLimits } from './payment-limits.ts';
import type { LimitInput, LimitRecord } from './payment-limits-admin.ts';
import {
  confirmLimit,
  currentUsage,
  listLimits,
  proposeLimit,
  proposeLimitRemoval,
  refuseLimit,
} from './payment-limits-admin.ts';
import type { PersonActor } from './persons.ts';
import type { PaymentSeed, PeopleWorld } from './test-people.ts';
import { codeOf, createPeopleWorld } from './test-people.ts';
import { inTransaction } from './transaction.ts';

let database: TestDatabase;
let world: PeopleWorld;
let maker: PersonActor;
let checker: PersonActor;

/** 08:00 in Jakarta, where the test bank is. */
const now = parseInstant('2026-03-10T01:00:00Z');
const HOUR = 3_600_000;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
  maker = await world.entitled('Maker', 'limit.propose', 'limit.confirm');
  checker = await world.entitled('Checker', 'limit.propose', 'limit.confirm');
});

beforeEach(async () => {
  await database.pool.query('DELETE FROM payment');
  await database.pool.query('DELETE FROM payment_limit');
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

const idr = (amount: bigint) => money(amount, 'IDR');

async function setLimit(input: Partial<LimitInput> = {}): Promise<LimitRecord> {
  const limit = { period: 'day' as const, amountMax: idr(1000_00n), ...input };
  const proposed = await proposeLimit(world.services, maker, limit);
  return confirmLimit(world.services, checker, proposed.limitId);
}

function checked(change: Partial<CheckedPayment> = {}): CheckedPayment {
  return {
    orgId: world.orgId,
    paymentId: 'pay_new',
    accountId: world.accounts[0],
    purpose: 'supplier',
    maker: maker.personId,
    instructedAmount: idr(400_00n),
    ...change,
  };
}

function check(change: Partial<CheckedPayment> = {}, options = {}) {
  return inTransaction(database.pool, (client) =>
    checkLimits(client, checked(change), now, options),
  );
}

async function isSomebodyWaiting(): Promise<boolean> {
  const { rows } = await database.pool.query(
    `SELECT FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
}

const sent = (change: Partial<PaymentSeed> = {}) =>
  world.insertPayment({
    amountMinorUnits: 700_00n,
    state: 'submitted',
    firstSentAt: now,
    ...change,
  });

describe('limits of payments', () => {
  test('limit: it holds only after a second person confirmed it, and one is no second', async () => {
    const limit = { period: 'payment' as const, amountMax: idr(1n) };
    const proposed = await proposeLimit(world.services, maker, limit);
    expect(await check()).toBeUndefined();
    expect(await codeOf(confirmLimit(world.services, maker, proposed.limitId))).toBe(
      'api.secondPerson',
    );
    const forced = (by: string | null) =>
      database.pool.query(
        `UPDATE payment_limit SET state = 'active', decided_by = $1 WHERE limit_id = $2`,
        [by, proposed.limitId],
      );
    expect(await codeOf(forced(maker.personId))).toBe('23514');
    expect(await codeOf(forced(null))).toBe('23514');
    await confirmLimit(world.services, checker, proposed.limitId);
    expect(await check()).toMatchObject({ kind: 'exceeded', what: 'amount', resetsAt: undefined });
  });

  test.each([
    // Whatever may have moved money counts.
    ['submitting', true],
    ['submitted', true],
    ['unknown', true],
    ['confirmed', true],
    ['settled', true],
    // What certainly did not, or came back, does not.
    ['rejected', false],
    ['returned', false],
    ['authorised', false],
    ['cancelled', false],
  ])('limit: a payment that is %s counts: %s', async (state, counts) => {
    await setLimit();
    await sent({ state });
    expect((await check())?.kind).toBe(counts ? 'exceeded' : undefined);
  });

  test('limit: a payment that was tried yesterday and is sent today counts today', async () => {
    await setLimit();
    const yesterday = addMs(now, -36 * 3_600_000);
    const paymentId = await sent({ firstSentAt: yesterday });
    expect(await check()).toBeUndefined();
    await database.pool.query(
      `INSERT INTO payment_attempt (org_id, attempt_id, payment_id, number, digest, end_to_end_id,
         amount_minor_units, currency, state, evidence, intended_at)
       SELECT org_id, payment_id || n, payment_id, n, digest, end_to_end_id, instructed_minor_units,
         currency, CASE n WHEN 1 THEN 'notExecuted' ELSE 'accepted' END, '{}',
         CASE n WHEN 1 THEN $2::timestamptz ELSE $3 END
       FROM payment, generate_series(1, 2) AS n WHERE payment_id = $1`,
      [paymentId, yesterday.toString(), now.toString()],
    );
    expect(await check()).toMatchObject({ kind: 'exceeded' });
    await database.pool.query('DELETE FROM payment_attempt');
  });

  test('limit: a payment that is being sent counts before its sending is noted', async () => {
    await setLimit();
    await sent({ state: 'submitting', firstSentAt: undefined });
    expect(await check()).toMatchObject({ usage: { amountMinorUnits: 700_00n, count: 1 } });
  });

  test('limit: the payment itself is not counted against itself when it is sent again', async () => {
    await setLimit();
    const paymentId = await sent({ state: 'unknown' });
    expect(await check({ paymentId, instructedAmount: idr(700_00n) })).toBeUndefined();
  });

  test.each([
    ['just before midnight of the bank is yesterday', -8 * HOUR - 1, undefined],
    ['at midnight of the bank is today', -8 * HOUR, 'exceeded'],
  ])('limit: a payment %s', async (_what, offset, expected) => {
    await setLimit();
    await sent({ firstSentAt: addMs(now, offset) });
    expect((await check())?.kind).toBe(expected);
  });

  test('limit: account, bank, purpose, maker and currency bound what it counts', async () => {
    const [accountId, other] = world.accounts;
    await setLimit({ accountId, connector: 'testbank', purpose: 'tax', maker: maker.personId });
    const fitting = { purpose: 'tax', maker: maker.personId };
    await sent({ ...fitting, accountId: other });
    await sent({ ...fitting, purpose: 'salary' });
    await sent({ ...fitting, maker: checker.personId });
    await sent({ ...fitting, currency: 'USD' });
    expect(await check({ purpose: 'tax' })).toBeUndefined();
    await sent(fitting);
    expect((await check({ purpose: 'tax' }))?.kind).toBe('exceeded');
    expect(await check({ purpose: 'supplier' })).toBeUndefined();
    expect(await check({ purpose: 'tax', accountId: other })).toBeUndefined();
  });

  test('limit: two payments that fit one by one do not pass together', async () => {
    await setLimit();
    const first = await world.insertPayment({ amountMinorUnits: 700_00n, state: 'authorised' });
    const second = await world.insertPayment({ amountMinorUnits: 700_00n, state: 'authorised' });
    const judge = (client: ClientBase, paymentId: string) =>
      checkLimits(client, checked({ paymentId, instructedAmount: idr(700_00n) }), now);
    let later: Promise<string | undefined> | undefined;
    await inTransaction(database.pool, async (client) => {
      expect(await judge(client, first)).toBeUndefined();
      // The other one asks while the first has passed and is not committed: it must wait.
      let isAnswered = false;
      later = inTransaction(database.pool, (other) => judge(other, second)).then((refusal) => {
        isAnswered = true;
        return refusal?.kind;
      });
      await waitFor(async () => isAnswered || (await isSomebodyWaiting()) || undefined, {
        what: 'the second payment at the limit',
      });
      await client.query(
        `UPDATE payment SET state = 'submitting', first_sent_at = $2 WHERE payment_id = $1`,
        [first, now.toString()],
      );
    });
    expect(await later).toBe('exceeded');
  });

  test('limit: where there must be one, its absence says no', async () => {
    expect(await check()).toBeUndefined();
    expect(await check({}, { mustBeLimited: true })).toEqual({ kind: 'missing' });
    await setLimit();
    expect(await check({}, { mustBeLimited: true })).toEqual({ kind: 'missing' });
    await setLimit({ period: 'payment' });
    expect(await check({}, { mustBeLimited: true })).toBeUndefined();
  });

  test('limit: a change takes the place of the old one only when it is confirmed', async () => {
    const old = await setLimit({ amountMax: idr(500_00n) });
    const raise = await proposeLimit(world.services, maker, {
      period: 'day',
      amountMax: idr(5000_00n),
      replacesLimitId: old.limitId,
    });
    await sent();
    expect((await check())?.kind).toBe('exceeded');
    await confirmLimit(world.services, checker, raise.limitId);
    expect(await check()).toBeUndefined();
    expect((await listLimits(database.pool, world)).map(({ limitId }) => limitId)).toEqual([
      raise.limitId,
    ]);
    const usage = await currentUsage(database.pool, { orgId: world.orgId, limit: raise, now });
    expect(usage).toEqual({ amountMinorUnits: 700_00n, count: 1 });
  });

  test('limit: taking one away needs two people, and refusing keeps it', async () => {
    const limit = await setLimit({ amountMax: idr(1n) });
    const removal = await proposeLimitRemoval(world.services, maker, limit.limitId);
    expect(await codeOf(proposeLimitRemoval(world.services, checker, limit.limitId))).toBe(
      'api.conflict',
    );
    await refuseLimit(world.services, checker, removal.limitId);
    expect((await check())?.kind).toBe('exceeded');
    const again = await proposeLimitRemoval(world.services, maker, limit.limitId);
    expect(await codeOf(confirmLimit(world.services, maker, again.limitId))).toBe(
      'api.secondPerson',
    );
    await confirmLimit(world.services, checker, again.limitId);
    expect(await check()).toBeUndefined();
  });

  test.each<[string, Partial<LimitInput>, string]>([
    ['a count for one payment', { period: 'payment', countMax: 3 }, 'api.invalid'],
    ['an unknown account', { accountId: 'acc_0000' }, 'api.invalid'],
    ['a bank that is not connected', { connector: 'bca' }, 'api.invalid'],
    ['an unknown maker', { maker: 'per_0000' }, 'api.invalid'],
    ['a second one that counts the same', {}, 'api.conflict'],
  ])('limit: %s is refused before it is stored', async (_what, input, code) => {
    await setLimit();
    expect(await codeOf(setLimit(input))).toBe(code);
  });

  test('limit: nobody proposes or confirms without the right', async () => {
    const stranger = await world.person('Stranger');
    const limit = { period: 'day' as const, amountMax: idr(1n) };
    expect(await codeOf(proposeLimit(world.services, stranger, limit))).toBe('payment.notEntitled');
    const proposed = await proposeLimit(world.services, maker, limit);
    for (const decide of [confirmLimit, refuseLimit]) {
      expect(await codeOf(decide(world.services, stranger, proposed.limitId))).toBe(
        'payment.notEntitled',
      );
    }
  });
});

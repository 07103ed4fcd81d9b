import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { claimDuePayments, findPayment, updatePayment, wakePayments } from './payments.ts';
import type { Payment } from './payments.ts';
import type { PeopleWorld } from './test-people.ts';
import { createPeopleWorld } from './test-people.ts';

let database: TestDatabase;
let world: PeopleWorld;
beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
});
afterAll(async () => {
  await world.close();
  await database.drop();
});

const HOUR_MS = 3_600_000;
const now = new Date();
const later = new Date(now.getTime() + HOUR_MS);

/** A payment in a worker's hands. */
async function claimed(wokenAtMs?: number): Promise<Payment> {
  const paymentId = await world.insertPayment({ state: 'confirmed' });
  await database.pool.query('UPDATE payment SET next_at = NULL');
  const woken = new Date(now.getTime() + (wokenAtMs ?? 0));
  await wakePayments(database.pool, world.orgId, [paymentId], woken);
  await database.pool.query('UPDATE payment SET next_at = $2 WHERE payment_id = $1', [
    paymentId,
    now,
  ]);
  const claim = { workerId: 'wrk_1', now, leaseUntil: later, max: 5 };
  expect(await claimDuePayments(database.pool, claim)).toHaveLength(1);
  return reread(paymentId);
}

async function reread(paymentId: string): Promise<Payment> {
  const payment = await findPayment(database.pool, { orgId: world.orgId, paymentId });
  if (!payment) throw new Error('no such payment');
  return payment;
}

/** The worker plans its next look in an hour; when the payment will really be looked at. */
async function planLater(payment: Payment): Promise<Date> {
  const change = { state: payment.state, isTold: false, isIntended: false, nextAt: later };
  await updatePayment(database.pool, payment, change, { now });
  const { nextAt } = await reread(payment.paymentId);
  return new Date(nextAt?.epochMilliseconds ?? 0);
}

describe('waking a payment', () => {
  test('wake-up: one that came before the worker took the payment is not obeyed twice', async () => {
    expect(await planLater(await claimed())).toEqual(later);
  });

  test('wake-up: one by a clock that is ahead is obeyed once, not until that time has come', async () => {
    expect(await planLater(await claimed(5_000))).toEqual(later);
  });

  test('wake-up: one while the worker has the payment is not slept over, whatever its clock says', async () => {
    const payment = await claimed();
    const behind = new Date(now.getTime() - 5_000);
    await wakePayments(database.pool, world.orgId, [payment.paymentId], behind);
    expect((await planLater(payment)).getTime()).toBeLessThanOrEqual(now.getTime());
  });
});

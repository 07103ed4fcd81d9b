import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { advancePayment } from '../../src/flows/payment/payment-flow.ts';
import type { PaymentSteps } from '../../src/flows/payment/payment-flow.ts';
import { paymentSteps } from '../../src/flows/payment/payment-steps.ts';
import { recordHappening } from '../../src/flows/payment/record.ts';
import type { PaymentDeps } from '../../src/flows/payment/payment-deps.ts';
import type { TransferCaller } from '../../src/engine/transfer-calls.ts';
import { parseId } from '../../src/core/ids.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import type { Payment, PaymentRef } from '../../src/store/payments.ts';
import { startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

/** A process that dies: whatever it was about to do is not done. */
class Death extends Error {}

let stand: PayStand;
beforeAll(async () => {
  stand = await startPayStand();
  stand.endVisibilityWindow(true);
}, 60_000);
afterAll(async () => {
  await stand?.stop();
});

/** More points than the story has; the run that meets none of them ends the sweep. */
const POINTS_MAX = 40;
const ROUNDS_MAX = 12;

describe('a crash after each step in turn', () => {
  test.each([
    ['the bank answers', undefined],
    ['the bank executes and its answer is lost', 'timeoutAfterAccepting'],
    ['the bank never hears of it', 'timeoutBeforeAccepting'],
  ])(
    'payment: %s, and the books come out equal',
    async (_title, fault) => {
      let died = true;
      let deaths = 0;
      for (let point = 1; died; point += 1) {
        expect(point, 'the story has an end').toBeLessThan(POINTS_MAX);
        if (fault) await stand.fault(fault, { count: 1, service: '17', ms: 1 });
        const ref = await prepare();
        died = await runUntil(ref, point);
        if (died) deaths += 1;
        const ended = await finish(ref);
        await stand.banks.manage('DELETE', 'snap/faults');
        const transfers = (await stand.transfers()).filter(
          ({ partnerReferenceNo }) => partnerReferenceNo === ended.endToEndId,
        );
        expect(ended.state, `died at point ${point}`).toBe('confirmed');
        expect(transfers.length, `died at point ${point}`).toBe(1);
      }
      // Before and after each of: load, reading, intent, sending, claim, bytes, answer, record.
      expect(deaths).toBeGreaterThan(10);
    },
    120_000,
  );
});

/** An approved payment that only this test moves: no worker takes what is leased for ever. */
async function prepare(): Promise<PaymentRef> {
  const paymentId = await stand.request({ state: 'draft' });
  const { pool } = stand.database;
  await pool.query("UPDATE payment SET lease_until = 'infinity' WHERE payment_id = $1", [
    paymentId,
  ]);
  await pool.query(
    `UPDATE payment SET state = 'awaitingApproval', next_at = now() WHERE payment_id = $1`,
    [paymentId],
  );
  await stand.approve(paymentId);
  return { orgId: parseId('org', stand.orgId), paymentId: parseId('pay', paymentId) };
}

/** Runs the story in a process that dies at the given point; false when it got to the end. */
async function runUntil(ref: PaymentRef, point: number): Promise<boolean> {
  let passed = 0;
  let isDead = false;
  const pass = (): void => {
    passed += 1;
    if (isDead || passed === point) {
      isDead = true;
      throw new Death();
    }
  };
  const mortal = { ...stand.deps, transfers: mortalTransfers(stand.deps.transfers, pass) };
  const steps = mortalSteps(paymentSteps(mortal, ref), pass);
  try {
    await advancePayment(steps);
    return false;
  } catch (error) {
    if (error instanceof Death) return true;
    throw error;
  }
}

/** Dies before and after every step. */
function mortalSteps(steps: PaymentSteps, pass: () => void): PaymentSteps {
  const around =
    <Arguments extends unknown[], Result>(step: (...values: Arguments) => Promise<Result>) =>
    async (...values: Arguments): Promise<Result> => {
      pass();
      const result = await step(...values);
      pass();
      return result;
    };
  return {
    nowMs: () => steps.nowMs(),
    load: around(() => steps.load()),
    readApproval: around(() => steps.readApproval()),
    intend: around((reading: Parameters<PaymentSteps['intend']>[0]) => steps.intend(reading)),
    send: around(() => steps.send()),
    readNotice: around(() => steps.readNotice()),
    ask: around(() => steps.ask()),
    record: around((happening: Parameters<PaymentSteps['record']>[0]) => steps.record(happening)),
    postpone: around((error: Parameters<PaymentSteps['postpone']>[0]) => steps.postpone(error)),
  };
}

/** Dies before the permission, between it and the first byte, and between answer and its reading. */
function mortalTransfers(transfers: TransferCaller, pass: () => void): TransferCaller {
  return {
    ...transfers,
    initiate: async (place, instruction, claim) => {
      let death: Death | undefined;
      const outcome = await transfers.initiate(place, instruction, async (externalId, now) => {
        try {
          pass();
          await claim(externalId, now);
          pass();
        } catch (error) {
          if (error instanceof Death) death = error;
          throw error;
        }
      });
      // What the caller made of our death is not heard: the process is gone.
      if (death) throw death;
      pass();
      return outcome;
    },
  };
}

/** Other processes take over until it has ended; time passes, and people decide where they must. */
async function finish(ref: PaymentRef): Promise<Payment> {
  const deps: PaymentDeps = stand.deps;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    await advancePayment(paymentSteps(deps, ref));
    const payment = await stand.payment(ref.paymentId);
    if (payment.state === 'confirmed') return payment;
    await stand.database.pool.query(
      `UPDATE payment_attempt SET intended_at = intended_at - interval '1 hour'
       WHERE payment_id = $1 AND sent_at IS NULL`,
      [ref.paymentId],
    );
    if (payment.decisionSince) await decide(deps, ref);
  }
  return stand.payment(ref.paymentId);
}

/** Two people looked at the bank's own portal: it has no such transfer. */
async function decide(deps: PaymentDeps, ref: PaymentRef): Promise<void> {
  const payment = await stand.payment(ref.paymentId);
  const atBank = (await stand.transfers()).some(
    ({ partnerReferenceNo }) => partnerReferenceNo === payment.endToEndId,
  );
  expect(atBank, 'people are asked only when the bank does not know it').toBe(false);
  await inTransaction(deps.services.pool, (_client, transaction) =>
    recordHappening(
      transaction,
      deps,
      ref,
      { kind: 'decided', choice: 'sendAgain' },
      { actor: 'test', now: new Date() },
    ),
  );
}

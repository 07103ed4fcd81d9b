import { expect } from 'vitest';
import { addMs } from '../../src/core/dates.ts';
import { parseId } from '../../src/core/ids.ts';
import type { Happening } from '../../src/core/payment-happenings.ts';
import type { TransferCaller } from '../../src/engine/transfer-calls.ts';
import type { PaymentDeps } from '../../src/flows/payment/payment-deps.ts';
import { advancePayment } from '../../src/flows/payment/payment-flow.ts';
import { paymentSteps } from '../../src/flows/payment/payment-steps.ts';
import { recordHappening } from '../../src/flows/payment/record.ts';
import { newId } from '../../src/secret/ids.ts';
import type { Payment, PaymentRef } from '../../src/store/payments.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import type { PayStand } from './pay-stand.ts';

/** What an adversary of Cashbell does at a stand on which nothing runs by itself. */
export interface Adversary {
  readonly sql: <Row>(text: string, values?: readonly unknown[]) => Promise<Row[]>;
  /** An approved payment that only the test moves: no worker takes what is leased for ever. */
  readonly prepare: (changes?: Parameters<PayStand['request']>[0]) => Promise<PaymentRef>;
  /** Runs the story once, in a process that differs from the usual one as told. */
  readonly advance: (ref: PaymentRef, changes?: Partial<PaymentDeps>) => Promise<Payment>;
  readonly record: (ref: PaymentRef, happening: Happening) => Promise<void>;
  /** Transfers at the bank that carry a payment's reference. */
  readonly timesPaid: (ref: PaymentRef) => Promise<number>;
  /** The bank executed it, nobody heard the answer, and people have said: send it again. */
  readonly prepareSendAgain: (changes?: Parameters<PayStand['request']>[0]) => Promise<PaymentRef>;
  readonly stop: () => Promise<string>;
  readonly resume: (stopId: string) => Promise<void>;
  /** Something happens after the checks, before the permission to send is taken. */
  readonly beforeSending: (happens: () => Promise<unknown>) => TransferCaller;
}

export function createAdversary(at: () => PayStand): Adversary {
  /** An hour later: every window of the bank is over. */
  const later: PaymentDeps['now'] = () => addMs(at().deps.now(), 3_600_000);
  const adversary: Adversary = {
    sql: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await at().database.pool.query(text, [...values])).rows as Row[],
    prepare: async (changes = {}) => {
      const stand = at();
      const paymentId = await stand.request({ ...changes, state: 'draft' });
      await adversary.sql("UPDATE payment SET lease_until = 'infinity' WHERE payment_id = $1", [
        paymentId,
      ]);
      await adversary.sql(
        "UPDATE payment SET state = 'awaitingApproval', next_at = now() WHERE payment_id = $1",
        [paymentId],
      );
      await stand.approve(paymentId);
      return { orgId: parseId('org', stand.orgId), paymentId: parseId('pay', paymentId) };
    },
    advance: async (ref, changes = {}) => {
      await advancePayment(paymentSteps({ ...at().deps, ...changes }, ref));
      return at().payment(ref.paymentId);
    },
    record: async (ref, happening) => {
      await inTransaction(at().database.pool, (_client, transaction) =>
        recordHappening(transaction, at().deps, ref, happening, {
          actor: 'test',
          now: new Date(),
        }),
      );
    },
    timesPaid: async ({ paymentId }) => {
      const { endToEndId } = await at().payment(paymentId);
      const transfers = await at().transfers();
      return transfers.filter((one) => one.partnerReferenceNo === endToEndId).length;
    },
    prepareSendAgain: async (changes = {}) => {
      const ref = await adversary.prepare(changes);
      await at().fault('timeoutAfterAccepting', { count: 1, service: '17', ms: 1 });
      await at().fault('statusNotFound', {});
      expect((await adversary.advance(ref)).state).toBe('unknown');
      for (let asked = 0; asked < 3; asked += 1) await adversary.advance(ref, { now: later });
      expect((await at().payment(ref.paymentId)).decisionSince).toBeDefined();
      await adversary.record(ref, { kind: 'decided', choice: 'sendAgain' });
      expect((await at().payment(ref.paymentId)).state).toBe('authorised');
      return ref;
    },
    stop: async () => {
      const stopId = newId('stp');
      await adversary.sql(
        `INSERT INTO payment_stop (org_id, stop_id, reason, pulled_by, pulled_at)
         VALUES ($1, $2, 'test', $3, now())`,
        [at().orgId, stopId, at().checker],
      );
      return stopId;
    },
    resume: async (stopId) => {
      await adversary.sql(
        `UPDATE payment_stop SET released_at = now(), release_proposed_by = $2, released_by = $3
         WHERE stop_id = $1`,
        [stopId, at().maker, at().checker],
      );
    },
    beforeSending: (happens) => {
      const { transfers } = at().deps;
      return {
        ...transfers,
        initiate: async (place, instruction, claim) => {
          await happens();
          return transfers.initiate(place, instruction, claim);
        },
      };
    },
  };
  return adversary;
}

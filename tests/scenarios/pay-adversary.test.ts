import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addMs } from '../../src/core/dates.ts';
import type { TransferReport } from '../../src/core/payments.ts';
import type { TransferCaller } from '../../src/engine/transfer-calls.ts';
import type { PaymentDeps } from '../../src/flows/payment/payment-deps.ts';
import { advancePayment } from '../../src/flows/payment/payment-flow.ts';
import { paymentSteps } from '../../src/flows/payment/payment-steps.ts';
import { saveTransferNotices } from '../../src/store/transfer-notices.ts';
import { interpose } from '../support/interpose.ts';
import { createAdversary } from './adversary.ts';
import { startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

/** Whoever wants Cashbell to pay twice, or to lose what it has sent. */
let stand: PayStand;
beforeAll(async () => {
  stand = await startPayStand();
}, 60_000);
afterAll(async () => {
  await stand?.stop();
});
afterEach(async () => {
  await stand.banks.manage('DELETE', 'snap/faults');
});

const { advance, beforeSending, prepare, prepareSendAgain, record, resume, sql, stop, timesPaid } =
  createAdversary(() => stand);

describe('a second sending', () => {
  test('payment: its debit comes while it waits to be sent again; it is not sent', async () => {
    const ref = await prepareSendAgain();
    const stopId = await stop();
    expect((await advance(ref)).state).toBe('blocked');
    await stand.pollNow();
    expect((await stand.payment(ref.paymentId)).settlementEntryId).toBeDefined();
    await resume(stopId);
    await stand.banks.manage('DELETE', 'snap/faults');
    for (let run = 0; run < 3; run += 1) await advance(ref);
    expect((await stand.payment(ref.paymentId)).state).toBe('settled');
    expect(await timesPaid(ref)).toBe(1);
  });

  test('payment: the bank tells of it while it waits to be sent again; it is not sent', async () => {
    const ref = await prepareSendAgain();
    const { endToEndId, connectionId } = await stand.payment(ref.paymentId);
    const report: TransferReport = { status: 'settled', bankReference: 'R1' };
    await saveTransferNotices(
      stand.database.pool,
      [{ orgId: ref.orgId, connectionId, endToEndId, report }],
      new Date(),
    );
    expect((await advance(ref)).state).toBe('confirmed');
    expect(await timesPaid(ref)).toBe(1);
  });

  test('payment: the bank is asked once more before anything is sent again', async () => {
    const ref = await prepareSendAgain();
    // What the bank did not show when people looked, it shows now.
    await stand.banks.manage('DELETE', 'snap/faults');
    expect((await advance(ref)).state).toBe('confirmed');
    expect(await timesPaid(ref)).toBe(1);
  });

  test('payment: while the bank cannot be asked, nothing is sent again', async () => {
    const ref = await prepareSendAgain();
    const transfers: TransferCaller = {
      ...stand.deps.transfers,
      inquire: () => Promise.reject(new TypeError('never asked')),
    };
    await expect(advance(ref, { transfers })).rejects.toThrow('never asked');
    await stand.fault('serverError', { service: '36' });
    expect((await advance(ref)).state).toBe('authorised');
    expect(await timesPaid(ref)).toBe(1);
  });

  test('payment: news between reading the story and the checks keeps it from the bank', async () => {
    const ref = await prepare();
    const readApproval: PaymentDeps['readApproval'] = async (payment) => {
      const reading = await stand.deps.readApproval(payment);
      await sql("UPDATE payment SET settlement_entry_id = 'ent_0000' WHERE payment_id = $1", [
        ref.paymentId,
      ]);
      return reading;
    };
    await advance(ref, { readApproval });
    expect((await stand.payment(ref.paymentId)).attempt).toBeUndefined();
    expect(await timesPaid(ref)).toBe(0);
  });

  test('payment: news between the checks and the permission keeps it from the bank', async () => {
    const ref = await prepare();
    const transfers = beforeSending(() =>
      sql("UPDATE payment SET settlement_entry_id = 'ent_0000' WHERE payment_id = $1", [
        ref.paymentId,
      ]),
    );
    const payment = await advance(ref, { transfers });
    expect(payment.attempt).toMatchObject({ number: 1, sentAt: undefined });
    expect(await timesPaid(ref)).toBe(0);
  });
});

describe('two processes and one payment', () => {
  test('payment: another process takes over while the bank still thinks; it is paid and told once', async () => {
    const ref = await prepare();
    const { transfers } = stand.deps;
    const slow: TransferCaller = {
      ...transfers,
      initiate: async (place, instruction, claim) => {
        const outcome = await transfers.initiate(place, instruction, claim);
        // The lease ended meanwhile: somebody else finds an attempt without an answer.
        await advance(ref);
        return outcome;
      },
    };
    await advance(ref, { transfers: slow });
    expect((await stand.payment(ref.paymentId)).state).toBe('confirmed');
    expect(await timesPaid(ref)).toBe(1);
  });

  test('payment: a run that takes its time keeps its hold on the payment', async () => {
    const ref = await prepare();
    await sql(
      "UPDATE payment SET lease_until = now() + interval '1 minute' WHERE payment_id = $1",
      [ref.paymentId],
    );
    let sleptMs = 0;
    const now: PaymentDeps['now'] = () => addMs(stand.deps.now(), sleptMs);
    const readApproval: PaymentDeps['readApproval'] = (payment) => {
      if (sleptMs === 0) sleptMs = 40_000;
      return stand.deps.readApproval(payment);
    };
    await advance(ref, { now, readApproval });
    const [lease] = await sql<{ seconds: number }>(
      `SELECT extract(epoch FROM lease_until - now())::float8 AS seconds FROM payment
       WHERE payment_id = $1`,
      [ref.paymentId],
    );
    expect(lease?.seconds).toBeGreaterThan(100);
    await sql("UPDATE payment SET lease_until = 'infinity' WHERE payment_id = $1", [ref.paymentId]);
  });

  test('payment: two processes with the same intent send it once', async () => {
    const ref = await prepare();
    const both = await Promise.all([advance(ref), advance(ref)]);
    expect(both.map(({ attempt }) => attempt?.number)).toEqual([1, 1]);
    for (let run = 0; run < 3; run += 1) await advance(ref);
    expect((await stand.payment(ref.paymentId)).state).toBe('confirmed');
    expect(await timesPaid(ref)).toBe(1);
  });

  test('payment: the answer to a given-up sending, heard late, keeps the next one from leaving', async () => {
    const ref = await prepareSendAgain();
    const { transfers } = stand.deps;
    const late: TransferCaller = {
      ...transfers,
      inquire: () => Promise.resolve({ status: 'notFound' }),
      initiate: async (place, instruction, claim) => {
        await record(ref, {
          kind: 'notified',
          report: { status: 'settled', bankReference: 'first' },
        });
        return transfers.initiate(place, instruction, claim);
      },
    };
    await advance(ref, { transfers: late });
    expect((await stand.payment(ref.paymentId)).state).toBe('confirmed');
    expect(await timesPaid(ref)).toBe(1);
  });
});

describe('our database', () => {
  const failing = (when: 'before' | 'after', statement: string, times: number) => {
    let left = times;
    const fail = (text: string): void => {
      if (left === 0 || !text.startsWith(statement)) return;
      left -= 1;
      throw new Error('Connection terminated unexpectedly');
    };
    const pool = interpose(stand.database.pool, { [when]: fail });
    return { ...stand.deps.services, pool };
  };

  test('payment: the commit of the permission is done and its answer is lost; nothing has left', async () => {
    const ref = await prepare();
    const isClaim = 'WITH seen AS';
    const payment = await advance(ref, { services: failing('after', isClaim, 1) });
    expect(payment.state).toBe('authorised');
    expect(payment.attempt).toMatchObject({ number: 1, state: 'notExecuted' });
    expect(await timesPaid(ref)).toBe(0);
    expect((await advance(ref)).state).toBe('confirmed');
    expect(await timesPaid(ref)).toBe(1);
  });

  test.each(['before', 'after'] as const)(
    'payment: the answer of the bank outlives a connection that breaks %s the commit',
    async (when) => {
      const ref = await prepare();
      const { transfers } = stand.deps;
      let services = stand.deps.services;
      const breaking: TransferCaller = {
        ...transfers,
        initiate: async (...call) => {
          const outcome = await transfers.initiate(...call);
          services = failing(when, 'COMMIT', 1);
          return outcome;
        },
      };
      const deps = { ...stand.deps, transfers: breaking };
      Object.defineProperty(deps, 'services', { get: () => services });
      await advancePayment(paymentSteps(deps, ref));
      expect((await stand.payment(ref.paymentId)).state).toBe('confirmed');
      expect(await timesPaid(ref)).toBe(1);
    },
  );

  test('payment: words of a bank that no table takes do not keep its answer from being kept', async () => {
    const ref = await prepare();
    const half = '\u{1F600}'.slice(0, 1);
    const transfers: TransferCaller = {
      ...stand.deps.transfers,
      initiate: async (_place, _instruction, claim) => {
        await claim('ext-1', stand.deps.now());
        return {
          kind: 'refused',
          reason: { code: 'bank.refused', details: { responseMessage: `no\0 ${half}` } },
          report: { status: 'rejected', bankMessage: `no\0 ${half}`, bankReference: 'A\0' },
        };
      },
    };
    const payment = await advance(ref, { transfers });
    expect(payment.state).toBe('rejected');
    expect(payment.bankReference).toBe('A');
  });
});

describe('the bank’s own calls', () => {
  test('payment: a call about another payment with the same bank reference is not read for this one', async () => {
    const [one, other] = [await prepare(), await prepare()];
    await advance(one);
    await advance(other);
    await sql(
      "UPDATE payment SET bank_reference = 'SAME', state = 'submitted' WHERE payment_id = ANY($1)",
      [[one.paymentId, other.paymentId]],
    );
    const { endToEndId, connectionId } = await stand.payment(other.paymentId);
    const about = { orgId: one.orgId, connectionId, bankReference: 'SAME' };
    const report: TransferReport = { status: 'returned' };
    const save = (notices: Parameters<typeof saveTransferNotices>[1]): Promise<void> =>
      saveTransferNotices(stand.database.pool, notices, new Date());
    await save([{ ...about, endToEndId, report }]);
    expect((await stand.payment(one.paymentId)).hasNotice).toBe(false);
    expect((await stand.payment(other.paymentId)).hasNotice).toBe(true);
    expect((await advance(other)).state).toBe('returned');
    // Without our reference nobody can tell which of the two is meant.
    await save([{ ...about, report: { status: 'rejected' } }]);
    expect((await stand.payment(one.paymentId)).hasNotice).toBe(false);
    expect((await stand.payment(other.paymentId)).hasNotice).toBe(false);
  });
});

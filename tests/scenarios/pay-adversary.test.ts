import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addMs, parsePlainDate } from '../../src/core/dates.ts';
import { parseId } from '../../src/core/ids.ts';
import { parseMoney } from '../../src/core/money.ts';
import type { Happening } from '../../src/core/payment-life.ts';
import type { Creditor, TransferReport } from '../../src/core/payments.ts';
import type { TransferCaller } from '../../src/engine/transfer-calls.ts';
import { cancelPayment } from '../../src/flows/payment/cancel-payment.ts';
import { linkEntries } from '../../src/flows/payment/link-entries.ts';
import type { PaymentDeps } from '../../src/flows/payment/payment-deps.ts';
import { advancePayment } from '../../src/flows/payment/payment-flow.ts';
import { paymentSteps } from '../../src/flows/payment/payment-steps.ts';
import { recordHappening } from '../../src/flows/payment/record.ts';
import { watchPayments } from '../../src/flows/watch/payments.ts';
import { newId } from '../../src/secret/ids.ts';
import type { RecordedVersion } from '../../src/store/entries.ts';
import { setConnectionState } from '../../src/store/connections-admin.ts';
import { loadBeneficiary } from '../../src/store/payment-checks.ts';
import type { Payment, PaymentRef } from '../../src/store/payments.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { saveTransferNotices } from '../../src/store/transfer-notices.ts';
import { interpose } from '../support/interpose.ts';
import { startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

/** Whoever wants Cashbell to pay twice, without authority or something else. Nothing runs by itself. */
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

const sql = async <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> =>
  (await stand.database.pool.query(text, [...values])).rows as Row[];

/** An approved payment that only the test moves: no worker takes what is leased for ever. */
async function prepare(changes: Parameters<PayStand['request']>[0] = {}): Promise<PaymentRef> {
  const paymentId = await stand.request({ ...changes, state: 'draft' });
  await sql("UPDATE payment SET lease_until = 'infinity' WHERE payment_id = $1", [paymentId]);
  await sql(
    "UPDATE payment SET state = 'awaitingApproval', next_at = now() WHERE payment_id = $1",
    [paymentId],
  );
  await stand.approve(paymentId);
  return { orgId: parseId('org', stand.orgId), paymentId: parseId('pay', paymentId) };
}

async function advance(ref: PaymentRef, changes: Partial<PaymentDeps> = {}): Promise<Payment> {
  await advancePayment(paymentSteps({ ...stand.deps, ...changes }, ref));
  return stand.payment(ref.paymentId);
}

async function record(ref: PaymentRef, happening: Happening): Promise<void> {
  await inTransaction(stand.database.pool, (_client, transaction) =>
    recordHappening(transaction, stand.deps, ref, happening, { actor: 'test', now: new Date() }),
  );
}

/** An hour later: every window of the bank is over. */
const later: PaymentDeps['now'] = () => addMs(stand.deps.now(), 3_600_000);

/** Transfers at the bank that carry a payment's reference. */
async function timesPaid({ paymentId }: PaymentRef): Promise<number> {
  const { endToEndId } = await stand.payment(paymentId);
  const transfers = await stand.transfers();
  return transfers.filter((one) => one.partnerReferenceNo === endToEndId).length;
}

/** The bank executed it, nobody heard the answer, and people have said: send it again. */
async function prepareSendAgain(
  changes: Parameters<PayStand['request']>[0] = {},
): Promise<PaymentRef> {
  const ref = await prepare(changes);
  await stand.fault('timeoutAfterAccepting', { count: 1, service: '17', ms: 1 });
  await stand.fault('statusNotFound', {});
  expect((await advance(ref)).state).toBe('unknown');
  for (let asked = 0; asked < 3; asked += 1) await advance(ref, { now: later });
  expect((await stand.payment(ref.paymentId)).decisionSince).toBeDefined();
  await record(ref, { kind: 'decided', choice: 'sendAgain' });
  expect((await stand.payment(ref.paymentId)).state).toBe('authorised');
  return ref;
}

const stop = async (): Promise<string> => {
  const stopId = newId('stp');
  await sql(
    `INSERT INTO payment_stop (org_id, stop_id, reason, pulled_by, pulled_at)
     VALUES ($1, $2, 'test', $3, now())`,
    [stand.orgId, stopId, stand.checker],
  );
  return stopId;
};
const resume = (stopId: string): Promise<unknown> =>
  sql(
    `UPDATE payment_stop SET released_at = now(), release_proposed_by = $2, released_by = $3
     WHERE stop_id = $1`,
    [stopId, stand.maker, stand.checker],
  );

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

/** Something happens after the checks, before the permission to send is taken. */
function beforeSending(happens: () => Promise<unknown>): TransferCaller {
  const { transfers } = stand.deps;
  return {
    ...transfers,
    initiate: async (place, instruction, claim) => {
      await happens();
      return transfers.initiate(place, instruction, claim);
    },
  };
}

describe('what was checked is what is sent', () => {
  test('payment: an approval that was read before a long sleep is not believed', async () => {
    const ref = await prepare();
    let sleptMs = 0;
    const now: PaymentDeps['now'] = () => addMs(stand.deps.now(), sleptMs);
    const readApproval: PaymentDeps['readApproval'] = async (payment) => {
      const reading = await stand.deps.readApproval(payment);
      sleptMs += 60_000;
      return reading;
    };
    const payment = await advance(ref, { now, readApproval });
    expect(payment.state).toBe('authorised');
    expect(payment.attempt).toBeUndefined();
  });

  test('payment: settings that change between checks and sending send nothing until checked anew', async () => {
    const ref = await prepare();
    const transfers = beforeSending(async () => {
      // Another process changed them, and its notification is lost.
      await sql("UPDATE account SET number = '6666666666' WHERE account_id = $1", [
        stand.accountId,
      ]);
      await sql('UPDATE org SET settings_version = settings_version + 1');
    });
    const held = await advance(ref, { transfers });
    expect(held.attempt?.state).toBe('notExecuted');
    expect(await timesPaid(ref)).toBe(0);
    // The next look sees them, although this process still has the old ones in memory.
    const sent: string[] = [];
    const noting: TransferCaller = {
      ...stand.deps.transfers,
      initiate: (_place, instruction) => {
        sent.push(instruction.debtorAccount.number);
        return Promise.resolve({
          kind: 'notExecuted',
          reason: { code: 'payment.intentStale', details: {} },
          isOurs: false,
        });
      },
    };
    await advance(ref, { transfers: noting });
    expect(sent).toEqual(['6666666666']);
    await sql("UPDATE account SET number = '1234567890' WHERE account_id = $1", [stand.accountId]);
    await sql('UPDATE org SET settings_version = settings_version + 1');
    expect((await advance(ref)).state).toBe('confirmed');
    expect(await timesPaid(ref)).toBe(1);
  });

  test('payment: a connection paused by another process is believed at once', async () => {
    const ref = await prepare();
    await stand.deps.directory.org(ref.orgId);
    await sql("UPDATE connection SET state = 'paused' WHERE connector = 'bca'");
    await sql('UPDATE org SET settings_version = settings_version + 1');
    const payment = await advance(ref);
    expect(payment.state).toBe('blocked');
    expect(payment.reason?.code).toBe('payment.notSupported');
    await sql("UPDATE connection SET state = 'active' WHERE connector = 'bca'");
    await sql('UPDATE org SET settings_version = settings_version + 1');
  });
});

describe('people against the machine', () => {
  test('payment: taken back while it is being cleared, it is either cancelled or paid, never both', async () => {
    for (let round = 0; round < 12; round += 1) {
      const ref = await prepare({ amount: `${3000 + round}.00` });
      // Each round gives the cancellation a little more of a lead.
      const cancelling = (async () => {
        for (let turn = 0; turn < round * 4; turn += 1) await Promise.resolve();
        return cancelPayment(stand.deps, ref, { actor: stand.maker }).catch(() => undefined);
      })();
      const paying = advance(ref);
      const cancelled = (await cancelling)?.outcome === 'cancelled';
      await paying;
      const { state } = await advance(ref);
      expect(await timesPaid(ref), state).toBe(cancelled ? 0 : 1);
      expect(state).toBe(cancelled ? 'cancelled' : 'confirmed');
    }
  });

  test('payment: a stop that was committed before the permission holds, whatever was checked before', async () => {
    const ref = await prepare();
    let stopId = '';
    const transfers = beforeSending(async () => {
      stopId = await stop();
    });
    const held = await advance(ref, { transfers });
    expect(held.state).toBe('blocked');
    expect(held.reason?.code).toBe('payment.stopped');
    expect(await timesPaid(ref)).toBe(0);
    await resume(stopId);
    expect((await advance(ref)).state).toBe('confirmed');
    expect(await timesPaid(ref)).toBe(1);
  });

  test('payment: a payee that was retired after the checks is not paid', async () => {
    const ref = await prepare();
    const transfers = beforeSending(() =>
      sql("UPDATE beneficiary SET state = 'retired' WHERE beneficiary_id = $1", [stand.payee]),
    );
    await advance(ref, { transfers });
    const voided = await advance(ref);
    await sql("UPDATE beneficiary SET state = 'active' WHERE beneficiary_id = $1", [stand.payee]);
    expect(voided.state).toBe('voided');
    expect(await timesPaid(ref)).toBe(0);
  });

  test('payment: the same digits in another scheme or country are another payee', async () => {
    const payment = await stand.payment((await prepare()).paymentId);
    const isSame = async (change: Partial<Creditor>): Promise<boolean | undefined> => {
      const creditor = { ...payment.creditor, ...change };
      const payee = await loadBeneficiary(stand.database.pool, { ...payment, creditor });
      return payee?.hasSameAccount;
    };
    expect(await isSame({})).toBe(true);
    expect(await isSame({ scheme: 'fpsId' })).toBe(false);
    expect(await isSame({ country: 'SG' })).toBe(false);
    expect(await isSame({ agent: 'BRINIDJA' })).toBe(false);
  });
});

describe('doubles', () => {
  const double = { amount: '123000.00', remittanceInformation: 'INV DOUBLE' };

  test('payment: one that was asked for long ago and sent today is still a double of another', async () => {
    const first = await prepare(double);
    await advance(first);
    await sql(
      "UPDATE payment SET created_at = created_at - interval '20 days' WHERE payment_id = $1",
      [first.paymentId],
    );
    const held = await advance(await prepare(double));
    expect(held.state).toBe('blocked');
    expect(held.reason).toMatchObject({
      code: 'payment.duplicateSuspected',
      details: { paymentId: first.paymentId },
    });
  });

  test('payment: one whose first sending was given up without proof may have moved money', async () => {
    const given = { amount: '124000.00', remittanceInformation: 'INV GIVEN UP' };
    const first = await prepareSendAgain(given);
    const held = await advance(await prepare(given));
    expect(held.reason).toMatchObject({
      code: 'payment.duplicateSuspected',
      details: { paymentId: first.paymentId },
    });
  });
});

describe('what a payment hangs on', () => {
  const remove = (connectionId: string): Promise<void> =>
    setConnectionState(
      stand.started.runtime.services,
      { orgId: stand.orgId, connectionId, state: 'removed' },
      'test',
    );

  test('payment: its connection cannot be removed before it has ended', async () => {
    const ref = await prepare();
    const { connectionId } = await stand.payment(ref.paymentId);
    await expect(remove(connectionId)).rejects.toMatchObject({ code: 'api.conflict' });
    expect((await advance(ref)).state).toBe('confirmed');
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

describe('lines of the statement', () => {
  const strangers = (): Promise<{ subject_id: string; details: { reference: string } }[]> =>
    sql("SELECT subject_id, details FROM alarm WHERE kind = 'payment.debitUnexpected'");
  const watch = (): Promise<unknown> =>
    watchPayments(stand.database.pool, stand.started.runtime.announcer, new Date());
  const debit = (amount: string, remark: string): Promise<string> =>
    stand.move({
      account: '1234567890',
      creditDebitIndicator: 'debit',
      amount,
      counterparty: 'BANK',
      remark,
      channel: 'transfer',
    });

  test('statement: a second debit of a payment is told, on any account, and settles no other', async () => {
    const [paid, twin] = [
      await prepare({ amount: '4321000.00' }),
      await prepare({ amount: '4321000.00' }),
    ];
    await advance(paid);
    await stand.pollNow();
    expect((await advance(paid)).state).toBe('settled');
    // The twin is sent; before its own debit comes, the first one is debited again.
    await stand.fault('statementLag', { ms: 3_600_000 });
    await advance(twin);
    const { endToEndId } = await stand.payment(paid.paymentId);
    await sql("UPDATE payment SET state = 'confirmed' WHERE payment_id = $1", [twin.paymentId]);
    await stand.banks.manage('DELETE', 'snap/faults');
    await debit('4321000.00', `${endToEndId} X`);
    await stand.pollNow();
    await watch();
    await watch();
    const told = await strangers();
    expect(told.map(({ details }) => details.reference)).toEqual([
      expect.stringContaining(endToEndId),
    ]);
    const settled = await stand.payment(twin.paymentId);
    expect(settled.settlementEntryId).not.toBe(told[0]?.subject_id);
  });

  test('statement: more than was ordered is told, a fee is not', async () => {
    const ref = await prepare({ amount: '55000.00' });
    await advance(ref);
    const { endToEndId } = await stand.payment(ref.paymentId);
    const before = (await strangers()).length;
    await debit('2500.00', `${endToEndId} BIAYA`);
    await debit('550000.00', `${endToEndId} X`);
    await stand.pollNow();
    await watch();
    const told = (await strangers()).slice(before);
    expect(told.map(({ details }) => details)).toMatchObject([{ amount: 'IDR 550000.00' }]);
  });

  test('statement: a debit of a refused payment that does not come back is told', async () => {
    const ref = await prepare({ amount: '77000.00' });
    await advance(ref);
    await stand.pollNow();
    const { settlementEntryId } = await advance(ref);
    const end = (age: string): Promise<unknown> =>
      sql(
        `UPDATE payment SET state = 'rejected', state_since = now() - $2::interval
         WHERE payment_id = $1`,
        [ref.paymentId, age],
      );
    const isTold = async (): Promise<boolean> => {
      await watch();
      return (await strangers()).some((alarm) => alarm.subject_id === settlementEntryId);
    };
    await end('1 hour');
    expect(await isTold()).toBe(false);
    await end('25 hours');
    expect(await isTold()).toBe(true);
  });

  test('statement: a payment whose pending debit goes away, or changes its amount, is not settled', async () => {
    const ref = await prepare({ amount: '66000.00' });
    await advance(ref);
    const { endToEndId } = await stand.payment(ref.paymentId);
    const reference = await debit('66000.00', `${endToEndId} X`);
    expect(reference).not.toBe('');
    await stand.pollNow();
    expect((await advance(ref)).state).toBe('settled');
    const entryId = (await stand.payment(ref.paymentId)).settlementEntryId;
    const [entry] = await sql<{ account_id: string; version: number }>(
      'SELECT account_id, version FROM entry WHERE entry_id = $1',
      [entryId],
    );
    const version = (state: 'withdrawn' | 'corrected', amount: string): RecordedVersion => ({
      orgId: ref.orgId,
      accountId: parseId('acc', entry?.account_id ?? ''),
      entryId: parseId('ent', entryId ?? ''),
      version: (entry?.version ?? 0) + 1,
      state,
      source: 'statement',
      seenAt: new Date(),
      report: {
        creditDebitIndicator: 'debit',
        amount: parseMoney(amount, 'IDR'),
        status: 'booked',
        bookingDate: parsePlainDate('2026-11-23'),
        remittanceInformation: `${endToEndId} X`,
        evidence: [],
      },
    });
    const change = (changed: RecordedVersion): Promise<unknown> =>
      inTransaction(stand.database.pool, (_client, transaction) =>
        linkEntries(transaction, [changed], {
          now: new Date(),
          connectorOf: stand.deps.connectorOf,
        }),
      );
    await change(version('corrected', '660000.00'));
    expect((await advance(ref)).state).toBe('confirmed');
    // It carries the reference and is not the debit that was ordered.
    const named = await sql('SELECT payment_id, payment_role FROM entry WHERE entry_id = $1', [
      entryId,
    ]);
    expect(named).toEqual([{ payment_id: ref.paymentId, payment_role: null }]);
    await change(version('corrected', '66000.00'));
    expect((await advance(ref)).state).toBe('settled');
    await change(version('withdrawn', '66000.00'));
    expect((await advance(ref)).state).toBe('confirmed');
  });
});

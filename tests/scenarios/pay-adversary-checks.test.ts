import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addMs } from '../../src/core/dates.ts';
import type { Creditor } from '../../src/core/payments.ts';
import type { TransferCaller } from '../../src/engine/transfer-calls.ts';
import { cancelPayment } from '../../src/flows/payment/cancel-payment.ts';
import type { PaymentDeps } from '../../src/flows/payment/payment-deps.ts';
import { setConnectionState } from '../../src/store/connections-admin.ts';
import { loadBeneficiary } from '../../src/store/payment-checks.ts';
import { createAdversary } from './adversary.ts';
import { startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

/** Whoever wants Cashbell to pay without authority, or something else than was approved. */
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

const { advance, beforeSending, prepare, prepareSendAgain, resume, sql, stop, timesPaid } =
  createAdversary(() => stand);

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

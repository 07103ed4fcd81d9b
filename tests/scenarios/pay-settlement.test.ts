import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { watchPayments } from '../../src/flows/watch/payments.ts';
import { waitFor } from '../support/wait.ts';
import { registerPayee, startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

let stand: PayStand;
beforeAll(async () => {
  stand = await startPayStand();
}, 60_000);
afterAll(async () => {
  await stand?.stop();
});

const ask = async <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> =>
  (await stand.database.pool.query(text, [...values])).rows as Row[];

async function pay(changes: Parameters<PayStand['request']>[0] = {}): Promise<string> {
  const paymentId = await stand.request(changes);
  await stand.approve(paymentId);
  await stand.waitForState(paymentId, 'confirmed');
  return paymentId;
}

const watch = (): Promise<unknown> =>
  watchPayments(stand.database.pool, stand.started.runtime.announcer, new Date());

const alarms = (kind: string): Promise<{ subject_id: string; closed_at: Date | null }[]> =>
  ask('SELECT subject_id, closed_at FROM alarm WHERE kind = $1', [kind]);

describe('settlement', () => {
  test('settlement: the debit’s own ring says what it paid for', async () => {
    const paymentId = await pay();
    await stand.pollNow();
    const payment = await stand.waitForState(paymentId, 'settled');
    const facts = await ask<{ fact: { payment?: { paymentId: string; role: string } } }>(
      "SELECT fact FROM event WHERE subject_id = $1 AND kind = 'entry.recorded'",
      [payment.settlementEntryId],
    );
    expect(facts[0]?.fact.payment).toMatchObject({ paymentId, role: 'settlement' });
  });

  test('settlement: money that comes back reopens the thread', async () => {
    const paymentId = await pay();
    await stand.pollNow();
    await stand.waitForState(paymentId, 'settled');
    const { endToEndId } = await stand.payment(paymentId);
    const transfer = (await stand.transfers()).find((one) => one.partnerReferenceNo === endToEndId);
    await stand.banks.manage('POST', `snap/transfers/${transfer?.id}/return`, {});
    await stand.pollNow();
    const returned = await stand.waitForState(paymentId, 'returned');
    expect(returned.returnEntryId).toBeDefined();
  });

  test('settlement: money that went out and came back between two looks is told as returned', async () => {
    const paymentId = await pay({ amount: '1870000.00' });
    const { endToEndId } = await stand.payment(paymentId);
    const transfer = (await stand.transfers()).find((one) => one.partnerReferenceNo === endToEndId);
    await stand.banks.manage('POST', `snap/transfers/${transfer?.id}/return`, {});
    await stand.pollNow();
    const returned = await stand.waitForState(paymentId, 'returned');
    expect(returned).toMatchObject({
      settlementEntryId: expect.stringMatching(/^ent_/),
      returnEntryId: expect.stringMatching(/^ent_/),
    });
  });

  test('settlement: a return that was read before its debit was found is found with it', async () => {
    const paymentId = await pay({ amount: '1880000.00' });
    const { endToEndId } = await stand.payment(paymentId);
    const transfer = (await stand.transfers()).find((one) => one.partnerReferenceNo === endToEndId);
    await stand.banks.manage('POST', `snap/transfers/${transfer?.id}/return`, {});
    // While nobody knows that it left, its lines belong to nobody.
    await ask(
      `UPDATE payment SET state = 'cancelled', first_sent_at = NULL, next_at = NULL
       WHERE payment_id = $1`,
      [paymentId],
    );
    await stand.pollNow();
    await ask(
      `UPDATE payment SET state = 'confirmed', first_sent_at = now() - interval '2 hours'
       WHERE payment_id = $1`,
      [paymentId],
    );
    await watch();
    await stand.wake(paymentId);
    expect((await stand.waitForState(paymentId, 'returned')).returnEntryId).toBeDefined();
  });

  test('settlement: two payments of the same amount are settled by two debits, each its own', async () => {
    const payee = await registerPayee(stand, { account: '8010002001', name: 'PT KEMBAR DUA' });
    const twin = { beneficiary: { beneficiaryId: payee }, amount: '4321000.00' };
    const ids = [
      await pay({ ...twin, remittanceInformation: 'A1' }),
      await pay({ ...twin, remittanceInformation: 'A2' }),
    ];
    await stand.pollNow();
    const settled = await Promise.all(ids.map((id) => stand.waitForState(id, 'settled')));
    expect(new Set(settled.map(({ settlementEntryId }) => settlementEntryId)).size).toBe(2);
  });

  test('settlement: a confirmed payment without its debit is told once, and once when it is found', async () => {
    const paymentId = await pay();
    await ask(
      "UPDATE payment SET confirmed_at = now() - interval '25 hours' WHERE payment_id = $1",
      [paymentId],
    );
    await watch();
    await watch();
    expect(await alarms('payment.debitMissing')).toMatchObject([
      { subject_id: paymentId, closed_at: null },
    ]);
    await stand.pollNow();
    await stand.waitForState(paymentId, 'settled');
    await watch();
    const [alarm] = await alarms('payment.debitMissing');
    expect(alarm?.closed_at).not.toBeNull();
    const told = await ask("SELECT 1 FROM event WHERE kind = 'payment.debitFound'");
    expect(told).toHaveLength(1);
  });

  test('settlement: a debit that nobody here asked for is told where only we pay', async () => {
    await ask('UPDATE account SET expects_only_our_debits = true WHERE account_id = $1', [
      stand.accountId,
    ]);
    await stand.move({
      account: '1234567890',
      creditDebitIndicator: 'debit',
      amount: '99000.00',
      counterparty: 'SIAPA',
      remark: 'TARIK TUNAI',
      channel: 'transfer',
    });
    await stand.pollNow();
    const entry = await waitFor(
      async () =>
        (
          await ask<{ entry_id: string }>(
            "SELECT entry_id FROM entry WHERE remittance_information LIKE '%TARIK TUNAI%'",
          )
        )[0],
      { what: 'the line' },
    );
    await watch();
    expect(await alarms('payment.debitUnexpected')).toEqual([]);
    await ask("UPDATE entry SET seen_at = seen_at - interval '20 minutes'");
    await watch();
    await watch();
    // The payments' own debits, seen in the tests before, are no strangers.
    expect((await alarms('payment.debitUnexpected')).map((one) => one.subject_id)).toEqual([
      entry.entry_id,
    ]);
  });
});

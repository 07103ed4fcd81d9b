import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { dayIn, instantFromMs } from '../../src/core/dates.ts';
import { parseId } from '../../src/core/ids.ts';
import { parseMoney } from '../../src/core/money.ts';
import { linkEntries } from '../../src/flows/payment/link-entries.ts';
import { watchPayments } from '../../src/flows/watch/payments.ts';
import type { RecordedVersion } from '../../src/store/entries.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { createAdversary } from './adversary.ts';
import { startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

/** Whoever wants Cashbell to believe the wrong line of a statement. */
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

const { advance, prepare, sql } = createAdversary(() => stand);

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
        bookingDate: dayIn(instantFromMs(Date.now()), 'Asia/Jakarta'),
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

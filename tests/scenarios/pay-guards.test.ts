import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import { newId } from '../../src/secret/ids.ts';
import { claimAttempt } from '../../src/store/payment-attempts.ts';
import { registerPayee, startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';
import { waitFor } from '../support/wait.ts';

let stand: PayStand;
beforeAll(async () => {
  stand = await startPayStand();
}, 60_000);
afterAll(async () => {
  await stand?.stop();
});

async function transfersOf(paymentId: string): Promise<number> {
  const { endToEndId } = await stand.payment(paymentId);
  return (await stand.transfers()).filter((one) => one.partnerReferenceNo === endToEndId).length;
}

const sql = (text: string, values: readonly unknown[] = []): Promise<unknown> =>
  stand.database.pool.query(text, [...values]);

describe('checks before execution', () => {
  const cases: readonly {
    readonly title: string;
    readonly code: ErrorCode;
    readonly amount?: string;
    /** Done between request and approval. */
    readonly trouble: (paymentId: string) => Promise<unknown>;
    readonly relief?: (paymentId: string) => Promise<unknown>;
    readonly state: 'blocked' | 'voided' | 'awaitingApproval';
  }[] = [
    {
      title: 'the kill switch of the account',
      code: 'payment.stopped',
      state: 'blocked',
      trouble: () =>
        sql(
          `INSERT INTO payment_stop (org_id, stop_id, account_id, reason, pulled_by, pulled_at)
           VALUES ($1, $2, $3, 'lost phone', $4, now())`,
          [stand.orgId, newId('stp'), stand.accountId, stand.checker],
        ),
      relief: () =>
        sql(
          `UPDATE payment_stop SET released_at = now(), release_proposed_by = $1, released_by = $2`,
          [stand.maker, stand.checker],
        ),
    },
    {
      title: 'the kill switch for everything',
      code: 'payment.stopped',
      state: 'blocked',
      trouble: () =>
        sql(
          `INSERT INTO payment_stop (org_id, stop_id, reason, pulled_by, pulled_at)
           VALUES ($1, $2, 'fraud', $3, now())`,
          [stand.orgId, newId('stp'), stand.checker],
        ),
      relief: () =>
        sql(
          `UPDATE payment_stop SET released_at = now(), release_proposed_by = $1, released_by = $2
           WHERE released_at IS NULL`,
          [stand.maker, stand.checker],
        ),
    },
    {
      title: 'a payee that still rests',
      code: 'payment.beneficiaryCoolOff',
      state: 'blocked',
      trouble: () => sql("UPDATE beneficiary SET usable_from = now() + interval '1 hour'"),
      relief: () => sql("UPDATE beneficiary SET usable_from = now() - interval '1 hour'"),
    },
    {
      title: 'a payee whose record changed since',
      code: 'payment.beneficiaryChanged',
      state: 'voided',
      trouble: () => sql('UPDATE beneficiary SET version = version + 1'),
    },
    {
      title: 'a payee whose name is another at the bank',
      code: 'payment.nameMismatch',
      state: 'blocked',
      trouble: () => sql("UPDATE beneficiary SET name_match = 'noMatch', name_at_bank = 'X'"),
      relief: () => sql("UPDATE beneficiary SET name_match = 'matched'"),
    },
    {
      title: 'more than the account holds',
      code: 'payment.cashShort',
      amount: '900000000000.00',
      state: 'blocked',
      trouble: () => Promise.resolve(),
    },
    {
      title: 'content that was changed in the database',
      code: 'payment.contentChanged',
      state: 'voided',
      trouble: (paymentId) =>
        sql(`UPDATE payment SET creditor = creditor || '{"account":"666"}' WHERE payment_id = $1`, [
          paymentId,
        ]),
    },
    {
      title: 'a connection that is paused',
      code: 'payment.notSupported',
      state: 'blocked',
      trouble: async () => {
        await sql("UPDATE connection SET state = 'paused' WHERE connector = 'bca'");
        stand.started.runtime.directory.forget();
      },
      relief: async () => {
        await sql("UPDATE connection SET state = 'active' WHERE connector = 'bca'");
        stand.started.runtime.directory.forget();
      },
    },
    {
      title: 'an approval by the maker alone',
      code: 'payment.notApproved',
      state: 'awaitingApproval',
      trouble: (paymentId) =>
        sql('UPDATE payment SET maker = $2 WHERE payment_id = $1', [paymentId, stand.checker]),
    },
  ];

  test.each(cases)('payment: $title keeps it from the bank', async (one) => {
    const { trouble, relief, code, state } = one;
    const paymentId = await stand.request(one.amount === undefined ? {} : { amount: one.amount });
    await trouble(paymentId);
    const isSelf = state === 'awaitingApproval';
    await stand.approve(paymentId).catch((error: unknown) => {
      // The database itself refuses an approval by the maker.
      if (!isSelf) throw error;
    });
    const payment = await stand.waitForState(paymentId, state);
    if (!isSelf) expect(payment.reason?.code).toBe(code);
    expect(await transfersOf(paymentId)).toBe(0);
    expect(payment.attempt).toBeUndefined();
    if (!relief) return;
    await relief(paymentId);
    await stand.wake(paymentId);
    await stand.waitForState(paymentId, 'confirmed', 'settled');
    expect(await transfersOf(paymentId)).toBe(1);
  });

  test('payment: the same payee, amount and reference within days waits for two people', async () => {
    const payee = await registerPayee(stand, { account: '8010001599', name: 'CV SAMA' });
    const same = {
      beneficiary: { beneficiaryId: payee },
      amount: '777000.00',
      remittanceInformation: 'INV 2026 77',
    };
    const first = await stand.request(same);
    await stand.approve(first);
    await stand.waitForState(first, 'confirmed', 'settled');
    const second = await stand.request({ ...same, remittanceInformation: 'inv  202677' });
    await stand.approve(second);
    const held = await stand.waitForState(second, 'blocked');
    expect(held.reason).toMatchObject({
      code: 'payment.duplicateSuspected',
      details: { paymentId: first },
    });
    expect(await transfersOf(second)).toBe(0);
  });

  test('payment: a suspected double is held as long as it waits, not only for a week', async () => {
    const payee = await registerPayee(stand, { account: '8010001600', name: 'CV LAMA' });
    const same = {
      beneficiary: { beneficiaryId: payee },
      amount: '778000.00',
      remittanceInformation: 'INV 2026 78',
    };
    const first = await stand.request(same);
    await stand.approve(first);
    await stand.waitForState(first, 'confirmed', 'settled');
    const second = await stand.request(same);
    // Asked for a day after the first one, eight days ago by now.
    await sql("UPDATE payment SET created_at = now() - interval '9 days' WHERE payment_id = $1", [
      first,
    ]);
    await sql(
      `UPDATE payment SET created_at = now() - interval '8 days', not_before = now()
       WHERE payment_id = $1`,
      [second],
    );
    await stand.approve(second);
    const held = await stand.waitForState(second, 'blocked', 'confirmed', 'settled');
    expect(held.reason?.code).toBe('payment.duplicateSuspected');
    expect(await transfersOf(second)).toBe(0);
  });

  test('payment: a double is suspected too when the payee has another account by now', async () => {
    const payee = await registerPayee(stand, { account: '8010001601', name: 'CV PINDAH' });
    const same = {
      beneficiary: { beneficiaryId: payee },
      amount: '779000.00',
      remittanceInformation: 'INV 2026 79',
    };
    const first = await stand.request(same);
    await stand.approve(first);
    await stand.waitForState(first, 'confirmed', 'settled');
    await sql(
      `UPDATE beneficiary SET account = '8010001602', folded_account = '8010001602', version = 2
       WHERE beneficiary_id = $1`,
      [payee],
    );
    const second = await stand.request(same);
    await stand.approve(second);
    const held = await stand.waitForState(second, 'blocked', 'confirmed', 'settled');
    expect(held.reason?.code).toBe('payment.duplicateSuspected');
  });

  test('payment: asked for twice under one key it is one payment', async () => {
    const key = { sourceKey: 'invoice-4711' };
    const [first, second] = await Promise.all([stand.request(key), stand.request(key)]);
    expect(second).toBe(first);
  });

  test('payment: two that fit the account only alone do not pass together', async () => {
    await sql(
      `INSERT INTO payment_limit (org_id, limit_id, account_id, period, amount_minor_units,
         currency, state, proposed_by, proposed_at, decided_by, decided_at)
       VALUES ($1, $2, $3, 'day', (SELECT coalesce(sum(instructed_minor_units), 0) + 1000000
         FROM payment WHERE first_sent_at IS NOT NULL AND account_id = $3
           AND state IN ('submitting', 'submitted', 'unknown', 'confirmed', 'settled')),
         'IDR', 'active', $4, now(), $5, now())`,
      [stand.orgId, newId('lim'), stand.accountId, stand.maker, stand.checker],
    );
    const ids = await Promise.all(
      ['6000.00', '6100.00'].map((amount) => stand.request({ amount })),
    );
    await Promise.all(ids.map((paymentId) => stand.approve(paymentId)));
    const states = await waitFor(
      async () => {
        const found = await Promise.all(ids.map((paymentId) => stand.payment(paymentId)));
        const now = found.map(({ state }) => (state === 'settled' ? 'confirmed' : state));
        return now.includes('confirmed') && now.includes('blocked') ? found : undefined;
      },
      { what: 'one paid and one held' },
    );
    const held = states.find(({ state }) => state === 'blocked');
    expect(held?.reason?.code).toBe('payment.limitExceeded');
    await sql("UPDATE payment_limit SET state = 'removed'");
  });
});

describe('the rows themselves refuse', () => {
  test('attempt: the permission to send is given once', async () => {
    const { pool } = stand.database;
    const paymentId = await stand.request();
    const payment = await stand.payment(paymentId);
    const attemptId = newId('att');
    const insert = (changes: { readonly id: string; readonly amount?: string; number?: number }) =>
      pool.query(
        `INSERT INTO payment_attempt (org_id, attempt_id, payment_id, number, digest,
           end_to_end_id, amount_minor_units, currency, state, evidence, intended_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'IDR', 'intended', '{}', now())`,
        [
          stand.orgId,
          changes.id,
          paymentId,
          changes.number ?? 1,
          payment.digest,
          payment.endToEndId,
          changes.amount ?? payment.instructedAmount.amountMinorUnits.toString(),
        ],
      );
    await expect(insert({ id: newId('att'), amount: '1' })).rejects.toThrow(/foreign key/);
    await insert({ id: attemptId });
    await expect(insert({ id: newId('att'), number: 2 })).rejects.toThrow(/payment_attempt_open/);
    const place = { ...payment, attemptId };
    const claims = await Promise.all(
      [1, 2, 3, 4].map((one) => claimAttempt(pool, place, `ext-${one}`, new Date())),
    );
    expect(claims.filter((claim) => claim === 'claimed')).toHaveLength(1);
  });
});

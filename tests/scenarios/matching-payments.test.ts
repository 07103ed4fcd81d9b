import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectPayments } from '../../src/flows/reconciliation/expect-payments.ts';
import { startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

let stand: PayStand;
beforeAll(async () => {
  stand = await startPayStand();
}, 60_000);
afterAll(async () => {
  await stand?.stop();
});

async function itemOf(paymentId: string): Promise<{ state: string; kind: string } | undefined> {
  const { rows } = await stand.database.pool.query<{ state: string; kind: string }>(
    `SELECT i.state, coalesce((SELECT m.kind FROM match_leg l JOIN match m USING (org_id, match_id)
       WHERE l.org_id = i.org_id AND l.item_id = i.item_id AND m.state = 'standing'), '') AS kind
     FROM expected_item i WHERE i.payment_id = $1`,
    [paymentId],
  );
  return rows[0];
}

describe('matching of payments', () => {
  test('matching: a payment is expected by itself, and its debit settles it', async () => {
    const paymentId = await stand.request();
    await stand.approve(paymentId);
    await stand.waitForState(paymentId, 'confirmed');
    // The worker's own look comes every few seconds.
    await expectPayments(stand.database.pool, new Date());
    expect(await itemOf(paymentId)).toEqual({ state: 'open', kind: '' });
    await stand.pollNow();
    await stand.waitForState(paymentId, 'settled');
    expect(await itemOf(paymentId)).toEqual({ state: 'closed', kind: 'payment' });
  });

  test('matching: the debit of a payment that nobody had expected yet settles it as well', async () => {
    const paymentId = await stand.request({ amount: '4321000.00' });
    await stand.approve(paymentId);
    await stand.waitForState(paymentId, 'confirmed');
    await stand.pollNow();
    await stand.waitForState(paymentId, 'settled');
    expect(await itemOf(paymentId)).toEqual({ state: 'closed', kind: 'payment' });
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

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

/** Transfers at the bank that carry a payment's reference. */
async function debitsOf(paymentId: string): Promise<number> {
  const { endToEndId } = await stand.payment(paymentId);
  const transfers = await stand.transfers();
  return transfers.filter(({ partnerReferenceNo }) => partnerReferenceNo === endToEndId).length;
}

describe('paying', () => {
  test('payment: approved by a second person it is paid once, and the debit settles it', async () => {
    const paymentId = await stand.request();
    const waiting = await stand.waitForState(paymentId, 'awaitingApproval');
    expect(waiting.attempt).toBeUndefined();
    await stand.approve(paymentId);
    await stand.waitForState(paymentId, 'confirmed', 'settled');
    await stand.pollNow();
    const settled = await stand.waitForState(paymentId, 'settled');
    expect(settled.settlementEntryId).toBeDefined();
    expect(await debitsOf(paymentId)).toBe(1);
  });

  test('payment: a timeout after the bank accepted is settled once, not sent twice', async () => {
    await stand.fault('timeoutAfterAccepting', { count: 1, service: '17' });
    const paymentId = await stand.request();
    await stand.approve(paymentId);
    const payment = await stand.waitForState(paymentId, 'confirmed');
    expect(payment.attempt?.number).toBe(1);
    expect(await debitsOf(paymentId)).toBe(1);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PaymentState } from '../../src/core/payments.ts';
import { waitFor } from '../support/wait.ts';
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
  stand.endVisibilityWindow(false);
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

  // What the bank does, what it says, and what must come of it.
  test.each<[string, string, Record<string, unknown>, PaymentState, number]>([
    ['a timeout after acceptance', 'timeoutAfterAccepting', { ms: 1 }, 'confirmed', 1],
    ['an error after the debit', 'errorAfterAccepting', {}, 'confirmed', 1],
    ['a 504 after the debit', 'errorAfterAccepting', { status: 504 }, 'confirmed', 1],
    ['a gateway page after the debit', 'htmlErrorAfterAccepting', {}, 'confirmed', 1],
    ['a conflict after the debit', 'conflictAfterAccepting', {}, 'confirmed', 1],
    ['an answer with another amount', 'answerFieldWrong', { field: 'amount' }, 'confirmed', 1],
    ['an answer without its reference', 'answerFieldMissing', {}, 'confirmed', 1],
    ['in progress, then settled', 'inProgress', { ms: 1 }, 'confirmed', 1],
    ['in progress, then rejected', 'inProgress', { ms: 1, outcome: 'rejected' }, 'rejected', 1],
    ['a refusal for fraud', 'suspectedFraud', {}, 'rejected', 0],
    ['a forgotten token', 'tokenInvalidated', {}, 'confirmed', 1],
    ['a closed bank', 'maintenance', { as: 'code' }, 'confirmed', 1],
  ])('payment: %s ends as the bank’s books say', async (_title, name, settings, state, debits) => {
    await stand.fault(name, { count: 1, service: '17', ...settings });
    const paymentId = await stand.request();
    await stand.approve(paymentId);
    await hurry(paymentId);
    await stand.waitForState(paymentId, state);
    expect(await debitsOf(paymentId)).toBe(debits);
  });

  test('payment: what never reached the bank is not sent again without people', async () => {
    await stand.fault('timeoutBeforeAccepting', { count: 1, service: '17', ms: 1 });
    const paymentId = await stand.request();
    await stand.approve(paymentId);
    await stand.waitForState(paymentId, 'unknown');
    // "Not found" before the bank's own window proves nothing.
    await hurry(paymentId);
    await waitFor(async () => (await stand.payment(paymentId)).inquiries > 0, { what: 'inquiry' });
    expect((await stand.payment(paymentId)).decisionSince).toBeUndefined();
    stand.endVisibilityWindow(true);
    const asked = await waitFor(
      async () => {
        await hurry(paymentId);
        const now = await stand.payment(paymentId);
        return now.decisionSince ? now : undefined;
      },
      { what: 'a question to people' },
    );
    expect(asked.state).toBe('unknown');
    expect(asked.attempt?.number).toBe(1);
    expect(await debitsOf(paymentId)).toBe(0);
  });
});

/** Whatever waits for its next look looks now. */
async function hurry(paymentId: string): Promise<void> {
  await waitFor(
    async () =>
      !['awaitingApproval', 'authorised'].includes((await stand.payment(paymentId)).state),
    { what: 'the sending' },
  ).catch(() => undefined);
  await stand.wake(paymentId);
}

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PaymentRail, PaymentState } from '../../src/core/payments.ts';
import { parseId } from '../../src/core/ids.ts';
import { parseMoney } from '../../src/core/money.ts';
import { cancelPayment } from '../../src/flows/payment/cancel-payment.ts';
import { waitFor } from '../support/wait.ts';
import { registerPayee, startPayStand } from './pay-stand.ts';
import type { PayStand } from './pay-stand.ts';

let stand: PayStand;
let hongKong: string;
let bri: string;
let accounts: Map<string, string>;

beforeAll(async () => {
  stand = await startPayStand();
  bri = await registerPayee(stand, {
    account: '888801000157508',
    name: 'CV KARYA BERSAMA',
    agent: 'BRINIDJA',
  });
  hongKong = await registerPayee(stand, {
    account: '012345678901',
    name: 'Golden Harbour Trading Ltd',
    agent: '004',
    country: 'HK',
  });
  const { rows } = await stand.database.pool.query<{ number: string; account_id: string }>(
    'SELECT number, account_id FROM account',
  );
  // Payouts move on when a test says so.
  await stand.banks.manage('POST', 'airwallex/transfers/progress', { mode: 'manual' });
  accounts = new Map(rows.map((row) => [row.number, row.account_id]));
}, 60_000);
afterAll(async () => {
  await stand?.stop();
});
afterEach(async () => {
  stand.endVisibilityWindow(false);
  await stand.banks.manage('DELETE', 'snap/faults');
  await stand.banks.manage('DELETE', 'airwallex/faults');
});

interface Payout {
  readonly id: string;
  readonly requestId: string;
  readonly status: string;
}

async function payouts(paymentId: string): Promise<readonly Payout[]> {
  const { endToEndId } = await stand.payment(paymentId);
  const state = (await stand.banks.manage('GET', 'airwallex/state')) as { transfers: Payout[] };
  return state.transfers.filter(({ requestId }) => requestId === endToEndId);
}

async function payFromHongKong(amount = '1250.00'): Promise<string> {
  const paymentId = await stand.request({
    accountId: accounts.get('acct_SimCashbellHK0001:HKD') ?? '',
    beneficiary: { beneficiaryId: hongKong },
    instructedAmount: parseMoney(amount, 'HKD'),
  });
  await stand.approve(paymentId);
  return paymentId;
}

/** Lets the simulated provider take its steps, and the story look again. */
async function until(paymentId: string, ...states: PaymentState[]): Promise<void> {
  await waitFor(
    async () => {
      await stand.wake(paymentId);
      return states.includes((await stand.payment(paymentId)).state);
    },
    { what: states.join(' or '), deadlineMs: 90_000 },
  ).catch(async (error: unknown) => {
    const { state, reason } = await stand.payment(paymentId);
    throw new Error(`stands at ${state} ${JSON.stringify(reason)}`, { cause: error });
  });
}

describe('ways of BCA', () => {
  test.each<[PaymentRail, string, string]>([
    ['switch', '2500000.00', '18'],
    ['instant', '2600000.00', '18'],
    ['clearing', '2700000.00', '23'],
    ['urgent', '150000000.00', '22'],
  ])('payment: by %s it reaches another bank and is settled', async (rail, amount, service) => {
    const paymentId = await stand.request({ amount, rail, beneficiary: { beneficiaryId: bri } });
    await stand.approve(paymentId);
    await until(paymentId, 'confirmed', 'settled');
    await stand.pollNow();
    await until(paymentId, 'settled');
    const { endToEndId } = await stand.payment(paymentId);
    const made = (await stand.transfers()).filter((one) => one.partnerReferenceNo === endToEndId);
    expect(made).toMatchObject([{ service, status: '00' }]);
  });

  test('payment: an RTGS that is rejected after acceptance ends rejected, told by the bank’s own call', async () => {
    await stand.fault('rejectAfterAcceptance', { count: 1, service: '22', ms: 1 });
    const paymentId = await stand.request({
      amount: '101000000.00',
      rail: 'urgent',
      beneficiary: { beneficiaryId: bri },
    });
    await stand.approve(paymentId);
    await stand.waitForState(paymentId, 'submitted', 'rejected', 'returned');
    // The bank's clock moves with calls of anybody; its notice wakes the payment.
    await waitFor(
      async () => {
        await stand.transfers();
        return ['rejected', 'returned'].includes((await stand.payment(paymentId)).state);
      },
      { what: 'the rejection', deadlineMs: 90_000 },
    );
  });

  test('payment: the bank’s call that comes before its answer is not lost', async () => {
    await stand.fault('noticeBeforeAnswer', { count: 1, service: '23' });
    const paymentId = await stand.request({
      amount: '2800000.00',
      rail: 'clearing',
      beneficiary: { beneficiaryId: bri },
    });
    await stand.approve(paymentId);
    await until(paymentId, 'rejected', 'returned');
  });
});

describe('Airwallex', () => {
  test('payout: it goes its way and is settled by its own debit', async () => {
    const paymentId = await payFromHongKong();
    await stand.waitForState(paymentId, 'submitted', 'confirmed', 'settled');
    await stand.pollNow();
    const [payout] = await payouts(paymentId);
    for (const verb of ['process', 'send', 'pay']) {
      await stand.banks.manage('POST', `airwallex/transfers/${payout?.id}/${verb}`, {});
    }
    await stand.pollNow();
    await until(paymentId, 'settled');
    expect(await payouts(paymentId)).toHaveLength(1);
  });

  test.each<[string, Record<string, unknown>]>([
    ['timeoutAfterAccepting', { ms: 1 }],
    ['serverErrorAfterAccepting', {}],
    ['malformedAnswer', {}],
    ['answerWithoutId', {}],
    ['conflict', {}],
    ['timeoutBeforeAccepting', { ms: 1 }],
  ])('payout: after %s there is one, found under our request id', async (name, settings) => {
    await stand.banks.manage('POST', 'airwallex/faults', {
      name,
      count: 1,
      path: '/api/v1/transfers/create',
      ...settings,
    });
    const paymentId = await payFromHongKong(`${1300 + name.length}.00`);
    await stand.waitForState(paymentId, 'unknown', 'submitted', 'confirmed', 'settled');
    stand.endVisibilityWindow(true);
    const end = performance.now() + 15_000;
    while ((await stand.payment(paymentId)).state === 'unknown' && performance.now() < end) {
      await until(paymentId, 'unknown', 'authorised', 'submitted', 'confirmed', 'settled');
    }
    await stand.waitForState(paymentId, 'submitted', 'confirmed', 'settled');
    expect(await payouts(paymentId)).toHaveLength(1);
  });

  test('payout: one that waits for its turn can be taken back at the provider', async () => {
    const paymentId = await payFromHongKong('1777.00');
    await stand.waitForState(paymentId, 'submitted', 'confirmed', 'settled');
    expect(await payouts(paymentId)).toMatchObject([{ status: 'SCHEDULED' }]);
    const ref = { orgId: parseId('org', stand.orgId), paymentId: parseId('pay', paymentId) };
    await cancelPayment(stand.deps, ref, { actor: stand.maker });
    await until(paymentId, 'rejected', 'cancelled');
    expect(await payouts(paymentId)).toMatchObject([{ status: 'CANCELLED' }]);
  });

  test('payout: money that comes back after it was paid reopens the thread', async () => {
    const paymentId = await payFromHongKong('1888.00');
    await stand.waitForState(paymentId, 'submitted', 'confirmed', 'settled');
    const [payout] = await payouts(paymentId);
    for (const verb of ['process', 'send', 'pay']) {
      await stand.banks.manage('POST', `airwallex/transfers/${payout?.id}/${verb}`, {});
    }
    await until(paymentId, 'confirmed', 'settled');
    await stand.banks.manage('POST', `airwallex/transfers/${payout?.id}/return`, {});
    await stand.pollNow();
    await until(paymentId, 'returned');
  });
});

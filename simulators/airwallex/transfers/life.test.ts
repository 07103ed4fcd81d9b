import { describe, expect, test } from 'vitest';
import { until } from '../test-world.ts';
import type { Loose } from '../test-world.ts';
import { startTransferWorld } from './test-transfers.ts';
import type { TransferWorld } from './test-transfers.ts';

const DAY_MS = 86_400_000;

async function statusOf(world: TransferWorld, id: string): Promise<string> {
  return (await world.get(`/api/v1/transfers/${id}`)).json.status;
}

async function transition(world: TransferWorld, id: string, body: object) {
  return world.post(`/api/v1/simulation/transfers/${id}/transition`, JSON.stringify(body));
}

async function entries(world: TransferWorld, id: string): Promise<Loose[]> {
  const { json } = await world.get(`/api/v1/financial_transactions?source_id=${id}`);
  return json.items.map((item: Loose) => [item.transaction_type, item.amount, item.status]);
}

/** What every wallet must hold: its opening and the sum of what was booked on it. */
async function expectEqualBooks(world: TransferWorld): Promise<void> {
  const opening: Record<string, number> = { HKD: 245_000_000, USD: 31_250_000 };
  const { json } = await world.get('/api/v1/financial_transactions?page_size=1000');
  for (const [currency, cents] of Object.entries(opening)) {
    const booked = json.items
      .filter((item: Loose) => item.currency === currency)
      .reduce((sum: number, item: Loose) => sum + Math.round(item.amount * 100), 0);
    expect(Math.round((await world.available(currency)) * 100)).toBe(cents + booked);
  }
}

describe('life', () => {
  test('the money leaves with PROCESSING, in one entry for the payout and one for the fee', async () => {
    const world = await startTransferWorld();
    const { id } = (
      await world.create({ transfer_amount: '10.00', beneficiary: rtgsBeneficiary() })
    ).json;
    expect(await entries(world, id)).toEqual([]);
    const led = await transition(world, id, { next_status: 'PROCESSING' });
    expect(led.json).toMatchObject({ id, status: 'PROCESSING', funding: { status: 'FUNDED' } });
    expect(await entries(world, id)).toEqual([
      ['FEE', -23.4, 'SETTLED'],
      ['PAYOUT', -10, 'SETTLED'],
    ]);
    await transition(world, id, { next_status: 'SENT' });
    expect(await transition(world, id, { next_status: 'PAID' })).toMatchObject({
      status: 200,
      json: { status: 'PAID', dispatch_date: expect.any(String) },
    });
    await expectEqualBooks(world);
    await world.manage('PUT', 'partner', { environment: 'production' });
    expect((await transition(world, id, { next_status: 'FAILED' })).status).toBe(404);
  });

  test.each([
    ['SENT', 'ACCOUNT_CLOSED', 'Account closed'],
    ['PAID', 'BENEFICIARY_BANK_RETURNED', 'Beneficiary bank returned'],
  ])(
    'a failure after %s is cancelled at once; the payout comes back, the fee does not',
    async (last, type, reason) => {
      const world = await startTransferWorld();
      const { id } = (await world.create({ beneficiary: rtgsBeneficiary() })).json;
      for (const next_status of ['PROCESSING', 'SENT', 'PAID']) {
        await transition(world, id, { next_status });
        if (next_status === last) break;
      }
      const failed = await transition(world, id, { next_status: 'FAILED', failure_type: type });
      expect(failed.json).toMatchObject({
        status: 'CANCELLED',
        failure_type: type,
        failure_reason: expect.stringContaining(reason),
        funding: { status: 'REVERSED' },
      });
      expect(await entries(world, id)).toEqual([
        ['PAYOUT_REVERSAL', 100.1, 'SETTLED'],
        ['FEE', -23.4, 'SETTLED'],
        ['PAYOUT', -100.1, 'SETTLED'],
      ]);
      expect(await world.books()).toMatchObject([
        {
          debited: true,
          debitedAmount: '100.10',
          returned: true,
          returnedAmount: '100.10',
          feeAmount: '23.40',
          failureType: type,
        },
      ]);
      expect(await world.available()).toBe(2_449_976.6);
      await expectEqualBooks(world);
    },
  );

  test('a step that cannot follow is refused and changes nothing', async () => {
    const world = await startTransferWorld();
    const { id } = (await world.create()).json;
    for (const next_status of ['SENT', 'PAID', 'FAILED']) {
      const answer = await transition(world, id, { next_status });
      expect([answer.status, answer.json.code]).toEqual([400, 'invalid_status_for_operation']);
    }
    expect((await transition(world, id, { next_status: 'SCHEDULED' })).json.source).toBe(
      'next_status',
    );
    await transition(world, id, { next_status: 'PROCESSING' });
    const unknown = await transition(world, id, {
      next_status: 'FAILED',
      failure_type: 'BAD_LUCK',
    });
    expect(unknown.json.source).toBe('failure_type');
    expect(await statusOf(world, id)).toBe('PROCESSING');
  });

  test('cancel: works until the money is on its way, and not after', async () => {
    const world = await startTransferWorld();
    const { id } = (await world.create()).json;
    const cancel = () => world.post(`/api/v1/transfers/${id}/cancel`, '');
    const answer = await cancel();
    expect([answer.status, answer.json]).toEqual([200, {}]);
    expect(await statusOf(world, id)).toBe('CANCELLED');
    expect(await entries(world, id)).toEqual([]);
    expect((await cancel()).json.code).toBe('invalid_status_for_operation');
    const other = (await world.create({ request_id: 'pay-0002' })).json.id;
    await transition(world, other, { next_status: 'PROCESSING' });
    const late = await world.post(`/api/v1/transfers/${other}/cancel`, '');
    expect([late.status, late.json.code]).toEqual([400, 'invalid_status_for_operation']);
    expect(await statusOf(world, other)).toBe('PROCESSING');
  });
});

describe('funding', () => {
  test('without money a transfer is OVERDUE, and goes on when money has come', async () => {
    const world = await startTransferWorld();
    await world.progress({ mode: 'immediate' });
    const created = await world.create({ transfer_amount: '2450000.01' });
    expect(created.json.status).toBe('SCHEDULED');
    const { id } = created.json;
    expect((await world.get(`/api/v1/transfers/${id}`)).json).toMatchObject({
      status: 'OVERDUE',
      funding: { status: 'FAILED', failure_reason: 'Insufficient funds' },
    });
    expect(await world.books()).toMatchObject([{ debited: false, debitedAmount: '0.00' }]);
    const still = await world.post(`/api/v1/transfers/${id}/confirm_funding`, '');
    expect(still.json.status).toBe('OVERDUE');
    await world.manage('POST', 'movements', {
      account: 'HKD',
      creditDebitIndicator: 'credit',
      amount: '0.01',
    });
    expect(await statusOf(world, id)).toBe('PAID');
    expect(await world.available()).toBe(0);
  });

  test('an overdue transfer is given up when its day is over', async () => {
    const world = await startTransferWorld();
    await world.progress({ mode: 'immediate' });
    const { id } = (await world.create({ transfer_amount: '9999999.00' })).json;
    await world.manage('POST', 'clock', { offsetMs: DAY_MS });
    await world.login();
    expect(await world.books()).toMatchObject([{ id, status: 'CANCELLED', debited: false }]);
    expect(await world.available()).toBe(2_450_000);
  });
});

describe('progress', () => {
  test('steps: a transfer goes on by the simulated clock, step by step', async () => {
    const world = await startTransferWorld();
    await world.progress({ mode: 'steps', processingMs: 60_000, sentMs: 60_000, paidMs: 60_000 });
    const { id } = (await world.create()).json;
    expect(await statusOf(world, id)).toBe('SCHEDULED');
    for (const [offsetMs, status] of [
      [61_000, 'PROCESSING'],
      [122_000, 'SENT'],
      [183_000, 'PAID'],
    ]) {
      await world.manage('POST', 'clock', { offsetMs });
      expect(await statusOf(world, id)).toBe(status);
    }
    const { history } = await world.manage('GET', `transfers/${id}`);
    expect(history.map(({ status }: Loose) => status)).toEqual([
      'SCHEDULED',
      'PROCESSING',
      'SENT',
      'PAID',
    ]);
  });

  test('steps: one that was overtaken by a cancellation does nothing any more', async () => {
    const world = await startTransferWorld();
    await world.progress({ mode: 'steps', processingMs: 60_000, sentMs: 60_000, paidMs: 60_000 });
    const { id } = (await world.create()).json;
    await world.post(`/api/v1/transfers/${id}/cancel`, '');
    await world.manage('POST', 'clock', { offsetMs: 61_000 });
    expect(await statusOf(world, id)).toBe('CANCELLED');
    expect(await world.available()).toBe(2_450_000);
  });

  test('steps: by themselves, without anybody asking', async () => {
    const world = await startTransferWorld();
    await world.progress({ mode: 'steps', processingMs: 1, sentMs: 1, paidMs: 1 });
    await world.create();
    await until('four events', () => world.received.length === 4);
  });

  test('a transfer date in the future is waited for', async () => {
    const world = await startTransferWorld();
    await world.progress({ mode: 'immediate' });
    const transfer_date = new Date(Date.now() + 3 * DAY_MS).toISOString().slice(0, 10);
    const { id } = (await world.create({ transfer_date })).json;
    expect(await statusOf(world, id)).toBe('SCHEDULED');
    await world.manage('POST', 'clock', { offsetMs: 3 * DAY_MS });
    await world.login();
    expect(await statusOf(world, id)).toBe('PAID');
  });

  test('a mode set later takes up what stands still; a wrong setting is refused by name', async () => {
    const world = await startTransferWorld();
    const { id } = (await world.create()).json;
    await world.progress({ mode: 'immediate' });
    expect(await statusOf(world, id)).toBe('PAID');
    await expect(world.progress({ mode: 'fast' })).rejects.toThrow('mode must be one of');
    await expect(world.progress({ sendMs: 1 })).rejects.toThrow('"sendMs"');
    await expect(world.progress({ paidMs: -1 })).rejects.toThrow('paidMs');
    await expect(world.progress({ fees: { fps: 1 } })).rejects.toThrow('fees.fps');
  });

  test('the bank leads on, sends back and tells again by management calls', async () => {
    const world = await startTransferWorld();
    await world.create();
    const act = (verb: string, body?: object) =>
      world.manage('POST', `transfers/pay-0001/${verb}`, body);
    await expect(act('return')).rejects.toThrow('only a paid one');
    await act('process');
    await act('send');
    expect((await act('pay')).status).toBe('PAID');
    const returned = await act('return', { failureType: 'ACCOUNT_CLOSED' });
    expect(returned).toMatchObject({
      status: 'CANCELLED',
      returned: true,
      failureType: 'ACCOUNT_CLOSED',
    });
    await expect(act('fly')).rejects.toThrow('404');
    await expect(world.manage('POST', 'transfers/none/pay')).rejects.toThrow('no transfer none');
  });

  test('the debit on the page is taken back together with its transfer; a fee is not', async () => {
    const world = await startTransferWorld();
    await world.progress({ mode: 'immediate' });
    await world.create({ beneficiary: rtgsBeneficiary() });
    const [payout, fee] = (await world.manage('GET', 'state')).accounts[0].movements;
    expect(payout).toMatchObject({
      creditDebitIndicator: 'debit',
      amount: '100.10',
      told: 'webhook',
      wireStatus: 'PAID',
    });
    expect(fee).toMatchObject({ amount: '23.40', told: 'polling only', wireStatus: 'SETTLED' });
    await expect(world.manage('POST', `movements/${fee.reference}/reverse`)).rejects.toThrow('fee');
    await world.manage('POST', `movements/${payout.reference}/reverse`);
    expect(await world.books()).toMatchObject([{ status: 'CANCELLED', returned: true }]);
    await expectEqualBooks(world);
  });
});

/** An account in Hong Kong that is paid by RTGS, which costs a fee. */
function rtgsBeneficiary(): Record<string, unknown> {
  return {
    type: 'BANK_ACCOUNT',
    entity_type: 'PERSONAL',
    first_name: 'Tai Man',
    last_name: 'Chan',
    bank_details: {
      account_currency: 'HKD',
      account_name: 'Chan Tai Man',
      account_number: '987654321',
      account_routing_type1: 'bank_code',
      account_routing_value1: '012',
      bank_country_code: 'HK',
      local_clearing_system: 'RTGS',
    },
  };
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { money, parseMoney } from '#core/money.ts';
import type { PaymentState } from '#core/payments.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createPayWorld } from '#tests/pay-world.ts';
import type { PayWorld } from '#tests/pay-world.ts';
import { cancelPayment } from './cancel-payment.ts';
import { requestPayments } from './request-payments.ts';
import type { PaymentRequest } from './request-payments.ts';
import { submitPayment } from './submit-payment.ts';

let database: TestDatabase;
let world: PayWorld;
let maker: string;
let payee: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPayWorld(database);
  maker = await world.entitled('Maker', { 'payment.make': 'any' });
  payee = await world.payee({ name: 'PT Maju Jaya', account: '111' });
});
afterAll(async () => {
  await world.close();
  await database.drop();
});

let asked = 0;
async function request(changes: Partial<PaymentRequest> = {}) {
  asked += 1;
  const [made] = await requestPayments(world.deps, [
    {
      orgId: world.orgId,
      accountId: world.accounts[0],
      beneficiary: { beneficiaryId: payee },
      instructedAmount: parseMoney('10', 'IDR'),
      purpose: 'supplier',
      remittanceInformation: `Invoice ${asked}`,
      source: 'api',
      sourceKey: `key-${asked}`,
      maker,
      approval: { via: 'local' },
      ...changes,
    },
  ]);
  if (!made) throw new Error('nothing was asked for');
  return { orgId: world.orgId, paymentId: made.paymentId };
}

/** As if the payment had come so far. */
async function bring(paymentId: string, state: PaymentState, isSent: boolean): Promise<void> {
  await world.ask('UPDATE payment SET state = $2, next_at = NULL WHERE payment_id = $1', [
    paymentId,
    state,
  ]);
  if (!isSent) return;
  await world.ask(
    `INSERT INTO payment_attempt (org_id, attempt_id, payment_id, number, digest, end_to_end_id,
       amount_minor_units, currency, state, external_id, evidence, intended_at, sent_at)
     SELECT org_id, 'att_' || right(payment_id, 20), payment_id, 1, digest, end_to_end_id,
       instructed_minor_units, currency, 'accepted', '1', '{}', now(), now()
     FROM payment WHERE payment_id = $1`,
    [paymentId],
  );
}

async function linesOf(paymentId: string): Promise<string[]> {
  const rows = await world.ask<{ line: string }>(
    `SELECT happening || ' ' || state || ' ' || actor AS line FROM payment_step
     WHERE payment_id = $1 ORDER BY number`,
    [paymentId],
  );
  return rows.map(({ line }) => line);
}

describe('cancelling', () => {
  it.each<PaymentState>(['draft', 'awaitingApproval', 'authorised', 'blocked'])(
    'payment: one that is %s is taken back, with a line and an audit of who did it',
    async (state) => {
      const ref = await request();
      await bring(ref.paymentId, state, false);
      const { outcome, payment } = await cancelPayment(world.deps, ref, {
        actor: maker,
        remark: 'wrong invoice',
      });
      expect([outcome, payment.state, payment.nextAt]).toEqual([
        'cancelled',
        'cancelled',
        undefined,
      ]);
      expect((await linesOf(ref.paymentId)).at(-1)).toBe(`cancelled cancelled ${maker}`);
      const audit = await world.ask(
        `SELECT action, actor, after FROM audit WHERE subject = $1 ORDER BY number DESC LIMIT 1`,
        [ref.paymentId],
      );
      expect(audit).toEqual([
        {
          action: 'payment.cancelled',
          actor: maker,
          after: { before: state, remark: 'wrong invoice' },
        },
      ]);
      // Asking once more changes nothing.
      const again = await cancelPayment(world.deps, ref, { actor: maker });
      expect(again.outcome).toBe('cancelled');
      expect(await linesOf(ref.paymentId)).toHaveLength(2);
    },
  );

  it.each<[PaymentState, boolean, string]>([
    // Nothing was sent yet, and it may be sent this very moment: too late for us, too early for the bank.
    ['submitting', false, 'atBank'],
    ['confirmed', true, 'executed'],
    ['settled', true, 'executed'],
    ['rejected', true, 'ended'],
    ['returned', true, 'ended'],
    ['declined', false, 'ended'],
    ['voided', false, 'ended'],
    ['expired', false, 'ended'],
  ])('payment: one that is %s cannot be taken back any more', async (state, isSent, stage) => {
    const ref = await request();
    await bring(ref.paymentId, state, isSent);
    world.cancelAnswer = { status: 'cancelled' };
    await expect(cancelPayment(world.deps, ref, { actor: maker })).rejects.toMatchObject({
      code: 'payment.cannotCancel',
      details: { state, stage },
    });
    expect((await world.payment(ref.paymentId)).state).toBe(state);
  });

  it('payment: while the bank has it, the bank is asked, and its word is looked for at once', async () => {
    const ref = await request();
    await bring(ref.paymentId, 'submitted', true);
    world.cancelAnswer = { status: 'cancelled', bankCode: '00' };
    const { outcome, bankAnswer } = await cancelPayment(world.deps, ref, { actor: maker });
    expect([outcome, bankAnswer?.status]).toEqual(['bankAsked', 'cancelled']);
    // Its answer to us is only a hint; the story asks what became of it.
    expect((await world.payment(ref.paymentId)).state).toBe('submitted');
    const [row] = await world.ask<{ woken: boolean }>(
      'SELECT woken_at IS NOT NULL AND next_at <= now() AS woken FROM payment WHERE payment_id = $1',
      [ref.paymentId],
    );
    expect(row).toEqual({ woken: true });
  });

  it('payment: a bank that does not answer changes nothing', async () => {
    const ref = await request();
    await bring(ref.paymentId, 'unknown', true);
    world.cancelAnswer = undefined;
    await expect(cancelPayment(world.deps, ref, { actor: maker })).rejects.toMatchObject({
      code: 'transport.timeout',
    });
    expect((await world.payment(ref.paymentId)).state).toBe('unknown');
  });

  it('payment: an approval in DingTalk stays open there, and is told', async () => {
    const ref = await request({
      source: 'dingtalkForm',
      approval: { via: 'dingtalk', processCode: 'PROC-1', processInstanceId: 'inst-1' },
    });
    const { isOpenInDingtalk } = await cancelPayment(world.deps, ref, { actor: maker });
    expect(isOpenInDingtalk).toBe(true);
  });

  it('payment: strangers and machines that did not ask for it cannot take it back', async () => {
    const ref = await request();
    const stranger = await world.entitled('Stranger', {});
    const small = await world.entitled('Small', { 'payment.make': money(1n, 'IDR') });
    for (const actor of [stranger, small, 'token:tok_other', 'dingtalk:manager1']) {
      await expect(cancelPayment(world.deps, ref, { actor })).rejects.toMatchObject({
        code: 'payment.notEntitled',
      });
    }
    const colleague = await world.entitled('Colleague', { 'payment.approve': 'any' });
    expect(await cancelPayment(world.deps, ref, { actor: colleague })).toMatchObject({
      outcome: 'cancelled',
    });
  });

  it('payment: one that is not there is not found', async () => {
    const ref = { orgId: world.orgId, paymentId: 'pay_nowhere' as const };
    await expect(cancelPayment(world.deps, ref, { actor: 'cli' })).rejects.toMatchObject({
      code: 'payment.notFound',
    });
  });
});

describe('sending a draft for approval', () => {
  it('payment: a draft waits for approval afterwards, is due at once, and only once', async () => {
    const ref = await request({ state: 'draft' });
    expect((await world.payment(ref.paymentId)).nextAt).toBeUndefined();
    const payment = await submitPayment(world.deps, ref, maker);
    expect(payment.state).toBe('awaitingApproval');
    expect(payment.nextAt).toBeDefined();
    await submitPayment(world.deps, ref, maker);
    expect(await linesOf(ref.paymentId)).toEqual([
      `requested draft ${maker}`,
      `requested awaitingApproval ${maker}`,
    ]);
  });

  it('payment: whoever may not ask for it may not send its draft either', async () => {
    const ref = await request({ state: 'draft' });
    const stranger = await world.entitled('Nobody', { 'payment.approve': 'any' });
    await expect(submitPayment(world.deps, ref, stranger)).rejects.toMatchObject({
      code: 'payment.notEntitled',
    });
    await cancelPayment(world.deps, ref, { actor: maker });
    await expect(submitPayment(world.deps, ref, maker)).rejects.toMatchObject({
      code: 'payment.stateConflict',
    });
  });
});

import type { ClientBase } from 'pg';
import { CashbellError } from '#core/errors.ts';
import { isUnsent } from '#core/payment-happenings.ts';
import type { PaymentState, TransferReport } from '#core/payments.ts';
import { appendAudit } from '#store/audit.ts';
import { mayDo } from '#store/grants.ts';
import { findPayment, lockPayment, wakePayments } from '#store/payments.ts';
import type { Payment, PaymentRef } from '#store/payments.ts';
import { isSamePerson } from '#store/persons.ts';
import { inTransaction } from '#store/transaction.ts';
import { placeOf } from './payment-deps.ts';
import type { PaymentDeps, PaymentPlace } from './payment-deps.ts';
import { toInstruction, toLife } from './payment-facts.ts';
import { recordHappening } from './record.ts';

/** What came of asking for a cancellation. */
export interface Cancellation {
  readonly payment: Payment;
  /**
   * `cancelled`: nothing has left and nothing will. `bankAsked`: the bank was asked to stop it, and
   * its word on the payment decides.
   */
  readonly outcome: 'cancelled' | 'bankAsked';
  readonly bankAnswer?: TransferReport;
  /** Somebody may still decide about it in DingTalk, without effect. */
  readonly isOpenInDingtalk: boolean;
}

/**
 * Takes a payment back. Until its attempt is written down that is ours alone to do; afterwards only
 * the bank can, where it offers that. Everything else is refused with what can be done instead.
 */
export async function cancelPayment(
  deps: PaymentDeps,
  ref: PaymentRef,
  by: { readonly actor: string; readonly remark?: string | undefined },
): Promise<Cancellation> {
  const now = new Date(deps.now().epochMilliseconds);
  const { payment, rings, isCancelled } = await inTransaction(
    deps.services.pool,
    async (client, transaction) => {
      const before = await lockPayment(client, ref);
      await requireMayCancel(client, deps, before, by.actor);
      const place = await placeOf(deps, before);
      if (!isUnsent(toLife(before, place))) {
        return { payment: before, rings: [], isCancelled: before.state === 'cancelled' };
      }
      const recorded = await recordHappening(
        transaction,
        deps,
        ref,
        { kind: 'cancelled' },
        { actor: by.actor, now },
      );
      await appendAudit(client, {
        orgId: ref.orgId,
        actor: by.actor,
        action: 'payment.cancelled',
        subject: ref.paymentId,
        after: { before: before.state, remark: by.remark },
      });
      return { ...recorded, isCancelled: true };
    },
  );
  if (rings.length > 0) deps.onRings(rings);
  if (!isCancelled) return askBankToStop(deps, payment, by.actor);
  const isOpenInDingtalk =
    payment.approvalVia === 'dingtalk' && payment.processInstanceId !== undefined;
  return { payment, outcome: 'cancelled', isOpenInDingtalk };
}

/** The maker, or whoever may ask for or agree to such payments; the operator on the machine too. */
async function requireMayCancel(
  client: Pick<ClientBase, 'query'>,
  deps: PaymentDeps,
  payment: Payment,
  actor: string,
): Promise<void> {
  if (actor === payment.maker || actor === 'cli') return;
  const { orgId, accountId, instructedAmount: amount } = payment;
  if (actor.startsWith('per_')) {
    if (await isSamePerson(client, orgId, [actor, payment.maker])) return;
    for (const action of ['payment.make', 'payment.approve', 'payment.stop'] as const) {
      const request = { orgId, personId: actor, action, accountId, amount, at: deps.now() };
      if (await mayDo(client, request)) return;
    }
  }
  throw new CashbellError('payment.notEntitled', {
    person: actor,
    action: 'payment.make',
    accountId,
  });
}

/** States in which the bank has the transfer and its end is not known. */
const AT_BANK: readonly PaymentState[] = ['submitting', 'submitted', 'unknown'];
const EXECUTED: readonly PaymentState[] = ['confirmed', 'settled'];

async function askBankToStop(
  deps: PaymentDeps,
  payment: Payment,
  actor: string,
): Promise<Cancellation> {
  const place = await placeOf(deps, payment);
  const { attempt } = payment;
  const canAsk =
    AT_BANK.includes(payment.state) &&
    place.capability?.cancelTransfer !== undefined &&
    attempt?.sentAt !== undefined;
  if (!canAsk) throw tooLate(payment);
  const bankAnswer = await deps.transfers.cancel(
    { connection: place.connection, accountId: payment.accountId },
    questionOf(payment, place),
  );
  const now = new Date(deps.now().epochMilliseconds);
  const { orgId, paymentId } = payment;
  await inTransaction(deps.services.pool, async (client) => {
    await lockPayment(client, payment);
    await appendAudit(client, {
      orgId,
      actor,
      action: 'payment.cancelAsked',
      subject: paymentId,
      after: { before: payment.state, bankAnswer: bankAnswer.status },
    });
    // What becomes of it the story asks the bank itself; an answer to us is only a hint.
    await wakePayments(client, orgId, [paymentId], now);
  });
  deps.onWoken();
  const newest = (await findPayment(deps.services.pool, payment)) ?? payment;
  return { payment: newest, outcome: 'bankAsked', bankAnswer, isOpenInDingtalk: false };
}

function questionOf(payment: Payment, place: PaymentPlace) {
  const { attempt, bankReference } = payment;
  if (!attempt?.sentAt) throw tooLate(payment);
  return {
    instruction: toInstruction(payment, place),
    externalId: attempt.externalId ?? '',
    sentAt: attempt.sentAt,
    ...(bankReference === undefined ? {} : { bankReference }),
  };
}

function tooLate({ paymentId, state }: Payment): CashbellError {
  const stage = AT_BANK.includes(state)
    ? 'atBank'
    : EXECUTED.includes(state)
      ? 'executed'
      : 'ended';
  return new CashbellError('payment.cannotCancel', { paymentId, state, stage });
}

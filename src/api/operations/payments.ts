import type { z } from 'zod';
import { instantFromMs } from '#core/dates.ts';
import type { ErrorCode, ErrorDetails } from '#core/errors.ts';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import type { Language } from '#core/languages.ts';
import { formatDecimal } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import { isUnsent } from '#core/payment-happenings.ts';
import { formatDetails } from '#flows/notification/render-details.ts';
import { placeOf } from '#flows/payment/payment-deps.ts';
import type { PaymentDeps, PaymentPlace } from '#flows/payment/payment-deps.ts';
import { checkInput, requireMaker } from '#flows/payment/payment-input.ts';
import type { PaymentInput, RequestContext } from '#flows/payment/payment-input.ts';
import { toLife } from '#flows/payment/payment-facts.ts';
import { requestPayments } from '#flows/payment/request-payments.ts';
import { errorSentence } from '#i18n/messages.ts';
import { findPayment } from '#store/payments.ts';
import type { Payment } from '#store/payments.ts';
import type { MoneyWire } from '../contract/common.ts';
import type { PaymentWire } from '../contract/payments.ts';
import { toErrorCode } from './connections.ts';
import { problemsError } from './refusal.ts';

export function toMoneyWire(amount: Money): z.infer<typeof MoneyWire> {
  return { amount: formatDecimal(amount), currency: amount.currency };
}

/** A payment, or a refusal that names what is missing. */
export async function requirePayment(
  deps: Pick<PaymentDeps, 'services'>,
  place: { readonly orgId: string; readonly paymentId: string },
): Promise<Payment> {
  const payment = await findPayment(deps.services.pool, place);
  if (payment) return payment;
  throw new CashbellError('payment.notFound', { id: place.paymentId.slice(0, 60) });
}

/** Where a payment's money comes from; nothing when its bank is not known any more. */
export async function knownPlaceOf(
  deps: PaymentDeps,
  payment: { readonly orgId: string; readonly accountId: string },
): Promise<PaymentPlace | undefined> {
  try {
    return await placeOf(deps, payment);
  } catch (error) {
    if (isCashbellError(error)) return undefined;
    throw error;
  }
}

/** The sentence of a stored reason with its values as people read them. */
export function reasonSentence(
  language: Language,
  text: string | undefined,
  details: ErrorDetails,
  zone: string,
): string | undefined {
  const code: ErrorCode | undefined = toErrorCode(text);
  if (code === undefined) return undefined;
  const options = { language, detail: 'full' as const, mentions: [] };
  return errorSentence(language, code, formatDetails(details, zone, options));
}

/** A payment as the API and the command line show it, with why it stands where it stands. */
export async function toPaymentWire(
  deps: PaymentDeps,
  payment: Payment,
  language: Language,
): Promise<z.infer<typeof PaymentWire>> {
  const place = await knownPlaceOf(deps, payment);
  const { reason } = payment;
  const { scheme, agent, agentName, country, name, account } = payment.creditor;
  return {
    paymentId: payment.paymentId,
    accountId: payment.accountId,
    connectionId: payment.connectionId,
    environment: payment.environment,
    state: payment.state,
    stateSince: payment.stateSince.toString(),
    reasonCode: reason?.code,
    reason:
      reason && reasonSentence(language, reason.code, reason.details, place?.account.zone ?? 'UTC'),
    decisionSince: payment.decisionSince?.toString(),
    creditor: { name, account, scheme, agent, agentName, country },
    beneficiaryId: payment.beneficiaryId,
    beneficiaryVersion: payment.beneficiaryVersion,
    ...toMoneyWire(payment.instructedAmount),
    purpose: payment.purpose,
    remittanceInformation: payment.remittanceInformation,
    rail: payment.rail,
    chargeBearer: payment.chargeBearer,
    requestedExecutionDate: payment.requestedExecutionDate.toString(),
    notBefore: payment.notBefore.toString(),
    opensAt: place && (await opensAtOf(deps, payment, place)),
    endToEndId: payment.endToEndId,
    digest: payment.digest,
    source: payment.source,
    maker: payment.maker,
    approvalVia: payment.approvalVia,
    approvalsRequired: payment.approvalsRequired,
    processInstanceId: payment.processInstanceId,
    batchId: payment.batchId,
    batchItem: payment.batchItem,
    recurrenceId: payment.recurrenceId,
    transferStatus: payment.transferStatus,
    bankReference: payment.bankReference,
    bankCode: payment.bankCode,
    bankMessage: payment.bankMessage,
    fee: payment.fee && toMoneyWire(payment.fee),
    firstSentAt: payment.firstSentAt?.toString(),
    settlementEntryId: payment.settlementEntryId,
    returnEntryId: payment.returnEntryId,
    createdAt: payment.createdAt.toString(),
  };
}

/** When the bank takes an unsent payment at the earliest; absent when it would take it now. */
async function opensAtOf(
  deps: PaymentDeps,
  payment: Payment,
  place: PaymentPlace,
): Promise<string | undefined> {
  if (!isUnsent(toLife(payment, place))) return undefined;
  const { connector, capability } = place;
  const rail = capability?.rails.find((one) => one.rail === payment.rail);
  if (!rail) return undefined;
  const nowMs = deps.now().epochMilliseconds;
  const earliest = instantFromMs(Math.max(nowMs, payment.notBefore.epochMilliseconds));
  const { country, zone } = connector.traits;
  const opening = await deps.calendar.opensAt(
    { orgId: payment.orgId, country, zone },
    rail,
    earliest,
  );
  const at = opening ?? earliest;
  return at.epochMilliseconds > nowMs ? at.toString() : undefined;
}

/**
 * Asks for one payment as somebody, once per key. A key that asked for another payment before is
 * refused: it would look as if this one had been asked for.
 */
export async function askForPayment(
  deps: PaymentDeps,
  input: PaymentInput,
  context: RequestContext,
): Promise<{ readonly payment: Payment; readonly isNew: boolean }> {
  const checked = await checkInput(deps, input, context);
  if (!checked.isValid) {
    const [first] = checked.problems;
    throw problemsError(first?.code ?? 'payment.invalid', checked.problems);
  }
  const { orgId, maker } = context;
  const { accountId, instructedAmount: amount } = checked.request;
  await requireMaker(deps.services.pool, { orgId, maker, accountId, amount, at: deps.now() });
  const [requested] = await requestPayments(deps, [checked.request]);
  if (!requested) throw new Error('a payment was not written down');
  const payment = await requirePayment(deps, { orgId, paymentId: requested.paymentId });
  const wanted = checked.checked.payment;
  const isSame =
    payment.digest === wanted.digest &&
    payment.remittanceInformation === wanted.remittanceInformation;
  if (!requested.isNew && !isSame) {
    throw new CashbellError('api.conflict', {
      field: 'Idempotency-Key',
      problem: `another payment was asked for under this key, ${payment.paymentId}; use a new one`,
    });
  }
  return { payment, isNew: requested.isNew };
}

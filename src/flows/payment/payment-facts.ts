import { instantFromMs } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';
import type { ErrorDetails } from '#core/errors.ts';
import type { PaymentFact } from '#core/events.ts';
import type { PaymentLife, Reason } from '#core/payment-happenings.ts';
import { digestOfPayment } from '#core/payments.ts';
import type { NameMatch, TransferInstruction } from '#core/payments.ts';
import type { Payment } from '#store/payments.ts';
import type { PaymentPlace } from './payment-deps.ts';

/** The payment as its life sees it. */
export function toLife(payment: Payment, place: Pick<PaymentPlace, 'capability'>): PaymentLife {
  const { attempt } = payment;
  return {
    state: payment.state,
    digest: payment.digest,
    createdAtMs: payment.createdAt.epochMilliseconds,
    notBeforeMs: payment.notBefore.epochMilliseconds,
    stateSinceMs: payment.stateSince.epochMilliseconds,
    inquiries: payment.inquiries,
    notFoundCount: payment.notFoundCount,
    failures: payment.failures,
    hasDebit: payment.settlementEntryId !== undefined,
    hasReturn: payment.returnEntryId !== undefined,
    hasNotice: payment.hasNotice,
    canAsk: place.capability?.fetchTransfer !== undefined,
    isInDoubt: payment.isInDoubt,
    ...(payment.reason ? { reasonCode: payment.reason.code } : {}),
    ...(payment.authorisedAt ? { authorisedAtMs: payment.authorisedAt.epochMilliseconds } : {}),
    ...(payment.lastSent ? { lastSentAtMs: payment.lastSent.at.epochMilliseconds } : {}),
    ...(payment.firstSentAt ? { firstSentAtMs: payment.firstSentAt.epochMilliseconds } : {}),
    ...(payment.decisionSince ? { decisionSinceMs: payment.decisionSince.epochMilliseconds } : {}),
    ...(payment.transferStatus === undefined ? {} : { transferStatus: payment.transferStatus }),
    ...(attempt
      ? {
          attempt: {
            number: attempt.number,
            state: attempt.state,
            ...(attempt.sentAt ? { sentAtMs: attempt.sentAt.epochMilliseconds } : {}),
          },
        }
      : {}),
  };
}

/** What is sent to the bank; made from the row that was approved, never from anything else. */
export function toInstruction(
  payment: Pick<
    Payment,
    | 'endToEndId'
    | 'rail'
    | 'creditor'
    | 'instructedAmount'
    | 'chargeBearer'
    | 'purpose'
    | 'remittanceInformation'
    | 'requestedExecutionDate'
  >,
  place: Pick<PaymentPlace, 'account'>,
): TransferInstruction {
  return {
    endToEndId: payment.endToEndId,
    rail: payment.rail,
    debtorAccount: { number: place.account.number, currency: place.account.currency },
    creditor: payment.creditor,
    instructedAmount: payment.instructedAmount,
    chargeBearer: payment.chargeBearer,
    purpose: payment.purpose,
    remittanceInformation: payment.remittanceInformation,
    requestedExecutionDate: payment.requestedExecutionDate,
  };
}

/** Digest of the row as it stands, to be compared with the one that was approved. */
export function digestOf(
  payment: Pick<Payment, 'accountId' | 'creditor' | 'instructedAmount' | 'purpose'>,
): string {
  return digestOfPayment({
    debtorAccountId: payment.accountId,
    creditor: payment.creditor,
    instructedAmount: payment.instructedAmount,
    purpose: payment.purpose,
  });
}

export interface FactExtras {
  readonly maker: string;
  readonly makerUserId?: string | undefined;
  /** Name of whoever said no, where the reason has only an id. */
  readonly decliner?: string | undefined;
  readonly approvers: readonly string[];
  readonly at: Instant;
  readonly previousCreditorAccount?: string | undefined;
  readonly nameMatch?: NameMatch | undefined;
  readonly nameAtBank?: string | undefined;
}

/** What is told of a payment as it stands after a change. */
export function toPaymentFact(
  payment: Payment,
  { account, connection, connector }: PaymentPlace,
  extras: FactExtras,
): PaymentFact {
  const { attempt, reason } = payment;
  const isWaiting =
    payment.state === 'authorised' &&
    payment.notBefore.epochMilliseconds > extras.at.epochMilliseconds;
  return {
    kind: 'payment.changed',
    paymentId: payment.paymentId,
    version: payment.version,
    state: payment.state,
    at: extras.at,
    accountId: account.accountId,
    connectionId: connection.connectionId,
    bank: connector.displayName,
    bankId: connector.id,
    environment: payment.environment,
    accountName: account.name,
    accountNumber: account.number,
    zone: account.zone,
    amount: payment.instructedAmount,
    creditor: payment.creditor,
    purpose: payment.purpose,
    rail: payment.rail,
    remittanceInformation: payment.remittanceInformation,
    endToEndId: payment.endToEndId,
    requestedExecutionDate: payment.requestedExecutionDate,
    maker: extras.maker,
    ...(extras.makerUserId === undefined ? {} : { makerUserId: extras.makerUserId }),
    approvers: extras.approvers,
    ...(extras.previousCreditorAccount === undefined
      ? {}
      : { previousCreditorAccount: extras.previousCreditorAccount }),
    ...(extras.nameMatch === undefined ? {} : { nameMatch: extras.nameMatch }),
    ...(extras.nameAtBank === undefined ? {} : { nameAtBank: extras.nameAtBank }),
    ...(payment.batchId === undefined ? {} : { batchId: payment.batchId }),
    ...(reason ? { code: reason.code, details: detailsOf(reason, extras) } : {}),
    ...(payment.bankReference === undefined ? {} : { bankReference: payment.bankReference }),
    ...(payment.bankCode === undefined ? {} : { bankCode: payment.bankCode }),
    ...(payment.bankMessage === undefined ? {} : { bankMessage: payment.bankMessage }),
    ...(payment.fee ? { fee: payment.fee } : {}),
    ...(isWaiting ? { notBefore: payment.notBefore } : {}),
    ...(payment.settlementEntryId === undefined
      ? {}
      : { settlementEntryId: payment.settlementEntryId }),
    ...(payment.decisionSince && attempt
      ? {
          question: {
            sentAt: attempt.sentAt ?? instantFromMs(attempt.intendedAt.epochMilliseconds),
            attempts: attempt.number,
            inquiries: payment.inquiries,
            lastAnswer: lastAnswerOf(payment),
          },
        }
      : {}),
  };
}

function detailsOf({ details }: Reason, { decliner }: FactExtras): ErrorDetails {
  return decliner === undefined ? details : { ...details, by: decliner };
}

/** The bank's own last words, else the code for its silence. */
function lastAnswerOf(payment: Payment): string {
  if (payment.notFoundCount > 0) return 'payment.notFoundAtBank';
  const words = [payment.bankCode, payment.bankMessage].filter((word) => word !== undefined);
  return words.length > 0 ? words.join(' ') : (payment.reason?.code ?? 'payment.noAnswer');
}

import type { AttemptState, Happening, PaymentLife, Reason } from '#core/payment-happenings.ts';
import { digestOfPayment } from '#core/payments.ts';
import type { PaymentRail, PaymentState, TransferStatus } from '#core/payments.ts';
import type { Account } from './places.ts';
import type { Content } from './plan.ts';

/** One sending, as its row has it. */
export interface Attempt {
  readonly attemptId: string;
  readonly number: number;
  readonly intendedAtMs: number;
  state: AttemptState;
  externalId: string | undefined;
  sentAtMs: number | undefined;
}

/** A payment, as its row has it. */
export interface Row {
  readonly paymentId: string;
  readonly endToEndId: string;
  readonly account: Account;
  readonly content: Content;
  readonly digest: string;
  readonly invoice: string;
  readonly rail: PaymentRail;
  readonly payee: number;
  readonly payeeVersion: number;
  readonly via: 'dingtalk' | 'local';
  readonly sourceKey: string;
  readonly maker: string;
  readonly approvalsRequired: number;
  readonly createdAtMs: number;
  readonly notBeforeMs: number;
  version: number;
  state: PaymentState;
  stateSinceMs: number;
  reason: Reason | undefined;
  waived: readonly string[];
  transferStatus: TransferStatus | undefined;
  bankReference: string | undefined;
  inquiries: number;
  notFoundCount: number;
  failures: number;
  decisionSinceMs: number | undefined;
  firstSentAtMs: number | undefined;
  settlementEntryId: string | undefined;
  returnEntryId: string | undefined;
  nextAtMs: number | undefined;
  wokenAtMs: number | undefined;
  leaseOwner: string | undefined;
  leaseUntilMs: number | undefined;
  authorisedAtMs: number | undefined;
  /** The newest sending, and those before it. */
  attempt: Attempt | undefined;
  earlier: readonly Attempt[];
}

export type NewRow = Pick<
  Row,
  | 'endToEndId'
  | 'account'
  | 'content'
  | 'invoice'
  | 'rail'
  | 'payee'
  | 'payeeVersion'
  | 'via'
  | 'sourceKey'
  | 'maker'
  | 'approvalsRequired'
  | 'notBeforeMs'
>;

/** A row as it is inserted. */
export function makeRow(row: NewRow, paymentId: string, nowMs: number): Row {
  return {
    ...row,
    paymentId,
    digest: digestOfPayment(row.content),
    createdAtMs: nowMs,
    version: 1,
    state: 'awaitingApproval',
    stateSinceMs: nowMs,
    reason: undefined,
    waived: [],
    transferStatus: undefined,
    bankReference: undefined,
    inquiries: 0,
    notFoundCount: 0,
    failures: 0,
    decisionSinceMs: undefined,
    firstSentAtMs: undefined,
    settlementEntryId: undefined,
    returnEntryId: undefined,
    nextAtMs: nowMs,
    wokenAtMs: undefined,
    leaseOwner: undefined,
    leaseUntilMs: undefined,
    authorisedAtMs: undefined,
    attempt: undefined,
    earlier: [],
  };
}

/** Sendings of which a byte may have left, oldest first. */
export function sentOf({ attempt, earlier }: Row): Attempt[] {
  const all = attempt ? [...earlier, attempt] : earlier;
  return all.filter(({ sentAtMs }) => sentAtMs !== undefined);
}

function lastSentOf(row: Row): Pick<PaymentLife, 'lastSentAtMs'> {
  const sentAtMs = sentOf(row).at(-1)?.sentAtMs;
  return sentAtMs === undefined ? {} : { lastSentAtMs: sentAtMs };
}

/** The row as its life sees it (flows/payment/payment-facts.ts). */
export function toLife(row: Row, hasNotice: boolean): PaymentLife {
  const { attempt } = row;
  return {
    state: row.state,
    digest: row.digest,
    createdAtMs: row.createdAtMs,
    notBeforeMs: row.notBeforeMs,
    stateSinceMs: row.stateSinceMs,
    inquiries: row.inquiries,
    notFoundCount: row.notFoundCount,
    failures: row.failures,
    hasDebit: row.settlementEntryId !== undefined,
    hasReturn: row.returnEntryId !== undefined,
    hasNotice,
    canAsk: row.account.bank.capability.fetchTransfer !== undefined,
    isInDoubt: sentOf(row).some(({ state }) => state === 'abandoned'),
    ...(row.reason ? { reasonCode: row.reason.code } : {}),
    ...(row.authorisedAtMs === undefined ? {} : { authorisedAtMs: row.authorisedAtMs }),
    ...lastSentOf(row),
    ...(row.firstSentAtMs === undefined ? {} : { firstSentAtMs: row.firstSentAtMs }),
    ...(row.decisionSinceMs === undefined ? {} : { decisionSinceMs: row.decisionSinceMs }),
    ...(row.transferStatus === undefined ? {} : { transferStatus: row.transferStatus }),
    ...(attempt
      ? {
          attempt: {
            number: attempt.number,
            state: attempt.state,
            ...(attempt.sentAtMs === undefined ? {} : { sentAtMs: attempt.sentAtMs }),
          },
        }
      : {}),
  };
}

/** A happening in few words, for whoever reads the life of a payment. */
export function wordsOf(happening: Happening): string {
  switch (happening.kind) {
    case 'approvalRead':
      return `approval ${happening.reading.kind}`;
    case 'asked':
      return `asked: ${happening.answer.status}`;
    case 'answered':
    case 'notified':
      return `${happening.kind}: ${happening.report.status}`;
    case 'decided':
      return `decided: ${happening.choice}`;
    case 'blocked':
    case 'postponed':
    case 'voided':
    case 'notExecuted':
    case 'refused':
    case 'answerLost':
    case 'askFailed':
      return `${happening.kind}: ${happening.reason.code}`;
    case 'requested':
    case 'intended':
    case 'debitSeen':
    case 'debitGone':
    case 'returnSeen':
    case 'waived':
    case 'cancelled':
    case 'expired':
      return happening.kind;
  }
}

import type { Instant, PlainDate } from './dates.ts';
import type { ErrorCode, ErrorDetails } from './errors.ts';
import type { AccountId, BatchId, ConnectionId, EntryId, PaymentId } from './ids.ts';
import type { Money } from './money.ts';
import type { Counterparty } from './parties.ts';
import type { Creditor, NameMatch, PaymentPurpose, PaymentRail, PaymentState } from './payments.ts';
import type { CreditDebitIndicator, EntrySource } from './statements.ts';

/**
 * Where an entry stands in its life. `corrected` and `reversed` are versions that follow `booked`;
 * `withdrawn` is a pending movement that the bank no longer shows.
 */
export type EntryState = 'pending' | 'booked' | 'corrected' | 'reversed' | 'withdrawn';

/** What is to be told of a movement: everything that a route may match and a card may show. */
export interface EntryFact {
  readonly kind: 'entry.recorded' | 'entry.changed';
  readonly entryId: EntryId;
  /** 1 for the first thing known of this entry, then one more with every change. */
  readonly version: number;
  readonly state: EntryState;
  readonly accountId: AccountId;
  readonly connectionId: ConnectionId;
  /** Display name of the bank, never translated. */
  readonly bank: string;
  /** Connector id, for matchers. */
  readonly bankId: string;
  readonly environment: 'sandbox' | 'production';
  readonly accountName: string;
  readonly accountNumber: string;
  readonly creditDebitIndicator: CreditDebitIndicator;
  readonly amount: Money;
  readonly counterparty?: Counterparty;
  readonly remittanceInformation: string;
  readonly accountServicerReference?: string;
  readonly endToEndId?: string;
  readonly creditorReference?: string;
  readonly bookingDate: PlainDate;
  readonly valueDate?: PlainDate;
  readonly bookedAt?: Instant;
  readonly seenAt: Instant;
  readonly source: EntrySource;
  /** IANA zone of the bank, for the times on the card. */
  readonly zone: string;
  readonly balanceAfter?: Money;
  /** The payment of ours that this movement settles, or that it brings back. */
  readonly payment?: {
    readonly paymentId: PaymentId;
    readonly role: 'settlement' | 'return';
    readonly creditorName: string;
  };
  /** What changed, when the state is `corrected`. */
  readonly previous?: { readonly amount: Money; readonly remittanceInformation: string };
}

/** Things that are told about ourselves and about the bank, not about money. */
export const alertKinds = [
  'statement.gap',
  'statement.gapClosed',
  'account.stale',
  'account.fresh',
  'connection.failing',
  'connection.recovered',
  'connection.callsRefused',
  'inbound.quarantined',
  'delivery.failing',
  'delivery.recovered',
  'delivery.givenUp',
  'budget.low',
  'audit.difference',
  'payment.debitMissing',
  'payment.debitFound',
  'payment.debitUnexpected',
  'payment.lateOutcome',
  'payment.amountDiffers',
  'payment.notRaised',
  'payments.stopped',
  'payments.resumed',
  'approvals.unreachable',
  'approvals.reachable',
  'approvals.notPayable',
] as const;

export type AlertKind = (typeof alertKinds)[number];

/** An alert; never muted, always in the urgent lane (design.md section 4). */
export interface AlertFact {
  readonly kind: AlertKind;
  readonly at: Instant;
  readonly connectionId?: ConnectionId;
  readonly accountId?: AccountId;
  /** Name of what is concerned: a bank and account, or a destination. */
  readonly subject: string;
  /** Error behind it, whose sentence is shown. */
  readonly code?: ErrorCode;
  /** Arguments of the alert's own sentence: counts, amounts as text, times. Never a secret. */
  readonly details: ErrorDetails;
}

/** What is to be told of a payment: one live card shows the newest version of it. */
export interface PaymentFact {
  readonly kind: 'payment.changed';
  readonly paymentId: PaymentId;
  /** Raised with everything that is told. */
  readonly version: number;
  readonly state: PaymentState;
  readonly at: Instant;
  readonly accountId: AccountId;
  readonly connectionId: ConnectionId;
  readonly bank: string;
  readonly bankId: string;
  readonly environment: 'sandbox' | 'production';
  readonly accountName: string;
  readonly accountNumber: string;
  /** IANA zone of the bank, for the times on the card. */
  readonly zone: string;
  readonly amount: Money;
  readonly creditor: Creditor;
  /** What was paid before under this beneficiary, when its account has changed (ask 11). */
  readonly previousCreditorAccount?: string;
  readonly nameMatch?: NameMatch;
  /** The name that the bank holds, when it is not quite ours (ask 13). */
  readonly nameAtBank?: string;
  readonly purpose: PaymentPurpose;
  readonly rail: PaymentRail;
  readonly remittanceInformation: string;
  readonly endToEndId: string;
  readonly requestedExecutionDate: PlainDate;
  /** Names of people, as far as known. */
  readonly maker: string;
  /** The maker's DingTalk user id, where known: the card also goes to the maker personally. */
  readonly makerUserId?: string;
  readonly approvers: readonly string[];
  readonly batchId?: BatchId;
  /** Why it stands where it stands: the sentence `error.<code>` with these values. */
  readonly code?: ErrorCode;
  readonly details?: ErrorDetails;
  readonly bankReference?: string;
  readonly bankCode?: string;
  readonly bankMessage?: string;
  readonly fee?: Money;
  /** When it will be sent, while it waits for its day. */
  readonly notBefore?: Instant;
  readonly settlementEntryId?: EntryId;
  /**
   * People must decide because the bank cannot tell: what we know and what the bank said, both
   * shown on one card (ask 5).
   */
  readonly question?: {
    readonly sentAt: Instant;
    readonly attempts: number;
    readonly inquiries: number;
    /** The bank's own words; an error code where it has not answered or does not know it. */
    readonly lastAnswer: string;
  };
}

export type Fact = EntryFact | PaymentFact | AlertFact;

/** Whether a fact is about a movement. */
export function isEntryFact(fact: Fact): fact is EntryFact {
  return fact.kind === 'entry.recorded' || fact.kind === 'entry.changed';
}

/** Whether a fact is about a payment of ours. */
export function isPaymentFact(fact: Fact): fact is PaymentFact {
  return fact.kind === 'payment.changed';
}

/** Whether a fact is an alert. */
export function isAlertFact(fact: Fact): fact is AlertFact {
  return !isEntryFact(fact) && !isPaymentFact(fact);
}

/** What a fact is about, and which version of it: one live card shows the newest. */
export function subjectOf(
  fact: Fact,
): { readonly subjectId: EntryId | PaymentId; readonly version: number } | undefined {
  if (isEntryFact(fact)) return { subjectId: fact.entryId, version: fact.version };
  if (isPaymentFact(fact)) return { subjectId: fact.paymentId, version: fact.version };
  return undefined;
}

/** When a fact was seen or happened. */
export function momentOf(fact: Fact): Instant {
  return isEntryFact(fact) ? fact.seenAt : fact.at;
}

/** Reasons to wait that end by the clock alone; nobody has to do anything. */
const waitingForTheClock: ReadonlySet<ErrorCode> = new Set([
  'payment.railClosed',
  'payment.notYetDue',
]);

/**
 * Whether a payment stands where somebody has to do something: such a fact goes first, is never
 * muted and never waits for others.
 */
export function needsPeople({ state, code, question }: PaymentFact): boolean {
  switch (state) {
    case 'blocked':
      return code === undefined || !waitingForTheClock.has(code);
    case 'rejected':
    case 'returned':
    case 'voided':
      return true;
    default:
      return question !== undefined;
  }
}

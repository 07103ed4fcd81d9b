import type { ClaimEnding, ClaimState } from './claims.ts';
import type { Instant, PlainDate } from './dates.ts';
import type { ErrorCode, ErrorDetails } from './errors.ts';
import type {
  AccountId,
  BatchId,
  ClaimId,
  ConnectionId,
  EntryId,
  PaymentId,
  ReportId,
} from './ids.ts';
import type { Language } from './languages.ts';
import type { Money } from './money.ts';
import type { Counterparty } from './parties.ts';
import type { Creditor, NameMatch, PaymentPurpose, PaymentRail, PaymentState } from './payments.ts';
import type { CreditDebitIndicator, EntrySource } from './statements.ts';

/**
 * Where an entry stands in its life. `corrected` and `reversed` are versions that follow `booked`;
 * `withdrawn` is a pending movement that the bank no longer shows.
 */
export type EntryState = 'pending' | 'booked' | 'corrected' | 'reversed' | 'withdrawn';

/** Where a movement stands against what was expected. */
export const matchStates = ['matched', 'partial', 'suggested', 'unknown', 'exempt'] as const;
export type MatchState = (typeof matchStates)[number];

/** What a movement belongs to, for its ring: `invoice 4711, paid in full`. */
export interface EntryMatch {
  readonly state: MatchState;
  /** The first few; a suggestion's are only suggested. */
  readonly items: readonly MatchedItem[];
  /** How many more there are. */
  readonly more: number;
  /** The part of the movement that nothing explains, when it is partly matched. */
  readonly unmatched?: Money;
}

export interface MatchedItem {
  /** Document number, or what describes it. */
  readonly label: string;
  readonly counterpartyName?: string;
  readonly isPaidInFull: boolean;
  /** What is still open of it afterwards. */
  readonly open?: Money;
}

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
  /** What it belongs to, as far as that was known when it was told; absent: nothing is expected. */
  readonly match?: EntryMatch;
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

/**
 * A receipt that nobody expected, and who says that it is theirs. Told where it was asked. A reminder
 * tells how it stands once more, as a message that people notice.
 */
export interface ClaimFact {
  readonly kind: 'claim.changed' | 'claim.reminder';
  readonly claimId: ClaimId;
  /** What people call it: counted in the organisation. */
  readonly number: number;
  /** Raised with everything that changes the card; a press counts only for the newest. */
  readonly version: number;
  readonly state: ClaimState;
  readonly at: Instant;
  readonly accountId: AccountId;
  readonly connectionId: ConnectionId;
  readonly environment: 'sandbox' | 'production';
  /** The receipt as it was told, without what it may belong to. */
  readonly entry: EntryFact;
  /** What it may belong to: each becomes a button. */
  readonly suggestions: readonly { readonly itemId: string; readonly label: string }[];
  /** Who says that it is theirs; more than one in a conflict. */
  readonly parties: readonly ClaimFactParty[];
  /** Until when a claim holds without being confirmed, or when it is asked again. */
  readonly until?: Instant;
  readonly confirmedBy?: string;
  /** Why it needs no claim any more. */
  readonly ending?: ClaimEnding;
}

export interface ClaimFactParty {
  readonly personId: string;
  readonly name: string;
  /** Invoice or customer for which it is claimed; empty while it is not said. */
  readonly claimedFor: string;
  readonly isNotOurs?: true;
  readonly note?: string;
}

export const reportFactKinds = [
  'report.ready',
  /** One file of it, which goes by itself. */
  'report.file',
  /** A file did not arrive, or nobody can tell; said where it should have been. */
  'report.fileFailed',
  /** It could not be made. */
  'report.failed',
] as const;

/** A report that is ready, with its files; told where its schedule says. */
export interface ReportFact {
  readonly kind: (typeof reportFactKinds)[number];
  readonly reportId: ReportId;
  readonly version: number;
  readonly at: Instant;
  readonly accountId?: AccountId;
  readonly connectionId?: ConnectionId;
  readonly environment: 'sandbox' | 'production';
  readonly asOf: Instant;
  readonly zone: string;
  /** In the language of the report, like everything in it. */
  readonly language: Language;
  readonly title: string;
  readonly lines: readonly { readonly label: string; readonly value: string }[];
  /** The file that this fact delivers, when its kind is `report.file`. */
  readonly file?: { readonly format: 'xlsx' | 'pdf'; readonly fileName: string };
}

/** Facts that go to a place that was chosen, not through the routing tree. */
export type DirectFact = ClaimFact | ReportFact;

/** Facts whose readers the routing tree finds. */
export type RoutedFact = EntryFact | PaymentFact | AlertFact;

export type Fact = RoutedFact | DirectFact;

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
  return !isEntryFact(fact) && !isPaymentFact(fact) && !isDirectFact(fact);
}

/** Whether a fact is about a claim. */
export function isClaimFact(fact: Fact): fact is ClaimFact {
  return fact.kind === 'claim.changed' || fact.kind === 'claim.reminder';
}

/** Whether a fact is a report, or a file of one. */
export function isReportFact(fact: Fact): fact is ReportFact {
  return reportFactKinds.some((kind) => kind === fact.kind);
}

/** Whether a fact goes to a chosen place, past the routing tree. */
export function isDirectFact(fact: Fact): fact is DirectFact {
  return isClaimFact(fact) || isReportFact(fact);
}

/** What has a card of its own. */
export type SubjectId = EntryId | PaymentId | ClaimId | ReportId;

/** What a fact is about, and which version of it: one live card shows the newest. */
export function subjectOf(
  fact: Fact,
): { readonly subjectId: SubjectId; readonly version: number } | undefined {
  if (isEntryFact(fact)) return { subjectId: fact.entryId, version: fact.version };
  if (isPaymentFact(fact)) return { subjectId: fact.paymentId, version: fact.version };
  // A reminder is a message of its own: it is not to be swallowed by the card that stands already.
  if (isClaimFact(fact)) {
    const { kind, claimId, version } = fact;
    return kind === 'claim.changed' ? { subjectId: claimId, version } : undefined;
  }
  if (isReportFact(fact)) return { subjectId: fact.reportId, version: fact.version };
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

import type { Instant, PlainDate } from './dates.ts';
import type { Money } from './money.ts';
import type { Counterparty } from './parties.ts';

/** Seen from the account's owner. */
export type CreditDebitIndicator = 'credit' | 'debit';

/** ISO 20022 entry status, as far as banks of our connectors report it. */
export type EntryStatus = 'pending' | 'booked';

/** How we came to know of a movement. */
export type EntrySource = 'push' | 'statement' | 'file';

/**
 * One movement as one source reports it. Several reports can be of one entry: a push and the
 * statement line that follows, or a pending and a booked one.
 */
export interface EntryReport {
  readonly creditDebitIndicator: CreditDebitIndicator;
  /** Never negative; the indicator carries the sign. */
  readonly amount: Money;
  readonly status: EntryStatus;
  /** The movement was taken back: by the bank (correction) or by the other side (return). */
  readonly isReversed?: boolean;
  /** The bank's local day. */
  readonly bookingDate: PlainDate;
  readonly valueDate?: PlainDate;
  /** The bank's own moment of booking, where it says one; gives the bank's delay. */
  readonly bookedAt?: Instant;
  readonly counterparty?: Counterparty;
  readonly remittanceInformation: string;
  readonly accountServicerReference?: string;
  readonly endToEndId?: string;
  /** A virtual account, invoice or structured reference that the payer used. */
  readonly creditorReference?: string;
  /** Balance right after this entry, where the bank gives it; proves continuity. */
  readonly balanceAfter?: Money;
  /**
   * Key that the bank promises to be unique in this account for ever, such as
   * `transaction:2025063000000000000001`. Absent: identity is a fingerprint and its ordinal.
   */
  readonly uniqueKey?: string;
  /**
   * Texts by which another report of the same movement can be recognised, such as the reference
   * number that the statement repeats in its narrative. At least six characters each.
   */
  readonly evidence: readonly string[];
  /** The bank's own state word, kept beside ours. */
  readonly bankStatus?: string;
}

export type BalanceType =
  | 'openingBooked'
  | 'closingBooked'
  | 'interimBooked'
  | 'interimAvailable'
  | 'closingAvailable';

export interface BalanceReport {
  readonly type: BalanceType;
  readonly amount: Money;
  readonly asOf: Instant;
}

/** One page of a statement. */
export interface StatementPage {
  readonly entries: readonly EntryReport[];
  readonly balances: readonly BalanceReport[];
  /** Continue with this; absent on the last page. */
  readonly nextCursor?: string;
}

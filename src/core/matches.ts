import type { EpochDay } from './epoch-day.ts';
import type { MatchReason } from './match-reasons.ts';
import type { CurrencyCode, Money } from './money.ts';
import type { CreditDebitIndicator } from './statements.ts';

export type MatchKind =
  /** One entry, one item. */
  | 'single'
  /** One entry settles several items. */
  | 'batch'
  /** Several entries settle one item: instalments. */
  | 'split'
  | 'manyToMany'
  /** Two lines of the same side that undo each other: void and reissue, returned payment. */
  | 'netting'
  /** Two entries on the organisation's own accounts. */
  | 'transfer'
  /** A debit of a payment of ours; the entry carries its id already. */
  | 'payment';

/** What the decision rests on. */
export type MatchBasis = 'exactKey' | 'uniqueSubset' | 'score' | 'memory' | 'rule';

/** What the engine may say; what it leaves out is open. */
export type MatchDecision = 'automatic' | 'suggested';

/** A line on the bank's side, as far as it is still open. */
export interface EntryLine {
  readonly id: string;
  readonly accountId: string;
  readonly direction: CreditDebitIndicator;
  /** Never negative: the part that no match has used. */
  readonly amount: Money;
  readonly bookingDay: EpochDay;
  /** Everything written on the line: remittance information first. */
  readonly text: string;
  readonly counterpartyName?: string | undefined;
  readonly counterpartyAccount?: string | undefined;
  /** Structured references: end-to-end id, creditor reference, virtual account, bank's own. */
  readonly references: readonly string[];
  /** A payment of ours that the entry is known to settle or bring back. */
  readonly paymentId?: string | undefined;
  /** The bank's own rate, decimal text: units of `counterCurrency` for one of this currency. */
  readonly rate?: { readonly rate: string; readonly counterCurrency: CurrencyCode } | undefined;
  /** The bank or the other side took a movement back by this line. */
  readonly isReversal?: boolean | undefined;
}

/** What should appear at the bank: an invoice, a bill, a payment, a ledger line. */
export interface ItemLine {
  readonly id: string;
  /** How it will show on the account: an invoice to a customer is a credit. */
  readonly direction: CreditDebitIndicator;
  /** Never negative: the part that is still open. */
  readonly amount: Money;
  /** The amount may lie between these when it is not known exactly, such as a power bill. */
  readonly bounds?: { readonly min: Money; readonly max: Money } | undefined;
  readonly dueDay?: EpochDay | undefined;
  readonly issuedDay?: EpochDay | undefined;
  /** The invoice or document number. */
  readonly number?: string | undefined;
  readonly counterpartyName?: string | undefined;
  readonly counterpartyAccount?: string | undefined;
  /** The customer or supplier among all items, such as its number in the ledger. */
  readonly counterpartyKey?: string | undefined;
  /** Keys that an entry may carry: creditor reference, virtual account, end-to-end id. */
  readonly references: readonly string[];
  readonly text: string;
  /** Only an entry of this account can settle it. */
  readonly accountId?: string | undefined;
  readonly paymentId?: string | undefined;
  /** Cancels another item: a voided document, a credit note. */
  readonly isReversal?: boolean | undefined;
}

/** So much of an entry settles so much of an item; the two differ in currency or by a fee. */
export interface Allocation {
  readonly entryId: string;
  readonly itemId: string;
  /** Part of the entry that is used. */
  readonly entryAmount: Money;
  /** Part of the item that is settled: the entry's part, plus or minus the residuals. */
  readonly itemAmount: Money;
}

export type ResidualKind = 'fee' | 'exchange' | 'tolerance';

/** A first-class leg for what is between the amounts. */
export interface Residual {
  readonly kind: ResidualKind;
  /**
   * From the organisation's view: a fee that it bears is negative, an exchange gain positive. For
   * each item, in its currency: settled amount + residual = what the bank moved (a credit), or
   * settled amount − residual = what the bank moved (a debit).
   */
  readonly amount: Money;
  readonly entryId?: string | undefined;
  readonly itemId?: string | undefined;
  readonly ruleId?: string | undefined;
  /** Rate between entry and item, decimal text, and who stated it. */
  readonly rate?: string | undefined;
  readonly rateSource?: string | undefined;
}

export interface MatchAlternative {
  readonly entryIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly probability: number;
}

export interface ProposedMatch {
  readonly kind: MatchKind;
  readonly basis: MatchBasis;
  readonly decision: MatchDecision;
  /** Sorted. Netting among items has none; netting among entries and transfers have no items. */
  readonly entryIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly allocations: readonly Allocation[];
  readonly residuals: readonly Residual[];
  readonly probability: number;
  /** No other set of lines explains it as well; proven, not guessed. */
  readonly isUnique: boolean;
  readonly reasons: readonly MatchReason[];
  /** Only, and always, on what is suggested. */
  readonly whyNotAutomatic?: MatchReason | undefined;
  readonly alternatives: readonly MatchAlternative[];
}

export interface OpenLine {
  readonly side: 'entry' | 'item';
  readonly id: string;
  readonly reason: MatchReason;
}

/** Agreed differences. What is tested is always the residual, never the whole amount. */
export interface ToleranceRule {
  readonly id: string;
  /** Only for entries of this account. */
  readonly accountId?: string | undefined;
  readonly currency: CurrencyCode;
  /** The largest difference of one match, in minor units. */
  readonly limitMinorUnits: bigint;
  /** And not more than this share of the item, such as `0.01`. */
  readonly shareMax?: number | undefined;
  /** All differences of one booking day under this rule together. */
  readonly dailyCapMinorUnits?: bigint | undefined;
}

/** What a bank is known to keep of a transfer. */
export interface FeeProfile {
  readonly accountId?: string | undefined;
  readonly currency: CurrencyCode;
  readonly feeMinorUnits: bigint;
  /** Accepted matches in which it was seen. */
  readonly seen: number;
}

/** A rate that somebody stated: one unit of `from` is `rate` units of `to`. */
export interface ExchangeRate {
  readonly from: CurrencyCode;
  readonly to: CurrencyCode;
  /** Decimal text. */
  readonly rate: string;
  readonly source: string;
  readonly day: EpochDay;
}

/** An account of the organisation itself, so that transfers between them are recognised. */
export interface OwnAccount {
  readonly accountId: string;
  readonly currency: CurrencyCode;
  /** Account numbers as banks may print them. */
  readonly identifiers: readonly string[];
  /** Names under which the organisation holds it. */
  readonly names: readonly string[];
}

export interface MatchSettings {
  /** The organisation's own words: "at least 0.995 of what is decided alone must be right". */
  readonly statedPrecision: number;
  /** Ages of refusals are counted to this day; nothing else depends on it. */
  readonly asOf: EpochDay;
  /** An entry may come so many days before and after its item's day. */
  readonly windowDays: { readonly early: number; readonly late: number };
  readonly transferDays: number;
  readonly tolerances: readonly ToleranceRule[];
  readonly feeProfiles: readonly FeeProfile[];
  readonly ownAccounts: readonly OwnAccount[];
  readonly rates: readonly ExchangeRate[];
  /** A stated rate may be off by this share, such as `0.02`. */
  readonly rateSlack: number;
  /** Texts such as `PAY-{number}` around the invoice number. */
  readonly paymentCodeTemplates: readonly string[];
  /** Highest share of an item that a fee nobody has confirmed may take. */
  readonly plausibleFeeShare: number;
  /** Steps of search for one entry, and for the whole call. */
  readonly workPerSearch: number;
  readonly workMax: number;
  /**
   * Files have no history: the calibration of the score stands in for it, but only where estimated
   * probability and margin reach the stated precision.
   */
  readonly mayTrustCalibration: boolean;
  /** Amounts may differ between ledger and bank by typing errors; only suggested. */
  readonly mayScore: boolean;
}

/** "This writing means that counterparty": learnt from decisions of this organisation only. */
export interface Alias {
  readonly kind: 'name' | 'account' | 'text';
  /** Folded by `foldAliasText`, so that the writing matters little. */
  readonly text: string;
  readonly counterpartyKey: string;
  readonly confirmations: number;
  /** Days on which somebody said no; they fade. */
  readonly refusedOn: readonly EpochDay[];
}

/** Somebody said that these two do not belong together. */
export interface Refusal {
  readonly entryId: string;
  readonly itemId: string;
  readonly refusedOn: EpochDay;
}

/** People's decisions on suggestions whose probability lay in one band. */
export interface BandRecord {
  readonly basis: MatchBasis;
  /** 0 … 19: twentieths of log odds, see `bandOf`. */
  readonly band: number;
  readonly right: number;
  readonly wrong: number;
}

/** Residuals that a rule has let pass already. */
export interface ToleranceUse {
  readonly ruleId: string;
  readonly day: EpochDay;
  readonly usedMinorUnits: bigint;
}

export interface MatchKnowledge {
  readonly aliases: readonly Alias[];
  readonly refusals: readonly Refusal[];
  readonly bands: readonly BandRecord[];
  readonly toleranceUses: readonly ToleranceUse[];
}

export interface MatchStats {
  readonly entries: number;
  readonly items: number;
  readonly automatic: number;
  readonly suggested: number;
  readonly open: number;
  /** Steps of search that were done: what is bounded, whatever the input. */
  readonly work: number;
}

export interface MatchResult {
  readonly matches: readonly ProposedMatch[];
  readonly open: readonly OpenLine[];
  readonly stats: MatchStats;
}

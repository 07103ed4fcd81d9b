import type { CaseKind } from './shares.ts';

/** What really happened, kept apart from the two files. Amounts are decimal text. */
export interface Truth {
  readonly seed: number;
  readonly rows: number;
  readonly groups: readonly TruthGroup[];
  /** Lines that nobody can tell apart from the two files: any of a set may stand for any other. */
  readonly sameBank: readonly (readonly string[])[];
  readonly sameLedger: readonly (readonly string[])[];
  /** Lines that belong to nothing on either side. */
  readonly open: readonly { readonly id: string; readonly kind: CaseKind }[];
}

/** Lines that belong together, and nothing that belongs to them is elsewhere. */
export interface TruthGroup {
  readonly kind: CaseKind;
  readonly bank: readonly string[];
  readonly ledger: readonly string[];
  /** So much of the line of the books, in its own currency, is settled by the line of the bank. */
  readonly allocations: readonly TruthAllocation[];
  /** Two lines of one side that cancel each other or are two ends of one transfer. */
  readonly pairs: readonly (readonly [string, string])[];
  /** What a line of the bank has beyond its allocations, or two of a pair beyond each other. */
  readonly residuals: readonly TruthResidual[];
}

export interface TruthAllocation {
  readonly bank: string;
  readonly ledger: string;
  readonly amount: string;
}

export interface TruthResidual {
  readonly kind: 'fee' | 'rounding' | 'transposed' | 'exchange';
  readonly bank: string;
  /** In the currency of the account; for an exchange, all that was booked there. */
  readonly amount: string;
}

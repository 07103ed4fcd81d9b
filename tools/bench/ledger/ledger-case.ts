import type { CaseKind } from './shares.ts';
import type { OwnAccount } from './own-accounts.ts';
import type { Party } from './parties.ts';

/** What stands in the books, before it has its number and id. Day numbers count from 1970. */
export interface LedgerDraft {
  readonly party: Party;
  readonly issueDay: number;
  readonly dueDay: number;
  /** Minor units; negative for what we owe. */
  readonly amount: bigint;
  readonly currency: string;
  readonly kind: 'invoice' | 'bill' | 'creditNote' | 'void';
  readonly purchaseOrder: string;
  /** Carries the number of another line: a document entered twice, or written differently. */
  readonly copyOf?: { readonly draft: LedgerDraft; readonly isRewritten: boolean };
  readonly voids?: LedgerDraft;
  readonly replaces?: LedgerDraft;
}

/** How a payer names what is paid. */
export type Quote = 'number' | 'transposed' | 'list' | 'purchaseOrder';

/** A line of a bank statement, before the bank has written its narrative and given it an id. */
export interface BankDraft {
  readonly day: number;
  readonly amount: bigint;
  readonly account: OwnAccount;
  readonly party?: Party;
  /** The party's own name, the name of somebody who pays for it, or none at all. */
  readonly payer: 'self' | 'other' | 'none';
  readonly quotes: readonly LedgerDraft[];
  readonly quote?: Quote;
  /** Words of the bank that belong to this line, such as the rate. */
  readonly note?: string;
  /** What the bank writes whole, for lines that no customer caused. */
  readonly fixed?: { readonly text: string; readonly counterparty: string };
  readonly bankReference?: string;
  /** The same line delivered twice: text and reference are those of the other one. */
  readonly copyOf?: BankDraft;
}

/** So much of a line of the books is settled by a line of the bank. */
export interface DraftAllocation {
  readonly bank: BankDraft;
  readonly ledger: LedgerDraft;
  /** Minor units of the currency of the books, with the sign of the line. */
  readonly amount: bigint;
}

/** One thing that happened, with all lines that it left behind and how they belong together. */
export interface LedgerCase {
  readonly kind: CaseKind;
  readonly bank: readonly BankDraft[];
  readonly ledger: readonly LedgerDraft[];
  readonly allocations: readonly DraftAllocation[];
  /** Two lines of the bank that cancel each other or are two ends of one transfer. */
  readonly bankPairs: readonly (readonly [BankDraft, BankDraft])[];
  /** Two lines of the books that cancel each other. */
  readonly ledgerPairs: readonly (readonly [LedgerDraft, LedgerDraft])[];
  /** Lines that nobody can tell apart: any of them may stand for any other. */
  readonly sameBank: readonly (readonly BankDraft[])[];
  readonly sameLedger: readonly (readonly LedgerDraft[])[];
}

/** A case with what is seldom needed left empty. */
export function ledgerCase(kind: CaseKind, parts: Partial<Omit<LedgerCase, 'kind'>>): LedgerCase {
  return {
    kind,
    bank: [],
    ledger: [],
    allocations: [],
    bankPairs: [],
    ledgerPairs: [],
    sameBank: [],
    sameLedger: [],
    ...parts,
  };
}

import type { Random } from '../../harness/random.ts';
import { drawAmount } from './amounts.ts';
import { businessDayFrom, drawDelay, drawPaymentDay } from './calendar.ts';
import type { BankDraft, DraftAllocation, LedgerDraft } from './ledger-case.ts';
import type { Party, PartyBook } from './parties.ts';

/** What every case is made from. */
export interface Scene {
  readonly random: Random;
  readonly book: PartyBook;
}

/** A day on which the party pays, and the due day that it pays for. */
export function drawDays(
  { random }: Scene,
  party: Party,
): { readonly day: number; readonly dueDay: number } {
  const day = drawPaymentDay(random, party.account.market);
  return { day, dueDay: day - drawDelay(random) };
}

/** So many days later, on a day on which banks book. */
export function laterDay(party: Party, day: number, days: number): number {
  return businessDayFrom(party.account.market, day + days);
}

/** A document of a party: an invoice of a customer, a bill of a supplier. */
export function draftItem(
  { random }: Scene,
  party: Party,
  wish: {
    readonly dueDay: number;
    /** Without a sign; the role of the party gives it. */
    readonly amount?: bigint;
    readonly currency?: string;
  },
): LedgerDraft {
  const currency = wish.currency ?? party.account.currency;
  const amount = wish.amount ?? drawAmount(random, currency);
  return {
    party,
    issueDay: wish.dueDay - party.termsDays,
    dueDay: wish.dueDay,
    amount: signed(party, amount),
    currency,
    kind: party.role === 'customer' ? 'invoice' : 'bill',
    purchaseOrder: `PO${random.whole(10_000, 99_999)}`,
  };
}

/** A line of the bank that pays documents; unless said otherwise all of them, to the last unit. */
export function draftLine(
  items: readonly LedgerDraft[],
  wish: Partial<Omit<BankDraft, 'day' | 'quotes'>> & { readonly day: number },
): BankDraft {
  const [first] = items;
  if (first === undefined) throw new Error('a line of the bank pays at least one document');
  return {
    account: first.party.account,
    party: first.party,
    payer: 'self',
    amount: items.reduce((sum, item) => sum + item.amount, 0n),
    quotes: items,
    ...wish,
  };
}

/** Each document settled in full by the line. */
export function settleAll(bank: BankDraft, items: readonly LedgerDraft[]): DraftAllocation[] {
  return items.map((ledger) => ({ bank, ledger, amount: ledger.amount }));
}

/** Positive for what customers pay, negative for what we pay. */
export function signed(party: Party, amount: bigint): bigint {
  return party.role === 'customer' ? amount : -amount;
}

/** What arrives when a bank on the way has taken a fee. What we pay ourselves costs us more. */
export function minusFee(amount: bigint, fee: bigint): bigint {
  return amount - fee;
}

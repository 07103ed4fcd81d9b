import { parsePlainDate } from '#core/dates.ts';
import { money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { EntryReport } from '#core/statements.ts';
import type { Transfer } from './bank.ts';
import type { Chance } from './chance.ts';
import { HOUR_MS, MINUTE_MS, railOf } from './places.ts';
import type { Account } from './places.ts';

/** A line of an account's statement, as it will be read. */
export interface Entry {
  readonly entryId: string;
  readonly account: Account;
  readonly report: EntryReport;
  /** The bank shows it from then on. */
  readonly shownAtMs: number;
  /** It is the line with this id once more, now taken back. */
  readonly isReversal: boolean;
}

/** Nothing that is decided here depends on the day. */
const DAY = parsePlainDate('2026-11-23');
const FEE = 6_500_00n;

/** How a bank writes a debit, or the credit that brings it back. */
export function reportOf(
  transfer: Transfer,
  creditDebitIndicator: 'debit' | 'credit',
  amount: Money = transfer.call.amount,
): EntryReport {
  const { call, id } = transfer;
  const base = { creditDebitIndicator, amount, status: 'booked' as const, bookingDate: DAY };
  switch (railOf(call.account, call.rail).narrative) {
    case 'reference':
      return {
        ...base,
        // Two fields of eighteen characters: ours fills the first.
        remittanceInformation: `${call.remark.slice(0, 18)} ${call.remark.slice(18, 36)}`,
        evidence: [],
      };
    case 'bankReference':
      return { ...base, remittanceInformation: `PAYOUT ${call.creditor.name}`, evidence: [id] };
    case 'creditor':
      return {
        ...base,
        remittanceInformation: `BIF TRANSFER KE ${call.creditor.account}`,
        evidence: [],
      };
    case 'nameless':
      return { ...base, remittanceInformation: 'SWITCHING DB', evidence: [] };
  }
}

export function feeOf(transfer: Transfer): EntryReport {
  return reportOf(transfer, 'debit', money(FEE, transfer.call.amount.currency));
}

/** Somebody else's movement on the same account, such as a payment made in the bank's portal. */
export function strangerOf(chance: Chance, { call }: Transfer): EntryReport {
  const isSameAmount = chance.chance(0.4);
  const amount = isSameAmount
    ? call.amount
    : money(BigInt(chance.whole(100_00, 9_000_000_00)), call.amount.currency);
  return {
    creditDebitIndicator: chance.chance(0.8) ? 'debit' : 'credit',
    amount,
    status: 'booked',
    bookingDate: DAY,
    remittanceInformation: chance.chance(0.3) ? 'SWITCHING DB' : `LISTRIK ${chance.whole(1, 9999)}`,
    evidence: [],
  };
}

/** How long after the booking a line is shown. */
export function drawShownAfter(chance: Chance): number {
  if (chance.chance(0.02)) return chance.between(4 * HOUR_MS, 20 * HOUR_MS);
  return chance.between(1_000, chance.chance(0.3) ? HOUR_MS : 10 * MINUTE_MS);
}

/** SNAP answers into our words (A10.1–A10.3). */
import {
  dayIn,
  type Instant,
  msBetween,
  type PlainDate,
  parseInstant,
  parsePlainDate,
  startOfDay,
} from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { type Money, parseCurrency, parseMoney } from '#core/money.ts';
import type {
  BalanceReport,
  CreditDebitIndicator,
  EntryReport,
  EntryStatus,
} from '#core/statements.ts';
import type { z } from 'zod';
import type { AccountReference } from '../contract.ts';
import { endToEndIdOf, endToEndIdsIn } from '../reading.ts';
import type { AmountWire, BalanceWire, HistoryEntry, Statement, StatementEntry } from './wire.ts';

type Amount = z.infer<typeof AmountWire>;

/** Never negative: in SNAP the sign stands in `type`, and both at once would be a guess. */
export function toAmount(wire: Amount): Money {
  const amount = parseMoney(wire.value, wire.currency);
  if (amount.amountMinorUnits < 0n) {
    throw new CashbellError('money.amountInvalid', { amount: wire.value });
  }
  return amount;
}

/** A balance may be below zero. */
function toBalanceAmount(wire: Amount): Money {
  return parseMoney(wire.value, wire.currency);
}

const INDICATORS: Readonly<Record<string, CreditDebitIndicator>> = {
  CREDIT: 'credit',
  DEBIT: 'debit',
};

/** Entry types of service 14; BRI writes `Credit`. */
export function toIndicator(type: string): CreditDebitIndicator {
  const indicator = INDICATORS[type.trim().toUpperCase()];
  if (indicator === undefined) throw unknownStatus('type', type);
  return indicator;
}

/** `transactionDetailStatus`; the standard itself writes `ERROR CORECTION`. */
export const entryStatusTable: Readonly<
  Record<string, { readonly status: EntryStatus; readonly isReversed?: true }>
> = {
  '': { status: 'booked' },
  SUCCESS: { status: 'booked' },
  'ERROR CORECTION': { status: 'booked', isReversed: true },
  'ERROR CORRECTION': { status: 'booked', isReversed: true },
  PENDING: { status: 'pending' },
};

/** States and types of service 12 (A10.2). */
export const historyStatusTable: typeof entryStatusTable = {
  INIT: { status: 'pending' },
  SUCCESS: { status: 'booked' },
  CLOSED: { status: 'booked' },
  CANCELLED: { status: 'booked', isReversed: true },
};

export const historyTypeTable: Readonly<Record<string, CreditDebitIndicator>> = {
  ...INDICATORS,
  PAYMENT: 'debit',
  SEND_MONEY: 'debit',
  DISBURSMENT: 'debit',
  DISBURSEMENT: 'debit',
  REFUND: 'credit',
  TOP_UP: 'credit',
  RECEIVE_MONEY: 'credit',
};

function unknownStatus(what: string, found: string): CashbellError {
  return new CashbellError('connector.statusUnknown', { what, found: found.slice(0, 40) });
}

/** Booking day in the bank's zone, and the moment where the bank gives one. */
export function toBooking(
  text: string,
  zone: string,
): { readonly bookingDate: PlainDate; readonly bookedAt?: Instant } {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return { bookingDate: parsePlainDate(text) };
  const bookedAt = parseInstant(text);
  const bookingDate = dayIn(bookedAt, zone);
  // Banks that know only the day write its midnight (BCA, A13): that is no moment of booking.
  if (startOfDay(bookingDate, zone).equals(bookedAt)) return { bookingDate };
  return { bookingDate, bookedAt };
}

/** A statement line of service 14. */
export function toEntry(wire: StatementEntry, zone: string): EntryReport {
  const word = wire.transactionDetailStatus?.trim().toUpperCase() ?? '';
  const state = entryStatusTable[word];
  if (state === undefined) throw unknownStatus('transactionDetailStatus', word);
  const transactionId = presentText(wire.transactionId);
  const reference = transactionId ?? presentText(wire.referenceNo);
  const end = wire.detailBalance?.endAmount[0] ?? wire.endAmount[0];
  const remark = wire.remark ?? '';
  const creditDebitIndicator = toIndicator(wire.type);
  return {
    creditDebitIndicator,
    amount: toAmount(wire.amount),
    ...state,
    ...toBooking(wire.transactionDate, zone),
    remittanceInformation: collapse(remark),
    ...(reference === undefined ? {} : { accountServicerReference: reference }),
    ...(creditDebitIndicator === 'debit' ? endToEndIdOf(remark) : {}),
    ...(end === undefined ? {} : { balanceAfter: toBalanceAmount(end) }),
    ...(transactionId === undefined ? {} : { uniqueKey: `transaction:${transactionId}` }),
    evidence: toEvidence([transactionId, wire.referenceNo, ...narrativeReferences(remark)]),
    ...(word === '' ? {} : { bankStatus: word }),
  };
}

/** A line of the transaction history (service 12). */
export function toHistoryEntry(wire: HistoryEntry, zone: string): EntryReport {
  const status = wire.status.trim().toUpperCase();
  const type = wire.type.trim().toUpperCase();
  const state = historyStatusTable[status];
  const indicator = historyTypeTable[type];
  if (state === undefined) throw unknownStatus('status', status);
  if (indicator === undefined) throw unknownStatus('type', type);
  const transactionId = presentText(wire.additionalInfo?.transactionId);
  const reference = presentText(wire.additionalInfo?.referenceNo) ?? transactionId;
  const remark = wire.remark ?? '';
  return {
    creditDebitIndicator: indicator,
    amount: toAmount(wire.amount),
    ...state,
    ...toBooking(wire.dateTime, zone),
    remittanceInformation: collapse(remark),
    ...(reference === undefined ? {} : { accountServicerReference: reference }),
    ...(indicator === 'debit' ? endToEndIdOf(remark) : {}),
    ...(transactionId === undefined ? {} : { uniqueKey: `transaction:${transactionId}` }),
    evidence: toEvidence([transactionId, reference, ...narrativeReferences(remark)]),
    bankStatus: status,
  };
}

/**
 * A key that two different lines of one answer share is not unique, whatever the bank promises: a
 * fee and its transfer, for example. Both then go by fingerprint, so that neither is swallowed
 * (ask 48).
 */
export function withoutSharedKeys(entries: readonly EntryReport[]): EntryReport[] {
  const contents = new Map<string, Set<string>>();
  for (const entry of entries) {
    if (entry.uniqueKey === undefined) continue;
    const content = `${entry.creditDebitIndicator} ${entry.amount.amountMinorUnits}`;
    const known = contents.get(entry.uniqueKey) ?? new Set();
    contents.set(entry.uniqueKey, known.add(content));
  }
  return entries.map((entry) => {
    const { uniqueKey, ...rest } = entry;
    const isShared = uniqueKey !== undefined && (contents.get(uniqueKey)?.size ?? 0) > 1;
    return isShared ? rest : entry;
  });
}

/** Balances beside a statement. A day that still runs has an interim balance, not a closing one. */
export function toStatementBalances(wire: Statement, zone: string, now: Instant): BalanceReport[] {
  return wire.balance.flatMap(({ startingBalance, endingBalance }) => [
    ...(startingBalance === undefined
      ? []
      : [balance('openingBooked', startingBalance, momentOf(startingBalance.dateTime, now))]),
    ...(endingBalance === undefined
      ? []
      : [closingBalance(endingBalance, momentOf(endingBalance.dateTime, now), zone, now)]),
  ]);
}

function closingBalance(wire: Amount, at: Instant, zone: string, now: Instant): BalanceReport {
  const isRunning = dayIn(at, zone).toString() >= dayIn(now, zone).toString();
  const asOf = msBetween(now, at) > 0 ? now : at;
  return balance(isRunning ? 'interimBooked' : 'closingBooked', wire, asOf);
}

function momentOf(text: string | undefined, now: Instant): Instant {
  return text === undefined ? now : parseInstant(text);
}

function balance(type: BalanceReport['type'], wire: Amount, asOf: Instant): BalanceReport {
  return { type, amount: toBalanceAmount(wire), asOf };
}

/** Answer of service 11 (A10.1), in the account's currency only. */
export function toBalances(
  wire: z.infer<typeof BalanceWire>,
  account: AccountReference,
  now: Instant,
): BalanceReport[] {
  assertSameAccount(wire.accountNo, account);
  const currency = parseCurrency(account.currency);
  const reports = wire.accountInfos.flatMap((info) => [
    ...(info.availableBalance ? [balance('interimAvailable', info.availableBalance, now)] : []),
    ...(info.amount ? [balance('interimBooked', info.amount, now)] : []),
    ...(info.ledgerBalance ? [balance('openingBooked', info.ledgerBalance, now)] : []),
  ]);
  const own = reports.filter((report) => report.amount.currency === currency);
  if (reports.length > 0 && own.length === 0) {
    const found = reports[0]?.amount.currency ?? '';
    throw new CashbellError('statement.currencyMismatch', { expected: currency, found });
  }
  return own;
}

/** Money of a foreign account under ours would be the worst mistake: an answer for it is refused. */
export function assertSameAccount(found: string | undefined, account: AccountReference): void {
  const digits = found?.replace(/\s/g, '') ?? '';
  const isPlain = /^\d+$/.test(digits) && /^\d+$/.test(account.number);
  if (isPlain && trimZeros(digits) !== trimZeros(account.number)) {
    throw new CashbellError('connector.answerUnreadable', { what: 'accountNo' });
  }
}

export function assertSameCurrency(entries: readonly EntryReport[], currency: string): void {
  const expected = parseCurrency(currency);
  const foreign = entries.find((entry) => entry.amount.currency !== expected);
  if (foreign !== undefined) {
    const found = foreign.amount.currency;
    throw new CashbellError('statement.currencyMismatch', { expected, found });
  }
}

export function trimZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}

/** Blank text is no text: a line with an empty id must not lose its identity (ask 50). */
export function presentText(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? undefined : trimmed;
}

/** Runs of white space become one space; BCA pads the first of two 18-character fields. */
export function collapse(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

const EVIDENCE_MIN = 6;

/** Evidence: present, trimmed, each once, at least six characters. */
export function toEvidence(texts: readonly (string | undefined)[]): string[] {
  const evidence = new Set<string>();
  for (const text of texts) {
    const trimmed = presentText(text);
    if (trimmed !== undefined && trimmed.length >= EVIDENCE_MIN) evidence.add(trimmed);
  }
  return [...evidence];
}

/**
 * Words of a narrative that look like references: they hold a digit. A virtual account of 23
 * characters runs over BCA's 18-character field; where the first field is full, the text is
 * contiguous and stays one word. Our own references are put together again.
 */
export function narrativeReferences(remark: string): string[] {
  const words = remark.split(/[\s,;|]+/).filter((word) => /\d/.test(word));
  const parts = words.flatMap((word) => word.split(/[^A-Za-z0-9]+/));
  return [...words, ...parts.filter((part) => /\d/.test(part)), ...endToEndIdsIn(remark)];
}

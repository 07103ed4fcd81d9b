import type { PlainDate } from './dates.ts';
import { isSameMoney } from './money.ts';
import type { Money } from './money.ts';
import { foldAccount, foldName } from './payments.ts';
import type { PaymentState } from './payments.ts';
import type { EntryReport } from './statements.ts';

/** A payment that may show on the account. */
export interface LinkablePayment {
  readonly paymentId: string;
  readonly endToEndId: string;
  readonly bankReference?: string | undefined;
  readonly amount: Money;
  readonly creditorName: string;
  readonly creditorAccount: string;
  readonly state: PaymentState;
  readonly hasDebit: boolean;
  /** The bank repeats our reference, or gives its own, on the line of this payment's debit. */
  readonly isReferenced: boolean;
  /** Day of its first sending, by the earliest clock; a line of a day before is not its debit. */
  readonly sentDay?: PlainDate | undefined;
  /** Texts by which the bank knows the line of its debit. */
  readonly debitEvidence?: readonly string[] | undefined;
}

/** What ties an entry to a payment, the strongest first. */
export type LinkEvidence = 'endToEndId' | 'bankReference' | 'creditor' | 'amount';

export interface PaymentLink {
  readonly payment: LinkablePayment;
  readonly role: 'settlement' | 'return';
  readonly by: LinkEvidence;
}

const REFERENCE_LENGTH = 18;
const ACCOUNT_LENGTH_MIN = 6;

/**
 * Finds the payment that an entry settles, or brings back. A debit must have exactly the payment's
 * amount: fees carry the same references. References prove. Only where the bank repeats none and has
 * taken the transfer, the payee in the narrative is believed when one payment alone fits, and the
 * amount when no other one waits for the same debit: people also pay by hand. A debit that carries the
 * reference of another payment is nobody else's: a second debit of one must not settle the other.
 */
export function findPaymentOfEntry(
  report: EntryReport,
  payments: readonly LinkablePayment[],
): PaymentLink | undefined {
  const isDebit = report.creditDebitIndicator === 'debit';
  const role = isDebit ? 'settlement' : 'return';
  const fitting = payments.filter(
    ({ amount, hasDebit }) => isSameMoney(amount, report.amount) && (!isDebit || !hasDebit),
  );
  const text = textOf(report);
  const byReference = fitting.find(
    ({ endToEndId }) => report.endToEndId === endToEndId || text.includes(endToEndId),
  );
  if (byReference) return { payment: byReference, role, by: 'endToEndId' };
  const references = new Set(report.evidence);
  if (report.accountServicerReference !== undefined) {
    references.add(report.accountServicerReference);
  }
  const byBank = fitting.find(
    ({ bankReference }) => bankReference !== undefined && references.has(bankReference),
  );
  if (byBank) return { payment: byBank, role, by: 'bankReference' };
  if (!isDebit) {
    const byLine = onlyOne(
      fitting.filter(({ debitEvidence }) => namesLine(debitEvidence, references)),
    );
    return byLine && { payment: byLine, role, by: 'bankReference' };
  }
  if (findNamedPayment(report, payments)) return undefined;
  const waiting = fitting.filter(
    ({ isReferenced, sentDay }) => !isReferenced && !(sentDay && isBefore(report, sentDay)),
  );
  const byCreditor = onlyOne(waiting.filter((payment) => namesCreditor(report, text, payment)));
  if (byCreditor) {
    return isTaken(byCreditor) ? { payment: byCreditor, role, by: 'creditor' } : undefined;
  }
  // Who names another payee is not this one's debit.
  const byAmount = onlyOne(waiting);
  const isUnnamed = report.counterparty?.account === undefined;
  return byAmount && isTaken(byAmount) && isUnnamed
    ? { payment: byAmount, role, by: 'amount' }
    : undefined;
}

/**
 * The payment whose reference a line carries, whatever its amount. The bank's own reference counts for
 * the same amount only: banks use theirs again.
 */
export function findNamedPayment(
  report: EntryReport,
  payments: readonly LinkablePayment[],
): LinkablePayment | undefined {
  const text = textOf(report);
  const references = new Set([...report.evidence, report.accountServicerReference]);
  return payments.find(
    ({ endToEndId, bankReference, amount }) =>
      report.endToEndId === endToEndId ||
      text.includes(endToEndId) ||
      (bankReference !== undefined &&
        references.has(bankReference) &&
        isSameMoney(amount, report.amount)),
  );
}

/** The bank has said that it has the transfer. */
function isTaken({ state }: LinkablePayment): boolean {
  return state === 'submitted' || state === 'confirmed';
}

function isBefore({ bookingDate }: EntryReport, day: PlainDate): boolean {
  return bookingDate.until(day).days > 0;
}

/** Runs of eighteen digits in an entry's texts, which may be references of ours. */
export function possibleReferences(report: EntryReport): readonly string[] {
  const found = new Set<string>();
  if (report.endToEndId !== undefined) found.add(report.endToEndId);
  for (const run of textOf(report).match(/\d{18,}/g) ?? []) {
    for (let start = 0; start + REFERENCE_LENGTH <= run.length; start += 1) {
      found.add(run.slice(start, start + REFERENCE_LENGTH));
    }
  }
  return [...found];
}

/** Everything written on the line, without spaces: banks cut our reference in two at column 18. */
function textOf(report: EntryReport): string {
  return [report.remittanceInformation, report.creditorReference, ...report.evidence]
    .filter((part) => part !== undefined)
    .join('\n')
    .toUpperCase()
    .replace(/[^\S\n]+/g, '');
}

/** Whether a return quotes the line of the debit that it brings back. */
function namesLine(
  debitEvidence: readonly string[] | undefined,
  references: ReadonlySet<string>,
): boolean {
  return debitEvidence?.some((text) => references.has(text)) ?? false;
}

function namesCreditor(report: EntryReport, text: string, payment: LinkablePayment): boolean {
  const account = foldAccount(payment.creditorAccount);
  if (report.counterparty?.account !== undefined) {
    return foldAccount(report.counterparty.account) === account;
  }
  if (account.length >= ACCOUNT_LENGTH_MIN && text.includes(account)) return true;
  const name = foldName(payment.creditorName).replace(/\s/g, '');
  return name.length >= ACCOUNT_LENGTH_MIN && text.includes(name);
}

function onlyOne<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined;
}

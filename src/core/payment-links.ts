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
 * amount: fees carry the same references. References prove; the payee's account in the narrative
 * proves when only one payment fits; the amount alone is believed only where the bank has confirmed
 * such a transfer and no other one waits for the same debit.
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
  const byCreditor = onlyOne(fitting.filter((payment) => namesCreditor(report, text, payment)));
  if (byCreditor) return { payment: byCreditor, role, by: 'creditor' };
  // Who names another payee, or another transfer of ours, is not this one's debit.
  const byAmount = onlyOne(fitting);
  const isConfirmed = byAmount?.state === 'confirmed' || byAmount?.state === 'submitted';
  const isUnnamed = report.counterparty?.account === undefined;
  return byAmount && isConfirmed && isUnnamed
    ? { payment: byAmount, role, by: 'amount' }
    : undefined;
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

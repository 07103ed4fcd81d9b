import { isSameMoney } from '#core/money.ts';
import { findPaymentOfEntry, possibleReferences } from '#core/payment-links.ts';
import type { LinkablePayment, PaymentLink } from '#core/payment-links.ts';
import { least } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { Row } from './rows.ts';
import { HOUR_MS, MINUTE_MS } from './places.ts';
import { isReferenced } from './places.ts';
import type { Account } from './places.ts';
import type { Entry } from './statement.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Reads statements as our poller does, and ties their lines to payments. */
export interface StatementReader {
  /** The bank has a line that it will show. */
  expect(entry: Entry): void;
}

interface Read {
  readonly entry: Entry;
  paymentId: string | undefined;
  role: PaymentLink['role'] | undefined;
}

const POLL_MS = 5 * MINUTE_MS;
const RELINK_MS = 15 * MINUTE_MS;
/** Ours does it every minute; here what it costs would be most of the run. */
const RELINK_AGAIN_MS = 4 * HOUR_MS;
const RELINK_FOR_MS = 48 * HOUR_MS;

/** What `linkEntries` and `relinkDebits` do (flows/payment/link-entries.ts), in one moment each. */
export function createStatementReader(options: {
  readonly time: VirtualTime;
  readonly ledger: Ledger;
  readonly trace: (paymentId: string, text: () => string) => void;
}): StatementReader {
  const { time, ledger, trace } = options;
  const waiting = new Map<string, Entry[]>();
  const read = new Map<string, Read>();
  const evidence = new Map<string, Row[]>();
  const unlinked = new Map<string, Set<Read>>();
  const relinking = new Set<Account>();
  const credits = new Map<string, Read[]>();

  const toLinkable = (row: Row): LinkablePayment => {
    const { content, settlementEntryId } = row;
    const line = settlementEntryId === undefined ? undefined : read.get(settlementEntryId);
    return {
      paymentId: row.paymentId,
      endToEndId: row.endToEndId,
      bankReference: row.bankReference,
      amount: content.instructedAmount,
      creditorName: content.creditor.name,
      creditorAccount: content.creditor.account,
      state: row.state,
      hasDebit: settlementEntryId !== undefined,
      isReferenced: isReferenced(row.account, row.rail),
      debitEvidence: line?.entry.report.evidence,
    };
  };
  const save = (line: Read, { payment, role, by }: PaymentLink, nowMs: number): void => {
    const row = ledger.get(payment.paymentId);
    const { entryId } = line.entry;
    // A payment is settled once, and comes back once.
    if ((role === 'settlement' ? row.settlementEntryId : row.returnEntryId) !== undefined) return;
    let back: Read | undefined;
    line.paymentId = row.paymentId;
    line.role = role;
    trace(row.paymentId, () => `${role} line ${entryId} found by ${by}`);
    if (role === 'settlement') {
      for (const text of line.entry.report.evidence) {
        evidence.set(text, [...(evidence.get(text) ?? []), row]);
      }
      back = quotedBack(line);
    }
    ledger.change(row, {
      ...(role === 'settlement' ? { settlementEntryId: entryId } : { returnEntryId: entryId }),
      nextAtMs: least(row.nextAtMs, nowMs),
      wokenAtMs: nowMs,
    });
    if (back) save(back, { payment, role: 'return', by: 'bankReference' }, nowMs);
  };
  /** A credit that quotes the line, and that came before anybody knew of the debit. */
  const quotedBack = ({ entry }: Read): Read | undefined => {
    const found = entry.report.evidence.flatMap((text) => credits.get(text) ?? []);
    return found.find(
      ({ entry: credit, role }) =>
        role === undefined && isSameMoney(credit.report.amount, entry.report.amount),
    );
  };
  const reverse = (entry: Entry, nowMs: number): void => {
    const line = read.get(entry.entryId);
    // Only what stands on the statement is looked at again.
    if (line) keep(unlinked, entry.account).delete(line);
    if (line?.paymentId === undefined || line.role !== 'settlement') return;
    const row = ledger.get(line.paymentId);
    trace(row.paymentId, () => `line ${entry.entryId} was taken back`);
    ledger.change(row, {
      returnEntryId: row.returnEntryId ?? entry.entryId,
      nextAtMs: least(row.nextAtMs, nowMs),
      wokenAtMs: nowMs,
    });
  };
  const take = (entry: Entry, nowMs: number): void => {
    if (entry.isReversal) return reverse(entry, nowMs);
    const line: Read = { entry, paymentId: undefined, role: undefined };
    read.set(entry.entryId, line);
    const { report, account } = entry;
    const named = [...possibleReferences(report), ...report.evidence];
    const isDebit = report.creditDebitIndicator === 'debit';
    if (!isDebit && named.length === 0) return;
    const rows = new Set(ledger.linkable(account.accountId, named));
    for (const text of report.evidence) for (const row of evidence.get(text) ?? []) rows.add(row);
    const link = findPaymentOfEntry(report, [...rows].map(toLinkable));
    if (link) save(line, link, nowMs);
    else if (isDebit) keep(unlinked, account).add(line);
    else
      for (const text of report.evidence) credits.set(text, [...(credits.get(text) ?? []), line]);
  };
  const poll = (account: Account): void => {
    const nowMs = time.nowMs();
    const due = waiting.get(account.accountId) ?? [];
    const shown = due.filter(({ shownAtMs }) => shownAtMs <= nowMs);
    waiting.set(
      account.accountId,
      due.filter(({ shownAtMs }) => shownAtMs > nowMs),
    );
    for (const entry of shown.toSorted((a, b) => a.shownAtMs - b.shownAtMs)) take(entry, nowMs);
    if (shown.length > 0) planRelink(account, RELINK_MS);
  };
  /** One look at a time is planned for an account, however many lines come meanwhile. */
  const planRelink = (account: Account, afterMs: number): void => {
    if (relinking.has(account)) return;
    relinking.add(account);
    time.at(time.nowMs() + afterMs, () => relink(account));
  };
  const relink = (account: Account): void => {
    relinking.delete(account);
    const nowMs = time.nowMs();
    const lines = keep(unlinked, account);
    for (const line of lines) {
      if (line.entry.shownAtMs < nowMs - RELINK_FOR_MS) lines.delete(line);
    }
    if (lines.size === 0) return;
    const open = ledger
      .linkable(account.accountId, [])
      .filter(
        ({ state, firstSentAtMs }) =>
          state !== 'submitting' && (firstSentAtMs ?? nowMs) < nowMs - RELINK_MS,
      );
    if (open.length > 0) {
      let payments = ledger.linkable(account.accountId, []).map(toLinkable);
      for (const line of lines) {
        const link = findPaymentOfEntry(line.entry.report, payments);
        if (link?.role !== 'settlement') continue;
        save(line, link, nowMs);
        lines.delete(line);
        payments = payments.filter((candidate) => candidate !== link.payment);
      }
    }
    if (lines.size > 0) planRelink(account, RELINK_AGAIN_MS);
  };

  return {
    expect: (entry) => {
      const { accountId } = entry.account;
      waiting.set(accountId, [...(waiting.get(accountId) ?? []), entry]);
      const pollAtMs = Math.ceil(entry.shownAtMs / POLL_MS) * POLL_MS;
      time.at(pollAtMs, () => poll(entry.account));
    },
  };
}

function keep(unlinked: Map<string, Set<Read>>, { accountId }: Account): Set<Read> {
  let lines = unlinked.get(accountId);
  if (!lines) unlinked.set(accountId, (lines = new Set()));
  return lines;
}

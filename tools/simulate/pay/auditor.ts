import { isSameMoney } from '#core/money.ts';
import { foldAccount, foldName } from '#core/payments.ts';
import type { PaymentState } from '#core/payments.ts';
import type { Transfer } from './bank.ts';
import type { Card } from './ledger.ts';
import type { Line, Paper } from './office.ts';
import { dayOf, MINUTE_MS, railOf } from './places.ts';
import type { Plan, PlannedRequest } from './plan.ts';

/** Everything that the auditor may look at: other people's books, and what was told. */
export interface Books {
  readonly plan: Plan;
  readonly transfers: readonly Transfer[];
  readonly papers: readonly Paper[];
  /** Papers that were answered: this cannot be paid. */
  readonly refusedPapers: ReadonlySet<string>;
  /** Doubles that two people let pass, by invoice. */
  readonly waived: ReadonlyMap<string, number>;
  readonly cards: readonly Card[];
}

/** One thing that must not be, with the payment and the reason. */
export interface Finding {
  readonly endToEndId: string;
  readonly invoice: string;
  readonly why: string;
}

export interface Verdict {
  readonly paidTwice: readonly Finding[];
  readonly paidWithoutAuthority: readonly Finding[];
  readonly paidChanged: readonly Finding[];
  readonly neverEnded: readonly Finding[];
  readonly wrongAmount: readonly Finding[];
  readonly toldWrongly: readonly Finding[];
  readonly overLimit: readonly Finding[];
  /** Paid a second time because the bank executed later than it promises to show; nobody could know. */
  readonly paidTwiceByBank: readonly Finding[];
  /**
   * People had it sent again, and the bank, later than it promises to show, executed both: what was told
   * of the one is wrong of the other, and nobody could know.
   */
  readonly overtakenByBank: number;
  readonly withoutDebit: number;
  readonly executed: number;
  readonly lastTold: Readonly<Record<string, number>>;
}

/** Clocks of processes differ by so much. */
const SKEW_MS = 2_000;
/** From reading the approval to signing the order: each of the two has a minute, and calls take time. */
const AUTHORITY_MS = 2 * MINUTE_MS + 40_000;
/** A debit stands on a statement and has been read so long after the bank booked it. */
const READ_BY_MS = 24 * 60 * MINUTE_MS;

const PAID: readonly PaymentState[] = ['confirmed', 'settled'];
const UNDER_WAY: readonly PaymentState[] = [
  'draft',
  'awaitingApproval',
  'authorised',
  'blocked',
  'submitting',
  'submitted',
  'unknown',
];

/** Judges a run by books that are not ours. */
export function audit(books: Books): Verdict {
  const moved = books.transfers.filter(({ status }) => status !== 'refused');
  const { papers } = books;
  const told = groupBy(books.cards, ({ endToEndId }) => endToEndId);
  const byReference = groupBy(moved, ({ call }) => call.endToEndId);
  const twice = findDoubles(moved, books.waived);
  const overtaken = new Set(
    [...byReference].flatMap(([reference, same]) => (isOvertaken(same) ? [reference] : [])),
  );
  const authority = checkAuthority(moved, papers, books.plan);
  const ends = checkEnds(papers, books);
  return {
    paidTwice: twice.filter(({ isByBank }) => !isByBank),
    paidTwiceByBank: twice.filter(({ isByBank }) => isByBank),
    ...authority,
    neverEnded: ends.neverEnded,
    withoutDebit: ends.withoutDebit,
    toldWrongly: [...told].flatMap(([endToEndId, cards]) =>
      overtaken.has(endToEndId) ? [] : checkTold(cards, byReference.get(endToEndId) ?? []),
    ),
    overtakenByBank: overtaken.size,
    overLimit: checkLimits(moved),
    executed: moved.filter(({ status }) => status === 'paid').length,
    lastTold: countLast(told),
  };
}

/** The remark of an order is our reference and the invoice. */
export function invoiceOf({ call }: Transfer): string {
  return call.remark.slice(18);
}

/** What is owed: for an invoice, to somebody, so much. Whose account it is may change. */
function debtOf(transfer: Transfer): string {
  const { creditor, amount } = transfer.call;
  return `${invoiceOf(transfer)} ${foldName(creditor.name)} ${amount.amountMinorUnits}`;
}

function finding(transfer: Transfer, why: string): Finding {
  return { endToEndId: transfer.call.endToEndId, invoice: invoiceOf(transfer), why };
}

type Double = Finding & { readonly isByBank: boolean };

/** Money that is out twice at one moment: for one order, or for one invoice that nobody let pass. */
function findDoubles(moved: readonly Transfer[], waived: ReadonlyMap<string, number>): Double[] {
  const found: Double[] = [];
  for (const transfers of groupBy(moved, debtOf).values()) {
    const [any] = transfers;
    if (!any || transfers.length < 2) continue;
    const allowed = 1 + (waived.get(invoiceOf(any)) ?? 0);
    const isTooMuch = mostAtOnce(transfers) > allowed;
    const orders = groupBy(transfers, ({ call }) => call.endToEndId);
    const isTwice = [...orders.values()].some((same) => mostAtOnce(same) > 1);
    const [first, second] = transfers.toSorted((a, b) => a.takenAtMs - b.takenAtMs);
    if (!first || !second || !(isTooMuch || isTwice)) continue;
    found.push({
      ...finding(second, `${transfers.length} transfers, ${allowed} allowed`),
      isByBank: transfers.some((late) => brokeItsWord(late, transfers)),
    });
  }
  return found;
}

/** It was executed later than promised, and another was ordered before anybody could see it. */
function brokeItsWord(late: Transfer, all: readonly Transfer[]): boolean {
  return (
    late.isBeyondItsWord &&
    all.some((other) => other !== late && other.call.signedAtMs < late.takenAtMs + READ_BY_MS)
  );
}

function isOvertaken(same: readonly Transfer[]): boolean {
  const executed = same.filter(({ paidAtMs }) => paidAtMs !== undefined);
  return executed.length > 1 && executed.some((late) => late.isBeyondItsWord);
}

function mostAtOnce(transfers: readonly Transfer[]): number {
  return Math.max(
    ...transfers.map(
      ({ takenAtMs }) =>
        transfers.filter(
          (other) =>
            other.takenAtMs <= takenAtMs &&
            (other.backAtMs === undefined || other.backAtMs > takenAtMs),
        ).length,
    ),
  );
}

/** What stood on a paper for some time, and whether it gave authority. */
interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly hasAuthority: boolean;
  readonly content: Line['content'];
}

function checkAuthority(
  moved: readonly Transfer[],
  papers: readonly Paper[],
  plan: Plan,
): Pick<Verdict, 'paidWithoutAuthority' | 'paidChanged' | 'wrongAmount'> {
  const byInvoice = groupBy(papers, ({ request }) => request.invoice);
  const paidWithoutAuthority: Finding[] = [];
  const paidChanged: Finding[] = [];
  const wrongAmount: Finding[] = [];
  for (const transfer of moved) {
    const { signedAtMs, amount } = transfer.call;
    const spans = (byInvoice.get(invoiceOf(transfer)) ?? [])
      .flatMap(spansOf)
      .filter(
        ({ fromMs, untilMs }) =>
          fromMs <= signedAtMs + SKEW_MS && untilMs >= signedAtMs - AUTHORITY_MS,
      );
    const given = spans.filter(({ hasAuthority }) => hasAuthority);
    const stop = plan.stops.find(
      ({ atMs, forMs, account }) =>
        signedAtMs > atMs + SKEW_MS &&
        signedAtMs < atMs + forMs - SKEW_MS &&
        (account === undefined || account === transfer.call.account),
    );
    if (stop) paidWithoutAuthority.push(finding(transfer, 'while the kill switch was pulled'));
    else if (given.length === 0) {
      paidWithoutAuthority.push(finding(transfer, 'nobody had agreed to it when it was signed'));
    } else if (!given.some(({ content }) => isSameContent(content, transfer))) {
      paidChanged.push(finding(transfer, 'what was agreed to reads otherwise'));
    }
    if (
      given.length > 0 &&
      !given.some(({ content }) => isSameMoney(content.instructedAmount, amount))
    ) {
      wrongAmount.push(finding(transfer, 'another amount was agreed to'));
    }
  }
  return { paidWithoutAuthority, paidChanged, wrongAmount };
}

/** Goes through the acts again, with the office's rules and none of ours. */
function spansOf({ lines, request }: Paper): Span[] {
  const spans: Span[] = [];
  const agreed = new Set<string>();
  let nodesLeft = request.acts.filter(({ what }) => what.startsWith('agree')).length;
  let isOver = false;
  for (const [index, line] of lines.entries()) {
    if (line.what === 'agree') agreed.add(line.by);
    if (line.what.startsWith('agree')) nodesLeft -= 1;
    if (line.what === 'revoke' || line.what === 'refuse') isOver = true;
    const others = [...agreed].filter((person) => person !== request.maker);
    spans.push({
      fromMs: line.atMs,
      untilMs: lines[index + 1]?.atMs ?? Number.MAX_SAFE_INTEGER,
      hasAuthority: !isOver && nodesLeft <= 0 && others.length >= request.approvalsRequired,
      content: line.content,
    });
  }
  return spans;
}

function isSameContent(content: Line['content'], { call }: Transfer): boolean {
  const { creditor } = content;
  return (
    content.debtorAccountId === call.account.accountId &&
    foldAccount(creditor.account) === foldAccount(call.creditor.account) &&
    foldAccount(creditor.agent ?? '') === foldAccount(call.creditor.agent ?? '') &&
    foldName(creditor.name) === foldName(call.creditor.name) &&
    isSameMoney(content.instructedAmount, call.amount)
  );
}

/** Requests that people agreed to, and whose end nobody was ever told. */
function checkEnds(
  papers: readonly Paper[],
  books: Books,
): Pick<Verdict, 'neverEnded' | 'withoutDebit'> {
  const last = new Map(books.cards.map((card) => [card.sourceKey, card]));
  const neverEnded: Finding[] = [];
  let withoutDebit = 0;
  for (const paper of papers) {
    const { request, id } = paper;
    const isAgreed = spansOf(paper).at(-1)?.hasAuthority ?? false;
    const isChanged = paper.lines.some(({ what }) => what.startsWith('change'));
    if (!isAgreed || isChanged || books.refusedPapers.has(id)) continue;
    const card = last.get(id);
    if (!card) {
      neverEnded.push({
        endToEndId: '',
        invoice: request.invoice,
        why: `${id} was never taken up`,
      });
    } else if (UNDER_WAY.includes(card.state)) {
      neverEnded.push(unended(card, `it stands at ${card.state}`));
    } else if (card.state === 'confirmed') {
      if (mustShow(request)) neverEnded.push(unended(card, 'its debit was never found'));
      else withoutDebit += 1;
    }
  }
  return { neverEnded, withoutDebit };
}

function unended({ endToEndId, invoice }: Card, why: string): Finding {
  return { endToEndId, invoice, why };
}

/** Where the statement repeats our reference, the debit must be found. */
function mustShow({ account, rail }: PlannedRequest): boolean {
  return railOf(account, rail).narrative === 'reference';
}

/** The last card against the books; and whoever was told that it is paid, at that moment. */
function checkTold(cards: readonly Card[], transfers: readonly Transfer[]): Finding[] {
  const last = cards.at(-1);
  if (!last) return [];
  const early = cards.find((card) => PAID.includes(card.state) && !wasPaid(transfers, card.atMs));
  const why = early
    ? `told ${early.state} when the bank had not executed it`
    : contradiction(last.state, transfers);
  return why === undefined ? [] : [{ endToEndId: last.endToEndId, invoice: last.invoice, why }];
}

function wasPaid(transfers: readonly Transfer[], atMs: number): boolean {
  return transfers.some(({ paidAtMs }) => paidAtMs !== undefined && paidAtMs <= atMs + SKEW_MS);
}

function contradiction(state: PaymentState, transfers: readonly Transfer[]): string | undefined {
  const isOut = transfers.some(({ status }) => status === 'paid' || status === 'pending');
  const isPaid = transfers.some(({ status }) => status === 'paid');
  if (PAID.includes(state)) return isPaid ? undefined : `told ${state}, and no money is out`;
  return isOut ? `told ${state}, and the money is out` : undefined;
}

/** Money that went out on one day and stayed out, against the limit of that day. */
function checkLimits(moved: readonly Transfer[]): Finding[] {
  const found: Finding[] = [];
  const stayed = moved.filter(({ status }) => status === 'paid' || status === 'pending');
  const days = groupBy(
    stayed,
    ({ call }) => `${call.account.accountId} ${dayOf(call.account, call.signedAtMs)}`,
  );
  for (const transfers of days.values()) {
    const [first] = transfers;
    const limit = first?.call.account.limits.find(({ period }) => period === 'day');
    if (!first || !limit) continue;
    // An intent of just before midnight counts for the day before.
    const certain = transfers.filter(
      ({ call }) =>
        dayOf(call.account, call.signedAtMs - AUTHORITY_MS) ===
        dayOf(call.account, call.signedAtMs),
    );
    const sum = certain.reduce((total, { call }) => total + call.amount.amountMinorUnits, 0n);
    if (sum <= limit.amountMax.amountMinorUnits && certain.length <= (limit.countMax ?? Infinity)) {
      continue;
    }
    const last = certain.toSorted((a, b) => a.call.signedAtMs - b.call.signedAtMs).at(-1) ?? first;
    found.push(finding(last, `${sum} of ${limit.amountMax.amountMinorUnits} on one day`));
  }
  return found;
}

function countLast(told: ReadonlyMap<string, readonly Card[]>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const cards of told.values()) {
    const state = cards.at(-1)?.state ?? 'none';
    counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  return Map.groupBy(items, keyOf);
}

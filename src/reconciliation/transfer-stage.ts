import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { WeightedPair } from './assignment.ts';
import { assign } from './assignment.ts';
import type { Board } from './board.ts';
import { isWhole } from './board.ts';
import { percentOf } from './decision.ts';
import { convert } from './exchange.ts';
import type { OwnAccounts } from './own-accounts.ts';
import { createOwnAccounts } from './own-accounts.ts';
import { amountText, lineOf, propose } from './propose.ts';
import { saysTransferred } from './reversal-words.ts';
import { readWrittenExchange } from './written-rates.ts';

const CANDIDATES_MAX = 64;
/** Banks show a rate to a few digits, and keep their spread inside it. */
const WRITTEN_RATE_SLACK = 0.002;
const ACCOUNT_NAMED = 4;
const NAME_OWN = 2;
const WORD_SAID = 2;
const NEEDED = 3.5;
const FEE_SHARE_MAX = 0.01;
/** A fee taken from an amount that was converted at the written rate. */
const CONVERTED_FEE_MAX = 0.025;

/** What makes an entry look like a transfer between own accounts. */
interface Sign {
  readonly entry: number;
  readonly accounts: ReadonlySet<string>;
  readonly weight: number;
}

interface Transfer extends WeightedPair {
  readonly reasons: readonly MatchReason[];
  readonly isCertain: boolean;
}

/** Pairs an entry out of one own account with the one into another, of whatever currencies. */
export function settleTransfers(board: Board): void {
  const own = createOwnAccounts(board);
  if (own.count < 2) return;
  const signs = board.entries.lines.flatMap((_line, entry) => readSign(board, own, entry) ?? []);
  const [credits, debits] = [1, 0].map((direction) =>
    signs
      .filter(({ entry }) => board.entries.isCredit[entry] === direction)
      .toSorted(
        (left, right) => dayOf(board, left) - dayOf(board, right) || left.entry - right.entry,
      ),
  );
  const pairs = (debits ?? []).flatMap((debit) => pairsOf(board, debit, credits ?? []));
  for (const pair of assign(pairs)) proposeTransfer(board, pair, pairs);
}

function dayOf(board: Board, { entry }: Sign): number {
  return board.entries.day[entry] ?? 0;
}

function readSign(board: Board, own: OwnAccounts, entry: number): Sign | undefined {
  if (!isWhole(board.entries, entry)) return undefined;
  const { text, counterpartyName } = lineOf(board.entries, entry);
  const accounts = own.namedOn(entry);
  const weight =
    (accounts.size > 0 ? ACCOUNT_NAMED : 0) +
    (counterpartyName !== undefined && own.isOwnName(counterpartyName) ? NAME_OWN : 0) +
    (saysTransferred(text) ? WORD_SAID : 0);
  return weight > 0 ? { entry, accounts, weight } : undefined;
}

function pairsOf(board: Board, debit: Sign, credits: readonly Sign[]): readonly Transfer[] {
  const day = dayOf(board, debit);
  const from = firstFrom(board, credits, day - 1);
  const pairs: Transfer[] = [];
  for (const credit of credits.slice(from)) {
    if (dayOf(board, credit) > day + board.settings.transferDays) break;
    if (pairs.length >= CANDIDATES_MAX) break;
    const pair = compare(board, debit, credit);
    if (pair) pairs.push(pair);
  }
  return pairs;
}

function firstFrom(board: Board, signs: readonly Sign[], day: number): number {
  let [low, high] = [0, signs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const sign = signs[middle];
    if (sign && dayOf(board, sign) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compare(board: Board, debit: Sign, credit: Sign): Transfer | undefined {
  const [out, into] = [lineOf(board.entries, debit.entry), lineOf(board.entries, credit.entry)];
  if (out.accountId === into.accountId) return undefined;
  // An entry that names another own account than the one at hand is meant for that one.
  if (debit.accounts.size > 0 && !debit.accounts.has(into.accountId)) return undefined;
  if (credit.accounts.size > 0 && !credit.accounts.has(out.accountId)) return undefined;
  const amount = compareAmounts(board, debit.entry, credit.entry);
  if (!amount) return undefined;
  const signs = debit.weight + credit.weight;
  if (signs < NEEDED) return undefined;
  const days = Math.abs(dayOf(board, debit) - dayOf(board, credit));
  const named = debit.accounts.size > 0 ? into.accountId : out.accountId;
  const isNamed = debit.accounts.size + credit.accounts.size > 0;
  return {
    left: debit.entry,
    right: credit.entry,
    weight: signs + amount.weight - days * 0.2,
    isCertain: isNamed && amount.isCertain,
    reasons: [
      isNamed ? reason('ownAccountNamed', { account: named }) : reason('ownAccountsAmount'),
      ...amount.reasons,
    ],
  };
}

interface ComparedAmounts {
  readonly weight: number;
  readonly isCertain: boolean;
  readonly reasons: readonly MatchReason[];
}

function compareAmounts(board: Board, debit: number, credit: number): ComparedAmounts | undefined {
  const { left, currency } = board.entries;
  const [out, into] = [left[debit] ?? 0, left[credit] ?? 0];
  if (currency[debit] !== currency[credit]) return compareConverted(board, debit, credit);
  if (out === into) return { weight: 5, isCertain: true, reasons: [reason('amountEqual')] };
  const kept = out - into;
  if (kept <= 0 || kept > FEE_SHARE_MAX * out) return undefined;
  const line = lineOf(board.entries, debit);
  return {
    weight: 3,
    isCertain: false,
    reasons: [reason('feePlausible', { amount: amountText(line, kept) })],
  };
}

function compareConverted(
  board: Board,
  debit: number,
  credit: number,
): ComparedAmounts | undefined {
  const [out, into] = [lineOf(board.entries, debit), lineOf(board.entries, credit)];
  const [from, to] = [out.amount.currency, into.amount.currency];
  const moved = board.entries.left[credit] ?? 0;
  const text = `${out.text} ${into.text}`;
  const rates = [
    ...(out.rate?.counterCurrency === to ? [out.rate.rate] : []),
    ...readWrittenExchange(text, from).rates,
  ];
  for (const rate of rates) {
    const values = { rate, from, to, source: 'bank' };
    const forward = convert(board.entries.left[debit] ?? 0, rate, from, to);
    const backward = convert(moved, rate, to, from);
    const isNear = isWithin(forward, moved) || isWithin(backward, board.entries.left[debit] ?? 0);
    const reasons = [reason('exchangeBankRate', values)];
    if (isNear) return { weight: 5, isCertain: true, reasons };
    const kept = forward - moved;
    if (kept > 0 && kept <= CONVERTED_FEE_MAX * forward) {
      const fee = reason('feePlausible', { amount: amountText(into, kept) });
      return { weight: 3, isCertain: false, reasons: [...reasons, fee] };
    }
  }
  // Both banks write their rate, and it is another: then it is another transfer.
  if (rates.length > 0) return undefined;
  const stated = board.settings.rates.find((each) => each.from === from && each.to === to);
  if (!stated) return { weight: 1, isCertain: false, reasons: [] };
  const expected = convert(board.entries.left[debit] ?? 0, stated.rate, from, to);
  const gap = Math.abs(expected - moved) / Math.max(1, moved);
  if (gap > board.settings.rateSlack) return undefined;
  const values = { rate: stated.rate, from, to, source: stated.source };
  return {
    weight: 3 - (gap / board.settings.rateSlack) * 2,
    isCertain: false,
    reasons: [reason('exchangeStatedRate', values)],
  };
}

function isWithin(expected: number, moved: number): boolean {
  return Math.abs(expected - moved) <= WRITTEN_RATE_SLACK * moved + 1;
}

function proposeTransfer(board: Board, pair: Transfer, all: readonly Transfer[]): void {
  const rivals = all.filter(
    (other) =>
      other !== pair &&
      (other.left === pair.left || other.right === pair.right) &&
      pair.weight - other.weight < 2,
  );
  const isUnique = rivals.length === 0;
  const probability = isUnique ? (pair.isCertain ? 0.999 : 0.95) : 0.95 / (1 + rivals.length);
  propose(board, {
    kind: 'transfer',
    basis: pair.isCertain ? 'exactKey' : 'score',
    legs: [],
    entriesOnly: [pair.left, pair.right],
    probability,
    isUnique,
    reasons: [...pair.reasons, reason('probability', { percent: percentOf(probability) })],
    why: isUnique
      ? pair.isCertain
        ? undefined
        : reason('why.noKey')
      : reason('why.rivals', { count: String(rivals.length) }),
    alternatives: rivals.map(({ left, right }) => ({
      entries: [left, right],
      items: [],
      probability: probability / 2,
    })),
  });
}

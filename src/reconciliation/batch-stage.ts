import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { Board } from './board.ts';
import { isWhole } from './board.ts';
import { logOdds, percentOf } from './decision.ts';
import type { Differences } from './difference.ts';
import type { Pool } from './pools.ts';
import type { Draft, DraftAlternative, Leg } from './propose.ts';
import { amountText, lineOf, propose } from './propose.ts';
import { findSubsets } from './subset-sum.ts';

const SOLUTIONS_MAX = 40;
/** The odds that an entry with no single partner is a batch of the pool, before sums are looked at. */
const PRIOR_NAMED = 1;
const PRIOR_UNNAMED = 0.05;
const PROBABILITY_MAX = 0.9995;
const FEES_TRIED_MAX = 4;

/** One entry for many items (`batch`), or many entries for one item (`split`). */
export type ManyKind = 'batch' | 'split';

/** A way in which lines of the pool add up to the one line. */
interface Found {
  readonly draft: Draft;
  readonly lines: readonly number[];
  readonly one: number;
}

/** Finds for every untouched line the set of lines on the other side that adds up to it. */
export function settleMany(
  board: Board,
  kind: ManyKind,
  tools: {
    readonly differences: Differences;
    readonly poolsOf: (one: number) => readonly Pool[];
    readonly probabilityMin: number;
  },
): void {
  const side = kind === 'batch' ? board.entries : board.items;
  const found: Found[] = [];
  for (let one = 0; one < side.lines.length; one += 1) {
    if (!isWhole(side, one) || !((side.left[one] ?? 0) > 0)) continue;
    const best = findBest(board, kind, one, tools);
    if (best && best.draft.probability >= tools.probabilityMin) found.push(best);
  }
  acceptInTurn(board, kind, found);
}

/** The most probable first; lines that two claim are never decided alone. */
function acceptInTurn(board: Board, kind: ManyKind, found: readonly Found[]): void {
  const claims = new Map<number, number>();
  for (const { lines } of found)
    for (const line of lines) claims.set(line, (claims.get(line) ?? 0) + 1);
  const inTurn = found.toSorted(
    (left, right) => right.draft.probability - left.draft.probability || left.one - right.one,
  );
  const [oneSide, manySide] =
    kind === 'batch' ? [board.entries, board.items] : [board.items, board.entries];
  for (const { draft, lines, one } of inTurn) {
    if (!isWhole(oneSide, one) || lines.some((line) => !isWhole(manySide, line))) continue;
    const isClaimed = lines.some((line) => (claims.get(line) ?? 0) > 1);
    const why = draft.why ?? (isClaimed ? reason('why.rivals', { count: '1' }) : undefined);
    propose(board, { ...draft, why });
  }
}

function findBest(
  board: Board,
  kind: ManyKind,
  one: number,
  tools: Parameters<typeof settleMany>[2],
): Found | undefined {
  const found = tools
    .poolsOf(one)
    .flatMap((pool) => search(board, kind, { one, pool, fee: 0 }) ?? []);
  if (found.length === 0 && kind === 'batch') {
    for (const fee of tools.differences.feesOf(one).slice(0, FEES_TRIED_MAX)) {
      found.push(
        ...tools.poolsOf(one).flatMap((pool) => search(board, kind, { one, pool, fee }) ?? []),
      );
    }
  }
  const [best, second] = found.toSorted(
    (left, right) => right.draft.probability - left.draft.probability,
  );
  if (!best || !second || isSameSet(best.lines, second.lines)) return best;
  const alternatives = [
    toAlternative(kind, one, second.lines, second.draft.probability / 2),
    ...(best.draft.alternatives ?? []),
  ];
  const why = best.draft.why ?? reason('why.ambiguousSubset', { count: String(found.length) });
  return { ...best, draft: { ...best.draft, isUnique: false, why, alternatives } };
}

function isSameSet(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((line) => right.includes(line));
}

interface Question {
  readonly one: number;
  readonly pool: Pool;
  readonly fee: number;
}

function search(board: Board, kind: ManyKind, { one, pool, fee }: Question): Found | undefined {
  const [oneSide, manySide] =
    kind === 'batch' ? [board.entries, board.items] : [board.items, board.entries];
  const amount = oneSide.left[one] ?? 0;
  const target = oneSide.isCredit[one] === 1 ? amount + fee : amount - fee;
  const lines = pool.lines.filter((line) => isWhole(manySide, line));
  if (lines.length < 2 || board.work.spent > board.work.max) return undefined;
  const subsets = findSubsets({
    amounts: lines.map((line) => manySide.left[line] ?? 0),
    target,
    workMax: Math.min(board.settings.workPerSearch, board.work.max - board.work.spent),
    solutionsMax: SOLUTIONS_MAX,
    sizeMin: 2,
  });
  board.work.spent += subsets.work;
  const solutions = subsets.solutions.map((places) => places.map((place) => lines[place] ?? 0));
  if (solutions.length === 0) return undefined;
  const ranked = rank(manySide.day, solutions, lines.length);
  const [best] = ranked;
  if (!best) return undefined;
  const isUnique = subsets.isComplete && solutions.length === 1;
  const odds =
    (pool.isNamed ? PRIOR_NAMED : PRIOR_UNNAMED) / Math.max(1e-4, subsets.chance * best.looseness);
  const probability = Math.min(PROBABILITY_MAX, (odds / (1 + odds)) * best.share);
  const why = objection(board, {
    isUnique,
    isComplete: subsets.isComplete,
    probability,
    pool,
    count: solutions.length,
  });
  const draft: Draft = {
    kind,
    basis: 'uniqueSubset',
    legs: legsOf(board, kind, one, best.lines, fee),
    residuals: feeResiduals(one, best.lines, fee),
    probability,
    isUnique,
    reasons: [
      ...pool.reasons,
      ...sumReasons(board, kind, one, best.lines),
      ...(fee === 0
        ? []
        : [reason('feeKnown', { amount: amountText(lineOf(board.entries, one), fee) })]),
      reason('probability', { percent: percentOf(probability) }),
    ],
    why,
    alternatives: ranked
      .slice(1)
      .map((other) =>
        toAlternative(kind, one, other.lines, probability * (other.share / best.share)),
      ),
  };
  return { draft, lines: best.lines, one };
}

function objection(
  board: Board,
  asked: {
    readonly isUnique: boolean;
    readonly isComplete: boolean;
    readonly probability: number;
    readonly pool: Pool;
    readonly count: number;
  },
): MatchReason | undefined {
  if (!asked.isComplete) return reason('why.budgetSpent');
  if (!asked.isUnique) return reason('why.ambiguousSubset', { count: String(asked.count) });
  if (!asked.pool.isNamed) return reason('why.counterpartyUnknown');
  const { probability } = asked;
  return board.decider.objectTo({
    basis: 'uniqueSubset',
    probability,
    margin: logOdds(probability),
  });
}

interface Ranked {
  readonly lines: readonly number[];
  readonly share: number;
  /** 1 for a subset that nothing marks out; small for all of the pool or neighbours in time. */
  readonly looseness: number;
}

/** People pay what is oldest, what came together, or all: such subsets are likelier. */
function rank(
  days: Int32Array,
  solutions: readonly (readonly number[])[],
  poolSize: number,
): readonly Ranked[] {
  const weighed = solutions.map((lines) => {
    const all = lines.map((line) => days[line] ?? 0);
    const span = Math.max(...all) - Math.min(...all);
    const isAll = lines.length === poolSize;
    const looseness = isAll ? 0.02 : span === 0 ? 0.1 : span <= 7 ? 0.3 : 1;
    return { lines, looseness, weight: 1 / looseness / (1 + span / 30) };
  });
  const sum = weighed.reduce((total, { weight }) => total + weight, 0);
  return weighed
    .map(({ lines, looseness, weight }) => ({ lines, looseness, share: weight / sum }))
    .toSorted((left, right) => right.share - left.share || compareLists(left.lines, right.lines));
}

function compareLists(left: readonly number[], right: readonly number[]): number {
  for (let place = 0; place < Math.min(left.length, right.length); place += 1) {
    const order = (left[place] ?? 0) - (right[place] ?? 0);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function legsOf(
  board: Board,
  kind: ManyKind,
  one: number,
  lines: readonly number[],
  fee: number,
): readonly Leg[] {
  const isCredit = board.entries.isCredit[one] === 1;
  return lines.map((line, place) => {
    const side = kind === 'batch' ? board.items : board.entries;
    const units = side.left[line] ?? 0;
    if (kind === 'split') return { entry: line, item: one, entryUnits: units, itemUnits: units };
    const entryUnits = place === 0 ? units + (isCredit ? -fee : fee) : units;
    return { entry: one, item: line, entryUnits, itemUnits: units };
  });
}

function feeResiduals(entry: number, lines: readonly number[], fee: number) {
  const [item] = lines;
  return fee === 0 || item === undefined
    ? []
    : [{ kind: 'fee' as const, units: -fee, entry, item }];
}

function sumReasons(
  board: Board,
  kind: ManyKind,
  one: number,
  lines: readonly number[],
): MatchReason[] {
  const line = kind === 'batch' ? lineOf(board.entries, one) : lineOf(board.items, one);
  const amount = amountText(line, Number(line.amount.amountMinorUnits));
  const values = { count: String(lines.length), amount };
  return [reason(kind === 'batch' ? 'subsetSum' : 'instalments', values)];
}

function toAlternative(
  kind: ManyKind,
  one: number,
  lines: readonly number[],
  probability: number,
): DraftAlternative {
  return kind === 'batch'
    ? { entries: [one], items: lines, probability }
    : { entries: lines, items: [one], probability };
}

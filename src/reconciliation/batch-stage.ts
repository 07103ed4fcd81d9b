import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { Board } from './board.ts';
import { isWhole } from './board.ts';
import { logOdds, percentOf } from './decision.ts';
import type { Differences, SeenFee } from './difference.ts';
import { FEE_SEEN_MIN } from './difference.ts';
import type { Found, ManyKind, Ranked } from './batch-parts.ts';
import { rank, sumReasons, toAlternative, toLegs } from './batch-parts.ts';
import type { Pool } from './pools.ts';
import type { Draft } from './propose.ts';
import { amountText, lineOf, propose } from './propose.ts';
import type { Halves } from './subset-sum.ts';
import { findSubsets, halvesOfAll } from './subset-sum.ts';

const SOLUTIONS_MAX = 40;
/** The odds that an entry with no single partner is a batch of the pool, before sums are looked at. */
const PRIOR_NAMED = 1;
const PRIOR_UNNAMED = 0.05;
/** Not all of the counterparty's lines could be searched. */
const PRIOR_CUT = 0.2;
const PROBABILITY_MAX = 0.9995;
const RIVAL_ODDS = 3;
/** So many lines are searched through: every subset of them in some ten thousand steps. */
const SEARCHED_MAX = 28;
const NEAREST_MAX = 20;
const SPLIT_FEE_MAX = 8;
const FEES_TRIED_MAX = 6;
const MENTIONED_ODDS = 100;
const KEYS_SHOWN_MAX = 8;

/** Finds for every untouched line the set of lines on the other side that adds up to it. */
export function settleMany(
  board: Board,
  kind: ManyKind,
  tools: {
    readonly differences: Differences;
    readonly poolsOf: (one: number) => readonly Pool[];
    /** The last resort for a batch: one that is short of an unknown fee. */
    readonly searchWithFee: (entry: number, pool: Pool) => Found | undefined;
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

/** The most probable first; lines that another claims about as well are never decided alone. */
function acceptInTurn(board: Board, kind: ManyKind, found: readonly Found[]): void {
  const inTurn = found.toSorted(
    (left, right) => right.draft.probability - left.draft.probability || left.one - right.one,
  );
  const claims = new Map<number, Found[]>();
  for (const each of inTurn) {
    for (const line of each.lines) claims.set(line, [...(claims.get(line) ?? []), each]);
  }
  const [oneSide, manySide] =
    kind === 'batch' ? [board.entries, board.items] : [board.items, board.entries];
  for (const each of inTurn) {
    const { draft, lines, one } = each;
    if (!isWhole(oneSide, one) || lines.some((line) => !isWhole(manySide, line))) continue;
    const rivals = new Set(
      lines.flatMap((line) => (claims.get(line) ?? []).filter((other) => isRival(each, other))),
    );
    const count = String(rivals.size);
    const why = draft.why ?? (rivals.size > 0 ? reason('why.rivals', { count }) : undefined);
    propose(board, { ...draft, why });
  }
}

/** Odds that are not clearly lower. */
function isRival(found: Found, other: Found): boolean {
  if (other === found) return false;
  return logOdds(found.draft.probability) - logOdds(other.draft.probability) < RIVAL_ODDS;
}

function findBest(
  board: Board,
  kind: ManyKind,
  one: number,
  tools: Parameters<typeof settleMany>[2],
): Found | undefined {
  const pools = tools.poolsOf(one);
  const halves = createHalves();
  const found = pools.flatMap(
    (pool) => search(board, kind, { one, pool, fee: NO_FEE, halves }) ?? [],
  );
  const named = pools.filter(({ isNamed }) => isNamed);
  if (found.length === 0 && named.length > 0) {
    const sample = kind === 'batch' ? one : named[0]?.lines[0];
    const fees = sample === undefined ? [] : tools.differences.feesOf(sample);
    const isCheap = kind === 'batch' || named.every(isCheapToSplit);
    for (const fee of fees.slice(0, isCheap ? FEES_TRIED_MAX : 0)) {
      found.push(...named.flatMap((pool) => search(board, kind, { one, pool, fee, halves }) ?? []));
    }
    if (found.length === 0 && kind === 'batch') {
      found.push(...named.flatMap((pool) => tools.searchWithFee(one, pool) ?? []));
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
  // Numbers that the line itself writes decide between pools.
  if (best.isMentioned && !second.isMentioned) return best;
  const why = best.draft.why ?? reason('why.ambiguousSubset', { count: String(found.length) });
  return { ...best, draft: { ...best.draft, isUnique: false, why, alternatives } };
}

/** Each instalment bears its own fee, so that all sums are made again for each fee. */
function isCheapToSplit({ lines, mentioned }: Pool): boolean {
  return mentioned.size >= 2 || lines.length <= SPLIT_FEE_MAX;
}

const NO_FEE: SeenFee = { units: 0, seen: FEE_SEEN_MIN };

function isSameSet(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((line) => right.includes(line));
}

interface Question {
  readonly one: number;
  readonly pool: Pool;
  readonly fee: SeenFee;
  readonly halves: HalvesByPool;
}

/** The sums of a pool, made once for all that is asked of it. */
interface HalvesByPool {
  readonly of: (pool: Pool, amounts: readonly number[]) => Halves | undefined;
}

function createHalves(): HalvesByPool {
  const known = new Map<Pool, Halves | undefined>();
  return {
    of: (pool, amounts) => {
      if (!known.has(pool)) known.set(pool, halvesOfAll(amounts));
      return known.get(pool);
    },
  };
}

function search(
  board: Board,
  kind: ManyKind,
  { one, pool, fee, halves }: Question,
): Found | undefined {
  const [oneSide, manySide] =
    kind === 'batch' ? [board.entries, board.items] : [board.items, board.entries];
  const amount = oneSide.left[one] ?? 0;
  const sign = oneSide.isCredit[one] === 1 ? 1 : -1;
  const target = kind === 'batch' ? amount + sign * fee.units : amount;
  // Each instalment bears a fee of its own.
  const borne = kind === 'split' ? sign * fee.units : 0;
  const open = pool.lines.filter((line) => isWhole(manySide, line));
  const lines = narrow(open, pool);
  if (lines.length < 2 || board.work.spent > board.work.max) return undefined;
  const amounts = lines.map((line) => {
    const units = (manySide.left[line] ?? 0) + borne;
    return manySide.isCredit[line] === oneSide.isCredit[one] ? units : -units;
  });
  const subsets = findSubsets({
    amounts,
    halves: borne === 0 ? halves.of(pool, amounts) : undefined,
    target,
    workMax: Math.min(board.settings.workPerSearch, board.work.max - board.work.spent),
    solutionsMax: SOLUTIONS_MAX,
    sizeMin: 2,
  });
  board.work.spent += subsets.work;
  // What was left out of the search may add up as well.
  const isSearched = subsets.isComplete && lines.length === open.length;
  const solutions = subsets.solutions.map((places) => places.map((place) => lines[place] ?? 0));
  const ranked = rank(manySide.day, solutions, pool);
  const [best, second] = ranked;
  if (!best && !isSearched && kind === 'batch') {
    const { id } = lineOf(board.entries, one);
    board.openReasons.set(`entry:${id}`, reason('open.budgetSpent'));
  }
  if (!best) return undefined;
  const isMentioned = pool.mentioned.size > 0 && best.missed === 0;
  // It writes numbers, and none of them would be paid.
  if (pool.mentioned.size > 0 && best.mentioned === 0) return undefined;
  const isDecided = isMentioned && best.mentioned === best.lines.length && second?.missed !== 0;
  const isUnique = (isSearched && solutions.length === 1) || isDecided;
  const prior = (pool.isNamed ? PRIOR_NAMED : PRIOR_UNNAMED) * (isSearched ? 1 : PRIOR_CUT);
  const odds =
    (prior * (isMentioned ? MENTIONED_ODDS : 1)) / Math.max(1e-4, subsets.chance * best.looseness);
  const probability = Math.min(PROBABILITY_MAX, (odds / (1 + odds)) * best.share);
  const isComplete = isSearched || isDecided;
  const why =
    fee.seen < FEE_SEEN_MIN
      ? reason('why.feeUnproven', {
          amount: amountText(
            lineOf(board.entries, kind === 'batch' ? one : (best.lines[0] ?? 0)),
            fee.units,
          ),
        })
      : objection(board, { isUnique, isComplete, probability, pool, count: solutions.length });
  const draft: Draft = {
    kind,
    basis: 'uniqueSubset',
    ...toLegs(board, kind, { one, lines: best.lines, fee: fee.units }),
    probability,
    isUnique,
    reasons: [
      ...pool.reasons,
      ...mentionReasons(board, kind, best, isMentioned),
      ...sumReasons(board, kind, one, best.lines),
      reason('probability', { percent: percentOf(probability) }),
    ],
    why,
    alternatives: ranked
      .slice(1)
      .map((other) =>
        toAlternative(kind, one, other.lines, probability * (other.share / best.share)),
      ),
  };
  return { draft, lines: best.lines, one, isMentioned };
}

/** All lines where they can be searched; else those that are mentioned, or the nearest in time. */
function narrow(open: readonly number[], { mentioned }: Pool): readonly number[] {
  if (open.length <= SEARCHED_MAX) return open;
  const named = open.filter((line) => mentioned.has(line));
  return named.length >= 2 ? named.slice(0, SEARCHED_MAX) : open.slice(0, NEAREST_MAX);
}

function mentionReasons(
  board: Board,
  kind: ManyKind,
  { lines, mentioned }: Ranked,
  isMentioned: boolean,
): MatchReason[] {
  if (!isMentioned || kind === 'split') return [];
  const keys = lines.map(
    (line) => board.items.lines[line]?.number ?? board.items.lines[line]?.references[0] ?? '',
  );
  return [
    reason('invoiceNumbers', {
      count: String(mentioned),
      keys: keys
        .filter((key) => key !== '')
        .slice(0, KEYS_SHOWN_MAX)
        .join(', '),
    }),
  ];
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

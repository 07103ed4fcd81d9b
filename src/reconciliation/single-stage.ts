import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { AmountChance } from './amount-chance.ts';
import type { WeightedPair } from './assignment.ts';
import { assign } from './assignment.ts';
import type { Board } from './board.ts';
import { isWhole } from './board.ts';
import { percentOf } from './decision.ts';
import type { EqualClass } from './equal-amounts.ts';
import { forEachEqualClass } from './equal-amounts.ts';
import type { Comparison, Evidence } from './evidence.ts';
import { wholeLeg } from './key-stage.ts';
import type { KeyTies } from './key-ties.ts';
import type { DraftAlternative } from './propose.ts';
import type { Parties } from './parties.ts';
import { propose } from './propose.ts';

/** Weights are shifted by this, so that the assignment prefers more pairs over better ones. */
const PAIR_BONUS = 12;
/** An entry that names another item is seldom meant for this one. */
const OTHER_KEY_WEIGHT = -4;
const PROBABILITY_MAX = 0.9999;
/** A line that nothing was expected for, or that is not told yet, is as likely as this. */
const STRANGER_ODDS = 0.6;

interface Scored extends WeightedPair {
  readonly score: number;
  readonly comparison: Comparison;
  readonly isAgainstKey: boolean;
}

/** Pairs lines of equal amount by what is written on them and by their days, each line once. */
export function settleSingles(
  board: Board,
  tools: {
    readonly evidence: Evidence;
    readonly chance: AmountChance;
    readonly ties: KeyTies;
    readonly parties: Parties;
    readonly probabilityMin: number;
    /** Rivals may be gone into suggestions by now, so that nothing is unique any more. */
    readonly isLast: boolean;
  },
): void {
  forEachEqualClass(board, (each) => {
    const scored = each.pairs.map(([entry, item]) => score(board, tools, { entry, item }));
    const rivals = indexRivals(scored);
    const chosen = uncross(board, tools.parties, assign(scored), rivals);
    for (const pair of chosen) {
      const judged = judge(pair, rivals.of(pair), each, tools.chance.expect(pair.right));
      if (judged.probability >= tools.probabilityMin) {
        proposeSingle(
          board,
          pair,
          tools.isLast ? { ...judged, isUnique: false, margin: 0 } : judged,
        );
      } else if (tools.isLast && judged.rivals.length > 0) {
        tellRivals(board, pair, judged.rivals.length);
      }
    }
  });
}

function score(
  board: Board,
  { evidence, ties }: { readonly evidence: Evidence; readonly ties: KeyTies },
  { entry, item }: { readonly entry: number; readonly item: number },
): Scored {
  const comparison = evidence.compare(entry, item);
  const named = (ties.byEntry.get(entry) ?? []).filter(({ isOwn }) => isOwn);
  const isTied = named.some((tie) => tie.item === item);
  const isAgainstKey = named.length > 0 && !isTied;
  const value = comparison.weight + (isAgainstKey ? OTHER_KEY_WEIGHT : isTied ? 6 : 0);
  // Written once for both, so that the order of the lists decides nothing between equals.
  const nearer = -Math.abs((board.entries.day[entry] ?? 0) - (board.items.day[item] ?? 0)) * 1e-6;
  return {
    left: entry,
    right: item,
    weight: Math.max(0.01, value + PAIR_BONUS + nearer),
    score: value,
    comparison,
    isAgainstKey,
  };
}

/**
 * Two documents of one party over one amount are paid in their order, where nothing else tells them
 * apart: pairs that cross in time exchange their items.
 */
function uncross(
  board: Board,
  parties: Parties,
  chosen: readonly Scored[],
  rivals: Rivals,
): readonly Scored[] {
  if (chosen.length < 2 || chosen.length > UNCROSSED_MAX) return chosen;
  const pairs = [...chosen].toSorted(
    (one, other) => dayOf(board, one) - dayOf(board, other) || one.left - other.left,
  );
  const find = rivals.find;
  for (let first = 0; first < pairs.length; first += 1) {
    for (let second = first + 1; second < pairs.length; second += 1) {
      const [one, other] = [pairs[first], pairs[second]];
      if (!one || !other || parties.partyOf(one.right) !== parties.partyOf(other.right)) continue;
      const isCrossed = (board.items.day[one.right] ?? 0) > (board.items.day[other.right] ?? 0);
      const swapped = isCrossed ? [find(one.left, other.right), find(other.left, one.right)] : [];
      const [left, right] = swapped;
      if (!left || !right || textOf(left) + textOf(right) < textOf(one) + textOf(other) - 1)
        continue;
      pairs[first] = left;
      pairs[second] = right;
    }
  }
  return pairs;
}

const UNCROSSED_MAX = 40;

/** The pairs of each line, so that thousands of equal amounts are no work. */
interface Rivals {
  /** Pairs that share a line with this one. */
  readonly of: (pair: Scored) => readonly Scored[];
  readonly find: (left: number, right: number) => Scored | undefined;
}

function indexRivals(scored: readonly Scored[]): Rivals {
  const byLeft = Map.groupBy(scored, ({ left }) => left);
  const byRight = Map.groupBy(scored, ({ right }) => right);
  return {
    of: (pair) => [
      ...(byLeft.get(pair.left) ?? []).filter((other) => other !== pair),
      ...(byRight.get(pair.right) ?? []).filter((other) => other !== pair),
    ],
    find: (left, right) => byLeft.get(left)?.find((pair) => pair.right === right),
  };
}

/** Open, though lines fit: too many of them to choose. */
function tellRivals(board: Board, { left, right }: Scored, count: number): void {
  const why = reason('why.rivals', { count: String(count) });
  board.openReasons.set(`entry:${board.entries.lines[left]?.id ?? ''}`, why);
  board.openReasons.set(`item:${board.items.lines[right]?.id ?? ''}`, why);
}

function dayOf({ entries }: Board, { left }: Scored): number {
  return entries.day[left] ?? 0;
}

/** What speaks for a pair besides its days. */
function textOf({ score: all, comparison }: Scored): number {
  return all - comparison.dayWeight;
}

interface Judged {
  readonly probability: number;
  readonly margin: number;
  readonly rivals: readonly Scored[];
  readonly isUnique: boolean;
}

/** The share of this pair among all that could be true of its two lines, and of chance. */
function judge(
  pair: Scored,
  rivals: readonly Scored[],
  { isCut }: EqualClass,
  chance: number,
): Judged {
  const own = Math.exp(pair.score);
  const none = STRANGER_ODDS * Math.max(chance, 1e-4);
  const others = rivals.reduce((sum, other) => sum + Math.exp(other.score), 0);
  const strongest = Math.max(none, ...rivals.map((other) => Math.exp(other.score)));
  const share = own / (own + others + none);
  return {
    probability: Math.min(PROBABILITY_MAX, share),
    margin: isCut ? 0 : Math.log(own / strongest),
    rivals: rivals.toSorted((left, right) => right.score - left.score),
    isUnique: !isCut && rivals.length === 0,
  };
}

function proposeSingle(board: Board, pair: Scored, judged: Judged): void {
  const { left: entry, right: item, comparison } = pair;
  if (!isWhole(board.entries, entry) || !isWhole(board.items, item)) return;
  const { probability } = judged;
  const basis = comparison.reasons.some(({ code }) => code === 'aliasConfirmed')
    ? 'memory'
    : 'score';
  propose(board, {
    kind: 'single',
    basis,
    legs: [wholeLeg(board, entry, item)],
    probability,
    isUnique: judged.isUnique,
    reasons: [
      reason('amountEqual'),
      ...comparison.reasons,
      ...(judged.isUnique ? [reason('onlyCandidate')] : []),
      reason('probability', { percent: percentOf(probability) }),
    ],
    why: objection(board, pair, judged, basis),
    alternatives: judged.rivals.map((rival) => toAlternative(rival, pair, probability)),
  });
}

function objection(
  board: Board,
  { isAgainstKey, comparison }: Scored,
  { probability, margin, rivals }: Judged,
  basis: 'memory' | 'score',
): MatchReason | undefined {
  if (isAgainstKey) return reason('why.otherKeyNamed');
  if (comparison.isStranger) return reason('why.counterpartyDiffers');
  const objected =
    board.decider.objectTo({ basis, probability, margin }) ??
    (margin > 0 ? undefined : reason('why.rivals', { count: String(rivals.length) }));
  const isRivalled = rivals.length > 0 && margin < 1;
  return objected && isRivalled ? reason('why.rivals', { count: String(rivals.length) }) : objected;
}

function toAlternative(rival: Scored, pair: Scored, probability: number): DraftAlternative {
  const odds = Math.exp(Math.max(-20, Math.min(20, rival.score - pair.score)));
  return {
    entries: [rival.left],
    items: [rival.right],
    probability: Math.min(1 - probability, probability * odds),
  };
}

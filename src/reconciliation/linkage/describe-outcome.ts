import { leftOf } from './assign-pairs.ts';
import type { Candidates } from './find-candidates.ts';
import type { LinkedPair, LinkResult, LinkRival, UndecidedLine } from './link-types.ts';
import type { Lines, PairScorer } from './score-pair.ts';
import { transpose } from './solve-marginals.ts';
import type { Marginals } from './solve-marginals.ts';

const RIVALS_MAX = 5;
/** A partner less likely than this is no alternative to a pair. */
const RIVAL_LEAST = 0.005;
/** A pair with another fate that is at least a tenth as likely is ambiguous. */
const AMBIGUOUS_BELOW = Math.log(10);
/** A line without a pair is worth telling when it has a partner more likely than not. */
const UNDECIDED_FROM = 0.5;
const LEAST = 1e-12;

export interface Outcome {
  readonly lines: Lines;
  readonly scorer: PairScorer;
  readonly candidates: Candidates;
  readonly marginals: Marginals;
  readonly chosen: Int32Array;
  readonly explain: boolean;
}

/** Ranks and edges, told in the caller's indexes. */
export function describeOutcome(outcome: Outcome): Pick<LinkResult, 'pairs' | 'undecided'> {
  const { lines, candidates, marginals, chosen } = outcome;
  const back = transpose(candidates.rights, lines.right.count);
  const { pairs } = marginals;
  return {
    pairs: Array.from(chosen)
      .sort((one, other) => (pairs[other] ?? 0) - (pairs[one] ?? 0) || one - other)
      .map((edge) => describePair(outcome, back, edge)),
    undecided: describeUndecided(outcome),
  };
}

interface Back {
  readonly from: Int32Array;
  readonly edges: Int32Array;
}

function describePair(outcome: Outcome, back: Back, edge: number): LinkedPair {
  const { lines, scorer, candidates, marginals, explain } = outcome;
  const at = leftOf(candidates, edge);
  const l = candidates.lefts[at] ?? 0;
  const r = candidates.rights[edge] ?? 0;
  const { pairs, leftAlone, rightAlone } = marginals;
  let otherFate = Math.max(leftAlone[at] ?? 0, rightAlone[r] ?? 0, LEAST);
  for (let other = candidates.from[at] ?? 0; other < (candidates.from[at + 1] ?? 0); other += 1) {
    if (other !== edge) otherFate = Math.max(otherFate, pairs[other] ?? 0);
  }
  for (let place = back.from[r] ?? 0; place < (back.from[r + 1] ?? 0); place += 1) {
    const other = back.edges[place] ?? 0;
    if (other !== edge) otherFate = Math.max(otherFate, pairs[other] ?? 0);
  }
  const probability = pairs[edge] ?? 0;
  const margin = Math.log(Math.max(probability, LEAST) / otherFate);
  return {
    left: lines.left.original[l] ?? 0,
    right: lines.right.original[r] ?? 0,
    probability,
    margin,
    isAmbiguous: margin < AMBIGUOUS_BELOW,
    levels: explain ? scorer.levels(l, r) : NOTHING,
    rivals: explain ? rivalsOf(outcome, back, edge, at) : NOTHING,
  };
}

const NOTHING: readonly never[] = [];

function rivalsOf(
  { lines, candidates, marginals: { pairs } }: Outcome,
  back: Back,
  edge: number,
  at: number,
): readonly LinkRival[] {
  const r = candidates.rights[edge] ?? 0;
  const others = edgesOf(candidates, at);
  for (const other of back.edges.subarray(back.from[r], back.from[r + 1])) others.push(other);
  return others
    .filter((other) => other !== edge && (pairs[other] ?? 0) >= RIVAL_LEAST)
    .sort((one, other) => (pairs[other] ?? 0) - (pairs[one] ?? 0) || one - other)
    .slice(0, RIVALS_MAX)
    .map((other) => toRival(lines, candidates, pairs, other));
}

function describeUndecided({
  lines,
  candidates,
  marginals,
  chosen,
}: Outcome): readonly UndecidedLine[] {
  const { pairs, leftNone } = marginals;
  const isPaired = new Uint8Array(candidates.lefts.length);
  for (const edge of chosen) isPaired[leftOf(candidates, edge)] = 1;
  const undecided: UndecidedLine[] = [];
  for (const [at, l] of candidates.lefts.entries()) {
    const probability = 1 - (leftNone[at] ?? 1);
    if (isPaired[at] === 1 || probability < UNDECIDED_FROM) continue;
    undecided.push({
      left: lines.left.original[l] ?? 0,
      probability,
      rivals: edgesOf(candidates, at)
        .sort((one, other) => (pairs[other] ?? 0) - (pairs[one] ?? 0) || one - other)
        .slice(0, RIVALS_MAX)
        .map((edge) => toRival(lines, candidates, pairs, edge)),
    });
  }
  return undecided;
}

function edgesOf({ from }: Candidates, at: number): number[] {
  const first = from[at] ?? 0;
  return Array.from({ length: (from[at + 1] ?? 0) - first }, (_, edge) => first + edge);
}

function toRival(
  { left, right }: Lines,
  candidates: Candidates,
  pairs: Float64Array,
  edge: number,
): LinkRival {
  return {
    left: left.original[candidates.lefts[leftOf(candidates, edge)] ?? 0] ?? 0,
    right: right.original[candidates.rights[edge] ?? 0] ?? 0,
    probability: pairs[edge] ?? 0,
  };
}

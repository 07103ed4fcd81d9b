import type { Candidates } from './find-candidates.ts';

/** How likely each candidate pair is, each line having one partner at most. */
export interface Marginals {
  readonly pairs: Float64Array;
  /** Probability that a left line has no partner among its candidates, by place in `lefts`. */
  readonly leftAlone: Float64Array;
  /** Probability that it has none at all, not even among those that nobody looked at. */
  readonly leftNone: Float64Array;
  readonly rightAlone: Float64Array;
}

const ROUNDS_MAX = 60;
const PRECISION = 1e-3;
const ODDS_MAX = 60;

/**
 * Sums over all one-to-one assignments by passing messages along the edges (monomers and dimers:
 * one fixed point, always reached). Exact where components are trees, close elsewhere.
 */
export function solveMarginals(
  candidates: Candidates,
  rightCount: number,
  priors: Float64Array,
): Marginals {
  const { from, rights, scores, hidden, lefts } = candidates;
  const edges = rights.length;
  const odds = new Float64Array(edges);
  const alone = new Float64Array(lefts.length);
  for (let at = 0; at < lefts.length; at += 1) {
    const prior = priors[at] ?? 0;
    alone[at] = 1 + (hidden[at] ?? 0) * Math.exp(prior);
    for (let edge = from[at] ?? 0; edge < (from[at + 1] ?? 0); edge += 1) {
      odds[edge] = Math.exp(Math.max(-ODDS_MAX, Math.min(ODDS_MAX, (scores[edge] ?? 0) + prior)));
    }
  }
  const back = transpose(rights, rightCount);
  const identity = Int32Array.from({ length: edges }, (_, edge) => edge);
  const toLeft = new Float64Array(edges).fill(1);
  const toRight = new Float64Array(edges).fill(1);
  const ones = new Float64Array(rightCount).fill(1);
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    passMessages(from, identity, odds, alone, toLeft, toRight);
    if (passMessages(back.from, back.edges, odds, ones, toRight, toLeft) < PRECISION) break;
  }
  const pairs = new Float64Array(edges);
  for (let edge = 0; edge < edges; edge += 1) {
    const weight = (odds[edge] ?? 0) * (toLeft[edge] ?? 0) * (toRight[edge] ?? 0);
    pairs[edge] = weight / (1 + weight);
  }
  const leftAlone = chanceAlone(from, identity, odds, alone, toLeft);
  return {
    pairs,
    leftAlone,
    leftNone: leftAlone.map((probability, at) => probability / (alone[at] ?? 1)),
    rightAlone: chanceAlone(back.from, back.edges, odds, ones, toRight),
  };
}

/** Edges by right line, ascending. */
export function transpose(
  rights: Int32Array,
  rightCount: number,
): { readonly from: Int32Array; readonly edges: Int32Array } {
  const from = new Int32Array(rightCount + 1);
  for (const right of rights) from[right + 1] = (from[right + 1] ?? 0) + 1;
  for (let r = 0; r < rightCount; r += 1) from[r + 1] = (from[r + 1] ?? 0) + (from[r] ?? 0);
  const next = from.slice();
  const edges = new Int32Array(rights.length);
  for (let edge = 0; edge < rights.length; edge += 1) {
    const right = rights[edge] ?? 0;
    const place = next[right] ?? 0;
    edges[place] = edge;
    next[right] = place + 1;
  }
  return { from, edges };
}

/**
 * One round from one side to the other; gives the largest change of a pair's probability.
 *
 * Each line tells each partner how free it is of all its others: 1 / (alone + the others). Sums
 * from both ends, because taking one term away from a sum loses the small ones.
 */
function passMessages(
  from: Int32Array,
  edges: Int32Array,
  odds: Float64Array,
  alone: Float64Array,
  heard: Float64Array,
  told: Float64Array,
): number {
  let change = 0;
  let sums = new Float64Array(64);
  for (let line = 0; line + 1 < from.length; line += 1) {
    const begin = from[line] ?? 0;
    const count = (from[line + 1] ?? 0) - begin;
    if (count === 0) continue;
    if (count > sums.length) sums = new Float64Array(count * 2);
    let sum = alone[line] ?? 1;
    for (let at = 0; at < count; at += 1) {
      const edge = edges[begin + at] ?? 0;
      sums[at] = sum;
      sum += (odds[edge] ?? 0) * (heard[edge] ?? 0);
    }
    let behind = 0;
    for (let at = count - 1; at >= 0; at -= 1) {
      const edge = edges[begin + at] ?? 0;
      const free = 1 / ((sums[at] ?? 0) + behind);
      const weight = (odds[edge] ?? 0) * (heard[edge] ?? 0);
      behind += weight;
      const now = weight * free;
      const before = weight * (told[edge] ?? 0);
      change = Math.max(change, Math.abs(now / (1 + now) - before / (1 + before)));
      told[edge] = free;
    }
  }
  return change;
}

function chanceAlone(
  from: Int32Array,
  edges: Int32Array,
  odds: Float64Array,
  alone: Float64Array,
  heard: Float64Array,
): Float64Array {
  return Float64Array.from(alone, (weight, line) => {
    let sum = weight;
    for (let at = from[line] ?? 0; at < (from[line + 1] ?? 0); at += 1) {
      const edge = edges[at] ?? 0;
      sum += (odds[edge] ?? 0) * (heard[edge] ?? 0);
    }
    return weight / sum;
  });
}

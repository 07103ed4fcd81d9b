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
const PRECISION = 1e-4;
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
  const { from, rights, scores, hidden } = candidates;
  const edges = rights.length;
  const odds = new Float64Array(edges);
  const alone = new Float64Array(hidden.length);
  for (let at = 0; at < hidden.length; at += 1) {
    const prior = priors[at] ?? 0;
    alone[at] = 1 + (hidden[at] ?? 0) * Math.exp(prior);
    for (let edge = from[at] ?? 0; edge < (from[at + 1] ?? 0); edge += 1) {
      odds[edge] = Math.exp(Math.max(-ODDS_MAX, Math.min(ODDS_MAX, (scores[edge] ?? 0) + prior)));
    }
  }
  const back = transpose(rights, rightCount);
  const toLeft = new Float64Array(edges).fill(1);
  const toRight = new Float64Array(edges).fill(1);
  const lefts: Side = {
    from,
    edges: Int32Array.from({ length: edges }, (_, edge) => edge),
    lines: placesOf(from, edges),
    alone,
    isStirred: new Uint8Array(alone.length).fill(1),
    told: toRight,
  };
  const ones = new Float64Array(rightCount).fill(1);
  const rightSide: Side = {
    ...back,
    lines: rights,
    alone: ones,
    isStirred: new Uint8Array(rightCount).fill(1),
    told: toLeft,
  };
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    passMessages(lefts, rightSide, odds);
    if (passMessages(rightSide, lefts, odds) === 0) break;
  }
  const pairs = new Float64Array(edges);
  for (let edge = 0; edge < edges; edge += 1) {
    const weight = (odds[edge] ?? 0) * (toLeft[edge] ?? 0) * (toRight[edge] ?? 0);
    pairs[edge] = weight / (1 + weight);
  }
  const leftAlone = chanceAlone(lefts, odds, toLeft);
  return {
    pairs,
    leftAlone,
    leftNone: leftAlone.map((probability, at) => probability / (alone[at] ?? 1)),
    rightAlone: chanceAlone(rightSide, odds, toRight),
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

/** One side of the graph, and what its lines tell the other side along each edge. */
interface Side {
  /** Edges of a line: `edges[from[line] … from[line + 1]]`. */
  readonly from: Int32Array;
  readonly edges: Int32Array;
  /** The line of this side, by edge. */
  readonly lines: Int32Array;
  /** Weight of having no partner. */
  readonly alone: Float64Array;
  /** 1 for lines that heard something new. */
  readonly isStirred: Uint8Array;
  readonly told: Float64Array;
}

function placesOf(from: Int32Array, edges: number): Int32Array {
  const places = new Int32Array(edges);
  for (let line = 0; line + 1 < from.length; line += 1)
    places.fill(line, from[line], from[line + 1]);
  return places;
}

/**
 * One round from one side to the other, among the lines that heard something new; gives how many
 * pairs changed. Each line tells each partner how free it is of all its others:
 * 1 / (alone + the others), summed from both ends, because taking one term away from a sum loses
 * the small ones.
 */
function passMessages(side: Side, other: Side, odds: Float64Array): number {
  const { from, edges, alone, isStirred, told } = side;
  const heard = other.told;
  let changed = 0;
  let sums = new Float64Array(64);
  for (let line = 0; line + 1 < from.length; line += 1) {
    if (isStirred[line] === 0) continue;
    isStirred[line] = 0;
    const begin = from[line] ?? 0;
    const count = (from[line + 1] ?? 0) - begin;
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
      told[edge] = free;
      if (Math.abs(now / (1 + now) - before / (1 + before)) < PRECISION) continue;
      changed += 1;
      other.isStirred[other.lines[edge] ?? 0] = 1;
    }
  }
  return changed;
}

function chanceAlone(
  { from, edges, alone }: Side,
  odds: Float64Array,
  heard: Float64Array,
): Float64Array {
  return alone.map((weight, line) => {
    let sum = weight;
    for (let at = from[line] ?? 0; at < (from[line + 1] ?? 0); at += 1) {
      const edge = edges[at] ?? 0;
      sum += (odds[edge] ?? 0) * (heard[edge] ?? 0);
    }
    return weight / sum;
  });
}

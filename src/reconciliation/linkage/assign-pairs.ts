import type { Candidates } from './find-candidates.ts';
import { solveAssignment } from './solve-assignment.ts';
import type { Marginals } from './solve-marginals.ts';
import { transpose } from './solve-marginals.ts';

/** Components with more left lines than this are assigned by probability alone. */
const EXACT_MAX = 40;

/**
 * Chosen edges, one-to-one: in each connected component those whose probabilities sum highest, so
 * that as many as possible are expected to be true.
 */
export function assignPairs(
  candidates: Candidates,
  marginals: Marginals,
  rightCount: number,
  least: number,
): Int32Array {
  const chosen: number[] = [];
  for (const edges of findComponents(candidates, marginals, rightCount, least)) {
    const [only] = edges;
    if (edges.length === 1 && only !== undefined) chosen.push(only);
    else for (const edge of assignComponent(edges, candidates, marginals.pairs)) chosen.push(edge);
  }
  return Int32Array.from(chosen);
}

function assignComponent(
  edges: readonly number[],
  candidates: Candidates,
  pairs: Float64Array,
): readonly number[] {
  const rows = numbered(edges.map((edge) => leftOf(candidates, edge)));
  const columns = numbered(edges.map((edge) => candidates.rights[edge] ?? 0));
  if (Math.max(rows.size, columns.size) > EXACT_MAX)
    return assignGreedily(edges, candidates, pairs);
  const size = Math.max(rows.size, columns.size);
  const gains = new Float64Array(size * size);
  const edgeAt = new Int32Array(size * size).fill(-1);
  for (const edge of edges) {
    const row = rows.get(leftOf(candidates, edge)) ?? 0;
    const column = columns.get(candidates.rights[edge] ?? 0) ?? 0;
    gains[row * size + column] = pairs[edge] ?? 0;
    edgeAt[row * size + column] = edge;
  }
  return solveAssignment(gains, size)
    .map((column, row) => edgeAt[row * size + column] ?? -1)
    .filter((edge) => edge >= 0);
}

function numbered(keys: readonly number[]): ReadonlyMap<number, number> {
  return new Map([...new Set(keys)].sort((one, other) => one - other).map((key, at) => [key, at]));
}

function assignGreedily(
  edges: readonly number[],
  candidates: Candidates,
  pairs: Float64Array,
): readonly number[] {
  const sorted = edges.toSorted(
    (one, other) => (pairs[other] ?? 0) - (pairs[one] ?? 0) || one - other,
  );
  const taken = new Set<number>();
  const takenRights = new Set<number>();
  return sorted.filter((edge) => {
    const left = leftOf(candidates, edge);
    const right = candidates.rights[edge] ?? 0;
    if (taken.has(left) || takenRights.has(right)) return false;
    taken.add(left);
    takenRights.add(right);
    return true;
  });
}

/** Place in `lefts` that an edge starts from. */
export function leftOf({ from }: Candidates, edge: number): number {
  let low = 0;
  let high = from.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((from[middle] ?? 0) <= edge) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Edges that matter, by connected component, each ascending. */
function findComponents(
  candidates: Candidates,
  { pairs }: Marginals,
  rightCount: number,
  least: number,
): readonly (readonly number[])[] {
  const { from, rights, lefts } = candidates;
  const back = transpose(rights, rightCount);
  const seenLeft = new Uint8Array(lefts.length);
  const components: number[][] = [];
  const seenRight = new Uint8Array(rightCount);
  for (let start = 0; start < lefts.length; start += 1) {
    if (seenLeft[start] === 1) continue;
    seenLeft[start] = 1;
    const edges: number[] = [];
    const waiting = [start];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      for (let edge = from[at] ?? 0; edge < (from[at + 1] ?? 0); edge += 1) {
        if ((pairs[edge] ?? 0) < least) continue;
        edges.push(edge);
        const right = rights[edge] ?? 0;
        if (seenRight[right] === 1) continue;
        seenRight[right] = 1;
        for (let place = back.from[right] ?? 0; place < (back.from[right + 1] ?? 0); place += 1) {
          const other = back.edges[place] ?? 0;
          if ((pairs[other] ?? 0) < least) continue;
          const left = leftOf(candidates, other);
          if (seenLeft[left] === 1) continue;
          seenLeft[left] = 1;
          waiting.push(left);
        }
      }
    }
    if (edges.length > 0) components.push(edges.sort((one, other) => one - other));
  }
  return components;
}

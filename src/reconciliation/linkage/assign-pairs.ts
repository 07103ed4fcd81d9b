import type { Candidates } from './find-candidates.ts';
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

/**
 * Column of each row in the assignment with the highest total gain (Hungarian method with shortest
 * augmenting paths, size³). Equal totals: the same answer for the same numbers.
 */
export function solveAssignment(gains: Float64Array, size: number): number[] {
  const rowPotential = new Float64Array(size + 1);
  const columnPotential = new Float64Array(size + 1);
  const rowOf = new Int32Array(size + 1);
  const way = new Int32Array(size + 1);
  for (let row = 1; row <= size; row += 1) {
    rowOf[0] = row;
    let column = 0;
    const slack = new Float64Array(size + 1).fill(Infinity);
    const used = new Uint8Array(size + 1);
    do {
      used[column] = 1;
      const current = rowOf[column] ?? 0;
      let delta = Infinity;
      let next = 0;
      for (let to = 1; to <= size; to += 1) {
        if (used[to] === 1) continue;
        const gain = gains[(current - 1) * size + to - 1] ?? 0;
        const cost = -gain - (rowPotential[current] ?? 0) - (columnPotential[to] ?? 0);
        if (cost < (slack[to] ?? 0)) {
          slack[to] = cost;
          way[to] = column;
        }
        if ((slack[to] ?? 0) < delta) {
          delta = slack[to] ?? 0;
          next = to;
        }
      }
      for (let to = 0; to <= size; to += 1) {
        if (used[to] === 1) {
          const owner = rowOf[to] ?? 0;
          rowPotential[owner] = (rowPotential[owner] ?? 0) + delta;
          columnPotential[to] = (columnPotential[to] ?? 0) - delta;
        } else {
          slack[to] = (slack[to] ?? 0) - delta;
        }
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      const before = way[column] ?? 0;
      rowOf[column] = rowOf[before] ?? 0;
      column = before;
    }
  }
  const columns = Array.from<number>({ length: size }).fill(-1);
  for (let to = 1; to <= size; to += 1) columns[(rowOf[to] ?? 0) - 1] = to - 1;
  return columns;
}

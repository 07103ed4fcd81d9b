/** A pair that may be assigned, with what speaks for it. */
export interface WeightedPair {
  readonly left: number;
  readonly right: number;
  readonly weight: number;
}

/** Above this the exact solution costs too much; the heaviest pairs are taken in turn. */
const EXACT_MAX = 80;

/**
 * Chooses pairs so that each line is used once and the weights are the largest possible in sum.
 * Pairs of weight zero or less are never chosen.
 */
export function assign<Pair extends WeightedPair>(pairs: readonly Pair[]): readonly Pair[] {
  const worthy = pairs.filter(({ weight }) => weight > 0);
  const lefts = [...new Set(worthy.map(({ left }) => left))].toSorted((one, other) => one - other);
  const rights = [...new Set(worthy.map(({ right }) => right))].toSorted(
    (one, other) => one - other,
  );
  if (worthy.length <= 1) return worthy;
  if (Math.max(lefts.length, rights.length) > EXACT_MAX) return takeHeaviest(worthy);
  const size = Math.max(lefts.length, rights.length);
  const costs = Array.from({ length: size }, () => new Float64Array(size));
  const known = new Map<string, Pair>();
  for (const pair of worthy) {
    const [row, column] = [lefts.indexOf(pair.left), rights.indexOf(pair.right)];
    const line = costs[row];
    if (line) line[column] = -pair.weight;
    known.set(`${row} ${column}`, pair);
  }
  return solve(costs).flatMap((column, row) => known.get(`${row} ${column}`) ?? []);
}

function takeHeaviest<Pair extends WeightedPair>(pairs: readonly Pair[]): readonly Pair[] {
  const [lefts, rights] = [new Set<number>(), new Set<number>()];
  const chosen: Pair[] = [];
  for (const pair of pairs.toSorted(byWeight)) {
    if (lefts.has(pair.left) || rights.has(pair.right)) continue;
    lefts.add(pair.left);
    rights.add(pair.right);
    chosen.push(pair);
  }
  return chosen;
}

function byWeight(one: WeightedPair, other: WeightedPair): number {
  return other.weight - one.weight || one.left - other.left || one.right - other.right;
}

/** The Hungarian method with potentials: the column of each row, cheapest in sum. */
function solve(costs: readonly Float64Array[]): number[] {
  const size = costs.length;
  const rowPotential = new Float64Array(size + 1);
  const columnPotential = new Float64Array(size + 1);
  const rowOf = new Int32Array(size + 1);
  const way = new Int32Array(size + 1);
  for (let row = 1; row <= size; row += 1) {
    rowOf[0] = row;
    let column = 0;
    const least = new Float64Array(size + 1).fill(Infinity);
    const isUsed = new Uint8Array(size + 1);
    do {
      isUsed[column] = 1;
      const current = rowOf[column] ?? 0;
      let [delta, next] = [Infinity, 0];
      for (let each = 1; each <= size; each += 1) {
        if (isUsed[each] === 1) continue;
        const reduced =
          (costs[current - 1]?.[each - 1] ?? 0) -
          (rowPotential[current] ?? 0) -
          (columnPotential[each] ?? 0);
        if (reduced < (least[each] ?? 0)) {
          least[each] = reduced;
          way[each] = column;
        }
        if ((least[each] ?? 0) < delta) {
          delta = least[each] ?? 0;
          next = each;
        }
      }
      for (let each = 0; each <= size; each += 1) {
        if (isUsed[each] === 1) {
          const owner = rowOf[each] ?? 0;
          rowPotential[owner] = (rowPotential[owner] ?? 0) + delta;
          columnPotential[each] = (columnPotential[each] ?? 0) - delta;
        } else least[each] = (least[each] ?? 0) - delta;
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      const before = way[column] ?? 0;
      rowOf[column] = rowOf[before] ?? 0;
      column = before;
    }
  }
  const columns = Array.from({ length: size }, () => 0);
  for (let each = 1; each <= size; each += 1) columns[(rowOf[each] ?? 1) - 1] = each - 1;
  return columns;
}

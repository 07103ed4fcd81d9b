import { solveAssignment } from './linkage/solve-assignment.ts';

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
  const gains = new Float64Array(size * size);
  const known = new Map<string, Pair>();
  for (const pair of worthy) {
    const [row, column] = [lefts.indexOf(pair.left), rights.indexOf(pair.right)];
    gains[row * size + column] = pair.weight;
    known.set(`${row} ${column}`, pair);
  }
  return solveAssignment(gains, size).flatMap((column, row) => known.get(`${row} ${column}`) ?? []);
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

import { placesOf, sumsOf } from './subset-sum.ts';

/** A subset whose sum lies between two bounds. */
export interface NearSubset {
  readonly places: readonly number[];
  readonly sum: number;
}

export interface NearQuestion {
  /** Whole numbers; a negative one is deducted where it is part of the subset. */
  readonly amounts: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly solutionsMax: number;
  readonly sizeMin: number;
}

const AMOUNTS_MAX = 24;

/** Subsets between two sums; nothing when there are more than anybody could weigh. */
export function findSubsetsNear(question: NearQuestion): readonly NearSubset[] {
  const { amounts, solutionsMax, sizeMin } = question;
  if (amounts.length > AMOUNTS_MAX) return [];
  const negative = amounts.reduce((sum, amount) => sum + Math.min(0, amount), 0);
  const [from, to] = [question.from - negative, question.to - negative];
  const plain = amounts.map((amount) => Math.abs(amount));
  const middle = Math.ceil(plain.length / 2);
  const low = sumsOf(plain.slice(0, middle));
  const high = sumsOf(plain.slice(middle));
  const found: NearSubset[] = [];
  let last = high.sums.length - 1;
  for (let left = 0; left < low.sums.length; left += 1) {
    const base = low.sums[left] ?? 0;
    while (last >= 0 && base + (high.sums[last] ?? 0) > to) last -= 1;
    for (let right = last; right >= 0 && base + (high.sums[right] ?? 0) >= from; right -= 1) {
      const taken = new Set([
        ...placesOf(low.members[left] ?? 0, 0),
        ...placesOf(high.members[right] ?? 0, middle),
      ]);
      const places = amounts.flatMap((amount, place) =>
        amount > 0 === taken.has(place) ? [place] : [],
      );
      if (places.length < sizeMin) continue;
      if (found.length >= solutionsMax) return [];
      found.push({ places, sum: base + (high.sums[right] ?? 0) + negative });
    }
  }
  return found;
}

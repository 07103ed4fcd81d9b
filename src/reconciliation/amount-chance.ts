import type { Board } from './board.ts';

const ROUNDNESS_MAX = 9;
/** Amounts from four fifths to five quarters of one tell how many lie about it. */
const NEAR = 1.25;

/** How many items would have a given amount by chance, judged by amounts as round as it nearby. */
export interface AmountChance {
  readonly expect: (item: number) => number;
}

export function createAmountChance(board: Board): AmountChance {
  const { items } = board;
  const classes = new Map<number, Float64Array[]>();
  const groups = new Map<number, number[]>();
  for (let item = 0; item < items.lines.length; item += 1) {
    const amount = items.left[item] ?? 0;
    if (!(amount > 0)) continue;
    const key = classOf(board, item);
    const list = groups.get(key);
    if (list) list.push(amount);
    else groups.set(key, [amount]);
  }
  for (const [key, amounts] of groups) classes.set(key, splitByRoundness(amounts));
  return {
    expect: (item) => {
      const amount = items.left[item] ?? 0;
      const roundness = roundnessOf(amount);
      const sorted = classes.get(classOf(board, item))?.[roundness];
      if (!sorted || !(amount > 0)) return 1;
      const near = countBetween(sorted, amount / NEAR, amount * NEAR);
      const width = (amount * (NEAR - 1 / NEAR)) / 10 ** roundness;
      const equal = countBetween(sorted, amount, amount);
      return Math.max(near / Math.max(1, width), (equal - 1) / 4);
    },
  };
}

function classOf({ items }: Board, item: number): number {
  return (items.currency[item] ?? 0) * 2 + (items.isCredit[item] ?? 0);
}

/** Ascending amounts that end in at least so many zeros, for each number of zeros. */
function splitByRoundness(amounts: readonly number[]): Float64Array[] {
  let sorted = Float64Array.from(amounts).toSorted();
  const levels = [sorted];
  for (let zeros = 1; zeros <= ROUNDNESS_MAX; zeros += 1) {
    const step = 10 ** zeros;
    sorted = sorted.filter((amount) => amount % step === 0);
    levels.push(sorted);
  }
  return levels;
}

export function roundnessOf(amount: number): number {
  let zeros = 0;
  let rest = amount;
  while (zeros < ROUNDNESS_MAX && rest > 0 && rest % 10 === 0) {
    rest /= 10;
    zeros += 1;
  }
  return zeros;
}

function countBetween(sorted: Float64Array, from: number, to: number): number {
  return lowerBound(sorted, to, true) - lowerBound(sorted, from, false);
}

function lowerBound(sorted: Float64Array, value: number, isAfter: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = sorted[middle] ?? 0;
    if (at < value || (isAfter && at === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

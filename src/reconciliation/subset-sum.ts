/** What a search for subsets found. */
export interface Subsets {
  /** Places of amounts, each subset ascending; at most `solutionsMax` of them. */
  readonly solutions: readonly (readonly number[])[];
  /** All were found and counted: one solution is then proven to be the only one. */
  readonly isComplete: boolean;
  /** How many subsets hit one exact sum by chance, judged by those that come near the target. */
  readonly chance: number;
  readonly work: number;
}

export interface SubsetQuestion {
  /** Whole numbers; a negative one is deducted where it is part of the subset. */
  readonly amounts: readonly number[];
  readonly target: number;
  readonly workMax: number;
  readonly solutionsMax: number;
  /** Subsets of at least so many. */
  readonly sizeMin: number;
  /** What `halvesOf` gave for these amounts, where several targets are asked for. */
  readonly halves?: Halves | undefined;
}

/** The sums of both halves of some amounts. */
export interface Halves {
  readonly low: HalfSums;
  readonly high: HalfSums;
}

/** Nothing where there are too many amounts to sum up. */
export function halvesOfAll(amounts: readonly number[]): Halves | undefined {
  if (amounts.length > 2 * HALF_MAX) return undefined;
  return halvesOf(amounts.map((amount) => Math.abs(amount)));
}

function halvesOf(amounts: readonly number[]): Halves {
  const middle = Math.ceil(amounts.length / 2);
  return { low: sumsOf(amounts.slice(0, middle)), high: sumsOf(amounts.slice(middle)) };
}

const HALF_MAX = 17;
const HOPELESS = 60;
/** Subsets are counted within this share of the target to learn how dense sums are there. */
const NEAR_SHARE = 0.02;
const NEAR_MAX = 2_000_000;

/**
 * Finds the subsets of amounts whose sum is the target, within a number of steps: both halves of up
 * to 34 amounts meet in the middle; more amounts are searched deep first, which may end unfinished.
 */
export function findSubsets(question: SubsetQuestion): Subsets {
  const negative = question.amounts.reduce((sum, amount) => sum + Math.min(0, amount), 0);
  if (negative === 0) return findPositive(question);
  // Leaving out a deduction is adding it: then all amounts are positive, and the target is higher.
  const { amounts, sizeMin, solutionsMax } = question;
  const found = findPositive({
    ...question,
    amounts: amounts.map((amount) => Math.abs(amount)),
    target: question.target - negative,
    sizeMin: 0,
  });
  const solutions = found.solutions
    .map((places) => {
      const taken = new Set(places);
      return amounts.flatMap((amount, place) => (amount > 0 === taken.has(place) ? [place] : []));
    })
    .filter(({ length }) => length >= sizeMin)
    .slice(0, solutionsMax);
  return { ...found, solutions };
}

function findPositive(question: SubsetQuestion): Subsets {
  const { amounts, target, workMax } = question;
  const unit = amounts.reduce(greatestDivisor, 0);
  if (unit === 0 || target % unit !== 0 || amounts.reduce(add, 0) < target) {
    return { solutions: [], isComplete: true, chance: 0, work: amounts.length };
  }
  if (isHopeless(question, unit)) {
    return { solutions: [], isComplete: false, chance: HOPELESS, work: amounts.length };
  }
  const half = Math.ceil(amounts.length / 2);
  const canMeet = half <= HALF_MAX && 2 ** (half + 2) <= workMax;
  return canMeet ? meetInTheMiddle(question, unit) : searchDeep(question, unit);
}

/**
 * Whether far more subsets than anybody could choose from have this very sum, judged by how sums
 * of so many amounts spread: as the bell curve does.
 */
function isHopeless({ amounts, target }: SubsetQuestion, unit: number): boolean {
  const squares = amounts.reduce((sum, amount) => sum + amount * amount, 0);
  const spread = Math.sqrt(squares) / 2;
  const distance = (target - amounts.reduce(add, 0) / 2) / spread;
  const density = Math.exp(-(distance * distance) / 2) / (spread * Math.sqrt(2 * Math.PI));
  return 2 ** amounts.length * unit * density > HOPELESS;
}

function add(sum: number, amount: number): number {
  return sum + amount;
}

function greatestDivisor(left: number, right: number): number {
  let [one, other] = [left, right];
  while (other !== 0) [one, other] = [other, one % other];
  return one;
}

/** All sums of one half, ascending, with the members of each as bits. */
export interface HalfSums {
  readonly sums: Float64Array;
  readonly members: Uint32Array;
}

/** Merges the sums without an amount and those with it: sorted without sorting. */
export function sumsOf(amounts: readonly number[]): HalfSums {
  const size = 2 ** amounts.length;
  let [sums, moreSums] = [new Float64Array(size), new Float64Array(size)];
  let [members, moreMembers] = [new Uint32Array(size), new Uint32Array(size)];
  amounts.forEach((amount, bit) => {
    const known = 2 ** bit;
    let [without, within] = [0, 0];
    for (let place = 0; place < known * 2; place += 1) {
      const plain = without < known ? (sums[without] ?? 0) : Infinity;
      const added = within < known ? (sums[within] ?? 0) + amount : Infinity;
      if (plain <= added) {
        moreSums[place] = plain;
        moreMembers[place] = members[without] ?? 0;
        without += 1;
      } else {
        moreSums[place] = added;
        moreMembers[place] = (members[within] ?? 0) | (1 << bit);
        within += 1;
      }
    }
    [sums, moreSums] = [moreSums, sums];
    [members, moreMembers] = [moreMembers, members];
  });
  return { sums, members };
}

function meetInTheMiddle(question: SubsetQuestion, unit: number): Subsets {
  const { amounts, target, solutionsMax, sizeMin } = question;
  const middle = Math.ceil(amounts.length / 2);
  const { low, high } = question.halves ?? halvesOf(amounts);
  const solutions: number[][] = [];
  let isComplete = true;
  let right = high.sums.length - 1;
  for (let left = 0; left < low.sums.length && isComplete; left += 1) {
    const wanted = target - (low.sums[left] ?? 0);
    while (right >= 0 && (high.sums[right] ?? 0) > wanted) right -= 1;
    for (let equal = right; equal >= 0 && high.sums[equal] === wanted; equal -= 1) {
      const found = [
        ...placesOf(low.members[left] ?? 0, 0),
        ...placesOf(high.members[equal] ?? 0, middle),
      ];
      if (found.length < sizeMin) continue;
      if (solutions.length >= solutionsMax) {
        isComplete = false;
        break;
      }
      solutions.push(found);
    }
  }
  const near = countNear(low.sums, high.sums, target);
  const width = Math.max(1, (2 * NEAR_SHARE * target) / unit);
  return {
    solutions,
    isComplete,
    chance: near / width,
    work: 2 * (low.sums.length + high.sums.length),
  };
}

export function placesOf(bits: number, offset: number): number[] {
  const places: number[] = [];
  for (let bit = 0; bit < 32; bit += 1) if ((bits & (1 << bit)) !== 0) places.push(offset + bit);
  return places;
}

function countNear(low: Float64Array, high: Float64Array, target: number): number {
  const [from, to] = [target * (1 - NEAR_SHARE), target * (1 + NEAR_SHARE)];
  let count = 0;
  let [first, last] = [high.length, high.length];
  for (const sum of low) {
    while (first > 0 && sum + (high[first - 1] ?? 0) >= from) first -= 1;
    while (last > 0 && sum + (high[last - 1] ?? 0) > to) last -= 1;
    count += last - first;
    if (count > NEAR_MAX) break;
  }
  return count;
}

/** Largest first, leaving out what cannot reach the target any more. */
function searchDeep(question: SubsetQuestion, unit: number): Subsets {
  const { amounts, target, workMax, solutionsMax, sizeMin } = question;
  const order = amounts
    .map((amount, place) => ({ amount, place }))
    .toSorted((left, right) => right.amount - left.amount || left.place - right.place);
  const rests = new Float64Array(order.length + 1);
  for (let place = order.length - 1; place >= 0; place -= 1) {
    rests[place] = (rests[place + 1] ?? 0) + (order[place]?.amount ?? 0);
  }
  const solutions: number[][] = [];
  const chosen: number[] = [];
  let work = 0;
  let near = 0;
  const reach = NEAR_SHARE * target;
  const isOver = (): boolean => work >= workMax || solutions.length > solutionsMax;
  const descend = (start: number, missing: number): void => {
    if (missing === 0 && chosen.length >= sizeMin) solutions.push(chosen.toSorted(ascending));
    for (let place = start; place < order.length && !isOver(); place += 1) {
      work += 1;
      const { amount = 0, place: original = 0 } = order[place] ?? {};
      if (missing > (rests[place] ?? 0) + reach) return;
      if (Math.abs(missing - amount) <= reach) near += 1;
      if (amount > missing) continue;
      chosen.push(original);
      descend(place + 1, missing - amount);
      chosen.pop();
    }
  };
  descend(0, target);
  const isComplete = !isOver();
  return {
    solutions: solutions.slice(0, solutionsMax),
    isComplete,
    chance: near / Math.max(1, (2 * reach) / unit),
    work: work + order.length,
  };
}

function ascending(left: number, right: number): number {
  return left - right;
}

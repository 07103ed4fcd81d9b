import { LeftState, RightState } from './align-words.ts';
import type { Alignment } from './align-words.ts';
import { FIRST_OWN_CLASS, FRAGMENT_CLASS } from './chance-tables.ts';
import { magnitudeOf } from './score-pair.ts';
import type { Lines, PairTraits } from './score-pair.ts';

const BANDS = 60;
const MAGNITUDES = 80;

export interface Window {
  readonly delayDays: { readonly min: number; readonly max: number };
  readonly amountRatio: { readonly min: number; readonly max: number };
}

/** What is believed of true pairs before any was seen. */
export function firstTraits(window: Window, classes: number): PairTraits {
  const bandFrom = Math.log(Math.max(1e-6, window.amountRatio.min)) - 1e-6;
  const bandTo = Math.log(window.amountRatio.max) + 1e-6;
  const bandWidth = (bandTo - bandFrom) / BANDS;
  const widest = Math.max(Math.abs(bandFrom), Math.abs(bandTo));
  const nearness = Array.from({ length: BANDS }, (_, at) => {
    const ratio = Math.abs(bandFrom + (at + 0.5) * bandWidth);
    return 1.2 - ratio / widest;
  });
  const { min, max } = window.delayDays;
  const soon = Array.from({ length: max - min + 1 }, (_, at) => 1 / (1 + Math.abs(min + at)));
  return {
    exactShare: Array.from<number>({ length: MAGNITUDES }).fill(EXACT_FIRST),
    bands: normalised(nearness),
    bandFrom,
    bandWidth,
    delayFrom: min,
    delays: normalised(soon),
    kept: Array.from<number>({ length: classes }).fill(KEPT_FIRST),
    added: Array.from<number>({ length: classes }).fill(Math.log(ADDED_FIRST)),
    addedShare: ADDED_FIRST,
    order: [0.75, 0.15, 0.1],
    sameAccount: 0.9,
  };
}

const EXACT_FIRST = 0.5;
const KEPT_FIRST = 0.8;
const ADDED_FIRST = 0.25;

/** Sums over pairs, each counted by the probability that it is true. */
export interface TraitSums {
  matches: number;
  readonly exact: Float64Array;
  readonly magnitude: Float64Array;
  readonly bands: Float64Array;
  readonly delays: Float64Array;
  readonly found: Float64Array;
  readonly sought: Float64Array;
  readonly added: Float64Array;
  slots: number;
  readonly order: Float64Array;
  sameAccount: number;
  accounts: number;
}

export function createTraitSums(traits: PairTraits): TraitSums {
  return {
    matches: 0,
    exact: new Float64Array(MAGNITUDES),
    magnitude: new Float64Array(MAGNITUDES),
    bands: new Float64Array(traits.bands.length),
    delays: new Float64Array(traits.delays.length),
    found: new Float64Array(traits.kept.length),
    sought: new Float64Array(traits.kept.length),
    added: new Float64Array(traits.kept.length),
    slots: 0,
    order: new Float64Array(3),
    sameAccount: 0,
    accounts: 0,
  };
}

/** Counts one pair, whose words were just aligned. */
export function addPair(
  sums: TraitSums,
  { left, right, texts }: Lines,
  traits: PairTraits,
  words: Alignment,
  [l, r, probability]: readonly [number, number, number],
): void {
  sums.matches += probability;
  const magnitude = magnitudeOf(left.logAmount[l] ?? 0);
  bump(sums.magnitude, magnitude, probability);
  if (left.amount[l] === right.amount[r]) {
    bump(sums.exact, magnitude, probability);
  } else {
    const ratio = (right.logAmount[r] ?? 0) - (left.logAmount[l] ?? 0);
    bump(sums.bands, Math.floor((ratio - traits.bandFrom) / traits.bandWidth), probability);
  }
  bump(sums.delays, (right.day[r] ?? 0) - (left.day[l] ?? 0) - traits.delayFrom, probability);
  for (let i = 0; i < words.leftCount; i += 1) {
    const state = words.leftState[i] ?? 0;
    if (state === LeftState.hidden) continue;
    const term = left.terms[words.leftFrom + i] ?? 0;
    const kind = state === LeftState.fragment ? FRAGMENT_CLASS : (texts.wordClass[term] ?? 0);
    bump(sums.sought, kind, probability);
    if (state === LeftState.missing) continue;
    bump(sums.found, kind, probability);
    if (state !== LeftState.fragment) bump(sums.order, state - 1, probability);
  }
  for (let j = 0; j < words.rightCount; j += 1) {
    const state = words.rightState[j];
    if (state === RightState.hidden) continue;
    sums.slots += probability;
    if (state === RightState.used) continue;
    bump(sums.added, texts.wordClass[right.terms[words.rightFrom + j] ?? 0] ?? 0, probability);
  }
  const one = left.account[l] ?? 0;
  const other = right.account[r] ?? 0;
  if (one === 0 || other === 0) return;
  sums.accounts += probability;
  if (one === other) sums.sameAccount += probability;
}

/** What chance has of each class of words: their share of the right words. */
export interface ClassFacts {
  readonly chance: Float64Array;
  /** The class by shape that a frequent word's own class leans on. */
  readonly shape: Uint8Array;
}

/** The traits that explain the sums best, leaning on first beliefs where little was seen. */
export function settleTraits(sums: TraitSums, before: PairTraits, classes: ClassFacts): PairTraits {
  const kept = [...before.kept];
  const added = [...before.added];
  const byShape = foldOwnClasses(sums, classes);
  for (const [kind] of kept.entries()) {
    const isOwn = kind >= FIRST_OWN_CLASS;
    const shape = classes.shape[kind] ?? 0;
    const shapeKept = smooth(byShape.found[shape], byShape.sought[shape], KEPT_FIRST, 10);
    const shapeAdded = likelihood(
      byShape.added[shape],
      sums.slots,
      byShape.chance[shape],
      ADDED_FIRST,
    );
    kept[kind] = clamp(
      isOwn ? smooth(sums.found[kind], sums.sought[kind], shapeKept, 20) : shapeKept,
      0.02,
      0.999,
    );
    added[kind] = Math.log(
      isOwn
        ? likelihood(sums.added[kind], sums.slots, classes.chance[kind], shapeAdded)
        : shapeAdded,
    );
  }
  const newWords = sums.added.reduce((sum, count) => sum + count, 0);
  const orders = sums.order.reduce((sum, count) => sum + count, 0);
  const [next = 0, later = 0, elsewhere = 0] = sums.order;
  const exact = sums.exact.reduce((sum, count) => sum + count, 0);
  const exactShare = smooth(exact, sums.matches, EXACT_FIRST, 4);
  return {
    ...before,
    exactShare: before.exactShare.map((_, at) => {
      const share = smooth(sums.exact[at], sums.magnitude[at], exactShare, 4);
      return clamp(share, 0.001, before.bandWidth < 1e-6 ? 1 - 1e-9 : 0.999);
    }),
    bands: normalised(blurred(sums.bands, before.bands)),
    delays: normalised(
      before.delays.map((belief, at) => (sums.delays[at] ?? 0) + DELAY_PRIOR * belief),
    ),
    kept,
    added,
    addedShare: clamp(smooth(newWords, sums.slots, ADDED_FIRST, 20), 0.001, 0.9),
    order: [
      (next + 7.5) / (orders + 10),
      (later + 1.5) / (orders + 10),
      (elsewhere + 1) / (orders + 10),
    ],
    sameAccount: clamp(smooth(sums.sameAccount, sums.accounts, 0.9, 10), 0.05, 0.999),
  };
}

const DELAY_PRIOR = 2;
const BAND_PRIOR = 4;
const ADDED_PRIOR = 100;

interface ShapeSums {
  readonly found: Float64Array;
  readonly sought: Float64Array;
  readonly added: Float64Array;
  readonly chance: Float64Array;
}

function foldOwnClasses(sums: TraitSums, classes: ClassFacts): ShapeSums {
  const fold = (values: Float64Array): Float64Array => {
    const folded = new Float64Array(FIRST_OWN_CLASS);
    for (const [kind, value] of values.entries()) bump(folded, classes.shape[kind] ?? 0, value);
    return folded;
  };
  return {
    found: fold(sums.found),
    sought: fold(sums.sought),
    added: fold(sums.added),
    chance: fold(classes.chance),
  };
}

function likelihood(count = 0, slots = 0, chance = 0, belief = 1): number {
  const share = Math.max(chance, 1e-6);
  const seen = (count + ADDED_PRIOR * share * belief) / (slots + ADDED_PRIOR);
  return clamp(seen / share, 0.003, 8);
}

/** Neighbouring bands are alike. */
function blurred(bands: Float64Array, belief: readonly number[]): number[] {
  return Array.from(bands, (_, at) => {
    let sum = 0;
    for (let by = -2; by <= 2; by += 1) sum += (3 - Math.abs(by)) * (bands[at + by] ?? 0);
    return sum / 9 + BAND_PRIOR * (belief[at] ?? 0) + 1e-3;
  });
}

function smooth(count = 0, all = 0, belief = 0.5, strength = 1): number {
  return (count + belief * strength) / (all + strength);
}

function normalised(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function bump(values: Float64Array, at: number, by: number): void {
  if (at >= 0 && at < values.length) values[at] = (values[at] ?? 0) + by;
}

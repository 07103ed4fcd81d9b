import { addStylePair, createStyleSums, firstStyles, settleStyle } from './gather-styles.ts';
import type { ClassFacts, StyleSums } from './gather-styles.ts';
import { blurred, bump, clamp, normalised, smooth } from './shares.ts';
import { magnitudeOf } from './score-pair.ts';
import type { Lines, PairScorer, PairTraits } from './score-pair.ts';

/** Amount ratios are told apart to about a hundredth. */
const BAND_WIDTH = 0.01;
const BANDS_LEAST = 60;
const BANDS_MOST = 1_000;
const MAGNITUDES = 80;

export interface Window {
  readonly delayDays: { readonly min: number; readonly max: number };
  readonly amountRatio: { readonly min: number; readonly max: number };
}

/** What is believed of true pairs before any was seen. */
export function firstTraits(window: Window, classes: number): PairTraits {
  const bandFrom = Math.log(Math.max(1e-6, window.amountRatio.min)) - 1e-6;
  const bandTo = Math.log(window.amountRatio.max) + 1e-6;
  const wanted = Math.ceil((bandTo - bandFrom) / BAND_WIDTH);
  const bands = Math.min(BANDS_MOST, Math.max(BANDS_LEAST, wanted));
  const bandWidth = (bandTo - bandFrom) / bands;
  const widest = Math.max(Math.abs(bandFrom), Math.abs(bandTo));
  const nearness = Array.from({ length: bands }, (_, at) => {
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
    styles: firstStyles(classes),
    silentShare: SILENT_FIRST,
    sameAccount: 0.9,
  };
}

const EXACT_FIRST = 0.5;
const SILENT_FIRST = 0.02;

/** Sums over pairs, each counted by the probability that it is true. */
export interface TraitSums {
  matches: number;
  readonly exact: Float64Array;
  readonly magnitude: Float64Array;
  readonly bands: Float64Array;
  readonly delays: Float64Array;
  readonly styles: readonly StyleSums[];
  silent: number;
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
    styles: traits.styles.map(createStyleSums),
    silent: 0,
    sameAccount: 0,
    accounts: 0,
  };
}

/** Counts one pair that was just scored. */
export function addPair(
  sums: TraitSums,
  lines: Lines,
  traits: PairTraits,
  { alignment, styleShares }: PairScorer,
  [l, r, probability]: readonly [number, number, number],
): void {
  const { left, right } = lines;
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
  for (const [at, style] of sums.styles.entries()) {
    addStylePair(style, lines, alignment, probability * (styleShares[at] ?? 0));
  }
  sums.silent += probability * (styleShares[sums.styles.length] ?? 0);
  const one = left.account[l] ?? 0;
  const other = right.account[r] ?? 0;
  if (one === 0 || other === 0) return;
  sums.accounts += probability;
  if (one === other) sums.sameAccount += probability;
}

/** What was seen less what chance would have shown anyway. */
export function withoutChance(seen: TraitSums, chance: TraitSums, share: number): TraitSums {
  const less = (one: number, other = 0): number => Math.max(0, one - share * other);
  const each = (some: Float64Array, others: Float64Array): Float64Array =>
    some.map((one, at) => less(one, others[at]));
  return {
    matches: less(seen.matches, chance.matches),
    exact: each(seen.exact, chance.exact),
    magnitude: each(seen.magnitude, chance.magnitude),
    bands: each(seen.bands, chance.bands),
    delays: each(seen.delays, chance.delays),
    styles: seen.styles.map((style, at) => {
      const other = chance.styles[at] ?? style;
      return {
        matches: less(style.matches, other.matches),
        found: each(style.found, other.found),
        sought: each(style.sought, other.sought),
        added: each(style.added, other.added),
        slots: less(style.slots, other.slots),
        order: each(style.order, other.order),
      };
    }),
    silent: less(seen.silent, chance.silent),
    sameAccount: less(seen.sameAccount, chance.sameAccount),
    accounts: less(seen.accounts, chance.accounts),
  };
}

/** The traits that explain the sums best, leaning on first beliefs where little was seen. */
export function settleTraits(sums: TraitSums, before: PairTraits, classes: ClassFacts): PairTraits {
  const exact = sums.exact.reduce((sum, count) => sum + count, 0);
  const exactShare = smooth(exact, sums.matches, EXACT_FIRST, 4);
  const silent = clamp(smooth(sums.silent, sums.matches, SILENT_FIRST, STYLE_PRIOR), 0.0005, 0.95);
  const weights = sums.styles.map(({ matches }) => matches + STYLE_PRIOR / sums.styles.length);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    ...before,
    exactShare: before.exactShare.map((_, at) => {
      const share = smooth(sums.exact[at], sums.magnitude[at], exactShare, 4);
      return clamp(share, 0.001, before.bandWidth < 1e-6 ? 1 - 1e-9 : 0.999);
    }),
    bands: normalised(blurred(sums.bands, before.bands, BAND_PRIOR)),
    delays: normalised(
      before.delays.map((belief, at) => (sums.delays[at] ?? 0) + DELAY_PRIOR * belief),
    ),
    styles: sums.styles.map((style, at) =>
      settleStyle(style, at, classes, ((1 - silent) * (weights[at] ?? 0)) / all),
    ),
    silentShare: silent,
    sameAccount: clamp(smooth(sums.sameAccount, sums.accounts, 0.9, 10), 0.05, 0.999),
  };
}

const DELAY_PRIOR = 2;
const BAND_PRIOR = 4;
const STYLE_PRIOR = 5;

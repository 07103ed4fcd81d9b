import { LeftState, RightState } from './align-words.ts';
import type { Alignment } from './align-words.ts';
import { FIRST_OWN_CLASS, FRAGMENT_CLASS } from './chance-tables.ts';
import type { TextStyle } from './link-types.ts';
import type { Lines } from './score-pair.ts';
import { bump, clamp, smooth } from './shares.ts';

/** What chance has of each class of words: their share of the right words. */
export interface ClassFacts {
  readonly chance: Float64Array;
  /** The class by shape that a frequent word's own class leans on. */
  readonly shape: Uint8Array;
}

/** One style that copies most words, and one that copies some; what else they are is learnt. */
const FIRST = [
  { share: 0.75, kept: 0.8, added: 0.25 },
  { share: 0.23, kept: 0.5, added: 0.8 },
] as const;
const ORDER_FIRST = [0.75, 0.15, 0.1] as const;

export function firstStyles(classes: number): readonly TextStyle[] {
  return FIRST.map(({ share, kept, added }) => ({
    share,
    kept: Array.from<number>({ length: classes }).fill(kept),
    added: Array.from<number>({ length: classes }).fill(Math.log(added)),
    addedShare: added / (1 + added),
    order: [...ORDER_FIRST],
  }));
}

/** Sums over pairs, each counted by the probability that it is true and written in this style. */
export interface StyleSums {
  matches: number;
  readonly found: Float64Array;
  readonly sought: Float64Array;
  readonly added: Float64Array;
  slots: number;
  readonly order: Float64Array;
}

export function createStyleSums({ kept }: TextStyle): StyleSums {
  return {
    matches: 0,
    found: new Float64Array(kept.length),
    sought: new Float64Array(kept.length),
    added: new Float64Array(kept.length),
    slots: 0,
    order: new Float64Array(3),
  };
}

export function addStylePair(
  sums: StyleSums,
  { left, right, texts }: Lines,
  words: Alignment,
  weight: number,
): void {
  sums.matches += weight;
  for (let i = 0; i < words.leftCount; i += 1) {
    const state = words.leftState[i] ?? 0;
    if (state === LeftState.hidden) continue;
    const term = left.terms[words.leftFrom + i] ?? 0;
    const kind = state === LeftState.fragment ? FRAGMENT_CLASS : (texts.wordClass[term] ?? 0);
    bump(sums.sought, kind, weight);
    if (state === LeftState.missing) continue;
    bump(sums.found, kind, weight);
    if (state !== LeftState.fragment) bump(sums.order, state - 1, weight);
  }
  for (let j = 0; j < words.rightCount; j += 1) {
    const state = words.rightState[j];
    if (state === RightState.hidden) continue;
    sums.slots += weight;
    if (state === RightState.used) continue;
    bump(sums.added, texts.wordClass[right.terms[words.rightFrom + j] ?? 0] ?? 0, weight);
  }
}

/** The style that explains the sums best; frequent words lean on the words that look like them. */
export function settleStyle(
  sums: StyleSums,
  at: number,
  classes: ClassFacts,
  share: number,
): TextStyle {
  const first = FIRST[at] ?? FIRST[0];
  const byShape = foldOwnClasses(sums, classes);
  const settled = Array.from(sums.sought, (_, kind) => {
    const isOwn = kind >= FIRST_OWN_CLASS;
    const shape = classes.shape[kind] ?? 0;
    const keptBelief = smooth(byShape.found[shape], byShape.sought[shape], first.kept, KEPT_PRIOR);
    const addedBelief = likelihood(
      byShape.added[shape],
      sums.slots,
      byShape.chance[shape],
      first.added,
    );
    if (!isOwn) return { kept: keptBelief, added: addedBelief };
    return {
      kept: smooth(sums.found[kind], sums.sought[kind], keptBelief, OWN_PRIOR),
      added: likelihood(sums.added[kind], sums.slots, classes.chance[kind], addedBelief),
    };
  });
  const newWords = sums.added.reduce((sum, count) => sum + count, 0);
  const orders = sums.order.reduce((sum, count) => sum + count, 0);
  const place = (step: 0 | 1 | 2): number =>
    smooth(sums.order[step], orders, ORDER_FIRST[step], ORDER_PRIOR);
  return {
    share: clamp(share, 0.0005, 1),
    kept: settled.map(({ kept }) => clamp(kept, 0.02, 0.999)),
    added: settled.map(({ added }) => Math.log(added)),
    addedShare: clamp(smooth(newWords, sums.slots, 0.25, 20), 0.001, 0.95),
    order: [place(0), place(1), place(2)],
  };
}

const KEPT_PRIOR = 10;
const OWN_PRIOR = 20;
const ADDED_PRIOR = 100;
const ORDER_PRIOR = 10;

type ShapeSums = Record<'found' | 'sought' | 'added' | 'chance', Float64Array>;

function foldOwnClasses(sums: StyleSums, classes: ClassFacts): ShapeSums {
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

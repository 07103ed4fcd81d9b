import { alignWords, createAlignment, LeftState, RightState } from './align-words.ts';
import type { Alignment } from './align-words.ts';
import { FRAGMENT_CLASS } from './chance-tables.ts';
import type { ChanceTables } from './chance-tables.ts';
import type { LineTable } from './line-table.ts';
import type { LinkLevel, TextStyle } from './link-types.ts';
import type { NumberTables } from './number-tables.ts';

/** What is learnt about true pairs: shares, all between 0 and 1. */
export interface PairTraits {
  exactShare: readonly number[];
  bands: readonly number[];
  bandFrom: number;
  bandWidth: number;
  delayFrom: number;
  delays: readonly number[];
  styles: readonly TextStyle[];
  silentShare: number;
  sameAccount: number;
}

export interface Lines {
  readonly left: LineTable;
  readonly right: LineTable;
  readonly texts: ChanceTables;
  readonly numbers: NumberTables;
}

/** Width of a class of magnitude, in natural log. */
const MAGNITUDE = 0.5;
const MAGNITUDES = 80;
const NEVER = -60;

export function magnitudeOf(logAmount: number): number {
  return Math.min(MAGNITUDES - 1, Math.floor(logAmount / MAGNITUDE));
}

export interface PairScorer {
  /** Log of how much likelier the pair is for the same transfer than by chance. */
  readonly score: (l: number, r: number) => number;
  /** The same without the words. */
  readonly scoreNumbers: (l: number, r: number) => number;
  /** Log of how much less likely a pair is that lacks this left word. */
  readonly scoreMissing: (term: number) => number;
  /** The words as `score` left them. */
  readonly alignment: Alignment;
  /** How likely each style wrote the words that `score` saw last; the silent one is the last. */
  readonly styleShares: Float64Array;
  readonly levels: (l: number, r: number) => readonly LinkLevel[];
}

export function createPairScorer(lines: Lines, traits: PairTraits): PairScorer {
  const alignment = createAlignment();
  const numbers = numberWeights(lines, traits);
  const styleShares = new Float64Array(traits.styles.length + 1);
  const scoreText = textWeights(lines, traits, alignment, styleShares);
  const scoreNumbers = (l: number, r: number): number =>
    numbers.amount(l, r) + numbers.day(l, r) + numbers.account(l, r);
  return {
    alignment,
    styleShares,
    scoreNumbers,
    scoreMissing: (term) => {
      const kind = lines.texts.wordClass[term] ?? 0;
      let share = traits.silentShare;
      for (const style of traits.styles) share += style.share * (1 - (style.kept[kind] ?? 0));
      return Math.log(share);
    },
    score: (l, r) => {
      const known = scoreNumbers(l, r);
      return known <= NEVER ? known : known + scoreText(l, r);
    },
    levels: (l, r) => {
      const text = scoreText(l, r);
      return [
        { field: 'amount', level: amountLevel(lines, l, r), weight: numbers.amount(l, r) },
        { field: 'day', level: dayLevel(lines, l, r), weight: numbers.day(l, r) },
        ...textLevels(lines, alignment, text),
        ...accountLevel(lines, l, r, numbers.account(l, r)),
      ];
    },
  };
}

type Weigh = (l: number, r: number) => number;

function numberWeights(
  { left, right, numbers }: Lines,
  traits: PairTraits,
): { readonly amount: Weigh; readonly day: Weigh; readonly account: Weigh } {
  const { bandFrom, bandWidth, delayFrom } = traits;
  const exact = Float64Array.from(traits.exactShare, Math.log);
  const inexact = Float64Array.from(traits.exactShare, (share) => Math.log(1 - share));
  const bands = Float64Array.from(traits.bands, (share) => Math.log(share / (bandWidth || 1)));
  const delays = Float64Array.from(traits.delays, Math.log);
  const same = Math.log(traits.sameAccount);
  const different = Math.log(1 - traits.sameAccount);
  return {
    amount: (l, r) => {
      const magnitude = magnitudeOf(left.logAmount[l] ?? 0);
      if (left.amount[l] === right.amount[r]) {
        return (exact[magnitude] ?? 0) - (numbers.leftExact[l] ?? 0);
      }
      const ratio = (right.logAmount[r] ?? 0) - (left.logAmount[l] ?? 0);
      const band = bands[Math.floor((ratio - bandFrom) / bandWidth)];
      if (band === undefined) return NEVER;
      return (inexact[magnitude] ?? 0) + band - (numbers.rightDensity[r] ?? 0);
    },
    day: (l, r) => {
      const delay = delays[(right.day[r] ?? 0) - (left.day[l] ?? 0) - delayFrom];
      return delay === undefined ? NEVER : delay - (numbers.rightDay[r] ?? 0);
    },
    account: (l, r) => {
      const one = left.account[l] ?? 0;
      const other = right.account[r] ?? 0;
      if (one === 0 || other === 0) return 0;
      return one === other ? same - (numbers.rightAccount[r] ?? 0) : different;
    },
  };
}

/** Fills `shares` with the styles that may have written the words, and gives their total. */
function textWeights(
  lines: Lines,
  traits: PairTraits,
  words: Alignment,
  shares: Float64Array,
): Weigh {
  const { left, right } = lines;
  const styles = traits.styles.map((style) => weighStyle(lines, style, words));
  const silent = Math.log(traits.silentShare);
  return (l, r) => {
    alignWords(left, l, right, r, words);
    let best = silent;
    for (let at = 0; at < styles.length; at += 1) {
      const weight = styles[at]?.(l, r) ?? 0;
      shares[at] = weight;
      if (weight > best) best = weight;
    }
    shares[styles.length] = silent;
    let sum = 0;
    for (let at = 0; at < shares.length; at += 1) {
      const share = Math.exp((shares[at] ?? 0) - best);
      shares[at] = share;
      sum += share;
    }
    for (let at = 0; at < shares.length; at += 1) shares[at] = (shares[at] ?? 0) / sum;
    return best + Math.log(sum);
  };
}

function weighStyle({ left, right, texts }: Lines, style: TextStyle, words: Alignment): Weigh {
  const share = Math.log(style.share);
  const kept = Float64Array.from(style.kept, Math.log);
  const missing = Float64Array.from(style.kept, (one) => Math.log(1 - one));
  const added = Float64Array.from(style.added);
  const copied = Math.log(1 - style.addedShare);
  const order = style.order.map((one) => Math.log(one) + copied);
  const [next = 0, later = 0, elsewhere = 0] = order;
  const { wordClass, rightChance, leftFragment, rightFragment } = texts;
  const { leftState, rightState, partner } = words;
  return (l, r) => {
    let sum = share;
    for (let i = 0; i < words.leftCount; i += 1) {
      const state = leftState[i];
      if (state === LeftState.hidden) continue;
      if (state === LeftState.fragment) {
        const chance = words.isLeftFragment ? leftFragment[l] : rightFragment[r];
        sum += (kept[FRAGMENT_CLASS] ?? 0) + next - (chance ?? 0);
        continue;
      }
      const kind = wordClass[left.terms[words.leftFrom + i] ?? 0] ?? 0;
      if (state === LeftState.missing) {
        sum += missing[kind] ?? 0;
        continue;
      }
      const found = rightChance[words.rightFrom + (partner[i] ?? 0)] ?? 0;
      const place = state === LeftState.next ? next : state === LeftState.later ? later : elsewhere;
      sum += (kept[kind] ?? 0) + place - found;
    }
    for (let j = 0; j < words.rightCount; j += 1) {
      if (rightState[j] !== RightState.added) continue;
      sum += added[wordClass[right.terms[words.rightFrom + j] ?? 0] ?? 0] ?? 0;
    }
    return sum;
  };
}

function amountLevel({ left, right }: Lines, l: number, r: number): string {
  if (left.amount[l] === right.amount[r]) return 'equal';
  const ratio = Math.abs((right.logAmount[r] ?? 0) - (left.logAmount[l] ?? 0));
  if (ratio < 0.002) return 'within 0.2 %';
  if (ratio < 0.01) return 'within 1 %';
  return ratio < 0.05 ? 'within 5 %' : 'far';
}

function dayLevel({ left, right }: Lines, l: number, r: number): string {
  const delay = (right.day[r] ?? 0) - (left.day[l] ?? 0);
  return delay === 0 ? 'same day' : `${delay > 0 ? '+' : ''}${delay}`;
}

/** The weight of the words goes to the name when all words found stand in the name. */
function textLevels({ left }: Lines, words: Alignment, weight: number): readonly LinkLevel[] {
  let found = 0;
  let named = 0;
  let missing = 0;
  for (let i = 0; i < words.leftCount; i += 1) {
    const state = words.leftState[i];
    if (state === LeftState.missing) missing += 1;
    if (state === LeftState.missing || state === LeftState.hidden) continue;
    found += 1;
    named += left.isName[words.leftFrom + i] ?? 0;
  }
  const level = found === 0 ? 'nothing in common' : `${found} of ${found + missing} words`;
  return [{ field: found > 0 && named === found ? 'name' : 'text', level, weight }];
}

function accountLevel(
  { left, right }: Lines,
  l: number,
  r: number,
  weight: number,
): readonly LinkLevel[] {
  const one = left.account[l] ?? 0;
  const other = right.account[r] ?? 0;
  if (one === 0 || other === 0) return [];
  return [{ field: 'account', level: one === other ? 'same' : 'different', weight }];
}

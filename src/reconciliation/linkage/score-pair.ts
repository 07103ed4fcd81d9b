import { alignWords, createAlignment, LeftState, RightState } from './align-words.ts';
import type { Alignment } from './align-words.ts';
import { FRAGMENT_CLASS } from './chance-tables.ts';
import type { ChanceTables } from './chance-tables.ts';
import type { LineTable } from './line-table.ts';
import type { LinkLevel } from './link-types.ts';
import type { NumberTables } from './number-tables.ts';

/** What is learnt about true pairs: shares, all between 0 and 1. */
export interface PairTraits {
  exactShare: readonly number[];
  bands: readonly number[];
  bandFrom: number;
  bandWidth: number;
  delayFrom: number;
  delays: readonly number[];
  kept: readonly number[];
  /** Log of share among true pairs over share by chance. */
  added: readonly number[];
  addedShare: number;
  order: readonly [number, number, number];
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
  readonly levels: (l: number, r: number) => readonly LinkLevel[];
}

export function createPairScorer(lines: Lines, traits: PairTraits): PairScorer {
  const alignment = createAlignment();
  const numbers = numberWeights(lines, traits);
  const scoreText = textWeights(lines, traits, alignment);
  const scoreNumbers = (l: number, r: number): number =>
    numbers.amount(l, r) + numbers.day(l, r) + numbers.account(l, r);
  return {
    alignment,
    scoreNumbers,
    scoreMissing: (term) => {
      const kind = lines.texts.wordClass[term] ?? 0;
      return Math.log(1 - (traits.kept[kind] ?? 0));
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

function textWeights({ left, right, texts }: Lines, traits: PairTraits, words: Alignment): Weigh {
  const kept = Float64Array.from(traits.kept, Math.log);
  const missing = Float64Array.from(traits.kept, (share) => Math.log(1 - share));
  const added = Float64Array.from(traits.added);
  const copied = Math.log(1 - traits.addedShare);
  const order = traits.order.map((share) => Math.log(share) + copied);
  const [next = 0, later = 0, elsewhere = 0] = order;
  const { wordClass, rightChance, leftFragment, rightFragment } = texts;
  const { leftState, rightState, partner } = words;
  return (l, r) => {
    alignWords(left, l, right, r, words);
    let sum = 0;
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

import { PREFIX_MAX, pairKey } from './count-chance.ts';
import { hashText } from './hash-table.ts';
import type { Lexicon } from './lexicon.ts';
import type { LineTable } from './line-table.ts';
import type { TextModel } from './link-types.ts';
import { WORD_SHAPES } from './tokenise.ts';

/** A word that the cut may have gone through. */
export const FRAGMENT_CLASS = WORD_SHAPES;
export const FIRST_OWN_CLASS = WORD_SHAPES + 1;

/** What chance offers, by word: the counts of a model laid out for the words of these lines. */
export interface ChanceTables {
  /** Log share of a word among all words of the right side, by term. */
  readonly logShare: Float32Array;
  readonly wordClass: Uint16Array;
  /** Log chance of the right word at this place, given the word before it. */
  readonly rightChance: Float32Array;
  /** Log share of the right words that begin like the fragment at the end of a line. */
  readonly leftFragment: Float32Array;
  readonly rightFragment: Float32Array;
}

type Counts = Omit<TextModel, 'styles' | 'silentShare' | 'leftCut' | 'rightCut'>;

export function layChance(
  left: LineTable,
  right: LineTable,
  lexicon: Lexicon,
  text: Counts,
): ChanceTables {
  const logShare = new Float32Array(lexicon.size);
  const wordClass = new Uint16Array(lexicon.size);
  const counts = toMap(text.wordHashes, text.wordCounts);
  const classes = new Map(text.ownClasses.map((hash, at) => [hash, FIRST_OWN_CLASS + at]));
  for (let term = 0; term < lexicon.size; term += 1) {
    const hash = lexicon.keys[term] ?? 0;
    logShare[term] = Math.log(shareOf(counts.get(hash) ?? text.rare, text.words));
    wordClass[term] = classes.get(hash) ?? lexicon.shapes[term] ?? 0;
  }
  const prefixes = toMap(text.prefixHashes, text.prefixCounts);
  return {
    logShare,
    wordClass,
    rightChance: layPairs(right, lexicon, text, logShare),
    leftFragment: layFragments(left, prefixes, text),
    rightFragment: layFragments(right, prefixes, text),
  };
}

/** In few lines every word looks rare and every word looks common: both are smoothed. */
export function shareOf(count: number, all: number): number {
  return count / (all + BACKGROUND / (count * count));
}

const BACKGROUND = 400;

function layPairs(
  right: LineTable,
  lexicon: Lexicon,
  text: Counts,
  logShare: Float32Array,
): Float32Array {
  const words = toMap(text.wordHashes, text.wordCounts);
  const pairs = toMap(text.pairHashes, text.pairCounts);
  const chance = new Float32Array(right.offsets[right.count] ?? 0);
  for (let line = 0; line < right.count; line += 1) {
    const from = right.offsets[line] ?? 0;
    const to = right.offsets[line + 1] ?? 0;
    for (let at = from; at < to; at += 1) {
      const alone = logShare[right.terms[at] ?? 0] ?? 0;
      chance[at] = alone;
      if (pairs.size === 0) continue;
      const pair = pairs.get(pairKey(lexicon, right, at, from));
      if (pair === undefined) continue;
      const before = lexicon.keys[right.terms[at - 1] ?? 0] ?? 0;
      const base = at === from ? text.lines : (words.get(before) ?? text.rare);
      const smooth = PAIR_SMOOTHING * Math.exp(alone);
      chance[at] = Math.log(Math.min(1, (pair + smooth) / (base + PAIR_SMOOTHING)));
    }
  }
  return chance;
}

const PAIR_SMOOTHING = 4;

function layFragments(
  table: LineTable,
  prefixes: ReadonlyMap<number, number>,
  text: Counts,
): Float32Array {
  const shares = new Float32Array(table.count);
  for (let line = 0; line < table.count; line += 1) {
    const at = table.fragment[line] ?? -1;
    if (at < 0) continue;
    const start = table.starts[at] ?? 0;
    const end = Math.min(table.ends[at] ?? 0, start + PREFIX_MAX);
    const count = prefixes.get(hashText(table.texts[line] ?? '', start, end)) ?? text.rare;
    shares[line] = Math.log(shareOf(count, text.words));
  }
  return shares;
}

function toMap(keys: readonly number[], values: readonly number[]): ReadonlyMap<number, number> {
  const map = new Map<number, number>();
  for (const [at, key] of keys.entries()) map.set(key, values[at] ?? 0);
  return map;
}

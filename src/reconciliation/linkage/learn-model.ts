import { FIRST_OWN_CLASS, layChance } from './chance-tables.ts';
import { countAccounts, countDays, countPools, countTexts } from './count-chance.ts';
import { findCandidates } from './find-candidates.ts';
import type { Candidates, DelayShare } from './find-candidates.ts';
import {
  addPair,
  createTraitSums,
  firstTraits,
  settleTraits,
  withoutChance,
} from './gather-traits.ts';
import type { TraitSums, Window } from './gather-traits.ts';
import type { ClassFacts } from './gather-styles.ts';
import type { Lexicon } from './lexicon.ts';
import { firstOf } from './line-index.ts';
import type { LineIndex } from './line-index.ts';
import type { LineTable } from './line-table.ts';
import type { LinkModel, PoolModel } from './link-types.ts';
import type { NumberCounts } from './number-tables.ts';
import { layNumbers } from './number-tables.ts';
import { createPairScorer } from './score-pair.ts';
import type { Lines, PairTraits } from './score-pair.ts';
import { solveMarginals } from './solve-marginals.ts';

export interface Lesson {
  readonly left: LineTable;
  readonly right: LineTable;
  readonly lexicon: Lexicon;
  readonly index: LineIndex;
  readonly pools: readonly string[];
  readonly window: Window;
  readonly candidatesMax: number;
  readonly workMax: number;
}

/** Left lines that are learnt from; more of them teach nothing new. */
const SAMPLE = 4_000;
const SEARCHES = 2;
const ROUNDS = 6;
const OWN_CLASSES = 64;
const OWN_LEAST = 30;
/** A pair less likely than this teaches nothing. */
const TEACHING_LEAST = 1e-6;

/**
 * Expectation and maximisation without labels: from first beliefs, how likely is each candidate to
 * be a true pair, each line having one partner at most; from those, what do true pairs look like;
 * again until it settles.
 */
export function learnModel(lesson: Lesson): LinkModel {
  const { left, right, lexicon, pools, window } = lesson;
  const counted = countTexts(right, lexicon, left.cut > 0 || right.cut > 0);
  const text = { ...counted, ownClasses: chooseOwnClasses(counted) };
  const numbers: NumberCounts = {
    pools: countPools(right, pools),
    day: countDays(right),
    account: countAccounts(right),
  };
  const lay = (side: LineTable): Lines => ({
    left: side,
    right,
    texts: layChance(side, right, lexicon, text),
    numbers: layNumbers(side, right, pools, numbers),
  });
  const lines = lay(left);
  const decoys = lay(toDecoys(left, window));
  const classes = countClasses(lines, lexicon, FIRST_OWN_CLASS + text.ownClasses.length);
  const lefts = sampleLefts(left);
  let traits = firstTraits(window, classes.chance.length);
  let priors = pools.map((_, pool) => priorOf(lesson, pool, PRIOR_SHARE));
  let overall = PRIOR_SHARE;
  for (let search = 0; search < SEARCHES; search += 1) {
    const seek = (some: Lines): Sample =>
      toSample(
        findCandidates({
          ...lesson,
          lines: some,
          lefts,
          scorer: createPairScorer(some, traits),
          delays: delaysByShare(traits),
          priors,
          amountRatio: window.amountRatio,
          onCompare: undefined,
        }),
      );
    const found = seek(lines);
    const chance = seek(decoys);
    for (let round = 0; round < ROUNDS; round += 1) {
      const seen = weighPairs(lesson, lines, found, { traits, priors });
      const byChance = weighPairs(lesson, decoys, chance, { traits, priors });
      // A line that has its partner leaves chance no room; the others meet chance as decoys do.
      const free = seen.none / Math.max(1, lefts.length);
      traits = settleTraits(withoutChance(seen.sums, byChance.sums, free), traits, classes);
      // What true pairs look like must be known before it can be said how many there are.
      if (search === 0) continue;
      const matched = seen.matched.map((sum, pool) =>
        Math.max(0, sum - free * (byChance.matched[pool] ?? 0)),
      );
      ({ priors, overall } = settlePriors(lesson, lefts, matched));
    }
  }
  return toModel(lesson, { text, numbers, traits, priors, overall });
}

export function delaysByShare({ delays, delayFrom }: PairTraits): readonly DelayShare[] {
  return delays
    .map((share, at) => ({ share, delay: delayFrom + at }))
    .sort((one, other) => other.share - one.share || one.delay - other.delay);
}

const PRIOR_SHARE = 0.7;
const PRIOR_LINES = 5;

/**
 * The left lines with amounts that none of their partners can have: whatever is found for them is
 * chance. What chance finds is taken off what was found, or the model would learn to believe in it.
 */
function toDecoys(left: LineTable, { amountRatio }: Window): LineTable {
  const factor = Math.min(DECOY_MAX, (1.5 * amountRatio.max) / Math.max(1e-6, amountRatio.min));
  const amount = left.amount.map((value, at) =>
    Math.round(at % 2 === 0 ? value * factor : value / factor),
  );
  return { ...left, amount, logAmount: amount.map((value) => Math.log(Math.max(1, value))) };
}

const DECOY_MAX = 1_000;

/** Candidates of few left lines, their right lines numbered anew: most right lines are not in it. */
interface Sample {
  readonly candidates: Candidates;
  /** Right ranks by new number. */
  readonly ranks: Int32Array;
}

function toSample(candidates: Candidates): Sample {
  const ranks = Int32Array.from(new Set(candidates.rights)).sort();
  const rights = candidates.rights.map((rank) => firstOf(ranks, rank));
  return { candidates: { ...candidates, rights }, ranks };
}

interface Belief {
  readonly traits: PairTraits;
  readonly priors: readonly number[];
}

interface Weighed {
  readonly sums: TraitSums;
  /** Left lines that are expected to have a partner, by pool. */
  readonly matched: Float64Array;
  /** Left lines that are expected to have none. */
  readonly none: number;
}

/** Expectation: how likely each pair is by what is believed now, and what such pairs look like. */
function weighPairs(
  lesson: Lesson,
  lines: Lines,
  { candidates, ranks }: Sample,
  { traits, priors }: Belief,
): Weighed {
  const { lefts, from, rights, scores } = candidates;
  const scorer = createPairScorer(lines, traits);
  for (let at = 0; at < lefts.length; at += 1) {
    for (let edge = from[at] ?? 0; edge < (from[at + 1] ?? 0); edge += 1) {
      scores[edge] = scorer.score(lefts[at] ?? 0, ranks[rights[edge] ?? 0] ?? 0);
    }
  }
  const byLeft = Float64Array.from(lefts, (l) => priors[lines.left.pool[l] ?? 0] ?? 0);
  const { pairs, leftNone } = solveMarginals(candidates, ranks.length, byLeft);
  const sums = createTraitSums(traits);
  const matched = new Float64Array(lesson.pools.length);
  let none = 0;
  for (let at = 0; at < lefts.length; at += 1) {
    const l = lefts[at] ?? 0;
    const pool = lines.left.pool[l] ?? 0;
    for (let edge = from[at] ?? 0; edge < (from[at + 1] ?? 0); edge += 1) {
      const probability = pairs[edge] ?? 0;
      if (probability < TEACHING_LEAST) continue;
      const r = ranks[rights[edge] ?? 0] ?? 0;
      scorer.score(l, r);
      addPair(sums, lines, traits, scorer, [l, r, probability]);
    }
    // Partners that nobody looked at count too: where all lines are alike nothing is known.
    matched[pool] = (matched[pool] ?? 0) + 1 - (leftNone[at] ?? 1);
    none += leftNone[at] ?? 1;
  }
  return { sums, matched, none };
}

function settlePriors(
  lesson: Lesson,
  lefts: Int32Array,
  matched: Float64Array,
): { readonly priors: number[]; readonly overall: number } {
  const scale = lesson.left.count / Math.max(1, lefts.length);
  let all = PRIOR_LINES;
  let found = PRIOR_LINES * PRIOR_SHARE;
  for (const [pool, count] of matched.entries()) {
    all += smallerSide(lesson, pool);
    found += count * scale;
  }
  const overall = Math.min(1, found / all);
  const priors = Array.from(matched, (count, pool) => {
    const lines = smallerSide(lesson, pool);
    const share = Math.min(1, (count * scale + PRIOR_LINES * overall) / (lines + PRIOR_LINES));
    return priorOf(lesson, pool, share);
  });
  return { priors, overall };
}

function smallerSide({ left, right }: Lesson, pool: number): number {
  return Math.min(poolSize(left, pool), poolSize(right, pool));
}

function poolSize({ pool: pools }: LineTable, pool: number): number {
  return firstOf(pools, pool + 1) - firstOf(pools, pool);
}

/** Log odds that two lines of a pool belong together, when such a share of them has a partner. */
function priorOf({ left, right }: Lesson, pool: number, share: number): number {
  return toPrior(poolSize(left, pool), poolSize(right, pool), share);
}

function toPrior(lefts: number, rights: number, share: number): number {
  const matches = Math.max(0.01, share * Math.min(lefts, rights));
  const least = Math.max(0.5, matches * ALONE_LEAST);
  return Math.log(matches / (Math.max(least, lefts - matches) * Math.max(least, rights - matches)));
}

const ALONE_LEAST = 0.01;

/** Frequent words that are lines' furniture: each is learnt on its own. */
function chooseOwnClasses(text: {
  readonly lines: number;
  readonly wordHashes: readonly number[];
  readonly wordCounts: readonly number[];
}): number[] {
  const least = Math.max(OWN_LEAST, text.lines * 0.003);
  return text.wordHashes
    .map((hash, at) => ({ hash, count: text.wordCounts[at] ?? 0 }))
    .filter(({ count }) => count >= least)
    .sort((one, other) => other.count - one.count || one.hash - other.hash)
    .slice(0, OWN_CLASSES)
    .map(({ hash }) => hash);
}

function countClasses({ right, texts }: Lines, lexicon: Lexicon, size: number): ClassFacts {
  const chance = new Float64Array(size);
  const shape = Uint8Array.from({ length: size }, (_, kind) => Math.min(kind, FIRST_OWN_CLASS - 1));
  const words = right.offsets[right.count] ?? 0;
  for (let at = 0; at < words; at += 1) {
    const term = right.terms[at] ?? 0;
    const kind = texts.wordClass[term] ?? 0;
    chance[kind] = (chance[kind] ?? 0) + 1 / words;
    if (kind >= FIRST_OWN_CLASS) shape[kind] = lexicon.shapes[term] ?? 0;
  }
  return { chance, shape };
}

function sampleLefts({ count }: LineTable): Int32Array {
  const size = Math.min(SAMPLE, count);
  return Int32Array.from({ length: size }, (_, at) => Math.floor((at * count) / size));
}

interface Found {
  readonly text: Omit<LinkModel['text'], keyof PairTraits | 'leftCut' | 'rightCut'>;
  readonly numbers: NumberCounts;
  readonly traits: PairTraits;
  readonly priors: readonly number[];
  readonly overall: number;
}

function toModel(lesson: Lesson, { text, numbers, traits, priors, overall }: Found): LinkModel {
  const { left, right } = lesson;
  const pools: Record<string, PoolModel> = {};
  for (const [name, pool] of Object.entries(numbers.pools)) {
    const known = priors[lesson.pools.indexOf(name)];
    pools[name] = { ...pool, prior: known ?? toPrior(left.count, right.count, overall) };
  }
  return {
    version: 1,
    pools,
    amount: {
      exactShare: traits.exactShare,
      bands: traits.bands,
      bandFrom: traits.bandFrom,
      bandWidth: traits.bandWidth,
    },
    day: { ...numbers.day, delayFrom: traits.delayFrom, delays: traits.delays },
    text: {
      ...text,
      styles: traits.styles,
      silentShare: traits.silentShare,
      leftCut: left.cut,
      rightCut: right.cut,
    },
    account: { ...numbers.account, sameShare: traits.sameAccount },
  };
}

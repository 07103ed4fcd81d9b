import { firstOf, pairBucket, prefixBucket } from './line-index.ts';
import type { LineIndex, Postings } from './line-index.ts';
import type { LineTable } from './line-table.ts';
import type { Lines, PairScorer } from './score-pair.ts';
import { WORDS_MAX } from './word-columns.ts';

/** The best partners of each left line, by left line and right rank. */
export interface Candidates {
  /** Left ranks that partners were sought for. */
  readonly lefts: Int32Array;
  /** `from[at] … from[at + 1]` are the partners of `lefts[at]`. */
  readonly from: Int32Array;
  readonly rights: Int32Array;
  /** Log odds against chance. */
  readonly scores: Float64Array;
  /** Sum of the odds of partners that nobody looked at because there were too many. */
  readonly hidden: Float64Array;
  readonly compared: number;
}

export interface Search {
  readonly lines: Lines;
  readonly index: LineIndex;
  readonly scorer: PairScorer;
  readonly lefts: Int32Array;
  /** Delays and their shares, the likeliest first. */
  readonly delays: readonly DelayShare[];
  /** Log odds of a pair before it was looked at, by pool. */
  readonly priors: readonly number[];
  readonly amountRatio: { readonly min: number; readonly max: number };
  readonly candidatesMax: number;
  readonly workMax: number;
  readonly onCompare: ((l: number, r: number) => void) | undefined;
}

export interface DelayShare {
  readonly delay: number;
  readonly share: number;
}

/** Words with more lines than this inside the amount window say too little to look at them all. */
const KEY_LINES_MAX = 256;
/** Lines of the very same amount, or of one day near it, that are looked at without a word shared. */
const ALIKE_MAX = 64;
/** Partners whose odds are so much worse than the best one's are dropped. */
const PRUNE = 12;
/** With a partner of such odds, found by its words, the days around need not be searched. */
const SETTLED = Math.log(100_000);
const KEYS_MAX = 3 * WORDS_MAX;

/**
 * Blocking, the most telling key first: rare words and neighbouring words with a near amount, then
 * the very same amount, then any near amount by day, as far as the work allows.
 */
export function findCandidates(search: Search): Candidates {
  const { lefts, candidatesMax } = search;
  const seeker = createSeeker(search);
  const from = new Int32Array(lefts.length + 1);
  const hidden = new Float64Array(lefts.length);
  let rights = new Int32Array(lefts.length * 2 + candidatesMax);
  let scores = new Float64Array(rights.length);
  let count = 0;
  for (const [at, l] of lefts.entries()) {
    if (count + candidatesMax > rights.length) {
      const more = Math.ceil(rights.length * 1.5) + candidatesMax;
      rights = grown(rights, new Int32Array(more));
      scores = grown(scores, new Float64Array(more));
    }
    seeker.seek(l);
    hidden[at] = seeker.best.hidden;
    count = seeker.best.takeInto(rights, scores, count);
    from[at + 1] = count;
  }
  return {
    lefts,
    from,
    rights: rights.slice(0, count),
    scores: scores.slice(0, count),
    hidden,
    compared: seeker.best.compared,
  };
}

function grown<Numbers extends { set(from: Numbers): void }>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}

interface Seeker {
  readonly best: BestPartners;
  readonly seek: (l: number) => void;
}

function createSeeker(search: Search): Seeker {
  const { lines, index, scorer, amountRatio, delays, onCompare } = search;
  const { left, right, texts } = lines;
  const best = new BestPartners(search.candidatesMax);
  const stamps = new Int32Array(right.count).fill(-1);
  const keys = new KeyList();
  const delayMin = delays.reduce((low, { delay }) => Math.min(low, delay), Infinity);
  const delayMax = delays.reduce((high, { delay }) => Math.max(high, delay), -Infinity);
  let work = 0;
  let textMax = 0;
  /** What lines not looked at lack: words whose lines were all looked at. */
  let lacking = 0;

  const examine = (l: number, r: number): void => {
    if (stamps[r] === l) return;
    const delay = (right.day[r] ?? 0) - (left.day[l] ?? 0);
    if (delay < delayMin || delay > delayMax) return;
    stamps[r] = l;
    work += 1;
    best.compared += 1;
    onCompare?.(l, r);
    if (scorer.scoreNumbers(l, r) + textMax < best.top - PRUNE) return;
    best.offer(r, scorer.score(l, r));
  };

  const byKeys = (l: number, low: number, high: number): void => {
    keys.fill(left, l, index);
    for (let at = 0; at < keys.count && work < search.workMax; at += 1) {
      const postings = keys.postings[at];
      if (postings === undefined) continue;
      const key = keys.keys[at] ?? 0;
      const from = postings.from[key] ?? 0;
      const to = postings.from[key + 1] ?? 0;
      const first = firstOf(postings.lines, low, from, to);
      const last = firstOf(postings.lines, high, first, to);
      if (last - first > KEY_LINES_MAX) continue;
      for (let place = first; place < last; place += 1) examine(l, postings.lines[place] ?? 0);
      if (postings === index.byWord) lacking += scorer.scoreMissing(key);
    }
  };

  const byAmount = (l: number, low: number, high: number): void => {
    const amount = left.amount[l] ?? 0;
    const first = firstOf(right.amount, amount, low, high);
    const last = firstOf(right.amount, amount + 1, first, high);
    const dayFrom = (left.day[l] ?? 0) + delayMin;
    const begin = firstOf(right.day, dayFrom, first, last);
    const end = firstOf(right.day, (left.day[l] ?? 0) + delayMax + 1, begin, last);
    let place = begin;
    const stop = Math.min(end, begin + ALIKE_MAX);
    for (; place < stop && work < search.workMax; place += 1) examine(l, place);
    best.hide(end - place, place < end ? lacking + scorer.scoreNumbers(l, place) : 0);
  };

  const byDay = (l: number, low: number, high: number): void => {
    const { byDay: days } = index;
    const pool = left.pool[l] ?? 0;
    const exact = firstOf(right.amount, left.amount[l] ?? 0, low, high);
    const poolFrom = firstOf(days.pool, pool);
    const poolTo = firstOf(days.pool, pool + 1, poolFrom);
    let share = 1;
    for (const { delay, share: likely } of delays) {
      if (work >= search.workMax) {
        // Chance has as many lines near the amount as the pool has, each as likely as chance.
        best.hide(poolLines(pool) * share, lacking);
        return;
      }
      share -= likely;
      const day = (left.day[l] ?? 0) + delay;
      const slot = firstOf(days.day, day, poolFrom, poolTo);
      if (slot >= poolTo || days.day[slot] !== day) continue;
      const to = days.from[slot + 1] ?? 0;
      const first = firstOf(days.lines, low, days.from[slot], to);
      const last = firstOf(days.lines, high, first, to);
      const room = Math.min(ALIKE_MAX, Math.max(0, search.workMax - work));
      const middle = firstOf(days.lines, exact, first, last);
      const begin = Math.max(first, Math.min(middle - (room >>> 1), last - room));
      const end = Math.min(last, begin + room);
      for (let place = begin; place < end; place += 1) examine(l, days.lines[place] ?? 0);
      const unseen = last - first - (end - begin);
      if (unseen > 0) {
        const one = days.lines[begin > first ? first : end] ?? 0;
        best.hide(unseen, lacking + scorer.scoreNumbers(l, one));
      }
    }
  };

  const poolLines = (pool: number): number =>
    (index.poolFrom[pool + 1] ?? 0) - (index.poolFrom[pool] ?? 0);

  const seek = (l: number): void => {
    best.clear();
    work = 0;
    textMax = 0;
    lacking = 0;
    for (let at = left.offsets[l] ?? 0; at < (left.offsets[l + 1] ?? 0); at += 1) {
      textMax -= texts.logShare[left.terms[at] ?? 0] ?? 0;
    }
    const pool = left.pool[l] ?? 0;
    const amount = left.amount[l] ?? 0;
    const poolTo = index.poolFrom[pool + 1] ?? 0;
    const lowest = Math.floor(amount * amountRatio.min);
    const highest = Math.ceil(amount * amountRatio.max) + 1;
    const low = firstOf(right.amount, lowest, index.poolFrom[pool], poolTo);
    const high = firstOf(right.amount, highest, low, poolTo);
    if (low === high) return;
    byKeys(l, low, high);
    byAmount(l, low, high);
    if (best.top + (search.priors[pool] ?? 0) < SETTLED) byDay(l, low, high);
  };
  return { best, seek };
}

/** The keys of a line, the one that the fewest right lines have first. */
class KeyList {
  count = 0;
  readonly keys = new Int32Array(KEYS_MAX);
  readonly postings: Postings[] = [];
  readonly #sizes = new Int32Array(KEYS_MAX);

  fill(left: LineTable, l: number, { byWord, byPair, byPrefix }: LineIndex): void {
    this.count = 0;
    const bits = Math.log2(byPair.from.length - 1);
    const from = left.offsets[l] ?? 0;
    for (let at = from; at < (left.offsets[l + 1] ?? 0); at += 1) {
      const term = left.terms[at] ?? 0;
      this.#add(term, byWord);
      if (at > from) this.#add(pairBucket(left.terms[at - 1] ?? 0, term, bits), byPair);
      if (byPrefix !== undefined) this.#add(prefixBucket(left, l, at, bits), byPrefix);
    }
  }

  #add(key: number, postings: Postings): void {
    if (key < 0) return;
    const size = (postings.from[key + 1] ?? 0) - (postings.from[key] ?? 0);
    let to = this.count;
    for (; to > 0 && (this.#sizes[to - 1] ?? 0) > size; to -= 1) {
      this.keys[to] = this.keys[to - 1] ?? 0;
      this.#sizes[to] = this.#sizes[to - 1] ?? 0;
      this.postings[to] = this.postings[to - 1] ?? postings;
    }
    this.keys[to] = key;
    this.#sizes[to] = size;
    this.postings[to] = postings;
    this.count += 1;
  }
}

/** The best few of many, best first; of equals the lower rank. */
class BestPartners {
  compared = 0;
  hidden = 0;
  #count = 0;
  readonly #rights: Int32Array;
  readonly #scores: Float64Array;

  constructor(max: number) {
    this.#rights = new Int32Array(max);
    this.#scores = new Float64Array(max);
  }

  get top(): number {
    return this.#count === 0 ? -Infinity : (this.#scores[0] ?? 0);
  }

  clear(): void {
    this.#count = 0;
    this.hidden = 0;
  }

  /** Lines not looked at: each is as likely as its amount and day say, its words as chance. */
  hide(count: number, score: number): void {
    if (count > 0) this.hidden += count * Math.exp(Math.min(60, score));
  }

  offer(right: number, score: number): void {
    const max = this.#rights.length;
    let to = this.#count;
    while (to > 0 && this.#isBefore(right, score, to - 1)) to -= 1;
    if (to >= max) {
      this.hide(1, score);
      return;
    }
    if (this.#count === max) this.hide(1, this.#scores[max - 1] ?? 0);
    else this.#count += 1;
    for (let at = this.#count - 1; at > to; at -= 1) {
      this.#rights[at] = this.#rights[at - 1] ?? 0;
      this.#scores[at] = this.#scores[at - 1] ?? 0;
    }
    this.#rights[to] = right;
    this.#scores[to] = score;
  }

  takeInto(rights: Int32Array, scores: Float64Array, from: number): number {
    let to = from;
    for (let at = 0; at < this.#count; at += 1) {
      const score = this.#scores[at] ?? 0;
      if (score < this.top - PRUNE) break;
      rights[to] = this.#rights[at] ?? 0;
      scores[to] = score;
      to += 1;
    }
    return to;
  }

  #isBefore(right: number, score: number, at: number): boolean {
    const other = this.#scores[at] ?? 0;
    return score > other || (score === other && right < (this.#rights[at] ?? 0));
  }
}

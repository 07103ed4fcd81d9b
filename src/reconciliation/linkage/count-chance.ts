import { countKey, createHashTable, hashPair, hashText } from './hash-table.ts';
import type { HashTable } from './hash-table.ts';
import type { Lexicon } from './lexicon.ts';
import type { AccountModel, DayModel, PoolModel, TextModel } from './link-types.ts';
import type { LineTable } from './line-table.ts';

/** Width of an amount bin, in natural log. */
export const AMOUNT_BIN = 0.1;
/** Longest beginning of a word that is counted apart. */
export const PREFIX_MAX = 8;
const KEPT_MAX = 100_000;
const PAIR_LEAST = 4;
const DAYS_MAX = 4_000;

/** How often a word or a pair of words occurs: what chance offers. */
export type TextCounts = Pick<
  TextModel,
  | 'lines'
  | 'words'
  | 'rare'
  | 'wordHashes'
  | 'wordCounts'
  | 'pairHashes'
  | 'pairCounts'
  | 'prefixHashes'
  | 'prefixCounts'
>;

/** Counts the words of the right side; the lexicon holds the counts by word afterwards. */
export function countTexts(right: LineTable, lexicon: Lexicon, hasCut: boolean): TextCounts {
  const { counts } = lexicon;
  for (const term of right.terms.subarray(0, right.offsets[right.count])) {
    counts[term] = (counts[term] ?? 0) + 1;
  }
  const words = keepFrequent(lexicon, 2);
  const pairs = createHashTable();
  const prefixes = createHashTable();
  const least = Math.max(PAIR_LEAST, right.count * 2e-4);
  for (let line = 0; line < right.count; line += 1) {
    const from = right.offsets[line] ?? 0;
    const to = right.offsets[line + 1] ?? 0;
    for (let at = from; at < to; at += 1) {
      if (hasCut) countPrefixes(prefixes, right, line, at);
      if ((counts[right.terms[at] ?? 0] ?? 0) < least) continue;
      if (at > from && (counts[right.terms[at - 1] ?? 0] ?? 0) < least) continue;
      countKey(pairs, pairKey(lexicon, right, at, from));
    }
  }
  const keptPairs = keepFrequent(pairs, PAIR_LEAST);
  const keptPrefixes = keepFrequent(prefixes, 2);
  return {
    lines: right.count,
    words: right.offsets[right.count] ?? 0,
    rare: words.rare,
    wordHashes: words.hashes,
    wordCounts: words.counts,
    pairHashes: keptPairs.hashes,
    pairCounts: keptPairs.counts,
    prefixHashes: keptPrefixes.hashes,
    prefixCounts: keptPrefixes.counts,
  };
}

/** Hash of the word at `at` and the one before it in its line. */
export function pairKey(lexicon: Lexicon, { terms }: LineTable, at: number, from: number): number {
  const word = lexicon.keys[terms[at] ?? 0] ?? 0;
  return at === from ? hashPair(0, word) : hashPair(lexicon.keys[terms[at - 1] ?? 0] ?? 0, word);
}

function countPrefixes(prefixes: HashTable, table: LineTable, line: number, at: number): void {
  const start = table.starts[at] ?? 0;
  const end = Math.min(table.ends[at] ?? 0, start + PREFIX_MAX);
  const text = table.texts[line] ?? '';
  for (let to = start + 1; to <= end; to += 1) countKey(prefixes, hashText(text, start, to));
}

interface Kept {
  readonly rare: number;
  readonly hashes: number[];
  readonly counts: number[];
}

/** The most frequent keys; the rest count as the most frequent of those left out. */
function keepFrequent({ size, keys, counts }: HashTable, least: number): Kept {
  const histogram = new Float64Array(1024);
  for (let id = 0; id < size; id += 1) {
    const count = Math.min(1023, counts[id] ?? 0);
    histogram[count] = (histogram[count] ?? 0) + 1;
  }
  let from = 1023;
  let kept = histogram[1023] ?? 0;
  while (from > least && kept + (histogram[from - 1] ?? 0) <= KEPT_MAX) {
    from -= 1;
    kept += histogram[from] ?? 0;
  }
  const hashes: number[] = [];
  const keptCounts: number[] = [];
  for (let id = 0; id < size; id += 1) {
    const count = counts[id] ?? 0;
    if (count < from) continue;
    hashes.push(keys[id] ?? 0);
    keptCounts.push(count);
  }
  return { rare: Math.max(1, from - 1), hashes, counts: keptCounts };
}

/** Amounts of the right side by pool. */
export function countPools(
  right: LineTable,
  pools: readonly string[],
): Record<string, Omit<PoolModel, 'prior'>> {
  const found: Record<string, Omit<PoolModel, 'prior'>> = { '': countPool(right, 0, right.count) };
  let from = 0;
  for (const [pool, name] of pools.entries()) {
    let to = from;
    while (to < right.count && right.pool[to] === pool) to += 1;
    found[name] = countPool(right, from, to);
    from = to;
  }
  return found;
}

function countPool(right: LineTable, from: number, to: number): Omit<PoolModel, 'prior'> {
  const densityFrom = Math.floor((lowest(right.logAmount, from, to) || 0) / AMOUNT_BIN) - 2;
  const top = Math.floor((highest(right.logAmount, from, to) || 0) / AMOUNT_BIN) + 2;
  const bins = Array.from<number>({ length: top - densityFrom + 1 }).fill(0);
  const amounts: number[] = [];
  const amountCounts: number[] = [];
  for (let at = from, run = 1; at < to; at += 1) {
    const bin = Math.floor((right.logAmount[at] ?? 0) / AMOUNT_BIN) - densityFrom;
    bins[bin] = (bins[bin] ?? 0) + 1;
    if (at + 1 < to && right.amount[at + 1] === right.amount[at]) {
      run += 1;
      continue;
    }
    if (run > 1 && amounts.length < KEPT_MAX) {
      amounts.push(right.amount[at] ?? 0);
      amountCounts.push(run);
    }
    run = 1;
  }
  const density = bins.map(
    (count, at) => (2 * count + (bins[at - 1] ?? count) + (bins[at + 1] ?? count)) / 4,
  );
  return {
    lines: to - from,
    densityFrom: densityFrom * AMOUNT_BIN,
    density,
    amounts,
    amountCounts,
  };
}

function lowest(values: Float64Array, from: number, to: number): number {
  let low = Infinity;
  for (let at = from; at < to; at += 1) low = Math.min(low, values[at] ?? low);
  return from < to ? low : 0;
}

function highest(values: Float64Array, from: number, to: number): number {
  let high = -Infinity;
  for (let at = from; at < to; at += 1) high = Math.max(high, values[at] ?? high);
  return from < to ? high : 0;
}

/** Lines of the right side by day, smoothed over a week: Sundays must not look rare. */
export function countDays(right: LineTable): Pick<DayModel, 'dayFrom' | 'days' | 'elsewhere'> {
  const sorted = right.day.slice().sort();
  const dayFrom = sorted[Math.floor(sorted.length * 0.001)] ?? 0;
  const dayTo = sorted[Math.ceil(sorted.length * 0.999) - 1] ?? dayFrom;
  const span = dayTo - dayFrom + 1;
  const elsewhere = 1 / Math.max(DAYS_LEAST, span);
  if (span > DAYS_MAX || right.count === 0) return { dayFrom, days: [], elsewhere };
  const counts = new Float64Array(span);
  for (const day of sorted) {
    if (day >= dayFrom && day <= dayTo) {
      counts[day - dayFrom] = (counts[day - dayFrom] ?? 0) + 1;
    }
  }
  const days = Array.from(counts, (_count, at) => {
    const week = counts.subarray(Math.max(0, at - 3), at + 4);
    const mean = week.reduce((sum, count) => sum + count, 0) / week.length;
    return (mean + DAY_PRIOR * elsewhere) / (right.count + DAY_PRIOR);
  });
  return { dayFrom, days, elsewhere };
}

const DAYS_LEAST = 30;
const DAY_PRIOR = 200;

export function countAccounts(right: LineTable): Omit<AccountModel, 'sameShare'> {
  const table = createHashTable();
  let lines = 0;
  for (const account of right.account) {
    if (account === 0) continue;
    lines += 1;
    countKey(table, account);
  }
  const { hashes, counts } = keepFrequent(table, 2);
  return { lines, hashes, counts };
}

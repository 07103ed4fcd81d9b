import type { Lexicon } from './lexicon.ts';
import type { LineTable } from './line-table.ts';

/** Right lines by word, by neighbouring words, by day: ranks ascending, so by amount. */
export interface LineIndex {
  readonly byWord: Postings;
  readonly byPair: Postings;
  /** By the beginnings of words; only where texts are cut off. */
  readonly byPrefix: Postings | undefined;
  readonly byDay: DayIndex;
  /** First rank of each pool, and one more at the end. */
  readonly poolFrom: Int32Array;
}

export interface Postings {
  readonly from: Int32Array;
  readonly lines: Int32Array;
}

/** Lines in the order of pool, day, amount. */
export interface DayIndex {
  readonly lines: Int32Array;
  /** Where each pool and day starts, and one more at the end. */
  readonly from: Int32Array;
  readonly pool: Int32Array;
  readonly day: Int32Array;
}

export function indexLines(
  right: LineTable,
  lexicon: Lexicon,
  { poolCount, hasCut }: { readonly poolCount: number; readonly hasCut: boolean },
): LineIndex {
  const bits = Math.max(10, Math.min(24, Math.ceil(Math.log2(right.count + 1)) + 2));
  return {
    byWord: createPostings(right, right.terms, lexicon.size),
    byPair: createPostings(right, pairKeys(right, bits), 2 ** bits),
    byPrefix: hasCut ? createPostings(right, prefixKeys(right, bits), 2 ** bits) : undefined,
    byDay: createDayIndex(right),
    poolFrom: Int32Array.from({ length: poolCount + 1 }, (_, pool) => firstOf(right.pool, pool)),
  };
}

/** A bucket for each word with the one before it: `J SMITH` is rarer than both. */
function pairKeys(table: LineTable, bits: number): Int32Array {
  const keys = new Int32Array(table.offsets[table.count] ?? 0).fill(-1);
  for (let line = 0; line < table.count; line += 1) {
    for (let at = (table.offsets[line] ?? 0) + 1; at < (table.offsets[line + 1] ?? 0); at += 1) {
      keys[at] = pairBucket(table.terms[at - 1] ?? 0, table.terms[at] ?? 0, bits);
    }
  }
  return keys;
}

function prefixKeys(table: LineTable, bits: number): Int32Array {
  const keys = new Int32Array(table.offsets[table.count] ?? 0);
  for (let line = 0; line < table.count; line += 1) {
    for (let at = table.offsets[line] ?? 0; at < (table.offsets[line + 1] ?? 0); at += 1) {
      keys[at] = prefixBucket(table, line, at, bits);
    }
  }
  return keys;
}

/** -1 for words that are too short to say anything once they are cut. */
export function prefixBucket(table: LineTable, line: number, at: number, bits: number): number {
  const start = table.starts[at] ?? 0;
  if ((table.ends[at] ?? 0) - start < PREFIX) return -1;
  const text = table.texts[line] ?? '';
  let mixed = 0x811c9dc5 | 0;
  for (let to = start; to < start + PREFIX; to += 1) {
    mixed = Math.imul(mixed ^ text.charCodeAt(to), 0x01000193);
  }
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> (32 - bits);
}

const PREFIX = 4;

export function pairBucket(before: number, term: number, bits: number): number {
  const mixed = Math.imul(Math.imul(before, 0x9e3779b1) ^ term, 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> (32 - bits);
}

function createPostings(table: LineTable, keys: Int32Array, size: number): Postings {
  const from = new Int32Array(size + 1);
  const all = table.offsets[table.count] ?? 0;
  for (let at = 0; at < all; at += 1) {
    const key = keys[at] ?? 0;
    if (key >= 0) from[key + 1] = (from[key + 1] ?? 0) + 1;
  }
  for (let key = 0; key < size; key += 1) from[key + 1] = (from[key + 1] ?? 0) + (from[key] ?? 0);
  const lines = new Int32Array(from[size] ?? 0);
  const next = from.slice(0, size);
  for (let line = 0; line < table.count; line += 1) {
    for (let at = table.offsets[line] ?? 0; at < (table.offsets[line + 1] ?? 0); at += 1) {
      const key = keys[at] ?? 0;
      if (key < 0) continue;
      const place = next[key] ?? 0;
      lines[place] = line;
      next[key] = place + 1;
    }
  }
  return { from, lines };
}

function createDayIndex({ count, pool, day }: LineTable): DayIndex {
  const lines = Int32Array.from({ length: count }, (_, rank) => rank).sort((one, other) => {
    const byPool = (pool[one] ?? 0) - (pool[other] ?? 0);
    if (byPool !== 0) return byPool;
    return (day[one] ?? 0) - (day[other] ?? 0) || one - other;
  });
  const from: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const line = lines[at] ?? 0;
    const before = lines[at - 1] ?? -1;
    if (at === 0 || pool[line] !== pool[before] || day[line] !== day[before]) from.push(at);
  }
  const first = Int32Array.from(from);
  return {
    lines,
    from: Int32Array.from([...from, count]),
    pool: first.map((at) => pool[lines[at] ?? 0] ?? 0),
    day: first.map((at) => day[lines[at] ?? 0] ?? 0),
  };
}

/** First place whose value is not below `value`. */
export function firstOf(
  sorted: Int32Array | Float64Array,
  value: number,
  from = 0,
  to = sorted.length,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

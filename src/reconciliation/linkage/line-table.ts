import { hashText } from './hash-table.ts';
import type { Lexicon } from './lexicon.ts';
import { readTerms } from './lexicon.ts';
import type { LinkRecord } from './link-types.ts';
import { normaliseText } from './normalise-text.ts';
import { WordColumns } from './word-columns.ts';

/**
 * One side as columns, sorted by pool (currency and sign), amount, day, id. A line is its rank in
 * that order, so that an amount window is an interval of ranks and input order cannot matter.
 */
export interface LineTable {
  readonly count: number;
  /** Rank to index in the list given. */
  readonly original: Int32Array;
  readonly pool: Int32Array;
  /** Without sign. */
  readonly amount: Float64Array;
  readonly logAmount: Float64Array;
  readonly day: Int32Array;
  /** Hash of the counterparty's account; 0 when unknown. */
  readonly account: Float64Array;
  /** Only kept where texts are cut off. */
  readonly texts: readonly string[];
  /** The words of line r in their order: `terms[offsets[r] … offsets[r + 1]]`. */
  readonly offsets: Int32Array;
  readonly terms: Int32Array;
  readonly starts: Uint16Array;
  readonly ends: Uint16Array;
  readonly isName: Uint8Array;
  /** Where texts of this side are cut off; 0 when they are not. */
  readonly cut: number;
  /** 1 for lines whose text is as long as the cut. */
  readonly isCut: Uint8Array;
  /** Where the last word stands when the cut may have gone through it; -1 otherwise. */
  readonly fragment: Int32Array;
}

export interface TableContext {
  readonly lexicon: Lexicon;
  /** Names of the pools, ascending. */
  readonly pools: readonly string[];
  readonly isCrossCurrency: boolean;
  readonly cut: number;
  /** Whether texts of either side are cut off. */
  readonly hasCut: boolean;
}

/** Sorts and reads one side. */
export function readLineTable(records: readonly LinkRecord[], context: TableContext): LineTable {
  const count = records.length;
  const amounts = Float64Array.from(records, amountOf);
  const numbers = new Map(context.pools.map((name, at) => [name, at]));
  const pools = Int32Array.from(
    records,
    (record) => numbers.get(poolName(record, context.isCrossCurrency)) ?? 0,
  );
  const original = sortRecords(records, amounts, pools);
  const table = {
    count,
    original,
    pool: new Int32Array(count),
    amount: new Float64Array(count),
    logAmount: new Float64Array(count),
    day: new Int32Array(count),
    account: new Float64Array(count),
    texts: context.hasCut ? Array.from<string>({ length: count }).fill('') : [],
    offsets: new Int32Array(count + 1),
    cut: context.cut,
    isCut: new Uint8Array(count),
    fragment: new Int32Array(count).fill(-1),
  };
  const words = new WordColumns(count * 6);
  for (let rank = 0; rank < count; rank += 1) {
    const at = original[rank] ?? 0;
    const record = records[at];
    if (record === undefined) continue;
    const amount = Math.abs(amounts[at] ?? 0);
    table.pool[rank] = pools[at] ?? 0;
    table.amount[rank] = amount;
    table.logAmount[rank] = Math.log(Math.max(1, amount));
    table.day[rank] = record.day;
    table.account[rank] = accountHash(record.account);
    table.isCut[rank] = context.cut > 0 && record.text.length === context.cut ? 1 : 0;
    const text = readWordsOf(record, words, context.lexicon);
    if (context.hasCut) table.texts[rank] = text;
    table.offsets[rank + 1] = words.length;
    if (table.isCut[rank] === 1) {
      table.fragment[rank] = findFragment(words, table.offsets[rank] ?? 0, text.length);
    }
  }
  const { terms, starts, ends, isName } = words;
  return { ...table, terms, starts, ends, isName };
}

/** "EUR+" for credits, "EUR-" for debits. */
export function poolName({ currency, amount }: LinkRecord, isCrossCurrency: boolean): string {
  return `${isCrossCurrency ? '' : currency}${amount < 0 ? '-' : '+'}`;
}

/**
 * Banks cut texts at a fixed length; many texts of just that length, and few a little longer, give
 * it away. A word behind the cut is not missing.
 */
export function findCut(records: readonly LinkRecord[]): number {
  const counts = new Map<number, number>();
  for (const { text } of records) counts.set(text.length, (counts.get(text.length) ?? 0) + 1);
  let length = 0;
  let count = 0;
  for (const [one, many] of counts) {
    if (many < count || (many === count && one > length)) continue;
    length = one;
    count = many;
  }
  const beside = (counts.get(length - 1) ?? 0) + (counts.get(length + 1) ?? 0);
  let shorter = 0;
  for (const [one, many] of counts) shorter += one < length ? many : 0;
  const isSpike = count >= CUT_SHARE * records.length && count > CUT_SPIKE * (beside / 2);
  // Without shorter texts the length is that of a template.
  const isCut = isSpike && shorter >= CUT_SHARE * records.length;
  return isCut && records.length >= CUT_LINES && length >= CUT_LENGTH ? length : 0;
}

const CUT_SHARE = 0.1;
const CUT_SPIKE = 5;
const CUT_LINES = 200;
const CUT_LENGTH = 8;

function readWordsOf(record: LinkRecord, words: WordColumns, lexicon: Lexicon): string {
  const text = normaliseText(record.text);
  words.beginLine();
  readTerms(lexicon, text, (term, start, end) => words.add(term, start, end));
  if (record.name !== undefined && record.name !== '') {
    readTerms(lexicon, normaliseText(record.name), (term) => words.addName(term));
  }
  return text;
}

function findFragment(words: WordColumns, from: number, length: number): number {
  for (let at = words.length - 1; at >= from; at -= 1) {
    if (words.ends[at] === length) return at;
  }
  return -1;
}

/** @throws RangeError for amounts that a double cannot hold exactly. */
function amountOf({ id, amount }: LinkRecord): number {
  const value = Number(amount);
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`The amount of ${id} is not a whole number below 2^53`);
  }
  return value;
}

function sortRecords(
  records: readonly LinkRecord[],
  amounts: Float64Array,
  pools: Int32Array,
): Int32Array {
  const days = Int32Array.from(records, ({ day }) => day);
  return Int32Array.from(records, (_record, at) => at).sort((one, other) => {
    const byPool = (pools[one] ?? 0) - (pools[other] ?? 0);
    if (byPool !== 0) return byPool;
    const byAmount = Math.abs(amounts[one] ?? 0) - Math.abs(amounts[other] ?? 0);
    if (byAmount !== 0) return byAmount;
    const byDay = (days[one] ?? 0) - (days[other] ?? 0);
    if (byDay !== 0) return byDay;
    const oneId = records[one]?.id ?? '';
    const otherId = records[other]?.id ?? '';
    return oneId < otherId ? -1 : Number(oneId > otherId);
  });
}

function accountHash(account: string | undefined): number {
  if (account === undefined) return 0;
  const plain = normaliseText(account)
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/^0+/, '');
  return plain === '' ? 0 : hashText(plain, 0, plain.length);
}

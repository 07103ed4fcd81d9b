import type { EntryLine, ItemLine } from '#core/matches.ts';
import type { MatchReasonCode } from '#core/match-reasons.ts';
import { foldLine } from './fold-text.ts';
import {
  KEY_DIGITS_MIN,
  isCreditorReference,
  keyFormsOf,
  readConfusedDigits,
  wholeKeyOf,
} from './key-forms.ts';

/** A key that many items have says nothing about one of them. */
export const KEY_ITEMS_MAX = 64;
const PARTS_MAX = 9;
const SPAN_MAX = 40;

/** One key as some items have it. */
export interface Key {
  readonly text: string;
  readonly code: MatchReasonCode;
  /** Places of items, ascending; at most `KEY_ITEMS_MAX` + 1 of them. */
  readonly items: number[];
}

/** Finds keys of items in what is written on an entry. */
export interface KeyIndex {
  readonly keys: readonly Key[];
  /** Places of the keys that an entry carries, each once. */
  readonly find: (entry: EntryLine) => readonly number[];
}

export function createKeyIndex(items: readonly ItemLine[], templates: readonly string[]): KeyIndex {
  const keys: Key[] = [];
  const places = new Map<string, number>();
  const add = (text: string, code: MatchReasonCode, item: number): void => {
    const place = places.get(text);
    if (place === undefined) {
      places.set(text, keys.length);
      keys.push({ text, code, items: [item] });
      return;
    }
    const known = keys[place];
    if (known && known.items.at(-1) !== item && known.items.length <= KEY_ITEMS_MAX) {
      known.items.push(item);
    }
  };
  items.forEach((item, place) => addKeysOf(item, place, add));
  const numbers = templates.length === 0 ? undefined : indexNumbers(items, add);
  const patterns = templates.map(toPattern);
  const sieve = createSieve(places.keys(), places.size);
  const find = (entry: EntryLine): readonly number[] => {
    if (places.size === 0) return NOTHING;
    const found: number[] = [];
    const see = (text: string): void => {
      const place = places.get(text);
      if (place !== undefined && !found.includes(place)) found.push(place);
    };
    for (const reference of entry.references) {
      see(`=${wholeKeyOf(reference)}`);
      scan(foldLine(reference), sieve, see);
    }
    const folded = foldLine(entry.text);
    scan(folded, sieve, see);
    const confused = readConfusedDigits(folded);
    if (confused !== folded) scan(confused, sieve, see);
    if (numbers) for (const pattern of patterns) seePaymentCodes(folded, pattern, see);
    return found.filter((place) => !isAmountOf(entry, keys[place]?.text ?? ''));
  };
  return { keys, find };
}

const NOTHING: readonly number[] = [];

/** Whole references are marked by `=`: they need no minimal length, because both sides say them. */
function addKeysOf(
  item: ItemLine,
  place: number,
  add: (text: string, code: MatchReasonCode, item: number) => void,
): void {
  for (const reference of item.references) {
    const whole = wholeKeyOf(reference);
    if (whole === '') continue;
    const code = isCreditorReference(whole) ? 'creditorReference' : 'referenceEqual';
    add(`=${whole}`, code, place);
    for (const form of keyFormsOf(reference)) add(form, code, place);
  }
  if (item.number === undefined) return;
  const whole = wholeKeyOf(item.number);
  if (whole !== '') add(`=${whole}`, 'invoiceNumber', place);
  for (const form of keyFormsOf(item.number)) add(form, 'invoiceNumber', place);
}

/** A template says where the number stands, so that it may be short; marked by `#`. */
function indexNumbers(
  items: readonly ItemLine[],
  add: (text: string, code: MatchReasonCode, item: number) => void,
): true {
  items.forEach((item, place) => {
    if (item.number !== undefined) add(`#${wholeKeyOf(item.number)}`, 'paymentCode', place);
  });
  return true;
}

/** `PAY-{number}` as a pattern over folded text. */
function toPattern(template: string): RegExp {
  const [before = '', after = ''] = template.split('{number}').map((part) => foldLine(part));
  const flexible = (text: string): string => text.split(' ').join(' ?');
  const head = before === '' ? '(?:^| )' : `(?:^| )${flexible(before)} ?`;
  const tail = after === '' ? '(?= |$)' : ` ?${flexible(after)}(?= |$)`;
  return new RegExp(`${head}([\\p{L}\\p{N}]{1,24})${tail}`, 'gu');
}

function seePaymentCodes(folded: string, pattern: RegExp, see: (text: string) => void): void {
  for (const [, number = ''] of folded.matchAll(pattern)) see(`#${wholeKeyOf(number)}`);
}

/** The amount itself stands in many texts; that it equals a number is no evidence. */
function isAmountOf(entry: EntryLine, key: string): boolean {
  const digits = entry.amount.amountMinorUnits.toString();
  return key === digits || (digits.startsWith(key) && /^0{2,3}$/.test(digits.slice(key.length)));
}

/** A quick no for nearly everything that is no key: one bit per hash. */
interface Sieve {
  readonly bits: Uint32Array;
  readonly mask: number;
}

function createSieve(texts: Iterable<string>, count: number): Sieve {
  let size = 1 << 12;
  while (size < count * 16 && size < 1 << 28) size *= 2;
  const sieve = { bits: new Uint32Array(size / 32), mask: size - 1 };
  for (const text of texts) {
    let hash = 0;
    for (let place = 0; place < text.length; place += 1) hash = step(hash, text.charCodeAt(place));
    const bit = finish(hash) & sieve.mask;
    sieve.bits[bit >>> 5] = (sieve.bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }
  return sieve;
}

function step(hash: number, code: number): number {
  return (Math.imul(hash, 0x01000193) ^ code) >>> 0;
}

function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

function mayHold({ bits, mask }: Sieve, hash: number): boolean {
  const bit = finish(hash) & mask;
  return ((bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
}

/**
 * Tries every run of up to nine neighbouring parts of a text as a key, in both forms: with leading
 * zeros left out at the front only, and at the front of each part.
 */
function scan(folded: string, sieve: Sieve, see: (text: string) => void): void {
  const { length } = folded;
  let start = 0;
  while (start < length) {
    if (folded.charCodeAt(start) !== 32) scanFrom(folded, start, sieve, see);
    start = endOfPart(folded, start);
  }
}

function scanFrom(folded: string, start: number, sieve: Sieve, see: (text: string) => void): void {
  let front = 0;
  let each = 0;
  let digits = 0;
  let isStarted = false;
  let place = start;
  const end = Math.min(folded.length, start + SPAN_MAX);
  for (let part = 0; part < PARTS_MAX && place < end; part += 1) {
    const partEnd = endOfPart(folded, place);
    let isPartStarted = false;
    for (; place < partEnd; place += 1) {
      const code = folded.charCodeAt(place);
      const isDigit = code >= 48 && code <= 57;
      if (isDigit) digits += 1;
      isStarted ||= code !== 48 || place === partEnd - 1;
      isPartStarted ||= code !== 48 || place === partEnd - 1;
      if (isStarted) front = step(front, code);
      if (isPartStarted) each = step(each, code);
    }
    if (digits >= KEY_DIGITS_MIN) {
      if (mayHold(sieve, front)) see(joinParts(folded.slice(start, place), false));
      if (each !== front && mayHold(sieve, each)) see(joinParts(folded.slice(start, place), true));
    }
    while (place < end && folded.charCodeAt(place) === 32) place += 1;
  }
}

function joinParts(span: string, isEach: boolean): string {
  if (!isEach) return wholeKeyOf(span);
  return (span.match(/\d+|[^\d ]+/g) ?? []).map((part) => wholeKeyOf(part)).join('');
}

/** The end of a run of letters or of digits, or of one space. */
function endOfPart(folded: string, start: number): number {
  const kind = kindOf(folded.charCodeAt(start));
  let place = start + 1;
  while (kind !== 0 && place < folded.length && kindOf(folded.charCodeAt(place)) === kind) {
    place += 1;
  }
  return place;
}

function kindOf(code: number): number {
  if (code === 32) return 0;
  return code >= 48 && code <= 57 ? 1 : 2;
}

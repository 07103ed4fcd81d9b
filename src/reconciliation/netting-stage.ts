import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { Board, Side } from './board.ts';
import { isWhole } from './board.ts';
import { foldLine } from './fold-text.ts';
import { readConfusedDigits, splitParts, stripZeros, wholeKeyOf } from './key-forms.ts';
import type { KeyTies } from './key-ties.ts';
import { propose } from './propose.ts';
import { saysReturned, saysVoided } from './reversal-words.ts';
import { isCommonWord, splitWords } from './words.ts';

/** Money comes back within weeks; a document may be cancelled much later. */
const RETURN_DAYS = 45;
const VOID_DAYS = 200;
const REFERENCE_MIN = 5;
/** Two documents of one number, one the other way: a void that nobody calls so. */
const SAME_NUMBER = 8;
/** Without a word for it, the number and the name must both be the same. */
const UNSAID_WEIGHT = 7;

/** Documents that cancel each other before they are compared with the bank. */
export function netItems(board: Board, ties: KeyTies): void {
  const { items } = board;
  const originals = indexByAmount(items);
  const isVoid = items.lines.map((line) => line.isReversal === true || saysVoided(line.text));
  // Those that say so first: what they cancel needs no guess any more.
  for (const isSaid of [true, false]) {
    isVoid.forEach((isThis, item) => {
      if (isThis === isSaid) netItem(board, ties, { originals, item, isSaid });
    });
  }
}

interface NetQuestion {
  readonly originals: ReadonlyMap<string, readonly number[]>;
  readonly item: number;
  readonly isSaid: boolean;
}

function netItem(board: Board, ties: KeyTies, { originals, item, isSaid }: NetQuestion): void {
  const { items } = board;
  if (!isWhole(items, item) || hasEntry(board, ties, item)) return;
  const needed = isSaid ? 3 : SAME_NUMBER;
  const found = oppositesOf(items, originals, item)
    .filter((other) => isSaid || !hasEntry(board, ties, other))
    .filter((other) => isWhole(items, other) && Math.abs(apart(items, item, other)) <= VOID_DAYS)
    .map((other) => ({ other, weight: compareItems(board, item, other) }))
    .filter(({ weight }) => weight >= needed);
  const best = pickBest(found, (other) => Math.abs(apart(items, item, other)));
  if (!best) return;
  propose(board, {
    kind: 'netting',
    basis: 'exactKey',
    legs: [],
    itemsOnly: [best.other, item],
    probability: best.isUnique ? 0.999 : 0.7,
    isUnique: best.isUnique,
    reasons: [reason('reversalOf'), reason('amountEqual')],
    why: objection(best.isUnique, isSaid && best.weight >= 6, found.length),
  });
}

/** Whether an entry names this very line and has its amount: then it is to be paid, not to vanish. */
function hasEntry(board: Board, ties: KeyTies, item: number): boolean {
  return (ties.byItem.get(item) ?? []).some(
    ({ entry }) => board.entries.left[entry] === board.items.left[item],
  );
}

function compareItems({ items }: Board, left: number, right: number): number {
  const [one, other] = [items.lines[left], items.lines[right]];
  if (!one || !other) return 0;
  const keys = new Set([one.number, ...one.references].map((key) => wholeKeyOf(key ?? '')));
  const isSame = [other.number, ...other.references].some(
    (key) => key !== undefined && key !== '' && keys.has(wholeKeyOf(key)),
  );
  if (isSame) return SAME_NUMBER;
  const number = wholeKeyOf(other.number ?? other.references[0] ?? '');
  if (number.length >= REFERENCE_MIN && wholeKeyOf(one.text).includes(number)) return 7;
  return isSameName(one.counterpartyName, other.counterpartyName) ? 3 : 0;
}

function isSameName(left: string | undefined, right: string | undefined): boolean {
  return (
    left !== undefined && right !== undefined && left !== '' && foldLine(left) === foldLine(right)
  );
}

/** Entries by which a bank took a movement back, or by which money came back. */
export function netEntries(board: Board, ties: KeyTies): void {
  const { entries } = board;
  const originals = indexByAmount(entries);
  entries.lines.forEach((line, entry) => {
    if (!isWhole(entries, entry)) return;
    const opposites = oppositesOf(entries, originals, entry);
    if (opposites.length === 0) return;
    const isSaid = line.isReversal === true || saysReturned(line.text);
    const needed = isSaid ? 0 : UNSAID_WEIGHT;
    const found = opposites
      .filter((other) => isOriginal(board, entry, other))
      .map((other) => ({ other, weight: compareEntries(board, entry, other) }))
      .filter(({ weight }) => weight >= needed);
    if (!isSaid && hasItem(board, ties, entry)) return;
    const best = pickBest(found, (other) => apart(entries, other, entry));
    if (!best) return;
    propose(board, {
      kind: 'netting',
      basis: 'exactKey',
      legs: [],
      entriesOnly: [best.other, entry],
      probability: best.isUnique ? 0.999 : 0.8,
      isUnique: best.isUnique,
      reasons: [reason('reversalOf'), reason('amountEqual')],
      why: objection(best.isUnique, best.weight >= 3, found.length),
    });
  });
}

/** Whether an item of this very amount is named: then the entry is what was expected. */
function hasItem(board: Board, ties: KeyTies, entry: number): boolean {
  return (ties.byEntry.get(entry) ?? []).some(
    ({ item }) => board.entries.left[entry] === board.items.left[item],
  );
}

function isOriginal({ entries }: Board, entry: number, other: number): boolean {
  const days = apart(entries, other, entry);
  return (
    isWhole(entries, other) &&
    !saysReturned(entries.lines[other]?.text ?? '') &&
    entries.lines[other]?.accountId === entries.lines[entry]?.accountId &&
    days >= 0 &&
    days <= RETURN_DAYS
  );
}

function compareEntries({ entries }: Board, entry: number, other: number): number {
  const [back, original] = [entries.lines[entry], entries.lines[other]];
  if (!back || !original) return -1;
  let weight = 0;
  if (sharesNumber(back, original)) weight += 5;
  if (isSameName(back.counterpartyName, original.counterpartyName)) weight += 3;
  else if (sharesWord(back, original)) weight += 2;
  else if (back.counterpartyName && original.counterpartyName) weight -= 2;
  return weight;
}

const NUMBER_MIN = 5;

/** The bank's reference, or the number of the document, stands on both. */
function sharesNumber(left: Written, right: Written): boolean {
  const numbers = new Set(numbersOf(left));
  return numbersOf(right).some((number) => numbers.has(number));
}

interface Written {
  readonly text: string;
  readonly references: readonly string[];
  readonly counterpartyName?: string | undefined;
  readonly amount: { readonly amountMinorUnits: bigint };
}

function numbersOf({ text, references, amount }: Written): string[] {
  const written = foldLine(`${text} ${references.join(' ')}`);
  const own = amount.amountMinorUnits.toString();
  return splitParts(readConfusedDigits(written))
    .map(stripZeros)
    .filter((part) => /^\d/.test(part) && part.length >= NUMBER_MIN && !own.startsWith(part));
}

const WORD_MIN = 4;

function sharesWord(left: Written, right: Written): boolean {
  const words = new Set(wordsOf(right));
  return wordsOf(left).some((word) => words.has(word));
}

/** Words that are long, no numbers, and no words of the trade. */
function wordsOf({ text, counterpartyName }: Written): string[] {
  const words: string[] = [];
  splitWords(`${text} ${counterpartyName ?? ''}`, (word) => {
    const isLong = word.length >= WORD_MIN || /[^\x20-\x7e]/.test(word);
    if (isLong && !/\d/.test(word) && !isCommonWord(word)) words.push(word);
  });
  return words;
}

function objection(isUnique: boolean, isCertain: boolean, count: number): MatchReason | undefined {
  if (!isUnique) return reason('why.rivals', { count: String(count - 1) });
  return isCertain ? undefined : reason('why.noKey');
}

interface Candidate {
  readonly other: number;
  readonly weight: number;
}

/** The heaviest, then the nearest in time; unique when the next is clearly lighter. */
function pickBest(
  found: readonly Candidate[],
  distanceOf: (other: number) => number,
): (Candidate & { readonly isUnique: boolean }) | undefined {
  const [best, second] = found.toSorted(
    (left, right) =>
      right.weight - left.weight ||
      distanceOf(left.other) - distanceOf(right.other) ||
      left.other - right.other,
  );
  return best && { ...best, isUnique: second === undefined || best.weight - second.weight >= 3 };
}

type AnySide = Side<never> | Board['entries'] | Board['items'];

function apart({ day }: AnySide, from: number, to: number): number {
  return (day[to] ?? 0) - (day[from] ?? 0);
}

const OPPOSITES_MAX = 200;

function indexByAmount(side: AnySide): ReadonlyMap<string, readonly number[]> {
  const index = new Map<string, number[]>();
  for (let place = 0; place < side.lines.length; place += 1) {
    if (!isWhole(side, place)) continue;
    const key = keyOf(side, place, side.isCredit[place] ?? 0);
    const known = index.get(key);
    if (known) known.push(place);
    else index.set(key, [place]);
  }
  return index;
}

function oppositesOf(
  side: AnySide,
  index: ReadonlyMap<string, readonly number[]>,
  place: number,
): readonly number[] {
  const all = index.get(keyOf(side, place, 1 - (side.isCredit[place] ?? 0))) ?? [];
  return all.length > OPPOSITES_MAX ? [] : all;
}

function keyOf({ left, currency }: AnySide, place: number, isCredit: number): string {
  return `${left[place] ?? 0} ${currency[place] ?? 0} ${isCredit}`;
}

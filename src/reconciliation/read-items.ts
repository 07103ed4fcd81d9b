import type { EntryLine, ItemLine } from '#core/matches.ts';
import { foldLine } from './fold-text.ts';
import { isKey } from './key-forms.ts';
import { isCommonWord } from './words.ts';

/** Where so many items name nobody, their texts are read instead. */
const NAMELESS_SHARE = 0.5;
/** Two books of one movement each have other amounts; documents and their payments the same. */
const EQUAL_SHARE = 0.5;
const LINES_MIN = 100;

export interface ReadItems {
  readonly items: readonly ItemLine[];
  /** Nothing but memos, and amounts that seldom agree: only likeness can pair them. */
  readonly isLikenessOnly: boolean;
}

/** Finds names and numbers in the descriptions of a ledger that has no columns for them. */
export function readItems(entries: readonly EntryLine[], items: readonly ItemLine[]): ReadItems {
  const isMost = (has: (item: ItemLine) => boolean): boolean =>
    items.filter(has).length > items.length * NAMELESS_SHARE;
  const lacksNames = isMost(isNameless);
  const isEnough = entries.length >= LINES_MIN && items.length >= LINES_MIN;
  if (lacksNames && isEnough && shareEqual(entries, items) < EQUAL_SHARE) {
    return { items, isLikenessOnly: true };
  }
  const lacksNumbers = isMost(isNumberless);
  if (!lacksNames && !lacksNumbers) return { items, isLikenessOnly: false };
  const read = items.map((item) => ({
    ...item,
    ...(lacksNames && isNameless(item) ? { counterpartyName: readName(item) } : {}),
    ...(lacksNumbers && isNumberless(item) ? { number: readNumber(item) } : {}),
  }));
  return { items: read, isLikenessOnly: false };
}

function isNumberless({ number, references }: ItemLine): boolean {
  return number === undefined && references.length === 0;
}

function isNameless(item: ItemLine): boolean {
  return (
    (item.counterpartyName ?? '') === '' &&
    item.counterpartyKey === undefined &&
    item.counterpartyAccount === undefined
  );
}

/** Lines whose amount the other side has too, each used once, of the shorter side. */
function shareEqual(entries: readonly EntryLine[], items: readonly ItemLine[]): number {
  const counts = new Map<string, number>();
  const keyOf = ({ amount, direction }: EntryLine | ItemLine): string =>
    `${direction} ${amount.amountMinorUnits} ${amount.currency}`;
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  let equal = 0;
  for (const entry of entries) {
    const left = counts.get(keyOf(entry)) ?? 0;
    if (left === 0) continue;
    counts.set(keyOf(entry), left - 1);
    equal += 1;
  }
  return equal / Math.min(entries.length, items.length);
}

/** The words without digits, unless all of them are words of the trade. */
function readName({ text }: ItemLine): string | undefined {
  const words = wordsOf(text).filter(
    (word) => !/\p{Nd}/u.test(word) && !documentWords.has(foldLine(word)),
  );
  const isTelling = words.some((word) => foldLine(word) !== '' && !isCommonWord(foldLine(word)));
  return isTelling ? words.join(' ') : undefined;
}

/** The first word that can be a key. */
function readNumber({ text }: ItemLine): string | undefined {
  return wordsOf(text).find((word) => isKey(foldLine(word).replaceAll(' ', '')));
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

const documentWords: ReadonlySet<string> = new Set(
  (
    'INVOICE INVOICES INV BILL CREDIT DEBIT NOTE MEMO VOID VOIDED CANCELLED PAYMENT RECEIPT REF NO NUMBER FOR FROM TO ' +
    'FAKTUR TAGIHAN NOTA KREDIT PEMBAYARAN INVOIS BIL HOA DON THANH TOAN PO SO'
  ).split(' '),
);

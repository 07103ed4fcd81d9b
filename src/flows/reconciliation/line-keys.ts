import { foldLine } from '#reconciliation/fold-text.ts';
import {
  KEY_DIGITS_MIN,
  keyFormsOf,
  readConfusedDigits,
  splitParts,
  stripZeros,
  wholeKeyOf,
} from '#reconciliation/key-forms.ts';
import type { NewItem, PreparedItem } from '#store/expected-items.ts';

/** A key of more parts or signs is nobody's. */
const PARTS_MAX = 9;
const LENGTH_MAX = 40;
/** A text that holds more is no remittance information, but a document. */
const KEYS_MAX = 400;
const TOKENS_MAX = 12;
const TOKEN_LENGTH_MIN = 2;

/** Works out what an item is found by: its exact keys, its folded name, the words of the name. */
export function prepareItem(item: NewItem): PreparedItem {
  const fold = foldParty(item.counterpartyName);
  return {
    ...item,
    ...(item.counterpartyAccount === undefined
      ? {}
      : { counterpartyAccount: foldAccountText(item.counterpartyAccount) }),
    counterpartyFold: fold,
    nameTokens: nameTokensOf(fold ?? ''),
    keys: keysOfItem(item),
  };
}

/** Keys under which an item stands: `=` before a whole reference, plain forms as texts hold them. */
export function keysOfItem(
  item: Pick<NewItem, 'number' | 'creditorReference' | 'virtualAccount' | 'endToEndId'>,
): readonly string[] {
  const keys = new Set<string>();
  const { number, creditorReference, virtualAccount, endToEndId } = item;
  for (const written of [number, creditorReference, virtualAccount, endToEndId]) {
    if (written === undefined) continue;
    const whole = wholeKeyOf(written);
    if (whole !== '' && whole.length <= LENGTH_MAX) keys.add(`=${whole}`);
    for (const form of keyFormsOf(written)) keys.add(form);
  }
  return [...keys];
}

/** Every key that stands on an entry: its references whole, and runs of parts of all its texts. */
export function keysOfEntry(entry: {
  readonly text: string;
  readonly references: readonly string[];
}): readonly string[] {
  const keys = new Set<string>();
  for (const reference of entry.references) {
    const whole = wholeKeyOf(reference);
    if (whole !== '' && whole.length <= LENGTH_MAX) keys.add(`=${whole}`);
  }
  for (const written of [...entry.references, entry.text]) {
    const folded = foldLine(written);
    for (const text of new Set([folded, readConfusedDigits(folded)])) addRuns(keys, text);
  }
  return [...keys].slice(0, KEYS_MAX);
}

/** Runs of neighbouring parts, with leading zeros left out at the front, and at the front of each. */
function addRuns(keys: Set<string>, folded: string): void {
  const parts = splitParts(folded);
  for (let first = 0; first < parts.length; first += 1) {
    let [whole, each, digits] = ['', '', 0];
    for (let last = first; last < Math.min(parts.length, first + PARTS_MAX); last += 1) {
      const part = parts[last] ?? '';
      const isNumber = /^\d/.test(part);
      whole += part;
      each += isNumber ? stripZeros(part) : part;
      if (isNumber) digits += part.length;
      if (each.length > LENGTH_MAX) break;
      if (digits < KEY_DIGITS_MIN) continue;
      const front = stripZeros(whole);
      if (front.length <= LENGTH_MAX) keys.add(front);
      keys.add(each);
    }
  }
}

/** A name as it is compared; nothing for an empty one. */
export function foldParty(name: string | undefined): string | undefined {
  const fold = foldLine(name ?? '');
  return fold === '' ? undefined : fold;
}

/** An account number as it is compared. */
export function foldAccountText(account: string): string {
  return foldLine(account).replaceAll(' ', '');
}

/**
 * Words by which a party is looked up: letters only, the longest first, since they say the most.
 * Scripts without spaces give their neighbouring signs in pairs.
 */
export function nameTokensOf(folded: string): readonly string[] {
  const tokens = new Set<string>();
  for (const word of folded.match(/[\p{L}\p{M}]+/gu) ?? []) {
    if (!/[\p{Script=Han}\p{Script=Thai}]/u.test(word)) {
      if (word.length >= TOKEN_LENGTH_MIN) tokens.add(word);
      continue;
    }
    const signs = [...word];
    signs.slice(1).forEach((sign, place) => tokens.add(`${signs[place] ?? ''}${sign}`));
  }
  return [...tokens]
    .sort((left, right) => right.length - left.length || (left < right ? -1 : 1))
    .slice(0, TOKENS_MAX);
}

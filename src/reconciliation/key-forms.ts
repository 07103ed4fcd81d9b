import { foldLine } from './fold-text.ts';

/** Fewer digits tie nothing together: every second text has a `12` in it. */
export const KEY_DIGITS_MIN = 4;
const KEY_LENGTH_MAX = 40;
const TAIL_DIGITS_MIN = 5;

/**
 * The forms under which a number may stand in somebody else's text, the fullest first: as one word
 * without separators and leading zeros (`INV-2026-00042` → `INV202600042`), with the zeros of each
 * part left out (`INV202642`), without the letters in front (`202600042`), and its last part alone
 * where that is long enough. Each also with `O`, `I`, `l` read as digits beside digits.
 */
export function keyFormsOf(written: string): readonly string[] {
  const folded = foldLine(written);
  const forms = new Set<string>();
  for (const text of new Set([folded, readConfusedDigits(folded)])) {
    const parts = splitParts(text);
    addForms(forms, parts);
    const firstNumber = parts.findIndex(isNumeric);
    if (firstNumber > 0) addForms(forms, parts.slice(firstNumber));
    const last = stripZeros(parts.at(-1) ?? '');
    if (parts.length > 1 && isNumeric(last) && last.length >= TAIL_DIGITS_MIN) addForm(forms, last);
  }
  return [...forms];
}

/** A whole reference in one piece: letters and digits without leading zeros. */
export function wholeKeyOf(written: string): string {
  return stripZeros(foldLine(written).replaceAll(' ', ''));
}

function addForms(forms: Set<string>, parts: readonly string[]): void {
  addForm(forms, stripZeros(parts.join('')));
  addForm(forms, parts.map((part) => (isNumeric(part) ? stripZeros(part) : part)).join(''));
}

function addForm(forms: Set<string>, form: string): void {
  if (form.length <= KEY_LENGTH_MAX && isKey(form)) forms.add(form);
}

/** Enough digits, and neither a year nor a calendar day: those stand in texts by themselves. */
export function isKey(form: string): boolean {
  let digits = 0;
  for (let place = 0; place < form.length; place += 1) {
    const code = form.charCodeAt(place);
    if (code >= 48 && code <= 57) digits += 1;
  }
  return digits >= KEY_DIGITS_MIN && !isDateLike(form);
}

const YEAR = /^(19|20)\d\d$/;
const YEAR_MONTH = /^20\d\d(0[1-9]|1[0-2])$/;
const YEAR_FIRST = /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/;
const YEAR_LAST = /^(0?[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(19|20)\d\d$/;

function isDateLike(form: string): boolean {
  const { length } = form;
  if (length === 4) return YEAR.test(form);
  if (length === 6) return YEAR_MONTH.test(form);
  if (length === 7 || length === 8) return YEAR_FIRST.test(form) || YEAR_LAST.test(form);
  return false;
}

/** Runs of letters and runs of digits: `INV2026 A7` has four. */
export function splitParts(folded: string): string[] {
  return folded.match(/\d+|[^\d ]+/g) ?? [];
}

function isNumeric(part: string): boolean {
  const code = part.charCodeAt(0);
  return code >= 48 && code <= 57;
}

export function stripZeros(text: string): string {
  let place = 0;
  while (place < text.length - 1 && text.charCodeAt(place) === 48) place += 1;
  return place === 0 ? text : text.slice(place);
}

/** `INV2O26` → `INV2026`, `1OO7l` → `10071`: only beside digits, so that words stay words. */
export function readConfusedDigits(folded: string): string {
  if (!/[OIL]/.test(folded)) return folded;
  return folded.replace(/(?<=\d)[OIL]+|[OIL]+(?=\d)/g, (run) =>
    run.replaceAll('O', '0').replace(/[IL]/g, '1'),
  );
}

/** ISO 11649: `RF`, two check digits, up to 21 letters and digits; modulo 97 is 1. */
export function isCreditorReference(text: string): boolean {
  if (!/^RF\d{2}[0-9A-Z]{1,21}$/.test(text)) return false;
  let rest = 0;
  for (const letter of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(letter, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

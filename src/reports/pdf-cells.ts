import type { Language } from '#core/languages.ts';
import type { ReportCell } from '#core/report-document.ts';
import {
  formatCount,
  formatDateTime,
  formatDay,
  formatMoney,
  isRightToLeft,
  stripControls,
} from '#i18n/format.ts';

/**
 * A text as the template takes it: plain, or with flags: `s` strong, `o` against the direction of
 * the page. The template makes no mark-up of it.
 */
export type PageText = string | { readonly text: string; readonly flags: string };

/** In which language and zone values are written. */
export interface CellStyle {
  readonly language: Language;
  readonly zone: string;
}

/** Writes one value for people; the direction of each text is decided here, letter by letter. */
export function writeCell(cell: ReportCell | null, style: CellStyle): PageText {
  if (cell === null) return '';
  switch (cell.kind) {
    case 'text':
      return directText(cell.text, style.language, cell.isStrong);
    case 'code':
      return leftToRight(cell.text, style.language);
    case 'money':
      return leftToRight(writeMoney(cell, style.language), style.language);
    case 'date':
      return directText(formatDay(style.language, cell.date), style.language);
    case 'moment':
      return directText(formatDateTime(style.language, cell.at, style.zone), style.language);
    case 'count':
      return leftToRight(formatCount(style.language, cell.count), style.language);
    case 'share':
      return leftToRight(writeShare(cell, style.language), style.language);
    case 'rate':
      return leftToRight(cell.rate, style.language);
  }
}

/** Letters of a page text without its flags. */
export function lettersOf(text: PageText): string {
  return typeof text === 'string' ? text : text.text;
}

/** The same text with other letters. */
export function withLetters(text: PageText, letters: string): PageText {
  return typeof text === 'string' ? letters : { ...text, text: letters };
}

/** A text of any origin: its letters decide its direction, not only the page. */
export function directText(text: string, language: Language, isStrong = false): PageText {
  const letters = cleanText(text).normalize('NFC');
  const isOpposite = isAgainst(letters, isRightToLeft(language));
  return flagged(letters, `${isStrong ? 's' : ''}${isOpposite ? 'o' : ''}`);
}

/** Isolates that our own sentences carry stay when each is closed; nothing else may reorder text. */
function cleanText(text: string): string {
  const blank = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
  let open = 0;
  for (const [mark] of blank.matchAll(/[\u2066-\u2069]/g)) {
    open += mark === POP_ISOLATE ? -1 : 1;
    if (open < 0) return stripControls(text);
  }
  if (open !== 0) return stripControls(text);
  return blank.replaceAll(/[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2065\ufeff]/g, '').trim();
}

const POP_ISOLATE = '\u2069';
const RIGHT_TO_LEFT_LETTER = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/**
 * On a page from right to left, a text without any letter of that direction runs against it; on a
 * page from left to right, a text that begins with one.
 */
function isAgainst(text: string, isPageRightToLeft: boolean): boolean {
  if (isPageRightToLeft) return /[\p{L}\p{N}]/u.test(text) && !RIGHT_TO_LEFT_LETTER.test(text);
  const outside = text.replaceAll(/[\u2066-\u2068][^\u2066-\u2069]*\u2069/g, '');
  const [letter] = /\p{L}/u.exec(outside) ?? /\p{L}/u.exec(text) ?? [];
  return letter !== undefined && RIGHT_TO_LEFT_LETTER.test(letter);
}

/** Amounts, numbers and references read from left to right in every language. */
function leftToRight(text: string, language: Language): PageText {
  return flagged(stripControls(text), isRightToLeft(language) ? 'o' : '');
}

function flagged(text: string, flags: string): PageText {
  return flags === '' ? text : { text, flags };
}

function writeMoney(
  { money, withCurrency }: Extract<ReportCell, { kind: 'money' }>,
  language: Language,
): string {
  const text = stripControls(formatMoney(language, money));
  // The code stands in front of the digits, after a sign; a column of one currency has it above.
  return withCurrency === true ? text : text.replace(`${money.currency}\u00a0`, '');
}

function writeShare(
  { share, decimals = 1 }: Extract<ReportCell, { kind: 'share' }>,
  language: Language,
): string {
  const comma = language === 'id' || language === 'vi' ? ',' : '.';
  const text = (share * 100).toFixed(decimals);
  return `${text.replace('-', '\u2212').replace('.', comma)}\u00a0%`;
}

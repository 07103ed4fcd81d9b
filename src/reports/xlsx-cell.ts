import type { CellStyle, CellValue } from 'hucre/xlsx';
import type { Instant, PlainDate } from '#core/dates.ts';
import { exponentOf, formatDecimal } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { ReportCell } from '#core/report-document.ts';
import { stripControls } from '#i18n/format.ts';

/** A value as a workbook holds it, with how it is shown. */
export interface SheetCell {
  readonly value: CellValue;
  readonly style: CellStyle;
}

/** A workbook keeps numbers as binary ones, which are exact up to so many digits. */
const EXACT_DIGITS = 15;
/** Excel's own limit for the text of a cell. */
const TEXT_LENGTH_MAX = 32_767;
/** What a program writes instead of a value; a bank's text that says so is still text. */
const ERROR_WORDS = /^#(?:VALUE!|REF!|N\/A|NAME\?|NULL!|DIV\/0!|NUM!|GETTING_DATA|SPILL!|CALC!)$/;
/** How a workbook writes characters that XML cannot hold; as plain text it would turn into one. */
const ESCAPE_WORDS = /_x([0-9A-Fa-f]{4})_/g;

const TEXT: CellStyle = { numFmt: '@' };
/** Text that looks like a number stands where numbers stand. */
const TEXT_AT_END: CellStyle = { numFmt: '@', alignment: { horizontal: 'right' } };
const DAY: CellStyle = { numFmt: 'yyyy-mm-dd' };
const MOMENT: CellStyle = { numFmt: 'yyyy-mm-dd hh:mm:ss' };
const COUNT: CellStyle = { numFmt: '#,##0' };
const CODE: CellStyle = { numFmt: '@', alignment: { readingOrder: 'ltr' } };

/**
 * Makes a cell. Numbers are numbers and days are days, so that people can count with them; text has
 * the format of text, so that `=1+1` from a bank's narrative stays what it is, also when somebody
 * edits the cell.
 */
export function toSheetCell(cell: ReportCell | null, zone: string): SheetCell {
  if (cell === null) return { value: null, style: TEXT };
  switch (cell.kind) {
    case 'text': {
      const style = cell.isStrong === true ? { ...TEXT, font: { bold: true } } : TEXT;
      return { value: safeText(cell.text), style };
    }
    case 'code':
      return { value: safeText(cell.text), style: CODE };
    case 'money':
      return moneyCell(cell.money, cell.withCurrency === true);
    case 'date':
      return { value: dateOf(cell.date), style: DAY };
    case 'moment':
      return { value: wallClock(cell.at, zone), style: MOMENT };
    case 'count':
      return { value: cell.count, style: COUNT };
    case 'share':
      return { value: cell.share, style: { numFmt: shareFormat(cell.decimals ?? 1) } };
    case 'rate':
      return rateCell(cell.rate);
  }
}

/** Text of foreign origin as a workbook can hold it. */
export function safeText(text: string): string {
  const plain = stripControls(text.toWellFormed()).replaceAll(ESCAPE_WORDS, '_x005F_x$1_');
  const cut = plain.length > TEXT_LENGTH_MAX ? `${plain.slice(0, TEXT_LENGTH_MAX - 1)}…` : plain;
  // A word joiner shows nothing, and keeps the writer from taking the word for an error value.
  return ERROR_WORDS.test(cut) ? `${cut}\u2060` : cut;
}

/** An amount with exactly its currency's decimals; one that a number cannot hold stays text. */
function moneyCell(money: Money, withCurrency: boolean): SheetCell {
  const text = formatDecimal(money);
  if (digitsOf(text) > EXACT_DIGITS) {
    return { value: withCurrency ? `${money.currency} ${text}` : text, style: TEXT_AT_END };
  }
  return { value: exactNumber(text), style: moneyStyle(money, withCurrency) };
}

const moneyStyles = new Map<string, CellStyle>();

/** One object for each currency: a table of amounts has hundreds of thousands. */
function moneyStyle({ currency }: Money, withCurrency: boolean): CellStyle {
  const key = `${currency} ${withCurrency}`;
  const known = moneyStyles.get(key);
  if (known) return known;
  const exponent = exponentOf(currency);
  const digits = exponent === 0 ? '#,##0' : `#,##0.${'0'.repeat(exponent)}`;
  const numFmt = withCurrency ? `"${currency}" ${digits};"${currency}" -${digits}` : digits;
  const style = { numFmt };
  moneyStyles.set(key, style);
  return style;
}

function rateCell(rate: string): SheetCell {
  if (digitsOf(rate) > EXACT_DIGITS) return { value: rate, style: TEXT_AT_END };
  const decimals = rate.split('.')[1]?.length ?? 0;
  return {
    value: exactNumber(rate),
    style: { numFmt: decimals === 0 ? '#,##0' : `#,##0.${'0'.repeat(decimals)}` },
  };
}

/** Decimal text of at most fifteen digits is the shortest text of exactly one number. */
function exactNumber(text: string): number {
  return Number(text);
}

function digitsOf(text: string): number {
  return text.replaceAll(/[-.]/g, '').replace(/^0+/, '').length;
}

function shareFormat(decimals: number): string {
  return decimals === 0 ? '0%' : `0.${'0'.repeat(decimals)}%`;
}

/** Days and moments in a workbook have no zone; what they show is what is stored. */
function dateOf(day: PlainDate): Date {
  return new Date(Date.UTC(day.year, day.month - 1, day.day));
}

function wallClock(at: Instant, zone: string): Date {
  const local = at.toZonedDateTimeISO(zone);
  const { year, month, day, hour, minute, second } = local;
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

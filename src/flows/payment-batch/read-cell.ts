import { parsePlainDate } from '#core/dates.ts';
import { isCashbellError } from '#core/errors.ts';
import { languages } from '#core/languages.ts';
import { exponentOf, formatDecimal, parseMoney } from '#core/money.ts';
import type { CurrencyCode } from '#core/money.ts';
import { paymentPurposes, paymentRails } from '#core/payments.ts';
import { translate } from '#i18n/messages.ts';
import { foldHeader } from './columns.ts';
import type { PaymentColumn } from './columns.ts';
import type { Cell, Trouble } from './table.ts';

export interface CellOptions {
  /** Absent: found out cell by cell; what can be read in two ways is refused. */
  readonly decimalMark?: '.' | ',' | undefined;
  /** Of the paying account; amounts of rows without a currency are in it. */
  readonly currency: CurrencyCode;
}

/** The cell in the form of the API, what is wrong with it, or nothing when it is empty. */
export function readCell(
  column: PaymentColumn,
  cell: Cell,
  options: CellOptions,
): string | Trouble | undefined {
  if (cell.trouble) return cell.trouble;
  if (cell.text === '') return undefined;
  switch (column) {
    case 'amount':
      return readAmount(cell, options);
    case 'currency':
      return (
        currencyNamed(cell.text) ?? {
          problem: 'is no currency that we know',
          fix: `write a code such as ${options.currency}`,
        }
      );
    case 'requestedExecutionDate':
      return readDay(cell.text);
    case 'purpose':
      return readWord(cell.text, paymentPurposes, purposeWords());
    case 'rail':
      return readWord(cell.text, paymentRails, railWords());
    case 'beneficiaryId':
    case 'creditorName':
    case 'creditorAccount':
    case 'creditorAgent':
    case 'remittanceInformation':
      return cell.text;
  }
}

/** A currency by its code, or undefined. */
export function currencyNamed(text: string): CurrencyCode | undefined {
  try {
    return parseMoney('0', text).currency;
  } catch {
    return undefined;
  }
}

/** Digits of Arabic, Persian and Thai writing, and their marks, as Western ones. */
function toWestern(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
    .replace(/[๐-๙]/g, (digit) => String(digit.charCodeAt(0) - 0xe50))
    .replaceAll('٫', '.')
    .replaceAll('٬', ',');
}

/**
 * Reads an amount as people of many countries write it, and refuses what could be two amounts:
 * `1.250` is a thousand more in Jakarta than in London.
 */
function readAmount(cell: Cell, options: CellOptions): string | Trouble {
  const { currency } = options;
  const plain = cell.isNumber ? cell.text : toPlain(toWestern(cell.text), options);
  if (typeof plain !== 'string') return plain;
  try {
    const amount = parseMoney(plain, currency);
    if (amount.amountMinorUnits > 0n) return formatDecimal(amount);
    return { problem: 'must be more than zero', fix: 'correct the amount, or delete the row' };
  } catch (error) {
    if (isCashbellError(error, 'money.tooManyDecimals')) {
      const decimals = exponentOf(currency);
      return { problem: `has more decimals than the ${decimals} of ${currency}`, fix: 'round it' };
    }
    if (isCashbellError(error)) return noAmount;
    throw error;
  }
}

const noAmount: Trouble = { problem: 'is no amount', fix: 'write only the number, as 1250000.50' };

function toPlain(text: string, { currency, decimalMark }: CellOptions): string | Trouble {
  const bare = text
    .replace(new RegExp(`^${currency}|${currency}$`, 'i'), '')
    .replace(/(?<=\d)[\s'’](?=\d{3}(?!\d))/g, '')
    .trim();
  if (/^-?\d+$/.test(bare)) return bare;
  if (!/^-?\d[\d.,]*$/.test(bare)) return noAmount;
  const mark = decimalMark ?? markOf(bare, exponentOf(currency));
  if (mark === 'either') {
    const [whole = ''] = bare.split(/[.,]/);
    const problem = `can be read in two ways: ${whole}.${bare.slice(-3)}, or ${whole}${bare.slice(-3)}`;
    return { problem, fix: 'write it without separators of thousands, or say the decimal mark' };
  }
  const group = mark === '.' ? ',' : '.';
  const [whole = '', ...fractions] = bare.split(mark);
  const isGrouped = new RegExp(`^-?\\d{1,3}(\\${group}\\d{3})+$`).test(whole);
  const isWhole = isGrouped || /^-?\d+$/.test(whole);
  if (!isWhole || fractions.length > 1 || !/^\d*$/.test(fractions[0] ?? '')) return noAmount;
  const digits = whole.replaceAll(group, '');
  return fractions[0] === undefined || fractions[0] === '' ? digits : `${digits}.${fractions[0]}`;
}

/** Which sign separates the decimals, by the shape of the number alone. */
function markOf(text: string, exponent: number): '.' | ',' | 'either' {
  const last = Math.max(text.lastIndexOf('.'), text.lastIndexOf(','));
  const mark = text[last] === ',' ? ',' : '.';
  const other = mark === '.' ? ',' : '.';
  if (text.includes(other)) return mark;
  // The same sign more than once can only separate thousands.
  if (text.indexOf(mark) !== last) return other;
  const isThree = text.length - last - 1 === 3;
  const isBelowOne = /^-?0[.,]/.test(text);
  if (!isThree || isBelowOne || (mark === '.' && exponent === 3)) return mark;
  return 'either';
}

const dayPatterns = [
  /^(\d{4})-(\d{1,2})-(\d{1,2})$/,
  /^(\d{4})[/.](\d{1,2})[/.](\d{1,2})$/,
  /^(\d{4})(\d{2})(\d{2})$/,
  /^(\d{4})年(\d{1,2})月(\d{1,2})日$/,
] as const;

/** Reads a day that begins with its year; which of two other numbers is the month nobody can tell. */
function readDay(text: string): string | Trouble {
  const western = toWestern(text);
  const parts = dayPatterns.map((pattern) => pattern.exec(western)).find((match) => match !== null);
  const fix = 'write it as 2026-11-23';
  if (!parts) return { problem: 'is no day that can be read in one way only', fix };
  const [, year = '', month = '', day = ''] = parts;
  try {
    return parsePlainDate(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`).toString();
  } catch (error) {
    if (!isCashbellError(error)) throw error;
    return { problem: 'is no day of the calendar', fix };
  }
}

type Words = ReadonlyMap<string, string>;

function readWord(text: string, codes: readonly string[], words: Words): string | Trouble {
  const found = words.get(foldHeader(text));
  if (found !== undefined) return found;
  return { problem: 'is none of the known ones', fix: `write one of ${codes.join(', ')}` };
}

let purposes: Words | undefined;
let rails: Words | undefined;

/** Our own code words and what our cards call them, in every language. */
function purposeWords(): Words {
  purposes ??= new Map(
    paymentPurposes.flatMap((code) => [
      [foldHeader(code), code] as const,
      ...languages.map(
        (tag) => [foldHeader(translate(tag, `payment.purpose.${code}`)), code] as const,
      ),
    ]),
  );
  return purposes;
}

function railWords(): Words {
  rails ??= new Map(
    paymentRails.flatMap((code) => [
      [foldHeader(code), code] as const,
      ...languages.map(
        (tag) => [foldHeader(translate(tag, `payment.rail.${code}`)), code] as const,
      ),
    ]),
  );
  return rails;
}

import { formatEpochDay, parseEpochDay } from '#core/epoch-day.ts';
import type { EpochDay } from '#core/epoch-day.ts';
import { westernDigits } from '#reconciliation/fold-text.ts';

/** How the numbers of a file are written. */
export type DecimalMark = '.' | ',';
export type DayOrder = 'dayFirst' | 'monthFirst';

const SHOWN_DECIMALS = /[.,](\d{1,2}|\d{4,9})$/;

/** Finds the decimal mark of a whole column: one clear amount decides for all. */
export function detectDecimalMark(amounts: Iterable<string>): DecimalMark {
  let commas = 0;
  let points = 0;
  for (const text of amounts) {
    const digits = cleanAmount(text);
    const [comma, point] = [digits.lastIndexOf(','), digits.lastIndexOf('.')];
    if (comma >= 0 && point >= 0) {
      if (comma > point) commas += 1;
      else points += 1;
    } else if (SHOWN_DECIMALS.test(digits)) {
      if (comma >= 0) commas += 1;
      else points += 1;
    } else if (digits.indexOf(',') !== comma) points += 1;
    else if (digits.indexOf('.') !== point) commas += 1;
  }
  return commas > points ? ',' : '.';
}

function cleanAmount(text: string): string {
  return westernDigits(text).replace(/[^\d.,]/g, '');
}

/**
 * Reads an amount as decimal text with its sign: `(1,234.50)`, `1.234,50-`, `Rp 1.234`, `1 234.50 CR`.
 * Nothing when there are no digits.
 */
export function readAmount(text: string, mark: DecimalMark): string | undefined {
  const western = westernDigits(text).trim();
  const digits = cleanAmount(western);
  if (!/\d/.test(digits)) return undefined;
  const isNegative = /^\(.*\)$|[-−–]/.test(western) || /\b(DR|DB)\.?$/i.test(western);
  const thousands = mark === '.' ? /,/g : /\./g;
  const [whole = '', fraction, ...more] = digits.replace(thousands, '').split(mark);
  if (more.length > 0) return undefined;
  const plain = fraction === undefined || fraction === '' ? whole : `${whole || '0'}.${fraction}`;
  return isNegative ? `-${plain}` : plain;
}

/** Finds whether days stand before months where both are digits. */
export function detectDayOrder(dates: Iterable<string>): DayOrder {
  for (const text of dates) {
    const parts = /^(\d{1,2})[./-](\d{1,2})[./-]\d{2,4}/.exec(westernDigits(text).trim());
    if (!parts) continue;
    if (Number(parts[1]) > 12) return 'dayFirst';
    if (Number(parts[2]) > 12) return 'monthFirst';
  }
  return 'dayFirst';
}

const BUDDHIST_YEARS = 543;
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
/** Indonesian and Malay months that begin otherwise. */
const OTHER_MONTHS: Readonly<Record<string, number>> = {
  mei: 5,
  agu: 8,
  ogo: 8,
  okt: 10,
  des: 12,
  dis: 12,
  mac: 3,
};

/** Reads a day in the ways that banks and ledgers write one; nothing when it is none. */
export function readDay(text: string, order: DayOrder): EpochDay | undefined {
  const western = westernDigits(text)
    .trim()
    .replace(/[年月]/g, '-')
    .replace(/日/g, '');
  const parts =
    readYearFirst(western) ?? readNamedMonth(western) ?? readYearLast(western, order) ?? undefined;
  if (!parts) return undefined;
  const year = parts.year > 2400 ? parts.year - BUDDHIST_YEARS : parts.year;
  const pad = (part: number, length: number): string => String(part).padStart(length, '0');
  try {
    const day = parseEpochDay(
      `${pad(year < 100 ? year + 2000 : year, 4)}-${pad(parts.month, 2)}-${pad(parts.day, 2)}`,
    );
    return formatEpochDay(day) === '' ? undefined : day;
  } catch {
    return undefined;
  }
}

interface DayParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

function readYearFirst(text: string): DayParts | undefined {
  const parts =
    /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:\D|$)/.exec(text) ??
    /^(\d{4})(\d{2})(\d{2})(?:\D|$)/.exec(text);
  return parts
    ? { year: Number(parts[1]), month: Number(parts[2]), day: Number(parts[3]) }
    : undefined;
}

function readNamedMonth(text: string): DayParts | undefined {
  const parts = /^(\d{1,2})[-/. ]*([a-z]{3})[a-z]*\.?[-/., ]*(\d{2,4})/i.exec(text);
  if (!parts) return undefined;
  const name = (parts[2] ?? '').toLowerCase();
  const month = OTHER_MONTHS[name] ?? MONTHS.indexOf(name) + 1;
  return month > 0 ? { year: Number(parts[3]), month, day: Number(parts[1]) } : undefined;
}

function readYearLast(text: string, order: DayOrder): DayParts | undefined {
  const parts = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{2,4})/.exec(text);
  if (!parts) return undefined;
  const [first, second, year] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  return order === 'dayFirst'
    ? { year, month: second, day: first }
    : { year, month: first, day: second };
}

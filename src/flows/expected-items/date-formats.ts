import { epochDayOf, formatEpochDay, parseEpochDay } from '#core/epoch-day.ts';
import { isCashbellError } from '#core/errors.ts';
import type { PlainDate } from '#core/dates.ts';
import { monthNamed } from './month-names.ts';
import { toWesternDigits } from './western-digits.ts';

/** Orders of day, month and year. A year of four digits in front is read the same under all. */
export const dateFormats = ['dd/MM/yyyy', 'MM/dd/yyyy', 'yyyy-MM-dd'] as const;
export type DateFormat = (typeof dateFormats)[number];

/** From which day a number of days counts that stands where a date should be. */
export const dayNumberings = ['excel1900', 'excel1904'] as const;
export type DayNumbering = (typeof dayNumberings)[number];

export interface DateContext {
  /** The day of the import: documents lie around it. */
  readonly today: PlainDate;
  /** The file is written in Thai, so that a year of two digits may be a Buddhist one. */
  readonly isThai: boolean;
}

/** Years around today that a document may have. A Buddhist year is 543 more and never among them. */
const YEARS_AROUND = 30;
/** Of two digits only so many: 69 is 2569 in Bangkok, and 2069 nowhere. */
const SHORT_YEARS_AROUND = 15;
const BUDDHIST_YEARS = 543;
const LENGTH_MAX = 40;

export type DayReading =
  | { readonly kind: 'day'; readonly day: string }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'implausible' }
  /** A moment with a zone: which day it is depends on where one stands. */
  | { readonly kind: 'zoned' };

const unreadable: DayReading = { kind: 'unreadable' };
const implausible: DayReading = { kind: 'implausible' };

/** The day that a text gives under a format, as `yyyy-MM-dd`, for weighing formats. */
export function dayUnder(
  text: string,
  format: DateFormat,
  context: DateContext,
): string | undefined {
  const reading = readDayText(text, format, context);
  return reading.kind === 'day' ? reading.day : undefined;
}

/** Reads one written date. Days that the calendar does not have are no days. */
export function readDayText(text: string, format: DateFormat, context: DateContext): DayReading {
  // No date is longer; and what tries many ways must not be given long texts.
  if (text.length > LENGTH_MAX) return unreadable;
  const plain = toWesternDigits(text).trim();
  if (/\d[T ]\d{1,2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$/i.test(plain)) return { kind: 'zoned' };
  const day = plain.replace(/[T ,]+\d{1,2}[:.]\d{2}([:.]\d{2}([.,]\d+)?)?( ?[ap]m)?$/i, '').trim();
  const parts = named(day) ?? compact(day, format, context) ?? separated(day, format);
  return parts ? toDay(parts, context) : unreadable;
}

interface Parts {
  readonly year: string;
  readonly month: number;
  readonly day: number;
}

function named(text: string): Parts | undefined {
  const chinese = /^(\d{2,4})年(\d{1,2})月(\d{1,2})[日号]?$/.exec(text);
  if (chinese) return partsOf(chinese[1], chinese[2], chinese[3]);
  const vietnamese = /^(?:ngày )?(\d{1,2}) tháng (\d{1,2})(?:,? năm|,) (\d{4})$/i.exec(text);
  if (vietnamese) return partsOf(vietnamese[3], vietnamese[2], vietnamese[1]);
  const dayFirst = /^(\d{1,2})(?:st|nd|rd|th)?[\s\-/.,]*(\D+?)[\s\-/.,]*(\d{4}|\d{2})$/i.exec(text);
  if (dayFirst) return withMonth(dayFirst[3], dayFirst[2], dayFirst[1]);
  const monthFirst = /^(\D+?)[\s\-/.]*(\d{1,2})(?:st|nd|rd|th)?[\s,\-/.]+(\d{4})$/i.exec(text);
  if (monthFirst) return withMonth(monthFirst[3], monthFirst[1], monthFirst[2]);
  const yearFirst = /^(\d{4})[\s\-/.]*(\D+?)[\s\-/.]*(\d{1,2})$/.exec(text);
  return yearFirst ? withMonth(yearFirst[1], yearFirst[2], yearFirst[3]) : undefined;
}

function withMonth(
  year: string | undefined,
  name: string | undefined,
  day: string | undefined,
): Parts | undefined {
  const month = monthNamed(name ?? '');
  return month === undefined ? undefined : partsOf(year, String(month), day);
}

function partsOf(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
): Parts {
  return { year: year ?? '', month: Number(month), day: Number(day) };
}

/** Eight digits without anything between: the order decides, and years far away decide against it. */
function compact(text: string, format: DateFormat, context: DateContext): Parts | undefined {
  if (!/^\d{8}$/.test(text)) return undefined;
  const [a, b, c] =
    format === 'yyyy-MM-dd'
      ? [text.slice(0, 4), text.slice(4, 6), text.slice(6)]
      : [text.slice(4), text.slice(2, 4), text.slice(0, 2)];
  const parts = format === 'MM/dd/yyyy' ? partsOf(a, c, b) : partsOf(a, b, c);
  return toDay(parts, context).kind === 'day' ? parts : undefined;
}

function separated(text: string, format: DateFormat): Parts | undefined {
  const match = /^(\d{1,4})([/.\-\s])\s?(\d{1,2})\2\s?(\d{1,4})\.?$/.exec(text);
  if (!match) return undefined;
  const [, first = '', , second = '', third = ''] = match;
  if (first.length === 4) return third.length <= 2 ? partsOf(first, second, third) : undefined;
  if (first.length === 3 || third.length === 3 || third.length === 1) {
    if (format !== 'yyyy-MM-dd' || first.length !== 2) return undefined;
  }
  if (format === 'yyyy-MM-dd') {
    return first.length === 2 && third.length <= 2 ? partsOf(first, second, third) : undefined;
  }
  return format === 'dd/MM/yyyy' ? partsOf(third, second, first) : partsOf(third, first, second);
}

function toDay({ year, month, day }: Parts, context: DateContext): DayReading {
  const full = year.length === 4 ? fullYear(Number(year), context) : shortYear(year, context);
  if (month < 1 || month > 12 || day < 1 || day > 31) return unreadable;
  if (full === undefined) return implausible;
  const text = `${full}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  try {
    return { kind: 'day', day: formatEpochDay(parseEpochDay(text)) };
  } catch (error) {
    if (isCashbellError(error)) return unreadable;
    throw error;
  }
}

function fullYear(year: number, { today }: DateContext): number | undefined {
  const isNear = (one: number): boolean => Math.abs(one - today.year) <= YEARS_AROUND;
  if (isNear(year)) return year;
  return isNear(year - BUDDHIST_YEARS) ? year - BUDDHIST_YEARS : undefined;
}

function shortYear(text: string, { today, isThai }: DateContext): number | undefined {
  if (text.length !== 2) return undefined;
  const isNear = (one: number): boolean => Math.abs(one - today.year) <= SHORT_YEARS_AROUND;
  const common = 2000 + Number(text);
  if (isNear(common)) return common;
  const buddhist = 2500 + Number(text) - BUDDHIST_YEARS;
  return isThai && isNear(buddhist) ? buddhist : undefined;
}

/** Whether a text is a number of days, as a workbook keeps its dates. */
export function isDayNumber(text: string): boolean {
  return /^[2-6]\d{4}(\.0+)?$/.test(toWesternDigits(text).trim());
}

/** 1899-12-30 and 1904-01-01 as days since 1970-01-01. */
const zeroDays: Readonly<Record<DayNumbering, number>> = { excel1900: -25_569, excel1904: -24_107 };

/** The day that a number of days gives, where it lies near today. */
export function dayOfNumber(
  text: string,
  numbering: DayNumbering,
  { today }: DateContext,
): string | undefined {
  if (!isDayNumber(text)) return undefined;
  const day = Math.trunc(Number(toWesternDigits(text).trim())) + zeroDays[numbering];
  const isNear = Math.abs(day - epochDayOf(today)) <= YEARS_AROUND * 365;
  return isNear ? formatEpochDay(day) : undefined;
}

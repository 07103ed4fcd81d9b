import { Temporal } from 'temporal-polyfill';
import type { PlainDate } from './dates.ts';
import { CashbellError } from './errors.ts';

/** Days since 1970-01-01: what is left of a date where a million of them are compared. */
export type EpochDay = number;

const MS_PER_DAY = 86_400_000;
const EPOCH = Temporal.PlainDate.from('1970-01-01');

export function epochDayOf(date: PlainDate): EpochDay {
  return EPOCH.until(date, { largestUnit: 'day' }).days;
}

export function dateOfEpochDay(day: EpochDay): PlainDate {
  return EPOCH.add({ days: day });
}

/** Reads `yyyy-MM-dd` straight into days; refuses days that do not exist. */
export function parseEpochDay(text: string): EpochDay {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!parts) throw new CashbellError('date.dayInvalid', { text: text.slice(0, 40) });
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
    throw new CashbellError('date.dayInvalid', { text });
  }
  return daysBeforeYear(year) + daysBeforeMonth(year, month) + day - 1;
}

/** Writes `yyyy-MM-dd`. */
export function formatEpochDay(day: EpochDay): string {
  return Temporal.Instant.fromEpochMilliseconds(day * MS_PER_DAY)
    .toString()
    .slice(0, 10);
}

const MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS_TO_1970 = 719_162;

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (MONTHS[month - 1] ?? 0);
}

function daysBeforeYear(year: number): number {
  const past = year - 1;
  const leaps = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  return past * 365 + leaps - DAYS_TO_1970;
}

function daysBeforeMonth(year: number, month: number): number {
  let days = 0;
  for (let each = 1; each < month; each += 1) days += daysInMonth(year, each);
  return days;
}

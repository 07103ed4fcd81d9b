import { Temporal } from 'temporal-polyfill';
import { CashbellError } from './errors.ts';

/** A moment on the world's clock. */
export type Instant = Temporal.Instant;
/** A calendar day without zone: a booking date is the bank's local day. */
export type PlainDate = Temporal.PlainDate;

const YEAR_MIN = 1990;
const YEAR_MAX = 2200;

const LENIENT_INSTANT =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(Z|[+-]\d{2}:?\d{2})0?$/i;

/** Makes an instant from milliseconds since 1970. */
export function instantFromMs(epochMs: number): Instant {
  return Temporal.Instant.fromEpochMilliseconds(epochMs);
}

/**
 * Reads a time stamp with an offset. Banks write `+0700`, `+07:00` and even `+07:000` (BCA's RTGS
 * notification, banks-snap-hk.md A13); all three mean the same. Without an offset it is refused,
 * because the moment would be a guess.
 */
export function parseInstant(text: string): Instant {
  const parts = LENIENT_INSTANT.exec(text.trim());
  if (!parts) throw new CashbellError('date.instantInvalid', { text: text.slice(0, 40) });
  const [, day = '', time = '', zone = ''] = parts;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  try {
    const instant = Temporal.Instant.from(`${day}T${time}${offset}`);
    assertPlausibleYear(Number(day.slice(0, 4)), text);
    return instant;
  } catch (cause) {
    if (cause instanceof CashbellError) throw cause;
    throw new CashbellError('date.instantInvalid', { text: text.slice(0, 40) }, { cause });
  }
}

/** Reads `yyyy-MM-dd`. A Buddhist year (2569) or a two-digit one is refused (ask 86). */
export function parsePlainDate(text: string): PlainDate {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    throw new CashbellError('date.dayInvalid', { text: text.slice(0, 40) });
  }
  try {
    const day = Temporal.PlainDate.from(text, { overflow: 'reject' });
    assertPlausibleYear(day.year, text);
    return day;
  } catch (cause) {
    if (cause instanceof CashbellError) throw cause;
    throw new CashbellError('date.dayInvalid', { text: text.slice(0, 40) }, { cause });
  }
}

function assertPlausibleYear(year: number, text: string): void {
  if (year < YEAR_MIN || year > YEAR_MAX) {
    throw new CashbellError('date.yearImplausible', { text: text.slice(0, 40) });
  }
}

/** The calendar day of a moment in a zone such as `Asia/Jakarta`. */
export function dayIn(instant: Instant, zone: string): PlainDate {
  return instant.toZonedDateTimeISO(zone).toPlainDate();
}

/** Midnight at the start of a day in a zone. */
export function startOfDay(day: PlainDate, zone: string): Instant {
  return day.toZonedDateTime({ timeZone: zone }).toInstant();
}

/** Hour and minute of a moment in a zone, as minutes since midnight. */
export function minuteOfDay(instant: Instant, zone: string): number {
  const time = instant.toZonedDateTimeISO(zone);
  return time.hour * 60 + time.minute;
}

/** Weekday of a moment in a zone: 1 Monday … 7 Sunday. */
export function weekdayIn(instant: Instant, zone: string): number {
  return instant.toZonedDateTimeISO(zone).dayOfWeek;
}

/** Local time with numeric offset, 25 characters, or 29 with milliseconds (A7.5). */
export function formatWithOffset(
  instant: Instant,
  zone: string,
  precision: 'second' | 'millisecond' = 'second',
): string {
  const digits = precision === 'second' ? 0 : 3;
  return instant
    .toZonedDateTimeISO(zone)
    .toString({ timeZoneName: 'never', fractionalSecondDigits: digits });
}

export function addMs(instant: Instant, milliseconds: number): Instant {
  return instant.add({ milliseconds });
}

/** Milliseconds from `earlier` to `later`; negative when they are the other way round. */
export function msBetween(earlier: Instant, later: Instant): number {
  return later.epochMilliseconds - earlier.epochMilliseconds;
}

/** Whether a zone name is known to this machine. */
export function isTimeZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}

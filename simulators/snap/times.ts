/**
 * Times as Indonesian banks write them: ISO 8601 in WIB (UTC+7, no summer time), see A1 and A7.5.
 */
const WIB_OFFSET_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;

/** `yyyy-MM-ddTHH:mm:ss+07:00`, 25 characters: the standard, BCA and BNI. */
export const SECONDS_FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}$/;
/** The same with the only offset that BCA's fixed length and samples leave (A13). */
export const WIB_SECONDS_FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+07:00$/;
/** With milliseconds and any zone designator: BRI (A14). */
export const MILLIS_FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}(?:Z|[+-]\d{2}:\d{2})$/;
/** BRI's token service and statement range, whose own samples leave the milliseconds out. */
export const MILLIS_OR_SECONDS_FORM =
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?(?:Z|[+-]\d{2}:\d{2})$/;

/** Prints the moment with seconds, such as `2025-06-30T10:15:30+07:00`. */
export function wibSeconds(at: Date): string {
  return `${wibClock(at).slice(0, 19)}+07:00`;
}

/** Prints the moment with milliseconds, such as `2025-06-30T10:15:30.250+07:00`. */
export function wibMillis(at: Date): string {
  return `${wibClock(at).slice(0, 23)}+07:00`;
}

/** The calendar day in WIB, such as `2025-06-30`. */
export function wibDay(at: Date): string {
  return wibClock(at).slice(0, 10);
}

/** Midnight of the day in WIB, printed in 25 characters. */
export function wibMidnight(at: Date): string {
  return `${wibDay(at)}T00:00:00+07:00`;
}

/** The moment at which the moment's WIB day began. */
export function startOfWibDay(at: Date): Date {
  return new Date(wibMidnight(at));
}

/** The digits `yyyyMMddHHmmssSSS` in WIB, of which callers cut what they need. */
export function wibDigits(at: Date): string {
  return wibClock(at).slice(0, 23).replaceAll(/\D/g, '');
}

/** The moment so many days later or earlier. */
export function plusDays(at: Date, days: number): Date {
  return new Date(at.getTime() + days * DAY_MS);
}

/** 0 is Sunday, 6 is Saturday, in WIB. */
export function wibWeekday(at: Date): number {
  return new Date(at.getTime() + WIB_OFFSET_MS).getUTCDay();
}

/** Reads a moment in one of the forms above; undefined for another form or an impossible date. */
export function parseMoment(text: string, form: RegExp): Date | undefined {
  if (!form.test(text)) return undefined;
  const at = new Date(text);
  // `Date` turns 30 February into 2 March; the bank refuses it.
  const offset = /[+-]\d{2}:\d{2}$/.exec(text)?.[0] ?? '+00:00';
  const sign = offset.startsWith('-') ? -1 : 1;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6));
  if (Number.isNaN(at.getTime())) return undefined;
  const local = new Date(at.getTime() + sign * minutes * 60_000).toISOString();
  return local.slice(0, 10) === text.slice(0, 10) ? at : undefined;
}

function wibClock(at: Date): string {
  return new Date(at.getTime() + WIB_OFFSET_MS).toISOString();
}

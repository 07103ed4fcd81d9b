import type { Pool } from 'pg';
import { CLOSED_DAYS_MAX, nextOpening, rollDay, weekendOf } from '#core/bank-calendar.ts';
import type { IsBankDay } from '#core/bank-calendar.ts';
import { dayIn, parsePlainDate } from '#core/dates.ts';
import type { PlainDate } from '#core/dates.ts';
import { loadBankHolidays } from '#store/bank-holidays.ts';
import type { BankHoliday } from '#store/bank-holidays.ts';
import type { BankCalendar } from './payment-deps.ts';

/** Whose banks, by whose words. */
export interface CalendarPlace {
  readonly orgId: string;
  readonly country: string;
}

/** A day on which the rule of the country or the organisation says something special. */
export interface SpecialDay {
  readonly day: PlainDate;
  readonly isOpen: boolean;
  readonly name: string;
  /** `organisation`: its own word, which is stronger than the built-in calendar. */
  readonly source: 'calendar' | 'organisation';
}

/** What a reader of our built-in calendar of a country must know. */
export type CalendarWarning = 'noData' | 'makeUpDays' | 'estimates';

/** Business days of banks, beside their hours. */
export interface BusinessCalendar extends BankCalendar {
  /** Whether banks do business, for days at most so far from this one as a closure may last. */
  daysAround(place: CalendarPlace, day: PlainDate): Promise<IsBankDay>;
  specialDays(place: CalendarPlace, year: number): Promise<SpecialDay[]>;
}

/** An organisation's words are read again after this; a change takes so long to be obeyed. */
const WORDS_FRESH_MS = 30_000;

export function createBankCalendar(options: {
  readonly pool: Pool;
  readonly nowMs: () => number;
}): BusinessCalendar {
  const { pool, nowMs } = options;
  const words = new Map<
    string,
    { readonly loading: Promise<BankHoliday[]>; readonly at: number }
  >();

  const wordsOf = (place: CalendarPlace, year: number): Promise<BankHoliday[]> => {
    const key = `${place.orgId}/${place.country}/${year}`;
    const known = words.get(key);
    if (known && nowMs() - known.at < WORDS_FRESH_MS) return known.loading;
    const loading = loadBankHolidays(pool, { ...place, ...boundsOf(year) });
    words.set(key, { loading, at: nowMs() });
    // A failure is not an answer to keep.
    loading.catch(() => words.delete(key));
    return loading;
  };

  const daysAround = async (place: CalendarPlace, around: PlainDate): Promise<IsBankDay> => {
    const own = new Map<string, boolean>();
    const closed = new Set<string>();
    const lastYear = around.add({ days: CLOSED_DAYS_MAX + 1 }).year;
    let { year } = around.subtract({ days: CLOSED_DAYS_MAX + 1 });
    for (; year <= lastYear; year += 1) {
      for (const { day, isOpen } of await wordsOf(place, year)) own.set(day.toString(), isOpen);
      for (const day of (await holidaysOf(place.country, year)).keys()) closed.add(day);
    }
    const weekend = weekendOf(place.country);
    return (day) => {
      const text = day.toString();
      return own.get(text) ?? (!weekend.includes(day.dayOfWeek) && !closed.has(text));
    };
  };

  return {
    daysAround,
    roll: async (place, day, roll) => rollDay(day, roll, await daysAround(place, day)),
    opensAt: async (place, rail, at) => {
      const { hours, isBusinessDaysOnly } = rail;
      if (!hours && !isBusinessDaysOnly) return undefined;
      const today = dayIn(at, place.zone);
      const isBankDay = isBusinessDaysOnly ? await daysAround(place, today) : everyDay;
      const opening = nextOpening(at, place.zone, { hours, isBankDay });
      return opening.epochMilliseconds > at.epochMilliseconds ? opening : undefined;
    },
    specialDays: async (place, year) => {
      const days = new Map<string, SpecialDay>();
      for (const [text, name] of await holidaysOf(place.country, year)) {
        const day = parsePlainDate(text);
        if (day.year === year) days.set(text, { day, isOpen: false, name, source: 'calendar' });
      }
      for (const { day, isOpen, name } of await wordsOf(place, year)) {
        days.set(day.toString(), { day, isOpen, name, source: 'organisation' });
      }
      return [...days.values()].toSorted((left, right) =>
        left.day.toString().localeCompare(right.day.toString()),
      );
    },
  };
}

function everyDay(): boolean {
  return true;
}

function boundsOf(year: number): { readonly from: PlainDate; readonly to: PlainDate } {
  return { from: parsePlainDate(`${year}-01-01`), to: parsePlainDate(`${year}-12-31`) };
}

/** Listed as public holidays, yet banks are open: in China, days of women, youth, children, army. */
const BANKS_OPEN: Readonly<Record<string, readonly string[]>> = {
  CN: ['03-08', '05-04', '06-01', '08-01'],
};

type DaysByName = ReadonlyMap<string, string>;
const holidaysByYear = new Map<string, Promise<DaysByName>>();

/**
 * The built-in holidays of a country by day, from `date-holidays`: what governments decree by the
 * moon is an estimate there, and nothing is known of some countries.
 */
function holidaysOf(country: string, year: number): Promise<DaysByName> {
  const key = `${country}/${year}`;
  let known = holidaysByYear.get(key);
  if (!known) {
    known = computeHolidays(country, year);
    holidaysByYear.set(key, known);
  }
  return known;
}

async function computeHolidays(country: string, year: number): Promise<DaysByName> {
  // Its data weighs 50 MB in memory and takes a tenth of a second: only who needs it pays for it.
  const { default: Holidays } = await import('date-holidays');
  const days = new Map<string, string>();
  const calendar = new Holidays(country, { types: ['public', 'bank'] });
  if (!isCovered(calendar.getCountries(), country)) return days;
  for (const { date, start, end, name } of calendar.getHolidays(year)) {
    const length = Math.round((end.getTime() - start.getTime()) / 86_400_000);
    // Half days say `12:00:00` or `14:00:00`: banks open in the morning.
    if (!date.includes(' 00:00:00') || length < 1) continue;
    const first = parsePlainDate(date.slice(0, 10));
    for (let offset = 0; offset < length; offset += 1) {
      days.set(first.add({ days: offset }).toString(), name);
    }
  }
  for (const monthDay of BANKS_OPEN[country] ?? []) days.delete(`${year}-${monthDay}`);
  return days;
}

function isCovered(countries: object, country: string): boolean {
  return Object.hasOwn(countries, country);
}

/** What to tell people who rely on our calendar of a country; absent where nothing is special. */
export async function calendarWarning(country: string): Promise<CalendarWarning | undefined> {
  if (country === 'CN') return 'makeUpDays';
  const { default: Holidays } = await import('date-holidays');
  if (!isCovered(new Holidays().getCountries(), country)) return 'noData';
  return estimated.has(country) ? 'estimates' : undefined;
}

/** Countries whose holidays follow the moon or are decreed from year to year. */
const estimated: ReadonlySet<string> = new Set([
  'AE',
  'BD',
  'BH',
  'BN',
  'EG',
  'HK',
  'ID',
  'IN',
  'JO',
  'KH',
  'LA',
  'LK',
  'MM',
  'MY',
  'PH',
  'PK',
  'SA',
  'SG',
  'TH',
  'TR',
  'TW',
  'VN',
]);

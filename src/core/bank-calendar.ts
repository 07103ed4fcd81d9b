import { dayIn } from './dates.ts';
import type { Instant, PlainDate } from './dates.ts';
import { CashbellError } from './errors.ts';

/**
 * Where a day on which banks are closed moves to. `modifiedFollowing`: the next open day, unless
 * that lies in another month; then the one before.
 */
export const rolls = ['following', 'preceding', 'modifiedFollowing'] as const;
export type Roll = (typeof rolls)[number];

/** Whether banks do business on a day. */
export type IsBankDay = (day: PlainDate) => boolean;

/** Hours of a bank's day in which it takes something, in minutes since midnight. */
export interface BankHours {
  readonly fromMinute: number;
  /** The first minute in which it is closed again; not more than `fromMinute`: past midnight. */
  readonly toMinute: number;
}

/** The longest closure of banks that is believed; more is a mistake in somebody's calendar. */
export const CLOSED_DAYS_MAX = 60;
const MINUTES_OF_DAY = 1_440;

const SATURDAY = 6;
const SUNDAY = 7;
const FRIDAY = 5;

/** Countries whose banks rest on Friday and Saturday. The United Arab Emirates left them in 2022. */
const restingOnFriday: ReadonlySet<string> = new Set([
  'BD',
  'BH',
  'DZ',
  'EG',
  'IL',
  'IQ',
  'JO',
  'KW',
  'LY',
  'OM',
  'QA',
  'SA',
  'SD',
  'SY',
  'YE',
]);
const OF_FRIDAY: readonly number[] = [FRIDAY, SATURDAY];
const OF_SUNDAY: readonly number[] = [SATURDAY, SUNDAY];

/** Weekdays on which the banks of a country rest: 1 Monday … 7 Sunday. */
export function weekendOf(country: string): readonly number[] {
  return restingOnFriday.has(country) ? OF_FRIDAY : OF_SUNDAY;
}

/** The day itself when banks are open, else where it rolls to. */
export function rollDay(day: PlainDate, roll: Roll, isBankDay: IsBankDay): PlainDate {
  switch (roll) {
    case 'following':
      return search(day, 1, isBankDay);
    case 'preceding':
      return search(day, -1, isBankDay);
    case 'modifiedFollowing': {
      const next = search(day, 1, isBankDay);
      const isSameMonth = next.year === day.year && next.month === day.month;
      return isSameMonth ? next : search(day, -1, isBankDay);
    }
  }
}

function search(from: PlainDate, step: 1 | -1, isBankDay: IsBankDay): PlainDate {
  for (let days = 0; days <= CLOSED_DAYS_MAX; days += 1) {
    const day = from.add({ days: days * step });
    if (isBankDay(day)) return day;
  }
  throw neverOpen(from);
}

function neverOpen(day: PlainDate): CashbellError {
  const problem = `no bank day within ${CLOSED_DAYS_MAX} days of ${day.toString()}`;
  return new CashbellError('config.invalid', { field: 'bank holidays', problem });
}

/**
 * When a bank takes something at the earliest, at the moment itself or later. Hours that go past
 * midnight are looked at day by day: what is taken after midnight needs an open day of its own.
 */
export function nextOpening(
  at: Instant,
  zone: string,
  rules: { readonly hours?: BankHours | undefined; readonly isBankDay: IsBankDay },
): Instant {
  const today = dayIn(at, zone);
  for (let days = 0; days <= CLOSED_DAYS_MAX; days += 1) {
    const day = today.add({ days });
    if (!rules.isBankDay(day)) continue;
    for (const window of windowsOf(rules.hours)) {
      const until = minuteOn(day, window.toMinute, zone);
      if (at.epochMilliseconds >= until.epochMilliseconds) continue;
      const from = minuteOn(day, window.fromMinute, zone);
      return from.epochMilliseconds > at.epochMilliseconds ? from : at;
    }
  }
  throw neverOpen(today);
}

function windowsOf(hours: BankHours | undefined): readonly BankHours[] {
  if (!hours) return [{ fromMinute: 0, toMinute: MINUTES_OF_DAY }];
  const { fromMinute, toMinute } = hours;
  if (fromMinute < toMinute) return [hours];
  return [
    { fromMinute: 0, toMinute },
    { fromMinute, toMinute: MINUTES_OF_DAY },
  ];
}

/** A minute of a day by the clock on the bank's wall; 1440 is the midnight at its end. */
function minuteOn(day: PlainDate, minute: number, zone: string): Instant {
  const date = minute === MINUTES_OF_DAY ? day.add({ days: 1 }) : day;
  const ofDay = minute % MINUTES_OF_DAY;
  const digits = (value: number): string => String(value).padStart(2, '0');
  const plainTime = `${digits(Math.floor(ofDay / 60))}:${digits(ofDay % 60)}`;
  return date.toZonedDateTime({ timeZone: zone, plainTime }).toInstant();
}

import { rollDay } from './bank-calendar.ts';
import type { IsBankDay } from './bank-calendar.ts';
import { dayIn } from './dates.ts';
import type { Instant, PlainDate } from './dates.ts';
import { CashbellError } from './errors.ts';
import { occurrencesAfter } from './recurrence.ts';

/** When something is due again: days of a rule at a time of day, in a zone. */
export interface DueTimes {
  /** RFC 5545, as `parseRule` accepts it. */
  readonly rule: string;
  readonly startsOn: PlainDate;
  /** `HH:mm`. */
  readonly at: string;
  readonly zone: string;
}

/** A day moves at most so far when banks are closed; from so long ago one may still be to come. */
const MOVED_DAYS_MAX = 61;
/** More closed occurrences in a row are no rule that anybody meant. */
const TRIES_MAX = 500;

/** Accepts a time of day such as 08:30. */
export function parseTimeOfDay(text: string): string {
  const time = text.trim();
  if (/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) return time;
  throw new CashbellError('api.invalid', {
    field: 'at',
    problem: 'must be a time of day such as 08:30',
  });
}

/**
 * The first moment after another. Where banks count, an occurrence on a closed day is due on the next
 * open one, and several that fall together are due once. Undefined when the rule has come to its end.
 */
export function nextDue(
  times: DueTimes,
  after: Instant,
  isBankDay: IsBankDay | undefined,
): Instant | undefined {
  const { rule, startsOn, zone } = times;
  let from = dayIn(after, zone).subtract({ days: MOVED_DAYS_MAX });
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const [day] = occurrencesAfter({ rule, firstDate: startsOn }, from, 1);
    if (!day) return undefined;
    const open = isBankDay ? rollDay(day, 'following', isBankDay) : day;
    const due = open.toZonedDateTime({ timeZone: zone, plainTime: times.at }).toInstant();
    if (due.epochMilliseconds > after.epochMilliseconds) return due;
    from = day;
  }
  return undefined;
}

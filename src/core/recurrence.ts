import { RRuleTemporal } from 'rrule-temporal';
import { parsePlainDate } from './dates.ts';
import type { PlainDate } from './dates.ts';
import { CashbellError } from './errors.ts';

/** Days that come again by a rule of RFC 5545, such as `FREQ=MONTHLY;BYMONTHDAY=-1`. */
export interface Recurrence {
  readonly rule: string;
  /** The rule counts from this day on; it is an occurrence only when the rule says so. */
  readonly firstDate: PlainDate;
  /** No occurrence after it. */
  readonly lastDate?: PlainDate | undefined;
}

const weekdays = 'MO|TU|WE|TH|FR|SA|SU';

/** Parts that make sense for days, and what they may say. Hours and other calendars do not. */
const parts: Readonly<Record<string, RegExp>> = {
  FREQ: /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/,
  INTERVAL: /^([1-9]|[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])$/,
  COUNT: /^[1-9]\d{0,3}$/,
  UNTIL: /^\d{8}$/,
  BYDAY: new RegExp(`^([+-]?[1-5])?(${weekdays})(,([+-]?[1-5])?(${weekdays}))*$`),
  BYMONTHDAY: /^-?([1-9]|[12]\d|3[01])(,-?([1-9]|[12]\d|3[01]))*$/,
  BYMONTH: /^([1-9]|1[0-2])(,([1-9]|1[0-2]))*$/,
  BYSETPOS: /^-?([1-9]|[1-9]\d)(,-?([1-9]|[1-9]\d))*$/,
  WKST: new RegExp(`^(${weekdays})$`),
};

/**
 * Accepts a rule word by word: what a library would pass over in silence, such as a 45th day of the
 * month, would pay on days that nobody meant. Gives it back in capitals without its prefix.
 */
export function parseRule(text: string): string {
  const rule = text
    .trim()
    .toUpperCase()
    .replace(/^RRULE:/, '');
  const seen = new Map<string, string>();
  for (const part of rule.split(';')) {
    const [name = '', value = '', ...rest] = part.split('=');
    const pattern = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (!pattern) throw invalidRule(`"${part.slice(0, 40)}" is no part of a rule for days`);
    if (seen.has(name)) throw invalidRule(`${name} stands there twice`);
    if (rest.length > 0 || !pattern.test(value)) {
      throw invalidRule(`${name} cannot be "${value.slice(0, 40)}"`);
    }
    seen.set(name, value);
  }
  checkTogether(seen);
  return rule;
}

function checkTogether(seen: ReadonlyMap<string, string>): void {
  const frequency = seen.get('FREQ');
  if (frequency === undefined) throw invalidRule('FREQ is missing');
  if (seen.has('COUNT') && seen.has('UNTIL')) throw invalidRule('give COUNT or UNTIL, not both');
  const until = seen.get('UNTIL');
  if (until !== undefined) {
    parsePlainDate(`${until.slice(0, 4)}-${until.slice(4, 6)}-${until.slice(6)}`);
  }
  const isNumbered = /\d/.test(seen.get('BYDAY') ?? '');
  if (isNumbered && frequency !== 'MONTHLY' && frequency !== 'YEARLY') {
    throw invalidRule('a numbered weekday needs FREQ=MONTHLY or YEARLY');
  }
  if (seen.has('BYMONTHDAY') && frequency === 'WEEKLY') {
    throw invalidRule('BYMONTHDAY does not go with FREQ=WEEKLY');
  }
  const hasDays = seen.has('BYDAY') || seen.has('BYMONTHDAY') || seen.has('BYMONTH');
  if (seen.has('BYSETPOS') && !hasDays) throw invalidRule('BYSETPOS needs days to choose from');
}

function invalidRule(problem: string): CashbellError {
  return new CashbellError('api.invalid', { field: 'rule', problem });
}

/** The first occurrences after a day, or from the very first one on; fewer when the rule ends. */
export function occurrencesAfter(
  { rule, firstDate, lastDate }: Recurrence,
  after: PlainDate | undefined,
  countMax: number,
): PlainDate[] {
  const compact = firstDate.toString().replaceAll('-', '');
  const days: PlainDate[] = [];
  const from = after && after.since(firstDate).days >= 0 ? after : firstDate.subtract({ days: 1 });
  let at = from.toZonedDateTime('UTC');
  try {
    const rules = new RRuleTemporal({
      rruleString: `DTSTART;TZID=UTC:${compact}T000000\nRRULE:${rule}`,
    });
    while (days.length < countMax) {
      const next = rules.next(at);
      if (!next || next.year > YEAR_MAX) return days;
      const day = parsePlainDate(next.toPlainDate().toString());
      if (lastDate && day.since(lastDate).days > 0) return days;
      days.push(day);
      at = day.toZonedDateTime('UTC');
    }
    return days;
  } catch (error) {
    // The library gives up after ten thousand periods without a day: there is none to come.
    if (error instanceof Error && error.message.startsWith('Maximum')) return days;
    throw error;
  }
}

const YEAR_MAX = 2199;

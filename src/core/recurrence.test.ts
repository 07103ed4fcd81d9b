import { describe, expect, it } from 'vitest';
import { parsePlainDate } from './dates.ts';
import { isCashbellError } from './errors.ts';
import { occurrencesAfter, parseRule } from './recurrence.ts';

function next(
  rule: string,
  first: string,
  options: { readonly after?: string; readonly last?: string; readonly max?: number } = {},
): string {
  return occurrencesAfter(
    {
      rule: parseRule(rule),
      firstDate: parsePlainDate(first),
      lastDate: options.last === undefined ? undefined : parsePlainDate(options.last),
    },
    options.after === undefined ? undefined : parsePlainDate(options.after),
    options.max ?? 4,
  ).join(' ');
}

describe('occurrences', () => {
  it.each<[string, string, string, string, Parameters<typeof next>[2]?]>([
    ['each day', 'FREQ=DAILY', '2026-12-30', '2026-12-30 2026-12-31 2027-01-01 2027-01-02'],
    [
      'each second Friday',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=FR',
      '2026-11-23',
      '2026-11-27 2026-12-11 2026-12-25 2027-01-08',
    ],
    [
      'two days a month',
      'FREQ=MONTHLY;BYMONTHDAY=1,15',
      '2026-11-02',
      '2026-11-15 2026-12-01 2026-12-15 2027-01-01',
    ],
    [
      'the last day of the month',
      'FREQ=MONTHLY;BYMONTHDAY=-1',
      '2028-01-01',
      '2028-01-31 2028-02-29 2028-03-31 2028-04-30',
    ],
    // The rule as it is written: a month without this day has none.
    [
      'the 31st',
      'FREQ=MONTHLY;BYMONTHDAY=31',
      '2026-01-01',
      '2026-01-31 2026-03-31 2026-05-31 2026-07-31',
    ],
    [
      'the last Friday',
      'FREQ=MONTHLY;BYDAY=-1FR',
      '2026-01-31',
      '2026-02-27 2026-03-27 2026-04-24 2026-05-29',
    ],
    [
      'the last working day',
      'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
      '2026-01-31',
      '2026-02-27 2026-03-31 2026-04-30 2026-05-29',
    ],
    [
      'a quarter',
      'FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=10',
      '2026-11-10',
      '2026-11-10 2027-02-10 2027-05-10 2027-08-10',
    ],
    [
      'a leap day',
      'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29',
      '2026-01-01',
      '2028-02-29 2032-02-29 2036-02-29 2040-02-29',
    ],
    [
      'by its prefix and in small letters',
      'rrule:freq=daily',
      '2026-11-23',
      '2026-11-23 2026-11-24 2026-11-25 2026-11-26',
    ],
    ['counted', 'FREQ=DAILY;COUNT=2', '2026-11-23', '2026-11-23 2026-11-24'],
    [
      'counted, from within',
      'FREQ=DAILY;COUNT=3',
      '2026-11-23',
      '2026-11-25',
      { after: '2026-11-24' },
    ],
    [
      'until a day, which counts',
      'FREQ=DAILY;UNTIL=20261125',
      '2026-11-24',
      '2026-11-24 2026-11-25',
    ],
    [
      'until the last date',
      'FREQ=DAILY',
      '2026-11-24',
      '2026-11-24 2026-11-25',
      { last: '2026-11-25' },
    ],
    [
      'after a day',
      'FREQ=MONTHLY;BYMONTHDAY=5',
      '2026-01-05',
      '2026-06-05',
      { after: '2026-05-05', max: 1 },
    ],
    [
      'after a day before the first',
      'FREQ=DAILY',
      '2026-11-23',
      '2026-11-23',
      { after: '2020-01-01', max: 1 },
    ],
    [
      'long after the first',
      'FREQ=WEEKLY;BYDAY=MO',
      '2000-01-03',
      '2030-01-07',
      { after: '2030-01-01', max: 1 },
    ],
    ['a day that never comes', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', '2026-01-01', ''],
    ['beyond plausible years', 'FREQ=YEARLY;INTERVAL=300', '2026-01-01', '2026-01-01'],
  ])('rule: %s', (_title, rule, first, expected, options) => {
    expect(next(rule, first, options)).toBe(expected);
  });

  it.each([
    ['', /no part/],
    ['INTERVAL=2', /FREQ is missing/],
    ['FREQ=HOURLY', /FREQ cannot be "HOURLY"/],
    ['FREQ=SECONDLY', /FREQ cannot be/],
    ['FREQ=DAILY;BYHOUR=5', /no part/],
    // A library passes over what it does not understand; money must not move by the rest.
    ['FREQ=MONTHLY;BYMONTHDAY=45', /BYMONTHDAY cannot be "45"/],
    ['FREQ=MONTHLY;BYMONTHDAY=0', /BYMONTHDAY cannot be/],
    ['FREQ=MONTHLY;BYMONHTDAY=5', /no part/],
    ['FREQ=MONTHLY;BYMONTHDAY=31;RSCALE=GREGORIAN;SKIP=BACKWARD', /no part/],
    ['FREQ=DAILY;COUNT=0', /COUNT cannot be/],
    ['FREQ=DAILY;COUNT=-1', /COUNT cannot be/],
    ['FREQ=DAILY;COUNT=2;UNTIL=20270101', /not both/],
    ['FREQ=DAILY;UNTIL=20270101T000000Z', /UNTIL cannot be/],
    ['FREQ=DAILY;UNTIL=20270231', /date.dayInvalid/],
    ['FREQ=DAILY;INTERVAL=0', /INTERVAL cannot be/],
    ['FREQ=DAILY;INTERVAL=367', /INTERVAL cannot be/],
    ['FREQ=WEEKLY;BYDAY=XX', /BYDAY cannot be/],
    ['FREQ=WEEKLY;BYDAY=1FR', /numbered weekday/],
    ['FREQ=WEEKLY;BYMONTHDAY=1', /does not go/],
    ['FREQ=MONTHLY;BYSETPOS=1', /needs days/],
    ['FREQ=DAILY;FREQ=WEEKLY', /twice/],
    ['FREQ=DAILY=WEEKLY', /FREQ cannot be/],
    ['FREQ=DAILY\nEXDATE:20260201', /cannot be/],
    ['__proto__=1', /no part/],
  ])('rule: %s is refused', (rule, reason) => {
    try {
      parseRule(rule);
    } catch (error) {
      if (!isCashbellError(error)) throw error;
      expect(error.message).toMatch(reason);
      return;
    }
    throw new Error('it was accepted');
  });
});

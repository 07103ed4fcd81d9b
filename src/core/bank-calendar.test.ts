import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextOpening, rollDay, rolls, weekendOf } from './bank-calendar.ts';
import type { BankHours, IsBankDay, Roll } from './bank-calendar.ts';
import { instantFromMs, parseInstant, parsePlainDate } from './dates.ts';

function bankDays(country: string, ...closed: readonly string[]): IsBankDay {
  const weekend = weekendOf(country);
  return (day) => !weekend.includes(day.dayOfWeek) && !closed.includes(day.toString());
}

describe('rollDay', () => {
  // 2026-05-01 is a Friday, 2026-05-31 a Sunday, 2027-01-01 a Friday.
  it.each<[string, string, Roll, string, readonly string[]]>([
    ['an open day stays', 'ID', 'following', '2026-05-04 → 2026-05-04', []],
    ['an open day stays backwards', 'ID', 'preceding', '2026-05-04 → 2026-05-04', []],
    ['Saturday goes to Monday', 'ID', 'following', '2026-05-02 → 2026-05-04', []],
    ['Saturday goes back to Friday', 'ID', 'preceding', '2026-05-02 → 2026-05-01', []],
    ['a holiday before a weekend', 'ID', 'following', '2026-05-01 → 2026-05-04', ['2026-05-01']],
    ['the month ends on Sunday', 'ID', 'following', '2026-05-31 → 2026-06-01', []],
    ['the month ends on Sunday', 'ID', 'modifiedFollowing', '2026-05-31 → 2026-05-29', []],
    ['within the month it follows', 'ID', 'modifiedFollowing', '2026-05-03 → 2026-05-04', []],
    [
      'the year ends on a closed day',
      'HK',
      'modifiedFollowing',
      '2026-12-31 → 2026-12-30',
      ['2026-12-31', '2027-01-01'],
    ],
    [
      'over the turn of the year',
      'HK',
      'following',
      '2026-12-31 → 2027-01-04',
      ['2026-12-31', '2027-01-01'],
    ],
    [
      'back over the turn of the year',
      'HK',
      'preceding',
      '2027-01-01 → 2026-12-30',
      ['2027-01-01', '2026-12-31'],
    ],
    ['Friday rests in Saudi Arabia', 'SA', 'following', '2026-05-01 → 2026-05-03', []],
    ['Saturday rests in Kuwait', 'KW', 'preceding', '2026-05-02 → 2026-04-30', []],
    ['Sunday is a day like others in Qatar', 'QA', 'following', '2026-05-03 → 2026-05-03', []],
    ['Friday is worked in the Emirates', 'AE', 'following', '2026-05-01 → 2026-05-01', []],
    ['Sunday rests in the Emirates', 'AE', 'following', '2026-05-03 → 2026-05-04', []],
    [
      'the end of a month in Bahrain',
      'BH',
      'modifiedFollowing',
      // Friday; Sunday 2026-08-02 lies in the next month.
      '2026-07-31 → 2026-07-30',
      [],
    ],
    ['the last of February', 'ID', 'modifiedFollowing', '2026-02-28 → 2026-02-26', ['2026-02-27']],
  ])('day: %s (%s, %s, %s)', (_title, country, roll, days, closed) => {
    const [from = '', to] = days.split(' → ');
    const rolled = rollDay(parsePlainDate(from), roll, bankDays(country, ...closed));
    expect(rolled.toString()).toBe(to);
  });

  it('day: a calendar that is never open is refused, not searched for ever', () => {
    const closed: IsBankDay = () => false;
    expect(() => rollDay(parsePlainDate('2026-05-01'), 'following', closed)).toThrow(
      'config.invalid',
    );
  });

  it('day: every roll ends on an open day, and a modified one in the same month', () => {
    const isBankDay = bankDays('ID', '2026-12-24', '2026-12-25', '2026-12-31', '2027-01-01');
    fc.assert(
      fc.property(fc.nat(800), fc.constantFrom(...rolls), (offset, roll) => {
        const day = parsePlainDate('2026-01-01').add({ days: offset });
        const rolled = rollDay(day, roll, isBankDay);
        expect(isBankDay(rolled)).toBe(true);
        if (isBankDay(day)) expect(rolled.equals(day)).toBe(true);
        if (roll === 'modifiedFollowing') expect(rolled.month).toBe(day.month);
      }),
    );
  });
});

describe('nextOpening', () => {
  const day: BankHours = { fromMinute: 7 * 60, toMinute: 15 * 60 + 30 };
  const night: BankHours = { fromMinute: 22 * 60, toMinute: 4 * 60 };
  const jakarta = 'Asia/Jakarta';

  it.each<[string, string, string, string, BankHours | undefined, string, readonly string[]]>([
    // Thursday 2026-05-14, Jakarta is UTC+7.
    ['within hours', 'ID', jakarta, '2026-05-14T10:00+07:00', day, '2026-05-14T10:00+07:00', []],
    ['at the first minute', 'ID', jakarta, '2026-05-14T07:00+07:00', day, 'same', []],
    ['before hours', 'ID', jakarta, '2026-05-14T05:59+07:00', day, '2026-05-14T07:00+07:00', []],
    ['at the cut-off', 'ID', jakarta, '2026-05-14T15:30+07:00', day, '2026-05-15T07:00+07:00', []],
    ['Friday evening', 'ID', jakarta, '2026-05-15T18:00+07:00', day, '2026-05-18T07:00+07:00', []],
    [
      'without hours',
      'ID',
      jakarta,
      '2026-05-16T09:00+07:00',
      undefined,
      '2026-05-18T00:00+07:00',
      [],
    ],
    // The day is the bank's, not ours: 23:30 UTC on Sunday is Monday in Jakarta.
    ['another day in UTC', 'ID', jakarta, '2026-05-17T23:30Z', day, '2026-05-18T07:00+07:00', []],
    [
      'a closed Monday',
      'ID',
      jakarta,
      '2026-05-16T09:00+07:00',
      day,
      '2026-05-19T07:00+07:00',
      ['2026-05-18'],
    ],
    [
      'over the turn of the year',
      'ID',
      jakarta,
      '2026-12-31T15:31+07:00',
      day,
      '2027-01-04T07:00+07:00',
      ['2027-01-01'],
    ],
    [
      'Thursday evening in Riyadh',
      'SA',
      'Asia/Riyadh',
      '2026-05-14T20:00+03:00',
      day,
      '2026-05-17T07:00+03:00',
      [],
    ],
    ['Friday in Dubai', 'AE', 'Asia/Dubai', '2026-05-15T09:00+04:00', day, 'same', []],
    [
      'Hong Kong, no summer time',
      'HK',
      'Asia/Hong_Kong',
      '2026-07-10T19:00+08:00',
      day,
      '2026-07-13T07:00+08:00',
      [],
    ],
    ['past midnight', 'ID', jakarta, '2026-05-14T03:00+07:00', night, 'same', []],
    [
      'between the nights',
      'ID',
      jakarta,
      '2026-05-14T12:00+07:00',
      night,
      '2026-05-14T22:00+07:00',
      [],
    ],
    // After midnight it is Saturday, which is closed.
    [
      'the night into Saturday',
      'ID',
      jakarta,
      '2026-05-16T01:00+07:00',
      night,
      '2026-05-18T00:00+07:00',
      [],
    ],
    // London changed its clocks on 2026-03-29; the wall clock counts.
    [
      'summer time',
      'GB',
      'Europe/London',
      '2026-03-27T20:00+00:00',
      day,
      '2026-03-30T07:00+01:00',
      [],
    ],
  ])('opening: %s', (_title, country, zone, at, hours, expected, closed) => {
    const from = parseInstant(at);
    const opening = nextOpening(from, zone, { hours, isBankDay: bankDays(country, ...closed) });
    expect(opening.toString()).toBe(
      (expected === 'same' ? from : parseInstant(expected)).toString(),
    );
  });

  it('opening: it is never in the past, and asking again at the opening gives the same', () => {
    const isBankDay = bankDays('ID', '2026-12-25', '2027-01-01');
    fc.assert(
      fc.property(
        fc.nat(400 * 24 * 60),
        fc.constantFrom(day, night, undefined),
        (minutes, hours) => {
          const at = instantFromMs(Date.UTC(2026, 0, 1) + minutes * 60_000);
          const opening = nextOpening(at, jakarta, { hours, isBankDay });
          expect(opening.epochMilliseconds).toBeGreaterThanOrEqual(at.epochMilliseconds);
          expect(nextOpening(opening, jakarta, { hours, isBankDay }).equals(opening)).toBe(true);
        },
      ),
    );
  });
});

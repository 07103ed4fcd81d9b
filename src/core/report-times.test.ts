import { describe, expect, test } from 'vitest';
import { parseInstant, parsePlainDate } from './dates.ts';
import type { PlainDate } from './dates.ts';
import { nextDue, parseTimeOfDay } from './report-times.ts';

const daily = {
  rule: 'FREQ=DAILY',
  startsOn: parsePlainDate('2026-11-01'),
  at: '18:00',
  zone: 'Asia/Jakarta',
};

function dues(
  times: typeof daily,
  after: string,
  count: number,
  isBankDay?: (day: PlainDate) => boolean,
): string[] {
  const found: string[] = [];
  let at = parseInstant(after);
  for (let index = 0; index < count; index += 1) {
    const due = nextDue(times, at, isBankDay);
    if (!due) break;
    found.push(due.toString());
    at = due;
  }
  return found;
}

const noWeekend = (day: PlainDate): boolean => day.dayOfWeek < 6;

describe('report times', () => {
  test('report times: a day is due at its time in its zone, strictly after the moment', () => {
    expect(dues(daily, '2026-11-23T10:59:59Z', 2)).toEqual([
      '2026-11-23T11:00:00Z',
      '2026-11-24T11:00:00Z',
    ]);
    expect(dues(daily, '2026-11-23T11:00:00Z', 1)).toEqual(['2026-11-24T11:00:00Z']);
  });

  test('report times: days on which banks rest fall together on the next open one, once', () => {
    // Friday the 20th, then Monday: Saturday, Sunday and Monday are one.
    expect(dues(daily, '2026-11-20T00:00:00Z', 3, noWeekend)).toEqual([
      '2026-11-20T11:00:00Z',
      '2026-11-23T11:00:00Z',
      '2026-11-24T11:00:00Z',
    ]);
  });

  test('report times: a day of before that rolls past the moment is still due', () => {
    const monthly = { ...daily, rule: 'FREQ=MONTHLY;BYMONTHDAY=1' };
    // 1 November 2026 is a Sunday.
    expect(dues(monthly, '2026-11-01T20:00:00Z', 2, noWeekend)).toEqual([
      '2026-11-02T11:00:00Z',
      '2026-12-01T11:00:00Z',
    ]);
  });

  test('report times: nothing is due before the first day, nor after the last', () => {
    const ending = { ...daily, rule: 'FREQ=DAILY;COUNT=2' };
    expect(dues(ending, '2026-01-01T00:00:00Z', 5)).toEqual([
      '2026-11-01T11:00:00Z',
      '2026-11-02T11:00:00Z',
    ]);
  });

  test('report times: an hour that a clock change leaves out is the hour after it', () => {
    const berlin = {
      ...daily,
      zone: 'Europe/Berlin',
      at: '02:30',
      startsOn: parsePlainDate('2026-03-28'),
    };
    expect(dues(berlin, '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:30:00Z',
      '2026-03-30T00:30:00Z',
    ]);
  });

  test('report times: a calendar without an open day ends in a refusal, never a hang', () => {
    expect(() => nextDue(daily, parseInstant('2026-11-23T00:00:00Z'), () => false)).toThrow();
  });

  test.each(['24:00', '8:30', '08:60', '', '08:30:00'])(
    'report times: %j is no time of day',
    (text) => {
      expect(() => parseTimeOfDay(text)).toThrow();
    },
  );
});

import { expect, test } from 'vitest';
import { Temporal } from 'temporal-polyfill';
import { dateOfEpochDay, epochDayOf, formatEpochDay, parseEpochDay } from './epoch-day.ts';

test('an epoch day is the same number by text and by calendar, and comes back', () => {
  for (let day = -7000; day < 60_000; day += 37) {
    const date = Temporal.PlainDate.from('1970-01-01').add({ days: day });
    expect(parseEpochDay(date.toString())).toBe(day);
    expect(epochDayOf(date)).toBe(day);
    expect(dateOfEpochDay(day).equals(date)).toBe(true);
    expect(formatEpochDay(day)).toBe(date.toString());
  }
});

test.each(['2026-02-29', '2026-13-01', '2026-00-10', '2026-04-31', '26-01-01', '2026-1-01', ''])(
  'an epoch day is refused for %s',
  (text) => {
    expect(() => parseEpochDay(text)).toThrow('date.dayInvalid');
  },
);

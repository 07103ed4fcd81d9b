import { describe, expect, it } from 'vitest';
import { isAlwaysMuted, mutedUntil } from './mute.ts';
import type { MuteTime } from './route.ts';
import { ms } from './samples.ts';

const jakarta = 'Asia/Jakarta';
const night: MuteTime = { from: '22:00', to: '07:00', zone: jakarta };
const weekend: MuteTime = { weekdays: ['sat', 'sun'], from: '00:00', to: '24:00', zone: jakarta };
const berlin: MuteTime = { from: '01:00', to: '04:00', zone: 'Europe/Berlin' };
const holiday: MuteTime = {
  from: '00:00',
  to: '24:00',
  zone: jakarta,
  dates: [{ from: '2026-12-24', to: '2026-12-26' }],
};

const rows: [string, MuteTime[], string, string | undefined][] = [
  ['before the night', [night], '2026-11-23T21:59:59+07:00', undefined],
  ['its first moment', [night], '2026-11-23T22:00:00+07:00', '2026-11-24T07:00:00+07:00'],
  ['past midnight', [night], '2026-11-24T03:00:00+07:00', '2026-11-24T07:00:00+07:00'],
  ['its end is not muted', [night], '2026-11-24T07:00:00+07:00', undefined],
  // Friday night, then the weekend, then Sunday's night: no gap between them.
  [
    'windows that touch are one',
    [night, weekend],
    '2026-11-27T23:00:00+07:00',
    '2026-11-30T07:00:00+07:00',
  ],
  ['a weekday alone is not muted', [weekend], '2026-11-27T23:59:59+07:00', undefined],
  ['dates', [holiday], '2026-12-24T00:00:00+07:00', '2026-12-27T00:00:00+07:00'],
  ['the day after the dates', [holiday], '2026-12-27T00:00:00+07:00', undefined],
  // Clocks go back: 01:00 to 04:00 lasts four hours.
  ['long night', [berlin], '2026-10-25T01:30:00+02:00', '2026-10-25T04:00:00+01:00'],
  // Clocks go forward: the hour from two to three does not exist.
  ['short night', [berlin], '2026-03-29T01:30:00+01:00', '2026-03-29T04:00:00+02:00'],
  [
    'a window that does not exist that night',
    [{ ...berlin, from: '02:15', to: '02:45' }],
    '2026-03-29T03:30:00+02:00',
    '2026-03-29T03:45:00+02:00',
  ],
  [
    'an unknown zone silences nothing',
    [{ ...night, zone: 'Mars/Base' }],
    '2026-11-23T23:00:00Z',
    undefined,
  ],
];

describe('mute', () => {
  it.each(rows)('%s', (_, muteTimes, now, until) => {
    expect(mutedUntil(muteTimes, ms(now))).toBe(until === undefined ? undefined : ms(until));
  });

  it('knows what never speaks', () => {
    const allDay: MuteTime = { from: '00:00', to: '24:00', zone: jakarta };
    const day: MuteTime = { from: '07:00', to: '22:00', zone: jakarta };
    const years = { ...allDay, dates: [{ from: '2027-01-01', to: '2099-12-31' }] };
    expect(isAlwaysMuted([allDay])).toBe(true);
    expect(isAlwaysMuted([night, day])).toBe(true);
    expect(isAlwaysMuted([years])).toBe(true);
    expect(isAlwaysMuted([night, weekend, holiday])).toBe(false);
    expect(isAlwaysMuted([])).toBe(false);
  });
});

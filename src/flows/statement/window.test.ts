import { describe, expect, test } from 'vitest';
import type { ConnectorTraits } from '#connectors/contract.ts';
import { findConnector } from '#connectors/catalogue.ts';
import { parseInstant } from '#core/dates.ts';
import { storyBank } from '#tests/story-bank.ts';
import { chooseWindow } from './window.ts';

interface Shape {
  readonly poll?: Partial<ConnectorTraits['poll']>;
  readonly hasUniqueEntryKey?: boolean;
  readonly zone?: string;
  readonly now?: string;
  readonly proven?: string;
  readonly repull?: string;
}

const ms = (text: string): number => parseInstant(text).epochMilliseconds;

/** The window as local text of Jakarta, or of another zone. */
function choose(shape: Shape) {
  const zone = shape.zone ?? 'Asia/Jakarta';
  const traits: ConnectorTraits = {
    ...storyBank.traits,
    zone,
    hasUniqueEntryKey: shape.hasUniqueEntryKey ?? true,
    poll: { ...storyBank.traits.poll, granularity: 'instant', ...shape.poll },
  };
  const window = chooseWindow(traits, {
    nowMs: ms(shape.now ?? '2026-11-23T15:00:00+07:00'),
    provenUntilMs: ms(shape.proven ?? '2026-11-23T14:00:00+07:00'),
    ...(shape.repull === undefined ? {} : { repullFromMs: ms(shape.repull) }),
  });
  const local = (epochMs: number): string =>
    parseInstant(new Date(epochMs).toISOString())
      .toZonedDateTimeISO(zone)
      .toPlainDateTime()
      .toString();
  return {
    from: local(window.from.epochMilliseconds),
    to: local(window.to.epochMilliseconds),
    proven: local(window.provenUntilMs),
    days: [...window.completeDays],
  };
}

describe('statement window', () => {
  test('statement window: it overlaps what is proven and ends now', () => {
    expect(choose({})).toEqual({
      from: '2026-11-23T13:30:00',
      to: '2026-11-23T15:00:00',
      proven: '2026-11-23T15:00:00',
      days: [],
    });
  });

  test('statement window: a bank of whole days is asked for days, the running one among them', () => {
    expect(choose({ poll: { granularity: 'day' } })).toEqual({
      from: '2026-11-23T00:00:00',
      to: '2026-11-23T15:00:00.001',
      proven: '2026-11-23T15:00:00',
      days: ['2026-11-23'],
    });
  });

  test.each([
    ['in the afternoon', { now: '2026-11-23T15:00:00+07:00' }],
    ['after midnight', { now: '2026-11-24T00:10:00+07:00', proven: '2026-11-24T00:05:00+07:00' }],
    ['at midnight', { now: '2026-11-24T00:00:00+07:00', proven: '2026-11-23T23:55:00+07:00' }],
    ['after a week', { now: '2026-11-23T15:00:00+07:00', proven: '2026-11-16T15:00:00+07:00' }],
    ['cut', { now: '2026-11-23T15:00:00+07:00', proven: '2026-11-01T00:30:00+07:00' }],
  ])('statement window: BCA is asked for every day that then counts as whole: %s', (_at, shape) => {
    const poll = { granularity: 'day', windowDaysMax: 9 } as const;
    const { from, to, days } = choose({ ...shape, poll: { ...poll, overlapMinutes: 420 } });
    const question = {
      account: { number: '1234567890', currency: 'IDR' },
      from: parseInstant(`${from}+07:00`),
      to: parseInstant(`${to}+07:00`),
    };
    const request = findConnector('bca').exchanges.fetchStatement?.request(question, {
      config: {},
      environment: 'sandbox',
      now: question.to,
      basePath: '',
      externalId: '1',
    });
    const body = JSON.parse(request?.body ?? '{}');
    expect(body).toMatchObject({
      fromDateTime: `${days[0]}T00:00:00+07:00`,
      toDateTime: `${days.at(-1)}T00:00:00+07:00`,
    });
  });

  test('statement window: shortly after midnight the overlap asks for the day before too', () => {
    const now = '2026-11-24T00:10:00+07:00';
    const proven = '2026-11-24T00:05:00+07:00';
    expect(choose({ now, proven, poll: { granularity: 'day' } })).toMatchObject({
      from: '2026-11-23T00:00:00',
      days: ['2026-11-23', '2026-11-24'],
    });
  });

  test('statement window: lines without a key are asked for in whole days, so that equal ones can be counted', () => {
    expect(choose({ hasUniqueEntryKey: false })).toEqual({
      from: '2026-11-23T00:00:00',
      to: '2026-11-23T15:00:00',
      proven: '2026-11-23T15:00:00',
      days: ['2026-11-23'],
    });
  });

  test('statement window: a day that begins before the window is not whole', () => {
    expect(choose({ proven: '2026-11-22T14:00:00+07:00' }).days).toEqual(['2026-11-23']);
  });

  test('statement window: what the bank may still add to the end does not count as proven', () => {
    expect(choose({ poll: { settleMinutes: 45 } }).proven).toBe('2026-11-23T14:15:00');
    // Never before its own beginning.
    expect(choose({ poll: { settleMinutes: 600 } }).proven).toBe('2026-11-23T13:30:00');
  });

  test('statement window: it never asks for days that the bank no longer has', () => {
    const proven = '2026-01-01T00:00:00+07:00';
    const poll = { historyDaysMax: 5, windowDaysMax: 60 };
    expect(choose({ proven, poll }).from).toBe('2026-11-19T00:00:00');
    expect(choose({ proven, poll: { ...poll, granularity: 'day' } }).days).toEqual([
      '2026-11-19',
      '2026-11-20',
      '2026-11-21',
      '2026-11-22',
      '2026-11-23',
    ]);
  });

  test('statement window: one that is too long is cut, and only the cut part is proven', () => {
    const proven = '2026-11-01T00:30:00+07:00';
    expect(choose({ proven, poll: { windowDaysMax: 7 } })).toMatchObject({
      from: '2026-11-01T00:00:00',
      to: '2026-11-08T00:00:00',
      proven: '2026-11-08T00:00:00',
    });
    const byDay = choose({ proven, poll: { windowDaysMax: 7, granularity: 'day' } });
    expect(byDay).toMatchObject({ to: '2026-11-08T00:00:00', proven: '2026-11-08T00:00:00' });
    expect(byDay.days).toHaveLength(7);
    expect(byDay.days.at(-1)).toBe('2026-11-07');
  });

  test('statement window: cut windows follow each other until now without a hole', () => {
    let proven = '2026-10-25T00:00:00+07:00';
    const days = new Set<string>();
    for (let round = 0; round < 20; round += 1) {
      const window = choose({ proven, poll: { windowDaysMax: 7, granularity: 'day' } });
      for (const day of window.days) days.add(day);
      if (window.proven === '2026-11-23T15:00:00') break;
      expect(`${window.proven}+07:00` > proven).toBe(true);
      proven = `${window.proven}+07:00`;
    }
    expect(days.size).toBe(30);
  });

  test('statement window: a re-pull reaches back as far as it was told', () => {
    const repull = '2026-11-21T09:00:00+07:00';
    expect(choose({ repull }).from).toBe('2026-11-21T09:00:00');
    expect(choose({ repull, hasUniqueEntryKey: false }).from).toBe('2026-11-21T00:00:00');
    expect(choose({ repull: '2026-11-23T14:59:00+07:00' }).from).toBe('2026-11-23T13:30:00');
  });

  test.each([
    ['Asia/Jakarta', '2026-11-23T00:00:00'],
    ['Asia/Hong_Kong', '2026-11-23T00:00:00'],
    ['Asia/Kuala_Lumpur', '2026-11-23T00:00:00'],
    ['Asia/Ho_Chi_Minh', '2026-11-23T00:00:00'],
    ['Asia/Riyadh', '2026-11-23T00:00:00'],
  ])('statement window: the day is that of the bank in %s', (zone, from) => {
    const window = choose({
      zone,
      poll: { granularity: 'day' },
      now: '2026-11-23T12:00:00Z',
      proven: '2026-11-23T11:00:00Z',
    });
    expect(window).toMatchObject({ from, days: ['2026-11-23'] });
  });

  test('statement window: a clock that went back asks no window that ends before it begins', () => {
    const window = choose({ now: '2026-11-23T10:00:00+07:00' });
    expect(window.from <= window.to).toBe(true);
  });
});

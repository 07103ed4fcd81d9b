import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { besideFullHours, sweepPauseMs } from './sweep-pace.ts';
import type { PaceInput } from './sweep-pace.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Midday of 1 November 2026 in Shanghai, so that the whole month lies ahead. */
const start = Date.parse('2026-11-01T04:00:00Z');
const input = (over: Partial<PaceInput> = {}): PaceInput => ({
  nowMs: start,
  zone: 'Asia/Shanghai',
  limit: 5_000,
  used: 0,
  reserve: 500,
  monthEndsAtMs: start + 30 * DAY,
  callsPerRound: 2,
  hasEvents: true,
  ...over,
});

describe('pace', () => {
  test('pace: the smallest edition allows a round within half an hour by day', () => {
    expect(sweepPauseMs(input())).toBeLessThan(30 * MINUTE);
    expect(sweepPauseMs(input({ hasEvents: false }))).toBeLessThan(20 * MINUTE);
    expect(sweepPauseMs(input({ limit: 200_000, reserve: 20_000 }))).toBe(2 * MINUTE);
    expect(sweepPauseMs(input({ limit: undefined }))).toBe(5 * MINUTE);
  });

  test('pace: it grows by night, with the use of the month, and never stands still', () => {
    const night = input({ nowMs: start + 12 * HOUR });
    expect(sweepPauseMs(night)).toBeGreaterThan(2 * sweepPauseMs(input()));
    expect(sweepPauseMs(input({ used: 3_000 }))).toBeGreaterThan(sweepPauseMs(input()));
    expect(sweepPauseMs(input({ used: 5_000 }))).toBe(6 * HOUR);
  });

  test('pace: a month of rounds leaves the reserve untouched, whatever they cost', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 4_000 }),
        fc.integer({ min: 3_000, max: 20_000 }),
        (callsPerRound, before, limit) => {
          const reserve = Math.ceil(limit / 10);
          let used = Math.min(before, limit - reserve);
          let nowMs = start;
          const monthEndsAtMs = start + 30 * DAY;
          while (nowMs < monthEndsAtMs) {
            used += callsPerRound;
            nowMs += sweepPauseMs(
              input({ nowMs, limit, used, reserve, monthEndsAtMs, callsPerRound }),
            );
          }
          // Rounds at the longest distance go on when nothing is left: four a day.
          expect(used).toBeLessThanOrEqual(limit - reserve + 4 * 31 * callsPerRound);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('full hours', () => {
  test('full hours: nothing is asked in the rush, and nothing is moved far', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 48 * HOUR }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (offset, random) => {
          const at = start + offset;
          const moved = besideFullHours(at, random);
          const intoHour = moved % HOUR;
          expect(intoHour).toBeGreaterThanOrEqual(3 * MINUTE);
          expect(intoHour).toBeLessThan(58 * MINUTE);
          expect(moved).toBeGreaterThanOrEqual(at);
          expect(moved - at).toBeLessThanOrEqual(7 * MINUTE);
        },
      ),
    );
  });
});

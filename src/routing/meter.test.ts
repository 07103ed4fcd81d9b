import { describe, expect, it } from 'vitest';
import { digestEveryMs, forecast, monthlyLimit, monthOf } from './meter.ts';
import { ms } from './samples.ts';

const days = (count: number, calls: number) => Array.from({ length: count }, () => calls);

describe('meter', () => {
  it('months are those of Shanghai', () => {
    const month = monthOf(ms('2026-11-30T16:00:00Z'));
    expect(month.startsAtMs).toBe(ms('2026-12-01T00:00:00+08:00'));
    expect(month.endsAtMs).toBe(ms('2027-01-01T00:00:00+08:00'));
    expect(monthOf(ms('2026-11-30T15:59:59Z')).endsAtMs).toBe(month.startsAtMs);
  });

  it('knows the editions, and add-on packs add', () => {
    expect(monthlyLimit('webhookAndStream', { edition: 'standard' })).toBe(3_000);
    expect(monthlyLimit('apiCalls', { edition: 'professional', addOnPacks: 1 })).toBe(5_200_000);
  });

  const day16 = ms('2026-11-16T00:00:00+08:00');
  const rows: [string, number, number[], string, number][] = [
    // 15 of 30 days are left; 3,000 a month, of which 300 are the reserve.
    ['calm', 600, [40, 40], 'ok', 1_200],
    ['nearly used up', 1_200, [80], 'watch', 2_400],
    ['will reach into the reserve', 1_500, [100], 'short', 3_000],
    ['only the reserve is left', 2_700, [1], 'reserve', 2_715],
    ['nothing is left', 3_000, [0], 'exhausted', 3_000],
    [
      'a busy week counts more than calm ones',
      600,
      [...days(21, 10), ...days(7, 160)],
      'short',
      3_000,
    ],
    [
      'a busy month counts more than a calm week',
      600,
      [...days(21, 160), ...days(7, 10)],
      'watch',
      2_438,
    ],
    ['without history the month itself', 600, [], 'ok', 1_200],
  ];
  it.each(rows)('%s', (_, used, dailyHistory, level, projected) => {
    const made = forecast({ used, limit: 3_000, nowMs: day16, dailyHistory });
    expect([made.level, made.projected]).toEqual([level, projected]);
  });

  it('says when it runs out, and only when it does', () => {
    const made = forecast({ used: 2_000, limit: 3_000, nowMs: day16, dailyHistory: [200] });
    expect(made.runsOutAtMs).toBe(day16 + 5 * 86_400_000);
    const calm = forecast({ used: 0, limit: 3_000, nowMs: day16, dailyHistory: [1] });
    expect(calm).not.toHaveProperty('runsOutAtMs');
  });

  it('the first hour of a month does not cry wolf', () => {
    const nowMs = ms('2026-11-01T01:00:00+08:00');
    expect(forecast({ used: 20, limit: 3_000, nowMs, dailyHistory: [] }).level).toBe('ok');
  });

  it('without a limit there is nothing to watch', () => {
    const made = forecast({ used: 99_999, nowMs: day16, dailyHistory: [] });
    expect(made.level).toBe('ok');
    const month = { level: made.level, used: 9, limit: undefined, reserve: 0, resetsAtMs: 1 };
    expect(digestEveryMs(month, 0)).toBe(0);
  });
});

import { describe, expect, test } from 'vitest';
import { parseInstant } from './dates.ts';
import { money } from './money.ts';
import type { LimitedPayment, PaymentLimit } from './payment-limits.ts';
import { evaluateLimits, periodEnd, periodStart } from './payment-limits.ts';

const payment: LimitedPayment = {
  accountId: 'acc_1',
  connector: 'bca',
  purpose: 'supplier',
  maker: 'per_1',
  instructedAmount: money(100_00n, 'IDR'),
};

function limit(change: Partial<PaymentLimit> = {}): PaymentLimit {
  return { limitId: 'lim_1', period: 'payment', amountMax: money(100_00n, 'IDR'), ...change };
}

const used = (amountMinorUnits: bigint, count: number) => () => ({ amountMinorUnits, count });

describe('limits', () => {
  test.each<[string, PaymentLimit, bigint, number, 'amount' | 'count' | undefined]>([
    ['reaching it exactly is allowed', limit(), 0n, 0, undefined],
    ['one minor unit more is not', limit({ amountMax: money(99_99n, 'IDR') }), 0n, 0, 'amount'],
    // What was sent before does not count for a limit of one payment.
    ['of one payment ignores usage', limit(), 10n ** 30n, 99, undefined],
    ['of a day adds usage', limit({ period: 'day' }), 1n, 1, 'amount'],
    ['of a day that is exactly used up by it', limit({ period: 'day' }), 0n, 9, undefined],
    [
      'of a count',
      limit({ period: 'day', amountMax: money(10n ** 12n, 'IDR'), countMax: 3 }),
      0n,
      3,
      'count',
    ],
    [
      'of a count with room for one',
      limit({ period: 'day', amountMax: money(10n ** 12n, 'IDR'), countMax: 3 }),
      0n,
      2,
      undefined,
    ],
    // Amounts of other currencies are never compared.
    ['of another currency', limit({ amountMax: money(1n, 'USD') }), 0n, 0, undefined],
    ['of nothing at all stops everything', limit({ amountMax: money(0n, 'IDR') }), 0n, 0, 'amount'],
    [
      'of another account',
      limit({ accountId: 'acc_2', amountMax: money(1n, 'IDR') }),
      0n,
      0,
      undefined,
    ],
    [
      'of this account',
      limit({ accountId: 'acc_1', amountMax: money(1n, 'IDR') }),
      0n,
      0,
      'amount',
    ],
    ['of another bank', limit({ connector: 'bri', amountMax: money(1n, 'IDR') }), 0n, 0, undefined],
    [
      'of another purpose',
      limit({ purpose: 'tax', amountMax: money(1n, 'IDR') }),
      0n,
      0,
      undefined,
    ],
    ['of another maker', limit({ maker: 'per_2', amountMax: money(1n, 'IDR') }), 0n, 0, undefined],
    // Amounts beyond what a JavaScript number holds exactly.
    [
      'of an amount beyond 2^53',
      limit({ period: 'month', amountMax: money(9_007_199_254_740_993n, 'IDR') }),
      9_007_199_254_730_994n,
      1,
      'amount',
    ],
  ])('limit: %s', (_what, one, amount, count, what) => {
    expect(evaluateLimits(payment, [one], used(amount, count))?.what).toBe(what);
  });

  test('limit: the first one that is exceeded is told, with what was used', () => {
    const loose = limit({ limitId: 'lim_0', amountMax: money(10n ** 9n, 'IDR') });
    const tight = limit({ limitId: 'lim_2', period: 'day', amountMax: money(150_00n, 'IDR') });
    expect(evaluateLimits(payment, [loose, tight], used(60_00n, 2))).toEqual({
      limit: tight,
      usage: { amountMinorUnits: 60_00n, count: 2 },
      what: 'amount',
    });
  });

  test.each([
    // 17:00 UTC is midnight in Jakarta.
    ['day', '2026-03-31T16:59:59Z', '2026-03-30T17:00:00Z', '2026-03-31T17:00:00Z'],
    ['day', '2026-03-31T17:00:00Z', '2026-03-31T17:00:00Z', '2026-04-01T17:00:00Z'],
    ['month', '2026-03-31T16:59:59Z', '2026-02-28T17:00:00Z', '2026-03-31T17:00:00Z'],
    ['month', '2026-03-31T17:00:00Z', '2026-03-31T17:00:00Z', '2026-04-30T17:00:00Z'],
  ] as const)('limit: a %s at %s follows the calendar of the bank', (period, at, start, end) => {
    const zone = 'Asia/Jakarta';
    expect(periodStart(period, parseInstant(at), zone).toString()).toBe(start);
    expect(periodEnd(period, parseInstant(at), zone)?.toString()).toBe(end);
  });
});

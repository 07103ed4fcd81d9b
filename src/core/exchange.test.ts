import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertMoney, parseRate } from './exchange.ts';
import { formatDecimal, money, parseMoney } from './money.ts';

const rate = (base: string, quote: string, text: string) => ({ base, quote, rate: text });

function converted(
  amount: string,
  from: string,
  way: ReturnType<typeof rate>,
  to: 'IDR' | 'USD' | 'KWD' | 'VND',
) {
  const result = convertMoney(parseMoney(amount, from), way, to);
  return result && formatDecimal(result);
}

describe('exchange', () => {
  test.each([
    ['50.00', 'USD', rate('USD', 'IDR', '16250.5'), 'IDR', '812525.00'],
    // The other way round: divided, and rounded once to the decimals of the target.
    ['812525.00', 'IDR', rate('USD', 'IDR', '16250.5'), 'USD', '50.00'],
    ['1.00', 'USD', rate('USD', 'KWD', '0.3075'), 'KWD', '0.308'],
    ['-1.00', 'USD', rate('USD', 'KWD', '0.3075'), 'KWD', '-0.308'],
    ['0.01', 'USD', rate('USD', 'VND', '25400'), 'VND', '254'],
    ['0.00', 'USD', rate('USD', 'IDR', '16250.5'), 'IDR', '0.00'],
  ] as const)('exchange: %s %s by %o is %s %s', (amount, from, way, to, expected) => {
    expect(converted(amount, from, way, to)).toBe(expected);
  });

  test('exchange: a rate of other currencies gives nothing', () => {
    expect(converted('1.00', 'USD', rate('EUR', 'IDR', '18000'), 'IDR')).toBeUndefined();
  });

  test('exchange: no amount is lost by more than half a unit of the target', () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 20n), 10n ** 20n),
        fc.integer({ min: 1, max: 10 ** 9 }),
        (units, millis) => {
          const text = `${Math.trunc(millis / 1000)}.${String(millis % 1000).padStart(3, '0')}`;
          if (!/[1-9]/.test(text)) return;
          const result = convertMoney(money(units, 'USD'), rate('USD', 'IDR', text), 'IDR');
          const exact = units * BigInt(millis);
          const error = (result?.amountMinorUnits ?? 0n) * 1000n - exact;
          expect(error <= 500n && error >= -500n).toBe(true);
        },
      ),
    );
  });

  test.each(['0', '0.0', '-1', '1e5', '1,5', '', '1.1234567890123'])(
    'exchange: %j is no rate',
    (text) => {
      expect(() => parseRate(text)).toThrow();
    },
  );
});

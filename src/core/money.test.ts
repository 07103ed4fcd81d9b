import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCashbellError } from './errors.ts';
import { addMoney, exponentOf, formatDecimal, money, parseCurrency, parseMoney } from './money.ts';
import { currencyExponents } from './currencies.ts';

const codes = Object.keys(currencyExponents);

describe('money', () => {
  it.each([
    ['10000.00', 'IDR', 1_000_000n],
    // IDR has two decimals at banks although CLDR shows none (ask 85).
    ['1', 'IDR', 100n],
    ['1250', 'VND', 1250n],
    ['1.5', 'KWD', 1500n],
    ['-0.01', 'HKD', -1n],
    ['+7', 'JPY', 7n],
    // Trailing zeros beyond the exponent change nothing.
    ['12.500', 'USD', 1250n],
    ['1250.00', 'VND', 1250n],
    // Longer than a double can hold.
    ['9007199254740993.01', 'USD', 900_719_925_474_099_301n],
  ])('parse: %s %s is %s minor units', (text, currency, units) => {
    expect(parseMoney(text, currency).amountMinorUnits).toBe(units);
  });

  it.each([
    ['12.505', 'USD', 'money.tooManyDecimals'],
    ['0.5', 'VND', 'money.tooManyDecimals'],
    ['1,250.00', 'IDR', 'money.amountInvalid'],
    ['1e3', 'USD', 'money.amountInvalid'],
    ['', 'USD', 'money.amountInvalid'],
    ['١٢', 'AED', 'money.amountInvalid'],
    ['1.00', 'ZZZ', 'money.currencyUnknown'],
    // A name that objects have of themselves is no currency.
    ['1.00', 'constructor', 'money.currencyUnknown'],
  ])('parse: "%s" %s is refused as %s', (text, currency, code) => {
    let thrown: unknown;
    try {
      parseMoney(text, currency);
    } catch (error) {
      thrown = error;
    }
    expect(isCashbellError(thrown) && thrown.code).toBe(code);
  });

  it('survives printing and parsing in every currency', () => {
    // Twenty-four digits are read, and a currency without decimals has all of them in front.
    const most = 10n ** 24n - 1n;
    fc.assert(
      fc.property(
        fc.bigInt({ min: -most, max: most }),
        fc.constantFrom(...codes),
        (units, code) => {
          const amount = money(units, code);
          expect(parseMoney(formatDecimal(amount), code)).toEqual(amount);
          const decimals = formatDecimal(amount).split('.')[1]?.length ?? 0;
          expect(decimals).toBe(exponentOf(amount.currency));
        },
      ),
    );
  });

  it('adds within a currency and refuses to mix', () => {
    expect(formatDecimal(addMoney(money(1n, 'USD'), money(-3n, 'USD')))).toBe('-0.02');
    expect(() => addMoney(money(1n, 'USD'), money(1n, 'HKD'))).toThrow('money.currencyMixed');
  });

  it('reads a currency in any case', () => {
    expect(parseCurrency(' hkd ')).toBe('HKD');
  });
});

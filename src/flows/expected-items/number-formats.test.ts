import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bareAmount, currencyNamedBy, decimalUnder } from './number-formats.ts';

describe('number formats', () => {
  test.each([
    ['1.234,56', undefined, '1234.56'],
    ['1,234.56', '1234.56', undefined],
    // The two readings of which only other rows can choose.
    ['1.250', '1.250', '1250'],
    ['1,250', '1250', '1.250'],
    ['1.250.000', undefined, '1250000'],
    ['1 234 567,89', undefined, '1234567.89'],
    ["1'234.50", '1234.50', undefined],
    ['12,34,567.89', '1234567.89', undefined],
    ['1250', '1250', '1250'],
    ['.50', '0.50', undefined],
    ['12.34.56', undefined, undefined],
    ['1,23.45', undefined, undefined],
    ['1.2345,6', undefined, undefined],
    ['1234.567.890', undefined, undefined],
  ])('numbers: %s is %s with a point, %s with a comma', (digits, point, comma) => {
    expect([decimalUnder(digits, '.'), decimalUnder(digits, ',')]).toEqual([point, comma]);
  });

  test.each([
    ['Rp 1.250.000,-', '1.250.000', false, 'RP'],
    ['Rp.1.000', '1.000', false, 'RP.'],
    ['$.50', '.50', false, '$'],
    ['-1.234,00', '1.234,00', true, ''],
    ['(1,234.00)', '1,234.00', true, ''],
    ['1.234,00-', '1.234,00', true, ''],
    ['−5', '5', true, ''],
    ['HK$ 1,234.00', '1,234.00', false, 'HK$'],
    ['1,234.00 AED', '1,234.00', false, 'AED'],
    ['٢٤٠٬٠٠٠٫٠٠ د.إ', '240,000.00', false, 'د.إ'],
    ['￥１，２３４．５０', '1,234.50', false, '¥'],
  ])('numbers: %s is %s, negative %s, with %s', (text, digits, isNegative, sign) => {
    expect(bareAmount(text)).toEqual({ digits, isNegative, sign });
  });

  test.each(['abc', '', '12 pcs', '=1+1', '1-2', '5%', '--5', '(-5)', '12/11/2026', '1e5'])(
    'numbers: %s is no amount',
    (text) => {
      expect(bareAmount(text)).toBeUndefined();
    },
  );

  test('numbers: a sign of several currencies names none', () => {
    expect(['Rp', 'RM', 'hkd', 'HK$', '฿'].map(currencyNamedBy)).toEqual([
      'IDR',
      'MYR',
      'HKD',
      'HKD',
      'THB',
    ]);
    expect(['$', '¥', '元', 'XYZ', ''].map(currencyNamedBy)).toEqual(Array(5).fill(undefined));
  });

  test('property: what is written under a mark reads as itself under it', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 18n }),
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom('.' as const, ',' as const),
        fc.constantFrom('', 'other', ' ', '’'),
        (whole, decimals, mark, group) => {
          const separator = group === 'other' ? (mark === '.' ? ',' : '.') : group;
          const grouped = whole.toString().replace(/\B(?=(\d{3})+(?!\d))/g, separator);
          const fraction = '123'.slice(0, decimals);
          const text = decimals === 0 ? grouped : `${grouped}${mark}${fraction}`;
          const plain = decimals === 0 ? whole.toString() : `${whole}.${fraction}`;
          expect(decimalUnder(text, mark)).toBe(plain);
        },
      ),
    );
  });
});

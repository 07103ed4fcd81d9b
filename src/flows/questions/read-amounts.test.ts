import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { languages } from '#core/languages.ts';
import { formatDecimal, money } from '#core/money.ts';
import { formatMoney } from '#i18n/format.ts';
import { readAmounts } from './read-amounts.ts';

const decimalsOf = (text: string): string[] => readAmounts(text).map(({ decimal }) => decimal);

describe('amounts in chat', () => {
  test.each([
    ['1,250,000', ['1250000']],
    ['1.250.000', ['1250000']],
    ['1 250 000', ['1250000']],
    // A thousand and something in Jakarta, one and a quarter in Hong Kong: both are looked for.
    ['1,250', ['1250', '1.25']],
    ['1.250', ['1250', '1.25']],
    ['1.25', ['1.25']],
    ['0.500', ['0.5']],
    ['1,25 juta', ['1250000']],
    ['12jt', ['12000000']],
    ['1,250 juta', ['1250000000', '1250000']],
    ['125万', ['1250000']],
    ['1.5亿', ['150000000']],
    ['1.5 ล้าน', ['1500000']],
    ['3 triệu', ['3000000']],
    ['2 tỷ', ['2000000000']],
    ['5 مليون', ['5000000']],
    ['١٬٢٥٠٬٠٠٠', ['1250000']],
    ['๑๒๕๐', ['1250']],
    ['１２５０', ['1250']],
    ['1,250.5k', ['1250500']],
    ["1'250'000", ['1250000']],
    ['007', ['7']],
  ])('amount: "%s" may be %j', (text, decimals) => {
    expect(decimalsOf(text)).toEqual(decimals);
  });

  test.each([
    ['Rp 1.250.000,50', '1250000.5', 'IDR'],
    ['HK$12,345.60', '12345.6', 'HKD'],
    ['RM 1,000.10', '1000.1', 'MYR'],
    ['100 บาท', '100', 'THB'],
    ['250 درهم', '250', 'AED'],
    ['人民币 88.8', '88.8', 'CNY'],
  ])('amount: "%s" is %s %s', (text, decimal, currency) => {
    expect(readAmounts(text)).toEqual([{ decimal, currency }]);
  });

  test.each(['', 'abc', 'INV-4711', '1.2.3', '1,23,456', '12-11-2026', 'juta', '1..2', '$'])(
    'amount: "%s" is none',
    (text) => {
      expect(readAmounts(text)).toEqual([]);
    },
  );

  test('amount: what we write in any language is read back', () => {
    const amounts = fc.bigInt({ min: 1n, max: 10n ** 15n });
    fc.assert(
      fc.property(amounts, fc.constantFrom(...languages), (units, language) => {
        const amount = money(units, 'IDR');
        const readings = decimalsOf(formatMoney(language, amount));
        const plain = formatDecimal(amount).replace(/\.?0+$/, '');
        expect(readings).toContain(plain === '' ? '0' : plain);
      }),
    );
  });
});

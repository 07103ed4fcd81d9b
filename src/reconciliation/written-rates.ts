import type { CurrencyCode } from '#core/money.ts';
import { westernDigits } from './fold-text.ts';

/** Amounts and rates of another currency that a bank writes into its text. */
export interface WrittenExchange {
  /** Amounts after or before the currency's code, as decimal text. */
  readonly amounts: readonly string[];
  readonly rates: readonly string[];
}

const NUMBER = '(\\d[\\d.,]*\\d|\\d)';
const RATE = new RegExp(
  `(?:@|RATE|KURS|KADAR|TY GIA|汇率|匯率|牌价|牌價|سعر الصرف)\\s*:?\\s*${NUMBER}`,
  'gi',
);

/** Reads `USD 1,552.71 @0.307343` and `RATE 16161.70`. */
export function readWrittenExchange(text: string, currency: CurrencyCode): WrittenExchange {
  const western = westernDigits(text);
  const amount = new RegExp(`\\b${currency}\\s?${NUMBER}|${NUMBER}\\s?${currency}\\b`, 'gi');
  return {
    amounts: [...western.matchAll(amount)].flatMap(
      ([, after, before]) => toDecimal(after ?? before ?? '') ?? [],
    ),
    rates: [...western.matchAll(RATE)].flatMap(([, rate = '']) => toDecimal(rate) ?? []),
  };
}

/** The last mark is the decimal one when other digits than three follow it, or both marks occur. */
function toDecimal(written: string): string | undefined {
  const last = Math.max(written.lastIndexOf('.'), written.lastIndexOf(','));
  if (last < 0) return written;
  const decimals = written.length - last - 1;
  const mark = written[last] ?? '.';
  const hasBoth = written.includes('.') && written.includes(',');
  const isAlone = written.indexOf(mark) === last;
  if (!hasBoth && (!isAlone || (decimals === 3 && mark === ',')))
    return written.replace(/[.,]/g, '');
  return `${written.slice(0, last).replace(/[.,]/g, '')}.${written.slice(last + 1)}`;
}

import { CashbellError } from './errors.ts';
import { exponentOf, money } from './money.ts';
import type { CurrencyCode, Money } from './money.ts';

/** One unit of `base` is `rate` units of `quote`; the rate is decimal text. */
export interface Rate {
  readonly base: string;
  readonly quote: string;
  readonly rate: string;
}

const RATE = /^(\d{1,12})(?:\.(\d{1,12}))?$/;

/** Reads a rate; nothing is not a rate. */
export function parseRate(text: string): string {
  const rate = text.trim();
  if (RATE.test(rate) && /[1-9]/.test(rate)) return rate;
  throw new CashbellError('api.invalid', {
    field: 'rate',
    problem: 'must be a number above nothing with at most 12 decimals, such as 16250.5',
  });
}

/**
 * Converts by a rate of the two currencies, whichever way round it is given, and rounds once, half
 * away from zero, to the decimals of the other currency. Undefined when the rate is of others.
 */
export function convertMoney(
  amount: Money,
  { base, quote, rate }: Rate,
  currency: CurrencyCode,
): Money | undefined {
  const isDirect = base === amount.currency && quote === currency;
  const isInverse = quote === amount.currency && base === currency;
  if (!isDirect && !isInverse) return undefined;
  const [, whole = '0', fraction = ''] = RATE.exec(rate) ?? [];
  const factor = BigInt(whole + fraction);
  const scale = 10n ** BigInt(fraction.length);
  const from = 10n ** BigInt(exponentOf(amount.currency));
  const to = 10n ** BigInt(exponentOf(currency));
  const units = amount.amountMinorUnits * to;
  const [top, bottom] = isDirect ? [units * factor, from * scale] : [units * scale, from * factor];
  return money(divideRounding(top, bottom), currency);
}

function divideRounding(top: bigint, bottom: bigint): bigint {
  const doubled = (top < 0n ? -top : top) * 2n + bottom;
  const rounded = doubled / (bottom * 2n);
  return top < 0n ? -rounded : rounded;
}

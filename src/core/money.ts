import { CashbellError } from './errors.ts';
import { currencyExponents } from './currencies.ts';

/** An ISO 4217 code that stands in our exponent table. */
export type CurrencyCode = keyof typeof currencyExponents;

/** An amount in whole minor units, so that no arithmetic ever rounds. */
export interface Money {
  readonly amountMinorUnits: bigint;
  readonly currency: CurrencyCode;
}

const DECIMAL = /^([+-]?)(\d{1,24})(?:\.(\d{1,9}))?$/;

/** Accepts only a currency of our table: an unknown exponent would misread every amount. */
export function parseCurrency(text: string): CurrencyCode {
  const code = text.trim().toUpperCase();
  if (Object.hasOwn(currencyExponents, code)) return code as CurrencyCode;
  throw new CashbellError('money.currencyUnknown', { currency: text.slice(0, 12) });
}

/** Number of decimals of a currency: IDR 2, VND 0, KWD 3. `Intl` disagrees for IDR; ours rules. */
export function exponentOf(currency: CurrencyCode): number {
  return currencyExponents[currency];
}

/**
 * Reads decimal text such as `"1250000.00"`. More decimals than the currency has are accepted only
 * when they are zero, because cutting them would change the amount.
 */
export function parseMoney(text: string, currency: string): Money {
  const code = parseCurrency(currency);
  const parts = DECIMAL.exec(text.trim());
  if (!parts) throw new CashbellError('money.amountInvalid', { amount: text.slice(0, 40) });
  const [, sign, whole = '0', fraction = ''] = parts;
  const exponent = currencyExponents[code];
  if (/[1-9]/.test(fraction.slice(exponent))) {
    throw new CashbellError('money.tooManyDecimals', { amount: text, currency: code });
  }
  const units = BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
  return { amountMinorUnits: sign === '-' ? -units : units, currency: code };
}

/** Makes money from minor units that our database holds. */
export function money(amountMinorUnits: bigint, currency: string): Money {
  return { amountMinorUnits, currency: parseCurrency(currency) };
}

/** Writes decimal text with exactly the currency's decimals, as banks and our API want it. */
export function formatDecimal({ amountMinorUnits, currency }: Money): string {
  const exponent = currencyExponents[currency];
  const negative = amountMinorUnits < 0n;
  const digits = (negative ? -amountMinorUnits : amountMinorUnits)
    .toString()
    .padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const text = exponent === 0 ? whole : `${whole}.${digits.slice(-exponent)}`;
  return negative ? `-${text}` : text;
}

/** An amount in the details of an error or alert, such as `IDR 15000000.00`; texts format it. */
export function moneyText(amount: Money): string {
  return `${amount.currency} ${formatDecimal(amount)}`;
}

/** Adds amounts of one currency; different currencies are our mistake and throw. */
export function addMoney(left: Money, right: Money): Money {
  if (left.currency !== right.currency) {
    throw new CashbellError('money.currencyMixed', { left: left.currency, right: right.currency });
  }
  return {
    amountMinorUnits: left.amountMinorUnits + right.amountMinorUnits,
    currency: left.currency,
  };
}

export function negateMoney({ amountMinorUnits, currency }: Money): Money {
  return { amountMinorUnits: -amountMinorUnits, currency };
}

export function isSameMoney(left: Money, right: Money): boolean {
  return left.currency === right.currency && left.amountMinorUnits === right.amountMinorUnits;
}

/**
 * Minor-unit digits of the currencies that a wallet of the simulated world may have.
 * Written out here because the simulator shares no table with the product it is to check.
 */
const EXPONENTS: Readonly<Record<string, number>> = {
  AUD: 2,
  BHD: 3,
  CNY: 2,
  EUR: 2,
  GBP: 2,
  HKD: 2,
  IDR: 2,
  JPY: 0,
  KWD: 3,
  SGD: 2,
  THB: 2,
  USD: 2,
  VND: 0,
};

/** The number of decimals of a currency; an unknown currency is refused. */
export function exponentOf(currency: string): number {
  const exponent = EXPONENTS[currency];
  if (exponent === undefined) throw new Error(`the simulator knows no currency "${currency}"`);
  return exponent;
}

/** Reads decimal text such as "1250000.00" as minor units; digits below the minor unit are refused. */
export function parseMinorUnits(text: string, currency: string): bigint {
  const match = /^(\d{1,24})(?:\.(\d+))?$/.exec(text.trim());
  const exponent = exponentOf(currency);
  const fraction = match?.[2] ?? '';
  if (!match || fraction.replace(/0+$/, '').length > exponent) {
    throw new Error(`"${text}" is no amount in ${currency}`);
  }
  return BigInt(`${match[1]}${fraction.slice(0, exponent).padEnd(exponent, '0')}`);
}

/** Prints minor units with all decimals of the currency, as a person writes them. */
export function formatAmount(minorUnits: bigint, currency: string): string {
  const exponent = exponentOf(currency);
  const sign = minorUnits < 0n ? '-' : '';
  const digits = (minorUnits < 0n ? -minorUnits : minorUnits)
    .toString()
    .padStart(exponent + 1, '0');
  if (exponent === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/**
 * Prints minor units the way Airwallex puts them into JSON: a number without trailing zeros,
 * so that 100.10 reads 100.1. Made from the digits, because a float would lose some of them.
 */
export function toJsonNumberText(minorUnits: bigint, currency: string): string {
  const text = formatAmount(minorUnits, currency);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

import { exponentOf, parseMinorUnits } from '../money.ts';

/** What a transfer costs, fixed when it is accepted. */
export interface Quote {
  readonly sourceCurrency: string;
  readonly transferCurrency: string;
  /** Before fees, in the currency of the wallet. */
  readonly sourceMinorUnits: bigint;
  /** Before fees, in the currency of the beneficiary. */
  readonly transferMinorUnits: bigint;
  /** In the currency of the wallet. */
  readonly feeMinorUnits: bigint;
  readonly payerPaysMinorUnits: bigint;
  readonly beneficiaryReceivesMinorUnits: bigint;
  readonly conversion?: { readonly pair: string; readonly rate: string };
}

/** Fees in US dollars, decimal text; converted into the wallet's currency at the frozen rate. */
export interface Fees {
  readonly fps: string;
  readonly local: string;
  readonly swiftShared: string;
  readonly swiftPayer: string;
}

/** What the sandbox was seen to charge for a local transfer; the others are chosen. */
export const DEFAULT_FEES: Fees = {
  fps: '0.00',
  local: '3.00',
  swiftShared: '15.00',
  swiftPayer: '25.00',
};

/** Units of a currency for one US dollar, times a million. Frozen, so that a run can be repeated. */
const PER_DOLLAR: Readonly<Record<string, bigint>> = {
  AUD: 1_520_000n,
  BHD: 377_000n,
  CNY: 7_180_000n,
  EUR: 860_000n,
  GBP: 740_000n,
  HKD: 7_800_000n,
  IDR: 16_300_000_000n,
  JPY: 147_000_000n,
  KWD: 306_000n,
  SGD: 1_280_000n,
  THB: 32_500_000n,
  USD: 1_000_000n,
  VND: 26_100_000_000n,
};
const MILLION = 1_000_000n;

export interface Amounts {
  readonly sourceCurrency: string;
  readonly transferCurrency: string;
  /** The side that the company fixed; the other one follows from the rate. */
  readonly fixed: 'source' | 'transfer';
  readonly minorUnits: bigint;
  readonly feeDollars: string;
  readonly feePaidBy: 'PAYER' | 'BENEFICIARY';
}

/** Whether the frozen rates know a currency. */
export function isKnownCurrency(currency: string): boolean {
  return currency in PER_DOLLAR;
}

/** Works out all amounts of a transfer from the one that was given. */
export function quote(amounts: Amounts): Quote {
  const { sourceCurrency, transferCurrency, minorUnits } = amounts;
  const isSource = amounts.fixed === 'source';
  const source = isSource ? minorUnits : convert(minorUnits, transferCurrency, sourceCurrency);
  const transfer = isSource ? convert(minorUnits, sourceCurrency, transferCurrency) : minorUnits;
  const fee = convert(parseMinorUnits(amounts.feeDollars, 'USD'), 'USD', sourceCurrency);
  const isPayer = amounts.feePaidBy === 'PAYER';
  return {
    sourceCurrency,
    transferCurrency,
    sourceMinorUnits: source,
    transferMinorUnits: transfer,
    feeMinorUnits: fee,
    payerPaysMinorUnits: isPayer ? source + fee : source,
    beneficiaryReceivesMinorUnits: isPayer
      ? transfer
      : transfer - convert(fee, sourceCurrency, transferCurrency),
    ...(sourceCurrency === transferCurrency
      ? {}
      : { conversion: conversionOf(sourceCurrency, transferCurrency) }),
  };
}

/** Converts minor units at the frozen rate, half away from zero. */
export function convert(minorUnits: bigint, from: string, to: string): bigint {
  if (from === to) return minorUnits;
  const { base, rateMillionths } = rateOf(from, to);
  const [multiply, divide] = base === from ? [rateMillionths, MILLION] : [MILLION, rateMillionths];
  const numerator = minorUnits * multiply * 10n ** BigInt(exponentOf(to));
  return divideHalfUp(numerator, divide * 10n ** BigInt(exponentOf(from)));
}

function conversionOf(source: string, transfer: string): { pair: string; rate: string } {
  const { base, other, rateMillionths } = rateOf(source, transfer);
  const digits = rateMillionths.toString().padStart(7, '0');
  const rate = `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, '');
  return { pair: `${base}${other}`, rate };
}

/** The dearer currency is the base, so that a rate of six decimals loses little. */
function rateOf(
  one: string,
  other: string,
): { base: string; other: string; rateMillionths: bigint } {
  const [perOne, perOther] = [perDollar(one), perDollar(other)];
  const [base, quoted] = perOne <= perOther ? [one, other] : [other, one];
  const rateMillionths = divideHalfUp(perDollar(quoted) * MILLION, perDollar(base));
  return { base, other: quoted, rateMillionths };
}

function perDollar(currency: string): bigint {
  const rate = PER_DOLLAR[currency];
  if (rate === undefined) throw new Error(`the simulator has no rate for ${currency}`);
  return rate;
}

function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  return (numerator * 2n + denominator) / (denominator * 2n);
}

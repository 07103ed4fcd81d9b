import type { Random } from '../../harness/random.ts';

/** What an amount in a currency looks like: in whole units, with the decimals that the bank sends. */
interface Habit {
  readonly exponent: number;
  /** Half of all documents are below this many whole units. */
  readonly median: number;
  /** Minor units that no amount goes below: nobody in Indonesia writes sen. */
  readonly grain: bigint;
  /** Prices that people like, in minor units. */
  readonly roundGrain: bigint;
  readonly roundShare: number;
  /** What banks take, in minor units. */
  readonly fees: readonly bigint[];
  /** Units for one US dollar. */
  readonly perDollar: number;
}

const western = { exponent: 2, grain: 1n, roundGrain: 50_00n, roundShare: 0.2 };

const habits: Readonly<Record<string, Habit>> = {
  IDR: {
    exponent: 2,
    median: 24_000_000,
    grain: 100n,
    roundGrain: 50_000_00n,
    roundShare: 0.3,
    fees: [2_500_00n, 2_900_00n, 6_500_00n, 25_000_00n, 30_000_00n],
    perDollar: 16_240,
  },
  USD: { ...western, median: 6_400, fees: [10_00n, 15_00n, 20_00n, 25_00n], perDollar: 1 },
  HKD: { ...western, median: 42_000, fees: [50_00n, 65_00n, 110_00n, 220_00n], perDollar: 7.82 },
  CNY: { ...western, median: 38_000, fees: [5_00n, 15_00n, 50_00n], perDollar: 7.17 },
  AED: { ...western, median: 17_000, fees: [15_75n, 26_25n, 52_50n], perDollar: 3.6725 },
  KWD: {
    exponent: 3,
    median: 1_400,
    grain: 1n,
    roundGrain: 10_000n,
    roundShare: 0.15,
    fees: [500n, 1_000n, 1_500n, 3_000n],
    perDollar: 0.3072,
  },
  VND: {
    exponent: 0,
    median: 74_000_000,
    grain: 1n,
    roundGrain: 100_000n,
    roundShare: 0.35,
    fees: [11_000n, 22_000n, 33_000n, 55_000n],
    perDollar: 25_900,
  },
};

function habitOf(currency: string): Habit {
  const habit = habits[currency];
  if (habit === undefined) throw new Error(`no habits are known for ${currency}`);
  return habit;
}

/** The amount of a document: many small, few large, some round. */
export function drawAmount(random: Random, currency: string): bigint {
  const { exponent, median, grain, roundGrain, roundShare } = habitOf(currency);
  // Six even numbers make a bell that is good enough, of a deviation near 0.7.
  const bell = Array.from({ length: 6 }, () => random.next() - 0.5).reduce((sum, one) => sum + one);
  const units = median * Math.exp(1.7 * bell);
  const minor = BigInt(Math.round(units * 10 ** exponent));
  return toGrain(minor, random.chance(roundShare) ? roundGrain : grain);
}

/** A price off the list, as several customers have it. */
export function drawListPrice(random: Random, currency: string): bigint {
  const { roundGrain } = habitOf(currency);
  return toGrain(drawAmount(random, currency), roundGrain * 2n);
}

export function drawFee(random: Random, currency: string): bigint {
  return random.pick(habitOf(currency).fees);
}

/** A cent more or less, or what somebody rounds to whole units or thousands. */
export function drawRounding(random: Random, currency: string): bigint {
  const small: Readonly<Record<string, readonly bigint[]>> = {
    IDR: [1_00n, 5_00n, 50_00n, 400_00n],
    VND: [1n, 50n, 500n],
    KWD: [1n, 5n, 50n],
  };
  return random.pick(small[currency] ?? [1n, 1n, 2n, 50n]) * (random.chance(0.5) ? 1n : -1n);
}

/** A part of an amount, never finer than people write it. */
export function partOf(amount: bigint, perMille: number, currency: string): bigint {
  const sign = amount < 0n ? -1n : 1n;
  return sign * toGrain((sign * amount * BigInt(perMille)) / 1000n, habitOf(currency).grain);
}

/** Swaps two neighbouring digits; undefined when all are alike. Trailing sen stay as they are. */
export function transposeAmount(
  random: Random,
  amount: bigint,
  currency: string,
): bigint | undefined {
  const tail = habitOf(currency).grain === 100n ? 2 : 0;
  const digits = (amount < 0n ? -amount : amount).toString();
  const head = digits.slice(0, digits.length - tail);
  const swapped = transposeDigits(random, head);
  if (swapped === undefined) return undefined;
  const value = BigInt(swapped + digits.slice(digits.length - tail));
  return amount < 0n ? -value : value;
}

/** Swaps two neighbouring digits after the first one. */
export function transposeDigits(random: Random, digits: string): string | undefined {
  const places = [...digits].flatMap((digit, index) =>
    index > 0 && index + 1 < digits.length && digit !== digits[index + 1] ? [index] : [],
  );
  if (places.length === 0) return undefined;
  const at = random.pick(places);
  return digits.slice(0, at) + digits[at + 1] + digits[at] + digits.slice(at + 2);
}

/** The rate of a day for one US dollar, around its usual height. */
function rateOf(random: Random, currency: string): number {
  return habitOf(currency).perDollar * (1 + (random.next() - 0.5) * 0.012);
}

/** Converts at a rate of the day; the rate as the bank prints it. */
export function exchange(
  random: Random,
  from: { readonly amount: bigint; readonly currency: string },
  currency: string,
): { readonly amount: bigint; readonly rate: string } {
  const rate = rateOf(random, currency) / rateOf(random, from.currency);
  const printed = rate >= 100 ? rate.toFixed(2) : rate.toPrecision(6);
  const shift = habitOf(currency).exponent - habitOf(from.currency).exponent;
  const amount = Math.round(Number(from.amount) * Number(printed) * 10 ** shift);
  return { amount: BigInt(amount), rate: printed };
}

/** Decimal text with the decimals of the currency. */
export function decimalText(amount: bigint, currency: string): string {
  const { exponent } = habitOf(currency);
  const digits = (amount < 0n ? -amount : amount).toString().padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const sign = amount < 0n ? '-' : '';
  return exponent === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-exponent)}`;
}

/** Decimal text as banks print it inside a narrative. */
export function printedText(amount: bigint, currency: string): string {
  return decimalText(amount < 0n ? -amount : amount, currency).replace(
    /\B(?=(\d{3})+(?!\d)(?=\.|$))/g,
    ',',
  );
}

function toGrain(amount: bigint, grain: bigint): bigint {
  const rounded = ((amount + grain / 2n) / grain) * grain;
  return rounded > 0n ? rounded : grain;
}

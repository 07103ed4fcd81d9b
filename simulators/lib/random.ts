/**
 * All chance in a simulator comes from one seed, so that a run can be repeated.
 * The generator is mulberry32: small, fast and good enough for choosing faults and amounts.
 */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number;
  /** One of the given values. */
  pick<T>(values: readonly T[]): T;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** The given number of decimal digits as text. */
  digits(count: number): string;
}

/** Makes a generator; two generators of one seed give the same sequence. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const whole = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    whole,
    pick: (values) => {
      const value = values[whole(0, values.length - 1)];
      if (value === undefined) throw new Error('pick needs at least one value');
      return value;
    },
    chance: (probability) => next() < probability,
    digits: (count) => Array.from({ length: count }, () => whole(0, 9)).join(''),
  };
}

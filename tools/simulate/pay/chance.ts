import { createRandom } from '../../harness/random.ts';
import type { Random } from '../../harness/random.ts';

/** Chance of one part of the world, so that another part's choices do not disturb it. */
export interface Chance extends Random {
  /** A duration with this mean: mostly short, now and then long. */
  exponential(meanMs: number): number;
  /** A duration between the two, both ends equally likely. */
  between(leastMs: number, mostMs: number): number;
  weighted<T>(choices: readonly (readonly [choice: T, weight: number])[]): T;
}

export function createChance(seed: number, part: number): Chance {
  const random = createRandom(Math.imul(seed, 0x9e3779b1) + Math.imul(part, 0x85ebca6b));
  return {
    ...random,
    exponential: (meanMs) => Math.round(-Math.log(1 - random.next()) * meanMs),
    between: (leastMs, mostMs) => random.whole(leastMs, mostMs),
    weighted: (choices) => {
      let left = random.next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [choice, weight] of choices) {
        left -= weight;
        if (left < 0) return choice;
      }
      throw new Error('weighted needs at least one weight');
    },
  };
}

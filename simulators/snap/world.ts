import { createClock } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import { createFaults } from '../lib/faults.ts';
import type { Faults } from '../lib/faults.ts';
import { createRandom } from '../lib/random.ts';
import type { Random } from '../lib/random.ts';
import { Books } from './books.ts';
import { CallLog } from './call-log.ts';
import { fillDefaultWorld } from './default-world.ts';
import { FAULTS } from './faults.ts';
import { Partners } from './partners.ts';
import type { BankCode } from './profiles.ts';

/** Everything that the simulator remembers. A restart forgets it. */
export interface World {
  readonly seed: number;
  readonly clock: Clock;
  /** Chance for faults and identifiers; the default world has a generator of its own. */
  readonly random: Random;
  readonly faults: Faults;
  readonly partners: Partners;
  readonly books: Books;
  readonly calls: CallLog;
  readonly tokens: Map<string, { readonly bank: BankCode; readonly expiresAt: number }>;
  /** X-EXTERNAL-IDs seen, by bank and day. */
  readonly externalIds: Map<string, Set<string>>;
}

/** What a world is made from. */
export interface WorldOptions {
  readonly seed: number;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Number of the first movement; 1 by default. */
  readonly firstReference?: number;
}

/** Makes the default world of a seed. */
export function createWorld(options: WorldOptions): World {
  const { seed, clock = createClock(), random = createRandom(seed) } = options;
  const books = new Books(options.firstReference ?? 1);
  fillDefaultWorld(books, createRandom(seed), clock.now());
  return {
    seed,
    clock,
    random,
    faults: createFaults(Object.keys(FAULTS), random),
    // Credentials come from the seed alone, whatever chance was used for before.
    partners: new Partners(createRandom(seed + 1)),
    books,
    calls: new CallLog(),
    tokens: new Map(),
    externalIds: new Map(),
  };
}

import type { Movement } from './books.ts';
import type { Deliveries } from './deliveries.ts';
import { formatAmount } from './money.ts';
import type { World } from './world.ts';

/** A bulk load: so many credits, at once or so many a second. */
export interface Load {
  readonly count: number;
  readonly perSecond: number | undefined;
  /** One account, or all in turn. */
  readonly account: string | undefined;
  readonly push: boolean;
  /** Calls are made in random order within groups of this size; 1 keeps the order. */
  readonly reorder: number;
}

const TICK_MS = 20;

/** Makes movements in bulk. */
export class Generator {
  readonly #world: World;
  readonly #deliveries: Deliveries;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(world: World, deliveries: Deliveries) {
    this.#world = world;
    this.#deliveries = deliveries;
  }

  /** Starts a load; answers the references that exist already, all of them without `perSecond`. */
  start(load: Load): string[] {
    const run = { done: 0, group: [] as Movement[], load };
    if (load.perSecond === undefined) return this.#make(run, load.count);
    const rate = load.perSecond;
    const started = performance.now();
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - started) / 1000) * rate);
      this.#make(run, Math.min(due, load.count) - run.done);
      if (run.done < load.count) return;
      clearInterval(timer);
      this.#timers.delete(timer);
    }, TICK_MS);
    this.#timers.add(timer);
    return [];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers.clear();
  }

  #make(run: { done: number; group: Movement[]; load: Load }, count: number): string[] {
    const made: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const movement = this.#credit(run.load, run.done);
      run.done += 1;
      made.push(movement.reference);
      run.group.push(movement);
      if (run.group.length >= run.load.reorder || run.done === run.load.count) {
        this.#tellGroup(run.group.splice(0), run.load.push);
      }
    }
    return made;
  }

  #credit(load: Load, index: number): Movement {
    const { books, random, clock } = this.#world;
    const accounts = books.all();
    const account = load.account ?? accounts[index % accounts.length]?.account ?? '';
    const order = {
      account,
      creditDebitIndicator: 'credit' as const,
      amount: formatAmount(BigInt(random.whole(10, 50_000)) * 1000_00n),
      counterparty: random.pick(['BUDI SANTOSO', 'SITI AMINAH', 'CV MAJU JAYA', 'PT SINAR ABADI']),
      remark: `INV ${random.digits(6)}`,
      push: load.push,
    };
    return books.enter(order, clock.now());
  }

  #tellGroup(group: readonly Movement[], push: boolean): void {
    if (!push) return;
    const { random } = this.#world;
    const keyed = group.map((movement) => ({ movement, key: random.next() }));
    const order = group.length > 1 ? keyed.toSorted((a, b) => a.key - b.key) : keyed;
    for (const { movement } of order) this.#deliveries.tell(movement);
  }
}

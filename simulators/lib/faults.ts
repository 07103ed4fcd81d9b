import type { Random } from './random.ts';

/** A fault that is switched on: for so many times, or with a probability, until switched off. */
export interface Fault {
  readonly name: string;
  /** Strikes left; absent means until switched off. */
  count?: number;
  /** Chance of striking when asked, 1 when absent. */
  readonly probability?: number;
  /** Any further setting, such as `ms` for a delay or `size` for a page. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The named faults of one simulator. An unknown name is refused, so that a test cannot set one in vain. */
export interface Faults {
  set(fault: { name: string; count?: number; probability?: number; [key: string]: unknown }): void;
  clear(name?: string): void;
  list(): Fault[];
  /** Asks whether the fault strikes now; a strike is counted. */
  strikes(name: string): Fault | undefined;
}

/** Makes the fault switchboard over the names that this simulator knows. */
export function createFaults(known: readonly string[], random: Random): Faults {
  const active = new Map<string, Fault>();
  return {
    set({ name, count, probability, ...settings }) {
      if (!known.includes(name)) {
        throw new Error(`unknown fault "${name}"; known: ${known.join(', ')}`);
      }
      active.set(name, {
        name,
        ...(count === undefined ? {} : { count }),
        ...(probability === undefined ? {} : { probability }),
        settings,
      });
    },
    clear(name) {
      if (name === undefined) active.clear();
      else active.delete(name);
    },
    list: () => [...active.values()],
    strikes(name) {
      const fault = active.get(name);
      if (!fault) return undefined;
      if (fault.probability !== undefined && !random.chance(fault.probability)) return undefined;
      if (fault.count !== undefined) {
        fault.count -= 1;
        if (fault.count <= 0) active.delete(name);
      }
      return fault;
    },
  };
}

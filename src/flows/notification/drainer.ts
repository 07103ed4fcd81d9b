import type { Ring } from './announce.ts';

/** Drains many destinations at once, each by one drain at a time. */
export interface Drainer {
  /** Something new waits at these destinations. */
  ring(rings: readonly Ring[]): void;
  /** Destinations that are being drained now. */
  readonly busy: number;
  stop(): Promise<void>;
}

export interface DrainerOptions {
  readonly drain: (place: Ring) => Promise<{ readonly waitUntilMs?: number }>;
  /** Finds destinations that have work although nobody rang: after a crash, or when a wait ends. */
  readonly findDue: () => Promise<readonly (Ring & { readonly isEarly?: boolean })[]>;
  readonly onError: (error: unknown) => void;
  readonly sweepMs?: number;
}

const CONCURRENCY = 48;
const SWEEP_MS = 1_000;
/** Longer waits are left to the sweep. */
const TIMER_MAX_MS = 60_000;

export function startDrainer(options: DrainerOptions): Drainer {
  const queue = new Map<string, Ring>();
  const underWay = new Map<string, { again: boolean }>();
  const timers = new Map<string, NodeJS.Timeout>();
  /** Waits that are too long for a timer; until then the sweep need not look again. */
  const longWaits = new Map<string, number>();
  let isStopping = false;
  let running = 0;
  const idle = new Set<() => void>();

  const start = (): void => {
    for (const [key, place] of queue) {
      if (running >= CONCURRENCY || isStopping) return;
      queue.delete(key);
      running += 1;
      longWaits.delete(key);
      underWay.set(key, { again: false });
      void work(key, place);
    }
  };
  const work = async (key: string, place: Ring): Promise<void> => {
    try {
      const { waitUntilMs } = await options.drain(place);
      if (waitUntilMs !== undefined) wakeAt(key, place, waitUntilMs);
    } catch (error) {
      options.onError(error);
    } finally {
      running -= 1;
      const isWanted = underWay.get(key)?.again === true;
      underWay.delete(key);
      if (isWanted && !isStopping) queue.set(key, place);
      if (running === 0) for (const resolve of idle) resolve();
      start();
    }
  };
  const wakeAt = (key: string, place: Ring, atMs: number): void => {
    clearTimeout(timers.get(key));
    const delay = Math.max(0, atMs - Date.now());
    if (isStopping) return;
    if (delay > TIMER_MAX_MS) {
      longWaits.set(key, atMs);
      return;
    }
    timers.set(
      key,
      setTimeout(() => {
        timers.delete(key);
        ring([place]);
      }, delay),
    );
  };
  const ring = (rings: readonly Ring[]): void => {
    if (isStopping) return;
    for (const place of rings) {
      const key = `${place.orgId}/${place.destinationId}`;
      const current = underWay.get(key);
      if (current) current.again = true;
      else queue.set(key, place);
    }
    start();
  };
  let isSweeping = false;
  const sweep = setInterval(() => {
    if (isSweeping) return;
    isSweeping = true;
    options
      .findDue()
      .then((due) => ring(due.filter(isQuiet)), options.onError)
      .finally(() => {
        isSweeping = false;
      });
  }, options.sweepMs ?? SWEEP_MS);
  const isQuiet = (place: Ring & { readonly isEarly?: boolean }): boolean => {
    const key = `${place.orgId}/${place.destinationId}`;
    // A plan of ours holds until somebody changes it: then its time has come, and it is not early.
    const hasPlan = timers.has(key) || (longWaits.get(key) ?? 0) > Date.now();
    return !underWay.has(key) && !(place.isEarly === true && hasPlan);
  };
  return {
    ring,
    get busy() {
      return running;
    },
    stop: async () => {
      isStopping = true;
      clearInterval(sweep);
      for (const timer of timers.values()) clearTimeout(timer);
      queue.clear();
      if (running > 0) await new Promise<void>((resolve) => idle.add(resolve));
    },
  };
}

import type { Ring } from '../notification/announce.ts';

/** Takes stored messages through as soon as they are there. */
export interface Ingester {
  /** Messages were stored. */
  kick(): void;
  stop(): Promise<void>;
}

const SWEEP_MS = 1_000;
const FAILED_PAUSE_MS = 500;

/** Runs one batch after the other while there are messages; a sweep finds what nobody rang for. */
export function startIngester(options: {
  readonly ingest: () => Promise<{ readonly hasMore: boolean; readonly rings: readonly Ring[] }>;
  readonly onRings: (rings: readonly Ring[]) => void;
  readonly onError: (error: unknown) => void;
}): Ingester {
  let isWanted = false;
  let running: Promise<void> | undefined;
  let isStopping = false;

  const run = async (): Promise<void> => {
    while (isWanted && !isStopping) {
      isWanted = false;
      try {
        const { hasMore, rings } = await options.ingest();
        if (rings.length > 0) options.onRings(rings);
        if (hasMore) isWanted = true;
      } catch (error) {
        // The messages are on disk and stay claimed by nobody; the sweep comes back to them.
        options.onError(error);
        await new Promise<void>((resolve) => setTimeout(resolve, FAILED_PAUSE_MS));
      }
    }
  };
  const kick = (): void => {
    isWanted = true;
    if (running || isStopping) return;
    running = run().finally(() => {
      running = undefined;
      if (isWanted) kick();
    });
  };
  const sweep = setInterval(kick, SWEEP_MS);
  return {
    kick,
    stop: async () => {
      isStopping = true;
      clearInterval(sweep);
      await running;
    },
  };
}

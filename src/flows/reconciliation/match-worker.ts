/** Matches what waits, as soon as it is told that there is something. */
export interface MatchWorker {
  kick(): void;
  stop(): Promise<void>;
}

/** What nobody rang for is found so much later at most. */
const SWEEP_MS = 20_000;
/** Items that come one by one in a burst are looked at together. */
const GATHER_MS = 300;

/** Runs one look after the other while there is something to match. */
export function startMatchWorker(options: {
  /** Matches what waits; tells whether there was anything. */
  readonly match: () => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}): MatchWorker {
  let running: Promise<void> | undefined;
  let isWanted = false;
  let isStopping = false;
  let timer: NodeJS.Timeout | undefined;

  const run = async (): Promise<void> => {
    try {
      while (isWanted && !isStopping) {
        isWanted = false;
        await options.match();
      }
    } catch (error) {
      options.onError(error);
    }
  };
  const start = (): void => {
    timer = undefined;
    if (running || isStopping) return;
    running = run().finally(() => {
      running = undefined;
      if (isWanted) kick();
    });
  };
  const kick = (): void => {
    isWanted = true;
    if (isStopping || running) return;
    timer ??= setTimeout(start, GATHER_MS);
  };
  const sweep = setInterval(kick, SWEEP_MS);
  kick();
  return {
    kick,
    stop: async () => {
      isStopping = true;
      clearInterval(sweep);
      clearTimeout(timer);
      await running;
    },
  };
}

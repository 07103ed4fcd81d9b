/** The simulator's clock: the machine's time plus an offset that a test can set. */
export interface Clock {
  now(): Date;
  offsetMs(): number;
  setOffsetMs(offsetMs: number): void;
}

/** Makes a clock that starts level with the machine's. */
export function createClock(): Clock {
  let offset = 0;
  return {
    now: () => new Date(Date.now() + offset),
    offsetMs: () => offset,
    setOffsetMs: (offsetMs) => {
      offset = offsetMs;
    },
  };
}

/** Runs so many pieces of work at once; the others wait in the order in which they came. */
export interface Limit {
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

export function createLimit(most: number): Limit {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    run: async (work) => {
      if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      try {
        return await work();
      } finally {
        // The place goes straight to the next, so that nobody slips in between.
        const next = waiting.shift();
        if (next) next();
        else running -= 1;
      }
    },
  };
}

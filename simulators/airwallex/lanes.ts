/** Lets only so many of the given actions run at once; the others wait in order. */
export function createLanes(count: number): <T>(action: () => Promise<T>) => Promise<T> {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (action) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await action();
    } finally {
      // A lane is handed over directly, so that a newcomer cannot overtake who waits.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

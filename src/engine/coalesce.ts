/**
 * Gathers items that arrive while earlier ones are being written and hands them over together.
 * With nothing under way an item leaves at once, so that a quiet system answers at once and a busy
 * one shares its commits.
 */
export interface Coalescer<Item, Result> {
  /** Resolves or rejects with what the writer said of this item. */
  add(item: Item): Promise<Result>;
  /** Items that wait for a place. */
  readonly waiting: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export function createCoalescer<Item, Result>(options: {
  readonly write: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly itemsMax: number;
  /** Batches under way at once. */
  readonly concurrency: number;
}): Coalescer<Item, Result> {
  const queue: Waiting<Item, Result>[] = [];
  let running = 0;

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, options.itemsMax);
      try {
        const results = await options.write(batch.map(({ item }) => item));
        batch.forEach(({ resolve, reject }, index) => {
          const result = results[index];
          if (result === undefined) reject(new Error('the writer left an item without a result'));
          else resolve(result);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  };
  const start = (): void => {
    if (running >= options.concurrency) return;
    running += 1;
    // Items of the same moment share the batch; while one is under way the others gather anyway.
    queueMicrotask(() => {
      void drain().finally(() => {
        running -= 1;
        if (queue.length > 0) start();
      });
    });
  };
  return {
    add: (item) =>
      new Promise<Result>((resolve, reject) => {
        queue.push({ item, resolve, reject });
        start();
      }),
    get waiting() {
      return queue.length;
    },
  };
}

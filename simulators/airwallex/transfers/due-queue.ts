/** What is to be done later, by the time at which it is due; equal times keep their order. */
export interface DueQueue<T> {
  add(atMs: number, item: T): void;
  /** The first item that is due, taken out. */
  take(nowMs: number): T | undefined;
  nextMs(): number | undefined;
  clear(): void;
}

interface Entry<T> {
  readonly atMs: number;
  readonly order: number;
  readonly item: T;
}

/** Makes an empty queue, a binary heap: tens of thousands of steps may wait at once. */
export function createDueQueue<T>(): DueQueue<T> {
  const heap: Entry<T>[] = [];
  let added = 0;
  const isBefore = (one: Entry<T> | undefined, other: Entry<T> | undefined): boolean =>
    one !== undefined &&
    other !== undefined &&
    (one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order));

  function swap(one: number, other: number): void {
    const [left, right] = [heap[one], heap[other]];
    if (!left || !right) return;
    heap[one] = right;
    heap[other] = left;
  }

  function sink(): void {
    for (let index = 0; ; ) {
      const left = index * 2 + 1;
      const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
      if (!isBefore(heap[child], heap[index])) return;
      swap(index, child);
      index = child;
    }
  }

  return {
    add(atMs, item) {
      added += 1;
      heap.push({ atMs, order: added, item });
      for (let index = heap.length - 1; index > 0; ) {
        const parent = (index - 1) >> 1;
        if (!isBefore(heap[index], heap[parent])) return;
        swap(index, parent);
        index = parent;
      }
    },
    take(nowMs) {
      const first = heap[0];
      if (!first || first.atMs > nowMs) return undefined;
      swap(0, heap.length - 1);
      heap.pop();
      sink();
      return first.item;
    },
    nextMs: () => heap[0]?.atMs,
    clear: () => {
      heap.length = 0;
    },
  };
}

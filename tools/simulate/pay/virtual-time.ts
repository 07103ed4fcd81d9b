/** A process of the simulated world. What it was doing when it died is never gone on with. */
export interface Mortal {
  isDead: boolean;
}

/**
 * Time that passes only when nobody has anything left to do. One piece of work runs at a time, until
 * it pauses, waits or ends; so a run depends on nothing but its seed.
 */
export interface VirtualTime {
  nowMs(): number;
  /** Calls back at a moment, now at the earliest. */
  at(atMs: number, call: () => void): void;
  /** Begins work of a process at this moment. */
  start(owner: Mortal, work: () => Promise<void>): void;
  pause(owner: Mortal, ms: number): Promise<void>;
  /** Waits for an answer; with a patience, for this value when none has come. */
  wait<T>(
    owner: Mortal,
    ask: (answer: (value: T) => void) => void,
    patience: { readonly ms: number; readonly value: T },
  ): Promise<T>;
  /** Never returns: whoever dies does nothing any more. */
  die(owner: Mortal): Promise<never>;
  /** Lets everything happen until this moment or until nothing is left; returns what happened. */
  run(untilMs: number): Promise<number>;
}

interface Happening {
  readonly atMs: number;
  readonly order: number;
  /** Whose work goes on; the next happening waits until that work pauses. */
  readonly owner: Mortal | undefined;
  readonly call: () => void;
}

export function createVirtualTime(beginMs: number): VirtualTime {
  const queue = createQueue();
  let nowMs = beginMs;
  let order = 0;
  let onParked = (): void => {};
  let failure: { readonly error: unknown } | undefined;

  const push = (atMs: number, owner: Mortal | undefined, call: () => void): void => {
    order += 1;
    queue.push({ atMs: Math.max(atMs, nowMs), order, owner, call });
  };
  const end = (): void => onParked();
  const fail = (error: unknown): void => {
    failure = { error };
    onParked();
  };

  return {
    nowMs: () => nowMs,
    at: (atMs, call) => push(atMs, undefined, call),
    start: (owner, work) => push(nowMs, owner, () => void work().then(end, fail)),
    pause: (owner, ms) =>
      new Promise<void>((resolve) => {
        push(nowMs + ms, owner, resolve);
        onParked();
      }),
    wait: <T>(
      owner: Mortal,
      ask: (answer: (value: T) => void) => void,
      patience: { readonly ms: number; readonly value: T },
    ) =>
      new Promise<T>((resolve) => {
        let isOver = false;
        const answer = (value: T): void => {
          if (isOver) return;
          isOver = true;
          push(nowMs, owner, () => resolve(value));
        };
        push(nowMs + patience.ms, undefined, () => answer(patience.value));
        ask(answer);
        onParked();
      }),
    die: (owner) => {
      owner.isDead = true;
      onParked();
      return new Promise<never>(() => {});
    },
    run: async (untilMs) => {
      let count = 0;
      for (;;) {
        const next = queue.pop(untilMs);
        if (!next) return count;
        count += 1;
        nowMs = next.atMs;
        if (!next.owner) {
          next.call();
        } else if (!next.owner.isDead) {
          const parked = new Promise<void>((resolve) => {
            onParked = resolve;
          });
          next.call();
          await parked;
          if (failure) throw failure.error;
        }
      }
    },
  };
}

interface Queue {
  push(happening: Happening): void;
  /** Takes the earliest one, unless it lies after this moment. */
  pop(untilMs: number): Happening | undefined;
}

/** A binary heap; of the same moment, what was pushed first comes first. */
function createQueue(): Queue {
  const heap: Happening[] = [];
  const isBefore = (left: Happening, right: Happening): boolean =>
    left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);

  const rise = (from: number): void => {
    let index = from;
    const moved = heap[index];
    while (moved && index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (!parent || !isBefore(moved, parent)) break;
      heap[index] = parent;
      heap[parentIndex] = moved;
      index = parentIndex;
    }
  };
  const sink = (): void => {
    let index = 0;
    const moved = heap[0];
    for (;;) {
      const leftIndex = index * 2 + 1;
      const left = heap[leftIndex];
      const right = heap[leftIndex + 1];
      if (!moved || !left) return;
      const isRight = right !== undefined && isBefore(right, left);
      const least = isRight ? right : left;
      if (!isBefore(least, moved)) return;
      const leastIndex = isRight ? leftIndex + 1 : leftIndex;
      heap[index] = least;
      heap[leastIndex] = moved;
      index = leastIndex;
    }
  };

  return {
    push: (happening) => {
      heap.push(happening);
      rise(heap.length - 1);
    },
    pop: (untilMs) => {
      const first = heap[0];
      if (!first || first.atMs > untilMs) return undefined;
      const last = heap.pop();
      if (last && heap.length > 0) {
        heap[0] = last;
        sink();
      }
      return first;
    },
  };
}

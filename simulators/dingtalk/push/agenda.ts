/** Tasks that are due later, in simulated time: a clock that is set forward brings them nearer. */
export interface Agenda {
  /** Runs the task after so many milliseconds; the answer takes it off again. */
  after(ms: number, task: () => void): () => void;
  /** The clock was set forward: whatever falls into that span is run now, in order. */
  advance(ms: number): void;
  stop(): void;
}

interface Entry {
  dueMs: number;
  readonly task: () => void;
  timer: NodeJS.Timeout | undefined;
}

/** What a timer of Node can hold; longer waits would fire at once. */
const TIMER_MS_MAX = 2_147_483_647;

/** Makes an empty agenda. */
export function createAgenda(): Agenda {
  const entries = new Set<Entry>();
  // While the clock jumps, a task sees the moment at which it was due, so that a chain of waits
  // runs as far as the jump reaches.
  let jumpingAtMs: number | undefined;
  let isStopped = false;
  const arm = (entry: Entry): void => {
    clearTimeout(entry.timer);
    const waitMs = Math.min(Math.max(0, entry.dueMs - performance.now()), TIMER_MS_MAX);
    entry.timer = setTimeout(() => run(entry), waitMs);
    entry.timer.unref();
  };
  const remove = (entry: Entry): boolean => {
    clearTimeout(entry.timer);
    return entries.delete(entry);
  };
  const run = (entry: Entry): void => {
    if (remove(entry)) entry.task();
  };
  return {
    after(ms, task) {
      const dueMs = (jumpingAtMs ?? performance.now()) + ms;
      const entry: Entry = { dueMs, task, timer: undefined };
      // Sockets close after the end and would begin waits for a world that is gone.
      if (isStopped) return () => undefined;
      entries.add(entry);
      arm(entry);
      return () => {
        remove(entry);
      };
    },
    advance(ms) {
      if (ms <= 0) return;
      const startMs = performance.now();
      for (let next = first(entries); next; next = first(entries)) {
        if (next.dueMs > startMs + ms) break;
        jumpingAtMs = Math.max(next.dueMs, startMs);
        run(next);
      }
      jumpingAtMs = undefined;
      for (const entry of entries) {
        entry.dueMs -= ms;
        arm(entry);
      }
    },
    stop() {
      isStopped = true;
      for (const entry of entries) clearTimeout(entry.timer);
      entries.clear();
    },
  };
}

function first(entries: ReadonlySet<Entry>): Entry | undefined {
  let earliest: Entry | undefined;
  for (const entry of entries) if (!earliest || entry.dueMs < earliest.dueMs) earliest = entry;
  return earliest;
}

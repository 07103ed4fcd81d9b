/** Counts events in a moving span of time; constant work per event, so that it costs nothing under load. */
export interface SlidingWindow {
  /** Takes one event now, or refuses it because the span already holds as many as allowed. */
  take(nowMs: number, limit: number): boolean;
  /** Events inside the span now. */
  used(nowMs: number): number;
  clear(): void;
}

/** Makes a window over the last `spanMs` milliseconds. */
export function createSlidingWindow(spanMs: number): SlidingWindow {
  let times: number[] = [];
  let head = 0;
  const forget = (nowMs: number): void => {
    // A clock that a test moved back must not leave events in the future for ever.
    while (head < times.length) {
      const time = times[head] ?? 0;
      if (nowMs - time < spanMs && time <= nowMs) break;
      head += 1;
    }
    if (head > 1024 && head * 2 > times.length) {
      times = times.slice(head);
      head = 0;
    }
  };
  return {
    take(nowMs, limit) {
      forget(nowMs);
      if (times.length - head >= limit) return false;
      times.push(nowMs);
      return true;
    },
    used(nowMs) {
      forget(nowMs);
      return times.length - head;
    },
    clear() {
      times = [];
      head = 0;
    },
  };
}

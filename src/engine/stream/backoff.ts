const PAUSE_MIN_MS = 1_000;
/** With its jitter the longest pause is a minute. */
const PAUSE_MAX_MS = 40_000;

/**
 * Pause after so many failures in a row: from one second, doubling, to a minute. Chance is added, so
 * that many clients that lost the same gateway do not come back in one moment.
 */
export function reconnectPauseMs(failures: number, random: number): number {
  const doubled = PAUSE_MIN_MS * 2 ** Math.min(Math.max(failures - 1, 0), 10);
  return Math.round(Math.min(PAUSE_MAX_MS, doubled) * (1 + random / 2));
}

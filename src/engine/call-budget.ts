import { CashbellError } from '#core/errors.ts';

/** Keeps the calls of one connection within what the bank allows per minute. */
export interface CallBudget {
  /** Takes one call, or throws `transport.budgetExhausted` with the seconds until the next. */
  take(connectionId: string, perMinute: number, nowMs: number): void;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Token buckets: the whole minute's calls may go at once, then they come back evenly. */
export function createCallBudget(): CallBudget {
  const buckets = new Map<string, Bucket>();
  return {
    take: (connectionId, perMinute, nowMs) => {
      const bucket = buckets.get(connectionId) ?? { tokens: perMinute, atMs: nowMs };
      // A clock that was set back must not take away what was earned.
      const sinceMs = Math.max(0, nowMs - bucket.atMs);
      const refilled = bucket.tokens + (sinceMs * perMinute) / 60_000;
      bucket.tokens = Math.min(perMinute, refilled);
      bucket.atMs = nowMs;
      buckets.set(connectionId, bucket);
      if (bucket.tokens < 1) {
        const waitSeconds = Math.ceil(((1 - bucket.tokens) * 60) / perMinute);
        throw new CashbellError('transport.budgetExhausted', { perMinute, waitSeconds });
      }
      bucket.tokens -= 1;
    },
  };
}

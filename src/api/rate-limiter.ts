import { CashbellError } from '#core/errors.ts';

/** A bucket of tokens per key, in the memory of this process. */
export interface RateLimiter {
  /** Takes one, or throws `api.rateLimited` with the seconds to wait. */
  take(key: string): void;
  /** Throws likewise when none is left, and takes none. */
  peek(key: string): void;
}

const KEYS_MAX = 10_000;

export function createRateLimiter(options: {
  readonly perMinute: number;
  readonly nowMs: () => number;
}): RateLimiter {
  const { perMinute, nowMs } = options;
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const fill = (key: string): { tokens: number; atMs: number } => {
    const atMs = nowMs();
    const known = buckets.get(key);
    const gained = known ? ((atMs - known.atMs) * perMinute) / 60_000 : 0;
    const tokens = known ? Math.min(perMinute, known.tokens + Math.max(0, gained)) : perMinute;
    return { tokens, atMs };
  };
  const demand = (key: string): { tokens: number; atMs: number } => {
    const bucket = fill(key);
    if (bucket.tokens >= 1) return bucket;
    const retryAfterSeconds = Math.max(1, Math.ceil(((1 - bucket.tokens) * 60) / perMinute));
    throw new CashbellError('api.rateLimited', { retryAfterSeconds, perMinute });
  };
  return {
    peek: (key) => {
      if (buckets.has(key)) demand(key);
    },
    take: (key) => {
      const { tokens, atMs } = demand(key);
      // The oldest key goes first: whoever has been quiet longest has a full bucket anyway.
      buckets.delete(key);
      if (buckets.size >= KEYS_MAX) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      buckets.set(key, { tokens: tokens - 1, atMs });
    },
  };
}

/**
 * The monthly budgets of a free organisation (dingtalk.md 2.3,
 * `dingtalk-application-development-platform-billing-model`).
 */
export interface Quotas {
  /** Counts one call of the bucket, or refuses it because the month's budget is used up. */
  take(bucket: QuotaBucket): boolean;
  view(): QuotaView;
  setUsed(bucket: QuotaBucket, used: number): void;
  setLimit(bucket: QuotaBucket, limit: number): void;
  setGraceMs(graceMs: number): void;
}

export type QuotaBucket = 'apiCalls' | 'webhookCalls';

export interface QuotaView {
  readonly month: string;
  readonly apiCalls: number;
  readonly webhookCalls: number;
  readonly limits: { readonly apiCalls: number; readonly webhookCalls: number };
  readonly graceMs: number;
}

// A calendar month is one of China, where the quota is sold.
const CHINA_OFFSET_MS = 8 * 3_600_000;

/** Starts the books of the current month; a clock moved into another month starts them anew. */
export function createQuotas(now: () => number): Quotas {
  const used = { apiCalls: 0, webhookCalls: 0 };
  const limits = { apiCalls: 5000, webhookCalls: 3000 };
  // DingTalk grants "up to" five days of grace on API calls; none is the case that must be survived.
  let graceMs = 0;
  let exhaustedAtMs: number | undefined;
  let month = '';
  const turn = (): void => {
    const current = new Date(now() + CHINA_OFFSET_MS).toISOString().slice(0, 7);
    if (current === month) return;
    month = current;
    used.apiCalls = 0;
    used.webhookCalls = 0;
    exhaustedAtMs = undefined;
  };
  const inGrace = (bucket: QuotaBucket): boolean => {
    if (bucket !== 'apiCalls' || graceMs === 0) return false;
    exhaustedAtMs ??= now();
    return now() - exhaustedAtMs < graceMs;
  };
  return {
    take(bucket) {
      turn();
      if (used[bucket] >= limits[bucket] && !inGrace(bucket)) return false;
      used[bucket] += 1;
      return true;
    },
    view() {
      turn();
      return { month, ...used, limits: { ...limits }, graceMs };
    },
    setUsed(bucket, count) {
      turn();
      used[bucket] = count;
      exhaustedAtMs = undefined;
    },
    setLimit(bucket, limit) {
      limits[bucket] = limit;
    },
    setGraceMs(value) {
      graceMs = value;
    },
  };
}

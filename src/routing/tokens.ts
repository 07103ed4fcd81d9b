/** Limits of one destination; see {@link defaultLimits}. */
export interface DeliveryLimits {
  /** Messages that the destination takes in one window. */
  readonly perWindow: number;
  readonly windowMs: number;
  /** Added to the window, because DingTalk's clock is not ours and sending takes time. */
  readonly safetyMs: number;
  /** Messages per window that normal notices never take. */
  readonly urgentReserve: number;
  /**
   * Urgent messages may always follow each other at this distance, whatever else is sent. Bounds
   * the wait of an urgent notice; a longer one leaves more for normal notices.
   */
  readonly urgentGapMs: number;
  /** Notices in one digest. */
  readonly digestMax: number;
  /** Fold when more notices wait than messages are left. */
  readonly foldWhenWaiting: boolean;
  /** Fold when telling one by one would take longer. */
  readonly backlogMaxMs: number;
}

/** A custom robot: 20 messages a minute, then ten minutes of silence (dingtalk.md section 1.5). */
export const defaultLimits: DeliveryLimits = {
  perWindow: 20,
  windowMs: 60_000,
  safetyMs: 1_500,
  urgentReserve: 4,
  urgentGapMs: 4_400,
  digestMax: 100,
  foldWhenWaiting: true,
  backlogMaxMs: 20_000,
};

/** Sends that still count at a moment, as the times at which they stop counting, latest first. */
export type Expiries = readonly number[];

/** The expiries of past sends. */
export function expiriesOf(
  limits: DeliveryLimits,
  sentAtMs: readonly number[],
  nowMs: number,
): Expiries {
  const spanMs = limits.windowMs + limits.safetyMs;
  return sentAtMs
    .map((sentMs) => sentMs + spanMs)
    .filter((expiresMs) => expiresMs > nowMs)
    .sort((left, right) => right - left);
}

/** Adds a send at a moment; sends that no longer count then are left out. */
export function withSend(limits: DeliveryLimits, expiries: Expiries, atMs: number): Expiries {
  const later = expiries.filter((expiresMs) => expiresMs > atMs);
  return [atMs + limits.windowMs + limits.safetyMs, ...later];
}

/** When at most `count` sends still count. */
function whenAtMost(expiries: Expiries, count: number): number {
  return expiries[Math.max(0, count)] ?? 0;
}

/** The earliest moment for a message that uses whatever is left. */
export function earliestAtAll(limits: DeliveryLimits, expiries: Expiries, nowMs: number): number {
  return Math.max(nowMs, whenAtMost(expiries, limits.perWindow - 1));
}

/**
 * The earliest moment for a message that can be spared: even if from then on an urgent message
 * left every `urgentGapMs`, none of them would find the window full. This one rule paces normal
 * notices, keeps bursts of them from starving urgent ones, and needs no timer.
 */
export function earliestToSpare(limits: DeliveryLimits, expiries: Expiries, nowMs: number): number {
  const { perWindow, urgentGapMs } = limits;
  const spanMs = limits.windowMs + limits.safetyMs;
  let earliestMs = earliestAtAll(limits, expiries, nowMs);
  const urgentMax = Math.min(perWindow - 1, Math.ceil(spanMs / urgentGapMs));
  for (let urgent = 1; urgent <= urgentMax; urgent += 1) {
    // When the n-th urgent message leaves, it, those before it and this one must have room.
    const room = perWindow - urgent - 1;
    const freeMs = whenAtMost(expiries, room) - (urgent - 1) * urgentGapMs;
    earliestMs = Math.max(earliestMs, freeMs);
  }
  return earliestMs;
}

/** As {@link earliestToSpare}, for the normal lane, which never touches the reserve. */
export function earliestForNormal(
  limits: DeliveryLimits,
  expiries: Expiries,
  nowMs: number,
): number {
  const room = limits.perWindow - limits.urgentReserve - 1;
  return Math.max(earliestToSpare(limits, expiries, nowMs), whenAtMost(expiries, room));
}

export type Earliest = typeof earliestToSpare;

/** How long it would take to tell so many one by one; stops counting beyond `enoughMs`. */
export function drainMs(
  limits: DeliveryLimits,
  expiries: Expiries,
  at: { nowMs: number; count: number; enoughMs: number; earliest: Earliest },
): number {
  let sends = expiries;
  let atMs = at.nowMs;
  for (let sent = 0; sent < at.count && atMs - at.nowMs <= at.enoughMs; sent += 1) {
    atMs = at.earliest(limits, sends, atMs);
    sends = withSend(limits, sends, atMs);
  }
  return atMs - at.nowMs;
}

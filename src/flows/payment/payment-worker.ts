import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { claimDuePayments, clockApartMs, nextPaymentAt, releasePayment } from '#store/payments.ts';
import type { ClaimedPayment, PaymentRef } from '#store/payments.ts';

/** Runs payments that are due until it is stopped. */
export interface PaymentWorker {
  /** Something happened to a payment: look now. */
  kick(): void;
  stop(): Promise<void>;
}

export interface PaymentWorkerOptions {
  readonly pool: Pool;
  readonly workerId: string;
  readonly advance: (ref: PaymentRef) => Promise<unknown>;
  readonly onError: (error: unknown) => void;
  readonly concurrency?: number;
  readonly perBank?: number;
}

/** Longer than the longest call to a bank: a lease that ends means that its holder is gone. */
export const LEASE_MS = 90_000;
const SLEEP_MAX_MS = 1_000;
const CONCURRENCY = 48;
/** A bank that keeps everybody waiting must not keep the payments of others waiting. */
const PER_BANK = 16;
/** The first rest after a mistake of ours; each further one is twice as long. */
const AFTER_FAULT_MS = 5_000;
const AFTER_FAULTS_MAX_MS = 10 * 60_000;
/** Leases and the windows of banks are counted by clocks; those that lie further apart are wrong. */
const CLOCKS_APART_MAX_MS = 45_000;
const CLOCK_LOOK_MS = 30_000;

/**
 * Claims due payments and runs the story of each. A payment is in one worker's hands at a time; when
 * a process dies, its lease ends and another one enters the story at the committed state.
 */
export function startPaymentWorker(options: PaymentWorkerOptions): PaymentWorker {
  const { pool, workerId, onError, concurrency = CONCURRENCY, perBank = PER_BANK } = options;
  const running = new Set<Promise<void>>();
  const atBank = new Map<string, number>();
  const faults = new Map<string, number>();
  let clockSeenMs = Number.NEGATIVE_INFINITY;
  let clockToldMs = Number.NEGATIVE_INFINITY;
  const stopping = new AbortController();
  let wake: (() => void) | undefined;
  let isKicked = false;

  const count = (connector: string, change: 1 | -1): void => {
    atBank.set(connector, (atBank.get(connector) ?? 0) + change);
  };
  const busyBanks = (): string[] =>
    [...atBank].filter(([, payments]) => payments >= perBank).map(([connector]) => connector);

  const run = async ({ connector, ...ref }: ClaimedPayment): Promise<void> => {
    count(connector, 1);
    try {
      await options.advance(ref);
      faults.delete(ref.paymentId);
    } catch (error) {
      onError(error);
      const fault = (faults.get(ref.paymentId) ?? 0) + 1;
      faults.set(ref.paymentId, fault);
      await delayAfterFault(pool, ref, fault);
    } finally {
      count(connector, -1);
    }
    await releasePayment(pool, ref, workerId).catch(onError);
  };

  const claim = async (): Promise<number> => {
    // So many that no bank gets more than its share, whichever the payments belong to.
    const shares = [...atBank.values()].filter((payments) => payments < perBank);
    const max = Math.min(concurrency - running.size, perBank - Math.max(0, ...shares));
    if (max <= 0) return 0;
    if (!(await isClockRight())) {
      await sleep(SLEEP_MAX_MS);
      return 0;
    }
    const now = new Date();
    const leaseUntil = new Date(now.getTime() + LEASE_MS);
    const busyConnectors = busyBanks();
    const refs = await claimDuePayments(pool, { workerId, now, leaseUntil, max, busyConnectors });
    for (const ref of refs) {
      const done = run(ref).finally(() => {
        running.delete(done);
        wake?.();
      });
      running.add(done);
    }
    return refs.length;
  };

  const isClockRight = async (): Promise<boolean> => {
    const sinceMs = Date.now() - clockSeenMs;
    if (sinceMs >= 0 && sinceMs < CLOCK_LOOK_MS) return true;
    const apartMs = await clockApartMs(pool);
    const isRight = Math.abs(apartMs) <= CLOCKS_APART_MAX_MS;
    if (isRight) clockSeenMs = Date.now();
    else if (Math.abs(Date.now() - clockToldMs) > CLOCK_LOOK_MS) {
      clockToldMs = Date.now();
      const seconds = Math.round(apartMs / 1000);
      onError(
        new Error(`payments rest: the database's clock is ${seconds} s ahead of this machine's`),
      );
    }
    return isRight;
  };

  const sleep = async (ms: number): Promise<void> => {
    if (isKicked) return;
    const timer = new AbortController();
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await Promise.race([
      woken,
      pause(ms, undefined, { signal: AbortSignal.any([timer.signal, stopping.signal]) }).catch(
        () => undefined,
      ),
    ]);
    timer.abort();
    wake = undefined;
  };

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      isKicked = false;
      try {
        const claimed = await claim();
        if (claimed > 0 && running.size < concurrency) continue;
        const isFull = running.size >= concurrency;
        const next = isFull ? undefined : await nextPaymentAt(pool, new Date(), busyBanks());
        const waitMs = next ? next.getTime() - Date.now() : SLEEP_MAX_MS;
        await sleep(Math.min(Math.max(waitMs, 5), SLEEP_MAX_MS));
      } catch (error) {
        onError(error);
        await sleep(SLEEP_MAX_MS);
      }
    }
    await Promise.all(running);
  };
  const looping = loop();
  return {
    kick: () => {
      isKicked = true;
      wake?.();
    },
    stop: async () => {
      stopping.abort();
      wake?.();
      await looping;
    },
  };
}

/** A mistake of ours must not spin; what is certain about the payment stands in its row. */
async function delayAfterFault(pool: Pool, ref: PaymentRef, faults: number): Promise<void> {
  const pauseMs = Math.min(AFTER_FAULT_MS * 2 ** (faults - 1), AFTER_FAULTS_MAX_MS);
  await pool
    .query('UPDATE payment SET next_at = $3 WHERE org_id = $1 AND payment_id = $2', [
      ref.orgId,
      ref.paymentId,
      new Date(Date.now() + pauseMs),
    ])
    .catch(() => undefined);
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { claimDuePayments, nextPaymentAt, releasePayment } from '#store/payments.ts';
import type { PaymentRef } from '#store/payments.ts';

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
}

/** Longer than the longest call to a bank: a lease that ends means that its holder is gone. */
export const LEASE_MS = 90_000;
const SLEEP_MAX_MS = 1_000;
const CONCURRENCY = 16;
const AFTER_FAULT_MS = 5_000;

/**
 * Claims due payments and runs the story of each. A payment is in one worker's hands at a time; when
 * a process dies, its lease ends and another one enters the story at the committed state.
 */
export function startPaymentWorker(options: PaymentWorkerOptions): PaymentWorker {
  const { pool, workerId, onError, concurrency = CONCURRENCY } = options;
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let wake: (() => void) | undefined;
  let isKicked = false;

  const run = async (ref: PaymentRef): Promise<void> => {
    try {
      await options.advance(ref);
    } catch (error) {
      onError(error);
      await delayAfterFault(pool, ref);
    }
    await releasePayment(pool, ref, workerId).catch(onError);
  };

  const claim = async (): Promise<number> => {
    const free = concurrency - running.size;
    if (free <= 0) return 0;
    const now = new Date();
    const leaseUntil = new Date(now.getTime() + LEASE_MS);
    const refs = await claimDuePayments(pool, { workerId, now, leaseUntil, max: free });
    for (const ref of refs) {
      const done = run(ref).finally(() => {
        running.delete(done);
        wake?.();
      });
      running.add(done);
    }
    return refs.length;
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
        const next = running.size < concurrency ? await nextPaymentAt(pool, new Date()) : undefined;
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
async function delayAfterFault(pool: Pool, ref: PaymentRef): Promise<void> {
  await pool
    .query('UPDATE payment SET next_at = $3 WHERE org_id = $1 AND payment_id = $2', [
      ref.orgId,
      ref.paymentId,
      new Date(Date.now() + AFTER_FAULT_MS),
    ])
    .catch(() => undefined);
}

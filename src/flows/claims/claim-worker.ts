import { setTimeout as pause } from 'node:timers/promises';
import { nextClaimDueAt } from '#store/claim-work.ts';
import { registerCardRoutes } from './card-routes.ts';
import type { CardRouteDeps } from './card-routes.ts';
import type { ClaimDeps } from './claim-deps.ts';
import { watchClaims } from './watch-claims.ts';

/** Asks about receipts and lets time pass for claims, until it is stopped. */
export interface ClaimWorker {
  /** Receipts were matched, or left open. */
  kick(): void;
  stop(): Promise<void>;
}

const SLEEP_MAX_MS = 5_000;
const SLEEP_MIN_MS = 50;
const DUE_MIN_MS = 1_000;
/** In a storm of receipts each kicks; one look finds them all. */
const GAP_MS = 200;
/** What failed is tried again so often. */
const REST_MS = 60_000;
const THOROUGH_MS = 20_000;

export function startClaimWorker(options: {
  readonly deps: ClaimDeps;
  readonly cardRoutes: CardRouteDeps;
  readonly onError: (error: unknown) => void;
}): ClaimWorker {
  const { deps, cardRoutes, onError } = options;
  const stopping = new AbortController();
  let wake = new AbortController();
  let thoroughAt = 0;
  /** What failed, and until when it is left alone. */
  const resting = new Map<string, number>();

  const round = async (): Promise<boolean> => {
    const isThorough = performance.now() >= thoroughAt;
    if (isThorough) {
      thoroughAt = performance.now() + THOROUGH_MS;
      // Before the cards that need them; a failure must not keep receipts from being asked about.
      await registerCardRoutes(cardRoutes).catch(onError);
    }
    for (const [id, untilMs] of resting) if (untilMs <= performance.now()) resting.delete(id);
    return watchClaims(deps, {
      isThorough,
      without: [...resting.keys()],
      onFailed: (id, error) => {
        resting.set(id, performance.now() + REST_MS);
        onError(error);
      },
    });
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let waitMs = SLEEP_MAX_MS;
      try {
        const hasMore = await round();
        const due = await nextClaimDueAt(deps.services.pool);
        // What is due and was left alone rests; it must not make this a storm.
        const dueMs = (due?.getTime() ?? Infinity) - deps.services.now().epochMilliseconds;
        waitMs = hasMore ? 0 : Math.max(DUE_MIN_MS, dueMs);
      } catch (error) {
        onError(error);
      }
      const signal = AbortSignal.any([stopping.signal, wake.signal]);
      const restMs = Math.min(SLEEP_MAX_MS, Math.max(SLEEP_MIN_MS, waitMs));
      await pause(GAP_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      await pause(restMs, undefined, { signal }).catch(() => undefined);
      if (wake.signal.aborted) wake = new AbortController();
    }
  };
  const looping = loop();
  return {
    kick: () => wake.abort(),
    stop: async () => {
      stopping.abort();
      await looping;
    },
  };
}

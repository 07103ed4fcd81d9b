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

  const round = async (): Promise<boolean> => {
    const isThorough = performance.now() >= thoroughAt;
    if (isThorough) {
      thoroughAt = performance.now() + THOROUGH_MS;
      // Before the cards that need them; a failure must not keep receipts from being asked about.
      await registerCardRoutes(cardRoutes).catch(onError);
    }
    return watchClaims(deps, { isThorough });
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let waitMs = SLEEP_MAX_MS;
      try {
        if (await round()) continue;
        const due = await nextClaimDueAt(deps.services.pool);
        if (due) waitMs = due.getTime() - deps.services.now().epochMilliseconds;
      } catch (error) {
        onError(error);
      }
      const signal = AbortSignal.any([stopping.signal, wake.signal]);
      const restMs = Math.min(SLEEP_MAX_MS, Math.max(SLEEP_MIN_MS, waitMs));
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

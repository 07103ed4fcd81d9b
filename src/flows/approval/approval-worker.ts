import { setTimeout as pause } from 'node:timers/promises';
import { nextSweepAt } from '#store/approval-forms.ts';
import { noteOutcomes, writeComments } from './comments.ts';
import type { SweepDeps } from './sweep.ts';
import { sweepNext } from './sweep.ts';
import { withdrawNeedless } from './withdraw-needless.ts';

/** Lists forms when it is their turn, and writes remarks. */
export interface ApprovalWorker {
  /** A form is to be listed sooner. */
  kick(): void;
  stop(): Promise<void>;
}

const SLEEP_MAX_MS = 5_000;
const SLEEP_MIN_MS = 50;

/** One round after the other; nothing here is urgent, and one call at a time is enough. */
export function startApprovalWorker(deps: SweepDeps): ApprovalWorker {
  const stopping = new AbortController();
  let wake = new AbortController();

  const round = async (): Promise<void> => {
    while (!stopping.signal.aborted && (await sweepNext(deps)));
    if (stopping.signal.aborted) return;
    await noteOutcomes(deps);
    await writeComments(deps);
    await withdrawNeedless(deps);
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let waitMs = SLEEP_MAX_MS;
      try {
        await round();
        const next = await nextSweepAt(deps.services.pool);
        if (next) waitMs = next.getTime() - Date.now();
      } catch (error) {
        deps.onError(error);
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

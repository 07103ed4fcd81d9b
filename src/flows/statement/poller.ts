import { isCashbellError } from '#core/errors.ts';
import { createCoalescer } from '#engine/coalesce.ts';
import { claimPolls, nextPollAt } from '#store/polls.ts';
import type { DuePoll, PollResult } from '#store/polls.ts';
import { pollStatement } from './statement-flow.ts';
import { createUnchangedStatements, finishPollBatch, statementSteps } from './statement-steps.ts';
import type { StatementOptions } from './statement-steps.ts';

export interface PollerOptions extends Omit<StatementOptions, 'finish' | 'unchanged'> {
  readonly workerId: string;
  readonly onPolled: (poll: DuePoll, latenessMs: number) => void;
  readonly onFinished: (result: PollResult) => void;
  readonly onError: (error: unknown) => void;
}

const LEASE_MS = 120_000;
const CLAIM_MAX = 200;
const UNDER_WAY_MAX = 96;
const SLEEP_MAX_MS = 1_000;
const SLEEP_MIN_MS = 20;
const FINISH_MAX = 500;
/** A poll that cannot even begin, such as one of a removed connection, rests so long. */
const BROKEN_REST_MS = 10 * 60_000;
/** A database that went away is back in seconds, and with it all polls that it interrupted. */
const INTERRUPTED_REST_MS = 5_000;

/** Takes polls when they are due, many at once, until it is stopped. */
export function startPoller(options: PollerOptions): { stop(): Promise<void>; wake(): void } {
  const finish = createCoalescer<PollResult, true>({
    write: (results) => finishPollBatch(options.services, results),
    itemsMax: FINISH_MAX,
    concurrency: 1,
  });
  const steps = {
    ...options,
    unchanged: createUnchangedStatements(),
    finish: (result: PollResult) => {
      options.onFinished(result);
      return finish.add(result);
    },
  };
  const underWay = new Set<Promise<void>>();
  let isStopping = false;
  let wakeUp: (() => void) | undefined;

  const run = async (poll: DuePoll): Promise<void> => {
    options.onPolled(poll, Date.now() - poll.dueAtMs);
    try {
      await pollStatement(await statementSteps(steps, poll));
    } catch (error) {
      options.onError(error);
      await finish.add({
        orgId: poll.orgId,
        accountId: poll.accountId,
        nextAtMs: Date.now() + restAfter(error, poll.failures),
        failures: poll.failures + 1,
        code: isCashbellError(error) ? error.code : 'bug',
      });
    }
  };
  const pause = async (milliseconds: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      wakeUp = resolve;
      timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
    wakeUp = undefined;
  };
  const loop = async (): Promise<void> => {
    while (!isStopping) {
      try {
        const room = UNDER_WAY_MAX - underWay.size;
        const due =
          room <= 0
            ? []
            : await claimPolls(options.services.pool, options.workerId, {
                now: new Date(),
                leaseMs: LEASE_MS,
                limit: Math.min(room, CLAIM_MAX),
              });
        for (const poll of due) {
          const work = run(poll)
            .catch(options.onError)
            .finally(() => {
              underWay.delete(work);
              // A full house had no room; now there is.
              if (underWay.size === UNDER_WAY_MAX / 2) wakeUp?.();
            });
          underWay.add(work);
        }
        if (due.length === 0 || underWay.size >= UNDER_WAY_MAX) {
          await pause(await sleepMs(options, underWay.size));
        }
      } catch (error) {
        options.onError(error);
        await pause(SLEEP_MAX_MS);
      }
    }
    await Promise.allSettled(underWay);
  };
  const running = loop();
  return {
    stop: async () => {
      isStopping = true;
      wakeUp?.();
      await running;
    },
    wake: () => wakeUp?.(),
  };
}

function restAfter(error: unknown, failures: number): number {
  if (isCashbellError(error)) return BROKEN_REST_MS;
  return Math.min(BROKEN_REST_MS, INTERRUPTED_REST_MS * 2 ** Math.min(failures, 10));
}

async function sleepMs(options: PollerOptions, underWay: number): Promise<number> {
  if (underWay >= UNDER_WAY_MAX) return SLEEP_MAX_MS;
  const next = await nextPollAt(options.services.pool);
  if (next === undefined) return SLEEP_MAX_MS;
  return Math.min(SLEEP_MAX_MS, Math.max(SLEEP_MIN_MS, next - Date.now()));
}

import { setTimeout as pause } from 'node:timers/promises';
import { isCashbellError } from '#core/errors.ts';
import type { OrgId } from '#core/ids.ts';
import type { CardPress, RobotMessage } from '#dingtalk/push.ts';
import { emptyPushCode, isApprovalEvent, readCardPress, readRobotMessage } from '#dingtalk/push.ts';
import {
  claimDingtalkEvents,
  finishDingtalkEvent,
  nextDingtalkEventAt,
} from '#store/dingtalk-events.ts';
import type { ClaimedEvent, EventEnd } from '#store/dingtalk-events.ts';
import type { Services } from '#store/services.ts';

/** Where a push came from. The key is the same when it is worked on again after a crash. */
export interface PushContext {
  readonly orgId: OrgId;
  readonly appId: string;
  readonly eventKey: string;
  readonly receivedAt: Date;
}

/** What is done with pushes. Each may be called again for the same key; `false`: not meant for it. */
export interface PushHandlers {
  /** Tells what became of an approval's event. */
  readonly approval: (event: ClaimedEvent) => Promise<EventEnd>;
  /** Asked in their order, until one takes the message. */
  readonly robotMessage: readonly ((
    message: RobotMessage,
    context: PushContext,
  ) => Promise<boolean>)[];
  readonly cardPress: readonly ((press: CardPress, context: PushContext) => Promise<boolean>)[];
  /** Every other event, such as changes of the directory. */
  readonly other: readonly ((
    eventType: string,
    data: string,
    context: PushContext,
  ) => Promise<boolean>)[];
  /** The month's budget is spent: pushes come without content, so approvals are to be listed. */
  readonly onEmptyPush: (context: PushContext) => Promise<void>;
}

/** Works stored pushes off, as soon as they are there, until it is stopped. */
export interface Inbox {
  kick(): void;
  stop(): Promise<void>;
}

export interface InboxOptions {
  readonly services: Services;
  readonly handlers: PushHandlers;
  readonly onWorked?: (event: ClaimedEvent, state: string) => void;
  readonly onError: (error: unknown) => void;
}

/** Longer than the calls for one event take: a lease that ends means that its holder is gone. */
const LEASE_MS = 120_000;
const CONCURRENCY = 8;
const SLEEP_MAX_MS = 1_000;
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const RETRY_MS = [5, 15, 60, 300, 900].map((seconds) => seconds * SECOND_MS);
/** Behind an event may stand a payment: it is tried for a week, then people have to look. */
const GIVE_UP_MS = 7 * 24 * HOUR_MS;

export function startInbox(options: InboxOptions): Inbox {
  const { services, onError } = options;
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let wake: (() => void) | undefined;
  let isKicked = false;

  const work = async (event: ClaimedEvent): Promise<void> => {
    const end = await workOff(options, event);
    await finishDingtalkEvent(services.pool, event, end, new Date());
    options.onWorked?.(event, 'state' in end ? end.state : 'again');
  };
  const claim = async (): Promise<number> => {
    const max = CONCURRENCY - running.size;
    if (max <= 0) return 0;
    const now = new Date();
    const leaseUntil = new Date(now.getTime() + LEASE_MS);
    const events = await claimDingtalkEvents(services, { now, leaseUntil, max });
    for (const event of events) {
      const done = work(event)
        .catch(onError)
        .finally(() => {
          running.delete(done);
          wake?.();
        });
      running.add(done);
    }
    return events.length;
  };
  const sleep = async (milliseconds: number): Promise<void> => {
    if (isKicked || stopping.signal.aborted) return;
    const timer = new AbortController();
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const signal = AbortSignal.any([timer.signal, stopping.signal]);
    await Promise.race([woken, pause(milliseconds, undefined, { signal }).catch(() => undefined)]);
    timer.abort();
    wake = undefined;
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      isKicked = false;
      try {
        const claimed = await claim();
        if (claimed > 0 && running.size < CONCURRENCY) continue;
        const next = await nextDingtalkEventAt(services.pool);
        const waitMs = next ? next.getTime() - Date.now() : SLEEP_MAX_MS;
        await sleep(Math.min(Math.max(waitMs, 20), SLEEP_MAX_MS));
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

async function workOff(
  { handlers, onError }: InboxOptions,
  event: ClaimedEvent,
): Promise<EventEnd> {
  try {
    return await dispatch(handlers, event);
  } catch (error) {
    onError(error);
    const problem = isCashbellError(error) ? error.message : 'bug';
    const nowMs = Date.now();
    if (nowMs - event.receivedAt.getTime() > GIVE_UP_MS) return { state: 'failed', problem };
    const waitMs = RETRY_MS[event.attempts] ?? HOUR_MS;
    return { nextAt: new Date(nowMs + waitMs), problem };
  }
}

async function dispatch(handlers: PushHandlers, event: ClaimedEvent): Promise<EventEnd> {
  const { orgId, appId, eventKey, receivedAt, data } = event;
  const context = { orgId, appId, eventKey, receivedAt };
  if (emptyPushCode(data) !== undefined) {
    await handlers.onEmptyPush(context);
    return { state: 'ignored', problem: 'dingtalk.quotaExhausted' };
  }
  switch (event.kind) {
    case 'robotMessage': {
      const message = readRobotMessage(data);
      if (!message) return { state: 'failed', problem: 'unreadable' };
      return endOf(await anyOf(handlers.robotMessage, (handle) => handle(message, context)));
    }
    case 'cardPress': {
      const press = readCardPress(data);
      if (!press) return { state: 'failed', problem: 'unreadable' };
      return endOf(await anyOf(handlers.cardPress, (handle) => handle(press, context)));
    }
    case 'event': {
      const { eventType } = event;
      if (isApprovalEvent(eventType)) return handlers.approval(event);
      if (eventType === 'unreadable') return { state: 'failed', problem: 'unreadable' };
      return endOf(await anyOf(handlers.other, (handle) => handle(eventType, data, context)));
    }
  }
}

function endOf(isTaken: boolean): EventEnd {
  return isTaken ? { state: 'processed' } : { state: 'ignored', problem: 'nobody wants it' };
}

/** One after the other, until one takes it. */
async function anyOf<Handler>(
  handlers: readonly Handler[],
  call: (handler: Handler) => Promise<boolean>,
): Promise<boolean> {
  for (const handler of handlers) if (await call(handler)) return true;
  return false;
}

import { setTimeout as pause } from 'node:timers/promises';
import type { PressAnswer } from '#dingtalk/card-callback.ts';
import { toPressBody } from '#dingtalk/card-callback.ts';
import { readCardPress } from '#dingtalk/push.ts';
import type { CardPress } from '#dingtalk/push.ts';
import { finishDingtalkEvent } from '#store/dingtalk-events.ts';
import type { EventSource } from '#store/dingtalk-events.ts';
import type { DirectoryApp } from '#store/directory.ts';
import type { Services } from '#store/services.ts';
import type { EventIntake } from './event-intake.ts';
import { pressKeyOf } from './event-intake.ts';

/** A press with where it came from. */
export interface PressContext {
  readonly orgId: string;
  readonly appId: string;
  /** The same press told twice has the same key. */
  readonly eventKey: string;
  /** It was told before: it is shown how things stand, and nothing is done. */
  readonly isRepeated: boolean;
}

/** What comes of a press. */
export interface PressResult extends PressAnswer {
  /** Why nothing was done, for the presser's eyes only. */
  readonly hint?: string;
}

/** Does what a pressed button says; undefined where it is none of its buttons. */
export type AnswerPress = (
  press: CardPress,
  context: PressContext,
) => Promise<PressResult | undefined>;

/**
 * Takes presses while DingTalk waits for the answer: first on disk, then done, then answered, within
 * two seconds in all (dingtalk.md section 3.5). What takes longer is answered empty and goes on; what
 * dies on the way is done by the inbox when its lease is over.
 */
export interface PressDesk {
  /** Gives the body of the answer; throws when the press could not be written down. */
  take(
    app: DirectoryApp,
    source: EventSource,
    press: { readonly messageId: string; readonly data: string },
  ): Promise<Record<string, unknown>>;
}

export interface PressDeskOptions {
  readonly services: Services;
  readonly intake: EventIntake;
  readonly answerPress: AnswerPress;
  /** Shown to the presser when it takes too long, in the words of the app's organisation. */
  readonly lateAnswer: (app: DirectoryApp) => Promise<PressAnswer>;
  /** Tells the presser alone, when the card could not be answered any more. */
  readonly whisper: (app: DirectoryApp, userId: string, text: string) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** Time until the answer must leave; for tests. */
  readonly patienceMs?: number;
}

/** DingTalk waits two seconds; the way there and back takes some of it. */
const PATIENCE_MS = 1_400;
/** Longer than the work takes: until then the inbox leaves the press to the desk. */
const LEASE_MS = 10_000;

export function createPressDesk(options: PressDeskOptions): PressDesk {
  const { services, intake, onError } = options;
  const work = async (
    app: DirectoryApp,
    eventKey: string,
    data: string,
    isRepeated: boolean,
    isLate: () => boolean,
  ): Promise<PressAnswer> => {
    const { orgId, appId } = app;
    const press = readCardPress(data);
    if (!press) return {};
    const context = { orgId, appId, eventKey, isRepeated };
    const result = await options.answerPress(press, context);
    if (!isRepeated) {
      const end = result
        ? ({ state: 'processed' } as const)
        : ({ state: 'ignored', problem: 'nobody wants it' } as const);
      await finishDingtalkEvent(services.pool, { orgId, eventKey }, end, new Date());
    }
    if (isLate() && result?.hint !== undefined) {
      await options.whisper(app, press.userId, result.hint);
    }
    return result ?? {};
  };
  return {
    take: async (app, source, { messageId, data }) => {
      const endsAt = performance.now() + (options.patienceMs ?? PATIENCE_MS);
      const leaseUntil = new Date(Date.now() + LEASE_MS);
      const told = { kind: 'cardPress', messageId, data, leaseUntil } as const;
      const taken = await intake.take(app, source, told);
      if (taken === 'foreign' || taken === 'unreadable') return {};
      const eventKey = pressKeyOf(app, messageId, data);
      let isAnswered = false;
      const working = work(app, eventKey, data, taken === 'repeated', () => isAnswered);
      // The press is on disk; the inbox does it when this fails.
      working.catch(onError);
      const timer = new AbortController();
      const late = pause(Math.max(0, endsAt - performance.now()), undefined, {
        signal: timer.signal,
      }).then(
        () => options.lateAnswer(app),
        () => ({}),
      );
      const answer = await Promise.race([working.catch(() => options.lateAnswer(app)), late]);
      isAnswered = true;
      timer.abort();
      return toPressBody(answer);
    },
  };
}

import type { ErrorCode } from '#core/errors.ts';
import { errorCodes } from '#core/errors.ts';
import type { SendOutcome } from './dingtalk-sender.ts';
import { closeAlarm, openAlarm } from '#store/alarms.ts';
import type { DeliveryAnswer } from '#store/notices.ts';
import type { Transaction } from '#store/transaction.ts';
import { alertFact, saveFacts } from './announce.ts';
import type { Announcer, Ring } from './announce.ts';
import type { Work } from './notification-steps.ts';

/** What an outcome means for the queue. */
export interface JudgedOutcome {
  /** Absent: the delivery stays open and is sent again with the same key. */
  readonly answer?: DeliveryAnswer;
  readonly failures: number;
  /** The destination rests so long. */
  readonly pauseMs: number;
  /** Whether people must hear that this destination does not work. */
  readonly isTrouble: boolean;
}

/** Failures in a row until a destination in trouble is told. */
const FAILURES_UNTIL_TOLD = 3;
const INVALID_ATTEMPTS_MAX = 4;
const PAUSE_MIN_MS = 1_000;
const PAUSE_MAX_MS = 60_000;
/** A wrong setting is tried again so often, so that mending it is enough. */
const BROKEN_PAUSE_MS = 60_000;
const QUOTA_PAUSE_MS = 60 * 60_000;

/**
 * Retry, fix the configuration, or give up: by the disposition of the code (ask 22). Nothing that
 * was not told is ever dropped silently: `abandoned` puts the notices back into the queue, only a
 * refusal of the content itself fails them, and that is told.
 */
export function judgeOutcome(
  outcome: SendOutcome,
  before: {
    readonly failures: number;
    /** An earlier attempt had no answer: it may have been told, so its key must stay. */
    readonly isPossiblyTold: boolean;
  },
): JudgedOutcome {
  if (outcome.kind === 'accepted') {
    const { providerReference } = outcome;
    return {
      answer: {
        state: 'accepted',
        ...(providerReference === undefined ? {} : { providerReference }),
      },
      failures: 0,
      pauseMs: 0,
      isTrouble: false,
    };
  }
  const failures = before.failures + 1;
  const growing = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(failures - 1, 10));
  const pauseMs = Math.max(outcome.retryAfterMs ?? 0, growing);
  const isTrouble = failures >= FAILURES_UNTIL_TOLD;
  const answer = answerOf(outcome);
  // A message in a new delivery would have a new key, and be told twice.
  const givenBack: Pick<JudgedOutcome, 'answer'> = before.isPossiblyTold
    ? {}
    : { answer: { ...answer, state: 'abandoned' } };
  if (outcome.isFinal === true) {
    return { answer: { ...answer, state: 'refused' }, failures: 0, pauseMs: 0, isTrouble: true };
  }
  if (outcome.kind === 'unknown') return { failures, pauseMs, isTrouble };
  if (outcome.kind === 'retry') return { ...givenBack, failures, pauseMs, isTrouble };
  // A body that DingTalk rejects for no known reason gets some more chances: it may be their day.
  const isFinal = outcome.code !== 'dingtalk.requestInvalid' || failures >= INVALID_ATTEMPTS_MAX;
  if (isRefusalOfContent(outcome.code) && isFinal) {
    return { answer: { ...answer, state: 'refused' }, failures: 0, pauseMs: 0, isTrouble: true };
  }
  const isQuota = outcome.code === 'dingtalk.quotaExhausted';
  return {
    ...givenBack,
    failures,
    pauseMs: isQuota ? QUOTA_PAUSE_MS : Math.max(BROKEN_PAUSE_MS, outcome.retryAfterMs ?? 0),
    isTrouble: true,
  };
}

function answerOf(
  outcome: Exclude<SendOutcome, { kind: 'accepted' }>,
): Omit<DeliveryAnswer, 'state'> {
  return {
    code: outcome.code,
    ...(outcome.dingtalkCode === undefined ? {} : { dingtalkCode: outcome.dingtalkCode }),
    ...(outcome.dingtalkMessage === undefined ? {} : { dingtalkMessage: outcome.dingtalkMessage }),
  };
}

/** Sending the same text again cannot help: moderation, size, or a body that DingTalk rejects. */
function isRefusalOfContent(code: string): boolean {
  return [
    'dingtalk.contentRefused',
    'dingtalk.messageTooLarge',
    'dingtalk.requestInvalid',
    'dingtalk.partlyDelivered',
  ].includes(code);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

/** Opens, ends and tells the trouble of a destination, once each (ask 42). */
export async function tellDeliveryTrouble(
  transaction: Transaction,
  announcer: Announcer,
  at: {
    readonly work: Work;
    readonly outcome: SendOutcome;
    readonly judged: JudgedOutcome;
    /** Failures in a row before this outcome. */
    readonly failuresBefore: number;
    readonly now: Date;
  },
): Promise<readonly Ring[]> {
  const { client } = transaction;
  const { work, outcome, judged, now } = at;
  const { destination, delivery } = work;
  const place = {
    orgId: delivery.orgId,
    kind: 'delivery.failing',
    subjectId: destination.destinationId,
  };
  const tell = (
    kind: 'delivery.failing' | 'delivery.recovered' | 'delivery.givenUp',
    details: Record<string, string | number>,
    code?: string,
  ): Promise<readonly Ring[]> => {
    const fact = alertFact({
      kind,
      subject: destination.name,
      details: { destination: destination.name, ...details },
      atMs: now.getTime(),
      ...(code !== undefined && isErrorCode(code) ? { code } : {}),
    });
    return saveFacts(transaction, announcer, [{ orgId: delivery.orgId, fact }], now);
  };
  if (outcome.kind === 'accepted') {
    // Only a destination that had failed can have an open alarm; the common path asks nothing.
    if (
      at.failuresBefore === 0 &&
      delivery.attempts === 1 &&
      work.notices.every((notice) => !isLate(notice.createdAtMs, now))
    ) {
      return [];
    }
    const openedAt = await closeAlarm(client, place, now);
    return openedAt ? tell('delivery.recovered', { since: openedAt.toISOString() }) : [];
  }
  if (judged.answer?.state === 'refused') {
    const problem = outcome.dingtalkMessage ?? outcome.code;
    return tell('delivery.givenUp', { problem, count: work.notices.length }, outcome.code);
  }
  if (!judged.isTrouble) return [];
  const problem = outcome.dingtalkMessage ?? outcome.code;
  if (!(await openAlarm(client, place, { code: outcome.code }, now))) return [];
  return tell('delivery.failing', { problem }, outcome.code);
}

const LATE_MS = 1_000;

function isLate(createdAtMs: number, now: Date): boolean {
  return now.getTime() - createdAtMs > LATE_MS;
}

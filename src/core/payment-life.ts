import { isUnsent, isExecutable, FAILURES_TOLD } from './payment-happenings.ts';
import type {
  Development,
  Happening,
  PaymentLife,
  Reason,
  TransferPolicy,
} from './payment-happenings.ts';
import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  answerLost,
  askFailed,
  asked,
  debitSeen,
  decided,
  endOfDecision,
  isUnderWay,
  notified,
  reason,
  refused,
  reported,
  returned,
} from './payment-outcomes.ts';
import type { ApprovalReading } from './payments.ts';

/** A request whose approval does not come is looked at again so often without any event. */
const APPROVAL_LOOK_MS = 6 * HOUR_MS;

const BLOCKED_LOOK_MS = 10 * MINUTE_MS;

export const APPROVAL_EXPIRES_MS = 30 * DAY_MS;

/** An approval is not kept for ever: conditions under which it was given change. */
export const EXECUTION_EXPIRES_MS = 7 * DAY_MS;

const RETRY_PAUSES_MS = [1, 2, 5, 15, 60, 300].map((seconds) => seconds * SECOND_MS);

/** What the bank itself calls wrong in what we send is not sent more often than this. */
const MISTAKES_MAX = 3;

/**
 * The life of a payment as a table of what may follow what. Returns undefined where the happening
 * changes nothing any more: it came late, twice, or after the end.
 */
export function develop(
  life: PaymentLife,
  happening: Happening,
  policy: TransferPolicy,
  nowMs: number,
): Development | undefined {
  switch (happening.kind) {
    case 'requested':
      return life.state === 'draft'
        ? { state: 'awaitingApproval', nextAtMs: nowMs, isTold: true }
        : undefined;
    case 'approvalRead':
      return approvalRead(life, happening.reading, nowMs);
    case 'blocked':
      return isExecutable(life)
        ? {
            state: 'blocked',
            reason: happening.reason,
            nextAtMs: happening.retryAtMs ?? nowMs + BLOCKED_LOOK_MS,
            isTold: life.state !== 'blocked' || isOtherReason(life, happening.reason),
          }
        : undefined;
    case 'postponed':
      return isExecutable(life)
        ? {
            state: 'authorised',
            reason: happening.reason,
            nextAtMs: happening.retryAtMs,
            isTold: life.state !== 'authorised',
          }
        : undefined;
    case 'voided':
      return isUnsent(life)
        ? { state: 'voided', reason: happening.reason, isTold: true }
        : undefined;
    case 'intended':
      return isExecutable(life)
        ? { state: 'submitting', attempt: 'intended', nextAtMs: nowMs, isTold: false }
        : undefined;
    case 'notExecuted':
      return notExecuted(life, happening, nowMs);
    case 'refused':
      return refused(life, happening, nowMs);
    case 'answered':
      return isUnderWay(life) ? reported(life, happening.report, policy, nowMs) : undefined;
    case 'answerLost':
      return answerLost(life, happening.reason, nowMs);
    case 'asked':
      return asked(life, happening, policy, nowMs);
    case 'askFailed':
      return askFailed(life, happening.reason, policy, nowMs);
    case 'notified':
      return notified(life, happening.report, policy, nowMs);
    case 'debitSeen':
      return debitSeen(life, nowMs);
    case 'debitGone':
      return life.state === 'settled' && !life.hasDebit
        ? { state: 'confirmed', nextAtMs: nowMs, isTold: true }
        : undefined;
    case 'returnSeen':
      return life.state === 'returned' ? undefined : returned(life);
    case 'decided':
      return decided(life, happening.choice, nowMs);
    case 'waived':
      return life.state === 'blocked'
        ? { state: 'authorised', nextAtMs: nowMs, isTold: false }
        : undefined;
    case 'cancelled':
      return isUnsent(life) ? { state: 'cancelled', isTold: true } : undefined;
    case 'expired':
      return isUnsent(life)
        ? { state: 'expired', reason: reason('payment.approvalExpired'), isTold: true }
        : undefined;
  }
}

/** When an unsent payment ends by itself. */
export function expiresAtMs(life: PaymentLife): number {
  if (life.state === 'draft' || life.state === 'awaitingApproval') {
    return life.createdAtMs + APPROVAL_EXPIRES_MS;
  }
  // Whoever approves late gets as long as whoever approves at once.
  const fromMs = Math.max(life.notBeforeMs, life.createdAtMs, life.authorisedAtMs ?? 0);
  return fromMs + EXECUTION_EXPIRES_MS;
}

/** Whether it was sent before and nobody knows for certain that this came to nothing. */
export function isResent(life: PaymentLife): boolean {
  return isExecutable(life) && (life.isInDoubt ?? life.attempt?.state === 'abandoned');
}

function isOtherReason(life: PaymentLife, { code }: Reason): boolean {
  return life.reasonCode !== undefined && life.reasonCode !== code;
}

function approvalRead(
  life: PaymentLife,
  reading: ApprovalReading,
  nowMs: number,
): Development | undefined {
  if (life.state !== 'awaitingApproval') return undefined;
  switch (reading.kind) {
    case 'running':
      return { state: life.state, nextAtMs: nowMs + APPROVAL_LOOK_MS, isTold: false };
    case 'agreed':
      if (reading.digest !== life.digest) {
        return { state: 'voided', reason: reason('payment.contentChanged'), isTold: true };
      }
      return {
        state: 'authorised',
        nextAtMs: Math.max(nowMs, life.notBeforeMs),
        isTold: true,
      };
    case 'declined':
      return {
        state: 'declined',
        reason: reason('payment.approvalDeclined', {
          by: reading.by ?? '',
          remark: reading.remark ?? '',
        }),
        isTold: true,
      };
    case 'withdrawn':
      return { state: 'cancelled', reason: reason('payment.approvalWithdrawn'), isTold: true };
    case 'changed':
      return {
        state: 'voided',
        reason: reason('payment.contentChanged', { field: reading.field }),
        isTold: true,
      };
  }
}

function notExecuted(
  life: PaymentLife,
  happening: Extract<Happening, { kind: 'notExecuted' }>,
  nowMs: number,
): Development | undefined {
  // Another process may have held it for lost meanwhile; who sent it knows better.
  const isOpen = life.state === 'submitting' || life.state === 'unknown';
  if (!isOpen || life.hasDebit) return undefined;
  const { reason: why, isOurs, retryAtMs } = happening;
  const failures = life.failures + 1;
  const ended = { attempt: 'notExecuted' as const, reason: why, failures, ...endOfDecision(life) };
  if (isOurs && why.code.startsWith('bank.') && failures >= MISTAKES_MAX) {
    return { ...ended, state: 'rejected', isTold: true };
  }
  if (isOurs) {
    return {
      ...ended,
      state: 'blocked',
      nextAtMs: retryAtMs ?? nowMs + BLOCKED_LOOK_MS,
      isTold: true,
    };
  }
  const pauseMs = RETRY_PAUSES_MS[Math.min(life.failures, RETRY_PAUSES_MS.length - 1)] ?? 0;
  return {
    ...ended,
    state: 'authorised',
    nextAtMs: retryAtMs ?? nowMs + pauseMs,
    isTold: failures === FAILURES_TOLD || life.state === 'unknown',
  };
}

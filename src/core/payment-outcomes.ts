import { FAILURES_TOLD, isExecutable, isUnsent } from './payment-happenings.ts';
import type { ErrorCode, ErrorDetails } from './errors.ts';
import type {
  Development,
  Happening,
  PaymentLife,
  Reason,
  TransferPolicy,
} from './payment-happenings.ts';
import type { TransferAnswer, TransferReport } from './payments.ts';

export const SECOND_MS = 1_000;

export const MINUTE_MS = 60 * SECOND_MS;

export const HOUR_MS = 60 * MINUTE_MS;

export const DAY_MS = 24 * HOUR_MS;

/** So many answers "not found", each after the visibility window, before it is believed. */
export const NOT_FOUND_ENOUGH = 3;

/** An inquiry that fails so long is a matter for people. */
const ASK_FAILS_MS = HOUR_MS;

/** After the deadline, or while people decide, the bank is still asked. */
const SLOW_ASK_MS = HOUR_MS;

const NOT_FOUND_PAUSE_MS = MINUTE_MS;

const UNASKED_PAUSE_MS = 10 * SECOND_MS;

/** Lost answers are asked for at once, then ever more slowly (banks-snap-hk.md A11). */
const UNKNOWN_PAUSES_MS = [2, 5, 15, 30, 60, 120, 300].map((seconds) => seconds * SECOND_MS);

const PENDING_PAUSES_MS = [30, 60, 120, 300].map((seconds) => seconds * SECOND_MS);

const QUARTER_MS = 15 * MINUTE_MS;

/** A success is looked at twice more, because some banks take it back. */
const LATE_LOOKS_MS = [HOUR_MS, DAY_MS];

/** People said that it was not executed; a bank that finds it days later must not go unheard. */
const DECIDED_LOOKS_MS = [HOUR_MS, DAY_MS, 3 * DAY_MS, 7 * DAY_MS];

/** An ended payment of which something was heard is asked for so often where the bank is silent. */
const HINT_ASKS_MAX = 10;

/** Whether the bank's answer to the question before a second sending lets it go. */
export function isAbsent({ status }: TransferAnswer): boolean {
  return status === 'notFound' || status === 'rejected' || status === 'cancelled';
}

/** Whether bytes of it may be at the bank and no end is known. */
export function isUnderWay({ state }: PaymentLife): boolean {
  return (
    state === 'submitting' || state === 'submitted' || state === 'unknown' || state === 'confirmed'
  );
}

export function refused(
  life: PaymentLife,
  happening: Extract<Happening, { kind: 'refused' }>,
  nowMs: number,
): Development | undefined {
  // The bank's books are stronger than its words; where they differ, people must look.
  const alarm = reason('payment.lateOutcome', { before: life.state });
  if (life.hasDebit && isUnderWay(life)) {
    return { ...settledBy(life, nowMs), attempt: 'accepted', alarm };
  }
  if (life.state === 'confirmed' || life.state === 'settled') {
    return { ...quiet(life), nextAtMs: nowMs, alarm };
  }
  if (!isUnderWay(life)) return undefined;
  return {
    state: 'rejected',
    attempt: 'rejected',
    reason: happening.reason,
    ...(happening.report ? { report: happening.report } : {}),
    ...endOfDecision(life),
    isTold: true,
  };
}

export function answerLost(life: PaymentLife, why: Reason, nowMs: number): Development | undefined {
  // A late word about a loss must not undo what was learnt meanwhile.
  if (life.state !== 'submitting') return undefined;
  const isForPeople = !life.canAsk;
  return {
    state: 'unknown',
    attempt: 'unknown',
    reason: why,
    inquiries: 0,
    notFoundCount: 0,
    failures: 0,
    ...(isForPeople ? { decision: 'begin' as const } : { nextAtMs: nowMs }),
    isTold: true,
  };
}

/** The bank's own call. It does not say which of several sendings it is about. */
export function notified(
  life: PaymentLife,
  report: TransferReport,
  policy: TransferPolicy,
  nowMs: number,
): Development | undefined {
  if (!life.attempt) return undefined;
  const isNo = report.status === 'rejected' || report.status === 'cancelled';
  const mayBeOld = isNo && life.attempt.number > 1 && life.canAsk;
  // The no may be to the first of two: only an answer to our question ends the second.
  if (mayBeOld && !isUnsent(life)) return { ...quiet(life), failures: 0, nextAtMs: nowMs };
  return reported(life, report, policy, nowMs);
}

/** A status that the bank gave, in its answer, to an inquiry or by itself. */
export function reported(
  life: PaymentLife,
  report: TransferReport,
  policy: TransferPolicy,
  nowMs: number,
): Development | undefined {
  const shared = { report, inquiries: life.inquiries, ...endOfDecision(life) };
  switch (report.status) {
    case 'received':
    case 'accepted':
    case 'pending': {
      if (!isUnderWay(life)) return lateNews(life, report, nowMs);
      // A success does not become pending again; a slow status page says so at times.
      if (life.state === 'confirmed') return { ...quiet(life), nextAtMs: nowMs + QUARTER_MS };
      const isLate = isOverdue(life, policy, nowMs);
      const isNewQuestion = isLate && life.decisionSinceMs === undefined;
      return {
        ...shared,
        state: 'submitted',
        attempt: 'accepted',
        notFoundCount: 0,
        failures: 0,
        nextAtMs: nowMs + pendingPauseMs(life, policy, nowMs),
        isTold: life.state !== 'submitted' || isNewQuestion,
        ...(isLate ? { decision: 'begin' as const } : {}),
      };
    }
    case 'settled': {
      if (life.state === 'settled' || life.state === 'confirmed') return lookedAgain(life, nowMs);
      if (life.state === 'returned') return undefined;
      const isLate = !isUnderWay(life);
      return {
        ...shared,
        state: life.hasDebit ? 'settled' : 'confirmed',
        attempt: 'accepted',
        failures: 0,
        nextAtMs: nowMs + (LATE_LOOKS_MS[0] ?? HOUR_MS),
        isTold: true,
        ...(isLate ? { alarm: reason('payment.lateOutcome', { before: life.state }) } : {}),
      };
    }
    case 'rejected':
    case 'cancelled': {
      if (life.state === 'rejected' || life.state === 'returned') return undefined;
      const why = reason('payment.bankRejected', detailsOf(report));
      // The bank had taken it: money that left comes back.
      if (life.state === 'settled' || life.state === 'confirmed' || life.hasDebit) {
        return { ...returned(life, why), report };
      }
      if (!isUnderWay(life)) return undefined;
      return { ...shared, state: 'rejected', attempt: 'rejected', reason: why, isTold: true };
    }
    case 'returned':
      return life.state === 'returned'
        ? undefined
        : { ...returned(life, reason('payment.returnedByBank', detailsOf(report))), report };
  }
}

export function asked(
  life: PaymentLife,
  { answer, askedAtMs }: Extract<Happening, { kind: 'asked' }>,
  policy: TransferPolicy,
  nowMs: number,
): Development | undefined {
  const counted = { ...life, inquiries: life.inquiries + 1 };
  if (isExecutable(life) && isAbsent(answer)) {
    return { ...quiet(life), inquiries: counted.inquiries, failures: 0, nextAtMs: nowMs };
  }
  // Two people decided in spite of this very word; only a new one brings it back.
  if (isDecided(life) && (isAlive(answer) || isAbsent(answer))) return lookedAgain(counted, nowMs);
  if (answer.status !== 'notFound') {
    return reopened(counted, answer, nowMs) ?? reported(counted, answer, policy, nowMs);
  }
  if (life.state === 'confirmed' || life.state === 'settled') return lookedAgain(counted, nowMs);
  if (life.state !== 'unknown' && life.state !== 'submitted') return undefined;
  const sentAtMs = sentSinceMs(life) ?? nowMs;
  // Before the window is over the bank may simply not show it yet.
  if (askedAtMs < sentAtMs + policy.visibilityMs) {
    return {
      ...quiet(life),
      inquiries: counted.inquiries,
      failures: 0,
      nextAtMs: Math.min(
        nowMs + unknownPauseMs(counted),
        Math.max(nowMs + SECOND_MS, sentAtMs + policy.visibilityMs),
      ),
    };
  }
  const notFoundCount = life.notFoundCount + 1;
  const found = { inquiries: counted.inquiries, notFoundCount, failures: 0 };
  if (notFoundCount < NOT_FOUND_ENOUGH) {
    return { ...quiet(life), ...found, nextAtMs: nowMs + NOT_FOUND_PAUSE_MS };
  }
  const firstSentAtMs = life.firstSentAtMs ?? sentAtMs;
  if (life.state === 'unknown' && !life.hasDebit && nowMs < firstSentAtMs + policy.safeResendMs) {
    return {
      ...found,
      state: 'authorised',
      attempt: 'abandoned',
      reason: reason('payment.notFoundAtBank'),
      ...endOfDecision(life),
      nextAtMs: nowMs,
      isTold: false,
    };
  }
  return {
    ...found,
    state: life.state,
    reason: reason('payment.notFoundAtBank'),
    ...beginDecision(life),
    nextAtMs: nowMs + SLOW_ASK_MS,
    isTold: life.decisionSinceMs === undefined,
  };
}

export function askFailed(
  life: PaymentLife,
  why: Reason,
  policy: TransferPolicy,
  nowMs: number,
): Development | undefined {
  if (!isUnderWay(life) && life.state !== 'settled') return hintUnasked(life, why, nowMs);
  if (life.state === 'confirmed' || life.state === 'settled') return lookedAgain(life, nowMs);
  // Our own call budget was spent: nobody was asked, so nothing failed.
  if (why.code === 'transport.budgetExhausted') {
    return { ...quiet(life), nextAtMs: nowMs + UNASKED_PAUSE_MS };
  }
  const sinceMs = sentSinceMs(life) ?? life.stateSinceMs;
  const isForPeople =
    life.state === 'unknown'
      ? nowMs - sinceMs > Math.max(ASK_FAILS_MS, policy.visibilityMs)
      : isOverdue(life, policy, nowMs);
  const failures = life.failures + 1;
  const pauseMs = isForPeople ? SLOW_ASK_MS : unknownPauseMs({ ...life, inquiries: failures });
  return {
    state: life.state,
    reason: isForPeople ? reason('payment.noAnswer', { code: why.code }) : why,
    failures,
    ...(isForPeople ? beginDecision(life) : {}),
    nextAtMs: nowMs + pauseMs,
    isTold: isForPeople && life.decisionSinceMs === undefined,
  };
}

export function debitSeen(life: PaymentLife, nowMs: number): Development | undefined {
  const withDebit = { ...life, hasDebit: true };
  switch (life.state) {
    case 'confirmed':
      return settledBy(withDebit, nowMs);
    case 'submitting':
    case 'unknown':
      // The bank's own booking proves that it has the transfer, whatever became of its answer.
      return { ...bookedBy(withDebit, nowMs), attempt: 'accepted' };
    case 'submitted':
      return life.canAsk ? { ...quiet(life), nextAtMs: nowMs } : settledBy(withDebit, nowMs);
    case 'settled':
    case 'returned':
      return undefined;
    case 'draft':
    case 'awaitingApproval':
    case 'authorised':
    case 'blocked':
    case 'rejected':
    case 'declined':
    case 'expired':
    case 'cancelled':
    case 'voided':
      return {
        ...bookedBy(withDebit, nowMs),
        ...(life.attempt ? { attempt: 'accepted' as const } : {}),
        alarm: reason('payment.lateOutcome', { before: life.state }),
      };
  }
}

/** Some rails debit first and reject later: where the bank can be asked, its status decides. */
function bookedBy(life: PaymentLife, nowMs: number): Development {
  if (!life.canAsk) return settledBy(life, nowMs);
  const anew = { inquiries: 0, notFoundCount: 0, failures: 0, nextAtMs: nowMs };
  return { state: 'submitted', ...anew, ...endOfDecision(life), isTold: true };
}

function settledBy(life: PaymentLife, nowMs: number): Development {
  return {
    state: 'settled',
    ...endOfDecision(life),
    nextAtMs: nowMs + (LATE_LOOKS_MS[0] ?? HOUR_MS),
    isTold: true,
  };
}

export function returned(life: PaymentLife, why?: Reason): Development {
  return {
    state: 'returned',
    reason: why ?? reason('payment.returnedByBank'),
    ...endOfDecision(life),
    isTold: true,
  };
}

export function decided(
  life: PaymentLife,
  choice: 'executed' | 'notExecuted' | 'sendAgain',
  nowMs: number,
): Development | undefined {
  if (life.state !== 'unknown' && life.state !== 'submitted') return undefined;
  // What bank or statement have said already is stronger than what people believe.
  if (choice !== 'executed' && (life.hasDebit || life.hasNotice)) return undefined;
  switch (choice) {
    case 'executed':
      return {
        state: life.hasDebit ? 'settled' : 'confirmed',
        attempt: 'accepted',
        decision: 'end',
        nextAtMs: nowMs + (LATE_LOOKS_MS[0] ?? HOUR_MS),
        isTold: true,
      };
    case 'notExecuted':
      return {
        state: 'rejected',
        attempt: 'abandoned',
        reason: reason('payment.notExecutedByDecision'),
        decision: 'end',
        nextAtMs: nowMs + (DECIDED_LOOKS_MS[0] ?? HOUR_MS),
        isTold: true,
      };
    case 'sendAgain':
      if (life.state !== 'unknown') return undefined;
      return {
        state: 'authorised',
        attempt: 'abandoned',
        decision: 'end',
        nextAtMs: nowMs,
        isTold: true,
      };
  }
}

/**
 * The bank works on a transfer that we hold for ended. Such words may be old and come late; the bank is
 * asked, and what it answers is the truth. What waits to be sent again must not be.
 */
function lateNews(
  life: PaymentLife,
  report: TransferReport,
  nowMs: number,
): Development | undefined {
  if (life.state === 'settled' || life.state === 'returned') return undefined;
  if (isExecutable(life) || !life.canAsk) return reopened(life, report, nowMs);
  return { ...quiet(life), failures: 0, nextAtMs: nowMs };
}

/** A transfer that we hold for ended is alive at the bank: it is followed again, and people hear of it. */
function reopened(
  life: PaymentLife,
  report: TransferReport,
  nowMs: number,
): Development | undefined {
  const isEnded = !isUnderWay(life) && life.state !== 'settled' && life.state !== 'returned';
  if (!isAlive(report) || !isEnded) return undefined;
  return {
    state: 'submitted',
    attempt: 'accepted',
    report,
    inquiries: life.inquiries,
    notFoundCount: 0,
    failures: 0,
    nextAtMs: nowMs + (PENDING_PAUSES_MS[0] ?? QUARTER_MS),
    isTold: true,
    alarm: reason('payment.lateOutcome', { before: life.state }),
  };
}

function isAlive({ status }: TransferAnswer): boolean {
  return status === 'received' || status === 'accepted' || status === 'pending';
}

function isDecided({ state, reasonCode }: PaymentLife): boolean {
  return state === 'rejected' && reasonCode === 'payment.notExecutedByDecision';
}

/** The bank is silent about something that waits for its word before it is sent again, or had ended. */
function hintUnasked(life: PaymentLife, why: Reason, nowMs: number): Development | undefined {
  if (!life.attempt) return undefined;
  const failures = life.failures + 1;
  const nextAtMs = nowMs + unknownPauseMs({ inquiries: failures });
  if (isExecutable(life)) {
    return {
      state: life.state,
      reason: why,
      failures,
      nextAtMs,
      isTold: failures === FAILURES_TOLD,
    };
  }
  if (failures <= HINT_ASKS_MAX) return { ...quiet(life), failures, nextAtMs };
  return isDecided(life) ? lookedAgain(life, nowMs) : undefined;
}

function lookedAgain(life: PaymentLife, nowMs: number): Development {
  const sinceMs = nowMs - life.stateSinceMs;
  const looks = isDecided(life) ? DECIDED_LOOKS_MS : LATE_LOOKS_MS;
  const next = looks.find((lookMs) => lookMs > sinceMs);
  return {
    ...quiet(life),
    inquiries: life.inquiries,
    ...(next === undefined ? {} : { nextAtMs: life.stateSinceMs + next }),
  };
}

/** Nothing that anybody is told changes; the timer is not set either. */
function quiet(life: PaymentLife): Pick<Development, 'state' | 'isTold'> {
  return { state: life.state, isTold: false };
}

function beginDecision(life: PaymentLife): { readonly decision?: 'begin' } {
  return life.decisionSinceMs === undefined ? { decision: 'begin' } : {};
}

export function endOfDecision(life: PaymentLife): { readonly decision?: 'end' } {
  return life.decisionSinceMs === undefined ? {} : { decision: 'end' };
}

function sentSinceMs({ attempt, lastSentAtMs }: PaymentLife): number | undefined {
  return attempt?.sentAtMs ?? lastSentAtMs;
}

function isOverdue(life: PaymentLife, policy: TransferPolicy, nowMs: number): boolean {
  return nowMs - (sentSinceMs(life) ?? life.stateSinceMs) > policy.finalWithinMs;
}

function unknownPauseMs({ inquiries }: Pick<PaymentLife, 'inquiries'>): number {
  return UNKNOWN_PAUSES_MS[inquiries] ?? QUARTER_MS;
}

function pendingPauseMs(life: PaymentLife, policy: TransferPolicy, nowMs: number): number {
  if (isOverdue(life, policy, nowMs)) return SLOW_ASK_MS;
  return PENDING_PAUSES_MS[life.inquiries] ?? QUARTER_MS;
}

export function reason(code: ErrorCode, details: ErrorDetails = {}): Reason {
  return { code, details };
}

function detailsOf({ bankCode, bankMessage }: TransferReport): ErrorDetails {
  return { bankCode: bankCode ?? '', bankMessage: bankMessage ?? '' };
}

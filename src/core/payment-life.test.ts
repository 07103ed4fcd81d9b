import { describe, expect, test } from 'vitest';
import type { ErrorCode } from './errors.ts';
import { DAY_MS, NOT_FOUND_ENOUGH } from './payment-outcomes.ts';
import { develop, expiresAtMs } from './payment-life.ts';
import type { Happening, PaymentLife, TransferPolicy } from './payment-happenings.ts';
import { paymentStates } from './payments.ts';
import type { PaymentState } from './payments.ts';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const policy: TransferPolicy = {
  visibilityMs: 15 * MINUTE,
  safeResendMs: 0,
  finalWithinMs: DAY_MS,
};
const keyed: TransferPolicy = { ...policy, safeResendMs: DAY_MS };

function life(state: PaymentState, changes: Partial<PaymentLife> = {}): PaymentLife {
  const hasAttempt = ['submitting', 'submitted', 'unknown', 'confirmed', 'settled'].includes(state);
  return {
    state,
    digest: 'd1',
    createdAtMs: NOW - MINUTE,
    notBeforeMs: NOW - MINUTE,
    stateSinceMs: NOW - MINUTE,
    inquiries: 0,
    notFoundCount: 0,
    failures: 0,
    hasDebit: false,
    hasReturn: false,
    hasNotice: false,
    canAsk: true,
    ...(hasAttempt
      ? { attempt: { number: 1, state: 'sending' as const, sentAtMs: NOW - 20 * MINUTE } }
      : {}),
    ...changes,
  };
}

const settled: Happening = { kind: 'answered', report: { status: 'settled' } };
const agreed = (digest: string): Happening => ({
  kind: 'approvalRead',
  reading: { kind: 'agreed', digest, originator: 'per_maker', approvers: ['per_checker'] },
});
const notFound: Happening = { kind: 'asked', answer: { status: 'notFound' }, askedAtMs: NOW };
const lost: Happening = { kind: 'answerLost', reason: { code: 'payment.noAnswer', details: {} } };

describe('life of a payment', () => {
  test.each<[string, PaymentLife, Happening, PaymentState | undefined]>([
    // Approval.
    ['a draft sent for approval', life('draft'), { kind: 'requested' }, 'awaitingApproval'],
    ['sent for approval twice', life('awaitingApproval'), { kind: 'requested' }, undefined],
    ['agreed to the same content', life('awaitingApproval'), agreed('d1'), 'authorised'],
    ['agreed to other content', life('awaitingApproval'), agreed('d2'), 'voided'],
    ['agreed after it was cancelled', life('cancelled'), agreed('d1'), undefined],
    [
      'cancelled while it waits for its day',
      life('authorised'),
      { kind: 'cancelled' },
      'cancelled',
    ],
    ['cancelled too late', life('submitting'), { kind: 'cancelled' }, undefined],
    ['expired while blocked', life('blocked'), { kind: 'expired' }, 'expired'],
    // The answer.
    ['executed at once', life('submitting'), settled, 'confirmed'],
    ['executed, debit seen before', life('submitting', { hasDebit: true }), settled, 'settled'],
    ['no answer', life('submitting'), lost, 'unknown'],
    ['the answer after the timeout', life('unknown'), settled, 'confirmed'],
    ['a loss reported after the answer', life('confirmed'), lost, undefined],
    // Doubt.
    [
      'found by inquiry',
      life('unknown'),
      { ...notFound, answer: { status: 'settled' } },
      'confirmed',
    ],
    // Some rails debit first and reject later: the status decides where it can be asked for.
    ['its own debit on the account', life('unknown'), { kind: 'debitSeen' }, 'submitted'],
    ['a crash, and the debit', life('submitting'), { kind: 'debitSeen' }, 'submitted'],
    [
      'its own debit, and no way to ask',
      life('unknown', { canAsk: false }),
      { kind: 'debitSeen' },
      'settled',
    ],
    [
      'debit while the bank still works on it',
      life('submitted'),
      { kind: 'debitSeen' },
      'submitted',
    ],
    [
      'debit where the bank cannot be asked',
      life('submitted', { canAsk: false }),
      { kind: 'debitSeen' },
      'settled',
    ],
    // Late outcomes.
    [
      'returned after success',
      life('settled'),
      { kind: 'notified', report: { status: 'returned' } },
      'returned',
    ],
    [
      'rejected after success',
      life('settled'),
      { kind: 'notified', report: { status: 'rejected' } },
      'returned',
    ],
    [
      'rejected after acceptance',
      life('submitted'),
      { kind: 'notified', report: { status: 'rejected' } },
      'rejected',
    ],
    [
      'pending after success',
      life('confirmed'),
      { kind: 'notified', report: { status: 'pending' } },
      'confirmed',
    ],
    [
      'success told twice',
      life('settled'),
      { kind: 'notified', report: { status: 'settled' } },
      'settled',
    ],
    [
      'the debit that is gone from the statement',
      life('settled', { hasDebit: false }),
      { kind: 'debitGone' },
      'confirmed',
    ],
    [
      'a debit said to be gone that is there',
      life('settled', { hasDebit: true }),
      { kind: 'debitGone' },
      undefined,
    ],
    ['the credit that brings it back', life('settled'), { kind: 'returnSeen' }, 'returned'],
    // Decisions.
    ['people: send again', life('unknown'), { kind: 'decided', choice: 'sendAgain' }, 'authorised'],
    [
      'people: send again, though the debit is there',
      life('unknown', { hasDebit: true }),
      { kind: 'decided', choice: 'sendAgain' },
      undefined,
    ],
    [
      'people: send again, though the bank has it',
      life('submitted'),
      { kind: 'decided', choice: 'sendAgain' },
      undefined,
    ],
    [
      'people: it was not executed',
      life('unknown'),
      { kind: 'decided', choice: 'notExecuted' },
      'rejected',
    ],
    [
      'people: too late, the bank has answered',
      life('confirmed'),
      { kind: 'decided', choice: 'notExecuted' },
      undefined,
    ],
  ])('%s', (_title, before, happening, state) => {
    expect(develop(before, happening, policy, NOW)?.state).toBe(state);
  });

  test('a question to people is told, also when it is only that the bank takes too long', () => {
    const pending: Happening = { kind: 'asked', answer: { status: 'pending' }, askedAtMs: NOW };
    const old = { number: 1, state: 'accepted' as const, sentAtMs: NOW - 2 * DAY_MS };
    const overdue = life('submitted', { attempt: old });
    expect(develop(overdue, pending, policy, NOW)).toMatchObject({
      state: 'submitted',
      decision: 'begin',
      isTold: true,
    });
    const asked = { ...overdue, decisionSinceMs: NOW - MINUTE };
    expect(develop(asked, pending, policy, NOW)?.isTold).toBe(false);
  });

  test('what people have decided is looked at for another week, and what the bank finds is told', () => {
    const day = 86_400_000;
    const decided = life('rejected', {
      reasonCode: 'payment.notExecutedByDecision',
      stateSinceMs: NOW,
    });
    const looks = [0, 1, 2, 3, 4, 8].map((days) => {
      const nowMs = NOW + days * day + 1;
      return develop(decided, notFound, policy, nowMs)?.nextAtMs;
    });
    expect(looks).toEqual([
      NOW + day / 24,
      NOW + 3 * day,
      NOW + 3 * day,
      NOW + 7 * day,
      NOW + 7 * day,
      undefined,
    ]);
    const paid: Happening = { kind: 'asked', answer: { status: 'settled' }, askedAtMs: NOW };
    const late = develop(decided, paid, policy, NOW + 5 * day);
    expect(late).toMatchObject({ state: 'confirmed', alarm: { code: 'payment.lateOutcome' } });
  });

  test('what people have decided holds against the word that the bank had before', () => {
    const decided = life('rejected', { reasonCode: 'payment.notExecutedByDecision' });
    const asked = (status: 'pending' | 'settled'): Happening => ({
      kind: 'asked',
      answer: { status },
      askedAtMs: NOW,
    });
    expect(develop(decided, asked('pending'), policy, NOW)).toMatchObject({
      state: 'rejected',
      isTold: false,
    });
    expect(develop(decided, asked('settled'), policy, NOW)).toMatchObject({
      state: 'confirmed',
      alarm: { code: 'payment.lateOutcome' },
    });
  });

  test('a success that the bank forgets for a moment is looked at again all the same', () => {
    for (const state of ['confirmed', 'settled'] as const) {
      const next = develop(life(state), notFound, policy, NOW);
      expect(next).toMatchObject({ state, isTold: false });
      expect(next?.nextAtMs).toBeGreaterThan(NOW);
    }
  });

  test('"not found" counts from the last sending of which a byte left', () => {
    const unsent = { number: 2, state: 'notExecuted' as const };
    const before = life('submitted', { attempt: unsent, lastSentAtMs: NOW - 20 * MINUTE });
    expect(develop(before, notFound, policy, NOW)?.notFoundCount).toBe(1);
  });

  test('"not found" counts only after the visibility window, and only when repeated', () => {
    const young = life('unknown', {
      attempt: { number: 1, state: 'unknown', sentAtMs: NOW - MINUTE },
    });
    expect(develop(young, notFound, policy, NOW)).toMatchObject({
      state: 'unknown',
      isTold: false,
    });
    expect(develop(young, notFound, policy, NOW)?.notFoundCount).toBeUndefined();
    const once = develop(life('unknown'), notFound, policy, NOW);
    expect(once).toMatchObject({ state: 'unknown', notFoundCount: 1, isTold: false });
    expect(once?.decision).toBeUndefined();
  });

  test('a bank without key never gets it again by itself: people are asked', () => {
    const asked = life('unknown', { notFoundCount: NOT_FOUND_ENOUGH - 1 });
    expect(develop(asked, notFound, policy, NOW)).toMatchObject({
      state: 'unknown',
      decision: 'begin',
      isTold: true,
    });
  });

  test('a bank with a key gets the same key again while the key is good, and not after', () => {
    const asked = life('unknown', {
      notFoundCount: NOT_FOUND_ENOUGH - 1,
      firstSentAtMs: NOW - MINUTE,
    });
    expect(develop(asked, notFound, keyed, NOW)).toMatchObject({
      state: 'authorised',
      attempt: 'abandoned',
    });
    const old = { ...asked, firstSentAtMs: NOW - 2 * DAY_MS };
    expect(develop(old, notFound, keyed, NOW)).toMatchObject({
      state: 'unknown',
      decision: 'begin',
    });
    expect(develop({ ...asked, hasDebit: true }, notFound, keyed, NOW)?.state).toBe('unknown');
  });

  test('where the bank cannot be asked, a lost answer is for people at once', () => {
    expect(develop(life('submitting', { canAsk: false }), lost, policy, NOW)).toMatchObject({
      state: 'unknown',
      decision: 'begin',
    });
  });

  test('a transfer that was held for ended and is alive at the bank raises the alarm', () => {
    for (const state of ['rejected', 'cancelled', 'voided', 'authorised'] as const) {
      const ended = life(state, { attempt: { number: 1, state: 'abandoned' } });
      for (const canAsk of [true, false]) {
        const next = develop({ ...ended, canAsk }, { kind: 'debitSeen' }, policy, NOW);
        expect(next).toMatchObject({
          state: canAsk ? 'submitted' : 'settled',
          isTold: true,
          alarm: { code: 'payment.lateOutcome' },
        });
      }
    }
    const news: Happening = { kind: 'notified', report: { status: 'settled' } };
    const rejected = life('rejected', { attempt: { number: 1, state: 'rejected' } });
    expect(develop(rejected, news, policy, NOW)).toMatchObject({
      state: 'confirmed',
      alarm: { code: 'payment.lateOutcome' },
    });
  });

  test('what has left is never authorised again by anything but "not found" or people', () => {
    const happenings: Happening[] = [
      agreed('d1'),
      { kind: 'intended' },
      { kind: 'blocked', reason: { code: 'payment.stopped', details: {} } },
      { kind: 'postponed', reason: { code: 'payment.railClosed', details: {} }, retryAtMs: NOW },
      { kind: 'waived' },
      { kind: 'askFailed', reason: { code: 'transport.timeout', details: {} } },
      lost,
      settled,
      { kind: 'cancelled' },
      { kind: 'expired' },
    ];
    for (const state of ['submitted', 'unknown', 'confirmed', 'settled', 'returned'] as const) {
      for (const happening of happenings) {
        const next = develop(life(state), happening, keyed, NOW)?.state;
        expect(next, `${state} and ${happening.kind}`).not.toBe('authorised');
        expect(next, `${state} and ${happening.kind}`).not.toBe('submitting');
      }
    }
  });

  test('every state that is not an end looks again by itself or waits for people', () => {
    for (const state of paymentStates) {
      if (state === 'draft') continue;
      const failed: Happening = {
        kind: 'askFailed',
        reason: { code: 'transport.timeout', details: {} },
      };
      const next = develop(life(state), failed, policy, NOW);
      if (next && next.state !== 'settled') expect(next.nextAtMs, state).toBeGreaterThan(NOW);
    }
  });

  test('what was given up and is alive at the bank is followed again, and people hear of it', () => {
    const pending = { status: 'pending' } as const;
    const told: Happening = { kind: 'notified', report: pending };
    const answered: Happening = { kind: 'asked', answer: pending, askedAtMs: NOW };
    const abandoned = { attempt: { number: 1, state: 'abandoned' as const } };
    for (const state of ['authorised', 'blocked'] as const) {
      for (const happening of [told, answered]) {
        expect(develop(life(state, abandoned), happening, policy, NOW)).toMatchObject({
          state: 'submitted',
          attempt: 'accepted',
          alarm: { code: 'payment.lateOutcome', details: { before: state } },
        });
      }
    }
    for (const state of ['rejected', 'cancelled', 'expired', 'voided'] as const) {
      // An old word that comes late is no alarm: the bank is asked, and its answer is.
      expect(develop(life(state, abandoned), told, policy, NOW)).toMatchObject({
        state,
        isTold: false,
        nextAtMs: NOW,
      });
      expect(develop(life(state, abandoned), told, policy, NOW)?.alarm).toBeUndefined();
      expect(develop(life(state, abandoned), answered, policy, NOW)).toMatchObject({
        state: 'submitted',
        alarm: { code: 'payment.lateOutcome' },
      });
      const silence: Happening = {
        kind: 'askFailed',
        reason: { code: 'transport.timeout', details: {} },
      };
      const asked = develop(life(state, abandoned), silence, policy, NOW);
      expect(asked, state).toMatchObject({ state, isTold: false, failures: 1 });
      expect(asked?.nextAtMs).toBeGreaterThan(NOW);
    }
  });

  test('a no to the first of two sendings does not end the second: the bank is asked', () => {
    const no: Happening = { kind: 'notified', report: { status: 'rejected' } };
    const second = { number: 2, state: 'sending' as const, sentAtMs: NOW };
    for (const state of ['submitting', 'submitted', 'unknown', 'confirmed', 'settled'] as const) {
      expect(develop(life(state, { attempt: second }), no, policy, NOW)).toMatchObject({
        state,
        isTold: false,
        nextAtMs: NOW,
      });
    }
  });

  test('a no against the bank’s own books is an alarm, and the books hold', () => {
    const no: Happening = { kind: 'refused', reason: { code: 'bank.refused', details: {} } };
    for (const state of ['confirmed', 'settled'] as const) {
      expect(develop(life(state), no, policy, NOW)).toMatchObject({
        state,
        alarm: { code: 'payment.lateOutcome' },
      });
    }
    expect(develop(life('unknown', { hasDebit: true }), no, policy, NOW)).toMatchObject({
      state: 'settled',
      alarm: { code: 'payment.lateOutcome' },
    });
    // Debited first and rejected later: the money has to come back.
    const later: Happening = { kind: 'asked', answer: { status: 'rejected' }, askedAtMs: NOW };
    const debited = life('submitted', { hasDebit: true });
    expect(develop(debited, later, policy, NOW)?.state).toBe('returned');
  });

  test('people do not overrule what bank or statement have said and nobody has read yet', () => {
    for (const choice of ['notExecuted', 'sendAgain'] as const) {
      const decided: Happening = { kind: 'decided', choice };
      expect(develop(life('unknown', { hasDebit: true }), decided, policy, NOW)).toBeUndefined();
      expect(develop(life('unknown', { hasNotice: true }), decided, policy, NOW)).toBeUndefined();
    }
  });

  test('what certainly did not leave is tried ever more slowly, and told of in the end', () => {
    const failed: Happening = {
      kind: 'notExecuted',
      reason: { code: 'transport.connectFailed', details: {} },
      isOurs: false,
    };
    let current = life('authorised');
    const pauses: number[] = [];
    const told: number[] = [];
    for (let attempt = 1; attempt <= 7; attempt += 1) {
      const intended = develop(current, { kind: 'intended' }, policy, NOW);
      current = {
        ...current,
        state: 'submitting',
        failures: intended?.failures ?? current.failures,
      };
      const next = develop(current, failed, policy, NOW);
      pauses.push((next?.nextAtMs ?? 0) - NOW);
      if (next?.isTold) told.push(attempt);
      current = { ...current, state: 'authorised', failures: next?.failures ?? 0 };
    }
    expect(pauses).toEqual([1, 2, 5, 15, 60, 300, 300].map((seconds) => seconds * 1000));
    expect(told).toEqual([5]);
  });

  test('what the bank calls our mistake is not sent again and again', () => {
    const mistake: Happening = {
      kind: 'notExecuted',
      reason: { code: 'bank.badRequest', details: {} },
      isOurs: true,
    };
    const states = [0, 1, 2].map(
      (failures) => develop(life('submitting', { failures }), mistake, policy, NOW)?.state,
    );
    expect(states).toEqual(['blocked', 'blocked', 'rejected']);
  });

  test('who sent it and knows that nothing left is believed, though others hold it for lost', () => {
    const never: Happening = {
      kind: 'notExecuted',
      reason: { code: 'transport.connectFailed', details: {} },
      isOurs: false,
    };
    expect(develop(life('unknown'), never, policy, NOW)).toMatchObject({
      state: 'authorised',
      attempt: 'notExecuted',
    });
    expect(develop(life('unknown', { hasDebit: true }), never, policy, NOW)).toBeUndefined();
  });

  test('another reason to wait is told, the same one is not', () => {
    const stopped: Happening = {
      kind: 'blocked',
      reason: { code: 'payment.stopped', details: {} },
    };
    const held = (reasonCode: ErrorCode) =>
      develop(life('blocked', { reasonCode }), stopped, policy, NOW)?.isTold;
    expect(held('payment.stopped')).toBe(false);
    expect(held('payment.cashShort')).toBe(true);
  });

  test('an approval does not live for ever, and one that comes late lives as long', () => {
    expect(expiresAtMs(life('awaitingApproval'))).toBe(NOW - MINUTE + 30 * DAY_MS);
    const late = life('authorised', { createdAtMs: NOW - 20 * DAY_MS, authorisedAtMs: NOW });
    expect(expiresAtMs({ ...late, notBeforeMs: NOW - 20 * DAY_MS })).toBe(NOW + 7 * DAY_MS);
    expect(expiresAtMs(life('authorised', { notBeforeMs: NOW + DAY_MS }))).toBe(NOW + 8 * DAY_MS);
  });
});

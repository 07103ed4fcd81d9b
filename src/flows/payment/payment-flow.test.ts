import { describe, expect, test } from 'vitest';
import { develop } from '#core/payment-life.ts';
import type { Happening, PaymentLife } from '#core/payment-happenings.ts';
import type { ApprovalReading } from '#core/payments.ts';
import { advancePayment } from './payment-flow.ts';
import type { PaymentSteps } from './payment-flow.ts';

const NOW = 1_800_000_000_000;
const policy = { visibilityMs: 900_000, safeResendMs: 0, finalWithinMs: 86_400_000 };
const agreed: ApprovalReading = {
  kind: 'agreed',
  digest: 'd1',
  originator: 'per_maker',
  approvers: ['per_checker'],
};

/** The story on a payment in memory; every step that it takes is noted. */
async function tell(before: PaymentLife, answers: { readonly asked?: Happening } = {}) {
  const taken: string[] = [];
  let life = before;
  const note = <T>(step: string, value: T): Promise<T> => {
    taken.push(step);
    return Promise.resolve(value);
  };
  const steps: PaymentSteps = {
    nowMs: () => NOW,
    load: () => Promise.resolve(life),
    readApproval: () => note('readApproval', agreed),
    intend: () => note('intend', life),
    send: () => note('send', { kind: 'answered', report: { status: 'settled' } }),
    readNotice: () => note('readNotice', { kind: 'notified', report: { status: 'settled' } }),
    ask: () =>
      note(
        'ask',
        answers.asked ?? { kind: 'asked', answer: { status: 'settled' }, askedAtMs: NOW },
      ),
    record: (happening) => {
      const next = develop(life, happening, policy, NOW);
      life = { ...life, state: next?.state ?? life.state, hasNotice: false };
      return note(`record ${happening.kind}`, life);
    },
    postpone: () => note('postpone', undefined),
  };
  const after = await advancePayment(steps);
  return { taken, state: after.state };
}

const base: PaymentLife = {
  state: 'authorised',
  digest: 'd1',
  createdAtMs: NOW - 60_000,
  notBeforeMs: NOW - 60_000,
  stateSinceMs: NOW - 60_000,
  inquiries: 0,
  notFoundCount: 0,
  failures: 0,
  hasDebit: false,
  hasReturn: false,
  hasNotice: false,
  canAsk: true,
};
const abandoned = { number: 1, state: 'abandoned' as const, sentAtMs: NOW - 3_600_000 };

describe('the story of a payment', () => {
  test.each<[string, Partial<PaymentLife>, string]>([
    ['its debit', { hasDebit: true }, 'record debitSeen'],
    ['a word of the bank', { hasNotice: true }, 'readNotice'],
    ['the credit that brings it back', { hasReturn: true }, 'record returnSeen'],
  ])('payment: about to be sent again, %s comes first', async (_title, news, step) => {
    for (const state of ['authorised', 'blocked'] as const) {
      const { taken } = await tell({ ...base, state, attempt: abandoned, ...news });
      expect(taken[0]).toBe(step);
      expect(taken).not.toContain('intend');
    }
  });

  test('payment: rejected by the bank, and its debit comes to light: that is no late outcome', async () => {
    const rejected: PaymentLife = {
      ...base,
      state: 'rejected',
      transferStatus: 'rejected',
      attempt: { number: 1, state: 'rejected', sentAtMs: NOW - 60_000 },
      hasDebit: true,
    };
    const asked: Happening = { kind: 'asked', answer: { status: 'rejected' }, askedAtMs: NOW };
    const { taken, state } = await tell(rejected, { asked });
    expect(taken).toEqual(['ask', 'record asked']);
    expect(state).toBe('rejected');
  });
});

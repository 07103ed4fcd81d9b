import { describe, expect, test } from 'vitest';
import { parseMoney } from './money.ts';
import type { Happening, PaymentLife, TransferPolicy } from './payment-happenings.ts';
import { judgeNews, withPlainTexts } from './payment-news.ts';
import type { News } from './payment-news.ts';
import type { TransferReport } from './payments.ts';

const NOW = 1_800_000_000_000;
const amount = parseMoney('1000.00', 'IDR');
const blind: TransferPolicy = { visibilityMs: 0, safeResendMs: 0, finalWithinMs: 86_400_000 };
const keyed: TransferPolicy = { ...blind, safeResendMs: 86_400_000 };

const life = (attempt: NonNullable<PaymentLife['attempt']>): PaymentLife => ({
  state: 'submitting',
  digest: 'd1',
  attempt,
  createdAtMs: NOW,
  notBeforeMs: NOW,
  stateSinceMs: NOW,
  inquiries: 0,
  notFoundCount: 0,
  failures: 0,
  hasDebit: false,
  hasReturn: false,
  canAsk: true,
  hasNotice: false,
});

const answered = (report: Partial<TransferReport> = {}): Happening => ({
  kind: 'answered',
  report: { status: 'settled', ...report },
});

const news = (changes: Partial<News>): News => ({
  happening: answered(),
  isOfOlderAttempt: false,
  instructedAmount: amount,
  policy: blind,
  nowMs: NOW,
  ...changes,
});

const second = { number: 2, state: 'sending' as const, sentAtMs: NOW };

describe('news of a payment', () => {
  test('news: an older sending that succeeds beside a newer one is an alarm', () => {
    const late = news({ isOfOlderAttempt: true });
    expect(judgeNews(life(second), late)).toMatchObject({
      development: { state: 'confirmed' },
      alarms: [{ code: 'payment.lateOutcome' }],
    });
    // One that has not left yet is only kept from leaving.
    expect(judgeNews(life({ number: 2, state: 'intended' }), late).alarms).toEqual([]);
    // Two sendings under one key are one transfer.
    expect(judgeNews(life(second), { ...late, policy: keyed }).alarms).toEqual([]);
  });

  test('news: another transfer under our reference is an alarm', () => {
    const known = { bankReference: 'A' };
    const other = news({ ...known, happening: answered({ bankReference: 'B' }), policy: keyed });
    expect(judgeNews(life(second), other).alarms).toMatchObject([{ code: 'payment.lateOutcome' }]);
    const same = news({ ...known, happening: answered({ bankReference: 'A' }) });
    expect(judgeNews(life(second), same).alarms).toEqual([]);
    // Banks give one transfer several references; with one sending there is one transfer.
    expect(judgeNews(life({ ...second, number: 1 }), other).alarms).toEqual([]);
  });

  test.each<[string, Happening]>([
    ['a no', { kind: 'refused', reason: { code: 'bank.refused', details: {} } }],
    ['a loss', { kind: 'answerLost', reason: { code: 'payment.noAnswer', details: {} } }],
    ['a rejection in the answer', answered({ status: 'rejected' })],
    ['a rejection found', { kind: 'asked', answer: { status: 'rejected' }, askedAtMs: NOW }],
    ['nothing found', { kind: 'asked', answer: { status: 'notFound' }, askedAtMs: NOW }],
  ])('news: %s of an older sending says nothing about the newer', (_what, happening) => {
    const { development, alarms } = judgeNews(
      life(second),
      news({ happening, isOfOlderAttempt: true }),
    );
    expect(development).toBeUndefined();
    expect(alarms).toEqual([]);
  });

  test('news: a no to another transfer than ours does not bring ours back, and it is looked at again', () => {
    const settled: PaymentLife = { ...life(second), state: 'settled', hasDebit: true };
    for (const kind of ['asked', 'notified'] as const) {
      for (const status of ['rejected', 'cancelled', 'returned'] as const) {
        const no = (bankReference: string): Happening =>
          kind === 'asked'
            ? { kind, answer: { status, bankReference }, askedAtMs: NOW }
            : { kind, report: { status, bankReference } };
        const known = { bankReference: 'A', nowMs: NOW + 1 };
        const other = judgeNews(settled, news({ ...known, happening: no('B') })).development;
        expect(other).toMatchObject({ state: 'settled', isTold: false });
        expect(other?.nextAtMs).toBeGreaterThan(NOW);
        if (kind === 'notified') continue;
        const ours = judgeNews(settled, news({ ...known, happening: no('A') })).development;
        expect(ours?.state).toBe('returned');
      }
    }
  });

  test('news: another amount than was ordered is an alarm', () => {
    const more = news({ happening: answered({ amount: parseMoney('10000.00', 'IDR') }) });
    expect(judgeNews(life(second), more).alarms).toMatchObject([
      { code: 'payment.amountDiffers', details: { reported: 'IDR 10000.00' } },
    ]);
  });

  test('news: texts that no table takes are made plain, and nothing else changes', () => {
    const half = '\u{1F600}'.slice(0, 1);
    const happening = answered({ bankMessage: `a\0${half}`, bankReference: 'R', amount });
    expect(withPlainTexts(happening)).toEqual(
      answered({ bankMessage: 'a\uFFFD', bankReference: 'R', amount }),
    );
    const failed: Happening = {
      kind: 'notExecuted',
      reason: { code: 'bank.badRequest', details: { message: 'x\0', count: 1 } },
      isOurs: true,
    };
    expect(withPlainTexts(failed)).toMatchObject({
      reason: { details: { message: 'x', count: 1 } },
    });
    expect(withPlainTexts({ kind: 'debitSeen' })).toEqual({ kind: 'debitSeen' });
  });
});

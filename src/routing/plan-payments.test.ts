import { describe, expect, it } from 'vitest';
import { parseId } from '#core/ids.ts';
import type { MonthState } from './meter.ts';
import { type Plan, planDelivery, type PlanInput, type WaitingNotice } from './plan.ts';
import { account, sampleNotice } from './samples.ts';
import { defaultLimits as limits } from './tokens.ts';

const T = 10_000_000;
const fine: MonthState = {
  level: 'ok',
  used: 0,
  limit: 3_000,
  reserve: 300,
  resetsAtMs: 30 * 86_400_000,
};
const short: MonthState = { ...fine, level: 'short', used: 2_000, resetsAtMs: T + 9e8 };

function plan(waiting: readonly WaitingNotice[], changes: Partial<PlanInput> = {}): Plan {
  return planDelivery({
    nowMs: T,
    limits,
    recentSentAtMs: [],
    lastUrgentSentAtMs: undefined,
    month: fine,
    waiting,
    ...changes,
  });
}

const positions = (made: Plan): number[] =>
  made.kind === 'send' || made.kind === 'digest'
    ? made.noticeIds.map((id) => Number(id.slice(4)))
    : [];

const payment = (name: string) => parseId('pay', `pay_${name.padStart(4, '0')}`);

/** A notice of a payment at a place with cards. */
const card = (position: number, name: string, changes: Partial<WaitingNotice> = {}) =>
  sampleNotice(position, {
    createdAtMs: T,
    accountId: account('a'),
    followedId: payment(name),
    isLiveCard: true,
    ...changes,
  });
const update = (position: number, name: string, changes: Partial<WaitingNotice> = {}) =>
  card(position, name, { isCardUpdate: true, ...changes });

describe('plan: live cards of payments', () => {
  it('one card tells all that waits of its payment, and the newest comes last', () => {
    const made = plan([update(1, 'x'), update(2, 'y'), update(3, 'x'), update(4, 'x')]);
    expect(made).toMatchObject({ kind: 'send', lane: 'normal' });
    expect(positions(made)).toEqual([1, 3, 4]);
  });

  it('what is urgent takes along what came before of the same payment, muted or not', () => {
    const muted = card(1, 'x', { notBeforeMs: T + 3_600_000 });
    const made = plan([muted, card(2, 'y'), card(3, 'x', { lane: 'urgent' })]);
    expect(made).toMatchObject({ kind: 'send', lane: 'urgent' });
    expect(positions(made)).toEqual([1, 3]);
  });

  it('updates are never folded into a digest, however many wait', () => {
    const waiting = Array.from({ length: 60 }, (_, index) => update(index + 1, `p${index}`));
    expect(plan(waiting)).toMatchObject({ kind: 'send', noticeIds: ['ntf_000001'] });
    const urgent = waiting.map((one) => ({ ...one, lane: 'urgent' as const }));
    expect(plan(urgent)).toMatchObject({ kind: 'send', lane: 'urgent' });
    expect(plan(waiting, { month: short }).kind).toBe('send');
  });

  it('a short month holds back movements and leaves the cards of payments true', () => {
    const movement = sampleNotice(1, { createdAtMs: T, accountId: account('a') });
    const made = plan([movement, update(2, 'x'), update(3, 'x')], { month: short });
    expect(positions(made)).toEqual([2, 3]);
    expect(plan([movement], { month: short }).kind).toBe('wait');
    const due = { ...short, lastNormalSentAtMs: T - 86_400_000 };
    const others = [movement, sampleNotice(4, { createdAtMs: T }), update(5, 'x')];
    expect(positions(plan(others.slice(0, 2), { month: due }))).toEqual([1, 4]);
  });

  it('a short month still keeps the limit of the minute', () => {
    const recentSentAtMs = Array.from({ length: 20 }, () => T - 10_000);
    const made = plan([update(1, 'x')], { month: short, recentSentAtMs });
    expect(made).toMatchObject({ kind: 'wait', reason: 'rate' });
  });

  it('cards that do not stand yet may be folded when too many come at once', () => {
    const waiting = Array.from({ length: 60 }, (_, index) => card(index + 1, `p${index}`));
    expect(plan(waiting)).toMatchObject({ kind: 'digest', reason: 'rate' });
  });
});

describe('plan: payments and movements of one account', () => {
  const group = { groupKey: 'g', groupWaitMs: 60_000, groupMaximum: 50 } as const;
  const movement = (position: number) =>
    sampleNotice(position, { createdAtMs: T, accountId: account('a'), ...group });

  it('a payment does not break up a group of movements that waits', () => {
    expect(positions(plan([movement(1), movement(2), update(3, 'x')]))).toEqual([3]);
  });

  it('a muted movement does not hold up a payment, nor one payment another', () => {
    const held = { ...movement(1), notBeforeMs: T + 5_000 };
    expect(positions(plan([held, card(2, 'x')]))).toEqual([2]);
    const waiting = [card(1, 'x', { notBeforeMs: T + 5_000 }), card(2, 'y')];
    expect(positions(plan(waiting))).toEqual([2]);
  });

  it('where there are no cards, a payment’s messages keep their order', () => {
    const message = (position: number, changes: Partial<WaitingNotice> = {}) =>
      card(position, 'x', { isLiveCard: false, ...changes });
    expect(positions(plan([message(1), message(2)]))).toEqual([1]);
    const held = [message(1, { notBeforeMs: T + 5_000 }), message(2)];
    expect(plan(held)).toEqual({ kind: 'wait', untilMs: T + 5_000, reason: 'notYet' });
  });
});

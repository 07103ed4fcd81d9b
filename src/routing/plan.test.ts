import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MonthState } from './meter.ts';
import { type Plan, planDelivery, type PlanInput, type WaitingNotice } from './plan.ts';
import { account, sampleNotice as notice } from './samples.ts';
import { defaultLimits as limits } from './tokens.ts';

const fine: MonthState = {
  level: 'ok',
  used: 0,
  limit: 3_000,
  reserve: 300,
  resetsAtMs: 30 * 86_400_000,
};

const T = 10_000_000;

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

const many = (count: number, changes: Partial<WaitingNotice> = {}, from = 1) =>
  Array.from({ length: count }, (_, index) => notice(from + index, { createdAtMs: T, ...changes }));

function positions(made: Plan): number[] {
  if (made.kind !== 'send' && made.kind !== 'digest') return [];
  return made.noticeIds.map((id) => Number(id.slice(4)));
}

describe('plan: one decision', () => {
  it('is idle without notices and tells a lone notice at once', () => {
    expect(plan([])).toEqual({ kind: 'idle' });
    expect(plan(many(1))).toMatchObject({ kind: 'send', lane: 'normal' });
  });

  it('waits out a destination that refuses everything, urgent or not', () => {
    const made = plan(many(3, { lane: 'urgent' }), { blockedUntilMs: T + 600_000 });
    expect(made).toEqual({ kind: 'wait', untilMs: T + 600_000, reason: 'blocked' });
  });

  it('tells a few one by one and folds what would take longer than twenty seconds', () => {
    expect(plan(many(8)).kind).toBe('send');
    expect(plan(many(15))).toMatchObject({ kind: 'digest', reason: 'rate' });
    expect(positions(plan(many(200)))).toHaveLength(limits.digestMax);
  });

  it('lets urgent notices into the reserve and normal ones not', () => {
    const recentSentAtMs = Array.from({ length: 16 }, (_, index) => T - 60_000 + index * 3_000);
    expect(plan(many(1), { recentSentAtMs })).toMatchObject({ kind: 'wait', reason: 'rate' });
    expect(plan(many(1, { lane: 'urgent' }), { recentSentAtMs }).kind).toBe('send');
  });

  it('keeps the margin: the twenty-first message waits for the window and 1.5 seconds', () => {
    const recentSentAtMs = Array.from({ length: 20 }, () => T - 10_000);
    const made = plan(many(1, { lane: 'urgent' }), { recentSentAtMs });
    expect(made).toEqual({ kind: 'wait', untilMs: T + 51_500, reason: 'rate' });
  });

  it('puts urgent before normal and alerts among the urgent', () => {
    const waiting = [...many(3), notice(4, { isAlert: true }), notice(5, { lane: 'urgent' })];
    expect(positions(plan(waiting))).toEqual([4]);
  });

  it('never overtakes a held notice of the same account, but does of another', () => {
    const held = notice(1, { accountId: account('a'), notBeforeMs: T + 5_000 });
    const later = notice(2, { accountId: account('a') });
    expect(plan([held, later])).toEqual({ kind: 'wait', untilMs: T + 5_000, reason: 'notYet' });
    expect(positions(plan([held, later, notice(3, { accountId: account('b') })]))).toEqual([3]);
    const alert = notice(3, { accountId: account('a'), isAlert: true });
    expect(positions(plan([{ ...held, lane: 'urgent' }, alert]))).toEqual([3]);
  });

  it('folds only what looks alike, and of each account a prefix', () => {
    const a = { accountId: account('a'), createdAtMs: T };
    const waiting = [
      notice(1, a),
      notice(2, { ...a, language: 'zh-CN' }),
      notice(3, a),
      ...many(20, {}, 4),
    ];
    const told = positions(plan(waiting));
    expect(told).toContain(1);
    // 3 would stand before 2, which speaks another language.
    expect(told).not.toContain(3);
    expect(told).toHaveLength(21);
  });

  it('leaves a card update out of a digest, with what follows in its account', () => {
    const a = { accountId: account('a') };
    const waiting = [...many(20), notice(21, { ...a, isCardUpdate: true }), notice(22, a)];
    expect(positions(plan(waiting))).toHaveLength(20);
  });
});

describe('plan: groups', () => {
  const group = { groupKey: 'g', groupWaitMs: 30_000, groupMaximum: 5, createdAtMs: T };

  it('waits for the first notice of the group, not for the last', () => {
    const waiting = [notice(1, { ...group, createdAtMs: T - 10_000 }), notice(2, group)];
    expect(plan(waiting)).toEqual({ kind: 'wait', untilMs: T + 20_000, reason: 'group' });
    const made = plan(waiting, { nowMs: T + 20_000 });
    expect(made).toMatchObject({ kind: 'digest', reason: 'group' });
    expect(positions(made)).toEqual([1, 2]);
  });

  it('tells a full group at once and leaves other groups alone', () => {
    const waiting = [...many(5, group), notice(6, { ...group, groupKey: 'h' })];
    expect(positions(plan(waiting))).toEqual([1, 2, 3, 4, 5]);
  });

  it('takes along what stands between its members in the same account', () => {
    const a = { accountId: account('a') };
    const waiting = [
      notice(1, { ...group, ...a, createdAtMs: T - 30_000 }),
      notice(2, { ...group, ...a, groupKey: 'h' }),
      notice(3, { ...group, ...a }),
      notice(4, { ...group, ...a, groupKey: 'h' }),
    ];
    expect(positions(plan(waiting))).toEqual([1, 2, 3]);
  });

  it('tells what a mute held back as one message', () => {
    const held = { createdAtMs: T - 1_000, notBeforeMs: T };
    expect(plan(many(3, held))).toMatchObject({ kind: 'digest', reason: 'unmuted' });
  });
});

describe('plan: the month', () => {
  const short: MonthState = { ...fine, level: 'short', used: 2_500, lastNormalSentAtMs: T - 1 };

  it('folds normal notices with growing distance, urgent ones go on', () => {
    const waits = (month: MonthState) => {
      const made = plan(many(2), { month });
      return made.kind === 'wait' ? made.untilMs - T : 0;
    };
    const distances = [
      waits({ ...short, used: 1_000 }),
      waits({ ...short, used: 2_000 }),
      waits({ ...short, used: 2_800, level: 'reserve' }),
      waits({ ...short, used: 2_980, level: 'reserve' }),
    ];
    expect(distances).toEqual([...distances].sort((left, right) => left - right));
    expect(new Set(distances).size).toBe(4);
    expect(plan(many(2, { lane: 'urgent' }), { month: short }).kind).toBe('send');
  });

  it('sends the digest when its time has come, a full one at once, and all in the new month', () => {
    const due = { ...short, lastNormalSentAtMs: T - 86_400_000 };
    expect(plan(many(3), { month: due })).toMatchObject({ kind: 'digest', reason: 'month' });
    expect(positions(plan(many(150), { month: short }))).toHaveLength(100);
    const ending: MonthState = { ...short, level: 'exhausted', used: 3_000, resetsAtMs: T + 5_000 };
    expect(plan(many(3), { month: ending })).toMatchObject({ kind: 'wait', untilMs: T + 5_000 });
  });
});

interface Told {
  readonly notice: WaitingNotice;
  readonly atMs: number;
}

interface Run {
  readonly told: readonly Told[];
  readonly sends: readonly { readonly atMs: number; readonly lane: string }[];
}

/** A drainer in virtual time: it does what the plan says and nothing else. */
function simulate(load: readonly WaitingNotice[], changes: Partial<PlanInput> = {}): Run {
  const told: Told[] = [];
  const sends: { atMs: number; lane: string }[] = [];
  let coming = [...load].sort((left, right) => left.position - right.position);
  let waiting: WaitingNotice[] = [];
  let nowMs = T;
  for (let step = 0; coming.length + waiting.length > 0; step += 1) {
    expect(step).toBeLessThan(20_000);
    const arrived = coming.filter((one) => one.createdAtMs <= nowMs);
    coming = coming.filter((one) => one.createdAtMs > nowMs);
    waiting = [...waiting, ...arrived].sort((left, right) => left.position - right.position);
    const made = plan(waiting, {
      nowMs,
      recentSentAtMs: sends.map((one) => one.atMs),
      lastUrgentSentAtMs: sends.findLast((one) => one.lane === 'urgent')?.atMs,
      ...changes,
    });
    if (made.kind === 'send' || made.kind === 'digest') {
      const ids = new Set<string>(made.noticeIds);
      for (const one of waiting) if (ids.has(one.noticeId)) told.push({ notice: one, atMs: nowMs });
      waiting = waiting.filter((one) => !ids.has(one.noticeId));
      sends.push({ atMs: nowMs, lane: made.lane });
      continue;
    }
    const nextMs = Math.min(...coming.map((one) => one.createdAtMs));
    const untilMs = Math.min(nextMs, made.kind === 'wait' ? made.untilMs : nextMs);
    expect(untilMs).toBeGreaterThan(nowMs);
    nowMs = untilMs;
  }
  return { told, sends };
}

function auditRun(load: readonly WaitingNotice[], { told, sends }: Run): void {
  expect(told.map((one) => one.notice.position).sort((a, b) => a - b)).toEqual(
    load.map((one) => one.position).sort((a, b) => a - b),
  );
  for (const [index, { atMs }] of sends.entries()) {
    const before = sends[index - limits.perWindow];
    if (before) expect(atMs - before.atMs).toBeGreaterThan(60_000);
  }
  const last = new Map<string, number>();
  for (const { notice: one } of told) {
    const chain = `${one.lane} ${one.isAlert} ${one.accountId}`;
    if (one.accountId) expect(one.position).toBeGreaterThan(last.get(chain) ?? -1);
    last.set(chain, one.position);
  }
}

function slowestUrgent({ told }: Run): number {
  const urgent = told.filter((one) => one.notice.lane === 'urgent');
  return Math.max(0, ...urgent.map((one) => one.atMs - one.notice.createdAtMs));
}

/** Notices at the given moments, in order. */
function loadOf(
  items: readonly { offsetMs: number; isUrgent: boolean; account: number; group: number }[],
): WaitingNotice[] {
  return [...items]
    .sort((left, right) => left.offsetMs - right.offsetMs)
    .map((item, index) =>
      notice(index + 1, {
        createdAtMs: T + item.offsetMs,
        lane: item.isUrgent ? 'urgent' : 'normal',
        accountId: account(String(item.account)),
        ...(item.group === 0 || item.isUrgent
          ? {}
          : { groupKey: `g${item.group}`, groupWaitMs: 15_000, groupMaximum: 7 }),
      }),
    );
}

const item = (spanMs: number, isUrgent: fc.Arbitrary<boolean>) =>
  fc.record({
    offsetMs: fc.integer({ min: 0, max: spanMs }),
    isUrgent,
    account: fc.integer({ min: 1, max: 9 }),
    group: fc.integer({ min: 0, max: 3 }),
  });

describe('plan: virtual time', () => {
  it('a burst of ten times the limit: every notice once, urgent within five seconds', () => {
    const normals = Array.from({ length: 200 }, (_, index) => ({
      offsetMs: index % 3,
      isUrgent: false,
      account: (index % 7) + 1,
      group: 0,
    }));
    fc.assert(
      fc.property(fc.array(item(120_000, fc.constant(true)), { maxLength: 60 }), (urgents) => {
        const load = loadOf([...normals, ...urgents.map((one) => ({ ...one, group: 0 }))]);
        const run = simulate(load);
        auditRun(load, run);
        expect(slowestUrgent(run)).toBeLessThan(5_000);
      }),
      { seed: 20261123, numRuns: 40 },
    );
  });

  it('any mixture: mutes, card updates, languages and groups lose and reorder nothing', () => {
    const mixed = fc.tuple(
      item(120_000, fc.boolean()),
      fc.record({
        notBeforeMs: fc.constantFrom(0, T + 60_000, T + 200_000),
        isCardUpdate: fc.boolean(),
        language: fc.constantFrom('en', 'zh-CN'),
        isAlert: fc.constantFrom(false, false, true),
      }),
    );
    const months = fc.constantFrom<MonthState['level']>('ok', 'short', 'reserve', 'exhausted');
    fc.assert(
      fc.property(fc.array(mixed, { maxLength: 80 }), months, (items, level) => {
        const load = loadOf(items.map(([one]) => one)).map((one, index) => {
          const changes = items[index]?.[1] ?? {};
          return { ...one, ...changes };
        });
        const month: MonthState = { ...fine, level, used: 2_700, resetsAtMs: T + 86_400_000 };
        auditRun(load, simulate(load, { month }));
      }),
      { seed: 11, numRuns: 100 },
    );
  });

  it('any load: never above the limit, nothing lost or doubled, order kept, urgent in time', () => {
    const loads = fc
      .integer({ min: 10, max: 300_000 })
      .chain((spanMs) => fc.array(item(spanMs, fc.boolean()), { maxLength: 150 }));
    fc.assert(
      fc.property(loads, (items) => {
        const load = loadOf(items);
        const run = simulate(load);
        auditRun(load, run);
        expect(slowestUrgent(run)).toBeLessThan(5_000);
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it('the worst load: steady urgents begin right after each kind of normal burst', () => {
    for (let startMs = 0; startMs <= 70_000; startMs += 3_500) {
      const load = loadOf([
        ...Array.from({ length: 120 }, (_, index) => ({
          offsetMs: index * 1_000,
          isUrgent: false,
          account: index % 9,
          group: 0,
        })),
        ...Array.from({ length: 120 }, (_, index) => ({
          offsetMs: startMs + index * 900,
          isUrgent: true,
          account: 1,
          group: 0,
        })),
      ]);
      const run = simulate(load);
      auditRun(load, run);
      expect(slowestUrgent(run)).toBeLessThan(5_000);
    }
  });

  it('a short month: normals cost few messages and still all arrive', () => {
    const load = loadOf(
      Array.from({ length: 300 }, (_, index) => ({
        offsetMs: index * 60_000,
        isUrgent: index % 50 === 0,
        account: index % 5,
        group: 0,
      })),
    );
    const month: MonthState = { ...fine, level: 'short', used: 2_000, resetsAtMs: T + 9e8 };
    const run = simulate(load, { month });
    auditRun(load, run);
    expect(slowestUrgent(run)).toBeLessThan(5_000);
  });
});

describe('plan: files', () => {
  const file = (position: number, changes: Partial<WaitingNotice> = {}) =>
    notice(position, { createdAtMs: T, isAlone: true, ...changes });

  it('sends a file by itself, however much waits', () => {
    const behind = plan([file(1), ...many(200, {}, 2)]);
    expect([behind.kind, positions(behind)]).toEqual(['send', [1]]);
    const among = plan([...many(100, {}, 1), file(101), ...many(99, {}, 102)]);
    expect(positions(among)).not.toContain(101);
  });

  it('keeps a file out of the digests of a short month and sends it in its turn', () => {
    const month: MonthState = { ...fine, level: 'short', used: 2_900, lastNormalSentAtMs: 0 };
    expect(positions(plan([notice(1, { createdAtMs: T }), file(2)], { month }))).toEqual([1]);
    expect(positions(plan([file(2), notice(3, { createdAtMs: T })], { month }))).toEqual([2]);
  });
});

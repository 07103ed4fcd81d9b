import { describe, expect, test } from 'vitest';
import { takeApprovalNews } from './inbox-flow.ts';
import type { ApprovalNews, InboxSteps, InstanceView, NewsPayment } from './inbox-flow.ts';

const news = (over: Partial<ApprovalNews> = {}): ApprovalNews => ({
  processInstanceId: 'i-1',
  processCode: 'PROC-1',
  isEnd: true,
  attempts: 0,
  ...over,
});
const agreed: InstanceView = { status: 'agreed', isAboutAnother: false, mainId: '', reference: '' };
const waiting: NewsPayment = { paymentId: 'pay_1', isAwaiting: true, isFromForm: true };

interface World {
  payments: Record<string, readonly NewsPayment[]>;
  form: 'unknown' | 'single' | 'table';
  instance: InstanceView;
  own: Awaited<ReturnType<InboxSteps['bindOwn']>>;
  outcome: Awaited<ReturnType<InboxSteps['request']>>;
}

/** Steps over a world that notes what was done to it. */
function steps(over: Partial<World> = {}) {
  const world: World = {
    payments: {},
    form: 'single',
    instance: agreed,
    own: 'unknown',
    outcome: { kind: 'requested', paymentIds: ['pay_new'] },
    ...over,
  };
  const done: string[] = [];
  const all: InboxSteps = {
    findPayments: (id) => Promise.resolve(world.payments[id] ?? []),
    wake: (ids) => {
      if (ids.length > 0) done.push(`wake ${ids.join()}`);
      return Promise.resolve();
    },
    kindOfForm: () => Promise.resolve(world.form),
    readInstance: () => {
      done.push('read');
      return Promise.resolve(world.instance);
    },
    bindOwn: () => Promise.resolve(world.own),
    request: () => {
      done.push('request');
      return Promise.resolve(world.outcome);
    },
    remark: (_news, why) => {
      done.push(`remark ${why}`);
      return Promise.resolve();
    },
    forget: () => {
      done.push('forget');
      return Promise.resolve();
    },
  };
  return { all, done };
}

async function run(over: Partial<World>, told: Partial<ApprovalNews> = {}) {
  const { all, done } = steps(over);
  const end = await takeApprovalNews(news(told), all);
  return { end, done };
}

describe('approval news', () => {
  test('approval news: a start of what is known costs nothing', async () => {
    const { end, done } = await run({ payments: { 'i-1': [waiting] } }, { isEnd: false });
    expect([end.kind, done]).toEqual(['processed', []]);
  });

  test('approval news: payments that exist are only woken', async () => {
    const { end, done } = await run({ payments: { 'i-1': [{ ...waiting, isAwaiting: false }] } });
    expect([end.kind, done]).toEqual(['processed', ['wake pay_1']]);
  });

  test('approval news: one that still waits after the end is woken again, a few times', async () => {
    const payments = { 'i-1': [waiting] };
    const ends = [];
    for (let attempts = 0; attempts < 6; attempts += 1) {
      ends.push((await run({ payments }, { attempts })).end.kind);
    }
    expect(ends).toEqual(['again', 'again', 'again', 'again', 'processed', 'processed']);
    expect((await run({ payments }, { isEnd: false })).end.kind).toBe('processed');
  });

  test('approval news: a form that is not ours is not even read', async () => {
    const { end, done } = await run({ form: 'unknown' });
    expect([end.kind, done]).toEqual(['ignored', []]);
  });

  test('approval news: an agreed form becomes payments', async () => {
    const { end, done } = await run({});
    expect([end.kind, done]).toEqual(['processed', ['read', 'request', 'wake pay_new']]);
  });

  test.each(['refused', 'withdrawn'] as const)(
    'approval news: one that was %s before we knew of it is nothing to us',
    async (status) => {
      const { end, done } = await run({ instance: { ...agreed, status } });
      expect([end.kind, done]).toEqual(['ignored', ['read', 'forget']]);
    },
  );

  test('approval news: an approval that we started is bound and never asked for again', async () => {
    const { end, done } = await run({
      instance: { ...agreed, reference: '1234' },
      own: { paymentId: 'pay_own' },
    });
    expect([end.kind, done]).toEqual(['processed', ['read', 'wake pay_own']]);
  });

  test('approval news: the second one of a doubled start is not paid', async () => {
    const { end, done } = await run({ instance: { ...agreed, reference: '1234' }, own: 'double' });
    expect([end.kind, done]).toEqual(['ignored', ['read', 'remark duplicate', 'forget']]);
  });

  test('approval news: a change of an earlier request wakes that one and is not paid itself', async () => {
    const { end, done } = await run({
      instance: { ...agreed, isAboutAnother: true, mainId: 'i-0' },
      payments: { 'i-0': [waiting] },
    });
    expect([end.kind, done]).toEqual([
      'ignored',
      ['read', 'wake pay_1', 'remark linked', 'forget'],
    ]);
  });

  test('approval news: rows that were added before the end are asked for as well', async () => {
    const payments = { 'i-1': [waiting] };
    expect((await run({ payments, form: 'table' })).done).toEqual([
      'wake pay_1',
      'read',
      'request',
      'wake pay_new',
    ]);
    expect((await run({ payments, form: 'table' }, { isEnd: false })).done).toEqual([]);
    const started = { 'i-1': [{ ...waiting, isFromForm: false }] };
    expect((await run({ payments: started, form: 'table' })).done).toEqual(['wake pay_1']);
  });

  test('approval news: what people can mend is tried for a week, the rest fails', async () => {
    const outcome = { kind: 'refused', problem: 'p', mayPassLater: true } as const;
    expect((await run({ outcome })).end.kind).toBe('again');
    let total = 0;
    for (let attempts = 0; ; attempts += 1) {
      const { end, done } = await run({ outcome }, { attempts });
      if (end.kind !== 'again') {
        expect([end.kind, done.at(-1)]).toEqual(['failed', 'forget']);
        break;
      }
      total += end.afterMs;
    }
    expect(total).toBeGreaterThan(7 * 86_400_000);
    const never = { ...outcome, mayPassLater: false };
    expect((await run({ outcome: never })).end.kind).toBe('failed');
    const running = { ...agreed, status: 'running' as const };
    // Nobody listed it again if the news of its end were lost.
    expect((await run({ outcome: never, instance: running })).end.kind).toBe('again');
  });
});

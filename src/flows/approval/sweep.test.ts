import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CashbellError } from '#core/errors.ts';
import { findApprovalForm, hastenSweeps } from '#store/approval-forms.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { createBudgetWatch } from '../notification/budget-watch.ts';
import { watchApprovals } from '../watch/approvals.ts';
import { checkForm } from './forms.ts';
import { sweepNext } from './sweep.ts';
import type { SweepDeps } from './sweep.ts';
import { agreedBy, createApprovalWorld, makeInstance } from './test-approvals.ts';
import type { ApprovalWorld } from './test-approvals.ts';

let database: TestDatabase;
let world: ApprovalWorld;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  world = await createApprovalWorld(database);
  await database.pool.query(`UPDATE approval_form SET state = 'removed' WHERE org_id <> $1`, [
    world.orgId,
  ]);
});
afterAll(() => database.drop());

const deps = (): SweepDeps => ({
  ...world.deps,
  budgets: createBudgetWatch(database.pool),
  onStored: () => undefined,
  random: () => 0.5,
  onError: () => undefined,
});
const form = async () => {
  const found = await findApprovalForm(database.pool, world.orgId, world.processCode);
  if (!found) throw new Error('no form');
  return found;
};
const sweep = async (): Promise<void> => {
  await database.pool.query('UPDATE approval_form SET next_sweep_at = $1', [
    new Date(world.services.now().epochMilliseconds),
  ]);
  expect(await sweepNext(deps())).toBe(true);
};
const foundEvents = () =>
  world.ask<{ event_key: string }>(
    `SELECT event_key FROM dingtalk_event WHERE org_id = $1 ORDER BY event_key`,
    [world.orgId],
  );
const alerts = () =>
  world.ask<{ kind: string }>(
    `SELECT kind FROM event WHERE org_id = $1 AND kind LIKE 'approvals%' ORDER BY created_at`,
    [world.orgId],
  );

describe('sweep', () => {
  test('sweep: an approval that nobody told of becomes an event, once', async () => {
    world.dingtalk.instances.set('i-new', makeInstance());
    await sweep();
    await sweep();
    expect(await foundEvents()).toEqual([{ event_key: 'instance:i-new' }]);
  });

  test('sweep: approvals that payments belong to are not news', async () => {
    await world.payment({ processInstanceId: 'i-known' });
    world.dingtalk.instances.set('i-known', makeInstance());
    await sweep();
    expect(await foundEvents()).toEqual([]);
  });

  test('sweep: with few waiting they are woken one by one, young ones left alone', async () => {
    const young = await world.payment({ processInstanceId: 'i-1' });
    const old = await world.payment({
      processInstanceId: 'i-2',
      createdAt: new Date(Date.now() - 600_000),
    });
    await sweep();
    expect(world.woken).toEqual([old.paymentId]);
    expect(world.woken).not.toContain(young.paymentId);
  });

  test('sweep: with many waiting one list of the ended ones says which to wake', async () => {
    const createdAt = new Date(Date.now() - 600_000);
    const payments = [];
    for (let index = 0; index < 5; index += 1) {
      const processInstanceId = `many-${index}`;
      payments.push(await world.payment({ processInstanceId, createdAt }));
      world.dingtalk.instances.set(processInstanceId, makeInstance());
    }
    world.dingtalk.change('many-3', {
      status: 'COMPLETED',
      result: 'agree',
      records: [agreedBy('user02')],
    });
    world.dingtalk.log.length = 0;
    await sweep();
    expect(world.woken).toEqual([payments[3]?.paymentId]);
    expect(world.dingtalk.log).toEqual(['list', 'list']);
  });

  test('sweep: a failed one is tried again soon and moves nothing; a good one moves the window', async () => {
    const before = (await form()).sweptUntil;
    world.dingtalk.fail('list', new CashbellError('dingtalk.quotaExhausted'));
    await sweep();
    const failed = await form();
    expect([failed.failures, failed.sweptUntil.toString()]).toEqual([1, before.toString()]);
    world.advance(3_600_000);
    await sweep();
    const done = await form();
    expect(done.failures).toBe(0);
    expect(done.sweptUntil.epochMilliseconds).toBeGreaterThan(before.epochMilliseconds);
  });

  test('sweep: a wish for a sooner one is heard, once a minute', async () => {
    await sweep();
    const at = new Date(world.services.now().epochMilliseconds);
    await hastenSweeps(database.pool, { orgId: world.orgId, appId: world.appId }, at);
    const [row] = await world.ask<{ next_sweep_at: Date }>(
      'SELECT next_sweep_at FROM approval_form WHERE org_id = $1',
      [world.orgId],
    );
    const waitMs = (row?.next_sweep_at.getTime() ?? 0) - at.getTime();
    expect(waitMs).toBeGreaterThan(50_000);
    expect(waitMs).toBeLessThanOrEqual(60_000);
  });

  test('sweep: only one process lists a form at a time', async () => {
    await database.pool.query("UPDATE approval_form SET next_sweep_at = now() - interval '1 hour'");
    const waiting = Promise.withResolvers<void>();
    const slow: SweepDeps = {
      ...deps(),
      calls: {
        call: async (...call) => {
          await waiting.promise;
          return world.dingtalk.call(...call);
        },
      },
    };
    const first = sweepNext(slow);
    // The claim of the first is on disk when the second finds nothing.
    await expect.poll(async () => (await form()).orgId).toBe(world.orgId);
    await expect
      .poll(async () => {
        const rows = await world.ask('SELECT FROM approval_form WHERE lease_until IS NOT NULL');
        return rows.length;
      })
      .toBe(1);
    expect(await sweepNext(deps())).toBe(false);
    waiting.resolve();
    expect(await first).toBe(true);
  });
});

describe('a changed form', () => {
  const change = (label: string): void => {
    world.dingtalk.schema = {
      ...world.dingtalk.schema,
      controls: world.dingtalk.schema.controls.map((one) =>
        one.bizAlias === 'cashbell_amount' ? { ...one, label } : one,
      ),
    };
  };
  const watch = () => watchApprovals(database.pool, world.announcer, new Date());

  test('changed form: it is not trusted until a person checked it; both is told once', async () => {
    change('Amount incl. tax');
    await sweep();
    // A mapping is trusted for a day before DingTalk is asked for the form again.
    expect((await form()).state).toBe('active');
    world.advance(25 * 3_600_000);
    await sweep();
    const broken = await form();
    expect(broken.state).toBe('broken');
    expect(broken.problem?.problem).toContain('check its mapping again');
    await watch();
    await watch();
    expect((await alerts()).map(({ kind }) => kind)).toEqual(['approvals.unreachable']);
    world.advance(25 * 3_600_000);
    await sweep();
    expect((await form()).state).toBe('broken');
    const checked = await checkForm(
      world.deps,
      { orgId: world.orgId, processCode: world.processCode },
      'test',
    );
    expect([checked.problems, checked.form?.state]).toEqual([[], 'active']);
    await watch();
    expect((await alerts()).map(({ kind }) => kind)).toEqual([
      'approvals.unreachable',
      'approvals.reachable',
    ]);
  });

  test('changed form: a check that fails names the field and what to do', async () => {
    world.dingtalk.schema = {
      ...world.dingtalk.schema,
      controls: world.dingtalk.schema.controls.map((one) =>
        one.bizAlias === 'cashbell_purpose' ? { ...one, options: [...one.options, 'bonus'] } : one,
      ),
    };
    const place = { orgId: world.orgId, processCode: world.processCode };
    const checked = await checkForm(world.deps, place, 'test');
    expect(checked.form?.state).toBe('broken');
    expect(checked.problems).toEqual([
      {
        field: 'purpose',
        control: 'Purpose',
        problem: 'say what the choice "bonus" means',
      },
    ]);
  });
});

describe('watch of approvals', () => {
  test('watch of approvals: a form that cannot be listed is told once, with the cause, and its end', async () => {
    for (let time = 0; time < 4; time += 1) {
      world.dingtalk.fail('list', new CashbellError('dingtalk.permissionMissing'));
      await sweep();
    }
    const watch = () => watchApprovals(database.pool, world.announcer, new Date());
    await watch();
    await watch();
    const [alarm] = await world.ask<{ details: { since: string } }>(
      `SELECT details FROM alarm WHERE org_id = $1 AND kind = 'approvals.unreachable'`,
      [world.orgId],
    );
    expect(alarm?.details.since).toBeDefined();
    expect(await alerts()).toHaveLength(1);
    await sweep();
    await watch();
    expect((await alerts()).map(({ kind }) => kind)).toEqual([
      'approvals.unreachable',
      'approvals.reachable',
    ]);
  });
});

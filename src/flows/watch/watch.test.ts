import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMetrics } from '#engine/metrics.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { bringIn, createChat, drainAs, workerOf } from '#tests/ring-world.ts';
import { createBudgetWatch } from '../notification/budget-watch.ts';
import { observeBacklog } from './backlog.ts';
import { watchBudgets } from './budgets.ts';
import { watchFreshness } from './freshness.ts';
import { keepHouse } from './housekeeping.ts';
import { auditMinute } from './minute-audit.ts';

let database: TestDatabase;
let world: FlowWorld;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  world = await createFlowWorld(database);
});
afterAll(() => database.drop());

const later = (seconds: number): Date => new Date(Date.now() + seconds * 1000);
const set = (text: string): Promise<unknown> => database.pool.query(text, [world.orgId]);

const alertsOf = async (kind: string): Promise<number> =>
  (await world.ask('SELECT 1 FROM event WHERE org_id = $1 AND kind = $2', [world.orgId, kind]))
    .length;

async function audit(at: Date) {
  const { minutes } = await auditMinute(database.pool, world.announcer, at);
  const minute = minutes.find(({ orgId }) => orgId === world.orgId);
  return { overdue: minute?.overdue, missing: minute?.missing };
}

const move = (id: string, amount = '10.00') => bringIn(world, { id, movements: [{ amount }] });

describe('minute audit', () => {
  test('minute audit: what was told leaves no difference and no alarm', async () => {
    await move('a');
    await drainAs(world, workerOf(world, 'wrk_a', createChat().accept));
    const { minutes } = await auditMinute(database.pool, world.announcer, later(1));
    expect(minutes.find(({ orgId }) => orgId === world.orgId)).toMatchObject({
      expected: 1,
      accepted: 1,
      overdue: 0,
      missing: 0,
    });
    expect(await alertsOf('audit.difference')).toBe(0);
  });

  test('minute audit: a notice that nobody sends is overdue after a minute, told once, and closed', async () => {
    await move('a');
    expect(await audit(later(59))).toEqual({ overdue: 0, missing: 0 });
    expect(await audit(later(61))).toEqual({ overdue: 1, missing: 0 });
    await audit(later(121));
    expect(await alertsOf('audit.difference')).toBe(1);
    await set(`UPDATE notice SET state = 'told', told_at = now() WHERE org_id = $1`);
    expect(await audit(later(181))).toEqual({ overdue: 0, missing: 0 });
    const alarms = await world.ask<{ closed: boolean }>(
      'SELECT closed_at IS NOT NULL AS closed FROM alarm WHERE org_id = $1',
      [world.orgId],
    );
    expect(alarms).toEqual([{ closed: true }]);
  });

  test('minute audit: a notice that is missing is found', async () => {
    await move('a');
    await set('DELETE FROM notice WHERE org_id = $1');
    expect(await audit(later(1))).toEqual({ overdue: 0, missing: 1 });
    expect(await alertsOf('audit.difference')).toBe(1);
  });

  test('minute audit: one too many does not hide one that is missing', async () => {
    await move('a');
    await move('b', '20.00');
    await set(
      `WITH first AS (SELECT event_id FROM event WHERE org_id = $1 ORDER BY event_id LIMIT 1)
       UPDATE event SET notices_expected = CASE WHEN event_id = (SELECT event_id FROM first)
         THEN 2 ELSE 0 END WHERE org_id = $1`,
    );
    expect((await audit(later(1))).missing).toBeGreaterThan(0);
  });

  test.each([
    ['muted', `UPDATE notice SET not_before = now() + interval '1 hour' WHERE org_id = $1`],
    [
      'at a destination that rests',
      `UPDATE destination_meter SET blocked_until = now() + interval '1 hour' WHERE org_id = $1`,
    ],
    [
      'grouped or waiting for the budget',
      `UPDATE destination_meter SET next_look_at = now() + interval '1 hour' WHERE org_id = $1`,
    ],
    [
      'on its way',
      `UPDATE destination_meter SET lease_until = now() + interval '1 hour' WHERE org_id = $1`,
    ],
    [
      'at a destination that was removed',
      `UPDATE destination SET state = 'removed' WHERE org_id = $1`,
    ],
  ])('minute audit: a notice that is %s is not overdue', async (_what, statement) => {
    await move('a');
    await set(statement);
    expect(await audit(later(300))).toEqual({ overdue: 0, missing: 0 });
  });

  test('minute audit: a message whose answer never came is overdue when its lease has ended', async () => {
    await move('a');
    await set(`UPDATE notice SET state = 'sending' WHERE org_id = $1`);
    expect(await audit(later(120))).toEqual({ overdue: 1, missing: 0 });
  });
});

describe('freshness', () => {
  const watch = (at: Date) => watchFreshness(database.pool, world.announcer, at);
  beforeEach(async () => {
    await database.pool.query(`DELETE FROM poll WHERE org_id <> $1 OR account_id <> $2`, [
      world.orgId,
      world.accounts[0],
    ]);
    await set(`UPDATE poll SET last_success_at = now() WHERE org_id = $1`);
  });

  test('freshness: a feed that died is told once, and once when it is back', async () => {
    await watch(later(29 * 60));
    expect(await alertsOf('account.stale')).toBe(0);
    await watch(later(31 * 60));
    await watch(later(41 * 60));
    expect(await alertsOf('account.stale')).toBe(1);
    await set(`UPDATE poll SET last_success_at = now() + interval '42 minutes' WHERE org_id = $1`);
    await watch(later(43 * 60));
    await watch(later(44 * 60));
    expect(await alertsOf('account.fresh')).toBe(1);
  });

  test('freshness: a slow rhythm gets three rounds', async () => {
    await set(`UPDATE poll SET interval_seconds = 3600 WHERE org_id = $1`);
    await watch(later(179 * 60));
    expect(await alertsOf('account.stale')).toBe(0);
    await watch(later(181 * 60));
    expect(await alertsOf('account.stale')).toBe(1);
  });

  test('freshness: a connection that was paused is quiet', async () => {
    await set(`UPDATE connection SET state = 'paused' WHERE org_id = $1`);
    await watch(later(86_400));
    expect(await alertsOf('account.stale')).toBe(0);
  });
});

describe('housekeeping', () => {
  test('housekeeping: only what is past its time goes, and money never', async () => {
    await move('old');
    await move('young', '20.00');
    await set(
      `UPDATE inbound SET received_at = now() - interval '91 days'
       WHERE org_id = $1 AND message_key = 'old'`,
    );
    await set(
      `UPDATE inbound_nonce SET used_at = now() - interval '36 days'
       WHERE org_id = $1 AND message_key = 'old'`,
    );
    await database.pool.query(
      `INSERT INTO inbound (org_id, inbound_id, connection_id, received_at, subpath, remote_address,
         sealed, digest, state)
       SELECT $1, 'inb_' || age || state, $2, now() - make_interval(days => age), '/', 'x', '\\x01',
              '', state
       FROM unnest(ARRAY[29, 31, 400]) AS age, unnest(ARRAY['refused', 'quarantined']) AS state`,
      [world.orgId, world.connectionId],
    );
    await keepHouse(database.pool);
    const rows = await world.ask<{ name: string }>(
      `SELECT coalesce(message_key, inbound_id) || CASE WHEN sealed IS NULL THEN ' emptied' ELSE '' END
         AS name FROM inbound WHERE org_id = $1 ORDER BY 1`,
      [world.orgId],
    );
    expect(rows.map(({ name }) => name)).toEqual([
      // What waits for a person is kept however old it is.
      'inb_29quarantined',
      'inb_29refused',
      'inb_31quarantined',
      'inb_400quarantined',
      'old emptied',
      'young',
    ]);
    const nonces = await world.ask('SELECT nonce FROM inbound_nonce WHERE org_id = $1', [
      world.orgId,
    ]);
    expect(nonces).toEqual([{ nonce: 'nonce-young' }]);
    expect(await world.ask('SELECT 1 FROM entry WHERE org_id = $1', [world.orgId])).toHaveLength(2);
  });
});

describe('budget watch', () => {
  test('budget watch: a month that will not last is told once, and a new month closes it', async () => {
    await set('UPDATE org SET webhook_calls_per_month = 100 WHERE org_id = $1');
    world.directory.forget();
    const use = (day: string, calls: number) =>
      database.pool.query(
        `INSERT INTO usage_month (org_id, day, budget, destination_id, calls)
         VALUES ($1, $2, 'webhook', $3, $4)`,
        [world.orgId, day, world.destinations[0], calls],
      );
    for (const day of ['02', '03', '04', '05', '06']) await use(`2026-11-${day}`, 19);
    const metrics = createMetrics();
    const watch = (at: string) =>
      watchBudgets(
        {
          services: world.services,
          announcer: world.announcer,
          budgets: createBudgetWatch(database.pool),
          metrics,
        },
        new Date(at),
      );
    await watch('2026-11-07T04:00:00Z');
    await watch('2026-11-07T04:01:00Z');
    expect(await alertsOf('budget.low')).toBe(1);
    expect(
      await metrics.registry.getSingleMetricAsString('cashbell_dingtalk_budget_left'),
    ).toContain('{budget="webhook"} 5');
    await watch('2027-02-01T04:00:00Z');
    const [alarm] = await world.ask(
      'SELECT closed_at IS NOT NULL AS closed FROM alarm WHERE org_id = $1',
      [world.orgId],
    );
    expect(alarm).toEqual({ closed: true });
  });

  test('budget watch: books that cannot be read while a message leaves break nothing', async () => {
    await set('UPDATE org SET webhook_calls_per_month = 100 WHERE org_id = $1');
    world.directory.forget();
    const org = await world.directory.org(world.orgId);
    const [destination] = [...org.destinations.values()];
    if (!destination) throw new Error('no destination');
    const gate = Promise.withResolvers<never>();
    const pool = Object.assign(Object.create(database.pool) as typeof database.pool, {
      query: () => gate.promise,
    });
    const budgets = createBudgetWatch(pool);
    const unhandled: unknown[] = [];
    const hear = (error: unknown): unknown => unhandled.push(error);
    process.on('unhandledRejection', hear);
    const asking = budgets.monthOf(org, destination, Date.now()).catch(() => 'failed');
    // The note waits for the same books.
    await Promise.resolve();
    budgets.noteSend(world.orgId, 'webhook');
    gate.reject(new Error('no database'));
    expect(await asking).toBe('failed');
    await new Promise<void>((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', hear);
    expect(unhandled).toEqual([]);
  });
});

describe('backlog', () => {
  test('backlog: what waits is counted', async () => {
    await move('a');
    const metrics = createMetrics();
    await observeBacklog(database.pool, metrics);
    const text = await metrics.registry.getSingleMetricAsString('cashbell_backlog');
    expect(text).toMatch(/queue="notices"\} [1-9]/);
    expect(text).toContain('queue="inbound"} 0');
  });
});

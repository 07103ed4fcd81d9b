import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { interpose } from '#tests/interpose.ts';
import { runMatching } from './run-matching.ts';
import type { MatchWorld } from './test-matching.ts';
import { createMatchWorld, invoice, line } from './test-matching.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const now = new Date('2026-11-23T10:00:00Z');

/** Lines and what they are used for, without the ids that differ from world to world. */
async function books(world: MatchWorld): Promise<unknown> {
  return [
    await world.ask(`SELECT number, state, settled_minor_units::text AS settled
                     FROM expected_item WHERE org_id = $1 ORDER BY number`),
    await world.ask(`SELECT position, matched_minor_units::text AS matched, match_state
                     FROM entry WHERE org_id = $1 ORDER BY position`),
    await world.ask(`SELECT m.state, m.kind, count(*)::int AS legs
                     FROM match m JOIN match_leg l USING (org_id, match_id)
                     WHERE m.org_id = $1 GROUP BY m.match_id, m.state, m.kind ORDER BY 1, 2, 3`),
  ];
}

async function prepare(): Promise<MatchWorld> {
  const world = await createMatchWorld(database);
  await world.bringIn(
    line('100.00', 'INV-1001'),
    line('250.00', 'INV-1002 INV-1003'),
    line('40.00', 'BAYAR INV-1004'),
    line('9.00', 'SETORAN'),
  );
  await world.expectItems(
    invoice('INV-1001', '100.00'),
    invoice('INV-1002', '150.00'),
    invoice('INV-1003', '100.00'),
    invoice('INV-1004', '90.00'),
  );
  return world;
}

describe('crash', () => {
  test.each(['before', 'after'] as const)(
    'crash: a run that dies %s any statement and is begun again ends like one that never died',
    async (when) => {
      const whole = await prepare();
      const request = { kind: 'run' as const, startedBy: 'test', now };
      await runMatching(whole.deps, { orgId: whole.orgId, ...request });
      const wanted = await books(whole);
      let isThrough = false;
      let step = 0;
      for (; !isThrough; step += 1) {
        const world = await prepare();
        let left = step;
        let isDead = false;
        const die = (text: string): void => {
          if (text === 'ROLLBACK') return;
          if (!isDead && left > 0) {
            left -= 1;
            return;
          }
          isDead = true;
          throw new Error('killed');
        };
        const pool = interpose(database.pool, { [when]: die });
        const { orgId } = world;
        isThrough = await runMatching({ ...world.deps, pool }, { orgId, ...request }).then(
          () => !isDead,
          () => false,
        );
        await runMatching(world.deps, { orgId, ...request });
        expect(await books(world), `after step ${step}`).toEqual(wanted);
      }
      expect(step).toBeGreaterThan(15);
    },
    120_000,
  );
});

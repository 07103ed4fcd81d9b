import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestDatabase } from '#tests/database.ts';
import { inTransaction } from '#store/transaction.ts';
import { createTestDatabase } from '#tests/database.ts';
import { waitFor } from '#tests/wait.ts';
import type { MatchWorld } from './test-matching.ts';
import { createMatchWorld, invoice, line } from './test-matching.ts';
import { confirmMatch, matchByHand, refuseMatch } from './decide-match.ts';
import { matchWaiting } from './match-waiting.ts';
import { postMatches } from './post-matches.ts';
import { previewMatching, runMatching } from './run-matching.ts';
import { undoMatch, undoRun } from './undo-by-person.ts';

let database: TestDatabase;
let world: MatchWorld;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  world = await createMatchWorld(database);
});
afterAll(() => database.drop());

const now = new Date('2026-11-23T10:00:00Z');
const post = (more: { digest?: string } = {}) =>
  runMatching(world.deps, {
    orgId: world.orgId,
    kind: 'run',
    startedBy: world.decider.personId,
    now,
    ...more,
  });

describe('run matching', () => {
  test('run: what was shown is what is posted, and posting it again does nothing', async () => {
    await world.bringIn(
      line('100.00', 'INV-1001 A'),
      line('250.00', 'INV-1002 B'),
      line('9.00', 'X'),
    );
    await world.expectItems(invoice('INV-1001', '100.00'), invoice('INV-1002', '250.00'));
    const shown = await previewMatching(world.deps, { orgId: world.orgId }, now);
    expect(await world.items()).toMatchObject([{ state: 'open' }, { state: 'open' }]);
    const { counts } = await post({ digest: shown.digest });
    expect(counts).toMatchObject({ automatic: 2, suggested: 0, skipped: 0, open: 1 });
    expect(shown.matches.filter(({ decision }) => decision === 'automatic')).toHaveLength(2);
    expect(await world.items()).toMatchObject([{ state: 'closed' }, { state: 'closed' }]);
    expect((await post()).counts).toMatchObject({ automatic: 0, suggested: 0 });
    expect(await world.entryStates()).toEqual(['matched', 'matched', 'unknown']);
  });

  test('run: a posting of what is not there any more is refused, and writes nothing', async () => {
    await world.bringIn(line('100.00', 'INV-1001 A'));
    await world.expectItems(invoice('INV-1001', '100.00'));
    const shown = await previewMatching(world.deps, { orgId: world.orgId }, now);
    await world.expectItems(invoice('INV-1001 ', '100.00', { sourceKey: 'again' }));
    await expect(post({ digest: shown.digest })).rejects.toMatchObject({
      code: 'match.stateChanged',
    });
    expect(await world.items()).toMatchObject([{ settled: '0' }, { settled: '0' }]);
  });

  test('run: taken back as one, every row is as it was before, and it is remembered', async () => {
    await world.bringIn(line('100.00', 'INV-1001 A'), line('250.00', 'INV-1002 B'));
    await world.expectItems(invoice('INV-1001', '100.00'), invoice('INV-1002', '250.00'));
    const before = await world.books();
    const { run } = await post();
    const { undone } = await undoRun(world.services, world.decider, run?.runId ?? '', {
      reason: 'wrong file',
    });
    expect(undone).toBe(2);
    expect(await world.books()).toEqual(before);
    expect((await post()).counts).toMatchObject({ automatic: 0 });
    expect(await world.actions()).toContain('match.runUndone');
  });

  test('run: one match is taken back alone, by somebody who may', async () => {
    await world.bringIn(line('100.00', 'INV-1001 A'), line('250.00', 'INV-1002 B'));
    await world.expectItems(invoice('INV-1001', '100.00'), invoice('INV-1002', '250.00'));
    await post();
    const [match] = await world.matches('standing');
    await expect(
      undoMatch(world.services, world.stranger, match?.match_id ?? '', { reason: 'no' }),
    ).rejects.toMatchObject({ code: 'payment.notEntitled' });
    await undoMatch(world.services, world.decider, match?.match_id ?? '', {
      reason: 'typed wrong',
    });
    expect((await world.items()).map(({ state }) => state).toSorted()).toEqual(['closed', 'open']);
    await expect(
      undoMatch(world.services, world.decider, match?.match_id ?? '', { reason: 'again' }),
    ).rejects.toMatchObject({ code: 'match.stateChanged' });
  });

  test('run: items that come later are matched with the entries that waited', async () => {
    await world.expectItems(invoice('INV-9', '5.00'));
    await world.bringIn(line('100.00', 'INV-1001 A'));
    expect(await world.entryStates()).toEqual(['unknown']);
    await world.expectItems(invoice('INV-1001', '100.00'));
    expect(await matchWaiting({ ...world.deps, onError: fail }, new Date())).toBe(true);
    expect(await world.entryStates()).toEqual(['matched']);
    expect(await matchWaiting({ ...world.deps, onError: fail }, new Date())).toBe(false);
  });

  test('run: two at the same moment give no amount away twice', async () => {
    await world.bringIn(
      ...Array.from({ length: 20 }, (_, at) => line('10.00', `INV-20${at + 10}`)),
    );
    await world.expectItems(
      ...Array.from({ length: 20 }, (_, at) => invoice(`INV-20${at + 10}`, '10.00')),
    );
    const [first, second] = await Promise.all([post(), post()]);
    expect(first.counts.automatic + second.counts.automatic).toBe(20);
    expect(await world.matches('standing')).toHaveLength(20);
    expect((await world.items()).every(({ settled }) => settled === '1000')).toBe(true);
  });
});

describe('two transactions', () => {
  test('post: the second waits for the first, finds its lines used, and posts nothing', async () => {
    await world.bringIn(line('100.00', 'INV-1001 A'));
    await world.expectItems(invoice('INV-1001', '100.00'));
    const shown = await previewMatching(world.deps, { orgId: world.orgId }, now);
    const lookedAt = [...shown.entries.keys()];
    const postAll = (client: Parameters<typeof postMatches>[0]) =>
      postMatches(client, { orgId: world.orgId, now, by: 'test' }, { ...shown, lookedAt });
    const second = await inTransaction(database.pool, async (client) => {
      expect(await postAll(client)).toMatchObject({ standing: 1, skipped: 0 });
      const waiting = inTransaction(database.pool, postAll);
      await waitFor(
        async () => {
          const { rowCount } = await database.pool.query(
            `SELECT FROM pg_stat_activity WHERE datname = current_database()
               AND wait_event_type = 'Lock'`,
          );
          return rowCount === 1;
        },
        { what: 'the second to wait for the first' },
      );
      return { waiting };
    });
    expect(await second.waiting).toMatchObject({ standing: 0, skipped: 1 });
    expect(await world.matches('standing')).toHaveLength(1);
    expect(await world.items()).toMatchObject([{ state: 'closed', settled: '10000' }]);
  });

  test('post: the rows themselves refuse more than their amount', async () => {
    await world.bringIn(line('100.00', 'INV-1001 A'));
    await world.expectItems(invoice('INV-1001', '100.00'));
    const set = (column: string, table: string) =>
      database.pool.query(`UPDATE ${table} SET ${column} = 10001 WHERE org_id = $1`, [world.orgId]);
    await expect(set('matched_minor_units', 'entry')).rejects.toMatchObject({ code: '23514' });
    await expect(set('settled_minor_units', 'expected_item')).rejects.toMatchObject({
      code: '23514',
    });
  });
});

describe('lines that need no item', () => {
  test('transfer: money between own accounts is two entries that use up each other', async () => {
    await database.pool.query(`UPDATE account SET number = '700200' || number WHERE org_id = $1`, [
      world.orgId,
    ]);
    world.directory.forget();
    await world.expectItems(invoice('INV-9009', '5.00'));
    await world.bringIn(
      line('700000.00', 'TRANSFER KE 7002001002', { side: 'debit' }),
      line('700000.00', 'TRANSFER DARI 7002001001', { account: '1002' }),
    );
    await post();
    const rows = await world.ask<{ kind: string; state: string; role: string; units: string }>(
      `SELECT m.kind, m.state, l.role, l.entry_minor_units::text AS units
       FROM match m JOIN match_leg l USING (org_id, match_id) WHERE m.org_id = $1`,
    );
    const leg = { kind: 'transfer', role: 'transfer', units: '70000000' };
    expect(rows).toMatchObject([leg, leg]);
    const [first] = rows;
    if (first?.state === 'suggested') {
      const [match] = await world.matches('suggested');
      await confirmMatch(world.services, world.decider, match?.match_id ?? '');
    }
    expect(await world.entryStates()).toEqual(['matched', 'matched']);
    const [standing] = await world.matches('standing');
    await undoMatch(world.services, world.decider, standing?.match_id ?? '', { reason: 'no' });
    expect(await world.entryStates()).toEqual(['unknown', 'unknown']);
  });
});

describe('decide match', () => {
  test('decide: by hand an entry is split by amount, and what is left stays open', async () => {
    await world.expectItems(invoice('A', '60.00'), invoice('B', '50.00'));
    await world.bringIn(line('100.00', 'setoran'));
    const [entryId = ''] = await world.entryIds();
    const [a, b] = await world.items();
    const part = (itemId = '', amount = '') => world.allocation(entryId, itemId, amount);
    await matchByHand(world.services, world.decider, [
      part(a?.item_id, '60.00'),
      part(b?.item_id, '40.00'),
    ]);
    expect(await world.items()).toMatchObject([
      { state: 'closed', settled: '6000' },
      { state: 'open', settled: '4000' },
    ]);
    expect(await world.entryStates()).toEqual(['matched']);
    await expect(
      matchByHand(world.services, world.decider, [part(b?.item_id, '1.00')]),
    ).rejects.toMatchObject({ code: 'match.amountExceeded' });
  });

  test('decide: two people who use the same receipt at once: one is told that it is used', async () => {
    await world.expectItems(invoice('A', '100.00'), invoice('B', '100.00'));
    await world.bringIn(line('100.00', 'setoran'));
    const [entryId = ''] = await world.entryIds();
    const [a, b] = await world.items();
    const results = await Promise.allSettled(
      [a, b].map((item) =>
        matchByHand(world.services, world.decider, [
          world.allocation(entryId, item?.item_id ?? '', '100.00'),
        ]),
      ),
    );
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await world.matches('standing')).toHaveLength(1);
  });

  test('decide: what was suggested for an item that is used elsewhere is suggested no more', async () => {
    await world.expectItems(invoice('INV-8001', '900.00'));
    await world.bringIn(line('400.00', 'BAYAR INV-8001'));
    await world.bringIn(line('12345.00', 'setoran'));
    expect((await world.entryStates())[0]).toBe('suggested');
    const [, entryId = ''] = await world.entryIds();
    const [item] = await world.items();
    await matchByHand(world.services, world.decider, [
      world.allocation(entryId, item?.item_id ?? '', '900.00'),
    ]);
    expect(await world.matches('suggested')).toEqual([]);
    await matchWaiting({ ...world.deps, onError: fail }, new Date());
    expect(await world.entryStates()).toEqual(['unknown', 'partial']);
  });

  test('decide: a suggestion for an item that was cancelled meanwhile cannot be confirmed', async () => {
    await world.expectItems(invoice('INV-8001', '900.00'));
    await world.bringIn(line('400.00', 'BAYAR INV-8001'));
    const [match] = await world.matches('suggested');
    await database.pool.query(`UPDATE expected_item SET state = 'cancelled' WHERE org_id = $1`, [
      world.orgId,
    ]);
    await expect(
      confirmMatch(world.services, world.decider, match?.match_id ?? ''),
    ).rejects.toMatchObject({ code: 'match.stateChanged' });
    expect(await world.items()).toMatchObject([{ settled: '0' }]);
  });

  test('decide: a suggestion that is confirmed settles, one that is refused is not made again', async () => {
    await world.expectItems(
      invoice('A', '100.00', { counterpartyName: 'PT Sinar Laut' }),
      invoice('B', '777.00', { counterpartyName: 'CV Anggrek' }),
    );
    await world.bringIn(line('100.00', 'TRSF SINAR LAUT'), line('777.00', 'TRSF ANGGREK'));
    const [first, second] = await world.matches('suggested');
    expect(second).toBeDefined();
    await confirmMatch(world.services, world.decider, first?.match_id ?? '');
    await refuseMatch(world.services, world.decider, second?.match_id ?? '');
    expect((await world.items()).map(({ state }) => state).toSorted()).toEqual(['closed', 'open']);
    await post();
    expect(await world.matches('suggested')).toEqual([]);
    const [band] = await world.ask<{ right: number; wrong: number }>(
      `SELECT sum(right_count)::int AS right, sum(wrong_count)::int AS wrong FROM match_band
       WHERE org_id = $1`,
    );
    expect(band).toEqual({ right: 1, wrong: 1 });
  });
});

function fail(error: unknown): never {
  throw error;
}

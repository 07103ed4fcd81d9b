import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase } from '#tests/database.ts';
import type { TestDatabase } from '#tests/database.ts';
import { matchWaiting } from '../reconciliation/match-waiting.ts';
import { createMatchWorld, line } from '../reconciliation/test-matching.ts';
import type { MatchWorld } from '../reconciliation/test-matching.ts';
import { undoMatch } from '../reconciliation/undo-by-person.ts';
import { cancelImport } from './cancel-items.ts';
import { decideChange } from './decide-change.ts';
import { importFile } from './import-file.ts';

let database: TestDatabase;
let world: MatchWorld;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  world = await createMatchWorld(database);
});
afterAll(() => database.drop());

function take(rows: string, changes: 'propose' | 'apply' = 'propose') {
  const text = `Invoice No,Customer,Due Date,Currency,Amount\n${rows}`;
  return importFile(world.services, {
    orgId: world.orgId,
    actor: 'token:test',
    bytes: new TextEncoder().encode(text),
    fileName: 'invoices.csv',
    answers: {},
    choice: 'refuseAll',
    changes,
  });
}

/** What a worker does after it was told that items have come. */
async function matchNow(): Promise<void> {
  const onError = (error: unknown): never => {
    throw error;
  };
  const later = new Date(Date.now() + 60_000);
  await matchWaiting({ ...world.deps, onError }, later);
}

describe('imported items and matching', () => {
  test('import: money that was there before its invoice is matched after the import', async () => {
    await world.bringIn(line('100.00', 'payment INV-7001'), line('9.00', 'something else'));
    await take('INV-7001,PT Maju Jaya,2026-11-25,IDR,100.00');
    await matchNow();
    expect(await world.items()).toMatchObject([{ state: 'closed', settled: '10000' }]);
    expect(await world.entryStates()).toEqual(['matched', 'unknown']);
    const again = await take('INV-7001,PT Maju Jaya,2026-11-25,IDR,100.00');
    expect(again.counts).toMatchObject({ rowsTaken: 0, rowsKnown: 1 });
    expect(await world.items()).toMatchObject([{ state: 'closed' }]);
  });

  test('import: an invoice that grew after it was paid is open for the rest, and its match stays', async () => {
    await world.bringIn(line('100.00', 'payment INV-7002'));
    await take('INV-7002,PT Maju Jaya,2026-11-25,IDR,100.00');
    await matchNow();
    const { outcome } = await take('INV-7002,PT Maju Jaya,2026-11-25,IDR,130.00', 'apply');
    const [change] = outcome.changes;
    expect(change).toMatchObject({ rule: 'openAdjusted', isApplied: false });
    expect(await world.items()).toMatchObject([{ state: 'closed', settled: '10000' }]);
    const { orgId } = world;
    const changeId = change?.changeId ?? '';
    const decision = { orgId, changeId, actor: 'token:test', isApplied: true };
    await decideChange(world.services, decision);
    expect(await world.items()).toMatchObject([{ state: 'open', settled: '10000' }]);
    await expect(decideChange(world.services, decision)).rejects.toThrow('api.conflict');
    await world.bringIn(line('30.00', 'rest of INV-7002'));
    await matchNow();
    expect(await world.items()).toMatchObject([{ state: 'closed', settled: '13000' }]);
  });

  test('import: a change that matching has overtaken is not applied', async () => {
    await take('INV-7003,PT Maju Jaya,2026-11-25,IDR,100.00');
    const { outcome } = await take('INV-7003,PT Maju Jaya,2026-11-25,IDR,80.00');
    expect(outcome.changes[0]?.rule).toBe('replace');
    await world.bringIn(line('100.00', 'payment INV-7003'));
    await matchNow();
    expect(await world.items()).toMatchObject([{ state: 'closed' }]);
    await expect(
      decideChange(world.services, {
        orgId: world.orgId,
        changeId: outcome.changes[0]?.changeId ?? '',
        actor: 'token:test',
        isApplied: true,
      }),
    ).rejects.toThrow('api.conflict');
    expect(await world.items()).toMatchObject([{ state: 'closed', settled: '10000' }]);
  });

  test('import: taken back, it frees what is open; a match can still be undone afterwards', async () => {
    await world.bringIn(line('100.00', 'payment INV-7004'));
    const rows = ['INV-7004', 'INV-7005'].map((no) => `${no},PT Maju Jaya,2026-11-25,IDR,100.00`);
    const { taken } = await take(rows.join('\n'));
    await matchNow();
    const wish = { orgId: world.orgId, importId: taken?.importId ?? '', actor: 'token:test' };
    expect(await cancelImport(world.services, wish)).toEqual({ cancelled: 1, kept: 1 });
    const states = (await world.items()).map(({ number, state }) => [number, state]);
    expect(states).toEqual([
      ['INV-7004', 'closed'],
      ['INV-7005', 'cancelled'],
    ]);
    const [match] = await world.matches('standing');
    const undone = match?.match_id ?? '';
    await undoMatch(world.services, world.decider, undone, { reason: 'wrong customer' });
    expect(await world.items()).toMatchObject([
      { state: 'open', settled: '0' },
      { state: 'cancelled' },
    ]);
  });
});

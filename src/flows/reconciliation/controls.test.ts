import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parsePlainDate } from '#core/dates.ts';
import { parseMoney } from '#core/money.ts';
import { exemptEntry, listBreaks, noteBreak } from '#store/match-breaks.ts';
import { lockPeriod, reopenPeriod } from '#store/period-locks.ts';
import { confirmTolerance, proposeTolerance, spendTolerance } from '#store/tolerance-rules.ts';
import { inTransaction } from '#store/transaction.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { confirmMatch, matchByHand } from './decide-match.ts';
import { evaluateMatching } from './evaluate-matching.ts';
import { matchWaiting } from './match-waiting.ts';
import { runMatching } from './run-matching.ts';
import type { MatchWorld } from './test-matching.ts';
import { createMatchWorld, invoice, line } from './test-matching.ts';
import { undoMatch } from './undo-by-person.ts';

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
const fail = (error: unknown): never => {
  throw error;
};
const run = () =>
  runMatching(world.deps, { orgId: world.orgId, kind: 'run', startedBy: 'test', now });
const lock = (until: string) =>
  lockPeriod(world.services, world.decider, {
    accountId: world.accounts[0],
    until: parsePlainDate(until),
    reason: 'closed',
  });

describe('amounts', () => {
  test('amounts: a part payment leaves the rest open, an overpayment leaves the rest unexplained', async () => {
    await world.expectItems(invoice('INV-8001', '900.00'), invoice('INV-8002', '100.00'));
    await world.bringIn(line('400.00', 'BAYAR INV-8001'), line('130.00', 'BAYAR INV-8002'));
    expect(await world.entryStates()).toEqual(['suggested', 'suggested']);
    for (const { match_id: matchId } of await world.matches('suggested')) {
      await confirmMatch(world.services, world.decider, matchId);
    }
    expect(await world.items()).toMatchObject([
      { number: 'INV-8001', state: 'open', settled: '40000' },
      { number: 'INV-8002', state: 'closed', settled: '10000' },
    ]);
    expect(await world.entryStates()).toEqual(['matched', 'partial']);
    await world.bringIn(line('500.00', 'SISA INV-8001'));
    expect(await world.items()).toMatchObject([{ state: 'closed', settled: '90000' }, {}]);
  });
});

describe('period locks', () => {
  test('lock: nothing is matched or taken back there, until somebody opens it again', async () => {
    await world.entitle(world.decider, 'period.lock', 'period.reopen');
    await world.expectItems(invoice('INV-1001', '100.00'));
    await world.bringIn(line('100.00', 'INV-1001', { day: '2026-11-20' }));
    await world.bringIn(line('250.00', 'setoran', { day: '2026-11-20' }));
    const [, entryId = ''] = await world.entryIds();
    await world.expectItems(invoice('OTHER', '250.00'));
    const other = (await world.items()).find(({ number }) => number === 'OTHER');
    const { lockId } = await lock('2026-11-20');
    const before = await world.books();
    const [standing] = await world.matches('standing');
    const undo = () =>
      undoMatch(world.services, world.decider, standing?.match_id ?? '', { reason: 'no' });
    const link = () =>
      matchByHand(world.services, world.decider, [
        world.allocation(entryId, other?.item_id ?? '', '250.00'),
      ]);
    await expect(undo()).rejects.toMatchObject({ code: 'match.periodLocked' });
    await expect(link()).rejects.toMatchObject({ code: 'match.periodLocked' });
    await run();
    await matchWaiting({ ...world.deps, onError: fail }, new Date());
    expect(await world.books()).toEqual(before);
    await reopenPeriod(world.services, world.decider, lockId, 'late correction');
    await link();
    await undo();
    expect(await world.actions()).toEqual(
      expect.arrayContaining(['period.locked', 'period.reopened', 'match.undone']),
    );
  });

  test('lock: a match of a closed period is reversed by another one of today, once', async () => {
    await world.entitle(world.decider, 'period.lock');
    await world.expectItems(invoice('INV-1001', '100.00'));
    await world.bringIn(line('100.00', 'INV-1001', { day: '2026-11-20' }));
    await lock('2026-11-20');
    const [standing] = await world.matches('standing');
    const reverse = () =>
      undoMatch(world.services, world.decider, standing?.match_id ?? '', {
        reason: 'wrong customer',
        isReversal: true,
      });
    const reversal = await reverse();
    expect(reversal).toMatchObject({ state: 'standing', reversesMatchId: standing?.match_id });
    expect(await world.items()).toMatchObject([{ state: 'open', settled: '0' }]);
    expect((await world.matches('standing')).map(({ match_id: id }) => id)).toContain(
      standing?.match_id,
    );
    await expect(reverse()).rejects.toMatchObject({ code: 'match.stateChanged' });
    expect(await world.items()).toMatchObject([{ state: 'open', settled: '0' }]);
  });

  test('lock: what the bank takes back of a closed period stays there as it was', async () => {
    await world.entitle(world.decider, 'period.lock');
    await world.expectItems(invoice('INV-1001', '100.00'));
    const paid = { key: 'k', day: '2026-11-20' };
    await world.bringIn(line('100.00', 'INV-1001', paid));
    await lock('2026-11-20');
    await world.bringIn(line('100.00', 'INV-1001', { ...paid, reversed: true }));
    expect(await world.matches('standing')).toHaveLength(1);
    expect(await world.items()).toMatchObject([{ state: 'closed', settled: '10000' }]);
  });

  test('lock: the newest is opened first, and an earlier day cannot be locked behind it', async () => {
    await world.entitle(world.decider, 'period.lock', 'period.reopen');
    const first = await lock('2026-10-31');
    await lock('2026-11-20');
    await expect(
      reopenPeriod(world.services, world.decider, first.lockId, 'out of order'),
    ).rejects.toMatchObject({ code: 'match.stateChanged' });
    await expect(lock('2026-11-20')).rejects.toMatchObject({ code: 'api.invalid' });
  });
});

describe('tolerance rules', () => {
  const input = () => ({
    name: 'Rounding',
    accountId: world.accounts[0],
    limit: parseMoney('5.00', 'IDR'),
    dailyCap: parseMoney('8.00', 'IDR'),
    ledgerAccount: '7990',
  });

  test('tolerance: one person asks and another confirms; before that nothing passes', async () => {
    await world.entitle(world.decider, 'tolerance.propose', 'tolerance.confirm');
    const rule = await proposeTolerance(world.services, world.decider, input());
    const use = { ruleId: rule.ruleId, day: 20_000, units: 100n };
    expect(await spendTolerance(database.pool, world.orgId, use)).toBe(false);
    await expect(
      confirmTolerance(world.services, world.decider, rule.ruleId),
    ).rejects.toMatchObject({ code: 'api.secondPerson' });
    const second = await world.newPerson('Second');
    await world.entitle(second, 'tolerance.confirm');
    await confirmTolerance(world.services, second, rule.ruleId);
    expect(await spendTolerance(database.pool, world.orgId, use)).toBe(true);
  });

  test('tolerance: the cap of a day holds for the residual, and comes back with an undo', async () => {
    await world.entitle(world.decider, 'tolerance.propose');
    const second = await world.newPerson('Second');
    await world.entitle(second, 'tolerance.confirm');
    const rule = await proposeTolerance(world.services, world.decider, input());
    await confirmTolerance(world.services, second, rule.ruleId);
    await world.expectItems(
      ...['INV-3001', 'INV-3002', 'INV-3003'].map((number) => invoice(number, '1000.00')),
    );
    for (const number of ['INV-3001', 'INV-3002', 'INV-3003']) {
      await world.bringIn(line('996.00', `BAYAR ${number}`));
    }
    const used = async () =>
      (
        await world.ask<{ used: string }>(
          `SELECT used_minor_units::text AS used FROM tolerance_use WHERE org_id = $1`,
        )
      ).map(({ used: units }) => units);
    expect(await used()).toEqual(['800']);
    expect(await world.entryStates()).toEqual(expect.arrayContaining(['matched', 'suggested']));
    const [match] = await world.matches('standing');
    await undoMatch(world.services, world.decider, match?.match_id ?? '', { reason: 'no' });
    expect(await used()).toEqual(['400']);
  });

  test('tolerance: two at once never let more pass than the cap of the day', async () => {
    await world.entitle(world.decider, 'tolerance.propose');
    const second = await world.newPerson('Second');
    await world.entitle(second, 'tolerance.confirm');
    const rule = await proposeTolerance(world.services, world.decider, input());
    await confirmTolerance(world.services, second, rule.ruleId);
    const spend = () =>
      inTransaction(database.pool, (client) =>
        spendTolerance(client, world.orgId, { ruleId: rule.ruleId, day: 20_000, units: 300n }),
      );
    const passed = await Promise.all([spend(), spend(), spend(), spend()]);
    expect(passed.filter(Boolean)).toHaveLength(2);
  });
});

describe('breaks', () => {
  test('breaks: what is open has an age and an owner, and leaves the list when it is settled', async () => {
    await world.expectItems(invoice('INV-1001', '100.00'));
    await world.bringIn(line('55.00', 'bunga', { day: '2026-11-13' }));
    const [entryId = ''] = await world.entryIds();
    const list = (side: 'entry' | 'item') =>
      listBreaks(database.pool, { orgId: world.orgId, side, today: '2026-11-23', limit: 10 });
    await noteBreak(world.services, world.decider, {
      lineId: entryId,
      ownerId: world.stranger.personId,
      note: 'asked',
    });
    expect(await list('entry')).toMatchObject([
      { lineId: entryId, ageDays: 10, ownerName: 'Stranger', note: 'asked', matchState: 'unknown' },
    ]);
    expect(await list('item')).toMatchObject([{ ageDays: -2, text: 'INV-1001' }]);
    const exempt = { entryId, reason: 'interest', isExempt: true };
    await exemptEntry(world.services, world.decider, exempt);
    expect(await list('entry')).toEqual([]);
    await expect(exemptEntry(world.services, world.decider, exempt)).rejects.toMatchObject({
      code: 'match.stateChanged',
    });
    await run();
    expect(await world.entryStates()).toEqual(['exempt']);
    await exemptEntry(world.services, world.decider, { ...exempt, isExempt: false });
    expect(await list('entry')).toHaveLength(1);
  });
});

describe('evaluate', () => {
  test('evaluate: precision and recall come from standing matches, and nothing is changed', async () => {
    await world.expectItems(
      invoice('INV-1001', '100.00'),
      invoice('INV-1002', '200.00'),
      invoice('X', '7.00', { counterpartyName: 'Toko Lain' }),
    );
    await world.bringIn(line('100.00', 'INV-1001'), line('200.00', 'INV-1002'));
    await world.bringIn(line('6.00', 'tidak jelas'));
    const entryIds = await world.entryIds();
    const x = (await world.items()).find(({ number }) => number === 'X');
    await matchByHand(world.services, world.decider, [
      world.allocation(entryIds[2] ?? '', x?.item_id ?? '', '6.00'),
    ]);
    const before = await world.books();
    const { replay, decided } = await evaluateMatching(world.deps, world.orgId, now);
    expect(decided).toMatchObject({ automaticStanding: 2, byHand: 1, automaticUndone: 0 });
    expect(replay).toMatchObject({ pairs: 3, automatic: { proposed: 2, right: 2, precision: 1 } });
    expect(replay.recall).toBeCloseTo(2 / 3);
    expect(await world.books()).toEqual(before);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parsePlainDate } from '#core/dates.ts';
import { parseMoney } from '#core/money.ts';
import type { NewItem } from '#store/expected-items.ts';
import { inTransaction } from '#store/transaction.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld, StoryMessage } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { bringIn, ingestAll } from '#tests/ring-world.ts';
import type { StoryLine } from '#tests/story-bank.ts';
import { createReceiver } from '../ingest/receive.ts';
import { addItems } from './add-items.ts';
import { matchWaiting } from './match-waiting.ts';

let database: TestDatabase;
let world: FlowWorld;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  world = await createFlowWorld(database);
});
afterAll(() => database.drop());

const invoice = (number: string, amount: string, more: Partial<NewItem> = {}): NewItem => ({
  kind: 'invoice',
  creditDebitIndicator: 'credit',
  source: 'test',
  sourceKey: number,
  number,
  counterpartyName: 'PT Maju Jaya',
  amount: parseMoney(amount, 'IDR'),
  dueOn: parsePlainDate('2026-11-25'),
  ...more,
});

const expectItems = (...items: NewItem[]) =>
  inTransaction(database.pool, (client) =>
    addItems(client, { orgId: world.orgId, createdBy: 'test', now: new Date() }, items),
  );

const one = (id: string, ...movements: StoryLine[]) => ({ id, movements });

async function store(message: StoryMessage): Promise<void> {
  const receiver = createReceiver({
    services: world.services,
    directory: world.directory,
    connectorOf: world.connectorOf,
    onStored: () => {},
    onLearned: () => Promise.resolve(),
  });
  await receiver.receive(world.connectionId, world.call(message));
}

/** What each ring says of its match, in the order of the rings. */
async function toldMatches(): Promise<unknown[]> {
  const rows = await world.ask<{ match: unknown }>(
    `SELECT fact->'match' AS match FROM event WHERE org_id = $1 ORDER BY created_at, event_id`,
    [world.orgId],
  );
  return rows.map(({ match }) => match);
}

const items = () =>
  world.ask<{ number: string; state: string; settled: string }>(
    `SELECT number, state, settled_minor_units::text AS settled FROM expected_item
     WHERE org_id = $1 ORDER BY number`,
    [world.orgId],
  );

describe('match entries', () => {
  test('match entries: a receipt that names its invoice says so in its ring, paid in full', async () => {
    await expectItems(invoice('INV-4711', '1250000.00'));
    await bringIn(world, one('a', { amount: '1250000.00', text: 'PEMBAYARAN INV 4711' }));
    expect(await toldMatches()).toEqual([
      {
        state: 'matched',
        items: [{ label: 'INV-4711', counterpartyName: 'PT Maju Jaya', isPaidInFull: true }],
        more: 0,
      },
    ]);
    expect(await items()).toEqual([{ number: 'INV-4711', state: 'closed', settled: '125000000' }]);
  });

  test('match entries: a receipt that nobody expected is told as unknown', async () => {
    await expectItems(invoice('INV-4711', '1250000.00'));
    await bringIn(world, one('a', { amount: '77.00', text: 'SETORAN TUNAI' }));
    expect(await toldMatches()).toEqual([{ state: 'unknown', items: [], more: 0 }]);
  });

  test('match entries: where nothing is expected nothing is said, and no row is touched', async () => {
    await bringIn(world, one('a', { amount: '77.00', text: 'SETORAN TUNAI' }));
    expect(await toldMatches()).toEqual([null]);
    const [entry] = await world.ask<{ match_state: string | null }>(
      'SELECT match_state FROM entry WHERE org_id = $1',
      [world.orgId],
    );
    expect(entry?.match_state).toBeNull();
  });

  test('match entries: a debit is not called unknown where only receipts are expected', async () => {
    await expectItems(invoice('INV-4711', '1250000.00'));
    await bringIn(world, one('a', { amount: '77.00', side: 'debit', text: 'BIAYA ADM' }));
    expect(await toldMatches()).toEqual([null]);
  });

  test('match entries: a failure of matching keeps no ring from going out', async () => {
    await expectItems(invoice('INV-4711', '1250000.00'));
    const problems: unknown[] = [];
    await store(one('a', { amount: '1250000.00', text: 'PEMBAYARAN INV 4711' }));
    // A statement that really fails, and with it all that come after it in its transaction.
    await database.pool.query('ALTER TABLE item_key RENAME TO item_key_away');
    try {
      await ingestAll(world, undefined, (problem) => problems.push(problem));
    } finally {
      await database.pool.query('ALTER TABLE item_key_away RENAME TO item_key');
    }
    expect(await toldMatches()).toEqual([null]);
    expect(problems).toHaveLength(1);
    expect(await items()).toMatchObject([{ state: 'open', settled: '0' }]);
    const { pool } = world.services;
    const onError = (error: unknown): never => {
      throw error;
    };
    await matchWaiting({ pool, directory: world.directory, onError }, new Date());
    expect(await items()).toMatchObject([{ state: 'closed', settled: '125000000' }]);
  });

  test('match entries: money that the bank takes back opens its invoice again', async () => {
    await expectItems(invoice('INV-4711', '1250000.00'));
    const line = { key: 'k1', amount: '1250000.00', text: 'PEMBAYARAN INV 4711' };
    await bringIn(world, one('a', line));
    await bringIn(world, one('b', { ...line, reversed: true }));
    expect(await items()).toMatchObject([{ state: 'open', settled: '0' }]);
    await bringIn(world, one('c', { amount: '1250000.00', text: 'INV 4711 LAGI' }));
    expect(await items()).toMatchObject([{ state: 'closed', settled: '125000000' }]);
    const [, , told] = await toldMatches();
    expect(told).toMatchObject({ state: 'matched', items: [{ isPaidInFull: true }] });
  });

  test('match entries: an amount that the bank corrects frees what was settled too much', async () => {
    await expectItems(invoice('INV-4711', '1250000.00'));
    const line = { key: 'k1', text: 'PEMBAYARAN INV 4711' };
    await bringIn(world, one('a', { ...line, amount: '1250000.00' }));
    await bringIn(world, one('b', { ...line, amount: '1000000.00' }));
    const [item] = await items();
    expect(item?.state).toBe('open');
    const [entry] = await world.ask<{ matched: string }>(
      'SELECT matched_minor_units::text AS matched FROM entry WHERE org_id = $1',
      [world.orgId],
    );
    expect(entry?.matched).toBe(item?.settled);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { interpose } from '#tests/interpose.ts';
import { bringIn, ingestAll } from '#tests/ring-world.ts';
import type { StoryLine } from '#tests/story-bank.ts';
import { createReceiver } from './receive.ts';
import { startIngester } from './ingester.ts';
import { waitFor } from '#tests/wait.ts';

let database: TestDatabase;
let world: FlowWorld;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  // Messages of other tests would be claimed with ours.
  await database.pool.query(`UPDATE inbound SET state = 'processed' WHERE state = 'stored'`);
  world = await createFlowWorld(database, { destinations: 2 });
});
afterAll(() => database.drop());

async function store(...messages: Parameters<FlowWorld['call']>[0][]): Promise<void> {
  const receiver = createReceiver({
    services: world.services,
    directory: world.directory,
    connectorOf: world.connectorOf,
    onStored: () => {},
    onLearned: () => Promise.resolve(),
  });
  for (const message of messages) await receiver.receive(world.connectionId, world.call(message));
}

const one = (id: string, line: StoryLine) => ({ id, movements: [line] });

/** Everything that ingest writes, without the ids that chance makes. */
const books = async () => ({
  entries: await world.ask(
    `SELECT state, version, amount_minor_units, remittance_information, position FROM entry
     WHERE org_id = $1 ORDER BY amount_minor_units, position`,
    [world.orgId],
  ),
  versions: await world.ask(
    `SELECT v.version, v.state, v.inbound_id IS NOT NULL AS inbound FROM entry_version v
     JOIN entry e USING (org_id, entry_id) WHERE v.org_id = $1 ORDER BY e.amount_minor_units, v.version`,
    [world.orgId],
  ),
  events: await world.ask(
    `SELECT kind, subject_version, notices_expected FROM event WHERE org_id = $1
     ORDER BY kind, subject_version`,
    [world.orgId],
  ),
  notices: await world.ask(
    `SELECT n.position, n.state FROM notice n WHERE n.org_id = $1
     ORDER BY n.destination_id, n.position`,
    [world.orgId],
  ),
  inbound: await world.ask(
    'SELECT state, attempts, problem FROM inbound WHERE org_id = $1 ORDER BY message_key',
    [world.orgId],
  ),
});

describe('ingest', () => {
  test('ingest: a message becomes an entry, an event and a notice for each destination', async () => {
    const rings = await bringIn(world, one('a', { amount: '10.50', text: 'rent' }));
    expect(rings.map(({ destinationId }) => destinationId).toSorted()).toEqual(
      world.destinations.toSorted(),
    );
    expect(await books()).toEqual({
      entries: [
        {
          state: 'booked',
          version: 1,
          amount_minor_units: '1050',
          remittance_information: 'rent',
          position: '1',
        },
      ],
      versions: [{ version: 1, state: 'booked', inbound: true }],
      events: [{ kind: 'entry.recorded', subject_version: 1, notices_expected: 2 }],
      notices: [
        { position: '1', state: 'waiting' },
        { position: '1', state: 'waiting' },
      ],
      inbound: [{ state: 'processed', attempts: 1, problem: null }],
    });
  });

  test('ingest: pending and booked of one movement in one batch are two versions of one entry', async () => {
    await store(
      one('a', { key: 'k1', amount: '10.00', status: 'pending' }),
      one('b', { key: 'k1', amount: '10.00', status: 'booked' }),
      one('c', { key: 'k1', amount: '10.00', status: 'booked', reversed: true }),
    );
    await ingestAll(world);
    const { entries, versions, events } = await books();
    expect(entries).toMatchObject([{ state: 'reversed', version: 3 }]);
    expect(versions.map((version) => Object(version).state)).toEqual([
      'pending',
      'booked',
      'reversed',
    ]);
    expect(events).toHaveLength(3);
  });

  test('ingest: two equal movements in one message stay two', async () => {
    const line = { amount: '10.00', text: 'coffee' };
    await bringIn(world, { id: 'a', movements: [line, line] });
    expect((await books()).entries).toHaveLength(2);
  });

  test('ingest: balances are kept, once each, and those of another currency are not ours', async () => {
    const balance = { account: '1001', amount: '99.00', at: '2026-11-23T08:00:00Z' };
    await bringIn(world, { id: 'a', movements: [], balances: [balance, balance] });
    const rows = await world.ask('SELECT amount_minor_units FROM balance WHERE org_id = $1', [
      world.orgId,
    ]);
    expect(rows).toEqual([{ amount_minor_units: '9900' }]);
  });

  test.each<[string, string]>([
    ['is not what the bank describes', '{"id":"bad"}'],
    [
      'names an account that was removed',
      '{"id":"bad","movements":[{"account":"7","amount":"1"}]}',
    ],
    ['has an amount that is none', '{"id":"bad","movements":[{"amount":"a lot"}]}'],
    // These the database refuses, long after they were understood.
    [
      'holds a sign that no column takes',
      '{"id":"bad","movements":[{"amount":"1","text":"a\\u0000b"}]}',
    ],
    [
      'has more digits than a column',
      `{"id":"bad","movements":[{"amount":"${'9'.repeat(60)}.00"}]}`,
    ],
  ])(
    'ingest: a message that %s is quarantined, told, and holds up no other',
    async (_what, body) => {
      await store(
        one('a', { amount: '1.00', text: 'before' }),
        { id: 'bad', body },
        one('c', { amount: '2.00', text: 'after' }),
      );
      await ingestAll(world);
      const { entries, inbound, events } = await books();
      expect(entries.map((entry) => Object(entry).remittance_information)).toEqual([
        'before',
        'after',
      ]);
      expect(inbound).toMatchObject([
        { state: 'processed' },
        { state: 'quarantined', attempts: 1, problem: expect.any(String) },
        { state: 'processed' },
      ]);
      expect(events.filter((event) => Object(event).kind === 'inbound.quarantined')).toHaveLength(
        1,
      );
    },
  );

  test('ingest: a quarantined message that is run again after the cause was mended rings', async () => {
    const body = JSON.stringify({ id: 'q', movements: [{ account: '1003', amount: '5.00' }] });
    await bringIn(world, { id: 'q', body });
    expect((await books()).inbound).toMatchObject([{ state: 'quarantined' }]);
    await database.pool.query(
      `INSERT INTO account_identifier (org_id, connection_id, identifier, account_id)
       VALUES ($1, $2, 'account:1003', $3)`,
      [world.orgId, world.connectionId, world.accounts[0]],
    );
    world.directory.forget();
    await database.pool.query(`UPDATE inbound SET state = 'stored' WHERE org_id = $1`, [
      world.orgId,
    ]);
    await ingestAll(world);
    const { entries, inbound } = await books();
    expect(entries).toHaveLength(1);
    expect(inbound).toMatchObject([{ state: 'processed', attempts: 2, problem: null }]);
  });

  test.each(['before', 'after'] as const)(
    'ingest: a kill %s any statement loses nothing and records once',
    async (when) => {
      let step = 0;
      let whole: unknown;
      for (let isThrough = false; !isThrough; step += 1) {
        world = await createFlowWorld(database, { destinations: 2 });
        await store(
          one('a', { key: 'k1', amount: '10.00', status: 'pending', text: 'rent' }),
          one('b', { key: 'k1', amount: '10.00', text: 'rent' }),
          one('c', { account: '1002', amount: '7.00', text: 'tax' }),
          { id: 'd', body: 'not json' },
        );
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
        isThrough = await ingestAll(world, { ...world.services, pool }).then(
          () => !isDead,
          () => false,
        );
        await ingestAll(world);
        const now = await books();
        expect(now.entries, `after step ${step}`).toHaveLength(2);
        whole ??= now;
        expect(now, `after step ${step}`).toEqual(whole);
      }
      expect(step).toBeGreaterThan(10);
    },
  );

  test('ingest: two workers at once record each message once, in positions without a gap', async () => {
    const messages = Array.from({ length: 150 }, (_, index) =>
      one(`m${index}`, {
        account: index % 2 ? '1001' : '1002',
        amount: `${index + 1}.00`,
        text: `t${index}`,
      }),
    );
    await store(...messages);
    await Promise.all([ingestAll(world), ingestAll(world), ingestAll(world)]);
    const { entries } = await books();
    expect(entries).toHaveLength(150);
    const rows = await world.ask<{ destination_id: string; positions: string[] }>(
      `SELECT destination_id, array_agg(position::text ORDER BY position) AS positions FROM notice
       WHERE org_id = $1 GROUP BY destination_id`,
      [world.orgId],
    );
    const all = Array.from({ length: 150 }, (_, index) => String(index + 1));
    expect(rows.map(({ positions }) => positions)).toEqual([all, all]);
  });

  test('ingest: movements of before the account was connected are recorded without a word', async () => {
    await database.pool.query(`UPDATE account SET ring_from = '2026-11-23T08:00:00Z'`);
    world.directory.forget();
    await bringIn(
      world,
      one('a', { amount: '1.00', bookedAt: '2026-11-23T07:54:59Z' }),
      // Clocks differ by minutes; of that hour one is rather told.
      one('b', { amount: '2.00', bookedAt: '2026-11-23T07:55:01Z' }),
      one('c', { amount: '3.00', day: '2026-11-22' }),
      one('d', { amount: '4.00', day: '2026-11-23' }),
    );
    const rows = await world.ask<{ amount: string; notices_expected: number }>(
      `SELECT e.fact->'amount'->>'value' AS amount, notices_expected FROM event e
       WHERE org_id = $1 ORDER BY 1`,
      [world.orgId],
    );
    expect(rows.map(({ notices_expected }) => notices_expected)).toEqual([0, 2, 0, 2]);
  });
});

describe('ingester', () => {
  test('ingester: a batch that fails is tried again, and a stop waits for what is under way', async () => {
    let calls = 0;
    const errors: unknown[] = [];
    const ingester = startIngester({
      ingest: () => {
        calls += 1;
        if (calls === 1) return Promise.reject(new Error('no database'));
        return Promise.resolve({ hasMore: calls < 4, rings: [] });
      },
      onRings: () => {},
      onError: (error) => errors.push(error),
    });
    ingester.kick();
    await waitFor(() => calls >= 4, { what: 'four batches' });
    await ingester.stop();
    const after = calls;
    ingester.kick();
    expect(calls).toBe(after);
    expect(errors).toHaveLength(1);
  });
});

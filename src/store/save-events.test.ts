import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestWorld } from '#api/test-services.ts';
import type { TestWorld } from '#api/test-services.ts';
import { parseId } from '#core/ids.ts';
import type { DestinationId } from '#core/ids.ts';
import { newId } from '#secret/ids.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { sampleAlert } from '../flows/notification/render-samples.ts';
import { appendAudit } from './audit.ts';
import { addDestination } from './destinations-admin.ts';
import type { NewEvent } from './events.ts';
import { saveEvents } from './events.ts';
import type { Transaction } from './transaction.ts';
import { inTransaction } from './transaction.ts';

let database: TestDatabase;
let world: TestWorld;
let destinations: DestinationId[];

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createTestWorld(database);
  destinations = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const made = await addDestination(
        world.services,
        {
          orgId: world.orgId,
          name,
          kind: 'robot',
          webhook: 'https://oapi.dingtalk.com/robot/send?access_token=simulated',
          security: { mode: 'keyword', keyword: 'Cashbell' },
        },
        'test',
      );
      return parseId('dst', made.destinationId);
    }),
  );
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

function tell(transaction: Transaction, destinationId: DestinationId | undefined): void {
  if (!destinationId) throw new Error('no destination');
  const notice = {
    destinationId,
    routeId: newId('rte'),
    lane: 'normal',
    language: 'en',
    detail: 'full',
    mentions: [],
  } satisfies NewEvent['notices'][number];
  const event = { orgId: world.orgId, fact: sampleAlert('account.stale'), notices: [notice] };
  saveEvents(transaction, [event], new Date());
}

/** Two that go on when both have come. */
function meeting(): () => Promise<void> {
  let come = 0;
  let open: () => void = () => {};
  const both = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    come += 1;
    if (come === 2) open();
    return both;
  };
}

test('events: telling before and after the audit never wait for each other in a circle', async () => {
  const { orgId } = world;
  const meet = meeting();
  const record = { orgId, actor: 'test', action: 'test', subject: 'x' };
  const [one, two] = destinations;
  await Promise.all([
    inTransaction(database.pool, async (client, transaction) => {
      tell(transaction, one);
      await client.query('SELECT 1');
      await meet();
      await appendAudit(client, record);
    }),
    inTransaction(database.pool, async (client, transaction) => {
      await appendAudit(client, record);
      await meet();
      tell(transaction, one);
    }),
  ]);
  const meetAgain = meeting();
  await Promise.all(
    [
      [one, two],
      [two, one],
    ].map((order) =>
      inTransaction(database.pool, async (client, transaction) => {
        tell(transaction, order[0]);
        await client.query('SELECT 1');
        await meetAgain();
        tell(transaction, order[1]);
      }),
    ),
  );
  const { rows } = await database.pool.query<{ positions: string[] }>(
    `SELECT array_agg(position ORDER BY position)::text[] AS positions FROM notice
     GROUP BY destination_id ORDER BY count(*)`,
  );
  expect(rows.map(({ positions }) => positions)).toEqual([
    ['1', '2'],
    ['1', '2', '3', '4'],
  ]);
});

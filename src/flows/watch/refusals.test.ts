import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDirectory } from '#store/directory.ts';
import { openKeyring } from '#store/keyring.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { TestDatabase } from '#tests/database.ts';
import { watchRefusals } from './refusals.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(`INSERT INTO org (org_id, name) VALUES ('org_0001', 'Test')`);
  await database.pool.query(
    `INSERT INTO connection (org_id, connection_id, connector, name, environment, base_url)
     VALUES ('org_0001', 'con_0001', 'bca', 'BCA', 'sandbox', 'http://127.0.0.1:1')`,
  );
});
afterAll(() => database.drop());

async function refuse(count: number, at: Date): Promise<void> {
  await database.pool.query(
    `INSERT INTO inbound (org_id, inbound_id, connection_id, received_at, subpath, remote_address,
       digest, state, refusal_code)
     SELECT 'org_0001', 'inb_' || $3 || n, 'con_0001', $2, '/', '127.0.0.1', '', 'refused',
       'inbound.signatureInvalid' FROM generate_series(1, $1) n`,
    [count, at, at.getTime()],
  );
}

it('refusals: a few are nobody’s business, many are told once, quiet ends it', async () => {
  const keyring = await openKeyring(database.pool, Buffer.alloc(32, 7));
  const directory = createDirectory({ pool: database.pool, keyring });
  const announcer = { directory, connectorOf: () => undefined };
  const told = async (): Promise<number> => {
    const { rows } = await database.pool.query<{ count: string }>(
      `SELECT count(*) FROM event WHERE kind = 'connection.callsRefused'`,
    );
    return Number(rows[0]?.count);
  };
  const start = new Date('2026-11-23T10:00:00Z');
  await refuse(4, start);
  await watchRefusals(database.pool, announcer, start);
  expect(await told()).toBe(0);
  const later = new Date('2026-11-23T10:01:00Z');
  await refuse(1, later);
  await watchRefusals(database.pool, announcer, later);
  await watchRefusals(database.pool, announcer, later);
  expect(await told()).toBe(1);
  const quiet = new Date('2026-11-23T10:30:00Z');
  await watchRefusals(database.pool, announcer, quiet);
  const { rows } = await database.pool.query('SELECT 1 FROM alarm WHERE closed_at IS NOT NULL');
  expect(rows).toHaveLength(1);
});

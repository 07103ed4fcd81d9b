import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase } from '#tests/database.ts';
import type { TestDatabase } from '#tests/database.ts';
import { refuseRealData, refuseSandboxData } from './guard.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const settings = { home: '/data', allowedPrivateHosts: [] };

it('guard: an empty folder may become either world', async () => {
  await refuseSandboxData(database.pool, settings);
  await refuseRealData(database.pool, settings);
});

it('guard: the demo is not built beside a real organisation', async () => {
  await database.pool.query(`INSERT INTO org (org_id, name) VALUES ('org_0001', 'Real Ltd')`);
  await expect(refuseRealData(database.pool, settings)).rejects.toThrow(/Real Ltd/);
});

it.each([
  ['http://127.0.0.1:7422', true],
  ['http://localhost:7422', true],
  ['http://[::1]:7422', true],
  ['https://10.1.2.3', true],
  ['https://sandbox.bca.co.id', false],
])('guard: a production start with a bank at %s is refused: %s', async (url, isRefused) => {
  await database.pool.query('DELETE FROM connection');
  await database.pool.query(
    `INSERT INTO connection (org_id, connection_id, connector, name, environment, base_url)
     VALUES ('org_0001', 'con_0001', 'bca', 'BCA', 'sandbox', $1)`,
    [url],
  );
  const check = refuseSandboxData(database.pool, settings);
  if (isRefused) await expect(check).rejects.toThrow('config.sandboxOnly');
  else await expect(check).resolves.toBeUndefined();
  const allowed = {
    ...settings,
    allowedPrivateHosts: [new URL(url).hostname.replace(/[[\]]/g, '')],
  };
  await expect(refuseSandboxData(database.pool, allowed)).resolves.toBeUndefined();
});

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { toPoolConfig } from '../../src/database/connection.ts';
import './global-database.ts';
import { leaveNothingBehind } from './servers.ts';
import { runOn, withDatabase } from './test-server.ts';

/** A database of one test file, with all migrations applied. */
export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Ends the pool and drops the database, whoever may still be connected to it. */
  drop(): Promise<void>;
}

/**
 * Clones a migrated database; some 50 ms. Call it in `beforeAll` and `drop` in `afterAll`, or in a test with
 * `onTestFinished(() => database.drop())`. A file that forgets to drop fails.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('databaseServer');
  return makeDatabase(server, `TEMPLATE ${server.template}`);
}

/** An empty database without migrations, for the tests of migrating itself. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return makeDatabase(inject('databaseServer'), '');
}

async function makeDatabase(
  server: { url: string; template: string },
  clause: string,
): Promise<TestDatabase> {
  const name = `${server.template}_${randomBytes(4).toString('hex')}`;
  await runOn(server.url, `CREATE DATABASE ${name} ${clause}`);
  const url = withDatabase(server.url, name);
  const pool = new pg.Pool(toPoolConfig({ url, applicationName: 'cashbell tests' }));
  pool.on('error', () => {});
  const release = leaveNothingBehind(`the database ${name}`);
  let dropping: Promise<void> | undefined;
  const drop = async () => {
    await pool.end();
    await runOn(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
    release();
  };
  return { url, pool, drop: () => (dropping ??= drop()) };
}

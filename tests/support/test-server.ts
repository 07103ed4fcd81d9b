import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbedded } from '../../src/database/embedded.ts';
import { migrate, migrationsFolder } from '../../src/database/migrate.ts';

/** A server with a migrated database that tests clone. */
export interface TestServer {
  readonly url: string;
  readonly template: string;
  stop(): Promise<void>;
}

/**
 * Starts the server of a test run: the embedded one in a temporary folder, or, when `TEST_DATABASE_URL` is set, databases of
 * our own on that server.
 */
export async function startTestServer(): Promise<TestServer> {
  const outside = process.env['TEST_DATABASE_URL'];
  const server =
    outside === undefined || outside === ''
      ? await startTemporaryServer()
      : { url: outside, stop: async () => {} };
  const template = `cashbell_template_${randomBytes(6).toString('hex')}`;
  try {
    await makeTemplate(server.url, template);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    url: server.url,
    template,
    stop: async () => {
      if (outside) await dropAll(server.url, template);
      await server.stop();
    },
  };
}

/** The same server with another database. */
export function withDatabase(url: string, database: string): string {
  return url.replace(/^(\w+:\/\/[^/]*\/)[^?]*/, `$1${database}`);
}

/** Runs one statement on a connection of its own. */
export async function runOn(url: string, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url, application_name: 'cashbell tests' });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

async function startTemporaryServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'cashbell-tests-'));
  // Nothing of a test outlives it, so nothing has to survive a power cut; the launcher's own tests keep our settings.
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const clear = () => rmSync(home, { recursive: true, force: true });
  try {
    const server = await startEmbedded({ home, settings });
    return { url: server.url, stop: () => server.stop().then(clear) };
  } catch (error) {
    clear();
    throw error;
  }
}

async function makeTemplate(url: string, template: string): Promise<void> {
  await runOn(url, `CREATE DATABASE ${template}`);
  if (existsSync(migrationsFolder)) await migrate({ url: withDatabase(url, template) });
}

/** On a server that is not ours alone, drops what carries the mark of this run. */
async function dropAll(url: string, template: string): Promise<void> {
  const { rows } = await runOn(
    url,
    `SELECT datname FROM pg_database WHERE datname LIKE '${template}%'`,
  );
  for (const { datname } of rows) await runOn(url, `DROP DATABASE "${datname}" WITH (FORCE)`);
}

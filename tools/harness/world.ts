import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantFromMs } from '#core/dates.ts';
import { openDatabase } from '#database/connection.ts';
import { migrate } from '#database/migrate.ts';
import { openKeyring } from '#store/keyring.ts';
import type { AdminServices } from '#store/orgs.ts';
import { numberOf, startChild, textOf } from './child.ts';
import type { Child } from './child.ts';

export type Role = 'server' | 'worker' | 'all';

/**
 * A database in a temporary folder, with what is needed to furnish it and to start Cashbell on it.
 * Everything that is started through it ends with `stop`.
 */
export interface World {
  readonly services: AdminServices;
  readonly databaseUrl: string;
  /** The process that a crash of the database kills: the postmaster. */
  databasePid(): number;
  /** Where the server listens; the same after every restart. */
  readonly serverUrl: string;
  startCashbell(role: Role): Promise<Child>;
  /** The process that holds PostgreSQL now. */
  database(): Child;
  /** Starts PostgreSQL again after it was killed. */
  startDatabase(): Promise<Child>;
  /** Kills PostgreSQL without warning and waits until it is gone. */
  killDatabase(): Promise<void>;
  /** Notes what has to be stopped at the end, last noted first. */
  onStop(stop: () => Promise<unknown>): void;
  stop(): Promise<void>;
}

export async function openWorld(options: { readonly logLevel?: string } = {}): Promise<World> {
  // Below /tmp itself: PostgreSQL does not run as root, and nobody else may enter deeper folders.
  const home = mkdtempSync(join(tmpdir(), 'cashbell-bench-'));
  const stops: (() => Promise<unknown>)[] = [
    async () => rmSync(home, { recursive: true, force: true }),
  ];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one().catch(report);
  };
  try {
    return await build(home, options.logLevel ?? 'error', stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  home: string,
  logLevel: string,
  stops: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<World> {
  const startDatabase = (): Promise<Child> =>
    startChild({ script: 'tools/harness/database-process.ts', arguments: [home] });
  let database = await startDatabase();
  stops.push(() => database.stop());
  const databaseUrl = textOf(database.said, 'url');
  await migrate({ url: databaseUrl });
  const masterKey = randomBytes(32);
  const { pool } = await openDatabase({ url: databaseUrl, applicationName: 'harness' });
  stops.push(() => pool.end());
  const keyring = await openKeyring(pool, masterKey);
  const port = await findFreePort();
  const environment = {
    DATABASE_URL: databaseUrl,
    CASHBELL_HOME: home,
    CASHBELL_PORT: String(port),
    CASHBELL_MASTER_KEY: masterKey.toString('base64'),
    CASHBELL_LOG_LEVEL: logLevel,
    CASHBELL_ALLOWED_PRIVATE_HOSTS: '*',
  };
  return {
    services: { pool, keyring, now: () => instantFromMs(Date.now()) },
    databaseUrl,
    databasePid: () => numberOf(database.said, 'pid'),
    serverUrl: `http://127.0.0.1:${port}`,
    startCashbell: async (role) => {
      const child = await startChild({
        script: 'tools/harness/cashbell-process.ts',
        arguments: [role],
        environment,
      });
      stops.push(() => child.stop());
      return child;
    },
    database: () => database,
    startDatabase: async () => {
      database = await startDatabase();
      return database;
    },
    killDatabase: async () => {
      process.kill(numberOf(database.said, 'pid'), 'SIGKILL');
      await database.ended;
    },
    onStop: (one) => {
      stops.push(one);
    },
    stop,
  };
}

async function findFreePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

function report(error: unknown): void {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
}

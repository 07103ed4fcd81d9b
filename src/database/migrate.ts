import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import { createKysely, toPoolConfig } from './connection.ts';
import { DatabaseError } from './errors.ts';

/** One numbered file of the folder. */
export interface MigrationFile {
  /** Without the ending, such as `0001-ring`. */
  readonly name: string;
  readonly text: string;
  /** SHA-256 in hex, of the text with bare line feeds, as git may change line ends. */
  readonly checksum: string;
}

/** What the database says about a migration that it has run. */
export interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
}

/** The migrations of this program. */
export const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));

const namePattern = /^\d{4}-[a-z0-9-]+\.sql$/;

/** Reads the files of a folder in their order; a name or a number that does not fit is refused. */
export function readMigrations(folder: string = migrationsFolder): MigrationFile[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted();
  return names.map((name, index) => {
    if (!namePattern.test(name) || Number(name.slice(0, 4)) !== index + 1) {
      throw new Error(
        `${join(folder, name)}: migrations are named 0001-words.sql and numbered without gaps`,
      );
    }
    const text = readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n');
    const checksum = createHash('sha256').update(text).digest('hex');
    return { name: name.slice(0, -'.sql'.length), text, checksum };
  });
}

/**
 * Refuses a database that this program must not touch: one that a newer program has migrated, or one whose history differs from
 * our files. Returns the files that are still to be run.
 */
export function compareMigrations(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): MigrationFile[] {
  const checksums = new Map(applied.map(({ name, checksum }) => [name, checksum]));
  const known = new Set(files.map(({ name }) => name));
  const newest = files.at(-1)?.name ?? '';
  for (const { name } of applied) {
    if (known.has(name)) continue;
    if (name.slice(0, 4) > newest.slice(0, 4)) {
      throw new DatabaseError(
        'database.newerThanCode',
        `The database has been migrated to ${name}, this Cashbell knows migrations up to ${newest || 'none'}. ` +
          'Start the newer Cashbell again; going back needs a restored backup.',
      );
    }
    throw changed(name, 'is not among the files of this program');
  }
  for (const { name, checksum } of files) {
    const before = checksums.get(name);
    if (before !== undefined && before !== checksum) {
      throw changed(name, 'differs from the file that this database has run');
    }
  }
  return files.filter(({ name }) => !checksums.has(name));
}

/**
 * Brings the database up to this program, all or nothing; several may try at once, one does it and the others
 * find it done. Returns the names of the migrations that this call has run.
 */
export async function migrate(options: {
  readonly url: string;
  readonly folder?: string;
}): Promise<string[]> {
  const files = readMigrations(options.folder);
  return withKysely(options.url, async (kysely) => {
    compareMigrations(files, await readApplied(kysely));
    await createChecksumTable(kysely);
    const migrator = new Migrator({
      db: kysely,
      provider: { getMigrations: () => Promise.resolve(toMigrations(files)) },
    });
    const { error, results } = await migrator.migrateToLatest();
    if (error !== undefined) {
      const failed = results?.find(({ status }) => status === 'Error')?.migrationName;
      // Another program may have migrated further between our look and the lock.
      compareMigrations(files, await readApplied(kysely));
      const reason = error instanceof Error ? error.message : JSON.stringify(error);
      throw new Error(`Migration ${failed ?? ''} failed and left no trace: ${reason}`, {
        cause: error,
      });
    }
    return (results ?? [])
      .filter(({ status }) => status === 'Success')
      .map(({ migrationName }) => migrationName);
  });
}

/** Refuses a database that is not exactly at this program's last migration; for processes that must not migrate. */
export async function requireMigrated(options: {
  readonly url: string;
  readonly folder?: string;
}): Promise<void> {
  const files = readMigrations(options.folder);
  const pending = await withKysely(options.url, async (kysely) =>
    compareMigrations(files, await readApplied(kysely)),
  );
  if (pending.length === 0) return;
  throw new DatabaseError(
    'database.unavailable',
    `The database lacks ${pending.map(({ name }) => name).join(', ')}. Run \`npx cashbell migrate\`, ` +
      'or start a process with the role server, which does it.',
  );
}

function toMigrations(files: readonly MigrationFile[]): Record<string, Migration> {
  const entries = files.map(({ name, text, checksum }) => {
    const up = async (kysely: Kysely<unknown>): Promise<void> => {
      await sql.raw(text).execute(kysely);
      await sql`INSERT INTO migration_checksum (name, checksum) VALUES (${name}, ${checksum})`.execute(
        kysely,
      );
    };
    return [name, { up }] as const;
  });
  return Object.fromEntries(entries);
}

async function createChecksumTable(kysely: Kysely<unknown>): Promise<void> {
  // Two that create it at the same moment collide in the catalogue, in spite of IF NOT EXISTS.
  await kysely.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended('cashbell migration_checksum', 0))`.execute(
      transaction,
    );
    await sql`CREATE TABLE IF NOT EXISTS migration_checksum (
      name text PRIMARY KEY,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`.execute(transaction);
  });
}

async function readApplied(kysely: Kysely<unknown>): Promise<AppliedMigration[]> {
  const { rows: tables } = await sql<{ present: boolean }>`
    SELECT to_regclass('migration_checksum') IS NOT NULL AS present`.execute(kysely);
  if (tables[0]?.present !== true) return [];
  const { rows } = await sql<AppliedMigration>`
    SELECT name, checksum FROM migration_checksum ORDER BY name`.execute(kysely);
  return rows;
}

async function withKysely<Result>(
  url: string,
  work: (kysely: Kysely<unknown>) => Promise<Result>,
): Promise<Result> {
  const config = toPoolConfig({
    url,
    applicationName: 'cashbell migrate',
    connectionsMax: 2,
    // A migration takes as long as it takes, and waits for its turn.
    statementTimeoutMs: 0,
    lockTimeoutMs: 0,
  });
  const pool = new pg.Pool({ ...config, idle_in_transaction_session_timeout: 0 });
  pool.on('error', () => {});
  try {
    return await work(createKysely(pool));
  } finally {
    await pool.end();
  }
}

function changed(name: string, what: string): DatabaseError {
  return new DatabaseError(
    'database.migrationChanged',
    `Migration ${name} ${what}. A released migration is never edited: take the program's files as they were ` +
      'released, and put a change into a new migration.',
  );
}

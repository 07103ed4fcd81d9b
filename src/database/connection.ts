import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { DatabaseError } from './errors.ts';
import { shareWrites } from './shared-writes.ts';

/** How to reach the database, and what this program asks of it. */
export interface DatabaseOptions {
  /** `DATABASE_URL`, or the `url` of the embedded server. */
  readonly url: string;
  /** Shown by `pg_stat_activity`, such as `cashbell worker`. */
  readonly applicationName: string;
  /** Default 10. */
  readonly connectionsMax?: number;
  /** A statement that takes longer is cancelled; default one minute, 0 for none. */
  readonly statementTimeoutMs?: number;
  /** A wait for a lock that takes longer is given up; default 10 seconds. */
  readonly lockTimeoutMs?: number;
  /** How long the first connection is tried, for a server that is still starting; default 0. */
  readonly patienceMs?: number;
}

/** An open database. */
export interface Database {
  readonly pool: pg.Pool;
  readonly url: string;
  /** Such as 180004 for PostgreSQL 18.4. */
  readonly serverVersion: number;
  /** Ends the connections when their work is done. */
  close(): Promise<void>;
}

const versionMin = 150_000;
const connectTimeoutMs = 10_000;
const idleInTransactionMs = 60_000;
const retryMs = 250;

/**
 * Opens the database and refuses one that is too old. `int8` and `numeric` arrive as strings, because a JavaScript number would
 * round money; `date` and `timestamp` too, because a `Date` would move a booking day into another zone. `timestamptz` is a `Date`.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const pool = new pg.Pool(toPoolConfig(options));
  // An idle connection that breaks is replaced by the pool; unheard, the event would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    // A connection that breaks while it is in use fails its queries, which is heard; the event
    // itself would end the process, and a database that restarts must not take us with it.
    client.on('error', () => {});
    shareWrites(client);
  });
  try {
    const serverVersion = await readVersion(pool, options);
    return { pool, url: options.url, serverVersion, close: () => pool.end() };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** A Kysely over an open pool; ending it is the pool's owner's business. */
export function createKysely<Tables>(pool: pg.Pool): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/** What the pool is told; exported for tests and for pg-boss, which opens connections of its own. */
export function toPoolConfig(options: DatabaseOptions): pg.PoolConfig {
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.connectionsMax ?? 10,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs ?? 60_000,
    lock_timeout: options.lockTimeoutMs ?? 10_000,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    options: '-c TimeZone=UTC',
    keepAlive: true,
    // Queries of one connection need not wait for each other's answers; see store/transaction.ts.
    pipeline: true,
    types: { getTypeParser },
    ...(needsTls(options.url) ? { ssl: true } : {}),
  };
}

/** Whether a URL leaves the machine without a word about encryption; it then gets it, with a verified certificate. */
export function needsTls(url: string): boolean {
  const match = /^postgres(?:ql)?:\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/?]*)[^?]*(?:\?(.*))?$/.exec(url);
  if (match === null) return false;
  const parameters = new URLSearchParams(match[2] ?? '');
  if (parameters.has('sslmode') || parameters.has('ssl')) return false;
  const host = parameters.get('host') ?? match[1] ?? '';
  const isLocal = host === '' || host.startsWith('/') || host === 'localhost' || host === '[::1]';
  return !isLocal && !host.startsWith('127.');
}

async function readVersion(pool: pg.Pool, options: DatabaseOptions): Promise<number> {
  const row = await connectPatiently(pool, options);
  const version = Number(row.server_version_num);
  if (version >= versionMin) return version;
  throw new DatabaseError(
    'database.unsupported',
    `The database is PostgreSQL ${row.server_version}; Cashbell needs 15 or later. ` +
      'Upgrade the server, or leave DATABASE_URL unset to use the PostgreSQL that comes with Cashbell.',
  );
}

interface VersionRow {
  readonly server_version: string;
  readonly server_version_num: string;
}

async function connectPatiently(pool: pg.Pool, options: DatabaseOptions): Promise<VersionRow> {
  const start = performance.now();
  for (;;) {
    try {
      const { rows } = await pool.query<VersionRow>(
        `SELECT current_setting('server_version') AS server_version,
                current_setting('server_version_num') AS server_version_num`,
      );
      const [row] = rows;
      if (row === undefined) throw new Error('the server answered without a version');
      return row;
    } catch (error) {
      if (performance.now() - start >= (options.patienceMs ?? 0)) throw unreachable(options, error);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

function unreachable(options: DatabaseOptions, cause: unknown): DatabaseError {
  const reason = cause instanceof Error ? describeCause(cause) : String(cause);
  const hint = reason.includes('does not support SSL')
    ? 'Cashbell encrypts the way to a database on another machine. Switch TLS on there, or, when the network between is ' +
      'yours alone, add ?sslmode=disable to DATABASE_URL.'
    : 'Check DATABASE_URL, that the server runs, and that it lets this machine, user and password in.';
  return new DatabaseError(
    'database.unavailable',
    `The database ${withoutPassword(options.url)} cannot be used: ${reason}. ${hint}`,
    { cause },
  );
}

/** A failed connection to a name with several addresses carries its reasons inside, and no message. */
function describeCause(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message;
  return error.errors.map((inner) => (inner instanceof Error ? inner.message : '')).join('; ');
}

function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):[^@]*@/, '$1@').replace(/password=[^&]*/, 'password=…');
}

/** Types that `pg` would turn into a `Date`, and the type whose parser they get instead. */
const parsedLike = new Map<number, number>([
  [pg.types.builtins.DATE, pg.types.builtins.TEXT],
  [pg.types.builtins.TIMESTAMP, pg.types.builtins.TEXT],
  [1182, 1009], // date[] like text[]
  [1115, 1009], // timestamp[] like text[]
]);

function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return pg.types.getTypeParser(parsedLike.get(oid) ?? oid, format);
}

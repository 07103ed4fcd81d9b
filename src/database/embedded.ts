import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  fchownSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Binaries, findNativeFolder, prepareBinaries } from './binaries.ts';
import {
  lastLines,
  makeCluster,
  ownerRole,
  requireSameMajor,
  serverEnvironment,
} from './cluster.ts';
import { DatabaseError } from './errors.ts';
import {
  type DatabaseFolders,
  databaseFolders,
  makePrivateFolder,
  makeSocketFolder,
} from './launcher-home.ts';
import {
  type PostmasterFile,
  forgetDeadServer,
  lifeOf,
  readPostmasterFile,
} from './postmaster-file.ts';
import {
  type ServerIdentity,
  type Surroundings,
  chooseIdentity,
  surroundingsOf,
} from './server-identity.ts';

/** What the embedded server may be told. */
export interface EmbeddedOptions {
  /** `CASHBELL_HOME`; made with mode 0700 when missing. */
  readonly home: string;
  /** Default `<home>/postgres/server.log`. */
  readonly logFile?: string;
  /** Server settings over ours, such as those of an archive; names as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** `socket` (default) listens on no port at all; `tcp` on 127.0.0.1 with a password, the only way on Windows. */
  readonly transport?: 'socket' | 'tcp';
  /** How long crash recovery may take; default ten minutes. */
  readonly startTimeoutMs?: number;
  /** For tests of machines other than this one. */
  readonly surroundings?: Surroundings;
}

/** How a server ended. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether `stop` was called before. */
  readonly expected: boolean;
}

/** A running embedded server. */
export interface EmbeddedDatabase {
  /** For `pg` and libpq; the role owns the server, the database is `cashbell`. */
  readonly url: string;
  readonly pid: number;
  readonly identity: ServerIdentity['kind'];
  /** The folder with the data; a backup copies it. */
  readonly dataFolder: string;
  readonly logFile: string;
  /** Ends all sessions, writes everything out and waits for the end. May be called twice. */
  stop(): Promise<void>;
  /** Calls when the server has ended, for whatever reason; at once when it already has. */
  onExit(listener: (exit: ServerExit) => void): void;
}

const databaseName = 'cashbell';
const socketPort = 5432;
const pollMs = 20;
const startTimeoutMsDefault = 600_000;
/** A server whose parent was just killed needs a moment to notice. */
const livePatienceMs = 2_000;
const lockPatienceMs = 15_000;
const stopPatienceMs = 30_000;
const logBytesMax = 16 * 1024 * 1024;

const settingsDefault: Readonly<Record<string, string>> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '200',
  shared_buffers: '128MB',
  jit: 'off',
  // Without statistics every index that org_id leads looks equally good, and lookups by a whole key read all rows of
  // the organisation; a new table has to be analysed long before the usual minute is over.
  autovacuum_naptime: '5s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %a ',
  // The details of an error repeat values of rows, and the log is not sealed.
  log_error_verbosity: 'terse',
};

/**
 * Starts the PostgreSQL that comes with Cashbell on the data below `home`, making it the first time. The server ends with this process,
 * however that ends. Must be called from the main thread: Linux ties the server to the thread that started it.
 * macOS and Windows follow the same code but have never been tried.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const folders = databaseFolders(options.home);
  makePrivateFolder(folders.home);
  const identity = chooseIdentity(options.surroundings ?? surroundingsOf(folders.home));
  makePrivateFolder(folders.postgres, identity.owner);
  // Another user than ours has to pass through the home to its own folder, without reading it.
  if (identity.kind === 'nobody') chmodSync(folders.home, 0o711);
  requireReachable(folders, identity);
  const native = findNativeFolder(process.platform, process.arch);
  const binaries = prepareBinaries(native, folders.postgres, identity.prefix);
  await waitForPredecessor(folders);
  if (!existsSync(join(folders.data, 'PG_VERSION'))) makeCluster(folders, identity, binaries);
  requireSameMajor(folders, binaries);
  const launch = await prepareLaunch(options, folders, identity, binaries);
  const server = await launchWithPatience(launch);
  await makeDatabase(launch.urlOf('postgres'));
  return server;
}

/** Finds the running server of a home, for commands beside it; undefined when there is none. */
export function findRunningEmbedded(home: string): { url: string; pid: number } | undefined {
  const folders = databaseFolders(home);
  const file = readPostmasterFile(folders.data);
  if (file?.status !== 'ready' || lifeOf(file.pid) === 'dead') return undefined;
  return {
    url: toUrl(file, readFileSync(folders.passwordFile, 'utf8'), databaseName),
    pid: file.pid,
  };
}

interface Launch {
  readonly folders: DatabaseFolders;
  readonly identity: ServerIdentity;
  readonly binaries: Binaries;
  readonly logFile: string;
  readonly startTimeoutMs: number;
  readonly arguments: readonly string[];
  urlOf(database: string): string;
}

function requireReachable(folders: DatabaseFolders, identity: ServerIdentity): void {
  if (identity.owner === undefined) return;
  const [program, ...args] = [...identity.prefix, 'test', '-w', folders.postgres];
  if (spawnSync(program, args, { stdio: 'ignore' }).status === 0) return;
  throw new DatabaseError(
    'database.unavailable',
    `PostgreSQL does not run as root, and user ${identity.owner.uid}, which it would run as, cannot enter ${folders.postgres}. ` +
      'Set CASHBELL_HOME to a folder below public ones, such as /var/lib/cashbell, or run Cashbell as an ordinary user.',
  );
}

/** Waits for a server that is on its way down; refuses when one is there to stay. */
async function waitForPredecessor(folders: DatabaseFolders): Promise<void> {
  const start = performance.now();
  for (;;) {
    const file = readPostmasterFile(folders.data);
    if (file === undefined) return;
    if (lifeOf(file.pid) === 'dead') {
      forgetDeadServer(folders.data);
      rmSync(join(file.socketFolder, `.s.PGSQL.${file.port}.lock`), { force: true });
      return;
    }
    const patienceMs = file.status === 'stopping' ? lockPatienceMs : livePatienceMs;
    if (performance.now() - start > patienceMs) {
      throw new DatabaseError(
        'database.inUse',
        `Another Cashbell is running on ${folders.home} (PostgreSQL process ${file.pid}). Stop it first, or set ` +
          'CASHBELL_HOME to another folder, or point both at one server with DATABASE_URL.',
      );
    }
    await delay(pollMs);
  }
}

async function prepareLaunch(
  options: EmbeddedOptions,
  folders: DatabaseFolders,
  identity: ServerIdentity,
  binaries: Binaries,
): Promise<Launch> {
  const transport = options.transport ?? (process.platform === 'win32' ? 'tcp' : 'socket');
  const port = transport === 'tcp' ? await findFreePort() : socketPort;
  const socketFolder = transport === 'tcp' ? '' : makeSocketFolder(folders.home, identity.owner);
  const settings: Record<string, string> = {
    ...settingsDefault,
    ...options.settings,
    port: String(port),
    listen_addresses: transport === 'tcp' ? '127.0.0.1' : '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
  };
  return {
    folders,
    identity,
    binaries,
    logFile: options.logFile ?? folders.logFile,
    startTimeoutMs: options.startTimeoutMs ?? startTimeoutMsDefault,
    arguments: [
      '-D',
      folders.data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    urlOf: (database) =>
      toUrl({ port, socketFolder }, readFileSync(folders.passwordFile, 'utf8'), database),
  };
}

/** Starts the server, and again while remains of a killed one are in its way. */
async function launchWithPatience(launch: Launch): Promise<EmbeddedDatabase> {
  const start = performance.now();
  for (;;) {
    const logStart = existsSync(launch.logFile) ? statSync(launch.logFile).size : 0;
    const server = launchOnce(launch);
    const outcome = await waitUntilReady(launch, server);
    if (outcome === 'ready') return server;
    const log = readFileSync(launch.logFile, 'utf8').slice(logStart);
    const isBlocked = /lock file .* already exists|pre-existing shared memory|already in use/.test(
      log,
    );
    if (!isBlocked || performance.now() - start > lockPatienceMs) {
      await server.stop();
      throw new DatabaseError(
        'database.unavailable',
        `PostgreSQL did not start (${outcome}). The end of ${launch.logFile} says: ${lastLines(log)}`,
      );
    }
    await delay(200);
  }
}

function launchOnce(launch: Launch): EmbeddedDatabase {
  const log = openLog(launch.logFile, launch.identity.owner);
  const [program = '', ...args] = [
    ...launch.identity.prefix,
    launch.binaries.postgres,
    ...launch.arguments,
  ];
  const child = spawn(program, args, {
    cwd: launch.folders.data,
    env: serverEnvironment(launch.binaries),
    stdio: ['ignore', log, log],
    // Ctrl-C goes to the whole process group; the server has to outlive its clients, so it gets its own.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  closeSync(log);
  const watcher = launch.identity.diesWithParent ? undefined : watchParent(child.pid);
  return toServer(launch, child, watcher);
}

function toServer(
  launch: Launch,
  child: ChildProcess,
  watcher: ChildProcess | undefined,
): EmbeddedDatabase {
  let stopping = false;
  let exit: ServerExit | undefined;
  const listeners: ((exit: ServerExit) => void)[] = [];
  const ended = new Promise<void>((resolve) => {
    const finish = (code: number | null, signal: NodeJS.Signals | null) => {
      if (exit !== undefined) return;
      exit = { code, signal, expected: stopping };
      watcher?.kill('SIGKILL');
      for (const listener of listeners) listener(exit);
      resolve();
    };
    child.once('exit', finish);
    child.once('error', () => finish(null, null));
  });
  // A program that forgets to stop the server still ends, and the server with it.
  child.unref();
  return {
    url: launch.urlOf(databaseName),
    pid: child.pid ?? 0,
    identity: launch.identity.kind,
    dataFolder: launch.folders.data,
    logFile: launch.logFile,
    stop: async () => {
      stopping = true;
      if (exit !== undefined) return;
      child.ref();
      askToStop(launch, child);
      const harder = setTimeout(() => child.kill('SIGQUIT'), stopPatienceMs);
      await ended;
      clearTimeout(harder);
    },
    onExit: (listener) => {
      if (exit === undefined) listeners.push(listener);
      else listener(exit);
    },
  };
}

/** SIGINT is PostgreSQL's "fast shutdown"; Windows has no signals, there its own tool carries the wish. */
function askToStop(launch: Launch, child: ChildProcess): void {
  if (process.platform !== 'win32') {
    child.kill('SIGINT');
    return;
  }
  spawnSync(launch.binaries.pgCtl, ['stop', '-D', launch.folders.data, '-m', 'fast'], {
    stdio: 'ignore',
  });
}

/** Where the kernel does not tell the server of our end, a shell waits for our pipe to close and does. */
function watchParent(pid: number | undefined): ChildProcess | undefined {
  if (pid === undefined || process.platform === 'win32') return undefined;
  const script = 'cat > /dev/null; kill -INT "$1"';
  const watcher = spawn('/bin/sh', ['-c', script, 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.unref();
  // The pipe is a socket to Node; unreferenced it stays open without keeping this process alive.
  if (watcher.stdin !== null && 'unref' in watcher.stdin) {
    if (typeof watcher.stdin.unref === 'function') watcher.stdin.unref();
  }
  return watcher;
}

async function waitUntilReady(launch: Launch, server: EmbeddedDatabase): Promise<string> {
  let ended: ServerExit | undefined;
  server.onExit((exit) => {
    ended = exit;
  });
  const start = performance.now();
  while (performance.now() - start < launch.startTimeoutMs) {
    if (ended !== undefined) return `it ended with ${ended.signal ?? `code ${ended.code}`}`;
    const file = readPostmasterFile(launch.folders.data);
    // Behind its prefix the server keeps the process id, because each program replaces itself by the next.
    if (file?.pid === server.pid && file.status === 'ready') return 'ready';
    await delay(pollMs);
  }
  return `not ready after ${launch.startTimeoutMs} ms`;
}

async function makeDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'cashbell launcher' });
  await client.connect();
  try {
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [databaseName]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
  } finally {
    await client.end();
  }
}

function toUrl(
  { port, socketFolder }: Pick<PostmasterFile, 'port' | 'socketFolder'>,
  password: string,
  database: string,
): string {
  if (socketFolder === '')
    return `postgresql://${ownerRole}:${password}@127.0.0.1:${port}/${database}`;
  return `postgresql://${ownerRole}@/${database}?host=${encodeURIComponent(socketFolder)}&port=${port}`;
}

function openLog(path: string, owner: ServerIdentity['owner']): number {
  if (existsSync(path) && statSync(path).size > logBytesMax) renameSync(path, `${path}.1`);
  const log = openSync(path, 'a', 0o600);
  // So that the owner of the home can start Cashbell again without root.
  if (owner !== undefined) fchownSync(log, owner.uid, owner.gid);
  return log;
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

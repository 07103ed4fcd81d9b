import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { leaveNothingBehind } from '#tests/servers.ts';
import { waitFor } from '#tests/wait.ts';
import { expect, onTestFinished, test } from 'vitest';
import { findNativeFolder, prepareBinaries } from './binaries.ts';
import { type EmbeddedDatabase, findRunningEmbedded, startEmbedded } from './embedded.ts';
import { databaseFolders, makeSocketFolder } from './launcher-home.ts';
import { lifeOf } from './postmaster-file.ts';
import { surroundingsOf } from './server-identity.ts';

// These tests are about Linux; elsewhere the launcher has never been tried.
const isLinux = process.platform === 'linux';
const isRoot = process.geteuid?.() === 0;
const child = fileURLToPath(new URL('../../tests/support/embedded-child.ts', import.meta.url));

interface Started {
  readonly process: ChildProcess;
  readonly url: string;
  readonly pid: number;
  readonly identity: string;
  readonly dataFolder: string;
}

function makeHome(): string {
  const folder = mkdtempSync('/tmp/cashbell-launcher-');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'home');
}

async function startHere(options: Parameters<typeof startEmbedded>[0]): Promise<EmbeddedDatabase> {
  const server = await startEmbedded(options);
  onTestFinished(() => server.stop());
  return server;
}

/** Starts the server from a process of its own, behind a command such as `setpriv`. */
async function startApart(home: string, prefix: readonly string[] = []): Promise<Started> {
  const [program, ...args] = [...prefix, process.execPath, child, home];
  const parent = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin' },
  });
  const release = leaveNothingBehind('a launcher process');
  let output = '';
  let complaint = '';
  parent.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  parent.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  parent.once('exit', release);
  onTestFinished(() => void parent.kill('SIGKILL'));
  const line = await waitFor(
    () => {
      if (parent.exitCode !== null) throw new Error(complaint);
      return output.includes('\n') && output;
    },
    { what: 'the launcher process', deadlineMs: 40_000 },
  );
  return { process: parent, ...(JSON.parse(line) as Omit<Started, 'process'>) };
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

const waitForEnd = (pid: number) =>
  waitFor(() => lifeOf(pid) === 'dead', { what: `process ${pid} to end`, deadlineMs: 15_000 });

test.runIf(isLinux)('embedded: it is durable, private and on no port', async () => {
  const home = makeHome();
  const server = await startHere({ home });
  const settings = await query(
    server.url,
    `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes',
       'data_checksums', 'listen_addresses', 'unix_socket_permissions', 'max_connections') ORDER BY name`,
  );
  expect(settings).toEqual([
    { name: 'data_checksums', setting: 'on' },
    { name: 'fsync', setting: 'on' },
    { name: 'full_page_writes', setting: 'on' },
    { name: 'listen_addresses', setting: '' },
    { name: 'max_connections', setting: '200' },
    { name: 'synchronous_commit', setting: 'on' },
    { name: 'unix_socket_permissions', setting: '0700' },
  ]);
  const [locale] = await query(
    server.url,
    `SELECT datlocprovider, datlocale, current_database() AS name FROM pg_database WHERE datname = 'cashbell'`,
  );
  expect(locale).toEqual({ datlocprovider: 'b', datlocale: 'C.UTF-8', name: 'cashbell' });
  for (const folder of [home, join(home, 'run'), join(home, 'postgres')]) {
    expect((statSync(folder).mode & 0o777).toString(8)).toBe('700');
  }
  expect(findRunningEmbedded(home)).toEqual({ url: server.url, pid: server.pid });
  await server.stop();
  expect(findRunningEmbedded(home)).toBeUndefined();
  expect(readFileSync(server.logFile, 'utf8')).toContain('database system is shut down');
});

test.runIf(isLinux)('embedded: over TCP it wants the password', async () => {
  const server = await startHere({ home: makeHome(), transport: 'tcp' });
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  const wrong = server.url.replace(/:[^:@]+@/, ':wrong@');
  await expect(query(wrong, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
});

test.runIf(isLinux)(
  'embedded: kill -9 of the parent leaves no server, and the next start has all',
  async () => {
    const home = makeHome();
    const first = await startApart(home);
    await query(first.url, 'CREATE TABLE kept (word text)');
    await query(first.url, `INSERT INTO kept VALUES ('committed')`);
    first.process.kill('SIGKILL');
    // No wait in between: the next start itself waits for the old server to go.
    const second = await startApart(home);
    expect(lifeOf(first.pid)).toBe('dead');
    expect(await query(second.url, 'SELECT word FROM kept')).toEqual([{ word: 'committed' }]);
    second.process.kill('SIGTERM');
    await waitForEnd(second.pid);
  },
);

test.runIf(isLinux)(
  'embedded: a server that is killed itself is reported, and recovers',
  async () => {
    const home = makeHome();
    const first = await startHere({ home });
    await query(first.url, 'CREATE TABLE kept (word text)');
    const exit = new Promise((resolve) => first.onExit(resolve));
    process.kill(first.pid, 'SIGKILL');
    expect(await exit).toEqual({ code: null, signal: 'SIGKILL', expected: false });
    const second = await startHere({ home });
    expect(await query(second.url, 'SELECT count(*)::int AS rows FROM kept')).toEqual([
      { rows: 0 },
    ]);
  },
);

test.runIf(isLinux)(
  'embedded: the id of a killed server may belong to another program by now',
  async () => {
    const home = makeHome();
    const first = await startHere({ home });
    const file = join(first.dataFolder, 'postmaster.pid');
    const content = readFileSync(file, 'utf8');
    await first.stop();
    // This very process stands for the other program.
    writeFileSync(file, content.replace(/^\d+/, String(process.pid)));
    const second = await startHere({ home });
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  },
);

test.runIf(isLinux)('embedded: a second start on the same folder is refused', async () => {
  const home = makeHome();
  const server = await startHere({ home });
  await expect(startEmbedded({ home })).rejects.toMatchObject({
    code: 'database.inUse',
    message: expect.stringMatching(`process ${server.pid}.*CASHBELL_HOME`),
  });
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test.runIf(isLinux)('embedded: a home with a long path gets a short socket', async () => {
  const home = join(makeHome(), 'long'.repeat(30));
  const server = await startHere({ home });
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  const folder = makeSocketFolder(databaseFolders(home).home);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  expect(folder.length).toBeLessThan(80);
  expect(readdirSync(folder)).toContain('.s.PGSQL.5432');
});

test.runIf(isLinux)(
  'embedded: data of another major version is refused with a way out',
  async () => {
    const home = makeHome();
    const server = await startHere({ home });
    await server.stop();
    writeFileSync(join(server.dataFolder, 'PG_VERSION'), '17\n');
    await expect(startEmbedded({ home })).rejects.toMatchObject({
      code: 'database.unsupported',
      message: expect.stringContaining('was written by PostgreSQL 17'),
    });
  },
);

test.runIf(isLinux)('embedded: a setting that PostgreSQL refuses is named', async () => {
  const attempt = startEmbedded({ home: makeHome(), settings: { shared_buffers: 'plenty' } });
  await expect(attempt).rejects.toThrow(/shared_buffers/);
});

test.runIf(isLinux)('embedded: libraries without their links get links of our own', () => {
  const home = makeHome();
  const packaged = findNativeFolder(process.platform, process.arch);
  const stripped = join(home, 'package', 'native');
  mkdirSync(home, { recursive: true });
  spawnSync('cp', ['-r', '--no-dereference', join(packaged, '..'), join(home, 'package')]);
  spawnSync('find', [stripped, '-type', 'l', '-delete']);
  expect(existsSync(join(stripped, 'lib', 'libicuuc.so.60'))).toBe(false);
  const binaries = prepareBinaries(stripped, home, []);
  const path = `${join(home, 'lib')}:${join(stripped, 'lib')}`;
  expect(binaries.environment).toEqual({ LD_LIBRARY_PATH: path });
  expect(binaries.majorVersion).toBe('18');
  expect(existsSync(join(stripped, 'lib', 'libicuuc.so.60'))).toBe(false);
});

test('embedded: a platform without a server is told about DATABASE_URL', () => {
  expect(() => findNativeFolder('aix', 'ppc64')).toThrow(/aix-ppc64.*Set DATABASE_URL/);
});

const strangers = isLinux && isRoot;

test.runIf(strangers)('embedded: as root it works below a folder of mode 0700', async () => {
  const home = makeHome();
  chmodSync(join(home, '..'), 0o700);
  const server = await startApart(home);
  expect(server.identity).toBe('namespace');
  expect(readFileSync(`/proc/${server.pid}/status`, 'utf8')).toMatch(/^Uid:\s+0\s/m);
  server.process.kill('SIGTERM');
  await waitForEnd(server.pid);
});

test.runIf(strangers).each([
  ['an ordinary user', 65534],
  ['a user without a name', 54321],
])('embedded: root starts what belongs to %s as that user', async (_title, uid) => {
  const home = makeHome();
  chmodSync(join(home, '..'), 0o755);
  mkdirSync(home, { mode: 0o700 });
  chownSync(home, uid, uid);
  const server = await startHere({ home });
  expect(server.identity).toBe('owner');
  expect(statSync(server.dataFolder).uid).toBe(uid);
  expect(statSync(server.logFile).uid).toBe(uid);
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test.runIf(strangers)('embedded: without user namespaces root becomes nobody', async () => {
  const home = makeHome();
  chmodSync(join(home, '..'), 0o755);
  mkdirSync(home, { mode: 0o700 });
  const here = surroundingsOf(home);
  const works = (command: readonly string[]) => !command.includes('unshare') && here.works(command);
  const server = await startHere({ home, surroundings: { ...here, works } });
  expect(server.identity).toBe('nobody');
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  chmodSync(join(home, '..'), 0o700);
  await server.stop();
  await expect(startEmbedded({ home, surroundings: { ...here, works } })).rejects.toThrow(
    /cannot enter .*CASHBELL_HOME/,
  );
});

test.runIf(strangers)(
  'embedded: without setpriv a watcher ends the server with its parent',
  async () => {
    const home = makeHome();
    // A folder of programs without setpriv; in the namespace we are an ordinary user with a name.
    const programs = join(home, '..', 'bin');
    mkdirSync(programs);
    for (const name of ['cat', 'sh', 'true', 'test']) {
      spawnSync('ln', ['-s', `/bin/${name}`, join(programs, name)]);
    }
    const user = ['unshare', '--user', '--map-user=65534', '--map-group=65534'];
    const server = await startApart(home, [...user, '/usr/bin/env', `PATH=${programs}`]);
    expect(server.identity).toBe('direct');
    server.process.kill('SIGKILL');
    await waitForEnd(server.pid);
  },
);

test.runIf(strangers).each([
  ['an ordinary user', 65534],
  ['a user without a name, as containers have', 54321],
])('embedded: it works for %s', async (_title, uid) => {
  const home = makeHome();
  chownSync(join(home, '..'), uid, uid);
  chmodSync(join(home, '..'), 0o700);
  const user = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const [program, ...args] = [...user, 'test', '-r', child];
  const canRead = spawnSync(program, args).status === 0;
  // A checkout below a private folder is out of another user's sight; there root plays that user.
  const played = ['unshare', '--user', '--map-user=65534', '--map-group=65534'];
  if (!canRead) chownSync(join(home, '..'), 0, 0);
  const server = await startApart(home, canRead ? user : played);
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  server.process.kill('SIGKILL');
  await waitForEnd(server.pid);
});

import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { findStranger } from '../../src/database/server-identity.ts';
import { waitFor } from './wait.ts';

/** A PostgreSQL that did not come with us. */
export interface OutsidePostgres {
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
}

const debianFolder = '/usr/lib/postgresql';

/** Finds the newest PostgreSQL that Debian has installed; undefined when there is none. */
export function findDebianPostgres(folder: string = debianFolder): string | undefined {
  if (!existsSync(folder)) return undefined;
  const versions = readdirSync(folder)
    .filter((name) => /^\d+$/.test(name) && existsSync(join(folder, name, 'bin', 'postgres')))
    .toSorted((left, right) => Number(left) - Number(right));
  const newest = versions.at(-1);
  return newest && join(folder, newest, 'bin');
}

/** Starts it in a temporary folder, on a socket only, as a user that is not root; it ends with this process. */
export async function startOutsidePostgres(bin: string): Promise<OutsidePostgres> {
  const folder = mkdtempSync('/tmp/cashbell-outside-');
  const user =
    process.geteuid?.() === 0 ? findStranger(readFileSync('/etc/passwd', 'utf8')) : undefined;
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const prefix = ['setpriv', '--pdeathsig', 'INT'];
  if (user !== undefined) {
    prefix.push(`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups');
  }
  const data = join(folder, 'data');
  const [program = '', ...before] = prefix;
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };
  const made = spawnSync(
    program,
    [...before, join(bin, 'initdb'), '-D', data, '-U', 'cashbell', '-E', 'UTF8', '-A', 'trust'],
    { encoding: 'utf8', env, cwd: '/' },
  );
  if (made.status !== 0) throw new Error(`initdb of ${bin} failed: ${made.stderr}`);
  const settings = [
    `unix_socket_directories=${folder}`,
    'listen_addresses=',
    'max_connections=200',
    'fsync=off',
  ];
  const child = spawn(
    program,
    [...before, join(bin, 'postgres'), '-D', data, ...settings.flatMap((entry) => ['-c', entry])],
    { env, cwd: '/', stdio: 'ignore', detached: true },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const pidFile = join(data, 'postmaster.pid');
  await waitFor(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').includes('ready'), {
    what: `PostgreSQL of ${bin}`,
    deadlineMs: 30_000,
  });
  return {
    url: `postgresql://cashbell@/postgres?host=${encodeURIComponent(folder)}&port=5432`,
    version: readFileSync(join(data, 'PG_VERSION'), 'utf8').trim(),
    stop: async () => {
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

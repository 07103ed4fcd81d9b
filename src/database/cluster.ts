import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { DatabaseError } from './errors.ts';
import { type DatabaseFolders, makePrivateFolder } from './launcher-home.ts';
import type { ServerIdentity } from './server-identity.ts';

/** The role that owns the embedded server. */
export const ownerRole = 'cashbell';

/** Makes the cluster beside its place and moves it there, so that a killed start leaves no half of one. */
export function makeCluster(
  folders: DatabaseFolders,
  identity: ServerIdentity,
  binaries: Binaries,
): void {
  const draft = join(folders.postgres, `data-${process.pid}`);
  rmSync(draft, { recursive: true, force: true });
  makePrivateFolder(draft, identity.owner);
  writeFileSync(folders.passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (identity.owner) chownSync(folders.passwordFile, identity.owner.uid, identity.owner.gid);
  const [program, ...args] = [
    ...identity.prefix,
    binaries.initdb,
    `--pgdata=${draft}`,
    `--username=${ownerRole}`,
    `--pwfile=${folders.passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
    // The folder of the socket lets nobody else in, so a password would add nothing there.
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
  ];
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    env: serverEnvironment(binaries),
    cwd: folders.postgres,
  });
  if (result.status !== 0) {
    rmSync(draft, { recursive: true, force: true });
    throw new DatabaseError(
      'database.unavailable',
      `PostgreSQL could not make its data folder ${folders.data}: ` +
        lastLines(result.stderr || (result.error?.message ?? 'no reason given')),
    );
  }
  renameSync(draft, folders.data);
}

/** Refuses data that another major version of PostgreSQL has written. */
export function requireSameMajor(folders: DatabaseFolders, binaries: Binaries): void {
  const found = readFileSync(join(folders.data, 'PG_VERSION'), 'utf8').trim();
  if (found === binaries.majorVersion) return;
  throw new DatabaseError(
    'database.unsupported',
    `The data in ${folders.data} was written by PostgreSQL ${found}, this Cashbell brings ${binaries.majorVersion}. ` +
      'Start the Cashbell that wrote it, make a backup with `npx cashbell backup`, and restore it with this one.',
  );
}

/** The server inherits nothing of ours: our environment may hold the master key. */
export function serverEnvironment(binaries: Binaries): Record<string, string> {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP'];
  const own = kept.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(own), LC_ALL: 'C', TZ: 'UTC', ...binaries.environment };
}

/** The end of a program's complaint, on one line. */
export function lastLines(text: string): string {
  return text.trim().split('\n').slice(-6).join(' | ');
}

import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the embedded server keeps its things below `CASHBELL_HOME`. */
export interface DatabaseFolders {
  readonly home: string;
  /** Everything of the server but its sockets; the one folder that belongs to its user. */
  readonly postgres: string;
  readonly data: string;
  /** Password of the owner role, for the transport over TCP. */
  readonly passwordFile: string;
  readonly logFile: string;
}

/** A Unix socket's address holds 108 bytes on Linux and 104 on macOS, with a zero at the end. */
const socketPathBytesMax = 103;
const socketName = '.s.PGSQL.65535.lock';

/** Names the folders of the embedded server below a home; makes nothing. */
export function databaseFolders(home: string): DatabaseFolders {
  const absolute = resolve(home);
  const postgres = join(absolute, 'postgres');
  return {
    home: absolute,
    postgres,
    data: join(postgres, 'data'),
    passwordFile: join(postgres, 'password'),
    logFile: join(postgres, 'server.log'),
  };
}

/** Makes the folder for nobody but its owner; one that is there keeps its owner. */
export function makePrivateFolder(path: string, owner?: { uid: number; gid: number }): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
}

/**
 * Makes the folder of the server's sockets. Only its mode guards the sockets, so it is 0700. It lies in the
 * home, unless that path is too long for a socket; then in a short private folder outside.
 */
export function makeSocketFolder(home: string, owner?: { uid: number; gid: number }): string {
  const inHome = join(home, 'run');
  if (Buffer.byteLength(join(inHome, socketName)) <= socketPathBytesMax) {
    makePrivateFolder(inHome, owner);
    chmodSync(inHome, 0o700);
    return inHome;
  }
  const uid = owner?.uid ?? process.geteuid?.() ?? 0;
  for (const base of shortFolders()) {
    // The name follows from the home, so that a killed server leaves no litter: the next one takes it over.
    const digest = createHash('sha256').update(home).digest('hex').slice(0, 12);
    const path = join(base, `cashbell-${digest}`);
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      if (owner !== undefined && lstatSync(path).uid === process.geteuid?.()) {
        chownSync(path, owner.uid, owner.gid);
      }
    } catch {
      continue;
    }
    const status = lstatSync(path);
    // /tmp is everybody's: a folder that another user has put there is not trusted.
    if (status.isDirectory() && status.uid === uid && (status.mode & 0o077) === 0) return path;
  }
  const unique = mkdtempSync(join('/tmp', 'cashbell-'));
  if (owner !== undefined) chownSync(unique, owner.uid, owner.gid);
  return unique;
}

function shortFolders(): string[] {
  const candidates = [process.env['XDG_RUNTIME_DIR'], '/tmp', tmpdir()];
  return candidates.filter(
    (path): path is string => path !== undefined && path !== '' && Buffer.byteLength(path) <= 50,
  );
}

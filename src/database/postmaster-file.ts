import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a server writes about itself into its data folder.
 * @see PostgreSQL source, `src/include/utils/pidfile.h`
 */
export interface PostmasterFile {
  readonly pid: number;
  readonly dataFolder: string;
  readonly port: number;
  readonly socketFolder: string;
  readonly status: 'starting' | 'ready' | 'stopping' | 'standby' | 'unknown';
}

/** `alive`: a PostgreSQL server; `dead`: nothing that could be one. */
export type ServerLife = 'alive' | 'dead';

/** Process ids on Linux end at 2^22, on macOS and Windows signals to this one fail likewise. */
const impossiblePid = 4_194_305;

/** Reads the file; undefined when there is none, or it is not written to its end yet. */
export function readPostmasterFile(dataFolder: string): PostmasterFile | undefined {
  const lines = readLines(join(dataFolder, 'postmaster.pid'));
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid === 0 || lines.length < 5) return undefined;
  return {
    pid: Math.abs(pid),
    dataFolder: lines[1] ?? '',
    port: Number(lines[3]),
    socketFolder: lines[4] ?? '',
    status: toStatus(lines[7]?.trim() ?? ''),
  };
}

/** Tells whether the process is a PostgreSQL server, as far as this system lets us see. */
export function lifeOf(pid: number): ServerLife {
  try {
    process.kill(pid, 0);
  } catch (error) {
    const isForeign = error instanceof Error && 'code' in error && error.code === 'EPERM';
    if (!isForeign) return 'dead';
  }
  if (process.platform === 'linux') return lifeFromProc(pid);
  if (process.platform === 'win32') return 'alive';
  const { status, stdout } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], {
    encoding: 'utf8',
  });
  return status === 0 && !stdout.includes('postgres') ? 'dead' : 'alive';
}

/**
 * Takes a dead server's claim off the folder. A container starts its processes with the same small ids each time, so
 * the id of a killed server soon belongs to another program, and PostgreSQL would refuse to start for ever. The file itself
 * stays: PostgreSQL finds in it the shared memory of children that may still be running, and waits for them.
 */
export function forgetDeadServer(dataFolder: string): void {
  const path = join(dataFolder, 'postmaster.pid');
  const [, ...rest] = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, [String(impossiblePid), ...rest].join('\n'));
}

function lifeFromProc(pid: number): ServerLife {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')[0];
    // A zombie runs no more; where nobody collects it (a container's first process) it stays for ever.
    if (state === 'Z' || state === 'X') return 'dead';
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command.includes('postgres') ? 'alive' : 'dead';
  } catch {
    return 'dead';
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function toStatus(word: string): PostmasterFile['status'] {
  if (word === 'starting' || word === 'ready' || word === 'stopping' || word === 'standby') {
    return word;
  }
  return 'unknown';
}

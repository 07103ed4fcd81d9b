import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { say } from './steps.ts';

/** Something of the system that some tests need, and how to see whether it is there. */
export interface SystemPart {
  readonly what: string;
  readonly packages: readonly string[];
  isPresent(): boolean;
}

/** Whether a program of that name is on the path. */
export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0;
}

/** Installs what is missing with apt-get; what cannot be had is named with the reason. Returns what is there in the end. */
export function installParts(parts: readonly SystemPart[]): SystemPart[] {
  const missing = parts.filter((part) => !part.isPresent());
  if (missing.length > 0) {
    const obstacle = findObstacle();
    const packages = missing.flatMap((part) => part.packages);
    say(
      `${missing.map(({ what }) => what).join(' and ')} missing: ${obstacle ?? `installing ${packages.join(' ')}`}`,
    );
    if (obstacle === undefined) install(packages);
  }
  const present = parts.filter((part) => part.isPresent());
  for (const { what, packages } of parts.filter((part) => !present.includes(part))) {
    say(
      `${what} is not here, its tests do not run. To have them: apt-get install ${packages.join(' ')}`,
    );
  }
  return present;
}

function findObstacle(): string | undefined {
  if (!hasProgram('apt-get')) return 'this system has no apt-get';
  if (process.geteuid?.() !== 0) return 'only root may install packages';
  return undefined;
}

function install(packages: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      // Only errors matter here; they go to the terminal.
      stdio: ['ignore', 'ignore', 'inherit'],
      env,
    }).status === 0;
  if (
    !existsSync('/var/lib/apt/lists') ||
    !apt('install', '-y', '--no-install-recommends', ...packages)
  ) {
    // Without package lists, as in a fresh container, the first attempt has to fail.
    apt('update');
    apt('install', '-y', '--no-install-recommends', ...packages);
  }
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The checkout. */
export const root = dirname(import.meta.dirname);

/** How many tests ran and how they ended. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const noTests: Tally = { passed: 0, failed: 0, skipped: 0 };

/** Prints what comes next, so that a long silence has a name. */
export function say(sentence: string): void {
  process.stdout.write(`\n── ${sentence}\n`);
}

/** Runs a program of node_modules with this Node, output to the terminal; returns whether it ended well. */
export function runTool(path: string, args: readonly string[]): boolean {
  return runNode([join(root, 'node_modules', path), ...args]);
}

/** The steps that are not tests: format, lint, types. Returns the names of those that failed. */
export function runChecks(): string[] {
  const checks: readonly [name: string, path: string, args: string[]][] = [
    ['format', '@biomejs/biome/bin/biome', ['format', '.']],
    ['lint', 'oxlint/bin/oxlint', ['--type-aware']],
    ['types', 'typescript/bin/tsc', ['--noEmit']],
  ];
  return checks
    .filter(([name, path, args]) => {
      say(name);
      return !runTool(path, args);
    })
    .map(([name]) => name);
}

/** Runs vitest and counts from its report what really ran; a file that could not be loaded counts as a failed test. */
export function runVitest(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Tally {
  const folder = mkdtempSync(join(tmpdir(), 'cashbell-report-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const ended = runNode([vitest, 'run', ...reporters, ...args], environment);
    const tally = tallyOf(readReport(report));
    // An error outside of every test, such as a setup that fails, must not pass for success.
    return ended || tally.failed > 0 ? tally : { ...tally, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Counts a report of vitest's JSON reporter; no report is one failure. */
export function tallyOf(report: unknown): Tally {
  if (typeof report !== 'object' || report === null || !('testResults' in report)) {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const files = report.testResults as readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
  const statuses = files.flatMap((file) => {
    const own = file.assertionResults.map(({ status }) => status);
    return file.status === 'failed' && !own.includes('failed') ? [...own, 'failed'] : own;
  });
  const count = (...names: string[]) => statuses.filter((status) => names.includes(status)).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped', 'pending', 'todo', 'disabled'),
  };
}

/** The sum of several runs. */
export function addTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    noTests,
  );
}

/** The last line of a run; other programs read it. */
export function formatTally({ passed, failed, skipped }: Tally): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

function runNode(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  // Workers of vitest start `node` by name here and there; it has to be this one.
  const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PATH: path, ...environment },
  });
  return status === 0;
}

function readReport(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

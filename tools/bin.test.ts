import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { leaveNothingBehind } from '#tests/servers.ts';
import { waitFor } from '#tests/wait.ts';
import { expect, onTestFinished, test } from 'vitest';
import { root } from './steps.ts';

interface Entry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

const { staleReason } = (await import(pathToFileURL(join(root, 'bin/prepare.mjs')).href)) as {
  readonly staleReason: (
    directory: string,
    options: { development: boolean },
  ) => string | undefined;
};

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cashbell-bin-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with a lock file and, unless undefined, installed packages. */
function makeCheckout(
  wanted: Record<string, Entry>,
  installed: Record<string, Entry> | undefined,
): string {
  const folder = makeFolder();
  const write = (path: string, packages: unknown) =>
    writeFileSync(join(folder, path), JSON.stringify({ packages }));
  write('package-lock.json', { '': { version: '0.1.0' }, ...wanted });
  if (installed === undefined) return folder;
  mkdirSync(join(folder, 'node_modules'));
  write('node_modules/.package-lock.json', installed);
  for (const path of Object.keys(installed)) {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, 'package.json'), '{}');
  }
  return folder;
}

const a = { 'node_modules/a': { version: '1.0.0' } };
const foreign = { version: '1.0.0', optional: true, os: ['plan9'], cpu: ['mips'] };
const native = { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] };

test.each<[string, Record<string, Entry>, Record<string, Entry> | undefined, RegExp | undefined]>([
  ['packages as in the lock file', a, a, undefined],
  ['no packages', a, undefined, /node_modules is missing/],
  ['another version', a, { 'node_modules/a': { version: '0.9.0' } }, /0\.9\.0.*wants 1\.0\.0/],
  ['one too few', { ...a, 'node_modules/b': { version: '2.0.0' } }, a, /b is missing/],
  ['a package of another system', { ...a, 'node_modules/f': foreign }, a, undefined],
  ['a package of this system', { ...a, 'node_modules/n': native }, a, /n is missing/],
])('prepare: %s', (_title, wanted, installed, reason) => {
  const found = staleReason(makeCheckout(wanted, installed), { development: true });
  if (reason === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(reason);
});

test('prepare: packages of developers may be missing where nobody develops', () => {
  const folder = makeCheckout({ ...a, 'node_modules/d': { version: '1.0.0', dev: true } }, a);
  expect(staleReason(folder, { development: false })).toBeUndefined();
  expect(staleReason(folder, { development: true })).toMatch(/d is missing/);
});

interface Run {
  readonly parent: ChildProcess;
  output(): string;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

/** Runs a script through bin/run.mjs. */
function run(script: string, ...args: string[]): Run {
  const path = join(makeFolder(), 'script.ts');
  writeFileSync(path, script);
  const runner = join(root, 'bin/run.mjs');
  const parent = spawn(process.execPath, [runner, path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const release = leaveNothingBehind('bin/run.mjs');
  onTestFinished(() => void parent.kill('SIGKILL'));
  let output = '';
  parent.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    parent.once('close', (code, signal) => {
      release();
      resolve({ code, signal });
    });
  });
  return { parent, output: () => output, ended };
}

const staying = `process.on('SIGTERM', () => { console.log('asked to end'); process.exit(3); });
setInterval(() => {}, 60_000);
console.log('pid ' + process.pid);`;

async function pidOf(running: Run): Promise<number> {
  const line = await waitFor(() => /pid (\d+)/.exec(running.output()), { what: 'the script' });
  return Number(line[1]);
}

test('run: arguments arrive, the exit code comes back', async () => {
  const running = run(
    `console.log(process.argv.slice(2).join(' ')); process.exitCode = 7;`,
    'b',
    'c d',
  );
  expect(await running.ended).toEqual({ code: 7, signal: null });
  expect(running.output()).toBe('b c d\n');
});

test('run: a signal is passed on, and the parent waits for the child', async () => {
  const running = run(staying);
  await pidOf(running);
  running.parent.kill('SIGTERM');
  expect(await running.ended).toEqual({ code: 3, signal: null });
  expect(running.output()).toContain('asked to end');
});

test('run: a child that a signal ends makes the parent end by the same', async () => {
  const running = run(staying);
  process.kill(await pidOf(running), 'SIGKILL');
  expect(await running.ended).toEqual({ code: null, signal: 'SIGKILL' });
});

test('run: kill -9 of the parent leaves no child', async () => {
  const running = run(staying);
  const pid = await pidOf(running);
  running.parent.kill('SIGKILL');
  await running.ended;
  const isGone = () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  };
  await waitFor(isGone, { what: 'the child to end' });
  expect(running.output()).toContain('asked to end');
});

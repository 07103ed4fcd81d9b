#!/usr/bin/env node
// Runs before `npm start`, `npm test` and the others: installs the packages when they are not the
// ones of the lock file. Compares contents, because file times say nothing after a git checkout.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './node24.mjs';

/** Says why the packages must be installed, or returns undefined when they are as the lock file wants. */
export function staleReason(directory, { development }) {
  const wanted = readPackages(join(directory, 'package-lock.json'));
  const present = readPackages(join(directory, 'node_modules', '.package-lock.json'));
  if (present === undefined) return 'node_modules is missing';
  for (const [path, entry] of Object.entries(wanted ?? {})) {
    if (path === '' || entry.link || (entry.dev && !development)) continue;
    const found = present[path];
    // Packages for other systems are rightly absent.
    if (found === undefined && entry.optional && !isForThisSystem(entry)) continue;
    if (found?.version !== entry.version) {
      return `${path} is ${found ? found.version : 'missing'}, package-lock.json wants ${entry.version}`;
    }
    if (!existsSync(join(directory, path, 'package.json'))) return `${path} is missing`;
  }
  return undefined;
}

/** Installs what the lock file says when it is not there yet; ends the process when that fails. */
export function prepare({ development }) {
  const reason = staleReason(root, { development });
  if (reason === undefined) return;
  process.stderr.write(`Installing packages with \`npm ci\`: ${reason}.\n`);
  // Nothing we use needs an install script, and a script of a stranger's package need not run.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // Output goes to stderr: the command that follows may print JSON for a program to read.
  const result = runNpm(args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status === 0) return;
  const cause = result.error ? result.error.message : `exit code ${result.status ?? result.signal}`;
  process.stderr.write(
    `\`npm ci\` failed (${cause}). Cashbell cannot run without its packages. Check that the npm registry is ` +
      'reachable from here (`npm ping`; behind a proxy: `npm config set proxy …`), then run `npm ci` again.\n',
  );
  process.exit(1);
}

function isForThisSystem(entry) {
  const fits = (list, value) => list === undefined || list.includes(value);
  const names = entry.os !== undefined || entry.cpu !== undefined;
  // Which C library this is cannot be told from here, so a package that asks for one may be absent.
  if (!names || entry.libc !== undefined) return false;
  return fits(entry.os, process.platform) && fits(entry.cpu, process.arch);
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function runNpm(args, options) {
  // npm names its own script to the scripts it runs, which spares the search for npm.cmd on Windows.
  const script = process.env['npm_execpath'];
  if (script?.endsWith('.js')) return spawnSync(process.execPath, [script, ...args], options);
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  prepare({ development: process.env['npm_lifecycle_event'] !== 'prestart' });
}

// Finds a Node that can run the sources as they are and hands a script over to it.
// Plain JavaScript for Node 20 and later, because the host's own Node may be as old as that.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The checkout this file belongs to. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const nodeMajorMin = 24;
const guard = join(root, 'bin', 'orphan-guard.mjs');

/** Path of a Node of version 24 or later: the running one, else the one from npm; else undefined. */
export function findNode24() {
  if (Number(process.versions.node.split('.')[0]) >= nodeMajorMin) return process.execPath;
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  const path = join(root, 'node_modules', `node-${system}-${process.arch}`, 'bin', binary);
  return existsSync(path) ? path : undefined;
}

/** Runs a script with Node 24 and ends this process as the script ends: same code or same signal. */
export function runScript(script, args) {
  const node = findNode24();
  if (node === undefined) {
    fail(
      `Cashbell needs Node ${nodeMajorMin} or later; this is Node ${process.versions.node}, and none came ` +
        `from npm for ${process.platform}-${process.arch}.\n` +
        'Run `npm ci` in the checkout (without --omit=optional), or install Node 24 from https://nodejs.org.',
    );
  }
  // The IPC channel carries no message: it closes when this process is killed, and the guard inside
  // the child then stops the child, so that nothing is left behind even after kill -9.
  const child = spawn(node, ['--import', pathToFileURL(guard).href, script, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C reaches the whole process group, so the child has it already; it decides when to end.
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  child.on('error', (error) => {
    fail(
      `${node} could not be started (${error.code ?? error.message}). The Node from npm needs glibc; ` +
        'on Alpine and other musl systems install Node 24 from the distribution and run it with that.',
    );
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.exitCode = 128 + (constants.signals[signal] ?? 0);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

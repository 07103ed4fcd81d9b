import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { leaveNothingBehind } from '../support/servers.ts';
import { waitFor } from '../support/wait.ts';

const root = join(import.meta.dirname, '..', '..');
const READY_MS = 90_000;

/** `npm start` as a user's terminal runs it, in a process group of its own. */
export interface Demo {
  readonly dingtalkUrl: string;
  readonly banksUrl: string;
  readonly serverUrl: string;
  /** Everything it printed so far. */
  output(): string;
  /** Processes below it, by id; databases and simulators lead groups of their own. */
  descendants(): number[];
  /** Ctrl-C: the signal goes to the whole group, as a terminal sends it. Resolves with how it ended. */
  interrupt(): Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** What the demo takes from its surroundings: free ports, a folder, no setting of the developer's. */
export function demoEnvironment(home: string): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('CASHBELL_') && name !== 'DATABASE_URL',
  );
  return {
    ...Object.fromEntries(inherited.map(([name, value]) => [name, value ?? ''])),
    CASHBELL_HOME: home,
    CASHBELL_PORT: '0',
    CASHBELL_SANDBOX_DINGTALK_PORT: '0',
    CASHBELL_SANDBOX_BANKS_PORT: '0',
    CASHBELL_SANDBOX_DINGTALK_ADMIN_PORT: '0',
    CASHBELL_SANDBOX_BANKS_ADMIN_PORT: '0',
  };
}

/** Starts the demo world and waits until it says what to open. */
export async function startDemo(home: string): Promise<Demo> {
  const child = spawn(process.execPath, [join(root, 'bin', 'cashbell.mjs'), 'start', '--sandbox'], {
    cwd: root,
    env: demoEnvironment(home),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const release = leaveNothingBehind('the demo world');
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => {
      release();
      resolve({ code, signal });
    });
  });
  const addressAfter = (label: string): string =>
    new RegExp(`${label}\\s+(http://\\S+)`).exec(printed)?.[1] ?? '';
  await Promise.race([
    waitFor(() => printed.includes('Ctrl-C ends everything'), {
      what: 'the addresses of the demo',
      deadlineMs: READY_MS,
    }),
    ended.then(({ code }) => {
      throw new Error(`the demo ended with ${code} before it was ready:\n${printed}`);
    }),
  ]);
  return {
    dingtalkUrl: addressAfter('DingTalk \\(simulated\\)'),
    banksUrl: addressAfter('Banks \\(simulated\\)'),
    serverUrl: new URL(addressAfter('Health')).origin,
    output: () => printed,
    descendants: () => descendantsOf(child.pid ?? 0),
    interrupt: async () => {
      signalGroup(child);
      return ended;
    },
  };
}

function signalGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  process.kill(-child.pid, 'SIGINT');
}

function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const found = [pid];
  for (const known of found) {
    for (const [child, parent] of parents) if (parent === known) found.push(child);
  }
  return found;
}

function parentOf(pid: string): number | undefined {
  try {
    // The second field is the program's name in brackets and may hold anything.
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?!.*\) )/);
    return Number(rest.split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** Whether a process still runs; one that ended and is not yet collected does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Whether anything listens at the address. */
export async function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Runs a command against the running demo, as an administrator would beside it. */
export async function runCashbell(
  home: string,
  args: readonly string[],
  input = '',
): Promise<string> {
  const child = spawn(process.execPath, [join(root, 'bin', 'cashbell.mjs'), ...args], {
    cwd: root,
    env: demoEnvironment(home),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code === 0) return stdout;
  throw new Error(`cashbell ${args.join(' ')} ended with ${code}: ${stderr}`);
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A program beside us that said in one line of JSON that it is ready. */
export interface Child {
  readonly pid: number;
  /** What its first line said. */
  readonly said: unknown;
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  /** Writes a line to its standard input and waits for the next line of its output. */
  ask(line: string): Promise<string>;
  /** SIGKILL: the program gets no chance to tidy up. */
  kill(): Promise<void>;
  /** Closes its standard input, by which every program of ours ends; harder after a while. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  /** Path from the root of the checkout. */
  readonly script: string;
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** How long it may take to become ready. */
  readonly readyMs?: number;
}

const root = new URL('../../', import.meta.url);
const READY_MS = 60_000;
const STOP_PATIENCE_MS = 15_000;
const TAIL_CHARACTERS = 2_000;
const living = new Set<ChildProcess>();

// Whatever ends us ends them too: a benchmark that throws must leave nothing running.
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Starts a program of this checkout and waits until it says that it is ready. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL(options.script, root)), ...(options.arguments ?? [])],
    {
      cwd: fileURLToPath(root),
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, SIMULATOR_STOP_WITH_STDIN: '1', ...options.environment },
      // Ctrl-C reaches us alone; we end them in the right order.
      detached: process.platform !== 'win32',
    },
  );
  living.add(child);
  // Its pipe breaks when it dies; that is told by its end, not by an error of ours.
  child.stdin.on('error', () => {});
  const complaints = keepTail(child.stderr);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      living.delete(child);
      resolve(`${signal ?? `code ${code}`}${complaints()}`);
    });
  });
  // Read to the end, so that a talkative program never waits for us.
  const lines = createInterface({ input: child.stdout });
  const said = await firstLine(child, lines, ended, options);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    said,
    ended,
    hasEnded,
    ask: async (line) => {
      const answer = new Promise<string>((resolve) => lines.once('line', resolve));
      child.stdin.write(`${line}\n`);
      return Promise.race([
        answer,
        ended.then((how) => {
          throw new Error(`${options.script} ended (${how})`);
        }),
      ]);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    stop: async () => {
      if (hasEnded()) return;
      child.stdin.end();
      const harder = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
      await ended;
      clearTimeout(harder);
    },
  };
}

/** Keeps the end of what a program complains about: it matters only when the program fails. */
function keepTail(stream: NodeJS.ReadableStream): () => string {
  let tail = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    if (isLogShown) process.stderr.write(text);
    tail = (tail + text).slice(-TAIL_CHARACTERS);
  });
  return () => (tail === '' ? '' : `: ${tail.trim()}`);
}

/** The line that names an address says that the program is ready; others are its log. */
async function firstLine(
  child: ChildProcess,
  lines: Interface,
  ended: Promise<string>,
  options: ChildOptions,
): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      new Promise<unknown>((resolve) => {
        lines.on('line', (line) => {
          if (isLogShown) process.stderr.write(`${line}\n`);
          const said = tryParse(line);
          if (typeof said === 'object' && said !== null && 'url' in said) resolve(said);
        });
      }),
      ended.then((how) => {
        throw new Error(`${options.script} ended before it was ready (${how})`);
      }),
      new Promise<never>((_resolve, reject) => {
        timer = setTimeout(
          () => reject(new Error(`${options.script} was not ready in time`)),
          options.readyMs ?? READY_MS,
        );
      }),
    ]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Logs of the programs, for whoever looks for a mistake. */
const isLogShown = process.env['HARNESS_LOG'] === '1';

function tryParse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** A text member of something that came as JSON. */
export function textOf(value: unknown, name: string): string {
  const member: unknown = Object(value)[name];
  if (typeof member !== 'string') throw new Error(`"${name}" is missing in the answer`);
  return member;
}

/** A number member of something that came as JSON. */
export function numberOf(value: unknown, name: string): number {
  const member: unknown = Object(value)[name];
  if (typeof member !== 'number') throw new Error(`"${name}" is missing in the answer`);
  return member;
}

/** A list member of something that came as JSON. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  const member: unknown = Object(value)[name];
  if (!Array.isArray(member)) throw new Error(`"${name}" is missing in the answer`);
  return member;
}

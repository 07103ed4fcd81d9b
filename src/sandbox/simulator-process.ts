import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A simulator that runs as a program of its own beside us. */
export interface SimulatorProcess {
  readonly url: string;
  readonly adminUrl: string;
  /** Calls its management interface; throws with its words when it says no. */
  manage(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

const STOP_PATIENCE_MS = 3_000;

/** Starts `simulators/<name>/main.ts`; it ends with us, however we end, because it holds our pipe. */
export async function startSimulator(options: {
  readonly name: string;
  readonly port: number;
  readonly adminPort: number;
  readonly seed: number;
}): Promise<SimulatorProcess> {
  const script = fileURLToPath(
    new URL(`../../simulators/${options.name}/main.ts`, import.meta.url),
  );
  const child = spawn(
    process.execPath,
    [
      script,
      `--port=${options.port}`,
      `--admin-port=${options.adminPort}`,
      `--seed=${options.seed}`,
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, SIMULATOR_STOP_WITH_STDIN: '1' },
      // Ctrl-C reaches us, and we end it: it must not go before we have stopped talking to it.
      detached: process.platform !== 'win32',
    },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { url, adminUrl } = await firstLine(child.stdout, ended, options.name);
  return {
    url,
    adminUrl,
    manage: (method, path, body) => callManagement(adminUrl, method, path, body),
    stop: async () => {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function firstLine(
  stdout: NodeJS.ReadableStream,
  ended: Promise<void>,
  name: string,
): Promise<{ readonly url: string; readonly adminUrl: string }> {
  const lines = createInterface({ input: stdout });
  const line = await Promise.race([
    new Promise<string>((resolve) => lines.once('line', resolve)),
    ended.then(() => {
      throw new Error(`the simulator ${name} ended before it was ready; is its port in use?`);
    }),
  ]);
  lines.close();
  stdout.resume();
  const started: unknown = JSON.parse(line);
  return { url: textOf(started, 'url'), adminUrl: textOf(started, 'adminUrl') };
}

/** A text member of something that came as JSON. */
export function textOf(value: unknown, name: string): string {
  const member: unknown = Object(value)[name];
  if (typeof member !== 'string') throw new Error(`the simulator said nothing of "${name}"`);
  return member;
}

async function callManagement(
  adminUrl: string,
  method: string,
  path: string,
  body: unknown,
): Promise<unknown> {
  const response = await fetch(`${adminUrl}/_sim/${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  throw new Error(`${method} /_sim/${path}: ${JSON.stringify(answer)}`);
}

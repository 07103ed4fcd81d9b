import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

/** Starts a program as whoever tries it out would, and reads the line that it prints. */
async function run(program: string) {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [path, '--port', '0', '--admin-port', '0', '--seed', '9'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, SIMULATOR_STOP_WITH_STDIN: '1' },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, started: JSON.parse(String(line)) };
}

test.each([
  ['./main.ts', 'banks'],
  ['../airwallex/main.ts', 'airwallex'],
])('%s: prints where it is, serves, and ends with its parent', async (program, simulator) => {
  const { child, started } = await run(program);
  expect(started).toMatchObject({ simulator, seed: 9 });
  const state = await fetch(`${started.adminUrl}/_sim/state`);
  expect(await state.json()).toMatchObject({ seed: 9 });
  const login = await fetch(`${started.url}/api/v1/authentication/login`, { method: 'POST' });
  expect(login.status).toBe(401);
  const ended = once(child, 'exit');
  child.stdin.end();
  expect((await ended)[0]).toBe(0);
});

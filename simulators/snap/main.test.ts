import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

test('main: the program prints its addresses and serves the management interface', async () => {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('main.ts', import.meta.url)), '--seed', '5'],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, SIMULATOR_STOP_WITH_STDIN: '1' } },
  );
  onTestFinished(() => void child.kill());
  const [line] = await once(createInterface(child.stdout), 'line');
  const { simulator, url, adminUrl, seed } = JSON.parse(line);
  expect([simulator, seed]).toEqual(['snap', 5]);
  const state = await (await fetch(`${adminUrl}/_sim/state`)).json();
  expect(state).toMatchObject({ simulator: 'snap', seed: 5, faults: [] });
  const post = async (path: string, body: unknown) =>
    fetch(`${adminUrl}/_sim/${path}`, { method: 'POST', body: JSON.stringify(body) });
  const order = { account: '1234567890', creditDebitIndicator: 'credit', amount: '10.00' };
  expect(await (await post('movements', order)).json()).toHaveProperty('reference');
  const wrong = await post('faults', { name: 'nothing' });
  expect([wrong.status, await wrong.json()]).toEqual([
    400,
    { error: expect.stringContaining('known') },
  ]);
  expect((await post('nothing', {})).status).toBe(404);
  const answer = await fetch(`${url}/openapi/v1.0/access-token/b2b`, { method: 'POST' });
  expect(answer.headers.get('x-simulated-by')).toBe('cashbell');
  child.stdin.end();
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
});

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { toPoolConfig } from '#database/connection.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { leaveNothingBehind } from '#tests/servers.ts';
import { waitFor } from '#tests/wait.ts';
import { channels, startListening } from './wake-ups.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const NAME = 'cashbell wake-up test';

function listen(url = database.url) {
  const heard: string[] = [];
  const errors: unknown[] = [];
  const listening = startListening({
    config: toPoolConfig({ url, applicationName: NAME, statementTimeoutMs: 0 }),
    handlers: {
      [channels.ring]: (payload) => heard.push(`ring ${payload}`),
      [channels.settings]: (payload) => heard.push(`settings ${payload}`),
    },
    onError: (error) => errors.push(error),
  });
  const release = leaveNothingBehind('a listener');
  onTestFinished(async () => {
    await listening.stop();
    release();
  });
  return { ...listening, heard, errors };
}

const notify = (channel: string, payload: string): Promise<unknown> =>
  database.pool.query('SELECT pg_notify($1, $2)', [channel, payload]);

describe('wake-ups', () => {
  test('wake-ups: what is sent is heard, on the channels that have a handler', async () => {
    const { ready, heard } = listen();
    await ready;
    await notify(channels.inbound, 'nobody');
    await notify(channels.ring, 'org/dst');
    await notify(channels.settings, '');
    await waitFor(() => heard.length === 2, { what: 'two wake-ups' });
    expect(heard).toEqual(['ring org/dst', 'settings ']);
  });

  test('wake-ups: a connection that broke comes back by itself and hears again', async () => {
    const { ready, heard, errors } = listen();
    await ready;
    await database.pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
      [NAME],
    );
    await waitFor(
      async () => {
        await notify(channels.ring, 'again');
        return heard.includes('ring again');
      },
      { what: 'a wake-up after the break' },
    );
    expect(errors.length).toBeGreaterThan(0);
  });

  test('wake-ups: a database that is away is not fatal, and a stop ends the tries', async () => {
    const listening = listen('postgresql://cashbell@127.0.0.1:9/none');
    await listening.ready;
    await waitFor(() => listening.errors.length >= 1, { what: 'a failed try' });
    await listening.stop();
  });
});

import { createEmptyDatabase } from '#tests/database.ts';
import { expect, onTestFinished, test } from 'vitest';
import { needsTls, openDatabase } from './connection.ts';

test('connection: money and days arrive as text, unrounded and in no zone', async () => {
  const empty = await createEmptyDatabase();
  onTestFinished(() => empty.drop());
  const database = await openDatabase({
    url: empty.url,
    applicationName: 'cashbell connection test',
  });
  onTestFinished(() => database.close());
  const { rows } = await database.pool.query(
    `SELECT 9007199254740993::int8 AS whole, 0.10::numeric AS decimal, date '2026-11-23' AS day,
            ARRAY[date '2026-11-23'] AS days, timestamp '2026-11-23 08:00' AS local,
            timestamptz '2026-11-23 08:00+08' AS moment, current_setting('TimeZone') AS zone,
            current_setting('application_name') AS name, current_setting('lock_timeout') AS lock`,
  );
  expect(rows).toEqual([
    {
      whole: '9007199254740993',
      decimal: '0.10',
      day: '2026-11-23',
      days: ['2026-11-23'],
      local: '2026-11-23 08:00:00',
      moment: new Date('2026-11-23T00:00:00Z'),
      zone: 'UTC',
      name: 'cashbell connection test',
      lock: '10s',
    },
  ]);
  expect(database.serverVersion).toBeGreaterThanOrEqual(150_000);
});

test('connection: a server that is not there is named without its password', async () => {
  const url = 'postgresql://cashbell:hush@127.0.0.1:1/cashbell';
  const error = await openDatabase({ url, applicationName: 'test' }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    code: 'database.unavailable',
    message: expect.stringContaining('postgresql://cashbell@127.0.0.1:1/cashbell'),
  });
  expect(String(error)).not.toContain('hush');
});

test.each([
  ['postgresql://u:p@db.example.com:5432/cashbell', true],
  ['postgres://db.example.com/cashbell', true],
  ['postgresql://u:p@10.0.0.7/cashbell?application_name=x', true],
  ['postgresql://u@[2001:db8::7]:5432/cashbell', true],
  // A word about it in the URL is the operator's decision.
  ['postgresql://u:p@db.example.com/cashbell?sslmode=disable', false],
  ['postgresql://u:p@db.example.com/cashbell?sslmode=verify-full', false],
  // Nothing leaves this machine.
  ['postgresql://u:p@localhost:5432/cashbell', false],
  ['postgresql://u:p@127.0.0.1:5432/cashbell', false],
  ['postgresql://u:p@[::1]:5432/cashbell', false],
  ['postgresql://u@/cashbell?host=%2Frun%2Fcashbell', false],
  ['postgresql:///cashbell', false],
])('connection: TLS for %s: %s', (url, expected) => {
  expect(needsTls(url)).toBe(expected);
});

test('connection: one that is ended while it is in use fails its query and nothing else', async () => {
  const empty = await createEmptyDatabase();
  onTestFinished(() => empty.drop());
  const database = await openDatabase({ url: empty.url, applicationName: 'cashbell test' });
  onTestFinished(() => database.close());
  const client = await database.pool.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const ended = client.query('SELECT pg_sleep(60)');
  // Without a listener on the connection the event would end this process.
  await Promise.all([
    expect(ended).rejects.toThrow(),
    empty.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]),
  ]);
  client.release(true);
  const again = await database.pool.query<{ one: number }>('SELECT 1 AS one');
  expect(again.rows).toEqual([{ one: 1 }]);
});

test('connection: queries sent together come back in order', async () => {
  const empty = await createEmptyDatabase();
  onTestFinished(() => empty.drop());
  const database = await openDatabase({ url: empty.url, applicationName: 'cashbell test' });
  onTestFinished(() => database.close());
  const client = await database.pool.connect();
  onTestFinished(() => client.release());
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      client.query<{ n: number }>('SELECT $1::int AS n', [index]),
    ),
  );
  expect(answers.map(({ rows }) => rows[0]?.n)).toEqual(Array.from({ length: 50 }, (_, n) => n));
});

import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Connector, MaintenanceWindow } from '#connectors/contract.ts';
import { instantFromMs, parseInstant } from '#core/dates.ts';
import type { DirectoryConnection } from '#store/directory.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { interpose } from '#tests/interpose.ts';
import { leaveNothingBehind } from '#tests/servers.ts';
import { storyBank, storyValues } from '#tests/story-bank.ts';
import { createBankCaller, maintenanceEnd } from './bank-calls.ts';
import type { BankCaller, BankCallerOptions } from './bank-calls.ts';
import { createTransport } from './transport.ts';
import type { Transport } from './transport.ts';

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
}

let database: TestDatabase;
let transport: Transport;
let world: FlowWorld;
let bankUrl: string;
let stopBank: () => Promise<void>;
/** Every request that reached the bank, such as `/token` or `/statement/1001 token-1 00000001`. */
let asked: string[];
let tokens: number;
/** What the bank does with a signed question. */
let onQuestion: (token: string, request: IncomingMessage) => Answer | Promise<Answer>;
let onToken: () => Answer | undefined | Promise<Answer | undefined>;

beforeAll(async () => {
  database = await createTestDatabase();
  transport = createTransport({ allowedPrivateHosts: ['*'], userAgent: 'Cashbell/test' });
  const release = leaveNothingBehind('the bank');
  const server = createServer((request, response) => {
    void answer(request).then(({ status = 200, body = { lines: [] } }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  bankUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stopBank = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    release();
  };
});
beforeEach(async () => {
  asked = [];
  tokens = 0;
  onQuestion = () => ({});
  onToken = () => undefined;
  world = await createFlowWorld(database, { baseUrl: bankUrl });
});
afterEach(() => vi.useRealTimers());
afterAll(async () => {
  await transport.close();
  await stopBank();
  await database.drop();
});

async function answer(request: IncomingMessage): Promise<Answer> {
  const path = request.url ?? '';
  if (path === '/token') {
    asked.push(path);
    const special = await onToken();
    if (special) return special;
    tokens += 1;
    return { body: { token: `token-${tokens}`, expiresAt: '2099-01-01T00:00:00Z' } };
  }
  const token = (request.headers.authorization ?? '').replace('Bearer ', '');
  asked.push(`${path} ${token} ${String(request.headers['x-external-id'])}`);
  return onQuestion(token, request);
}

const caller = (more: Partial<BankCallerOptions> = {}): BankCaller =>
  createBankCaller({
    services: world.services,
    transport,
    connectorOf: world.connectorOf,
    ...more,
  });

async function connectionNow(): Promise<DirectoryConnection> {
  world.directory.forget();
  const connection = await world.directory.connection(world.connectionId);
  if (!connection) throw new Error('no connection');
  return connection;
}

function askAboutPayment(banks: BankCaller, connection: DirectoryConnection): Promise<unknown> {
  return banks.run({
    connection,
    accountId: world.accounts[0],
    service: 'inquiry',
    request: () => ({ method: 'GET', path: '/inquiry', headers: {} }),
    judge: () => undefined,
    isRepeatable: true,
    isPayment: true,
  });
}

async function askStatement(banks: BankCaller, connection?: DirectoryConnection): Promise<unknown> {
  return banks.ask(
    connection ?? (await connectionNow()),
    (connector) => connector.exchanges.fetchStatement,
    {
      account: { number: '1001', currency: 'IDR' },
      from: parseInstant('2026-11-22T17:00:00Z'),
      to: parseInstant('2026-11-23T17:00:00Z'),
    },
    world.accounts[0],
  );
}

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'answered',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );

const calls = () =>
  world.ask<{
    external_id: string;
    http_status: number | null;
    code: string | null;
    open: boolean;
  }>(
    `SELECT external_id, http_status, code, answered_at IS NULL AS open FROM bank_call
     WHERE org_id = $1 ORDER BY external_id`,
    [world.orgId],
  );

describe('bank calls', () => {
  test('bank calls: the id stands on disk before the request leaves, its answer after', async () => {
    let atTheBank: unknown;
    onQuestion = async () => {
      atTheBank = await calls();
      return {};
    };
    await askStatement(caller());
    expect(atTheBank).toEqual([
      { external_id: '00000001', http_status: null, code: null, open: true },
    ]);
    expect(await calls()).toEqual([
      { external_id: '00000001', http_status: 200, code: null, open: false },
    ]);
    expect(asked).toEqual(['/token', '/statement/1001 token-1 00000001']);
  });

  test('bank calls: a process that dies after the id was stored never uses that id again', async () => {
    const dying: Transport = {
      ...transport,
      send: (target, message) =>
        message.path === '/token'
          ? transport.send(target, message)
          : Promise.reject(new Error('killed before the first byte')),
    };
    expect(await refusal(askStatement(caller({ transport: dying })))).toContain('killed');
    expect(await calls()).toMatchObject([{ external_id: '00000001', open: true }]);
    await askStatement(caller());
    expect(asked.at(-1)).toBe('/statement/1001 token-1 00000002');
  });

  test('bank calls: a process that dies between number and row skips the number', async () => {
    const pool = interpose(database.pool, {
      before: (text) => {
        if (text.startsWith('INSERT INTO bank_call')) throw new Error('killed');
      },
    });
    expect(await refusal(askStatement(caller({ services: { ...world.services, pool } })))).toBe(
      'killed',
    );
    expect(asked).toEqual(['/token']);
    await askStatement(caller());
    expect(asked.at(-1)).toBe('/statement/1001 token-1 00000002');
  });

  test('bank calls: many at once never share an id, over two processes', async () => {
    const [one, two] = [caller(), caller()];
    const connection = await connectionNow();
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => askStatement(index % 2 ? one : two, connection)),
    );
    const ids = asked.filter((line) => line !== '/token').map((line) => line.split(' ')[2]);
    expect(new Set(ids).size).toBe(30);
    expect((await calls()).every(({ open }) => !open)).toBe(true);
  });

  test('bank calls: a token that the bank refuses is renewed once, under a new id', async () => {
    onQuestion = (token) => (token === 'token-1' ? { status: 401 } : {});
    await askStatement(caller());
    expect(asked).toEqual([
      '/token',
      '/statement/1001 token-1 00000001',
      '/token',
      '/statement/1001 token-2 00000002',
    ]);
    expect(await calls()).toMatchObject([
      { http_status: 401, code: 'bank.tokenInvalid' },
      { http_status: 200, code: null },
    ]);
  });

  test('bank calls: a bank that refuses every token is asked twice and not in a storm', async () => {
    onQuestion = () => ({ status: 401 });
    expect(await refusal(askStatement(caller()))).toBe('bank.tokenInvalid');
    expect(asked.filter((line) => line === '/token')).toHaveLength(2);
    expect(asked).toHaveLength(4);
  });

  test('bank calls: one token serves all calls and all processes', async () => {
    const connection = await connectionNow();
    const banks = caller();
    await Promise.all(Array.from({ length: 8 }, () => askStatement(banks, connection)));
    await askStatement(caller(), connection);
    expect(asked.filter((line) => line === '/token')).toHaveLength(1);
  });

  test('bank calls: a refused token is renewed once for all who held it', async () => {
    const connection = await connectionNow();
    const banks = caller();
    await askStatement(banks, connection);
    onQuestion = (token) => (token === 'token-1' ? { status: 401 } : {});
    await Promise.all(Array.from({ length: 8 }, () => askStatement(banks, connection)));
    expect(asked.filter((line) => line === '/token')).toHaveLength(2);
  });

  test('bank calls: a renewal holds one database connection, however many wait for it', async () => {
    const gate = Promise.withResolvers<undefined>();
    onToken = () => gate.promise;
    let begun = 0;
    const pool = interpose(database.pool, {
      before: (text) => {
        if (text.includes('pg_advisory_xact_lock')) begun += 1;
      },
    });
    const connection = await connectionNow();
    const banks = caller({ services: { ...world.services, pool } });
    const all = Array.from({ length: 20 }, () => askStatement(banks, connection));
    await vi.waitFor(() => expect(asked).toEqual(['/token']));
    expect(begun).toBe(1);
    gate.resolve(undefined);
    await Promise.all(all);
    expect(begun).toBe(1);
  });

  test('bank calls: a renewal that failed fails those who waited, and the next call asks again', async () => {
    let failures = 0;
    onToken = () => {
      failures += 1;
      return failures === 1 ? { status: 503 } : undefined;
    };
    const connection = await connectionNow();
    const banks = caller();
    const all = await Promise.all(
      Array.from({ length: 4 }, () => refusal(askStatement(banks, connection))),
    );
    expect(new Set(all)).toEqual(new Set(['bank.unavailable']));
    expect(failures).toBe(1);
    await askStatement(banks, connection);
  });

  test('bank calls: a changed credential does not use the old token', async () => {
    const banks = caller();
    const connection = await connectionNow();
    await askStatement(banks, connection);
    await database.pool.query('DELETE FROM session WHERE connection_id = $1', [world.connectionId]);
    await askStatement(banks, { ...connection, config: { ...connection.config, clientId: 'NEW' } });
    expect(asked.at(-1)).toContain('token-2');
  });

  test('bank calls: a token is renewed before it ends', async () => {
    onToken = () => {
      tokens += 1;
      const expiresAt = instantFromMs(Date.now() + 29_000).toString();
      return { body: { token: `short-${tokens}`, expiresAt } };
    };
    const banks = caller();
    await askStatement(banks);
    await askStatement(banks);
    expect(asked.filter((line) => line === '/token')).toHaveLength(2);
  });

  test('bank calls: a token is sealed in the database', async () => {
    await askStatement(caller());
    const [row] = await world.ask<{ sealed_token: Buffer }>(
      'SELECT sealed_token FROM session WHERE org_id = $1',
      [world.orgId],
    );
    expect(row?.sealed_token.includes('token-1')).toBe(false);
  });

  test('bank calls: a bank that repeats our secret does not bring it into an error', async () => {
    onQuestion = () => ({ status: 400, body: { error: `bad secret ${storyValues.clientSecret}` } });
    const error = await askStatement(caller()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'bank.badRequest' });
    expect(inspect(error, { depth: 9 })).not.toContain(storyValues.clientSecret);
    expect(inspect(error)).toContain('[secret]');
    // The access token was entered by nobody, and is a secret all the same.
    onQuestion = (token) => ({ status: 400, body: { error: `bad token ${token}` } });
    const echoed = await askStatement(caller()).catch((thrown: unknown) => thrown);
    expect(inspect(echoed, { depth: 9 })).toContain('[secret]');
    expect(inspect(echoed, { depth: 9 })).not.toMatch(/token-\d/);
    onToken = () => ({ status: 500, body: storyValues.clientSecret });
    await database.pool.query('DELETE FROM session');
    const other = await askStatement(caller()).catch((thrown: unknown) => thrown);
    expect(inspect(other, { depth: 9 })).not.toContain(storyValues.clientSecret);
    const rows = await world.ask('SELECT * FROM bank_call WHERE org_id = $1', [world.orgId]);
    expect(JSON.stringify(rows)).not.toContain(storyValues.clientSecret);
  });

  test('bank calls: a connection that is not armed asks nothing', async () => {
    const connection = { ...(await connectionNow()), isArmed: false };
    expect(await refusal(askStatement(caller(), connection))).toBe('connection.notArmed');
    expect(asked).toEqual([]);
  });

  test('bank calls: what the bank does not offer is refused without a call', async () => {
    const nothing = caller().ask(await connectionNow(), () => undefined, undefined);
    expect(await refusal(nothing)).toBe('connector.capabilityMissing');
  });

  test('bank calls: a spent budget refuses with the time to wait, and asks nothing', async () => {
    const traits = { ...storyBank.traits, callBudget: { perMinute: 2 } };
    const slow: Connector = { ...storyBank, traits };
    const banks = caller({ connectorOf: () => slow });
    const connection = await connectionNow();
    await askStatement(banks, connection);
    await askStatement(banks, connection);
    const before = asked.length;
    await expect(askStatement(banks, connection)).rejects.toMatchObject({
      code: 'transport.budgetExhausted',
      details: { perMinute: 2, waitSeconds: 30 },
    });
    expect(asked).toHaveLength(before);
  });

  test('bank calls: a sick bank is left alone after five failures and tried again after its rest', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const banks = caller();
    const connection = await connectionNow();
    onQuestion = () => ({ status: 503 });
    for (let index = 0; index < 5; index += 1) {
      expect(await refusal(askStatement(banks, connection))).toBe('bank.unavailable');
    }
    const before = asked.length;
    await expect(askStatement(banks, connection)).rejects.toMatchObject({
      code: 'transport.circuitOpen',
      details: { connection: 'Story', waitSeconds: 30 },
    });
    expect(asked).toHaveLength(before);
    onQuestion = () => ({});
    vi.setSystemTime(Date.now() + 31_000);
    expect(await refusal(askStatement(banks, connection))).toBe('answered');
    expect(await refusal(askStatement(banks, connection))).toBe('answered');
  });

  test('bank calls: a sick statement service keeps no question about a payment back, nor the other way round', async () => {
    const banks = caller();
    const connection = await connectionNow();
    onQuestion = () => ({ status: 503 });
    for (let index = 0; index < 6; index += 1) await refusal(askStatement(banks, connection));
    expect(await refusal(askStatement(banks, connection))).toBe('transport.circuitOpen');
    onQuestion = () => ({});
    expect(await refusal(askAboutPayment(banks, connection))).toBe('answered');
  });

  test('bank calls: the answer about a payment is not lost because it could not be logged', async () => {
    const pool = interpose(database.pool, {
      before: (text) => {
        if (text.startsWith('UPDATE bank_call')) throw new Error('Connection terminated');
      },
    });
    const banks = caller({ services: { ...world.services, pool } });
    const connection = await connectionNow();
    expect(await refusal(askAboutPayment(banks, connection))).toBe('answered');
  });

  test('bank calls: refusals of requests are no sickness', async () => {
    const banks = caller();
    const connection = await connectionNow();
    onQuestion = () => ({ status: 400 });
    for (let index = 0; index < 8; index += 1) {
      expect(await refusal(askStatement(banks, connection))).toBe('bank.badRequest');
    }
  });

  test('bank calls: a bank in its maintenance is not called', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-23T22:30:00+07:00') });
    const maintenance = [{ weekdays: [], fromMinute: 22 * 60, toMinute: 5 * 60 }];
    const closed: Connector = { ...storyBank, traits: { ...storyBank.traits, maintenance } };
    await expect(
      askStatement(caller({ connectorOf: () => closed }), await connectionNow()),
    ).rejects.toMatchObject({
      code: 'bank.maintenance',
      details: { until: '2026-11-23T22:00:00Z' },
    });
    expect(asked).toEqual([]);
  });
});

describe('maintenance windows', () => {
  const every: MaintenanceWindow = { weekdays: [], fromMinute: 60, toMinute: 120 };
  const night: MaintenanceWindow = { weekdays: [], fromMinute: 1380, toMinute: 300 };
  const sunday: MaintenanceWindow = { weekdays: [7], fromMinute: 1380, toMinute: 300 };
  // 2026-11-22 is a Sunday. Jakarta is UTC+7 without summer time.
  test.each<[string, MaintenanceWindow, string, string | undefined]>([
    ['before it', every, '2026-11-23T00:59:59+07:00', undefined],
    ['at its start', every, '2026-11-23T01:00:00+07:00', '2026-11-23T02:00:00+07:00'],
    ['at its end', every, '2026-11-23T02:00:00+07:00', undefined],
    ['before midnight', night, '2026-11-23T23:00:00+07:00', '2026-11-24T05:00:00+07:00'],
    ['after midnight', night, '2026-11-24T04:59:00+07:00', '2026-11-24T05:00:00+07:00'],
    ['by day', night, '2026-11-24T12:00:00+07:00', undefined],
    ['on its day', sunday, '2026-11-22T23:30:00+07:00', '2026-11-23T05:00:00+07:00'],
    // The night of Sunday lasts into Monday, and the night before belongs to Saturday.
    [
      'in its night on the next day',
      sunday,
      '2026-11-23T04:00:00+07:00',
      '2026-11-23T05:00:00+07:00',
    ],
    ['in the night before its day', sunday, '2026-11-22T04:00:00+07:00', undefined],
    ['on another night', sunday, '2026-11-23T23:30:00+07:00', undefined],
  ])('maintenance windows: %s', (_what, window, now, end) => {
    const found = maintenanceEnd([window], 'Asia/Jakarta', parseInstant(now));
    expect(found?.toString()).toBe(end === undefined ? undefined : parseInstant(end).toString());
  });

  test('maintenance windows: the end is the full minute, also between minutes', () => {
    const found = maintenanceEnd(
      [every],
      'Asia/Jakarta',
      parseInstant('2026-11-23T01:59:30+07:00'),
    );
    expect(found?.toString()).toBe('2026-11-22T19:00:00Z');
  });

  test('maintenance windows: of two that cover a moment the later end counts', () => {
    const windows = [every, { weekdays: [], fromMinute: 90, toMinute: 180 }];
    const found = maintenanceEnd(
      windows,
      'Asia/Jakarta',
      parseInstant('2026-11-23T01:40:00+07:00'),
    );
    expect(found?.toString()).toBe('2026-11-22T20:00:00Z');
  });

  test('maintenance windows: without any the bank is always open', () => {
    expect(maintenanceEnd([], 'Asia/Jakarta', instantFromMs(0))).toBeUndefined();
  });
});

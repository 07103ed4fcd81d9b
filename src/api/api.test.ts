import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FakeBank } from '#engine/ladder/test-bank.ts';
import { rightValues, startFakeBank } from '#engine/ladder/test-bank.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { buildApiServer } from './app.ts';
import type { TestWorld } from './test-services.ts';
import { createTestWorld } from './test-services.ts';

let database: TestDatabase;
let world: TestWorld;
let api: FastifyInstance;
let bank: FakeBank;
let admin: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createTestWorld(database);
  api = await buildApiServer(world.services);
  bank = await startFakeBank();
  admin = await world.token(['admin']);
});

afterAll(async () => {
  await bank.close();
  await api.close();
  await world.close();
  await database.drop();
});

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
interface Options {
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

function call(
  method: Method,
  path: string,
  payload?: object,
  { token = admin, headers = {} }: Options = {},
): Promise<LightMyRequestResponse> {
  return api.inject({
    method,
    url: `/api/v1${path}`,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
}

const sandbox = (change: object = {}): object => ({
  connector: 'testbank',
  name: 'Test Bank sandbox',
  environment: 'sandbox',
  baseUrl: bank.baseUrl,
  values: rightValues,
  ...change,
});

describe('api access', () => {
  test.each([
    ['no token', undefined],
    ['a broken one', 'Bearer nonsense'],
    ['an unknown one', `Bearer cbt_0000000000_${'a'.repeat(32)}`],
    ['another scheme', 'Basic YTpi'],
  ])('api: %s is refused as problem+json', async (_what, authorization) => {
    const answer = await api.inject({
      url: '/api/v1/org',
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    expect(answer.json()).toMatchObject({
      type: 'docs/errors.md#api.unauthorised',
      code: 'api.unauthorised',
      status: 401,
    });
  });

  test('api: the sentence is in the caller’s language', async () => {
    const answer = await call('GET', '/nowhere', undefined, {
      headers: { 'accept-language': 'zh-TW, en;q=0.5' },
    });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-language']).toBe('zh-HK');
    expect(answer.json().detail).toMatch(/[\u4e00-\u9fff]/);
  });

  test('api: a token may do what its scope says and nothing more', async () => {
    const read = await world.token(['read']);
    expect((await call('GET', '/connections', undefined, { token: read })).statusCode).toBe(200);
    const answer = await call('POST', '/connections', sandbox(), { token: read });
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ code: 'api.forbidden', errors: [{}] });
  });

  test('api: a revoked and an expired token are refused', async () => {
    const made = await call('POST', '/tokens', {
      name: 'short',
      scopes: ['read'],
      expiresInDays: 1,
    });
    const { token, tokenId } = made.json();
    expect((await call('GET', '/org', undefined, { token })).statusCode).toBe(200);
    world.advance(86_400_001);
    expect((await call('GET', '/org', undefined, { token })).statusCode).toBe(401);
    world.advance(-86_400_001);
    await call('DELETE', `/tokens/${tokenId}`);
    expect((await call('GET', '/org', undefined, { token })).statusCode).toBe(401);
  });

  test('api: every answer carries the strict headers', async () => {
    const { headers } = await call('GET', '/org');
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
  });

  test('api: a flood from one token is told when to come again', async () => {
    const token = await world.token(['read']);
    const answers = await Promise.all(
      Array.from({ length: 620 }, () => call('GET', '/connectors', undefined, { token })),
    );
    const refused = answers.find((answer) => answer.statusCode === 429);
    expect(refused?.json()).toMatchObject({ code: 'api.rateLimited' });
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  });

  test('api: one organisation never sees another', async () => {
    const other = await createTestWorld(database);
    const token = await other.token(['admin']);
    const mine = (await call('POST', '/connections', sandbox({ name: 'mine' }))).json();
    const answer = await call('GET', `/connections/${mine.connectionId}`, undefined, { token });
    expect(answer.statusCode).toBe(404);
    expect((await call('GET', '/connections', undefined, { token })).json().items).toEqual([]);
    await other.close();
  });

  test('api: a body that is too large or no JSON is refused before it is read', async () => {
    const large = await call('POST', '/tokens', { name: 'x'.repeat(2_000_000) });
    expect(large.statusCode).toBe(413);
    const broken = await api.inject({
      method: 'POST',
      url: '/api/v1/tokens',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      payload: '{',
    });
    expect(broken.json()).toMatchObject({ code: 'api.invalid', errors: [{ field: 'body' }] });
  });

  test('api: the description names every route and its problem', async () => {
    const answer = await api.inject({ url: '/api/openapi.json' });
    const { openapi, paths } = answer.json();
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/api/v1/connections', '/api/v1/entries', '/api/v1/routes/test']),
    );
  });
});

describe('api idempotency', () => {
  const headers = { 'idempotency-key': 'key-00000001' };

  test('api: a repeated POST gets the first answer and does nothing twice', async () => {
    const body = { name: 'once', scopes: ['read'] };
    const first = await call('POST', '/tokens', body, { headers });
    const second = await call('POST', '/tokens', body, { headers });
    expect(second.statusCode).toBe(201);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(second.json()).toEqual(first.json());
    const tokens = (await call('GET', '/tokens')).json().items;
    expect(tokens.filter((token: { name: string }) => token.name === 'once')).toHaveLength(1);
  });

  test('api: the stored answer is sealed, because it may hold a token', async () => {
    const { rows } = await database.pool.query('SELECT sealed_answer FROM api_answer');
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row.sealed_answer.toString('latin1')).not.toContain('cbt_');
  });

  test('api: the same key with another request is refused', async () => {
    const answer = await call('POST', '/tokens', { name: 'other', scopes: ['read'] }, { headers });
    expect(answer.statusCode).toBe(409);
    expect(answer.json().errors[0].field).toBe('Idempotency-Key');
  });

  test('api: a refused request may be corrected under its key', async () => {
    const own = { headers: { 'idempotency-key': 'key-00000002' } };
    const wrong = sandbox({ values: { ...rightValues, clientSecret: 'right-secret-0123456789 ' } });
    expect((await call('POST', '/connections', wrong, own)).statusCode).toBe(400);
    expect((await call('POST', '/connections', sandbox(), own)).statusCode).toBe(201);
  });
});

describe('api connections', () => {
  test('api: the catalogue says which fields a bank wants', async () => {
    const [item] = (await call('GET', '/connectors')).json().items;
    expect(item).toMatchObject({
      id: 'testbank',
      capabilities: ['fetchBalances', 'fetchStatement'],
    });
    expect(item.fields[0]).toMatchObject({
      name: 'clientId',
      isSecret: false,
      hint: expect.any(String),
    });
  });

  test('api: a key with a stray newline is refused with the field and the fix', async () => {
    const values = { clientId: 'CLIENT01', clientSecret: 'right-secret-0123456789\n' };
    const answer = await call('POST', '/connections', sandbox({ values }));
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: 'secret.hygiene',
      errors: [{ field: 'clientSecret', problem: expect.any(String) }],
    });
    expect(answer.body).not.toContain('right-secret');
    const repaired = await call('POST', '/connections', sandbox({ values, repair: true }));
    expect(repaired.statusCode).toBe(201);
  });

  test('api: secrets are never shown, only their fingerprints', async () => {
    const made = await call('POST', '/connections', sandbox());
    expect(made.json().secrets).toEqual([
      {
        field: 'clientSecret',
        fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
        since: expect.any(String),
      },
    ]);
    expect(made.json().config).toEqual({ clientId: 'CLIENT01' });
    for (const path of ['/connections', '/audit']) {
      expect((await call('GET', path)).body).not.toContain(rightValues.clientSecret);
    }
  });

  test('api: production is refused until a sandbox test was green, then until its own', async () => {
    await database.pool.query('DELETE FROM connection_test');
    const production = {
      ...sandbox({ environment: 'production', name: 'live', baseUrl: 'https://api.bank.example' }),
      values: { clientId: 'CLIENT02', clientSecret: 'production-secret-42' },
    };
    const early = await call('POST', '/connections', production);
    expect(early.json()).toMatchObject({ code: 'connection.notArmed', status: 409 });
    const made = (await call('POST', '/connections', sandbox())).json();
    const path = `/connections/${made.connectionId}`;
    const account = { accountNumber: '1234567890', currency: 'IDR' };
    const tested = (await call('POST', `${path}/test`, account)).json();
    expect(tested).toMatchObject({ passed: true, armed: true });
    expect(tested.rungs[0]).toMatchObject({ name: 'configuration', title: 'Configuration' });
    const live = await call('POST', '/connections', production);
    expect(live.statusCode).toBe(201);
    expect(live.json().armedAt).toBeUndefined();
    const changed = await call('PATCH', path, { values: { clientId: 'CLIENT03' } });
    expect(changed.json().armedAt).toBeUndefined();
    const [last] = (await call('GET', `${path}/tests`)).json().items;
    expect(last).toMatchObject({ passed: true, isCurrent: false });
  });

  test('api: a key of the sandbox is refused in production at save', async () => {
    const mixed = sandbox({ environment: 'production', baseUrl: 'https://api.bank.example' });
    const answer = await call('POST', '/connections', mixed);
    expect(answer.json()).toMatchObject({
      code: 'connection.environmentMismatch',
      errors: [{ field: 'clientSecret' }],
    });
  });

  test('api: a simulated address is refused in production', async () => {
    const answer = await call('POST', '/connections', sandbox({ environment: 'production' }));
    expect(answer.json()).toMatchObject({ code: 'config.sandboxOnly' });
  });

  test('api: paused, resumed and removed', async () => {
    const { connectionId } = (await call('POST', '/connections', sandbox())).json();
    const path = `/connections/${connectionId}`;
    expect((await call('POST', `${path}/pause`)).json().state).toBe('paused');
    expect((await call('POST', `${path}/resume`)).json().state).toBe('active');
    expect((await call('DELETE', path)).statusCode).toBe(200);
    expect((await call('GET', path)).statusCode).toBe(404);
    const { rows } = await database.pool.query('SELECT FROM secret WHERE owner_id = $1', [
      connectionId,
    ]);
    expect(rows).toHaveLength(0);
  });
});

import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { systemNetwork } from '#engine/ladder/network.ts';
import { requestPayments } from '#flows/payment/request-payments.ts';
import { parseMoney } from '#core/money.ts';
import { newId } from '#secret/ids.ts';
import { createOrg } from '#store/orgs.ts';
import { addPerson } from '#store/persons.ts';
import { createToken } from '#store/tokens.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createPayWorld, payingBank } from '#tests/pay-world.ts';
import type { PayWorld } from '#tests/pay-world.ts';
import { buildApiServer } from './app.ts';

type Scope = 'read' | 'write' | 'admin';
interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
}

let database: TestDatabase;
let world: PayWorld;
let app: FastifyInstance;
let routes: readonly Route[];
/** Ids of things of the first organisation, by the name of the parameter. */
let ids: Record<string, string>;
let digest = '';

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPayWorld(database);
  app = await buildApiServer({
    ...world.services,
    connectors: [payingBank],
    transport: world.transport,
    payments: world.deps,
    network: systemNetwork,
    allowedPrivateHosts: ['*'],
    probe: () => Promise.resolve({ accepted: false, code: 'dingtalk.robotTokenInvalid' }),
    unpackInbound: (packed) => ({ headers: {}, body: packed }),
  });
  await prepare();
  const description = await app.inject({ url: '/api/openapi.json' });
  const { paths } = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(description.json());
  routes = Object.entries(paths)
    .filter(([path]) => /\/(payment|beneficiar|limit|grant|recurring|approval)/.test(path))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method: methodOf(method), path })),
    );
});
afterAll(async () => {
  await app.close();
  await world.close();
  await database.drop();
});

function methodOf(text: string): Route['method'] {
  return z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).parse(text.toUpperCase());
}

async function prepare(): Promise<void> {
  const { orgId } = world;
  const maker = await world.entitled('Maker', { 'payment.make': 'any' });
  const beneficiaryId = await world.payee({ name: 'PT Maju Jaya', account: '111' });
  const [requested] = await requestPayments(world.deps, [
    {
      orgId,
      accountId: world.accounts[0],
      beneficiary: { beneficiaryId },
      instructedAmount: parseMoney('1000.00', 'IDR'),
      purpose: 'supplier',
      remittanceInformation: 'INV',
      source: 'api',
      sourceKey: 'privileges',
      maker,
      approval: { via: 'local' },
    },
  ]);
  const paymentId = requested?.paymentId ?? '';
  digest = (await world.payment(paymentId)).digest;
  const made = { stopId: newId('stp'), limitId: newId('lim'), grantId: newId('grt') };
  await world.ask(
    `INSERT INTO payment_stop (org_id, stop_id, reason, pulled_by, pulled_at, release_proposed_by)
     VALUES ($1, $2, 'test', $3, now(), $3)`,
    [orgId, made.stopId, maker],
  );
  await world.ask(
    `INSERT INTO payment_limit (org_id, limit_id, period, amount_minor_units, currency, state,
       proposed_by, proposed_at) VALUES ($1, $2, 'day', 1, 'IDR', 'proposed', $3, now())`,
    [orgId, made.limitId, maker],
  );
  await world.ask(
    `INSERT INTO person_grant (org_id, grant_id, person_id, action, proposed_by, created_at)
     VALUES ($1, $2, $3, 'payment.approve', $3, now())`,
    [orgId, made.grantId, maker],
  );
  ids = { ...made, paymentId, beneficiaryId, version: '1', accountId: world.accounts[0] };
}

/** A token of this or another organisation, of a person who holds every right there, or of a machine. */
async function token(orgId: string, scope: Scope, holder: 'person' | 'machine'): Promise<string> {
  const person =
    holder === 'person'
      ? await addPerson(world.services, { orgId, name: 'Somebody' }, 'test')
      : undefined;
  if (person) {
    await world.ask(
      `INSERT INTO person_grant (org_id, grant_id, person_id, action, state, proposed_by,
         confirmed_by, created_at, decided_at)
       SELECT $1, 'grt_' || md5($2 || a), $2, a, 'active', 'per_1', 'per_2', now(), now()
       FROM unnest(ARRAY['payment.make', 'payment.approve', 'payment.decide', 'payment.stop',
         'payment.resume', 'beneficiary.propose', 'beneficiary.confirm', 'limit.propose',
         'limit.confirm', 'grant.propose', 'grant.confirm']) AS a`,
      [orgId, person.personId],
    );
  }
  const made = await createToken(
    world.services,
    { orgId, name: 'test', scopes: [scope], personId: person?.personId },
    'test',
  );
  return made.token.reveal();
}

/** What a call needs so that nothing but its right is missing. */
const bodies: Readonly<Record<string, () => object>> = {
  approve: () => ({ digest }),
  decline: () => ({ digest }),
  decisions: () => ({ choice: 'executed', reason: 'seen at the bank' }),
  payments: () => ({
    accountId: ids['accountId'],
    beneficiaryId: ids['beneficiaryId'],
    amount: '1.00',
    purpose: 'supplier',
  }),
  'payment-stops': () => ({ accountId: ids['accountId'], reason: 'test' }),
};

async function call(route: Route, bearer: string): Promise<number> {
  const path = route.path.replace(
    /\{(\w+)\}/g,
    (_found, name: string) => ids[name] ?? newId('bat'),
  );
  const body = bodies[path.split('/').at(-1) ?? '']?.() ?? {};
  const hasBody = route.method !== 'GET' && route.method !== 'DELETE';
  const answer = await app.inject({
    method: route.method,
    url: path,
    headers: {
      authorization: `Bearer ${bearer}`,
      'idempotency-key': newId('tok'),
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
    },
    ...(hasBody ? { payload: JSON.stringify(body) } : {}),
  });
  return answer.statusCode;
}

/** Everything around paying, as the database has it. */
const books = (): Promise<object[]> =>
  world.ask(
    `SELECT (SELECT jsonb_agg(to_jsonb(t) ORDER BY payment_id) FROM payment t) AS payments,
       (SELECT jsonb_agg(to_jsonb(t)) FROM approval t) AS approvals,
       (SELECT jsonb_agg(to_jsonb(t)) FROM payment_decision t) AS decisions,
       (SELECT jsonb_agg(to_jsonb(t) ORDER BY stop_id) FROM payment_stop t) AS stops,
       (SELECT jsonb_agg(to_jsonb(t) ORDER BY limit_id) FROM payment_limit t) AS limits,
       (SELECT jsonb_agg(to_jsonb(t)) FROM beneficiary t) AS beneficiaries,
       (SELECT jsonb_agg(to_jsonb(t)) FROM person_grant t WHERE grant_id = '${ids['grantId']}')
         AS grants`,
  );

/** Reads that are POSTs because their question does not fit into an address. */
const QUESTIONS = ['/api/v1/recurring-payments/preview', '/api/v1/approval-rules/check'];

describe('rights around paying', () => {
  test('api: the description names routes enough for this to mean something', () => {
    expect(routes.filter(({ method }) => method !== 'GET').length).toBeGreaterThan(30);
  });

  test('api: a token that reads changes nothing, whichever route it tries', async () => {
    const reading = await token(world.orgId, 'read', 'person');
    const before = await books();
    const passed: string[] = [];
    for (const route of routes) {
      if (route.method === 'GET' || QUESTIONS.includes(route.path)) continue;
      const status = await call(route, reading);
      if (status !== 403) passed.push(`${route.method} ${route.path}: ${status}`);
    }
    expect(passed).toEqual([]);
    expect(await books()).toEqual(before);
  });

  test('api: the machine of an administrator approves, confirms and decides nothing', async () => {
    const machine = await token(world.orgId, 'admin', 'machine');
    const before = await books();
    const words = /\/(approve|decline|decisions|confirm|refuse|resume|propose-resume)$/;
    const passed: string[] = [];
    for (const route of routes) {
      if (route.method !== 'POST' || !words.test(route.path)) continue;
      if (route.path.includes('recurring')) continue;
      const status = await call(route, machine);
      if (status < 400) passed.push(`${route.path}: ${status}`);
    }
    expect(passed).toEqual([]);
    expect(await books()).toEqual(before);
  });

  test('api: whoever holds every right in another organisation reaches nothing of this one', async () => {
    const { orgId } = await createOrg(
      world.services,
      { name: 'Others', zone: 'Asia/Jakarta', dingtalkEdition: 'custom' },
      'test',
    );
    const stranger = await token(orgId, 'admin', 'person');
    const before = await books();
    const passed: string[] = [];
    for (const route of routes) {
      const status = await call(route, stranger);
      const isAboutOurs = /\{\w+\}/.test(route.path) || route.path.endsWith('/payments');
      if (isAboutOurs && route.method !== 'GET' && status < 400) {
        passed.push(`${route.method} ${route.path}: ${status}`);
      }
      if (route.method === 'GET' && /\{\w+\}/.test(route.path) && status === 200) {
        passed.push(`${route.method} ${route.path}: ${status}`);
      }
    }
    expect(passed).toEqual([]);
    expect(await books()).toEqual(before);
  });

  test('api: nothing but the right was missing: the same calls pass for whoever holds it', async () => {
    const own = await token(world.orgId, 'write', 'person');
    const route = (path: string): Route => ({ method: 'POST', path: `/api/v1/${path}` });
    expect(await call(route('payments'), own)).toBe(201);
    expect(await call(route('payments/{paymentId}/approve'), own)).toBe(200);
    expect(await call(route('limits/{limitId}/confirm'), own)).toBe(200);
    expect(await call(route('payment-stops/{stopId}/resume'), own)).toBe(200);
    expect(await call(route('grants/{grantId}/confirm'), own)).toBe(200);
  });
});

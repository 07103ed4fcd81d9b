import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rightValues, testBank } from '#engine/ladder/test-bank.ts';
import { sealedColumns } from '#store/services.ts';
import { addAccount } from '#store/accounts-admin.ts';
import { addConnection } from '#store/connections-admin.ts';
import { addDestination, addPersonOnce } from '#store/destinations-admin.ts';
import { addDingtalkApp } from '#store/dingtalk-apps-admin.ts';
import { factToJson } from '#store/events.ts';
import { samplePayment } from '#routing/samples.ts';
import { newId } from '#secret/ids.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { buildApiServer } from './app.ts';
import { healthRoutes } from './health.ts';
import type { TestWorld } from './test-services.ts';
import { createTestWorld } from './test-services.ts';

let database: TestDatabase;
let world: TestWorld;
let api: FastifyInstance;
let token: string;
let accountId: string;
let connectionId: string;
let destinationId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createTestWorld(database);
  api = await buildApiServer(world.services);
  token = await world.token(['admin']);
  const { services, orgId } = world;
  const connection = {
    orgId,
    connector: testBank,
    name: 'Bank',
    environment: 'sandbox',
    values: rightValues,
  } as const;
  ({ connectionId } = await addConnection(services, connection, 'test'));
  const account = { orgId, connectionId, connector: testBank, name: 'Main', currency: 'IDR' };
  ({ accountId } = await addAccount(services, { ...account, number: '42' }, 'test'));
  const robot = {
    orgId,
    name: 'Finance',
    kind: 'robot',
    webhook: 'https://oapi.dingtalk.com/robot/send?access_token=abcdef0123456789',
    security: { mode: 'ip' },
  } as const;
  ({ destinationId } = await addDestination(services, robot, 'test'));
  await insertMovements();
});

afterAll(async () => {
  await api.close();
  await world.close();
  await database.drop();
});

/** Seven entries with one event and one notice each; the third is a correction. */
async function insertMovements(): Promise<void> {
  const { pool } = database;
  const { orgId } = world;
  for (let index = 1; index <= 7; index += 1) {
    const entryId = newId('ent');
    const eventId = newId('evt');
    const amount = index * 100_000;
    const direction = index % 2 === 0 ? 'debit' : 'credit';
    const fact = {
      kind: 'entry.recorded',
      entryId,
      version: 1,
      state: 'booked',
      accountId,
      connectionId,
      bank: 'Test Bank',
      bankId: 'testbank',
      environment: 'sandbox',
      accountName: 'Main',
      accountNumber: '42',
      creditDebitIndicator: direction,
      amount: { value: `${index * 1000}.00`, currency: 'IDR' },
      remittanceInformation: `INV ${index}`,
      bookingDate: '2026-11-23',
      seenAt: new Date().toISOString(),
      source: 'push',
      zone: 'Asia/Jakarta',
    };
    await pool.query(
      `INSERT INTO entry (org_id, entry_id, account_id, version, state, credit_debit_indicator,
         amount_minor_units, currency, booking_date, remittance_information, evidence, sources,
         position, booked_at, seen_at)
       VALUES ($1, $2, $3, 1, 'booked', $4, $5, 'IDR', '2026-11-23', $6, $7, '{push}', $8,
         now() - interval '3 seconds', now())`,
      [orgId, entryId, accountId, direction, amount, `INV ${index}`, [`REF0000${index}`], index],
    );
    await pool.query(
      `INSERT INTO entry_version (org_id, entry_id, version, state, amount_minor_units, currency,
         source, report, seen_at)
       VALUES ($1, $2, 1, 'booked', $3, 'IDR', 'push', $4, now())`,
      [orgId, entryId, amount, JSON.stringify({ counterparty: { name: 'PT Maju' } })],
    );
    await pool.query(
      `INSERT INTO event (org_id, event_id, kind, subject_id, subject_version, account_id, fact,
         notices_expected, created_at)
       VALUES ($1, $2, 'entry.recorded', $3, 1, $4, $5, 1, now())`,
      [orgId, eventId, entryId, accountId, JSON.stringify(fact)],
    );
    await pool.query(
      `INSERT INTO notice (org_id, notice_id, event_id, destination_id, route_id, position, lane,
         language, detail, account_id, subject_id, subject_version, state, created_at, told_at,
         not_before)
       VALUES ($1, $2, $3, $4, 'rte_root01', $5, 'normal', 'en', 'full', $6, $7, 1, $8, now(), $9,
         CASE WHEN $10 THEN now() + interval '1 hour' END)`,
      [
        orgId,
        newId('ntf'),
        eventId,
        destinationId,
        index,
        accountId,
        entryId,
        index > 5 ? 'waiting' : 'told',
        index > 5 ? null : new Date(),
        index === 7,
      ],
    );
  }
}

// oxlint-disable-next-line no-explicit-any -- each test asserts what it finds
async function get(path: string, expected = 200): Promise<any> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await api.inject({ url: `/api/v1${path}`, headers });
  expect([path, answer.statusCode]).toEqual([path, expected]);
  return answer.json();
}

async function post(path: string, payload: object) {
  const headers = { authorization: `Bearer ${token}` };
  return api.inject({ method: 'POST', url: `/api/v1${path}`, headers, payload });
}

describe('api reads', () => {
  test.each([['/entries'], ['/entries?accountId=ACCOUNT'], ['/notices'], ['/audit']])(
    'api: pages of %s neither lose nor repeat an item',
    async (template) => {
      const path = template.replace('ACCOUNT', accountId);
      const join = path.includes('?') ? '&' : '?';
      const whole = (await get(`${path}${join}limit=200`)).items;
      const seen: unknown[] = [];
      let cursor: string | undefined;
      do {
        const query = cursor === undefined ? '' : `&cursor=${cursor}`;
        const page = await get(`${path}${join}limit=2${query}`);
        seen.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(seen).toEqual(whole);
      expect(whole.length).toBeGreaterThan(3);
    },
  );

  test('api: an entry carries money as text, its parties, and when it was told', async () => {
    const [latest] = (await get('/entries?limit=1&direction=credit&text=REF00005')).items;
    expect(latest).toMatchObject({
      amount: '5000.00',
      currency: 'IDR',
      counterparty: { name: 'PT Maju' },
      toldAt: expect.any(String),
    });
    const detail = await get(`/entries/${latest.entryId}`);
    expect(detail.versions).toEqual([
      expect.objectContaining({ version: 1, source: 'push', amount: '5000.00' }),
    ]);
  });

  test('api: filters by amount need a currency and take both ends', async () => {
    const path = '/entries?minAmount=2000&maxAmount=4000.00';
    expect((await get(path, 400)).errors[0].field).toContain('currency');
    expect((await get(`${path}&currency=IDR`)).items).toHaveLength(3);
    expect((await get('/entries?cursor=bm9uc2Vuc2U', 400)).errors[0].field).toBe('cursor');
  });

  test('api: an account shows both delays', async () => {
    const account = await get(`/accounts/${accountId}`);
    expect(account.bankDelayMs).toBe(3000);
    expect(account.tellDelayMs).toBeGreaterThanOrEqual(-1000);
    expect(account.poll).toMatchObject({ intervalSeconds: 300 });
  });

  test('api: a waiting notice says why', async () => {
    const { items } = await get('/notices?state=waiting');
    expect(items.map((item: { why: string }) => item.why).toSorted()).toEqual(['muted', 'queued']);
  });

  test('api: routes tell who would have been told, and what a change would change', async () => {
    const root = { name: 'all', destinationIds: [destinationId] };
    const tested = (await post('/routes/test', { tree: root })).json();
    expect(tested.facts).toBe(7);
    expect(tested.rows[0]).toMatchObject({ told: [{ destination: 'Finance' }], currency: 'IDR' });
    expect(tested.changes.facts).toHaveLength(7);
    expect(tested.changes.facts[0].added).toEqual(['Finance']);
    const put = await api.inject({
      method: 'PUT',
      url: '/api/v1/routes',
      headers: { authorization: `Bearer ${token}` },
      payload: { tree: root },
    });
    expect(put.statusCode).toBe(200);
    expect(
      (await post('/routes/test', { tree: (await get('/routes')).tree })).json().changes.facts,
    ).toEqual([]);
    const wrong = await post('/routes/test', { tree: { name: 'x', children: [{ name: '' }] } });
    expect(wrong.json()).toMatchObject({
      code: 'route.invalid',
      errors: [{ field: 'children[0].name' }],
    });
  });

  test('api: routes are tried with payments, their maker included', async () => {
    const { services, orgId } = world;
    const app = { orgId, name: 'Bell', appKey: 'dingabc', appSecret: 'test-secret-1' };
    await addDingtalkApp(services, app, 'test');
    await addPersonOnce(services, { orgId, userId: 'user01', name: 'Siti' });
    const fact = samplePayment({ state: 'blocked', paymentId: newId('pay') });
    await database.pool.query(
      `INSERT INTO event (org_id, event_id, kind, subject_id, subject_version, fact,
         notices_expected, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, 0, now() + interval '1 second')`,
      [orgId, newId('evt'), fact.kind, fact.paymentId, fact.version, factToJson(fact)],
    );
    const { rows } = (await post('/routes/test', { tree: (await get('/routes')).tree })).json();
    expect(rows[0]).toMatchObject({
      kind: 'payment.changed',
      subject: 'BCA Operations payment blocked',
      amount: '-1500000.00',
      told: [
        { destination: 'Finance', lane: 'urgent' },
        { destination: 'Siti', lane: 'urgent' },
      ],
    });
  });

  test('api: notices are found by what they tell', async () => {
    const [latest] = (await get('/notices?limit=1')).items;
    const { items } = await get(`/notices?entryId=${latest.subjectId}`);
    expect(items).toEqual([latest]);
    expect(latest).toMatchObject({ subjectVersion: 1 });
    expect((await get('/notices?paymentId=pay_0001')).items).toEqual([]);
  });

  test('api: the budget counts the month and foretells its end', async () => {
    await database.pool.query(
      `INSERT INTO usage_month (org_id, day, budget, destination_id, calls)
       VALUES ($1, (now() AT TIME ZONE 'Asia/Shanghai')::date, 'webhook', $2, 2950)`,
      [world.orgId, destinationId],
    );
    const budget = await get('/budget');
    const webhook = budget.budgets.find((one: { budget: string }) => one.budget === 'webhook');
    expect(webhook).toMatchObject({ used: 2950, limit: 3000, level: 'reserve' });
    expect(budget.destinations).toEqual([
      { destinationId, name: 'Finance', budget: 'webhook', used: 2950 },
    ]);
  });

  test('api: a quarantined message is shown without proofs and read again', async () => {
    const inboundId = newId('inb');
    const { orgId, services } = world;
    const place = { orgId, column: sealedColumns.inbound, rowId: inboundId };
    const text = `{"note":"${rightValues.clientSecret}","amount":"1.00"}`;
    const sealed = await services.keyring.seal(Buffer.from(text), place);
    await database.pool.query(
      `INSERT INTO inbound (org_id, inbound_id, connection_id, received_at, subpath,
         remote_address, sealed, digest, state, problem, attempts)
       VALUES ($1, $2, $3, now(), '/x', '10.0.0.1', $4, '\\x00', 'quarantined', 'odd', 5)`,
      [orgId, inboundId, connectionId, sealed],
    );
    const shown = await get(`/inbound/${inboundId}`);
    expect(shown.headers).toEqual({ 'x-signature': '[3 characters]', via: 'proxy' });
    expect(shown.body).toContain('"amount":"1.00"');
    expect(shown.body).not.toContain(rightValues.clientSecret);
    expect((await post(`/inbound/${inboundId}/replay`, {})).json()).toEqual({ replayed: 1 });
    const [item] = (await get('/inbound?state=stored')).items;
    expect(item).toMatchObject({ inboundId, attempts: 0 });
    expect((await post(`/inbound/${inboundId}/replay`, {})).statusCode).toBe(404);
    expect((await post('/inbound/replay', { all: true })).json()).toEqual({ replayed: 0 });
  });

  test('api: a failed test message is explained', async () => {
    const answer = await post(`/destinations/${destinationId}/test`, {});
    expect(answer.json()).toMatchObject({
      accepted: false,
      code: 'dingtalk.robotTokenInvalid',
      explanation: expect.stringContaining('robot'),
    });
  });

  test('api: alarms and the audit verdict', async () => {
    await database.pool.query(
      `INSERT INTO alarm (org_id, alarm_id, kind, subject_id, opened_at)
       VALUES ($1, $2, 'account.stale', $3, now())`,
      [world.orgId, newId('alm'), accountId],
    );
    expect((await get('/alarms?state=open')).items).toHaveLength(1);
    expect((await get('/alarms?state=closed')).items).toHaveLength(0);
    expect(await get('/audit/verify')).toMatchObject({ intact: true });
  });
});

describe('health', () => {
  test('health: ready only with a database, a key and a worker that beats', async () => {
    const app = Fastify();
    const { pool, keyring } = world.services;
    await app.register(healthRoutes({ pool, keyring, registry: new Registry() }));
    expect((await app.inject('/healthz')).statusCode).toBe(200);
    expect((await app.inject('/readyz')).json()).toEqual({
      status: 'failed',
      checks: { database: 'ok', worker: 'failed', key: 'ok' },
    });
    await pool.query(
      `INSERT INTO worker (worker_id, role, host, pid, version) VALUES ('wrk_1', 'all', 'h', 1, '0')`,
    );
    expect((await app.inject('/readyz')).statusCode).toBe(200);
    expect((await app.inject('/metrics')).headers['content-type']).toContain('text/plain');
    await app.close();
  });
});

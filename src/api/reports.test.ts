import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { readXlsx } from 'hucre/xlsx';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePlainDate } from '#core/dates.ts';
import { parseMoney } from '#core/money.ts';
import { makeNext } from '#flows/reports/report-worker.ts';
import { recordReports } from '#store/entries.ts';
import { addDestination } from '#store/destinations-admin.ts';
import type { PeopleWorld } from '#store/test-people.ts';
import { createPeopleWorld } from '#store/test-people.ts';
import type { PersonActor } from '#store/persons.ts';
import { createToken } from '#store/tokens.ts';
import { inTransaction } from '#store/transaction.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { TestDatabase } from '#tests/database.ts';
import { buildApiServer } from './app.ts';
import { reportDepsOf } from './operations/reports.ts';

let database: TestDatabase;
let world: PeopleWorld;
let app: FastifyInstance;
let machine: string;
let controller: string;
let clerk: string;
let nobody: string;
let robot: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
  app = await buildApiServer(world.services);
  machine = await world.token(['write']);
  const all = await world.entitled('Controller', 'report.read');
  controller = await token(all);
  const few = await world.person('Clerk');
  await world.grant(few, 'report.read', {
    accountId: world.accounts[0],
    amountMax: parseMoney('1000.00', 'IDR'),
  });
  clerk = await token(few);
  nobody = await token(await world.person('Nobody'));
  ({ destinationId: robot } = await addDestination(
    world.services,
    {
      orgId: world.orgId,
      name: 'Robot',
      kind: 'robot',
      webhook: `https://oapi.dingtalk.com/robot/send?access_token=${'a'.repeat(64)}`,
      security: { mode: 'keyword', keyword: 'Bank' },
    },
    'test',
  ));
  await record(world.accounts[0], [
    ['900.00', 'small', '900.00'],
    ['5000000.00', 'large', '5000900.00'],
  ]);
  await record(world.accounts[1], [['700.00', 'other account', '700.00']]);
  world.services.payments.directory.forget();
});
afterAll(async () => {
  await app.close();
  await world.close();
  await database.drop();
});

async function token({ personId, orgId }: PersonActor): Promise<string> {
  const input = { orgId, name: 'test', scopes: ['write' as const], personId };
  return (await createToken(world.services, input, 'test')).token.reveal();
}

async function record(
  accountId: PeopleWorld['accounts'][number],
  lines: readonly (readonly [amount: string, text: string, balance: string])[],
): Promise<void> {
  const reports = lines.map(([amount, text, balance], index) => ({
    report: {
      creditDebitIndicator: 'credit' as const,
      amount: parseMoney(amount, 'IDR'),
      status: 'booked' as const,
      bookingDate: parsePlainDate('2026-11-20'),
      remittanceInformation: text,
      evidence: [],
      uniqueKey: `${accountId} ${index}`,
      balanceAfter: parseMoney(balance, 'IDR'),
    },
  }));
  await inTransaction(database.pool, (_client, transaction) =>
    recordReports(transaction, [
      {
        orgId: world.orgId,
        accountId,
        source: 'statement',
        reports,
        completeDays: new Set(),
        seenAt: new Date(),
      },
    ]),
  );
}

function call(
  by: string,
  method: 'GET' | 'POST',
  path: string,
  payload?: object,
): Promise<LightMyRequestResponse> {
  const headers = { authorization: `Bearer ${by}` };
  const options = { method, url: `/api/v1${path}`, headers };
  return app.inject(payload === undefined ? options : { ...options, payload });
}

const november = { from: '2026-11-01', to: '2026-11-30', formats: ['xlsx'] };

/** Orders a report, has a worker make it, and gives its id. */
async function make(by: string, body: object): Promise<string> {
  const ordered = await call(by, 'POST', '/reports', body);
  expect(ordered.statusCode, ordered.body).toBe(202);
  const { reportId } = ordered.json<{ reportId: string }>();
  const deps = { ...reportDepsOf(world.services), home: '/nowhere' };
  const fail = (error: unknown): never => {
    throw error instanceof Error ? error : new Error('failed');
  };
  while (await makeNext(deps, 'wrk_test', fail));
  return reportId;
}

async function sheetOf(by: string, reportId: string, name: string): Promise<unknown[][]> {
  const answer = await call(by, 'GET', `/reports/${reportId}/files/xlsx`);
  expect(answer.statusCode, answer.body.slice(0, 200)).toBe(200);
  const { sheets } = await readXlsx(new Uint8Array(answer.rawPayload));
  const sheet = sheets.find((one) => one.name === name);
  return (sheet?.rows ?? []).map((row) => [...row]);
}

describe('reports over HTTP', () => {
  test('reports: a report is ordered, made by a worker, listed, shown and fetched', async () => {
    const reportId = await make(machine, { report: 'statement', ...november });
    const shown = await call(machine, 'GET', `/reports/${reportId}`);
    expect(shown.json()).toMatchObject({
      state: 'ready',
      settings: { from: '2026-11-01', to: '2026-11-30' },
      files: [{ format: 'xlsx', fileName: expect.stringContaining('Account statement') }],
    });
    const list = await call(machine, 'GET', '/reports?limit=1&report=statement');
    expect(list.json()).toMatchObject({ items: [{ reportId }] });
    const file = await call(machine, 'GET', `/reports/${reportId}/files/xlsx`);
    expect(file.headers['content-disposition']).toContain('attachment');
    expect(file.headers['cache-control']).toBe('no-store');
    const { rows } = await database.pool.query(
      `SELECT action FROM audit WHERE org_id = $1 AND subject = $2 ORDER BY number`,
      [world.orgId, reportId],
    );
    expect(rows).toEqual([{ action: 'report.ordered' }, { action: 'report.fetched' }]);
  });

  test('reports: what is kept is sealed', async () => {
    const { rows } = await database.pool.query<{ sealed: Buffer }>(
      'SELECT sealed FROM report_file',
    );
    // A workbook begins with PK.
    expect(rows.every(({ sealed }) => sealed.subarray(0, 2).toString() !== 'PK')).toBe(true);
  });

  test('reports: a person reads by grants; whoever has none is refused at once', async () => {
    const refused = await call(nobody, 'POST', '/reports', { report: 'dailyCash' });
    expect(refused.json()).toMatchObject({ code: 'report.nothingToRead' });
    const other = await call(clerk, 'POST', '/reports', {
      report: 'statement',
      ...november,
      accountIds: [world.accounts[1]],
    });
    expect(other.json()).toMatchObject({ code: 'report.nothingToRead' });
  });

  test('reports: of what is above a band neither the amount is shown nor what tells it', async () => {
    const reportId = await make(clerk, { report: 'statement', ...november });
    const rows = await sheetOf(clerk, reportId, '1001 IDR');
    const columns = (rows[0] ?? []).map(String);
    const inColumn = columns.indexOf('In');
    const balanceColumn = columns.indexOf('Balance');
    expect(rows.slice(1).map((row) => row[inColumn])).toEqual([900, '••••']);
    expect(rows.slice(1).map((row) => row[balanceColumn])).toEqual(['••••', '••••']);
    const summary = JSON.stringify(await sheetOf(clerk, reportId, 'Summary'));
    expect(summary).not.toMatch(/5000000|5000900/);
    expect(summary).toContain('1 account is left out');
    expect(summary).toContain('shown as dots');
    // The other account is not there at all.
    expect(await sheetOf(clerk, reportId, '1002 IDR')).toEqual([]);
    const reconciliation = await sheetOf(clerk, reportId, 'Reconciliation of accounts');
    expect(reconciliation).toHaveLength(2);
    expect(JSON.stringify(reconciliation)).not.toMatch(/5000900|5000000/);
  });

  test.each(['dailyCash', 'matching', 'payments', 'bankDelay', 'monthEnd'])(
    'reports: %s of a person with a band holds nothing above it',
    async (report) => {
      const reportId = await make(clerk, { report, ...november });
      const answer = await call(clerk, 'GET', `/reports/${reportId}/files/xlsx`);
      const { sheets } = await readXlsx(new Uint8Array(answer.rawPayload));
      const values = sheets.flatMap(({ rows }) => rows.flat());
      const amounts = values.filter((value) => typeof value === 'number' && value > 1_000);
      expect(amounts).toEqual([]);
      expect(values).not.toContain('other account');
    },
  );

  test('reports: a report that somebody else had made is as if it were not there', async () => {
    const reportId = await make(machine, { report: 'statement', ...november });
    for (const path of [`/reports/${reportId}`, `/reports/${reportId}/files/xlsx`]) {
      expect((await call(clerk, 'GET', path)).json()).toMatchObject({ code: 'api.notFound' });
    }
    const list = await call(clerk, 'GET', '/reports');
    const { items } = list.json<{ items: { requestedBy: string }[] }>();
    expect(new Set(items.map(({ requestedBy }) => requestedBy)).size).toBe(1);
    // Whoever may read everything reads this too.
    expect((await call(controller, 'GET', `/reports/${reportId}`)).statusCode).toBe(200);
  });

  test.each([
    ['an unknown account', { accountIds: ['acc_00000000'] }, 'api.notFound'],
    ['a day that is none', { from: '2026-13-01' }, 'api.invalid'],
    ['days the wrong way round', { from: '2026-11-02', to: '2026-11-01' }, 'api.invalid'],
    ['words and days', { period: 'today', from: '2026-11-01' }, 'api.invalid'],
    ['a moment to come', { asOf: '2099-01-01T00:00:00Z' }, 'api.invalid'],
    ['an unknown zone', { zone: 'Mars/Base' }, 'api.invalid'],
    ['an unknown currency', { currency: 'XXZ' }, 'money.currencyUnknown'],
    ['a longer time than is read', { from: '2020-01-01', to: '2026-11-01' }, 'api.invalid'],
  ])('reports: %s is refused', async (_what, more, code) => {
    const answer = await call(machine, 'POST', '/reports', { report: 'statement', ...more });
    expect(answer.json()).toMatchObject({ code });
  });

  test('reports: a custom robot takes no files and is refused as a place', async () => {
    const answer = await call(machine, 'POST', '/reports', {
      report: 'dailyCash',
      destinationId: robot,
    });
    expect(answer.json()).toMatchObject({ code: 'api.invalid' });
    expect(answer.body).toContain('custom robot takes no files');
  });

  test('reports: one that cannot be made is tried three times and then says why', async () => {
    const ordered = await call(machine, 'POST', '/reports', {
      report: 'statement',
      formats: ['xlsx'],
    });
    const { reportId } = ordered.json<{ reportId: string }>();
    const deps = {
      ...reportDepsOf(world.services),
      home: '/nowhere',
      connectorOf: (): never => {
        throw new Error('the catalogue is broken');
      },
    };
    const errors: unknown[] = [];
    for (let minute = 0; minute < 5; minute += 1) {
      await makeNext(deps, 'wrk_test', (error) => errors.push(error));
      // Not before its minute is over.
      expect(await makeNext(deps, 'wrk_test', () => {})).toBe(false);
      world.advance(61_000);
    }
    expect(errors).toHaveLength(3);
    const shown = await call(machine, 'GET', `/reports/${reportId}`);
    expect(shown.json()).toMatchObject({
      state: 'failed',
      code: 'report.failed',
      problem: expect.stringContaining('the catalogue is broken'),
      files: [],
    });
    const file = await call(machine, 'GET', `/reports/${reportId}/files/xlsx`);
    expect(file.json()).toMatchObject({ code: 'report.notReady' });
  });

  test('reports: what no repetition mends is not tried again', async () => {
    const ordered = await call(machine, 'POST', '/reports', {
      report: 'dailyCash',
      formats: ['xlsx'],
    });
    const { reportId } = ordered.json<{ reportId: string }>();
    await database.pool.query(
      `UPDATE report SET settings = settings || '{"currency": "XXZ"}' WHERE report_id = $1`,
      [reportId],
    );
    const errors: unknown[] = [];
    const deps = { ...reportDepsOf(world.services), home: '/nowhere' };
    while (await makeNext(deps, 'wrk_test', (error) => errors.push(error)));
    expect(errors).toHaveLength(1);
    const shown = await call(machine, 'GET', `/reports/${reportId}`);
    expect(shown.json()).toMatchObject({ state: 'failed', code: 'money.currencyUnknown' });
  });
});

describe('schedules', () => {
  let group: string;
  beforeAll(async () => {
    await database.pool.query(
      `INSERT INTO dingtalk_app (org_id, app_id, name, app_key, robot_code)
       VALUES ($1, 'app_00000001', 'App', 'key', 'robot')`,
      [world.orgId],
    );
    ({ destinationId: group } = await addDestination(
      world.services,
      {
        orgId: world.orgId,
        name: 'Group',
        kind: 'appGroup',
        appId: 'app_00000001',
        openConversationId: 'cid1',
        style: 'card',
      },
      'test',
    ));
    world.services.payments.directory.forget();
  });

  const daily = () => ({
    report: 'dailyCash',
    name: 'Cash at six',
    rule: 'FREQ=DAILY',
    at: '18:00',
    calendar: 'ID',
    destinationId: group,
  });

  test('schedules: one is added with its next moment, paused, gone on with and removed', async () => {
    const added = await call(clerk, 'POST', '/report-schedules', daily());
    expect(added.statusCode, added.body).toBe(201);
    const { scheduleId, nextAt } = added.json<{ scheduleId: string; nextAt: string }>();
    // Six in the evening in Jakarta is eleven in London.
    expect(nextAt).toMatch(/T11:00:00Z$/);
    const move = (by: string, word: string) =>
      call(by, 'POST', `/report-schedules/${scheduleId}/${word}`);
    expect((await move(clerk, 'pause')).json()).toMatchObject({ state: 'paused' });
    expect((await move(clerk, 'resume')).json()).toMatchObject({ state: 'active', nextAt });
    // It is the clerk's; another person needs the right to read everything.
    expect((await move(nobody, 'remove')).statusCode).toBe(403);
    expect((await move(controller, 'remove')).json()).toMatchObject({ state: 'removed' });
    expect((await call(clerk, 'GET', `/report-schedules/${scheduleId}`)).statusCode).toBe(404);
  });

  test.each([
    ['a robot', () => ({ destinationId: robot })],
    ['a rule that is none', () => ({ rule: 'FREQ=HOURLY' })],
    ['a rule that is over', () => ({ rule: 'FREQ=DAILY;UNTIL=20200101', startsOn: '2019-12-01' })],
    ['a time that is none', () => ({ at: '25:00' })],
    ['a calendar that is none', () => ({ calendar: '99' })],
    ['no name', () => ({ name: '   ' })],
  ])('schedules: %s is refused', async (_what, more) => {
    const answer = await call(machine, 'POST', '/report-schedules', { ...daily(), ...more() });
    expect(answer.json()).toMatchObject({ code: 'api.invalid' });
  });

  test('schedules: whoever may read nothing may schedule nothing', async () => {
    const answer = await call(nobody, 'POST', '/report-schedules', daily());
    expect(answer.json()).toMatchObject({ code: 'report.nothingToRead' });
  });
});

describe('rates', () => {
  test('rates: a rate is added with its source and listed', async () => {
    const body = { base: 'USD', quote: 'IDR', rate: '16250.50', source: 'JISDOR' };
    const added = await call(machine, 'POST', '/exchange-rates', body);
    expect(added.statusCode).toBe(201);
    const list = await call(machine, 'GET', '/exchange-rates');
    expect(list.json()).toMatchObject({ items: [body] });
  });

  test.each([
    [{ base: 'USD', quote: 'USD', rate: '1', source: 'x' }],
    [{ base: 'USD', quote: 'IDR', rate: '0', source: 'x' }],
    [{ base: 'USD', quote: 'IDR', rate: '-1', source: 'x' }],
    [{ base: 'USD', quote: 'IDR', rate: '1', source: 'x', asOf: '2099-01-01T00:00:00Z' }],
  ])('rates: %j is refused', async (body) => {
    const answer = await call(machine, 'POST', '/exchange-rates', body);
    expect(answer.json()).toMatchObject({ code: 'api.invalid' });
  });
});

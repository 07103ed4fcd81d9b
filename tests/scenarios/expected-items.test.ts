import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { writeXlsx } from 'hucre/xlsx';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApiServer } from '../../src/api/app.ts';
import type { Terminal } from '../../src/cli/context.ts';
import { runCommandLine } from '../../src/cli/program.ts';
import { dayIn } from '../../src/core/dates.ts';
import { systemNetwork } from '../../src/engine/ladder/network.ts';
import { readSettings } from '../../src/engine/settings.ts';
import { makeTemplateItems } from '../../src/flows/expected-items/make-template-items.ts';
import { verifyAudit } from '../../src/store/audit.ts';
import { createToken } from '../../src/store/tokens.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { createPayWorld, payingBank } from '../support/pay-world.ts';
import type { PayWorld } from '../support/pay-world.ts';

let database: TestDatabase;
let world: PayWorld;
let app: FastifyInstance;
let folder: string;
let clerk: string;
let stranger: string;
let machine: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPayWorld(database);
  app = await buildApiServer({ ...services(), probe: neverProbes, unpackInbound });
  folder = await mkdtemp(join(tmpdir(), 'cashbell-items-'));
  clerk = await token(await world.entitled('Clerk', { 'item.manage': 'any' }));
  stranger = await token(await world.entitled('Stranger', { 'payment.make': 'any' }));
  machine = await token();
});
afterAll(async () => {
  await app.close();
  await world.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

function services() {
  return {
    ...world.services,
    connectors: [payingBank],
    transport: world.transport,
    payments: world.deps,
    network: systemNetwork,
    allowedPrivateHosts: ['*'],
  };
}

const neverProbes = () =>
  Promise.resolve({ accepted: false as const, code: 'dingtalk.robotTokenInvalid' as const });
const unpackInbound = (packed: Uint8Array) => ({ headers: {}, body: packed });

async function token(personId?: string): Promise<string> {
  const input = { orgId: world.orgId, name: 'test', scopes: ['write' as const], personId };
  return (await createToken(world.services, input, 'test')).token.reveal();
}

async function call(
  by: string,
  options: InjectOptions & { readonly language?: string },
): Promise<LightMyRequestResponse> {
  const { language = 'en', headers, ...rest } = options;
  return app.inject({
    ...rest,
    headers: { authorization: `Bearer ${by}`, 'accept-language': language, ...headers },
  });
}

interface FileCall {
  readonly path?: string;
  readonly answers?: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly language?: string;
  readonly by?: string;
}

/** Sends a file to the API. */
async function send(content: string | Buffer, options: FileCall = {}) {
  const { path = '/api/v1/item-imports', answers = [], query = {}, by = clerk } = options;
  const search = new URLSearchParams(query);
  for (const answer of answers) search.append('answer', answer);
  const response = await call(by, {
    method: 'POST',
    url: `${path}?${search.toString()}`,
    headers: { 'content-type': 'text/csv' },
    payload: content,
    ...(options.language === undefined ? {} : { language: options.language }),
  });
  return { status: response.statusCode, body: response.json() };
}

async function sample(name: string): Promise<Buffer> {
  return readFile(new URL(`../../docs/samples/invoices-${name}.csv`, import.meta.url));
}

async function listItems(search: string) {
  const response = await call(clerk, { method: 'GET', url: `/api/v1/items?${search}` });
  expect(response.statusCode, response.body).toBe(200);
  return response.json().items;
}

/** What a match does to an item: part of it is used. */
async function settle(itemId: string, minorUnits: string): Promise<void> {
  await database.pool.query(
    `UPDATE expected_item SET settled_minor_units = $2 WHERE item_id = $1`,
    [itemId, minorUnits],
  );
}

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function cli(
  line: readonly string[],
  options: {
    readonly by?: string;
    readonly typed?: readonly string[];
    readonly lang?: string;
  } = {},
): Promise<Run> {
  let out = '';
  let err = '';
  const typed = [...(options.typed ?? [])];
  const terminal: Terminal = {
    environment: { CASHBELL_TOKEN: options.by ?? clerk, CASHBELL_LANGUAGE: options.lang ?? 'en' },
    isInteractive: options.typed !== undefined,
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
    readStdin: () => Promise.resolve(''),
    ask: () => Promise.resolve(typed.shift() ?? ''),
  };
  const code = await runCommandLine(line, terminal, () =>
    Promise.resolve({
      services: services(),
      settings: readSettings({}),
      close: () => Promise.resolve(),
    }),
  );
  return { code, out, err };
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('expected items by file', () => {
  test('import: the four samples are understood without a question, and taken once', async () => {
    for (const [name, count] of [
      ['id', 5],
      ['hk', 4],
      ['cn', 4],
      ['ae', 3],
    ] as const) {
      const first = await send(await sample(name), { query: { fileName: `${name}.csv` } });
      expect([name, first.status, first.body.rowsTaken], JSON.stringify(first.body)).toEqual([
        name,
        201,
        count,
      ]);
      const again = await send(await sample(name));
      expect(again.status).toBe(200);
      expect(again.body).toMatchObject({
        importId: first.body.importId,
        isRepeated: true,
        rowsTaken: 0,
        rowsKnown: count,
        changes: [],
      });
    }
    const [berkah] = await listItems('text=Berkah');
    expect(berkah).toMatchObject({
      number: 'INV/2026/1103',
      creditDebitIndicator: 'credit',
      amount: { amount: '480000.00', currency: 'IDR' },
      issuedOn: '2026-11-09',
      dueOn: '2026-12-09',
    });
    const [tianhe] = await listItems(`text=${encodeURIComponent('天成')}`);
    expect(tianhe).toMatchObject({ amount: { amount: '4300.00', currency: 'CNY' } });
    const [gulf] = await listItems(`text=${encodeURIComponent('الخليج')}`);
    expect(gulf).toMatchObject({ amount: { amount: '240000.00', currency: 'AED' } });
    const [formula] = await listItems('text=SUM');
    expect(formula.description).toBe('=SUM(A1:A9) is only text here');
  });

  test('import: items can be found by their keys, as matching looks for them', async () => {
    const { rows } = await database.pool.query(
      `SELECT count(*)::int AS keys FROM item_key k JOIN expected_item i USING (org_id, item_id)
       WHERE i.number = 'HK-20262'`,
    );
    expect(rows[0].keys).toBeGreaterThan(1);
    const { rows: settings } = await database.pool.query(
      'SELECT rematch_since, expects_credit FROM match_settings WHERE org_id = $1',
      [world.orgId],
    );
    expect(settings[0]).toMatchObject({ expects_credit: true, rematch_since: expect.any(Date) });
  });

  test('import: what can be read in two ways is asked, remembered, and not asked again', async () => {
    const rows = ['S-1,CV Alfa,03/04/2026,1.250', 'S-2,CV Beta,05/06/2026,2.500'];
    const text = ['Bill No,Vendor,Due Date,Amount', ...rows].join('\n');
    const asked = await send(text, { path: '/api/v1/item-imports/check' });
    expect(asked.status, JSON.stringify(asked.body)).toBe(200);
    expect(asked.body.questions.map((one: { key: string }) => one.key).toSorted()).toEqual([
      'currency',
      'dateFormat',
      'decimalMark',
    ]);
    const question = asked.body.questions.find((one: { key: string }) => one.key === 'dateFormat');
    expect(question.options).toEqual([
      { answer: 'dd/MM/yyyy', example: '03/04/2026 → 2026-04-03' },
      { answer: 'MM/dd/yyyy', example: '03/04/2026 → 2026-03-04' },
    ]);
    const refused = await send(text, { language: 'id' });
    expect([refused.status, refused.body.code]).toEqual([400, 'import.questionOpen']);
    expect(refused.body.errors[0].problem).toMatch(/mata uang|dibaca|desimal/);
    const answers = ['dateFormat=dd/MM/yyyy', 'decimalMark=,', 'currency=IDR'];
    const taken = await send(text, { answers });
    expect(taken.status, JSON.stringify(taken.body)).toBe(201);
    const [alfa] = await listItems('text=Alfa');
    expect(alfa).toMatchObject({
      kind: 'bill',
      creditDebitIndicator: 'debit',
      amount: { amount: '1250.00', currency: 'IDR' },
      dueOn: '2026-04-03',
    });
    const next = await send(text.replaceAll('S-', 'T-'));
    expect([next.status, next.body.rowsTaken]).toEqual([201, 2]);
    // A row that proves the opposite is not read by memory.
    const contrary = await send(
      `${text.replaceAll('S-', 'U-')}\nU-3,CV Gama,07/25/2026,"1,250.75"`,
    );
    expect([contrary.status, contrary.body.rowsTaken]).toEqual([201, 3]);
    const [gama] = await listItems('text=Gama');
    expect(gama).toMatchObject({ amount: { amount: '1250.75' }, dueOn: '2026-07-25' });
    const mappings = await call(clerk, { method: 'GET', url: '/api/v1/import-mappings' });
    const { mappingId } = mappings.json().items[0];
    const gone = await call(clerk, {
      method: 'DELETE',
      url: `/api/v1/import-mappings/${mappingId}`,
    });
    expect(gone.statusCode).toBe(200);
    expect((await send(text.replaceAll('S-', 'V-'))).status).toBe(400);
  });

  test('import: bad rows are told by row, column and reason; all or the good ones, by choice', async () => {
    const text = [
      'Invoice No,Customer,Due Date,Currency,Amount',
      'B-1,Good Ltd,2026-12-01,HKD,100.00',
      'B-2,Bad Ltd,2026-02-30,HKD,100.00',
      'B-3,Bad Ltd,2026-12-01,HKD,abc',
      'B-4,Bad Ltd,2026-12-01,XYZ,100.00',
      'B-5,Bad Ltd,2026-12-01,HKD,100.0005',
      'B-1,Good Ltd,2026-12-01,HKD,100.00',
      ',,,HKD,5.00',
    ].join('\n');
    const refused = await send(text, { language: 'zh-CN' });
    expect([refused.status, refused.body.code]).toEqual([400, 'import.rowsRefused']);
    expect(refused.body.errors).toHaveLength(6);
    expect(refused.body.errors[0]).toEqual({
      field: 'row 3 · Due Date',
      problem: '“2026-02-30”不是日期',
    });
    expect(await listItems('text=B-1')).toEqual([]);
    const taken = await send(text, { query: { choice: 'takeGood' } });
    expect(taken.body).toMatchObject({ rowsRead: 7, rowsTaken: 1, rowsRefused: 6 });
    const codes = taken.body.problems.map((one: { code: string }) => one.code);
    expect(codes).toEqual([
      'dayUnreadable',
      'amountUnreadable',
      'currencyUnknown',
      'tooManyDecimals',
      'rowRepeated',
      'nothingToRecognise',
    ]);
    const kept = await call(clerk, {
      method: 'GET',
      url: `/api/v1/item-imports/${taken.body.importId}`,
    });
    expect(kept.json().problems).toHaveLength(6);
  });

  test('import: a changed amount is proposed, adjusts what is open, and never undoes a match', async () => {
    const head = 'Invoice No,Customer,Due Date,Currency,Amount';
    const row = (amount: string, due = '2026-12-20') =>
      `${head}\nC-1,Delta Ltd,${due},HKD,${amount}`;
    await send(row('1000.00'));
    const [item] = await listItems('text=Delta');
    await settle(item.itemId, '40000');
    const changed = await send(row('900.00'), { query: { changes: 'apply' } });
    expect(changed.body.changes).toMatchObject([
      {
        rule: 'openAdjusted',
        isApplied: false,
        before: { amount: '1000.00', open: '600.00' },
        after: { amount: '900.00', open: '500.00' },
      },
    ]);
    const [still] = await listItems('text=Delta');
    expect(still.open.amount).toBe('600.00');
    const below = await send(row('300.00'));
    expect(below.body.changes[0]).toMatchObject({ rule: 'belowSettled', isApplied: false });
    const list = await call(clerk, { method: 'GET', url: '/api/v1/item-changes' });
    expect(list.json().items).toHaveLength(1);
    const { changeId } = list.json().items[0];
    const impossible = await call(clerk, {
      method: 'POST',
      url: `/api/v1/item-changes/${changeId}/apply`,
    });
    expect([impossible.statusCode, impossible.json().code]).toEqual([409, 'api.conflict']);
    const good = (await send(row('900.00'))).body.changes[0];
    const applied = await call(clerk, {
      method: 'POST',
      url: `/api/v1/item-changes/${good.changeId}/apply`,
    });
    expect(applied.statusCode, applied.body).toBe(200);
    const [after] = await listItems('text=Delta');
    expect(after).toMatchObject({
      amount: { amount: '900.00' },
      settled: { amount: '400.00' },
      open: { amount: '500.00' },
      version: item.version + 1,
    });
    expect((await send(row('900.00'))).body).toMatchObject({ changes: [], rowsKnown: 1 });
    const moved = await send(row('900.00', '2026-12-27'));
    expect(moved.body.changes[0].after).toEqual({ dueOn: '2026-12-27' });
  });

  test('import: books that learnt of a payment from us agree, and change nothing', async () => {
    const head = 'Invoice No,Customer,Currency,Amount,Outstanding';
    await send(`${head}\nO-1,Echo Ltd,HKD,1000.00,1000.00`);
    const [item] = await listItems('text=Echo');
    await settle(item.itemId, '40000');
    const agreed = await send(`${head}\nO-1,Echo Ltd,HKD,1000.00,600.00`);
    expect(agreed.body).toMatchObject({ changes: [], rowsKnown: 1 });
    const less = await send(`${head}\nO-1,Echo Ltd,HKD,1000.00,500.00`);
    expect(less.body.changes[0]).toMatchObject({
      rule: 'openStated',
      after: { amount: '900.00', open: '500.00' },
    });
  });

  test('import: of two people only the one who may manage items does', async () => {
    const refused = await send(await sample('id'), { by: stranger });
    expect([refused.status, refused.body.code]).toEqual([403, 'payment.notEntitled']);
    const known = await send(await sample('id'), { by: machine });
    expect(known.status).toBe(200);
  });

  test('items: who may not read them sees that they are there, and no amount or name', async () => {
    const get = (path: string) => call(stranger, { method: 'GET', url: `/api/v1/${path}` });
    const { body } = await get('items?limit=200');
    expect(body).toContain('"isMasked":true');
    expect(body).not.toMatch(/Maju|Berkah|480000|IDR|INV/);
    expect((await get('items?text=Maju')).statusCode).toBe(403);
    for (const path of ['item-changes', 'item-imports', 'item-templates']) {
      expect((await get(path)).statusCode, path).toBe(403);
    }
    const reader = await token(await world.entitled('Reader', { 'account.read': 'any' }));
    const read = await call(reader, { method: 'GET', url: '/api/v1/items?limit=200' });
    expect(read.body).toContain('480000.00');
  });

  test('import: an import is taken back but for what is matched', async () => {
    const text = 'Invoice No,Customer,Currency,Amount\nK-1,Foxtrot,HKD,10\nK-2,Foxtrot,HKD,20';
    const { importId } = (await send(text)).body;
    const [second] = await listItems('text=Foxtrot');
    await settle(second.itemId, '100');
    const done = await call(clerk, {
      method: 'POST',
      url: `/api/v1/item-imports/${importId}/cancel`,
    });
    expect(done.json()).toEqual({ cancelled: 1, kept: 1 });
    const states = (await listItems('text=Foxtrot')).map((one: { state: string }) => one.state);
    expect(states).toEqual(['open', 'cancelled']);
    // Taken back is as if never said: the file, perhaps read otherwise, can be taken again.
    expect((await send(text)).body).toMatchObject({ rowsTaken: 1, rowsKnown: 1, changes: [] });
    expect(await listItems('text=Foxtrot&state=open')).toHaveLength(2);
  });

  test('import: a workbook is taken as its body is, whatever it is called', async () => {
    const rows = [
      ['Invoice No', 'Customer', 'Due Date', 'Currency', 'Amount'],
      ['W-1', 'Whiskey', new Date(Date.UTC(2026, 3, 3)), 'HKD', 1250.5],
    ];
    const bytes = Buffer.from(await writeXlsx({ sheets: [{ name: 'Open', rows }] }));
    const taken = await send(bytes, { query: { fileName: 'invoices.csv' } });
    expect(taken.status, JSON.stringify(taken.body)).toBe(201);
    const [item] = await listItems('text=Whiskey');
    expect(item).toMatchObject({ amount: { amount: '1250.50' }, dueOn: '2026-04-03' });
  });

  test('import: a file at the same time as itself is taken once', async () => {
    const rows = Array.from({ length: 200 }, (_one, place) => `R-${place},Golf,HKD,${place + 1}`);
    const text = ['Invoice No,Customer,Currency,Amount', ...rows].join('\n');
    const both = await Promise.all([send(text), send(text), send(text)]);
    const taken = both.map(({ body }) => body.rowsTaken);
    expect(taken.toSorted((left, right) => left - right)).toEqual([0, 0, 200]);
    const { rows: counted } = await database.pool.query(
      `SELECT count(*)::int AS count FROM expected_item WHERE counterparty_name = 'Golf'`,
    );
    expect(counted[0].count).toBe(200);
  });
});

describe('expected items one by one', () => {
  const invoice = {
    direction: 'receivable',
    number: 'API-1',
    counterpartyName: 'Hotel Ltd',
    amount: '250.00',
    currency: 'HKD',
    dueOn: '2026-12-31',
  };
  const post = (payload: object, headers: Record<string, string> = {}) =>
    call(clerk, { method: 'POST', url: '/api/v1/items', payload, headers });

  test('items: one is stated twice and is one; a list takes all or nothing', async () => {
    const first = await post(invoice, { 'idempotency-key': 'one-and-only' });
    expect([first.statusCode, first.json().outcome], first.body).toEqual([201, 'created']);
    const replayed = await post(invoice, { 'idempotency-key': 'one-and-only' });
    expect(replayed.json()).toEqual(first.json());
    const again = await post(invoice);
    expect(again.json()).toEqual({ outcome: 'known', itemId: first.json().itemId });
    const changed = await post({ ...invoice, amount: '300.00' });
    expect(changed.json()).toMatchObject({
      outcome: 'changeProposed',
      changeId: expect.stringMatching(/^chg_/),
    });
    const items = [
      { ...invoice, number: 'API-2' },
      { ...invoice, number: 'API-3', amount: '0' },
      { ...invoice, number: 'API-4', currency: 'ZZZ' },
    ];
    const list = (body: object) =>
      call(clerk, { method: 'POST', url: '/api/v1/items/list', payload: body });
    const refused = await list({ items });
    expect(refused.json().errors).toEqual([
      { field: 'items.1.amount', problem: 'must be more than zero' },
      { field: 'items.2.currency', problem: 'must be an ISO 4217 code' },
    ]);
    expect(await listItems('text=API-2')).toEqual([]);
    const [good] = items;
    const taken = await list({ items: [good, invoice] });
    expect(taken.json().items.map((one: { outcome: string }) => one.outcome)).toEqual([
      'created',
      'known',
    ]);
    // The source says the old thing again: nobody needs to decide any more.
    const itemId = first.json().itemId;
    const changes = await call(clerk, {
      method: 'GET',
      url: `/api/v1/item-changes?itemId=${itemId}`,
    });
    expect(changes.json().items).toEqual([]);
  });

  test('items: a program with keys of its own changes what it said', async () => {
    const mine = { ...invoice, number: 'KEY-1', externalId: 'crm/77' };
    const { itemId } = (await post(mine)).json();
    const renamed = await call(clerk, {
      method: 'POST',
      url: '/api/v1/items?changes=apply',
      payload: { ...mine, number: 'KEY-2', amount: '99.50' },
    });
    expect(renamed.json()).toMatchObject({ outcome: 'changeApplied', itemId });
    const shown = await call(clerk, { method: 'GET', url: `/api/v1/items/${itemId}` });
    expect(shown.json()).toMatchObject({ number: 'KEY-2', amount: { amount: '99.50' } });
    const { rows } = await database.pool.query('SELECT key FROM item_key WHERE item_id = $1', [
      itemId,
    ]);
    expect(rows.map((row) => row.key)).toContain('=KEY2');
    expect(rows.map((row) => row.key)).not.toContain('=KEY1');
  });

  test('items: a cancelled one is found by no key any more', async () => {
    const { itemId } = (await post({ ...invoice, number: 'GONE-1' })).json();
    const url = `/api/v1/items/${itemId}/cancel`;
    const cancelled = await call(clerk, { method: 'POST', url, payload: { reason: 'void' } });
    expect(cancelled.json()).toMatchObject({ state: 'cancelled' });
    const { rows } = await database.pool.query('SELECT 1 FROM item_key WHERE item_id = $1', [
      itemId,
    ]);
    expect(rows).toEqual([]);
    const twice = await call(clerk, { method: 'POST', url, payload: {} });
    expect(twice.statusCode).toBe(409);
  });

  test('items: everything that was done stands in the audit', async () => {
    const verdict = await verifyAudit(database.pool, world.orgId);
    expect(verdict.broken).toBeUndefined();
    const { rows } = await database.pool.query<{ action: string }>(
      `SELECT DISTINCT action FROM audit WHERE org_id = $1 AND action ~ '^(item|mapping)' ORDER BY 1`,
      [world.orgId],
    );
    expect(rows.map(({ action }) => action)).toEqual([
      'item.added',
      'item.cancelled',
      'item.change.applied',
      'item.importCancelled',
      'item.imported',
      'mapping.removed',
    ]);
  });
});

describe('what is expected again and again', () => {
  const deps = () => {
    const { pool, now } = world.services;
    return { pool, now, calendar: world.deps.calendar };
  };
  const make = () =>
    makeTemplateItems(deps(), (error) => {
      throw error;
    });
  const today = () => dayIn(world.services.now(), 'Asia/Jakarta');

  test('template: items are made ahead of their days, each once, on bank days', async () => {
    const startsOn = today().add({ days: 3 });
    const body = {
      name: 'Rent',
      item: {
        direction: 'payable',
        counterpartyName: 'PT Gedung',
        amount: '45000000.00',
        amountMin: '44000000.00',
        currency: 'IDR',
        number: 'RENT-{yyyy}-{MM}-{dd}',
      },
      rule: 'FREQ=DAILY;INTERVAL=7',
      startsOn: startsOn.toString(),
      roll: 'following',
      country: 'ID',
      aheadDays: 20,
    };
    const preview = await call(clerk, {
      method: 'POST',
      url: '/api/v1/item-templates/preview',
      payload: body,
    });
    expect(preview.json().next).toHaveLength(12);
    const made = await call(clerk, {
      method: 'POST',
      url: '/api/v1/item-templates',
      payload: body,
    });
    expect(made.statusCode, made.body).toBe(201);
    const { templateId, next } = made.json();
    expect(next[0].day).toBe(startsOn.toString());
    // Several workers at once make each item once.
    const sums = await Promise.all([make(), make(), make()]);
    const items = await listItems(`templateId=${templateId}`);
    expect(sums.reduce((sum, { made: one }) => sum + one, 0)).toBe(items.length);
    const until = today().add({ days: 20 }).toString();
    const expected = next.filter((one: { dueOn: string }) => one.dueOn <= until);
    expect(items.map((one: { dueOn: string }) => one.dueOn).toReversed()).toEqual(
      expected.map((one: { dueOn: string }) => one.dueOn),
    );
    expect(items.at(-1)).toMatchObject({
      kind: 'recurring',
      creditDebitIndicator: 'debit',
      number: `RENT-${startsOn.toString()}`,
      amount: { amount: '45000000.00' },
      amountMin: { amount: '44000000.00' },
    });
    expect((await make()).made).toBe(0);
    const paused = await call(clerk, {
      method: 'POST',
      url: `/api/v1/item-templates/${templateId}/pause`,
    });
    expect(paused.json()).toMatchObject({ state: 'paused' });
    world.advance(30 * 86_400_000);
    expect((await make()).made).toBe(0);
    await call(clerk, { method: 'POST', url: `/api/v1/item-templates/${templateId}/resume` });
    await make();
    const later = await listItems(`templateId=${templateId}`);
    const missed = later.filter(
      (one: { dueOn: string }) => one.dueOn > until && one.dueOn < today().toString(),
    );
    expect(missed).toEqual([]);
    expect(later.length).toBeGreaterThan(items.length);
    const ended = await call(clerk, {
      method: 'POST',
      url: `/api/v1/item-templates/${templateId}/end`,
    });
    expect(ended.json()).toMatchObject({ state: 'ended', next: [] });
  });

  test('template: what cannot be is refused before anything is written', async () => {
    const body = {
      name: 'Odd',
      item: { direction: 'payable', counterpartyName: 'X', amount: '1', currency: 'IDR' },
      rule: 'FREQ=MONTHLY;BYMONTHDAY=45',
      startsOn: today().toString(),
    };
    const post = (payload: object) =>
      call(clerk, { method: 'POST', url: '/api/v1/item-templates', payload });
    expect((await post(body)).json().errors[0].field).toBe('rule');
    const good = { ...body, rule: 'FREQ=MONTHLY;BYMONTHDAY=1' };
    expect((await post({ ...good, roll: 'following' })).json().errors[0].field).toBe('country');
    const free = { ...good, item: { ...good.item, amount: '0' } };
    expect((await post(free)).json().errors[0].field).toBe('item.amount');
    const ended = { ...good, startsOn: '2001-01-01', endsOn: '2002-01-01' };
    expect((await post(ended)).json().errors[0].field).toBe('rule');
  });

  test('cli: a template is added, listed and ended', async () => {
    const line = 'items template add Rent --direction payable --party Gedung --amount 45000000';
    const more = `--currency IDR --rule FREQ=MONTHLY;BYMONTHDAY=1 --from ${today().toString()}`;
    const added = await cli([...line.split(' '), ...more.split(' '), '--json']);
    expect(added.code, added.err).toBe(0);
    const { templateId, next } = JSON.parse(added.out);
    expect(next).toHaveLength(12);
    expect((await cli(['items', 'template', 'list'])).out).toContain(templateId);
    expect((await cli(['items', 'template', 'end', templateId])).out).toContain('ended');
  });
});

describe('expected items on the command line', () => {
  test('cli: a file is looked at, asked about at the terminal, and taken', async () => {
    const path = await file(
      'lima.csv',
      'Invoice No,Customer,Due Date,Currency,Amount\nL-1,Lima,03/04/2026,HKD,10.50\n',
    );
    const dry = await cli(['import', path, '--dry-run']);
    expect([dry.code, dry.out]).toEqual([
      1,
      expect.stringContaining('--answer "dateFormat=dd/MM/yyyy"'),
    ]);
    const blind = await cli(['import', path]);
    expect([blind.code, blind.err]).toEqual([1, expect.stringContaining('import.questionOpen')]);
    const asked = await cli(['import', path], { typed: ['2'] });
    expect([asked.code, asked.out]).toEqual([0, expect.stringContaining('1 new')]);
    const listed = await cli(['items', 'list', '--text', 'Lima', '--json']);
    expect(JSON.parse(listed.out).items[0]).toMatchObject({ dueOn: '2026-03-04' });
    expect((await cli(['items', 'list', '--text', 'Lima'])).out).toContain('HKD 10.50');
    // Another head, so that it is another kind of file; the mapping that is named reads it as well.
    const wider = await file(
      'wider.csv',
      'Invoice No,Customer,Region,Due Date,Currency,Amount\nL-2,Lima,X,03/05/2026,HKD,10.50\n',
    );
    expect((await cli(['import', wider])).code).toBe(1);
    const mappings = await cli(['items', 'mappings', '--json']);
    const [{ mappingId }] = JSON.parse(mappings.out).items;
    const mapped = await cli(['import', wider, '--mapping', mappingId]);
    expect([mapped.code, mapped.out], mapped.err).toEqual([0, expect.stringContaining('1 new')]);
    const listing = await cli(['items', 'list', '--text', 'L-2', '--json']);
    expect(JSON.parse(listing.out).items[0]).toMatchObject({ dueOn: '2026-03-05' });
    const wrong = await cli(['import', wider, '--mapping', 'nobody']);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('api.notFound')]);
  });

  test('cli: an answer on the command line and the good rows alone', async () => {
    const path = await file(
      'mike.csv',
      'Invoice No,Customer,Due Date,Amount\nM-1,Mike,03/04/2026,HK$10.50\nM-2,Mike,soon,HK$1\n',
    );
    const line = ['import', path, '--answer', 'dateFormat=dd/MM/yyyy'];
    const refused = await cli(line, { lang: 'vi' });
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringContaining('"soon" không phải ngày'),
    ]);
    const taken = await cli([...line, '--take-good', '--json']);
    expect(JSON.parse(taken.out)).toMatchObject({ rowsTaken: 1, rowsRefused: 1 });
  });

  test('cli: an item is added, shown and cancelled', async () => {
    const added = await cli(
      [
        'items add --direction payable --number N-1 --party November --amount 10.00'.split(' '),
        '--currency HKD --due 2026-12-01 --json'.split(' '),
      ].flat(),
    );
    expect(added.code, added.err).toBe(0);
    const { itemId } = JSON.parse(added.out);
    expect((await cli(['items', 'show', itemId])).out).toContain('due 2026-12-01');
    const gone = await cli(['items', 'cancel', itemId, '--reason', 'no']);
    expect(gone.out).toContain('cancelled');
    const refused = await cli(['items', 'cancel', itemId], { by: stranger });
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('notEntitled')]);
  });
});

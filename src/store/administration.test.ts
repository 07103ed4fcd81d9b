import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestWorld } from '#api/test-services.ts';
import { createTestWorld } from '#api/test-services.ts';
import { CashbellError } from '#core/errors.ts';
import { rightValues, testBank } from '#engine/ladder/test-bank.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { addAccount, changeAccount, listAccounts } from './accounts-admin.ts';
import { verifyAudit } from './audit.ts';
import { configDigest, recordConnectionTest } from './connection-tests.ts';
import { addConnection, changeConnection, getConnection } from './connections-admin.ts';
import { parseRobotWebhook, requireClean } from './destination-values.ts';
import { addDestination, changeDestination, removeDestination } from './destinations-admin.ts';
import { addDingtalkApp, changeDingtalkApp, removeDingtalkApp } from './dingtalk-apps-admin.ts';
import { createDirectory } from './directory.ts';
import { getOrg, updateOrg } from './orgs.ts';
import { addPerson, listPersons, removePerson } from './persons.ts';
import { loadRouteRows, replaceRoutes, toRouteTree } from './routes-admin.ts';
import { loadSecrets } from './secrets.ts';
import { authenticateToken } from './tokens.ts';

let database: TestDatabase;
let world: TestWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createTestWorld(database);
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

const actor = 'test';

function connect(change: { values?: Record<string, string> } = {}) {
  return addConnection(
    world.services,
    {
      orgId: world.orgId,
      connector: testBank,
      name: 'Test Bank',
      environment: 'sandbox',
      values: rightValues,
      ...change,
    },
    actor,
  );
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof CashbellError) return error.code;
    throw error;
  }
  return 'nothing was refused';
}

describe('administration', () => {
  test('administration: a change raises the version, wakes the caches and stands in the audit', async () => {
    const listener = await database.pool.connect();
    const heard: (string | undefined)[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload));
    await listener.query('LISTEN cashbell_settings');
    const before = await getOrg(world.services, world.orgId);
    await updateOrg(world.services, { orgId: world.orgId, name: 'Acme Indonesia' }, actor);
    const after = await getOrg(world.services, world.orgId);
    expect(after.settingsVersion).toBe(before.settingsVersion + 1n);
    await listener.query('SELECT 1');
    expect(heard).toContain(world.orgId);
    listener.release(true);
    const { rows } = await database.pool.query(
      'SELECT action, before, after FROM audit WHERE org_id = $1 ORDER BY number DESC LIMIT 1',
      [world.orgId],
    );
    expect(rows[0]).toMatchObject({
      action: 'org.changed',
      before: { name: 'Acme' },
      after: { name: 'Acme Indonesia' },
    });
  });

  test('administration: no secret value ever stands in the audit or in clear in a row', async () => {
    const { connectionId } = await connect();
    const { rows } = await database.pool.query('SELECT before, after FROM audit');
    expect(JSON.stringify(rows)).not.toContain(rightValues.clientSecret);
    const sealed = await database.pool.query('SELECT sealed FROM secret WHERE owner_id = $1', [
      connectionId,
    ]);
    expect(sealed.rows[0].sealed.includes(rightValues.clientSecret)).toBe(false);
    const opened = await loadSecrets(world.services, { orgId: world.orgId, ownerId: connectionId });
    expect(opened.get('clientSecret')?.reveal()).toBe(rightValues.clientSecret);
  });

  test('administration: the hot path’s directory reads what was stored', async () => {
    const { connectionId } = await connect();
    const place = { orgId: world.orgId, connectionId, connector: testBank };
    await addAccount(
      world.services,
      { ...place, number: '42', name: 'Main', currency: 'IDR' },
      actor,
    );
    const connection = await createDirectory(world.services).connection(connectionId);
    expect(connection?.config).toEqual(rightValues);
    expect(connection?.accountsByIdentifier.get('account:42')?.name).toBe('Main');
    expect(connection?.isArmed).toBe(true);
  });

  test('administration: production keys go to another host only with somebody who has them', async () => {
    const values = { ...rightValues, clientSecret: 'production-secret-0123456789' };
    const { connectionId } = await connect({ values });
    await database.pool.query(
      "UPDATE connection SET environment = 'production' WHERE connection_id = $1",
      [connectionId],
    );
    const place = { orgId: world.orgId, connectionId, connector: testBank };
    const moved = { ...place, baseUrl: 'https://other.bank.example' };
    await expect(changeConnection(world.services, moved, actor)).rejects.toMatchObject({
      code: 'api.invalid',
      details: { field: 'baseUrl' },
    });
    const { baseUrl } = await getConnection(world.services, place);
    expect(baseUrl).not.toContain('other.bank.example');
    // Another path of the same host, and the keys entered again, are both fine.
    const path = { ...place, baseUrl: `${new URL(baseUrl).origin}/v2` };
    expect((await changeConnection(world.services, path, actor)).baseUrl).toContain('/v2');
    const entered = { ...moved, values };
    expect((await changeConnection(world.services, entered, actor)).baseUrl).toContain('other');
    await database.pool.query(
      "UPDATE connection SET environment = 'sandbox' WHERE connection_id = $1",
      [connectionId],
    );
  });

  test('administration: a green test arms, a change disarms and forgets the session', async () => {
    const record = await connect();
    const { connectionId } = record;
    const place = { orgId: world.orgId, connectionId };
    const outcome = { ...place, passed: true, digest: configDigest(record), rungs: [] };
    expect(await recordConnectionTest(world.services, outcome, actor)).toBe(true);
    await database.pool.query(
      `INSERT INTO session (org_id, connection_id, sealed_token, expires_at)
       VALUES ($1, $2, '\\x00', now())`,
      [world.orgId, connectionId],
    );
    const renamed = { ...place, connector: testBank, name: 'Renamed' };
    await changeConnection(world.services, renamed, actor);
    expect((await getConnection(world.services, place)).armedAt).toBeDefined();
    const moved = { ...place, connector: testBank, baseUrl: 'https://other.bank.example' };
    expect((await changeConnection(world.services, moved, actor)).armedAt).toBeUndefined();
    const { rowCount } = await database.pool.query('SELECT FROM session WHERE connection_id = $1', [
      connectionId,
    ]);
    expect(rowCount).toBe(0);
    // The digest was taken before the change: a test of other settings arms nothing.
    expect(await recordConnectionTest(world.services, outcome, actor)).toBe(false);
  });

  test('administration: an account number is refused with the way to write it', async () => {
    const { connectionId } = await connect();
    const input = { orgId: world.orgId, connectionId, connector: testBank, name: 'x' };
    const add = (number: string, currency = 'IDR') =>
      addAccount(world.services, { ...input, number, currency }, actor);
    await expect(add('123 456-7')).rejects.toMatchObject({
      details: { problem: 'write it without spaces and hyphens: 1234567' },
    });
    expect(await codeOf(add('1', 'ZZZ'))).toBe('money.currencyUnknown');
    const account = await add('1');
    expect(await codeOf(add('1'))).toBe('api.conflict');
    expect(account.poll).toMatchObject({ intervalSeconds: 300, failures: 0 });
    const { accountId } = account;
    const change = { orgId: world.orgId, accountId, connector: testBank, name: 'Renamed' };
    await changeAccount(world.services, change, actor);
    const [listed] = await listAccounts(world.services, { orgId: world.orgId, connectionId });
    expect(listed).toMatchObject({ name: 'Renamed', identifiers: ['account:1'] });
  });

  test('administration: persons are unique by their DingTalk user id', async () => {
    const input = { orgId: world.orgId, name: 'Siti', dingtalkUserId: 'user01', language: 'id' };
    const { personId } = await addPerson(world.services, input, actor);
    expect(await codeOf(addPerson(world.services, input, actor))).toBe('api.conflict');
    await removePerson(world.services, { orgId: world.orgId, personId }, actor);
    expect(await listPersons(world.services, world.orgId)).toEqual([]);
  });

  test('administration: a token of another organisation’s part is nobody’s', async () => {
    const token = await world.token(['read']);
    expect(await authenticateToken(world.services, token)).toMatchObject({ orgId: world.orgId });
    const [, , random] = token.split('_');
    expect(
      await authenticateToken(world.services, `cbt_0000000000_${random ?? ''}`),
    ).toBeUndefined();
  });

  test.each([
    ['https://oapi.dingtalk.com/robot/send?access_token=', 'access_token is missing'],
    ['https://oapi.dingtalk.com/robot/send?access_token=a b', 'holds a space'],
    ['https://oapi.dingtalk.com/robot?access_token=abcdef012345', 'path must be'],
    ['http://oapi.dingtalk.com/robot/send?access_token=abcdef012345', 'https://'],
    ['abcdef012345', 'paste the whole address'],
    ['https://oapi.dingtalk.com/robot/send?access_token=abcdef012345\n', 'ends with a line break'],
  ])('administration: the robot address %j is explained', (webhook, problem) => {
    expect(() => parseRobotWebhook(webhook)).toThrow(problem);
  });

  test('administration: a signed robot address gives host and token only', () => {
    const webhook =
      'https://oapi.dingtalk.com/robot/send?access_token=abcdef012345&timestamp=1&sign=x';
    expect(parseRobotWebhook(webhook)).toEqual({
      host: 'https://oapi.dingtalk.com',
      accessToken: 'abcdef012345',
    });
    expect(() => requireClean('x', 'ab\u200bcd')).toThrow('invisible');
  });

  test('administration: apps, groups and robots depend on each other', async () => {
    const { services, orgId } = world;
    const app = await addDingtalkApp(
      services,
      { orgId, name: 'Bell', appKey: 'dingabc', appSecret: 'app-secret-123' },
      actor,
    );
    expect(app).toMatchObject({ robotCode: 'dingabc', secrets: [{ field: 'appSecret' }] });
    const group = await addDestination(
      services,
      {
        orgId,
        name: 'Group',
        kind: 'appGroup',
        appId: app.appId,
        openConversationId: 'cid==',
        style: 'card',
      },
      actor,
    );
    expect(await codeOf(removeDingtalkApp(services, { orgId, appId: app.appId }, actor))).toBe(
      'api.conflict',
    );
    await changeDingtalkApp(
      services,
      { orgId, appId: app.appId, appSecret: 'next-secret-456' },
      actor,
    );
    const { destinationId } = group;
    await database.pool.query("UPDATE destination SET state = 'broken', broken_code = 'x'");
    const healed = await changeDestination(
      services,
      { orgId, destinationId, reactivate: true },
      actor,
    );
    expect(healed).toMatchObject({ state: 'active', brokenCode: undefined });
    await removeDestination(services, { orgId, destinationId }, actor);
    await removeDingtalkApp(services, { orgId, appId: app.appId }, actor);
    const stranger = { orgId, name: 'x', kind: 'person', appId: app.appId, userId: 'u' } as const;
    expect(await codeOf(addDestination(services, stranger, actor))).toBe('api.invalid');
  });

  test('administration: routes are replaced as a whole and keep their order', async () => {
    const { services, orgId } = world;
    const tree = {
      routeId: 'rte_root01',
      name: 'root',
      children: [
        { routeId: 'rte_one001', name: 'one', children: [{ routeId: 'rte_leaf01', name: 'leaf' }] },
        { routeId: 'rte_two001', name: 'two' },
      ],
    };
    await replaceRoutes(services, { orgId, tree }, actor);
    await replaceRoutes(services, { orgId, tree }, actor);
    const rows = await loadRouteRows(services, orgId);
    expect(rows.map((row) => row.route_id)).toEqual([
      'rte_root01',
      'rte_one001',
      'rte_leaf01',
      'rte_two001',
    ]);
    expect(toRouteTree(rows)).toEqual(tree);
  });

  test('administration: the audit chain is whole after all of it', async () => {
    const verdict = await verifyAudit(database.pool, world.orgId);
    expect(verdict.broken).toBeUndefined();
    expect(verdict.lines).toBeGreaterThan(10);
  });
});

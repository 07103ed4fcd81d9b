import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import { SecretText } from '#core/secret-text.ts';
import { fetchFailedPushes } from '#dingtalk/push.ts';
import { readInstance } from '#dingtalk/workflow.ts';
import { readUser } from '#dingtalk/directory.ts';
import type { Transport } from '#engine/transport.ts';
import { newId } from '#secret/ids.ts';
import type { DirectoryApp } from '#store/directory.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { waitFor } from '#tests/wait.ts';
import { createAppCalls, isCertainlyUndone } from './app-calls.ts';

let database: TestDatabase;
let world: FlowWorld;
let appId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  world = await createFlowWorld(database);
});
beforeEach(async () => {
  appId = newId('app');
  await database.pool.query(
    `INSERT INTO dingtalk_app (org_id, app_id, name, app_key, robot_code)
     VALUES ($1, $2, 'App', 'key', 'robot')`,
    [world.orgId, appId],
  );
});
afterAll(() => database.drop());

type Answer = { readonly status: number; readonly body: unknown };
const running: Answer = {
  status: 200,
  body: { success: true, result: { status: 'RUNNING', originatorUserId: 'u', result: '' } },
};
const refused = (status: number, code: string): Answer => ({
  status,
  body: { code, message: 'm' },
});

/** Calls whose answers the test gives, with what was sent. */
function stand(...answers: readonly Answer[]) {
  const sent: { path: string; token: string }[] = [];
  let tokens = 0;
  const transport: Pick<Transport, 'send'> = {
    send: (_target, { path, headers }) => {
      const isToken = path.endsWith('/accessToken');
      if (isToken) tokens += 1;
      else sent.push({ path, token: headers['x-acs-dingtalk-access-token'] ?? '' });
      const { status, body } = isToken
        ? { status: 200, body: { accessToken: `token-${tokens}`, expireIn: 7200 } }
        : (answers[Math.min(sent.length, answers.length) - 1] ?? running);
      return Promise.resolve({ status, headers: {}, body: Buffer.from(JSON.stringify(body)) });
    },
  };
  const { services, orgId } = world;
  const app: DirectoryApp = {
    orgId,
    appId,
    name: 'App',
    appKey: 'key',
    appSecret: new SecretText('the-secret'),
    robotCode: 'robot',
    apiHost: 'https://api.dingtalk.com',
    oapiHost: 'https://oapi.dingtalk.com',
    eventMode: 'none',
  };
  const calls = createAppCalls({ services, transport, onError: () => undefined });
  const read = () => calls.call(app, readInstance, { processInstanceId: 'i-1' });
  return { calls, app, read, sent, tokens: () => tokens };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (isCashbellError(error) ? error.code : String(error)),
  );

describe('app calls', () => {
  test('app calls: a refused token is renewed and the call repeated, once', async () => {
    const { read, sent, tokens } = stand(refused(400, 'InvalidAuthentication'), running);
    expect(await read()).toMatchObject({ status: 'RUNNING' });
    expect(sent.map(({ token }) => token)).toEqual(['token-1', 'token-2']);
    expect(tokens()).toBe(2);
    const always = stand(refused(400, 'InvalidAuthentication'));
    expect(await codeOf(always.read())).toBe('dingtalk.tokenInvalid');
    expect(always.sent).toHaveLength(2);
  });

  test('app calls: counted against the month under the app; free ones are not', async () => {
    const user: Answer = { status: 200, body: { errcode: 0, result: { userid: 'u' } } };
    const { calls, app, read } = stand(running, running, user);
    await read();
    await read();
    expect(await calls.call(app, readUser, { userId: 'u' })).toMatchObject({
      user: { userId: 'u', isActive: true },
    });
    const used = async () => {
      const [row] = await world.ask<{ calls: string }>(
        `SELECT sum(calls)::text AS calls FROM usage_month WHERE destination_id = $1`,
        [appId],
      );
      return row?.calls;
    };
    await waitFor(async () => (await used()) === '2', { what: 'two counted calls' });
  });

  test('app calls: a user who left is an answer, not a failure', async () => {
    const gone: Answer = { status: 200, body: { errcode: 60121, errmsg: 'not found' } };
    const { calls, app } = stand(gone);
    expect(await calls.call(app, readUser, { userId: 'u' })).toEqual({});
  });

  test('app calls: a spent month is asked once for all who wait, other calls go on', async () => {
    const quota = refused(403, 'Forbidden.AccessDenied.ApiCountLimitForOrg');
    const { calls, app, read, sent } = stand(quota, { status: 200, body: { errcode: 60121 } });
    for (let time = 0; time < 5; time += 1) {
      expect(await codeOf(read())).toBe('dingtalk.quotaExhausted');
    }
    expect(sent).toHaveLength(1);
    // The directory is free of charge and answers.
    expect(await calls.call(app, readUser, { userId: 'u' })).toEqual({});
  });

  test('app calls: an address that is shut out stays quiet, on that host only', async () => {
    const blocked: Answer = { status: 200, body: { status: 1111, wait: 5, punish: 'deny' } };
    const { calls, app, read, sent } = stand(blocked, {
      status: 200,
      body: { errcode: 0, failed_list: [] },
    });
    expect(await codeOf(read())).toBe('dingtalk.throttled');
    expect(await codeOf(read())).toBe('dingtalk.throttled');
    expect(sent).toHaveLength(1);
    expect(await calls.call(app, fetchFailedPushes, {})).toEqual({ pushes: [], hasMore: false });
  });

  test.each([
    ['dingtalk.requestInvalid', true],
    ['approval.formMismatch', true],
    ['dingtalk.permissionMissing', true],
    ['dingtalk.quotaExhausted', true],
    ['dingtalk.throttled', true],
    ['transport.connectFailed', true],
    ['transport.dnsFailed', true],
    ['dingtalk.busy', false],
    ['dingtalk.outcomeUnknown', false],
    ['dingtalk.answerUnreadable', false],
    ['transport.timeout', false],
    ['transport.answerTooLarge', false],
  ] as const)('app calls: after %s nothing was done for certain: %s', (code, isUndone) => {
    expect(isCertainlyUndone(new CashbellError(code))).toBe(isUndone);
  });
});

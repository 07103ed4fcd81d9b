import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CashbellError } from '#core/errors.ts';
import { SecretText } from '#core/secret-text.ts';
import type { Transport } from '#engine/transport.ts';
import type { DirectoryApp } from '#store/directory.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { createDingtalkSender } from './dingtalk-sender.ts';

type Answer = () => { status: number; body: unknown };

let database: TestDatabase;
let world: FlowWorld;
let paths: string[];
let tokens: number;
let onToken: Answer;
let onMessage: (token: string) => ReturnType<Answer>;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  world = await createFlowWorld(database);
  await database.pool.query(
    `INSERT INTO dingtalk_app (org_id, app_id, name, app_key, robot_code)
     VALUES ($1, 'app_1', 'App', 'key', 'robot')`,
    [world.orgId],
  );
  paths = [];
  tokens = 0;
  onToken = () => {
    tokens += 1;
    return { status: 200, body: { accessToken: `token-${tokens}`, expireIn: 7200 } };
  };
  onMessage = () => ({ status: 200, body: { processQueryKey: 'pqk' } });
});
afterAll(() => database.drop());

const transport: Transport = {
  send: (_target, message) => {
    paths.push(message.path.split('?')[0] ?? '');
    const isToken = message.path.endsWith('/accessToken');
    const token = message.headers['x-acs-dingtalk-access-token'] ?? '';
    return Promise.resolve().then(() => {
      const { status, body } = isToken ? onToken() : onMessage(token);
      return { status, headers: {}, body: Buffer.from(JSON.stringify(body)) };
    });
  },
  close: () => Promise.resolve(),
};

function send() {
  const app: DirectoryApp = {
    orgId: world.orgId,
    appId: 'app_1',
    name: 'App',
    eventMode: 'none',
    appKey: 'key',
    appSecret: new SecretText('secret'),
    robotCode: 'robot',
    apiHost: 'https://api.dingtalk.com',
    oapiHost: 'https://oapi.dingtalk.com',
  };
  return createDingtalkSender({ services: world.services, transport }).send({
    kind: 'groupMessage',
    app,
    openConversationId: 'cid',
    msgKey: 'sampleMarkdown',
    msgParam: '{"title":"t","text":"x"}',
  });
}

const fail = (code: 'transport.timeout' | 'transport.connectFailed') => (): never => {
  throw new CashbellError(code);
};

describe('DingTalk sender', () => {
  test('DingTalk sender: one token serves all, also another process', async () => {
    expect(await send()).toEqual({ kind: 'accepted', providerReference: 'pqk' });
    expect(await send()).toMatchObject({ kind: 'accepted' });
    expect(tokens).toBe(1);
  });

  test('DingTalk sender: a refused token is renewed once, never in a storm', async () => {
    const refused = { status: 400, body: { code: 'InvalidAuthentication', message: 'token' } };
    onMessage = (token) =>
      token === 'token-1' ? refused : { status: 200, body: { processQueryKey: 'pqk' } };
    expect(await send()).toMatchObject({ kind: 'accepted' });
    expect(tokens).toBe(2);
    onMessage = () => refused;
    expect(await send()).toMatchObject({ kind: 'retry', code: 'dingtalk.tokenInvalid' });
    expect(tokens).toBe(3);
  });

  test('DingTalk sender: silence after the message is unknown, before it is not', async () => {
    onMessage = fail('transport.timeout');
    expect(await send()).toMatchObject({ kind: 'unknown', code: 'dingtalk.outcomeUnknown' });
    onMessage = fail('transport.connectFailed');
    expect(await send()).toMatchObject({ kind: 'retry', code: 'dingtalk.unreachable' });
  });

  test('DingTalk sender: a token that does not come leaves no doubt about the message', async () => {
    onToken = fail('transport.timeout');
    expect(await send()).toMatchObject({ kind: 'retry', code: 'dingtalk.unreachable' });
    expect(paths).toHaveLength(1);
  });
});

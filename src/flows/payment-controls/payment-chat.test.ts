import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RobotMessage } from '#dingtalk/push.ts';
import { createDirectory } from '#store/directory.ts';
import { addDingtalkApp } from '#store/dingtalk-apps-admin.ts';
import { isStopped } from '#store/payment-stops.ts';
import type { PeopleWorld } from '#store/test-people.ts';
import { createPeopleWorld } from '#store/test-people.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { Outgoing } from '../notification/dingtalk-sender.ts';
import { createPaymentChat } from './payment-chat.ts';

let database: TestDatabase;
let world: PeopleWorld;
let appId: string;
/** What went out, by the reply address and by the app's own message. */
let posted: { readonly baseUrl: string; readonly request: object; readonly text: string }[] = [];
let sent: Outgoing[] = [];
let answer: { status: number; body: string } | Error;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
  const guard = await world.person('Guard', 'guard01');
  await world.grant(guard, 'payment.stop');
  const app = await addDingtalkApp(
    world.services,
    { orgId: world.orgId, name: 'Pay', appKey: 'key', appSecret: 'secret-of-the-app' },
    'test',
  );
  appId = app.appId;
});

beforeEach(async () => {
  await database.pool.query('DELETE FROM payment_stop');
  posted = [];
  sent = [];
  answer = { status: 200, body: '{"errcode":0,"errmsg":"ok"}' };
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

const SESSION = 'https://oapi.dingtalk.com/robot/sendBySession?session=abc';

async function say(more: Partial<RobotMessage> = {}): Promise<boolean> {
  const chat = createPaymentChat({
    services: {
      ...world.services,
      announcer: { directory: createDirectory(world.services), connectorOf: () => undefined },
    },
    transport: {
      send: ({ baseUrl }, request) => {
        posted.push({ baseUrl, request, text: String(request.body) });
        if (answer instanceof Error) return Promise.reject(answer);
        const { status, body } = answer;
        return Promise.resolve({ status, headers: {}, body: Buffer.from(body) });
      },
    },
    sender: {
      send: (message) => {
        sent.push(message);
        return Promise.resolve({ kind: 'accepted' });
      },
    },
  });
  const message: RobotMessage = {
    msgId: 'msg1',
    text: 'stop payments',
    messageType: 'text',
    isGroup: true,
    conversationId: 'cid',
    conversationTitle: 'Finance',
    senderUserId: 'guard01',
    isFromOwnCorp: true,
    senderCorpId: 'corp1',
    isWithoutContent: false,
    sessionWebhook: SESSION,
    sessionWebhookEndsAtMs: Date.now() + 3_600_000,
    ...more,
  };
  return chat(message, { orgId: world.orgId, appId });
}

const stopped = () => isStopped(database.pool, world.orgId, world.accounts[0]);

describe('answers to the chat', () => {
  test('chat: the answer goes to the address that came with the message', async () => {
    expect(await say()).toBe(true);
    expect(await stopped()).toBe(true);
    expect(posted).toMatchObject([
      {
        baseUrl: 'https://oapi.dingtalk.com',
        request: { method: 'POST', path: '/robot/sendBySession?session=abc' },
      },
    ]);
    expect(posted[0]?.text).toContain('Payments are stopped');
    expect(sent).toEqual([]);
  });

  test.each<[string, Partial<RobotMessage>, { status: number; body: string } | Error | undefined]>([
    ['is over', { sessionWebhookEndsAtMs: Date.now() + 1_000 }, undefined],
    ['is missing', { sessionWebhook: '' }, undefined],
    // Whoever sends a message must not choose where we call.
    ['is of a stranger', { sessionWebhook: 'https://evil.example/robot/send' }, undefined],
    [
      'is of a stranger who looks alike',
      { sessionWebhook: `${SESSION}`.replace('.com', '.com.evil.example') },
      undefined,
    ],
    ['refuses under HTTP 200', {}, { status: 200, body: '{"errcode":300001,"errmsg":"gone"}' }],
    ['is down', {}, new Error('connection refused')],
  ])('chat: where the address %s, the person alone is answered', async (_what, more, said) => {
    if (said) answer = said;
    await say(more);
    expect(await stopped()).toBe(true);
    expect(posted.map(({ baseUrl }) => baseUrl)).toEqual(said ? ['https://oapi.dingtalk.com'] : []);
    expect(sent).toMatchObject([
      { kind: 'personalMessage', userId: 'guard01', msgKey: 'sampleText' },
    ]);
  });

  test('chat: what is no command is left to others, without a word', async () => {
    expect(await say({ text: 'lunch?' })).toBe(false);
    expect([posted, sent]).toEqual([[], []]);
  });

  test('chat: told the same twice it does nothing twice', async () => {
    await say();
    await say();
    const { rows } = await database.pool.query('SELECT FROM payment_stop');
    expect(rows).toHaveLength(1);
  });
});

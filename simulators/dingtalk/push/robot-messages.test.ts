import { describe, expect, test } from 'vitest';
import type { Json, Stand } from '../testing.ts';
import { signOf } from './robot-messages.ts';
import {
  answerFrame,
  connect,
  deliveryOf,
  ended,
  EVENTS,
  receiver,
  ROBOT,
  standing,
  until,
} from './testing.ts';

const GROUP = 'Finance 财务群';

function write(stand: Stand, order: Record<string, unknown> = {}): Promise<Json> {
  return stand.manage('POST', 'robot-messages', {
    group: GROUP,
    userId: 'user01',
    text: '余额',
    ...order,
  });
}

/** The payload that a write brought to a connected client. */
async function heard(
  order: Record<string, unknown> = {},
): Promise<{ stand: Stand; payload: Json }> {
  const { stand, app } = await standing();
  const client = await connect(stand, app);
  await write(stand, order);
  await until(() => client.of('CALLBACK').length === 1);
  return { stand, payload: JSON.parse(client.of('CALLBACK')[0].data) };
}

describe('message to the robot', () => {
  test('comes with its whole body, mention removed, and is shown in the conversation', async () => {
    const { stand, world, app } = await standing();
    const client = await connect(stand, app);
    const delivery = await write(stand);
    expect(await ended(stand, delivery.id)).toMatchObject({ outcome: 'acknowledged' });
    const [frame] = client.of('CALLBACK');
    expect(frame.headers.topic).toBe('/v1.0/im/bot/messages/get');
    expect(JSON.parse(frame.data)).toEqual({
      msgtype: 'text',
      text: { content: ' 余额' },
      conversationType: '2',
      conversationId: world.groups[0].groupId,
      conversationTitle: GROUP,
      isInAtList: true,
      atUsers: [{ dingtalkId: expect.stringContaining('$:LWCP_v1:$') }],
      chatbotCorpId: world.organisation.corpId,
      chatbotUserId: expect.any(String),
      senderCorpId: world.organisation.corpId,
      senderId: expect.any(String),
      senderNick: '张伟 Zhang Wei',
      senderStaffId: 'user01',
      senderPlatform: expect.any(String),
      isAdmin: false,
      msgId: delivery.key,
      createAt: expect.any(Number),
      robotCode: app.robotCode,
      sessionWebhook: expect.stringContaining(`${stand.url}/robot/sendBySession?session=`),
      sessionWebhookExpiredTime: expect.any(Number),
    });
    const { messages, quotas } = await stand.manage('GET', 'state');
    expect(messages).toMatchObject([
      { via: 'person', robot: '张伟 Zhang Wei', group: GROUP, text: '@Cashbell 余额' },
    ]);
    expect(quotas.webhookCalls).toBe(1);
  });

  test('can be answered through its session, in the group and alone', async () => {
    const { stand, payload } = await heard();
    const reply = { msgtype: 'text', text: { content: 'in the group' } };
    const path = payload.sessionWebhook.replace(stand.url, '');
    expect((await stand.call('POST', path, reply)).json.errcode).toBe(0);
    const { messages } = await stand.manage('GET', 'state');
    expect(messages[1]).toMatchObject({ via: 'appRobot', group: GROUP, text: 'in the group' });
  });

  test('alone with the robot has its own conversation, the same every time', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    for (const userId of ['user01', 'user01', 'user02']) {
      await write(stand, { group: undefined, userId });
    }
    await until(() => client.of('CALLBACK').length === 3);
    const payloads = client.of('CALLBACK').map((frame) => JSON.parse(frame.data));
    expect(payloads[0]).toMatchObject({ conversationType: '1', text: { content: '余额' } });
    expect(payloads[0]).not.toHaveProperty('conversationTitle');
    const ids = payloads.map(({ conversationId }) => conversationId);
    expect([ids[0] === ids[1], ids[0] === ids[2]]).toEqual([true, false]);
    const reply = { msgtype: 'text', text: { content: 'for you' } };
    await stand.call('POST', payloads[0].sessionWebhook.replace(stand.url, ''), reply);
    const { messages } = await stand.manage('GET', 'state');
    expect(messages.at(-1)).toMatchObject({ via: 'personal', userIds: ['user01'] });
  });

  test('of an outsider names no member of the company', async () => {
    const { payload } = await heard({ outsider: true });
    expect(payload.senderStaffId).toBe('');
    expect(payload.senderCorpId).not.toBe(payload.chatbotCorpId);
  });

  test('may be speech, and have fields otherwise', async () => {
    const { payload } = await heard({
      group: undefined,
      msgtype: 'audio',
      fields: { isAdmin: true, senderNick: null },
    });
    expect(payload).toMatchObject({ msgtype: 'audio', content: { recognition: '余额' } });
    expect([payload.isAdmin, 'senderNick' in payload]).toEqual([true, false]);
  });

  test('over the quota comes without text and with 20001', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    await stand.manage('POST', 'quotas', { webhookCallsLeft: 0 });
    await write(stand);
    await until(() => client.of('CALLBACK').length === 1);
    const payload = JSON.parse(client.of('CALLBACK')[0].data);
    expect(payload).toMatchObject({ errorCode: '20001', errorMessage: expect.any(String) });
    expect(payload).not.toHaveProperty('text');
  });

  test('is lost without a connection, and comes once more without an answer', async () => {
    const { stand, app } = await standing();
    await connect(stand, app, [EVENTS]);
    expect(await write(stand)).toMatchObject({ outcome: 'lost' });
    const client = await connect(stand, app, [ROBOT]);
    client.answer = () => 'silent';
    await stand.manage('POST', 'push/settings', { streamAckMs: 30, robotRepeatMs: 60_000 });
    const { id, key } = await write(stand);
    await until(async () => (await deliveryOf(stand, id)).attempts[0].verdict === 'noAnswer');
    await stand.manage('POST', 'push/settings', { streamAckMs: 10_000 });
    await stand.manage('POST', 'clock', { advanceMs: 60_000 });
    await until(() => client.of('CALLBACK').length === 2);
    const frames = client.of('CALLBACK');
    expect(frames.map((frame) => JSON.parse(frame.data).msgId)).toEqual([key, key]);
    expect(frames[0].headers.messageId).not.toBe(frames[1].headers.messageId);
    answerFrame(client, frames[1], { response: null });
    expect(await ended(stand, id)).toMatchObject({ outcome: 'acknowledged' });
  });

  test('to a robot outside the group, or of nobody, is refused', async () => {
    const { stand } = await standing();
    await expect(write(stand, { group: 'Sales 销售群' })).rejects.toThrow('400');
    await expect(write(stand, { userId: 'ghost' })).rejects.toThrow('no such user');
  });
});

describe('robot in HTTP mode', () => {
  test('signs as the vectors of dingtalk.md 10.1 and 3.4 say', () => {
    expect(signOf('this is a secret', '1577262236757')).toBe(
      'DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA=',
    );
  });

  test('is called at its address with timestamp and sign, and once only', async () => {
    const { stand, app } = await standing();
    const { url, received } = await receiver(() => ({}));
    const path = `push/apps/${app.appKey}`;
    await expect(stand.manage('POST', path, { robotMode: 'http' })).rejects.toThrow('robotUrl');
    await stand.manage('POST', path, { robotMode: 'http', robotUrl: url });
    const { id, key } = await write(stand);
    expect(await ended(stand, id)).toMatchObject({ via: 'http', outcome: 'acknowledged' });
    expect(received).toHaveLength(1);
    expect(received[0]?.body).toMatchObject({ msgId: key, senderStaffId: 'user01' });
    expect(received[0]?.headers).toMatchObject({
      timestamp: expect.stringMatching(/^\d{13}$/),
      sign: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
    });
  });
});

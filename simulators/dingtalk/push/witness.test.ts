import { createRequire } from 'node:module';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Json } from '../testing.ts';
import { ended, publish, standing, until } from './testing.ts';

// DingTalk's own client, which nobody here wrote. Both it and its axios are loaded as CommonJS, so
// that the interceptor below sits in the very axios that it calls.
const require = createRequire(import.meta.url);
const {
  DWClient,
  EventAck,
  TOPIC_CARD,
  TOPIC_ROBOT,
  GATEWAY_URL,
}: Json = require('dingtalk-stream');
const axios: Json = createRequire(require.resolve('dingtalk-stream'))('axios');

/** Its gateway is a constant (dingtalk.md 9). Never taken off: the real one must not be called. */
let simulatorUrl = 'http://127.0.0.1:1';
axios.interceptors.request.use((config: Json) => {
  expect(config.url).toBe(GATEWAY_URL);
  return { ...config, url: `${simulatorUrl}${new URL(GATEWAY_URL).pathname}` };
});

async function connected(settings: Record<string, unknown> = {}) {
  vi.spyOn(console, 'info').mockImplementation(() => undefined);
  const { stand, world, app } = await standing({ announce: 'always', pingMs: 20, ...settings });
  simulatorUrl = stand.url;
  const client: Json = new DWClient({ clientId: app.appKey, clientSecret: app.appSecret });
  onTestFinished(() => {
    client.disconnect();
    vi.restoreAllMocks();
  });
  return { stand, world, app, client };
}

test("DingTalk's own Stream client gets an event, may put it off, and answers pings", async () => {
  const { stand, client } = await connected({ streamRedeliverMs: [20] });
  const heard: Json[] = [];
  client.registerAllEventListener((message: Json) => {
    heard.push(message);
    return { status: heard.length === 1 ? EventAck.LATER : EventAck.SUCCESS, message: 'ok' };
  });
  await client.connect();
  await until(() => client.registered);
  const data = { processInstanceId: 'p-1', title: '付款审批', type: 'finish', result: 'agree' };
  const { id, key } = await publish(stand, 'bpms_instance_change', data);
  const delivery = await ended(stand, id);
  expect(delivery.attempts.map(({ verdict }: Json) => verdict)).toEqual(['later', 'acknowledged']);
  expect(heard.map(({ headers }) => headers.eventId)).toEqual([key, key]);
  expect(JSON.parse(heard[1].data)).toEqual(data);
  await until(async () => {
    const { connections } = await stand.manage('GET', 'push');
    return connections[0].pingsAnswered > 0 && connections[0].strayAnswers === 0;
  });
});

test("DingTalk's own Stream client gets a message to the robot", async () => {
  const { stand, client } = await connected();
  const heard: Json[] = [];
  client.registerCallbackListener(TOPIC_ROBOT, (message: Json) => {
    heard.push(JSON.parse(message.data));
    client.socketCallBackResponse(message.headers.messageId, {});
  });
  await client.connect();
  const order = { group: 'Finance 财务群', userId: 'user01', text: 'saldo' };
  const { id } = await stand.manage('POST', 'robot-messages', order);
  expect(await ended(stand, id)).toMatchObject({ outcome: 'acknowledged' });
  expect(heard).toMatchObject([{ senderStaffId: 'user01', text: { content: ' saldo' } }]);
});

test("DingTalk's own Stream client answers a question where it was asked", async () => {
  const { stand, client } = await connected();
  client.registerCallbackListener(TOPIC_ROBOT, async (message: Json) => {
    client.socketCallBackResponse(message.headers.messageId, {});
    const { sessionWebhook, senderStaffId, conversationType } = JSON.parse(message.data);
    const text = { content: `@${senderStaffId} ${conversationType}` };
    // Not through its axios, which is bound to the gateway above.
    await fetch(sessionWebhook, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ msgtype: 'text', text, at: { atUserIds: [senderStaffId] } }),
    });
  });
  await client.connect();
  const ask = { userId: 'user01', text: 'saldo' };
  await stand.manage('POST', 'robot-messages', { ...ask, group: 'Finance 财务群' });
  await stand.manage('POST', 'robot-messages', ask);
  const state = () => stand.manage('GET', 'state');
  await until(async () => (await state()).messageCount === 4);
  const answers = (await state()).messages.filter(({ via }: Json) => via !== 'person');
  expect(answers.find(({ via }: Json) => via === 'appRobot')).toMatchObject({
    group: 'Finance 财务群',
    text: '@user01 2',
  });
  expect(answers.find(({ via }: Json) => via === 'personal')).toMatchObject({
    userIds: ['user01'],
    text: '@user01 1',
  });
});

test("DingTalk's own Stream client answers a press, and the card shows its answer", async () => {
  const { stand, world, app, client } = await connected();
  client.registerCallbackListener(TOPIC_CARD, (message: Json) => {
    const { outTrackId } = JSON.parse(message.data);
    client.socketCallBackResponse(message.headers.messageId, {
      cardData: { cardParamMap: { state: `seen ${outTrackId}` } },
      cardUpdateOptions: { updateCardDataByKey: true },
    });
  });
  await client.connect();
  await stand.asApp('POST', '/v1.0/card/instances/createAndDeliver', {
    cardTemplateId: app.cardTemplateId,
    outTrackId: 'pay-1',
    callbackType: 'STREAM',
    cardData: { cardParamMap: { state: 'pending' } },
    openSpaceId: `dtv1.card//IM_GROUP.${world.groups[0].groupId}`,
    imGroupOpenDeliverModel: { robotCode: app.robotCode },
  });
  await stand.manage('POST', 'cards/pay-1/press', { userId: 'user01', actionId: '1' });
  await until(async () => {
    const { cards } = await stand.manage('GET', 'state');
    return cards[0].params.state === 'seen pay-1';
  });
});

test("DingTalk's own Stream client comes back after a cut and then gets the event", async () => {
  const { stand, client } = await connected({ streamRedeliverMs: [20, 5000] });
  client.reconnectInterval = 20;
  const heard: unknown[] = [];
  client.registerAllEventListener((message: Json) => {
    heard.push(message.headers.eventId);
    return { status: EventAck.SUCCESS };
  });
  await client.connect();
  await stand.manage('POST', 'faults', { name: 'streamDropped', count: 1, after: true });
  const { id, key } = await publish(stand);
  await until(async () => (await stand.manage('GET', 'push')).apps[0].connectCount === 2);
  await until(async () => {
    await stand.manage('POST', 'clock', { advanceMs: 5000 });
    const { deliveries } = await stand.manage('GET', 'push/deliveries');
    return deliveries.find((delivery: Json) => delivery.id === id).outcome === 'acknowledged';
  });
  expect(heard).toEqual([key, key]);
});

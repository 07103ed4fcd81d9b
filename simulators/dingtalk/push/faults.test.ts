import { afterAll, describe, expect, test } from 'vitest';
import type { Json, Stand } from '../testing.ts';
import { PUSH_FAULTS } from './fault-names.ts';
import {
  answerFrame,
  askTicket,
  CARDS,
  connect,
  deliveryOf,
  ended,
  publish,
  receiver,
  refusalOf,
  standing,
  until,
  witnessOf,
} from './testing.ts';

const tried = new Set<string>();
afterAll(() => {
  expect([...tried].toSorted()).toEqual(Object.keys(PUSH_FAULTS).toSorted());
});

async function strike(
  stand: Stand,
  name: string,
  settings: Record<string, unknown> = {},
): Promise<void> {
  tried.add(name);
  await stand.manage('POST', 'faults', { name, count: 1, ...settings });
}

function verdicts(delivery: Json): string[] {
  return delivery.attempts.map(({ verdict }: Json) => verdict);
}

describe('faults of the gateway', () => {
  test('streamOpenRefused and streamHandshakeRefused answer with their status once', async () => {
    const { stand, app } = await standing();
    await strike(stand, 'streamOpenRefused', { status: 400 });
    expect((await askTicket(stand, app)).status).toBe(400);
    const { json } = await askTicket(stand, app);
    await strike(stand, 'streamHandshakeRefused', { status: 429 });
    expect(await refusalOf(json.endpoint, json.ticket)).toBe(429);
  });
});

describe('faults of a connection', () => {
  test('streamZombie: nothing more is delivered, pings are answered, TCP stands', async () => {
    const { stand, app } = await standing();
    const zombie = await connect(stand, app);
    await stand.manage('POST', 'push/settings', { streamAckMs: 30, streamRedeliverMs: [60_000] });
    await strike(stand, 'streamZombie');
    const { id } = await publish(stand);
    await until(async () => (await deliveryOf(stand, id)).attempts[0].verdict === 'noAnswer');
    const pong = new Promise((resolve) => zombie.socket.once('pong', resolve));
    zombie.socket.ping();
    await pong;
    expect([zombie.of('EVENT').length, zombie.isClosed()]).toEqual([0, false]);
    expect((await deliveryOf(stand, id)).attempts[0]).toMatchObject({
      verdict: 'noAnswer',
      sent: false,
    });
    const { connections } = await stand.manage('GET', 'push');
    expect(connections[0]).toMatchObject({ zombie: true, state: 'open', clientPings: 1 });
    await stand.manage('POST', `push/connections/${connections[0].connectionId}`, {
      action: 'revive',
    });
    await stand.manage('POST', 'push/settings', { streamAckMs: 10_000 });
    await stand.manage('POST', 'clock', { advanceMs: 60_000 });
    expect(await ended(stand, id)).toMatchObject({ outcome: 'acknowledged' });
    expect(zombie.of('EVENT')).toHaveLength(1);
  });

  test('streamDropped cuts before the push, or after it so that the answer is lost', async () => {
    const { stand, app } = await standing();
    const first = await connect(stand, app);
    await strike(stand, 'streamDropped');
    await stand.manage('POST', 'push/settings', { streamRedeliverMs: [60_000] });
    const before = await publish(stand);
    await until(() => first.isClosed());
    const second = await connect(stand, app);
    await stand.manage('POST', 'clock', { advanceMs: 60_000 });
    expect(verdicts(await ended(stand, before.id))).toEqual(['connectionLost', 'acknowledged']);
    expect(first.of('EVENT')).toHaveLength(0);
    await strike(stand, 'streamDropped', { after: true });
    const after = await publish(stand);
    await until(() => second.isClosed());
    expect(second.of('EVENT').at(-1).headers.eventId).toBe(after.key);
    await connect(stand, app);
    await stand.manage('POST', 'clock', { advanceMs: 60_000 });
    expect(verdicts(await ended(stand, after.id))).toEqual(['connectionLost', 'acknowledged']);
  });

  test('streamDisconnect says goodbye before a push, which another connection gets', async () => {
    const { stand, app } = await standing();
    const clients = [await connect(stand, app), await connect(stand, app)];
    await strike(stand, 'streamDisconnect');
    const { id } = await publish(stand);
    expect(verdicts(await ended(stand, id))).toEqual(['acknowledged']);
    const kinds = clients.map((client) => client.frames.map(({ type }) => type).join());
    expect(kinds.toSorted()).toEqual(['EVENT', 'SYSTEM']);
  });

  test('pushSlow holds a push back while others pass', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    await strike(stand, 'pushSlow', { ms: 60 });
    const slow = await publish(stand);
    const quick = await publish(stand);
    await ended(stand, slow.id);
    const order = client.of('EVENT').map((frame) => frame.headers.eventId);
    expect(order).toEqual([quick.key, slow.key]);
  });
});

describe('faults of events and messages', () => {
  test('pushContentless takes the content away although the quota has room', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    await strike(stand, 'pushContentless');
    await ended(stand, (await publish(stand)).id);
    expect(JSON.parse(client.of('EVENT')[0].data).errCode).toBe('20001');
  });

  test('eventLost is booked and never comes', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    await strike(stand, 'eventLost');
    const lost = await publish(stand);
    expect(lost).toMatchObject({ outcome: 'lost', attempts: [] });
    await ended(stand, (await publish(stand)).id);
    expect(client.of('EVENT').map((frame) => frame.headers.eventId)).not.toContain(lost.key);
  });

  test('eventDuplicated comes twice with one eventId although acknowledged', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    await strike(stand, 'eventDuplicated', { path: 'bpms_instance_change' });
    await publish(stand, 'bpms_task_change');
    const { id, key } = await publish(stand);
    await until(() => client.of('EVENT').length === 3);
    const twice = client.of('EVENT').filter((frame) => frame.headers.eventId === key);
    expect(new Set(twice.map((frame) => frame.headers.messageId)).size).toBe(2);
    await until(async () => verdicts(await deliveryOf(stand, id)).length === 2);
    const { attempts, outcome } = await deliveryOf(stand, id);
    expect(outcome).toBe('acknowledged');
    expect(attempts.map(({ extra }: Json) => extra)).toEqual([false, true]);
  });

  test('eventReordered lets the next event pass; alone it waits for its time', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    await strike(stand, 'eventReordered', { ms: 60_000 });
    const [first, second] = [await publish(stand), await publish(stand)];
    await until(() => client.of('EVENT').length === 2);
    const order = (): string[] => client.of('EVENT').map((frame) => frame.headers.eventId);
    expect(order()).toEqual([second.key, first.key]);
    await strike(stand, 'eventReordered', { ms: 30 });
    const alone = await publish(stand);
    expect(alone.attempts).toEqual([]);
    await until(() => order().at(-1) === alone.key);
  });

  test('robotMessageLost never comes; robotMessageDuplicated comes twice with one msgId', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    const write = (text: string): Promise<Json> =>
      stand.manage('POST', 'robot-messages', { group: 'Finance 财务群', userId: 'user01', text });
    await strike(stand, 'robotMessageLost');
    expect(await write('first')).toMatchObject({ outcome: 'lost', attempts: [] });
    await strike(stand, 'robotMessageDuplicated');
    const { key } = await write('second');
    await until(() => client.of('CALLBACK').length === 2);
    const ids = client.of('CALLBACK').map((frame) => JSON.parse(frame.data).msgId);
    expect(ids).toEqual([key, key]);
  });

  test('cardCallbackLost records the press and tells nobody', async () => {
    const { stand, world, app } = await standing();
    const client = await connect(stand, app, [CARDS]);
    await stand.asApp('POST', '/v1.0/card/instances/createAndDeliver', {
      cardTemplateId: app.cardTemplateId,
      outTrackId: 'card-1',
      callbackType: 'STREAM',
      cardData: { cardParamMap: {} },
      openSpaceId: `dtv1.card//IM_GROUP.${world.groups[0].groupId}`,
      imGroupOpenDeliverModel: { robotCode: app.robotCode },
    });
    await strike(stand, 'cardCallbackLost');
    const press = { userId: 'user01', actionId: 'agree' };
    await stand.manage('POST', 'cards/card-1/press', press);
    await stand.manage('POST', 'cards/card-1/press', press);
    await until(() => client.of('CALLBACK').length === 1);
    const { deliveries } = await stand.manage('GET', 'push/deliveries?kind=cardCallback');
    expect(deliveries.map(({ key, attempts }: Json) => [key, attempts.length])).toEqual([
      ['card-1#1', 0],
      ['card-1#2', 1],
    ]);
    answerFrame(client, client.of('CALLBACK')[0], {});
  });

  test('eventForged calls with a signature that the secrets do not give', async () => {
    const { stand, app } = await standing();
    const aesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
    const witness = witnessOf('TestToken123', aesKey, app.appKey);
    const isGenuine = ({ query, body }: { query: URLSearchParams; body: Json }): boolean => {
      const at = query.get('timestamp') ?? query.get('timeStamp') ?? '';
      const nonce = query.get('nonce') ?? '';
      const sign = query.get('signature') ?? query.get('msg_signature');
      return witness.getSignature('TestToken123', at, nonce, body.encrypt) === sign;
    };
    const { url, received } = await receiver(() => {
      const encrypt = witness.encrypt('0123456789abcdef', 'success');
      const signature = witness.getSignature('TestToken123', '1700000000000', 'n', encrypt);
      return { msg_signature: signature, timeStamp: '1700000000000', nonce: 'n', encrypt };
    });
    await stand.manage('POST', `push/apps/${app.appKey}/callback`, {
      url,
      token: 'TestToken123',
      aesKey,
    });
    await strike(stand, 'eventForged');
    await ended(stand, (await publish(stand)).id);
    expect(received.map(isGenuine)).toEqual([true, false, true]);
  });
});

import { describe, expect, onTestFinished, test } from 'vitest';
import type { Json, Stand } from '../testing.ts';
import { startApprovalStand } from '../workflow/testing.ts';
import {
  answerFrame,
  askTicket,
  CARDS,
  connect,
  deliveryOf,
  ended,
  EVENTS,
  publish,
  refusalOf,
  ROBOT,
  standing,
  until,
} from './testing.ts';

async function channelOf(stand: Stand): Promise<Json> {
  return (await stand.manage('GET', 'push')).apps[0];
}

describe('connections/open', () => {
  test('gives endpoint and ticket to the right secret and costs no quota', async () => {
    const { stand, app } = await standing();
    const { status, json } = await askTicket(stand, app);
    expect(status).toBe(200);
    expect(json).toEqual({
      endpoint: `${stand.url.replace('http', 'ws')}/connect`,
      ticket: expect.stringMatching(/^[\w-]{20,}$/),
    });
    expect(await stand.manage('GET', 'quotas')).toMatchObject({ apiCalls: 0, webhookCalls: 0 });
  });

  test('refuses a wrong secret with 401 authFailed and says nothing of it but that', async () => {
    const { stand, app } = await standing();
    const { status, json } = await askTicket(stand, { ...app, appSecret: 'wrong' });
    expect(status).toBe(401);
    expect(json).toEqual({
      code: 'authFailed',
      message: '鉴权失败',
      requestid: expect.any(String),
    });
    expect(await channelOf(stand)).toMatchObject({ openCount: 1, openRefusedCount: 1 });
    expect(JSON.stringify(await stand.manage('GET', 'push'))).not.toContain('"wrong"');
  });

  test('answers XML to whoever does not ask for JSON', async () => {
    const { stand, app } = await standing();
    const answer = await stand.call(
      'POST',
      '/v1.0/gateway/connections/open',
      { clientId: app.appKey, clientSecret: app.appSecret, subscriptions: [EVENTS] },
      { accept: '*/*' },
    );
    expect(answer.headers.get('content-type')).toContain('xml');
    expect(answer.text).toMatch(/<endpoint>ws:.*<ticket>simulated-/);
  });

  test.each([
    [undefined],
    [[]],
    [[{ type: 'EVENT', topic: 'bpms_instance_change' }]],
    [[{ type: 'OTHER', topic: '*' }]],
    [[{ type: 'CALLBACK' }]],
  ])('refuses the subscriptions %j', async (subscriptions) => {
    const { stand, app } = await standing();
    const { status, json } = await askTicket(stand, app, { subscriptions });
    expect([status, json.code]).toEqual([400, 'invalidParameter.subscriptions']);
  });

  test('refuses the 21st call of a second, and on demand with 503 or 400', async () => {
    const { stand, app } = await standing();
    const answers = await Promise.all(Array.from({ length: 21 }, () => askTicket(stand, app)));
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(1);
    await stand.manage('POST', 'clock', { advanceMs: 2000 });
    await stand.manage('POST', 'faults', { name: 'streamOpenRefused', count: 1 });
    expect((await askTicket(stand, app)).status).toBe(503);
    const fault = { name: 'streamOpenRefused', count: 1, status: 400, code: 'paramError' };
    await stand.manage('POST', 'faults', fault);
    const refused = await askTicket(stand, app);
    expect([refused.status, refused.json.code]).toEqual([400, 'paramError']);
    expect(await channelOf(stand)).toMatchObject({ openCount: 23, openRefusedCount: 3 });
  });
});

describe('ticket', () => {
  test('opens one connection only', async () => {
    const { stand, app } = await standing();
    await connect(stand, app);
    const [used] = (await stand.manage('GET', 'push')).tickets;
    const endpoint = `${stand.url.replace('http', 'ws')}/connect`;
    expect(await refusalOf(endpoint, used.ticket)).toBe(401);
    expect(await refusalOf(endpoint, 'made-up')).toBe(401);
    const { tickets, apps } = await stand.manage('GET', 'push');
    expect(tickets).toMatchObject([{ uses: 2, connectionId: expect.any(String) }]);
    expect(apps[0]).toMatchObject({ connectCount: 1, connectRefusedCount: 1, connectionsMax: 1 });
  });

  test('is worth nothing after 90 seconds of the simulated clock', async () => {
    const { stand, app } = await standing();
    const { json } = await askTicket(stand, app);
    await stand.manage('POST', 'clock', { advanceMs: 90_001 });
    expect(await refusalOf(json.endpoint, json.ticket)).toBe(401);
  });

  test('survives a handshake that was refused with 503', async () => {
    const { stand, app } = await standing();
    const { json } = await askTicket(stand, app);
    await stand.manage('POST', 'faults', { name: 'streamHandshakeRefused', count: 1 });
    expect(await refusalOf(json.endpoint, json.ticket)).toBe(503);
    await expect(refusalOf(json.endpoint, json.ticket)).rejects.toThrow('taken');
  });
});

describe('event on Stream', () => {
  test('carries its names in the headers and its body as JSON text', async () => {
    const { stand, world, app } = await standing();
    const client = await connect(stand, app);
    const { id, key } = await publish(stand);
    expect(await ended(stand, id)).toMatchObject({ outcome: 'acknowledged' });
    const [frame] = client.of('EVENT');
    expect(frame).toMatchObject({ specVersion: '1.0', type: 'EVENT' });
    expect(frame.headers).toMatchObject({
      messageId: expect.any(String),
      contentType: 'application/json',
      time: expect.stringMatching(/^\d{13}$/),
      eventType: 'bpms_instance_change',
      eventId: key,
      eventCorpId: world.organisation.corpId,
      eventBornTime: expect.stringMatching(/^\d{13}$/),
      eventUnifiedAppId: expect.any(String),
    });
    expect(JSON.parse(frame.data)).toEqual({
      processInstanceId: 'p-1',
      type: 'finish',
      result: 'agree',
    });
    expect((await stand.manage('GET', 'quotas')).webhookCalls).toBe(1);
  });

  test('comes again with the same eventId and a new messageId until it is acknowledged', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    client.answer = () => {
      const status = client.of('EVENT').length < 3 ? 'LATER' : 'SUCCESS';
      return { status };
    };
    const { id, key } = await publish(stand);
    const delivery = await ended(stand, id);
    expect(delivery.attempts.map(({ verdict }: Json) => verdict)).toEqual([
      'later',
      'later',
      'acknowledged',
    ]);
    const headers = client.of('EVENT').map((frame) => frame.headers);
    expect(new Set(headers.map(({ eventId }) => eventId))).toEqual(new Set([key]));
    expect(new Set(headers.map(({ messageId }) => messageId)).size).toBe(3);
    // However often it came, it is counted once.
    expect((await stand.manage('GET', 'quotas')).webhookCalls).toBe(1);
  });

  test.each([404, 500])('comes again after code %i', async (code) => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    client.code = code;
    client.answer = () => {
      if (client.of('EVENT').length > 1) client.code = 200;
      return {};
    };
    const { attempts } = await ended(stand, (await publish(stand)).id);
    expect(attempts.map(({ verdict }: Json) => verdict)).toEqual(['refused', 'acknowledged']);
  });

  test('comes again although the acknowledgement arrives after the deadline', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    client.answer = () => 'silent';
    await stand.manage('POST', 'push/settings', { streamAckMs: 30, streamRedeliverMs: [60_000] });
    const { id } = await publish(stand);
    await until(async () => (await deliveryOf(stand, id)).attempts[0].verdict === 'noAnswer');
    answerFrame(client, client.of('EVENT')[0], { status: 'SUCCESS' });
    await until(async () => (await deliveryOf(stand, id)).attempts[0].answeredAt !== null);
    client.answer = () => ({ status: 'SUCCESS' });
    await stand.manage('POST', 'push/settings', { streamAckMs: 10_000 });
    await stand.manage('POST', 'clock', { advanceMs: 60_000 });
    const { attempts } = await ended(stand, id);
    expect(attempts).toMatchObject([{ verdict: 'noAnswer' }, { verdict: 'acknowledged' }]);
  });

  test('is given up after 10, 30, 60 and 120 seconds of the simulated clock', async () => {
    const { stand, app } = await standing({ announce: 'never' });
    const client = await connect(stand, app);
    client.socket.terminate();
    await until(async () => (await channelOf(stand)).connections === 0);
    const { id } = await publish(stand);
    const waits = [10_000, 30_000, 60_000, 120_000];
    for (const [index, wait] of waits.entries()) {
      await stand.manage('POST', 'clock', { advanceMs: wait - 2000 });
      expect((await deliveryOf(stand, id)).attempts).toHaveLength(index + 1);
      await stand.manage('POST', 'clock', { advanceMs: 2000 });
      expect((await deliveryOf(stand, id)).attempts).toHaveLength(index + 2);
    }
    const delivery = await deliveryOf(stand, id);
    expect(delivery.outcome).toBe('givenUp');
    expect(delivery.attempts.every(({ verdict }: Json) => verdict === 'noConnection')).toBe(true);
  });

  test('one jump of the clock runs a whole chain of waits', async () => {
    const { stand, app } = await standing({ announce: 'never' });
    (await connect(stand, app)).socket.terminate();
    await until(async () => (await channelOf(stand)).connections === 0);
    const { id } = await publish(stand);
    await stand.manage('POST', 'clock', { advanceMs: 220_000 });
    expect(await deliveryOf(stand, id)).toMatchObject({ outcome: 'givenUp' });
  });

  test('is not pushed to an app that never connected, nor one that no rule chooses', async () => {
    const { stand, app } = await standing();
    expect(await publish(stand)).toBeUndefined();
    await connect(stand, app, [ROBOT]);
    expect(await publish(stand)).toBeUndefined();
    await connect(stand, app);
    const rule = '/v1.0/event/bpms_instance_change/processCode/PROC-1/type/finish';
    await stand.manage('POST', `push/apps/${app.appKey}`, { eventRules: [rule, 'user_*'] });
    const fits = { processCode: 'PROC-1', type: 'finish' };
    expect(await publish(stand, 'bpms_instance_change', fits)).toBeDefined();
    expect(
      await publish(stand, 'bpms_instance_change', { ...fits, type: 'start' }),
    ).toBeUndefined();
    expect(await publish(stand, 'bpms_task_change', fits)).toBeUndefined();
    expect(await publish(stand, 'user_add_org', {})).toBeDefined();
  });

  test('that is free costs nothing; one over the quota comes with 20001 and no content', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    await stand.manage('POST', 'quotas', { webhookCallsLeft: 0 });
    expect(await publish(stand, 'user_add_org', { userId: ['user01'] })).toMatchObject({
      contentless: false,
    });
    const { id } = await publish(stand);
    expect(await ended(stand, id)).toMatchObject({ contentless: true, outcome: 'acknowledged' });
    const [free, spent] = client.of('EVENT').map((frame) => JSON.parse(frame.data));
    expect(free).toEqual({ userId: ['user01'] });
    expect(spent).toEqual({ errCode: '20001', errMsg: expect.any(String) });
    expect(client.of('EVENT')[1].headers.eventType).toBe('bpms_instance_change');
  });

  test('goes to one of several connections, by chance', async () => {
    const { stand, app } = await standing();
    const clients = [await connect(stand, app), await connect(stand, app)];
    await connect(stand, app, [CARDS]);
    for (let count = 0; count < 20; count += 1) await publish(stand);
    const seen = (): number[] => clients.map((client) => client.of('EVENT').length);
    await until(() => seen().reduce((sum, count) => sum + count) === 20);
    expect(Math.min(...seen())).toBeGreaterThan(3);
  });
});

describe('OA approval', () => {
  test('reaches a connected app step by step, and only the steps that its rules choose', async () => {
    const stand = await startApprovalStand();
    onTestFinished(() => stand.close());
    const { app } = await stand.manage('GET', 'world');
    const client = await connect(stand, app);
    const rule = `/v1.0/event/bpms_instance_change/processCode/${stand.processCode}/type/*`;
    await stand.manage('POST', `push/apps/${app.appKey}`, { eventRules: [rule] });
    const id = await stand.startId();
    for (const userId of ['user02', 'user03']) await stand.deed(id, 'agree', { userId });
    await until(() => client.of('EVENT').length === 2);
    const told = client.of('EVENT').map((frame) => JSON.parse(frame.data));
    expect(told).toMatchObject([
      { processInstanceId: id, type: 'start' },
      { processInstanceId: id, type: 'finish', result: 'agree' },
    ]);
    expect((await stand.manage('GET', 'quotas')).webhookCalls).toBe(2);
  });
});

describe('SYSTEM frames', () => {
  test('CONNECTED, REGISTERED, KEEPALIVE and ping come; a ping wants its data back', async () => {
    const { stand, app } = await standing({ announce: 'always', pingMs: 20, keepAliveMs: 20 });
    const client = await connect(stand, app);
    client.answer = (frame) => (frame.headers.topic === 'ping' ? JSON.parse(frame.data) : 'silent');
    const topics = (): Json[] => client.of('SYSTEM').map((frame) => frame.headers.topic);
    await until(() => topics().includes('ping') && topics().includes('KEEPALIVE'));
    expect(topics().slice(0, 2)).toEqual(['CONNECTED', 'REGISTERED']);
    await until(async () => {
      const [connection] = (await stand.manage('GET', 'push')).connections;
      return connection.pingsAnswered > 0 && connection.lastSeenAt;
    });
  });

  test('disconnect stops delivery at once and TCP about ten seconds later', async () => {
    const { stand, app } = await standing({ announce: 'never' });
    const old = await connect(stand, app);
    await stand.manage('POST', 'push/connections/all', { action: 'disconnect', reason: 'upgrade' });
    await until(() => old.of('SYSTEM').length === 1);
    expect(old.frames[0]).toMatchObject({ headers: { topic: 'disconnect' } });
    expect(JSON.parse(old.frames[0].data)).toEqual({ reason: 'upgrade' });
    const event = await publish(stand);
    expect(event.attempts).toMatchObject([{ verdict: 'noConnection' }]);
    const fresh = await connect(stand, app);
    await stand.manage('POST', 'clock', { advanceMs: 9_900 });
    expect(old.isClosed()).toBe(false);
    await stand.manage('POST', 'clock', { advanceMs: 200 });
    await until(() => old.isClosed());
    expect(await ended(stand, event.id)).toMatchObject({ outcome: 'acknowledged' });
    expect([old.of('EVENT').length, fresh.of('EVENT').length]).toEqual([0, 1]);
    const { connections } = await stand.manage('GET', 'push');
    expect(connections[0]).toMatchObject({ state: 'closed', closedBy: 'disconnect' });
  });

  test('an answer on a connection that is leaving still counts', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    client.answer = () => 'silent';
    const { id } = await publish(stand);
    await until(() => client.of('EVENT').length === 1);
    await stand.manage('POST', 'push/connections/all', { action: 'disconnect' });
    answerFrame(client, client.of('EVENT')[0], { status: 'SUCCESS' });
    expect(await ended(stand, id)).toMatchObject({ outcome: 'acknowledged' });
  });
});

describe('reset', () => {
  test('closes every connection of the world that is gone', async () => {
    const { stand, app } = await standing();
    const client = await connect(stand, app);
    await stand.manage('POST', 'reset');
    await until(() => client.isClosed());
    expect((await stand.manage('GET', 'state')).push).toMatchObject({ openCount: 0 });
  });
});

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { describeError } from '#engine/logger.ts';
import { createSocketOpener } from '#engine/stream/socket.ts';
import type { Transport } from '#engine/transport.ts';
import { createTransport } from '#engine/transport.ts';
import { addDingtalkApp } from '#store/dingtalk-apps-admin.ts';
import type { DingtalkAppRecord } from '#store/dingtalk-apps-admin.ts';
import { changeDingtalkApp } from '#store/dingtalk-apps-admin.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { waitFor } from '#tests/wait.ts';
import { createEventIntake } from './event-intake.ts';
import type { EventIntake } from './event-intake.ts';
import { createPressDesk } from './press-desk.ts';
import { startStreamEvents } from './stream-events.ts';

const SECRET = 'the-secret-of-the-app';

/** A gateway as dingtalk.md section 5.2 describes it, with single-use tickets and redelivery by hand. */
interface Gateway {
  readonly url: string;
  readonly sockets: WebSocket[];
  readonly answers: { messageId: string; code: number; data: string }[];
  opens: number;
  /** Answer of `connections/open` instead of a ticket. */
  refusal: { status: number; body: unknown } | undefined;
  /** The newest connection that is open. */
  current(): WebSocket | undefined;
  push(messageId: string, eventId: string, data: unknown): void;
}

async function startGateway(): Promise<Gateway> {
  const valid = new Set<string>();
  const server = createServer((request, response) => {
    request.resume();
    gateway.opens += 1;
    const { status, body } = gateway.refusal ?? { status: 200, body: ticket() };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  const sockets = new WebSocketServer({ server });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ticket = () => {
    const made = `ticket-${gateway.opens}`;
    valid.add(made);
    return { endpoint: `ws://127.0.0.1:${port}/connect`, ticket: made };
  };
  const gateway: Gateway = {
    url: `http://127.0.0.1:${port}`,
    sockets: [],
    answers: [],
    opens: 0,
    refusal: undefined,
    current: () => gateway.sockets.findLast((socket) => socket.readyState === socket.OPEN),
    push: (messageId, eventId, data) => {
      const headers = {
        topic: '*',
        messageId,
        eventType: 'bpms_instance_change',
        eventId,
        eventCorpId: 'dingcorp',
        eventBornTime: '1700000000123',
      };
      const frame = { specVersion: '1.0', type: 'EVENT', headers, data: JSON.stringify(data) };
      gateway.current()?.send(JSON.stringify(frame));
    },
  };
  sockets.on('connection', (socket, request) => {
    const given = new URL(request.url ?? '', 'http://x').searchParams.get('ticket') ?? '';
    if (!valid.delete(given)) return socket.terminate();
    gateway.sockets.push(socket);
    socket.on('message', (data: Buffer) => {
      const { headers, code, data: content } = JSON.parse(data.toString('utf8'));
      gateway.answers.push({ messageId: headers.messageId, code, data: content });
    });
    return undefined;
  });
  onTestFinished(async () => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    await new Promise((resolve) => server.close(resolve));
  });
  return gateway;
}

let database: TestDatabase;
let world: FlowWorld;
let transport: Transport;
let app: DingtalkAppRecord;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createFlowWorld(database);
  transport = createTransport({ allowedPrivateHosts: ['*'], userAgent: 'test' });
  app = await addDingtalkApp(
    world.services,
    {
      orgId: world.orgId,
      name: 'Cashbell',
      appKey: 'dingkey',
      appSecret: SECRET,
      eventMode: 'stream',
    },
    'test',
  );
});
afterEach(async () => {
  await database.pool.query('DELETE FROM dingtalk_event');
  await database.pool.query('DELETE FROM dingtalk_stream');
});
afterAll(async () => {
  await transport.close();
  await database.drop();
});

async function hear(
  gateway: Gateway,
  options: { readonly workerId?: string; readonly intake?: EventIntake } = {},
) {
  const { services, directory, orgId } = world;
  const change = { orgId, appId: app.appId, apiHost: gateway.url };
  await changeDingtalkApp(services, change, 'test');
  directory.forget(orgId);
  const words: string[] = [];
  const note = (error: unknown): void => {
    words.push(JSON.stringify(describeError(error)), String(error));
  };
  let connected = 0;
  const intake =
    options.intake ?? createEventIntake({ services, directory, onStored: () => undefined });
  const listening = startStreamEvents({
    services,
    directory,
    transport,
    connect: createSocketOpener({ allowedPrivateHosts: ['*'], userAgent: 'test' }),
    intake,
    pressDesk: createPressDesk({
      services,
      intake,
      answerPress: () => Promise.resolve(undefined),
      lateAnswer: () => Promise.resolve({}),
      whisper: () => Promise.resolve(),
      onError: note,
    }),
    workerId: options.workerId ?? 'wrk_1',
    userAgent: 'test',
    onConnected: () => {
      connected += 1;
    },
    onNews: (_app, news) => news.kind === 'failed' && note(news.error),
    onError: note,
    times: { healthyMs: 0, pauseMs: () => 10 },
    renewMs: 20,
  });
  onTestFinished(() => listening.stop());
  return { listening, words, connected: () => connected };
}

const stored = () =>
  world.ask<{ event_key: string; app_id: string; source: string }>(
    'SELECT event_key, app_id, source FROM dingtalk_event ORDER BY event_key',
  );
const statusOf = (gateway: Gateway, messageId: string): string | undefined => {
  const answer = gateway.answers.find((one) => one.messageId === messageId);
  return answer && JSON.parse(answer.data).status;
};
const isOpen = (gateway: Gateway) =>
  waitFor(() => gateway.current(), { what: 'an open connection' });

describe('stream events', () => {
  test('stream events: what is acknowledged is on disk', async () => {
    const gateway = await startGateway();
    const { connected } = await hear(gateway);
    await isOpen(gateway);
    gateway.push('m1', 'e-1', { processInstanceId: 'i-1' });
    await waitFor(() => statusOf(gateway, 'm1'), { what: 'the answer' });
    expect(statusOf(gateway, 'm1')).toBe('SUCCESS');
    expect(await stored()).toEqual([{ event_key: 'e-1', app_id: app.appId, source: 'stream' }]);
    expect(connected()).toBe(1);
  });

  test('stream events: without the database it asks for them again, and stores them once', async () => {
    const gateway = await startGateway();
    const { services, directory } = world;
    const real = createEventIntake({ services, directory, onStored: () => undefined });
    let isDown = true;
    const intake: EventIntake = {
      take: (...told) => (isDown ? Promise.reject(new Error('no database')) : real.take(...told)),
    };
    await hear(gateway, { intake });
    await isOpen(gateway);
    gateway.push('m1', 'e-1', {});
    await waitFor(() => statusOf(gateway, 'm1'), { what: 'the first answer' });
    expect(statusOf(gateway, 'm1')).toBe('LATER');
    expect(await stored()).toEqual([]);
    isDown = false;
    gateway.push('m2', 'e-1', {});
    gateway.push('m3', 'e-1', {});
    await waitFor(() => statusOf(gateway, 'm3'), { what: 'the answers' });
    expect([statusOf(gateway, 'm2'), statusOf(gateway, 'm3')]).toEqual(['SUCCESS', 'SUCCESS']);
    expect(await stored()).toHaveLength(1);
  });

  test('stream events: cut between the disk and the answer, the next delivery is a repeat', async () => {
    const gateway = await startGateway();
    const { services, directory } = world;
    const real = createEventIntake({ services, directory, onStored: () => undefined });
    let isCutting = true;
    const intake: EventIntake = {
      take: async (...told) => {
        const outcome = await real.take(...told);
        if (isCutting) gateway.current()?.terminate();
        isCutting = false;
        return outcome;
      },
    };
    const { connected } = await hear(gateway, { intake });
    await isOpen(gateway);
    gateway.push('m1', 'e-1', {});
    await waitFor(() => connected() === 2, { what: 'the connection after the cut' });
    await isOpen(gateway);
    expect(statusOf(gateway, 'm1')).toBeUndefined();
    gateway.push('m2', 'e-1', {});
    await waitFor(() => statusOf(gateway, 'm2'), { what: 'the answer' });
    expect(await stored()).toHaveLength(1);
  });

  test('stream events: one process of two connects; the other takes over when it ends', async () => {
    const gateway = await startGateway();
    const first = await hear(gateway, { workerId: 'wrk_1' });
    await isOpen(gateway);
    const second = await hear(gateway, { workerId: 'wrk_2' });
    // Several rounds of both, seen by the renewed lease.
    for (let round = 0; round < 5; round += 1) {
      const [before] = await world.ask<{ lease_until: Date }>('SELECT * FROM dingtalk_stream');
      await waitFor(
        async () => {
          const [now] = await world.ask<{ lease_until: Date }>('SELECT * FROM dingtalk_stream');
          return now && before && now.lease_until > before.lease_until;
        },
        { what: 'a renewed lease' },
      );
    }
    expect([first.connected(), second.connected(), gateway.opens]).toEqual([1, 0, 1]);
    await first.listening.stop();
    await waitFor(() => second.connected() === 1, { what: 'the second process' });
    expect(gateway.opens).toBe(2);
  });

  test('stream events: robot messages and pressed buttons are stored as such', async () => {
    const gateway = await startGateway();
    await hear(gateway);
    const socket = await isOpen(gateway);
    const callback = (topic: string, messageId: string, data: unknown): void => {
      const headers = { topic, messageId };
      socket.send(JSON.stringify({ type: 'CALLBACK', headers, data: JSON.stringify(data) }));
    };
    const press = { outTrackId: 'pay-1', userId: 'user01', content: '{}' };
    callback('/v1.0/im/bot/messages/get', 'm1', { msgId: 'msg1', text: { content: 'saldo' } });
    callback('/v1.0/card/instances/callback', 'm2', press);
    // The same button again is another press.
    callback('/v1.0/card/instances/callback', 'm3', press);
    callback('/v1.0/unknown', 'm4', {});
    await waitFor(() => gateway.answers.length === 4, { what: 'four answers' });
    const codes = Object.fromEntries(gateway.answers.map((one) => [one.messageId, one.code]));
    expect(codes).toEqual({ m1: 200, m2: 200, m3: 200, m4: 404 });
    const kinds = await world.ask<{ kind: string }>(
      'SELECT kind FROM dingtalk_event ORDER BY kind, event_key',
    );
    expect(kinds.map(({ kind }) => kind)).toEqual(['cardPress', 'cardPress', 'robotMessage']);
  });

  test('stream events: a refused gateway is told without secrets, and its failures are seen', async () => {
    const gateway = await startGateway();
    gateway.refusal = { status: 401, body: { code: 'authFailed', message: `bad ${SECRET}` } };
    const { words } = await hear(gateway);
    const row = await waitFor(
      async () => {
        const [found] = await world.ask<{ failures: number; last_code: string }>(
          'SELECT failures, last_code, down_since FROM dingtalk_stream',
        );
        return found && found.failures >= 5 ? found : undefined;
      },
      { what: 'five failures' },
    );
    expect(row).toMatchObject({ last_code: 'dingtalk.credentialsInvalid' });
    expect(row).toHaveProperty('down_since', expect.any(Date));
    expect(words.length).toBeGreaterThan(0);
    expect(words.join()).toContain('authFailed');
    expect(words.join()).not.toContain(SECRET);
    // One attempt after the other: no more calls than failures, give or take the one under way.
    expect(gateway.opens - row.failures).toBeLessThanOrEqual(2);
    gateway.refusal = undefined;
    await isOpen(gateway);
    await waitFor(
      async () => {
        const [found] = await world.ask('SELECT FROM dingtalk_stream WHERE down_since IS NULL');
        return found !== undefined;
      },
      { what: 'the row of a connection that stands' },
    );
  });
});

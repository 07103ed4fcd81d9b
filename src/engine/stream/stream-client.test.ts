import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { onTestFinished, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { CashbellError } from '#core/errors.ts';
import { SecretText } from '#core/secret-text.ts';
import { waitFor } from '#tests/wait.ts';
import { reconnectPauseMs } from './backoff.ts';
import type { FrameReaction } from './connection.ts';
import { createSocketOpener } from './socket.ts';
import { startStreamClient } from './stream-client.ts';
import type { StreamClientOptions, StreamNews } from './stream-client.ts';
import type { StreamTimes } from './stream-times.ts';

/** A gateway with single-use tickets that notes everything, as simple as can be. */
interface Gateway {
  readonly host: string;
  /** Connections in the order of their coming. */
  readonly sockets: WebSocket[];
  readonly heard: string[];
  /** Most connections that were open at one time. */
  openMost: number;
  tickets: number;
  /** Refuses to give tickets. */
  isRefusing: boolean;
  /** Ends every connection at once. */
  isSlamming: boolean;
  open(): number;
  fetchAddress(): Promise<SecretText>;
}

async function startGateway(): Promise<Gateway> {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  const valid = new Set<string>();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const gateway: Gateway = {
    host: `127.0.0.1:${port}`,
    sockets: [],
    heard: [],
    openMost: 0,
    tickets: 0,
    isRefusing: false,
    isSlamming: false,
    open: () => sockets.clients.size,
    fetchAddress: () => {
      gateway.tickets += 1;
      if (gateway.isRefusing) {
        return Promise.reject(new CashbellError('dingtalk.credentialsInvalid'));
      }
      const ticket = `ticket-${gateway.tickets}`;
      valid.add(ticket);
      return Promise.resolve(new SecretText(`ws://127.0.0.1:${port}/connect?ticket=${ticket}`));
    },
  };
  sockets.on('connection', (socket, request) => {
    const ticket = new URL(request.url ?? '', 'http://x').searchParams.get('ticket') ?? '';
    if (!valid.delete(ticket)) return socket.terminate();
    gateway.sockets.push(socket);
    gateway.openMost = Math.max(gateway.openMost, sockets.clients.size);
    socket.on('message', (data: Buffer) => gateway.heard.push(data.toString('utf8')));
    if (gateway.isSlamming) socket.terminate();
    return undefined;
  });
  onTestFinished(async () => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    await new Promise((resolve) => server.close(resolve));
  });
  return gateway;
}

const quick: Partial<StreamTimes> = { healthyMs: 0, pauseMs: () => 5 };

function startClient(
  gateway: Gateway,
  options: Partial<Pick<StreamClientOptions, 'onFrame' | 'fetchAddress'>> & {
    readonly times?: Partial<StreamTimes>;
  } = {},
) {
  const news: StreamNews[] = [];
  const taken: string[] = [];
  const onFrame = (text: string): Promise<FrameReaction> => {
    taken.push(text);
    return Promise.resolve({ answer: `took ${text}`, isLast: text === 'disconnect' });
  };
  const client = startStreamClient({
    fetchAddress: () => gateway.fetchAddress(),
    connect: createSocketOpener({ allowedPrivateHosts: ['*'], userAgent: 'test' }),
    onFrame,
    onNews: (one) => news.push(one),
    ...options,
    times: { ...quick, ...options.times },
  });
  onTestFinished(() => client.stop());
  const count = (kind: StreamNews['kind']) => news.filter((one) => one.kind === kind).length;
  return { client, news, taken, count };
}

const first = (gateway: Gateway) =>
  waitFor(() => gateway.sockets[0], { what: 'the first connection' });

describe('stream client', () => {
  test('stream client: a frame is answered on the connection on which it came', async () => {
    const gateway = await startGateway();
    const { taken } = startClient(gateway);
    (await first(gateway)).send('hello');
    await waitFor(() => gateway.heard.includes('took hello'), { what: 'the answer' });
    expect(taken).toEqual(['hello']);
  });

  test('stream client: nothing is answered before it was taken in', async () => {
    const gateway = await startGateway();
    const stored = Promise.withResolvers<void>();
    const onFrame = async (): Promise<FrameReaction> => {
      await stored.promise;
      return { answer: 'stored', isLast: false };
    };
    startClient(gateway, { onFrame });
    const socket = await first(gateway);
    socket.send('event');
    // A ping that comes back shows that everything before it was heard.
    await new Promise((resolve) => {
      socket.once('pong', resolve);
      socket.ping();
    });
    expect(gateway.heard).toEqual([]);
    stored.resolve();
    await waitFor(() => gateway.heard.includes('stored'), { what: 'the answer' });
  });

  test('stream client: a frame that cannot be taken in stays without an answer', async () => {
    const gateway = await startGateway();
    const onFrame = (text: string): Promise<FrameReaction> =>
      text === 'bad'
        ? Promise.reject(new Error('no database'))
        : Promise.resolve({ answer: text, isLast: false });
    const { count } = startClient(gateway, { onFrame });
    const socket = await first(gateway);
    socket.send('bad');
    socket.send('good');
    await waitFor(() => gateway.heard.includes('good'), { what: 'the second answer' });
    expect(gateway.heard).toEqual(['good']);
    expect(count('ended')).toBe(0);
  });

  test('stream client: after a disconnect the new connection is there before the old one goes', async () => {
    const gateway = await startGateway();
    const { news } = startClient(gateway);
    const old = await first(gateway);
    let newAtClose = 0;
    old.on('close', () => {
      newAtClose = gateway.sockets.length;
    });
    old.send('disconnect');
    await waitFor(() => newAtClose > 0, { what: 'the end of the old connection' });
    expect(newAtClose).toBe(2);
    expect(gateway.openMost).toBe(2);
    expect(gateway.tickets).toBe(2);
    expect(news).toContainEqual({ kind: 'connected', isFirst: false });
  });

  test('stream client: an answer under preparation still leaves on the old connection', async () => {
    const gateway = await startGateway();
    const stored = Promise.withResolvers<void>();
    const onFrame = async (text: string): Promise<FrameReaction> => {
      if (text === 'slow') await stored.promise;
      return { answer: text, isLast: text === 'disconnect' };
    };
    startClient(gateway, { onFrame });
    const old = await first(gateway);
    const heardByOld: string[] = [];
    old.on('message', (data: Buffer) => heardByOld.push(data.toString('utf8')));
    old.send('slow');
    old.send('disconnect');
    await waitFor(() => gateway.sockets.length === 2, { what: 'the new connection' });
    stored.resolve();
    await waitFor(() => heardByOld.includes('slow'), { what: 'the late answer' });
  });

  test('stream client: the old connection serves on while no new one can be had', async () => {
    const gateway = await startGateway();
    const { count } = startClient(gateway);
    const old = await first(gateway);
    gateway.isRefusing = true;
    old.send('disconnect');
    await waitFor(() => count('failed') >= 3, { what: 'failed attempts' });
    old.send('late');
    await waitFor(() => gateway.heard.includes('took late'), { what: 'the answer of the old one' });
    expect(gateway.open()).toBe(1);
  });

  test('stream client: a connection that answers pings and brings no frame is replaced', async () => {
    const gateway = await startGateway();
    const { news } = startClient(gateway, { times: { silenceMs: 1_000, pingMs: 5 } });
    const old = await first(gateway);
    let pings = 0;
    old.on('ping', () => {
      pings += 1;
    });
    await waitFor(() => pings > 0, { what: 'a ping, which is answered' });
    await waitFor(() => gateway.sockets.length >= 2, { what: 'the replacement' });
    expect(news).toContainEqual({ kind: 'ended', reason: 'silent', failures: 0 });
  });

  test('stream client: frames of any kind keep a connection; patience grows while none ever comes', async () => {
    const gateway = await startGateway();
    const { news } = startClient(gateway, { times: { silenceMs: 40, silenceMaxMs: 80 } });
    await waitFor(() => gateway.sockets.length >= 3, { what: 'two replacements' });
    const silences = news.filter((one) => one.kind === 'ended' && one.reason === 'silent');
    expect(silences.length).toBeGreaterThanOrEqual(2);
    const socket = gateway.sockets.at(-1);
    const before = gateway.sockets.length;
    const beating = setInterval(() => socket?.send('beat'), 5);
    onTestFinished(() => clearInterval(beating));
    await waitFor(() => gateway.heard.length >= 40, { what: '40 beats' });
    expect(gateway.sockets).toHaveLength(before);
  });

  test('stream client: a socket that does not answer pings is ended', async () => {
    const gateway = await startGateway();
    const { news } = startClient(gateway, { times: { pingMs: 10, pongMs: 20, silenceMs: 60_000 } });
    const old = await first(gateway);
    // Nothing is read from it any more, so no pong leaves.
    old.pause();
    await waitFor(() => gateway.sockets.length >= 2, { what: 'the replacement' });
    expect(news).toContainEqual({ kind: 'ended', reason: 'closed', failures: 0 });
  });

  test('stream client: a gateway that refuses is asked one time after the other, never more', async () => {
    const gateway = await startGateway();
    gateway.isRefusing = true;
    const pauses: number[] = [];
    let underWay = 0;
    let underWayMost = 0;
    const fetchAddress = async (): Promise<SecretText> => {
      underWay += 1;
      underWayMost = Math.max(underWayMost, underWay);
      await Promise.resolve();
      underWay -= 1;
      return gateway.fetchAddress();
    };
    const pauseMs = (failures: number): number => {
      pauses.push(failures);
      return 2;
    };
    const { count } = startClient(gateway, { fetchAddress, times: { pauseMs } });
    await waitFor(() => gateway.tickets >= 40, { what: '40 attempts' });
    expect(underWayMost).toBe(1);
    // One pause for each attempt, each longer than the one before by the same rule.
    expect(pauses).toEqual(pauses.map((_, index) => index + 1));
    expect(gateway.tickets - pauses.length).toBeLessThanOrEqual(1);
    gateway.isRefusing = false;
    await waitFor(() => count('connected') === 1, { what: 'the connection after recovery' });
    expect(gateway.openMost).toBe(1);
    expect(gateway.sockets).toHaveLength(1);
  });

  test('stream client: a gateway that slams every door is not stormed', async () => {
    const gateway = await startGateway();
    gateway.isSlamming = true;
    const pauses: number[] = [];
    const pauseMs = (failures: number): number => {
      pauses.push(failures);
      return 2;
    };
    const times = { pauseMs, healthyMs: 60_000 };
    const { count } = startClient(gateway, { times });
    await waitFor(() => pauses.length >= 20, { what: '20 short connections' });
    expect(pauses.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(gateway.openMost).toBe(1);
    gateway.isSlamming = false;
    const before = count('connected');
    await waitFor(() => count('connected') > before, { what: 'the connection after recovery' });
    expect(gateway.open()).toBe(1);
  });

  test('stream client: a used ticket is refused and the next try asks for a new one', async () => {
    const gateway = await startGateway();
    let isFirst = true;
    const fetchAddress = async (): Promise<SecretText> => {
      const address = await gateway.fetchAddress();
      if (!isFirst) return address;
      isFirst = false;
      return new SecretText(`ws://${gateway.host}/connect?ticket=used`);
    };
    const { news } = startClient(gateway, { fetchAddress });
    await first(gateway);
    expect(gateway.tickets).toBe(2);
    expect(JSON.stringify(news)).not.toContain('ticket');
  });

  test('stream client: after a stop nothing is open and nothing is asked', async () => {
    const gateway = await startGateway();
    const { client } = startClient(gateway);
    (await first(gateway)).send('disconnect');
    await waitFor(() => gateway.sockets.length === 2, { what: 'the second connection' });
    await client.stop();
    await waitFor(() => gateway.open() === 0, { what: 'all connections to end' });
    const { tickets } = gateway;
    await client.stop();
    expect(gateway.tickets).toBe(tickets);
  });
});

describe('socket', () => {
  const opener = createSocketOpener({ allowedPrivateHosts: [], userAgent: 'test' });
  const handlers = { onText: () => {}, onPong: () => {}, onClosed: () => {} };

  test.each([
    ['wss://10.0.0.1/connect?ticket=secret', 'transport.addressForbidden'],
    ['ws://gateway.example/connect?ticket=secret', 'dingtalk.streamDown'],
    ['nonsense secret', 'dingtalk.streamDown'],
  ])('socket: %s is refused without its ticket in the words', async (address, code) => {
    const opening = Promise.resolve().then(() => opener(new SecretText(address), handlers));
    const error: unknown = await opening.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CashbellError);
    expect((error as CashbellError).code).toBe(code);
    expect(String((error as CashbellError).stack)).not.toContain('secret');
  });
});

describe('backoff', () => {
  test('backoff: from a second to a minute, with chance on top', () => {
    expect(reconnectPauseMs(1, 0)).toBe(1_000);
    expect(reconnectPauseMs(1, 1)).toBe(1_500);
    expect(reconnectPauseMs(4, 0)).toBe(8_000);
    expect(reconnectPauseMs(50, 0)).toBe(40_000);
    expect(reconnectPauseMs(50, 1)).toBe(60_000);
  });
});

import { createRequire } from 'node:module';
import { onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { listen, readBody, sendJson } from '../../lib/http.ts';
import { startStand } from '../testing.ts';
import type { Answer, Json, Stand } from '../testing.ts';

export const EVENTS = { type: 'EVENT', topic: '*' };
export const ROBOT = { type: 'CALLBACK', topic: '/v1.0/im/bot/messages/get' };
export const CARDS = { type: 'CALLBACK', topic: '/v1.0/card/instances/callback' };

/** Waits that a test can sit out. Deadlines stay long: a busy machine must not miss one by chance. */
const QUICK = {
  announce: 'never',
  pingMs: 0,
  streamAckMs: 10_000,
  streamRedeliverMs: [20, 30, 40, 50],
  robotRepeatMs: 30,
  cardAnswerMs: 10_000,
  httpDeadlineMs: 10_000,
  httpRetryMs: [20, 30],
  failedListAfterMs: [0, 0],
};

/** A simulator that is gone after the test, with an app and its key. */
export async function standing(settings: Record<string, unknown> = QUICK) {
  const stand = await startStand();
  onTestFinished(() => stand.close());
  await stand.manage('POST', 'push/settings', settings);
  const world = await stand.manage('GET', 'world');
  return { stand, world, app: world.app };
}

/** Asks for a ticket as a client does. */
export function askTicket(
  stand: Stand,
  app: Json,
  more: Record<string, unknown> = {},
): Promise<Answer> {
  const { appKey, appSecret } = app;
  return stand.call(
    'POST',
    '/v1.0/gateway/connections/open',
    { clientId: appKey, clientSecret: appSecret, ua: 'test', subscriptions: [EVENTS], ...more },
    { accept: 'application/json' },
  );
}

/** A client of Stream that keeps every frame and answers with what the test says. */
export interface Client {
  readonly socket: WebSocket;
  readonly frames: Json[];
  /** The `data` of the answer to a frame; `silent` gives none. */
  answer: (frame: Json) => Record<string, unknown> | 'silent';
  code: number;
  /** Frames of a type, such as EVENT. */
  of(type: string): Json[];
  isClosed(): boolean;
}

/** Opens a connection; every EVENT is acknowledged unless the test says otherwise. */
export async function connect(
  stand: Stand,
  app: Json,
  subscriptions: readonly object[] = [EVENTS, ROBOT, CARDS],
): Promise<Client> {
  const { json } = await askTicket(stand, app, { subscriptions });
  const socket = new WebSocket(`${json.endpoint}?ticket=${encodeURIComponent(json.ticket)}`);
  const client: Client = {
    socket,
    frames: [],
    answer: () => ({ status: 'SUCCESS' }),
    code: 200,
    of: (type) => client.frames.filter((frame) => frame.type === type),
    isClosed: () => socket.readyState === WebSocket.CLOSED,
  };
  socket.on('error', () => socket.terminate());
  socket.on('message', (bytes: Buffer) => {
    const frame: Json = JSON.parse(bytes.toString('utf8'));
    client.frames.push(frame);
    const data = client.answer(frame);
    if (data !== 'silent') answerFrame(client, frame, data);
  });
  onTestFinished(() => socket.terminate());
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return client;
}

/** Sends the answer to a frame. */
export function answerFrame(client: Client, frame: Json, data: unknown): void {
  const { messageId } = frame.headers;
  const headers = { messageId, contentType: 'application/json' };
  const text = JSON.stringify(data);
  client.socket.send(JSON.stringify({ code: client.code, message: 'OK', headers, data: text }));
}

/** What the server says to a ticket that it does not take. */
export function refusalOf(endpoint: string, ticket: string): Promise<number> {
  const socket = new WebSocket(`${endpoint}?ticket=${ticket}`);
  return new Promise((resolve, reject) => {
    socket.once('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.once('open', () => {
      socket.terminate();
      reject(new Error('the ticket was taken'));
    });
    socket.once('error', reject);
  });
}

/** Publishes an event and gives what is booked for it. */
export async function publish(
  stand: Stand,
  eventType = 'bpms_instance_change',
  data: Record<string, unknown> = { processInstanceId: 'p-1', type: 'finish', result: 'agree' },
): Promise<Json> {
  const { deliveries } = await stand.manage('POST', 'events', { eventType, data });
  return deliveries[0];
}

/** The book of one delivery, as it stands now. */
export async function deliveryOf(stand: Stand, id: string): Promise<Json> {
  const { deliveries } = await stand.manage('GET', 'push/deliveries');
  return deliveries.find((delivery: Json) => delivery.id === id);
}

/** Waits until something holds. */
export function until(check: () => unknown): Promise<unknown> {
  return vi.waitFor(
    async () => {
      if (!(await check())) throw new Error(`still not so: ${check.toString()}`);
    },
    { timeout: 5000, interval: 5 },
  );
}

/** Waits until a delivery ended, and gives its book. */
export async function ended(stand: Stand, id: string): Promise<Json> {
  await until(async () => (await deliveryOf(stand, id)).outcome !== 'pending');
  return deliveryOf(stand, id);
}

/** What reached an app's address. */
export interface Received {
  readonly query: URLSearchParams;
  readonly headers: Record<string, unknown>;
  readonly body: Json;
}

/** An address of an app that answers as the test says; 'never' leaves the caller waiting. */
export async function receiver(
  answer: (received: Received) => unknown,
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = await listen(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://app.invalid');
    const body: Json = JSON.parse((await readBody(request)).toString('utf8'));
    const entry = { query: searchParams, headers: request.headers, body };
    received.push(entry);
    const said = answer(entry);
    if (said !== 'never') sendJson(response, 200, said);
  }, 0);
  onTestFinished(() => server.close());
  return { url: `${server.url}/callback`, received };
}

/** DingTalk's own package for callbacks; right for ASCII only (dingtalk.md 9). */
export interface Encryptor {
  encrypt(random: string, text: string): string;
  decrypt(encrypt: string): string;
  getSignature(token: string, timestamp: string, nonce: string, encrypt: string): string;
}

const DingTalkEncryptor = createRequire(import.meta.url)('dingtalk-encrypt') as new (
  token: string,
  aesKey: string,
  ownerKey: string,
) => Encryptor;

/** Makes the witness for one set of secrets. */
export function witnessOf(token: string, aesKey: string, ownerKey: string): Encryptor {
  return new DingTalkEncryptor(token, aesKey, ownerKey);
}

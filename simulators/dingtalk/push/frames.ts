import { readJsonObject } from '../call.ts';
import { hex } from '../world.ts';
import type { World } from '../world.ts';
import type { Answer, Attempt, Connection } from './state.ts';

/** A frame of the server (dingtalk.md 5.2): `data` is always a JSON text. */
export interface Frame {
  readonly type: 'SYSTEM' | 'EVENT' | 'CALLBACK';
  readonly topic: string;
  readonly data: string;
  /** What this type has beyond the headers of every frame. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a frame and gives its messageId, new every time; `sent` hears when it has left. */
export function sendFrame(
  world: World,
  connection: Connection,
  frame: Frame,
  sent?: () => void,
): string {
  const { random } = world.push;
  const messageId = `${hex(random, 8)}_${random.digits(3)}_${hex(random, 12)}`;
  const headers: Record<string, string> = {
    ...frame.headers,
    topic: frame.topic,
    messageId,
    contentType: 'application/json',
    // A number in the documentation's table, a text in most of its samples; texts it is.
    time: String(world.clock.now().getTime()),
  };
  // These two come and go, so a client that needs them must fall.
  if (random.chance(0.5)) headers['appId'] = `${connection.appKey}-app`;
  if (random.chance(0.5)) headers['connectionId'] = connection.connectionId;
  const text = JSON.stringify({
    specVersion: '1.0',
    type: frame.type,
    headers,
    data: frame.data,
  });
  connection.socket.send(text, () => sent?.());
  connection.framesSent += 1;
  return messageId;
}

/** Reads a client's answer; undefined when it names no message. */
export function readAnswer(bytes: Buffer): { messageId: string; answer: Answer } | undefined {
  const frame = readJsonObject(bytes);
  const headers = frame?.['headers'];
  if (!frame || typeof headers !== 'object' || headers === null) return undefined;
  const messageId = 'messageId' in headers ? headers.messageId : undefined;
  if (typeof messageId !== 'string') return undefined;
  const { code, data } = frame;
  const text = typeof data === 'string' ? Buffer.from(data) : undefined;
  const raw = bytes.toString('utf8');
  return { messageId, answer: { code, data: text && readJsonObject(text), raw } };
}

/**
 * What an answer means: 200 is taken, 404 and 500 are not, and an event may be put off with LATER.
 * An event's answer without a status counts as taken: async handlers of the Node SDK send `{}`.
 */
export function judgeAnswer(type: Frame['type'], answer: Answer): Attempt['verdict'] {
  if (answer.code !== 200) return 'refused';
  if (type !== 'EVENT') return 'acknowledged';
  const { data } = answer;
  const status = typeof data === 'object' && data !== null && 'status' in data ? data.status : null;
  return status === 'LATER' ? 'later' : 'acknowledged';
}

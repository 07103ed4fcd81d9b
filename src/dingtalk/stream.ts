/**
 * DingTalk's Stream: the ticket, the frames and their answers (dingtalk.md section 5.2 with 10.4).
 * No socket here; the engine holds the connection.
 */
import { SecretText } from '#core/secret-text.ts';
import type { Exchange } from './exchanges.ts';
import { accepted, demand, read } from './exchanges.ts';
import { ConnectionOpenedWire, FrameWire } from './push-wire.ts';
import { readWith } from './wire.ts';

/** What a connection is told of. Which events come is chosen at DingTalk; `*` is the only topic. */
export const streamTopics = {
  robotMessage: '/v1.0/im/bot/messages/get',
  cardPress: '/v1.0/card/instances/callback',
} as const;

export interface OpenedConnection {
  /** Address without its ticket. */
  readonly endpoint: string;
  /** Good for one connection within 90 seconds. */
  readonly ticket: SecretText;
}

export interface OpenInput {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly userAgent: string;
}

/** Asks where to connect. The secret stands in the body: never log this request. */
export const openStreamConnection: Exchange<OpenInput, OpenedConnection> = {
  budget: 'free',
  host: 'api',
  request({ clientId, clientSecret, userAgent }) {
    demand(clientId !== '' && clientSecret !== '', 'clientId');
    return {
      method: 'POST',
      path: '/v1.0/gateway/connections/open',
      // Without Accept the answer is XML.
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({
        clientId,
        clientSecret,
        ua: userAgent,
        subscriptions: [
          { type: 'EVENT', topic: '*' },
          { type: 'CALLBACK', topic: streamTopics.robotMessage },
          { type: 'CALLBACK', topic: streamTopics.cardPress },
        ],
      }),
    };
  },
  parse: (response) =>
    read(response, ConnectionOpenedWire, ({ endpoint, ticket }) =>
      accepted({ endpoint, ticket: new SecretText(ticket) }),
    ),
};

/** The address with its ticket; a secret like the ticket itself. */
export function streamAddress({ endpoint, ticket }: OpenedConnection): SecretText {
  const glue = endpoint.includes('?') ? '&' : '?';
  return new SecretText(`${endpoint}${glue}ticket=${encodeURIComponent(ticket.reveal())}`);
}

/** What DingTalk says in one frame. */
export type StreamFrame =
  | { readonly kind: 'ping'; readonly messageId: string; readonly data: string }
  /** Nothing more comes on this connection, although it stays open for some seconds. */
  | { readonly kind: 'disconnect'; readonly messageId: string; readonly reason: string }
  /** Something undocumented about the connection itself. */
  | { readonly kind: 'system'; readonly messageId: string; readonly topic: string }
  | {
      readonly kind: 'event';
      readonly messageId: string;
      readonly eventType: string;
      readonly eventId: string;
      readonly corpId: string;
      readonly bornAtMs?: number;
      readonly data: string;
    }
  | {
      readonly kind: 'callback';
      readonly messageId: string;
      readonly topic: string;
      readonly data: string;
    };

/** Reads a frame; undefined when it is none. Dispatches events by type, because topics vary. */
export function parseStreamFrame(text: string): StreamFrame | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const frame = readWith(FrameWire, body);
  if (!frame) return undefined;
  const header = (name: string): string => {
    const value = frame.headers[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const messageId = header('messageId');
  const topic = header('topic');
  const { data } = frame;
  switch (frame.type) {
    case 'SYSTEM':
      if (topic === 'ping') return { kind: 'ping', messageId, data };
      if (topic === 'disconnect') return { kind: 'disconnect', messageId, reason: data };
      return { kind: 'system', messageId, topic };
    case 'EVENT': {
      const bornAt = header('eventBornTime');
      return {
        kind: 'event',
        messageId,
        eventType: header('eventType'),
        eventId: header('eventId'),
        corpId: header('eventCorpId'),
        ...(/^\d{12,14}$/.test(bornAt) ? { bornAtMs: Number(bornAt) } : {}),
        data,
      };
    }
    case 'CALLBACK':
      return { kind: 'callback', messageId, topic, data };
    default:
      return undefined;
  }
}

/** How a frame was taken. `later`: not stored, DingTalk should send it again. */
export type FrameOutcome = 'taken' | 'later' | 'noHandler';

/**
 * The answer to a frame as text; undefined where none is wanted. A press on a card is answered with
 * what the card shows from now on (section 3.5).
 */
export function answerStreamFrame(
  frame: StreamFrame,
  outcome: FrameOutcome,
  response: Readonly<Record<string, unknown>> = {},
): string | undefined {
  const { messageId } = frame;
  switch (frame.kind) {
    case 'ping':
      return formatAnswer(messageId, 200, frame.data);
    case 'disconnect':
    case 'system':
      return undefined;
    case 'event': {
      const status = outcome === 'later' ? 'LATER' : 'SUCCESS';
      return formatAnswer(messageId, 200, JSON.stringify({ status, message: 'ok' }));
    }
    case 'callback': {
      const code = { taken: 200, later: 500, noHandler: 404 }[outcome];
      return formatAnswer(messageId, code, JSON.stringify({ response }));
    }
  }
}

function formatAnswer(messageId: string, code: number, data: string): string {
  const message = { 200: 'OK', 404: 'no handler', 500: 'not stored' }[code] ?? 'OK';
  const headers = { messageId, contentType: 'application/json' };
  return JSON.stringify({ code, message, headers, data });
}

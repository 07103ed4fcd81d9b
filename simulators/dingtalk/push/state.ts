import type { WebSocket } from 'ws';
import { createRandom } from '../../lib/random.ts';
import type { Random } from '../../lib/random.ts';
import type { World } from '../world.ts';
import { createAgenda } from './agenda.ts';
import type { Agenda } from './agenda.ts';
import type { CallbackSecrets } from './callback-crypto.ts';
import { defaultSettings } from './settings.ts';
import type { PushSettings } from './settings.ts';

/** Everything that event delivery remembers. */
export interface PushState {
  /** A generator of its own: deliveries must not shift what the world's seed gives elsewhere. */
  readonly random: Random;
  /** Waits, which the simulated clock can shorten. */
  readonly agenda: Agenda;
  /** Deadlines of answers and pings, which it cannot: the other side works in real time. */
  readonly deadlines: Agenda;
  readonly settings: PushSettings;
  /** By appKey. */
  readonly channels: Map<string, Channel>;
  /** Every call of connections/open, so that a storm of them can be seen. */
  readonly opens: Opening[];
  readonly tickets: Map<string, Ticket>;
  /** By connectionId, closed ones as well. */
  readonly connections: Map<string, Connection>;
  readonly deliveries: Delivery[];
  /** By callbackRouteKey. */
  readonly cardRoutes: Map<string, CardRoute>;
  /** conversationId of one-to-one conversations, by robot and person. */
  readonly conversations: Map<string, string>;
}

/** How one app is told; what the developer console holds under "events" and "robot". */
export interface Channel {
  readonly appKey: string;
  eventMode: 'stream' | 'http';
  /** Event types or glob rules such as `/v1.0/event/bpms_instance_change/type/finish`. */
  eventRules: string[];
  /** A client connected once, which the console asks for before it lets events through. */
  streamVerified: boolean;
  callback: EventCallback | undefined;
  robotMode: 'stream' | 'http';
  robotUrl: string | undefined;
  readonly live: Set<Connection>;
  /** Sends an event that waits to be overtaken. */
  held: (() => void) | undefined;
  readonly failed: FailedEvent[];
  connectCount: number;
  connectRefusedCount: number;
  connectionsMax: number;
}

export interface EventCallback {
  readonly url: string;
  readonly secrets: CallbackSecrets;
}

export interface FailedEvent {
  readonly availableAtMs: number;
  readonly eventType: string;
  readonly eventTime: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Opening {
  readonly at: string;
  readonly appKey: string | null;
  /** `ticket`, or the code of the refusal. */
  readonly outcome: string;
}

export interface Subscription {
  readonly type: 'EVENT' | 'CALLBACK';
  readonly topic: string;
}

export interface Ticket {
  readonly ticket: string;
  readonly appKey: string;
  readonly issuedAtMs: number;
  readonly subscriptions: readonly Subscription[];
  readonly ua: string;
  readonly localIp: string;
  connectionId: string | null;
  /** Connections asked for with it, refused ones as well. */
  uses: number;
}

export interface Connection {
  readonly connectionId: string;
  readonly appKey: string;
  readonly ticket: Ticket;
  readonly socket: WebSocket;
  readonly openedAt: string;
  /** `draining` after the disconnect frame: TCP stands, nothing is delivered. */
  state: 'open' | 'draining' | 'closed';
  zombie: boolean;
  closedAt: string | null;
  closedBy: 'client' | 'disconnect' | 'dropped' | null;
  lastSeenAt: string | null;
  framesSent: number;
  framesReceived: number;
  pingsSent: number;
  pingsAnswered: number;
  /** WebSocket pings of the client. */
  clientPings: number;
  acknowledged: number;
  /** Answers to no frame that waited for one. */
  strayAnswers: number;
  /** By messageId. */
  readonly waiting: Map<string, Waiting>;
}

export interface Waiting {
  answered(answer: Answer): void;
  lost(): void;
}

/** What a client sent back for a frame. */
export interface Answer {
  readonly code: unknown;
  /** The JSON text in `data`, parsed; undefined when there was none. */
  readonly data: unknown;
  readonly raw: string;
}

/** `robotMessage` and `cardCallback` are pushed once, an `event` until it is acknowledged or given up. */
export interface Delivery {
  readonly id: string;
  readonly kind: 'event' | 'robotMessage' | 'cardCallback';
  readonly appKey: string;
  readonly via: 'stream' | 'http';
  /** What a receiver tells repeats by: eventId, msgId, or outTrackId and the number of the press. */
  readonly key: string;
  /** Event type, or topic of the callback. */
  readonly topic: string;
  readonly bornAt: string;
  readonly data: Readonly<Record<string, unknown>>;
  contentless: boolean;
  readonly attempts: Attempt[];
  outcome: 'pending' | 'acknowledged' | 'givenUp' | 'lost';
}

export interface Attempt {
  readonly at: string;
  /** Absent with HTTP, or when there was no connection. */
  readonly connectionId: string | null;
  readonly messageId: string | null;
  /** Whether it left the simulator; a zombie swallows it. */
  sent: boolean;
  /** An extra push that a fault asked for; its answer decides nothing. */
  readonly extra: boolean;
  verdict:
    | 'waiting'
    | 'acknowledged'
    | 'later'
    | 'refused'
    | 'noAnswer'
    | 'noConnection'
    | 'connectionLost';
  answeredAt: string | null;
  /** What came back, or why nothing did, cut to a readable length. */
  answer: string | null;
}

export interface CardRoute {
  readonly callbackRouteKey: string;
  readonly appKey: string;
  readonly callbackUrl: string;
  readonly apiSecret: string;
}

/** Begins with nobody to tell. */
export function createPushState(seed: number): PushState {
  return {
    random: createRandom(seed ^ 0x5f_3e_a7),
    agenda: createAgenda(),
    deadlines: createAgenda(),
    settings: defaultSettings(),
    channels: new Map(),
    opens: [],
    tickets: new Map(),
    connections: new Map(),
    deliveries: [],
    cardRoutes: new Map(),
    conversations: new Map(),
  };
}

/** The channel of an app; made on first use. */
export function channelOf({ push }: World, appKey: string): Channel {
  let channel = push.channels.get(appKey);
  if (!channel) {
    channel = {
      appKey,
      eventMode: 'stream',
      eventRules: ['*'],
      streamVerified: false,
      callback: undefined,
      robotMode: 'stream',
      robotUrl: undefined,
      live: new Set(),
      held: undefined,
      failed: [],
      connectCount: 0,
      connectRefusedCount: 0,
      connectionsMax: 0,
    };
    push.channels.set(appKey, channel);
  }
  return channel;
}

/** Opens the book of one thing to be told. */
export function openDelivery(
  world: World,
  order: Pick<Delivery, 'kind' | 'appKey' | 'via' | 'key' | 'topic' | 'data'>,
): Delivery {
  const { push, clock } = world;
  const delivery: Delivery = {
    ...order,
    id: `dlv${String(push.deliveries.length + 1).padStart(8, '0')}`,
    bornAt: clock.now().toISOString(),
    contentless: false,
    attempts: [],
    outcome: 'pending',
  };
  push.deliveries.push(delivery);
  return delivery;
}

/** Writes down that a push begins. */
export function openAttempt(
  world: World,
  delivery: Delivery,
  by: { connectionId?: string; messageId?: string; extra?: boolean } = {},
): Attempt {
  const attempt: Attempt = {
    at: world.clock.now().toISOString(),
    connectionId: by.connectionId ?? null,
    messageId: by.messageId ?? null,
    sent: false,
    extra: by.extra ?? false,
    verdict: 'waiting',
    answeredAt: null,
    answer: null,
  };
  delivery.attempts.push(attempt);
  return attempt;
}

const ANSWER_CHARACTERS = 2000;

/** Writes down how a push ended. */
export function closeAttempt(
  world: World,
  attempt: Attempt,
  end: { verdict: Attempt['verdict']; answer?: string },
): void {
  attempt.verdict = end.verdict;
  if (end.answer === undefined) return;
  attempt.answeredAt = world.clock.now().toISOString();
  attempt.answer = end.answer.slice(0, ANSWER_CHARACTERS);
}

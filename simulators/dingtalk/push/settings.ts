import type { Order } from '../order.ts';

/** Times of event delivery. Waits follow the simulated clock, deadlines of an answer do not. */
export interface PushSettings {
  /** A ticket opens one connection within this time (dingtalk.md 5.2). */
  ticketLifetimeMs: number;
  /** Deadline of an answer on Stream. */
  streamAckMs: number;
  /** Waits before an event that was not acknowledged on Stream comes again; then it is given up. */
  streamRedeliverMs: readonly number[];
  /** From the `disconnect` frame to the end of the TCP connection. */
  disconnectGraceMs: number;
  /** SYSTEM ping; 0 is never. */
  pingMs: number;
  /** SYSTEM KEEPALIVE; 0 is never. */
  keepAliveMs: number;
  /** Whether CONNECTED and REGISTERED come; undocumented, so a client must live without them. */
  announce: Announce;
  /** Deadline of the answer to a card's callback (dingtalk.md 3.5). */
  cardAnswerMs: number;
  /** A message to the robot that was not acknowledged comes once more after this; 0 is never. */
  robotRepeatMs: number;
  /** Deadline of an answer to an HTTP callback (dingtalk.md 5.1). */
  httpDeadlineMs: number;
  httpRetryMs: readonly number[];
  /** Shortest and longest time from the last retry to the list of failed pushes. */
  failedListAfterMs: readonly number[];
}

export type Announce = 'always' | 'sometimes' | 'never';

/** The times that dingtalk.md 5 gives. */
export function defaultSettings(): PushSettings {
  return {
    ticketLifetimeMs: 90_000,
    streamAckMs: 3_000,
    streamRedeliverMs: [10_000, 30_000, 60_000, 120_000],
    disconnectGraceMs: 10_000,
    pingMs: 30_000,
    keepAliveMs: 0,
    announce: 'sometimes',
    cardAnswerMs: 2_000,
    robotRepeatMs: 20_000,
    httpDeadlineMs: 2_500,
    httpRetryMs: [10_000, 30_000],
    failedListAfterMs: [180_000, 300_000],
  };
}

const SPANS = [
  'ticketLifetimeMs',
  'streamAckMs',
  'disconnectGraceMs',
  'pingMs',
  'keepAliveMs',
  'cardAnswerMs',
  'robotRepeatMs',
  'httpDeadlineMs',
] as const;
const LISTS = ['streamRedeliverMs', 'httpRetryMs', 'failedListAfterMs'] as const;

/** Changes whatever the order names. */
export function changeSettings(settings: PushSettings, order: Order): PushSettings {
  for (const name of SPANS) settings[name] = order.whole(name) ?? settings[name];
  for (const name of LISTS) settings[name] = order.wholes(name) ?? settings[name];
  settings.announce =
    order.oneOf('announce', ['always', 'sometimes', 'never']) ?? settings.announce;
  return settings;
}

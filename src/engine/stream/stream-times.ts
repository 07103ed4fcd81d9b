import { reconnectPauseMs } from './backoff.ts';

/** Times of a client; the tests shorten them. */
export interface StreamTimes {
  /**
   * Without any frame for so long a connection is held for dead, although it answers pings (ask 32).
   * While whole connections pass without a single frame the patience grows up to `silenceMaxMs`:
   * then it is the company that is quiet.
   */
  readonly silenceMs: number;
  readonly silenceMaxMs: number;
  readonly pingMs: number;
  /** A ping that is not answered in this time ends the connection. */
  readonly pongMs: number;
  /** A connection that ends sooner counts as a failure. */
  readonly healthyMs: number;
  readonly pauseMs: (failures: number) => number;
}

export const streamTimes: StreamTimes = {
  silenceMs: 60_000,
  silenceMaxMs: 10 * 60_000,
  pingMs: 30_000,
  pongMs: 10_000,
  healthyMs: 10_000,
  pauseMs: (failures) => reconnectPauseMs(failures, Math.random()),
};

/** Why a connection is replaced or gone. */
export type ConnectionEnd = 'disconnect' | 'silent' | 'closed' | 'stopped';

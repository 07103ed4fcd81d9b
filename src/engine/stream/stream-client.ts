import { setTimeout as delay } from 'node:timers/promises';
import { CashbellError } from '#core/errors.ts';
import type { SecretText } from '#core/secret-text.ts';
import { openConnection } from './connection.ts';
import type { Connection, FrameReaction } from './connection.ts';
import { streamDown } from './socket.ts';
import type { SocketOpener } from './socket.ts';
import { streamTimes } from './stream-times.ts';
import type { ConnectionEnd, StreamTimes } from './stream-times.ts';

/** What a client reports about itself. */
export type StreamNews =
  /** Events of the time before may be lost. */
  | { readonly kind: 'connected'; readonly isFirst: boolean }
  | { readonly kind: 'frame' }
  | { readonly kind: 'ended'; readonly reason: ConnectionEnd; readonly failures: number }
  | { readonly kind: 'failed'; readonly error: CashbellError; readonly failures: number };

export interface StreamClientOptions {
  /** Asks for a ticket; each is good for one connection. */
  readonly fetchAddress: () => Promise<SecretText>;
  readonly connect: SocketOpener;
  /** Takes a frame in; its answer is sent when the promise is kept, so store before. */
  readonly onFrame: (text: string) => Promise<FrameReaction>;
  readonly onNews: (news: StreamNews) => void;
  readonly times?: Partial<StreamTimes>;
}

export interface StreamClient {
  stop(): Promise<void>;
}

/**
 * Keeps one connection. It is one loop: there is never more than one attempt under way, and never
 * more than the connection in use and the one that replaces it, whatever the gateway does
 * (dingtalk.md section 9 tells what happens otherwise).
 */
export function startStreamClient(options: StreamClientOptions): StreamClient {
  const times = { ...streamTimes, ...options.times };
  const stopping = new AbortController();
  const running = run({ ...options, times }, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

type Settled = Omit<StreamClientOptions, 'times'> & { readonly times: StreamTimes };

async function run(options: Settled, signal: AbortSignal): Promise<void> {
  const { times, onNews } = options;
  const retiring = new Set<Promise<void>>();
  const retire = (connection: Connection | undefined): void => {
    if (!connection) return;
    const gone = connection.end().finally(() => retiring.delete(gone));
    retiring.add(gone);
  };
  let current: Connection | undefined;
  let failures = 0;
  let silenceMs = times.silenceMs;
  let isFirst = true;
  while (!signal.aborted) {
    const fresh = await open(options, signal);
    if ('error' in fresh) {
      failures += 1;
      if (!signal.aborted) onNews({ kind: 'failed', error: fresh.error, failures });
      // An old connection that is still open serves on meanwhile.
      await rest(times.pauseMs(failures), signal);
      continue;
    }
    // Only now, with the new one open, the old one goes: nothing falls between them (ask 31).
    retire(current);
    current = fresh;
    onNews({ kind: 'connected', isFirst });
    isFirst = false;
    const openedAt = performance.now();
    const reason = await fresh.untilEnd(silenceMs, signal);
    silenceMs = nextPatience(times, silenceMs, reason, fresh.frames());
    const isHealthy = performance.now() - openedAt >= times.healthyMs;
    failures = isHealthy ? 0 : failures + 1;
    onNews({ kind: 'ended', reason, failures });
    if (!isHealthy) await rest(times.pauseMs(failures), signal);
  }
  retire(current);
  await Promise.all(retiring);
}

/** A company may be quiet; a connection that had frames and has none any more is dead. */
function nextPatience(
  times: StreamTimes,
  silenceMs: number,
  reason: ConnectionEnd,
  frames: number,
): number {
  if (frames > 0 || reason !== 'silent') return times.silenceMs;
  return Math.min(times.silenceMaxMs, silenceMs * 2);
}

async function open(
  { fetchAddress, connect, onFrame, onNews, times }: Settled,
  signal: AbortSignal,
): Promise<Connection | { readonly error: CashbellError }> {
  try {
    const address = await fetchAddress();
    if (signal.aborted) return { error: streamDown('', 'stopped') };
    const take = (text: string): Promise<FrameReaction> => {
      onNews({ kind: 'frame' });
      return onFrame(text);
    };
    return await openConnection(connect, address, take, times);
  } catch (error) {
    if (error instanceof CashbellError) return { error };
    return { error: streamDown('', error instanceof Error ? error.name : 'unknown') };
  }
}

async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}

import type { SecretText } from '#core/secret-text.ts';
import type { Socket, SocketOpener } from './socket.ts';
import type { ConnectionEnd, StreamTimes } from './stream-times.ts';

/** What follows from a frame. */
export interface FrameReaction {
  /** Sent back when present. */
  readonly answer?: string | undefined;
  /** Nothing more will come on this connection, although it stays open. */
  readonly isLast: boolean;
}

/** One connection from its opening to its end. */
export interface Connection {
  /** Resolves when it should be replaced, or when it is gone. */
  untilEnd(silenceMs: number, signal: AbortSignal): Promise<ConnectionEnd>;
  /** Frames so far; answers to our pings are none. */
  frames(): number;
  /** Closes it once everything that was taken in is answered. */
  end(): Promise<void>;
}

/** Answers that are still being prepared may take so long when a connection ends. */
const GOODBYE_MS = 5_000;

export async function openConnection(
  connect: SocketOpener,
  address: SecretText,
  onFrame: (text: string) => Promise<FrameReaction>,
  times: StreamTimes,
): Promise<Connection> {
  const pending = new Set<Promise<void>>();
  const ended = Promise.withResolvers<ConnectionEnd>();
  const closed = Promise.withResolvers<void>();
  let frames = 0;
  let lastFrameAt = performance.now();
  const timers: { pinging?: NodeJS.Timeout; pongDue?: NodeJS.Timeout | undefined } = {};

  const take = async (text: string): Promise<void> => {
    const { answer, isLast } = await onFrame(text);
    if (answer !== undefined) (await opening).send(answer);
    if (isLast) ended.resolve('disconnect');
  };
  const opening: Promise<Socket> = connect(address, {
    onText: (text) => {
      frames += 1;
      lastFrameAt = performance.now();
      // A frame that cannot be taken in is not answered; DingTalk sends it again.
      const work = take(text)
        .catch(() => undefined)
        .finally(() => pending.delete(work));
      pending.add(work);
    },
    onPong: () => {
      clearTimeout(timers.pongDue);
      timers.pongDue = undefined;
    },
    onClosed: () => {
      clearInterval(timers.pinging);
      clearTimeout(timers.pongDue);
      ended.resolve('closed');
      closed.resolve();
    },
  });
  const socket = await opening;
  timers.pinging = setInterval(() => {
    socket.ping();
    timers.pongDue ??= setTimeout(() => socket.terminate(), times.pongMs);
  }, times.pingMs);

  const end = async (): Promise<void> => {
    clearInterval(timers.pinging);
    const patience = setTimeout(() => socket.terminate(), GOODBYE_MS);
    await Promise.race([Promise.all(pending), closed.promise]);
    socket.close();
    await closed.promise;
    clearTimeout(patience);
  };
  return {
    frames: () => frames,
    untilEnd: async (silenceMs, signal) => {
      const watch = setInterval(
        () => {
          if (performance.now() - lastFrameAt >= silenceMs) ended.resolve('silent');
        },
        Math.max(1, silenceMs / 20),
      );
      const stop = (): void => ended.resolve('stopped');
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        return await ended.promise;
      } finally {
        clearInterval(watch);
        signal.removeEventListener('abort', stop);
      }
    },
    end,
  };
}

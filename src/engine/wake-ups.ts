import pg from 'pg';
import type { PoolConfig } from 'pg';

/** Channels on which processes wake each other; payloads are hints, rows are the truth. */
export const channels = {
  inbound: 'cashbell_inbound',
  ring: 'cashbell_ring',
  payment: 'cashbell_payment',
  dingtalk: 'cashbell_dingtalk',
  matching: 'cashbell_matching',
  settings: 'cashbell_settings',
} as const;

export type Channel = (typeof channels)[keyof typeof channels];

const RECONNECT_MS = 1_000;

/**
 * Listens to the other processes on a connection of its own, and comes back by itself when the
 * database was away. Whatever was missed meanwhile is found by the sweeps.
 */
export function startListening(options: {
  readonly config: PoolConfig;
  readonly handlers: Readonly<Partial<Record<Channel, (payload: string) => void>>>;
  readonly onError: (error: unknown) => void;
}): { readonly ready: Promise<void>; stop(): Promise<void> } {
  let client: pg.Client | undefined;
  let isStopping = false;
  let timer: NodeJS.Timeout | undefined;
  const names = Object.values(channels).filter((name) => options.handlers[name] !== undefined);

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client(options.config);
    client = fresh;
    fresh.on('error', options.onError);
    fresh.on('end', retryLater);
    fresh.on('notification', ({ channel, payload }) => {
      const name = names.find((known) => known === channel);
      if (name) options.handlers[name]?.(payload ?? '');
    });
    await fresh.connect();
    for (const name of names) await fresh.query(`LISTEN ${name}`);
  };
  const retryLater = (): void => {
    if (isStopping || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      connect().catch((error: unknown) => {
        options.onError(error);
        retryLater();
      });
    }, RECONNECT_MS);
  };
  const ready = connect().catch((error: unknown) => {
    // A stop in the middle of connecting is no failure.
    if (isStopping) return;
    options.onError(error);
    retryLater();
  });
  return {
    ready,
    stop: async () => {
      isStopping = true;
      clearTimeout(timer);
      await client?.end().catch(options.onError);
    },
  };
}

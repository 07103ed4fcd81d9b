import { setTimeout as delay } from 'node:timers/promises';
import type { StreamClient } from './stream-client.ts';

export interface StreamLeaderOptions<App> {
  /** Renews the leases of this process and takes free ones; all that it holds from now on. */
  readonly takeLeases: (leaseMs: number) => Promise<readonly App[]>;
  readonly releaseLease: (app: App) => Promise<void>;
  readonly keyOf: (app: App) => string;
  readonly start: (app: App) => StreamClient;
  readonly onError: (error: unknown) => void;
  readonly leaseMs?: number;
  readonly renewMs?: number;
}

const LEASE_MS = 15_000;
const RENEW_MS = 5_000;

/**
 * Keeps one client for each app whose lease this process holds. Without its database a process lets
 * go before the lease ends: it could not store what it would be told.
 */
export function startStreamLeader<App>(options: StreamLeaderOptions<App>): {
  /** Looks again at once, such as after a change of settings. */
  kick(): void;
  stop(): Promise<void>;
} {
  const { keyOf, onError, leaseMs = LEASE_MS, renewMs = RENEW_MS } = options;
  const held = new Map<string, { readonly app: App; readonly client: StreamClient }>();
  const stopping = new AbortController();
  let wake = new AbortController();
  let heldUntil = 0;

  const drop = async (key: string): Promise<void> => {
    const one = held.get(key);
    held.delete(key);
    await one?.client.stop();
  };
  const keep = async (): Promise<void> => {
    const startedAt = performance.now();
    try {
      const apps = await options.takeLeases(leaseMs);
      heldUntil = startedAt + leaseMs - renewMs;
      const wanted = new Map(apps.map((app) => [keyOf(app), app]));
      for (const key of held.keys()) if (!wanted.has(key)) await drop(key);
      for (const [key, app] of wanted) {
        if (!held.has(key)) held.set(key, { app, client: options.start(app) });
      }
    } catch (error) {
      onError(error);
      if (performance.now() < heldUntil) return;
      for (const key of held.keys()) await drop(key);
    }
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await keep();
      const signal = AbortSignal.any([stopping.signal, wake.signal]);
      await delay(renewMs, undefined, { signal }).catch(() => undefined);
      if (wake.signal.aborted) wake = new AbortController();
    }
    for (const [key, { app }] of held) {
      await drop(key);
      await options.releaseLease(app).catch(onError);
    }
  };
  const running = loop();
  return {
    kick: () => wake.abort(),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

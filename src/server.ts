import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { buildApi } from '#api/api.ts';
import { healthRoutes } from '#api/health.ts';
import { claimPresses } from './flows/claims/start-claims.ts';
import { createCallbackReceiver } from './flows/dingtalk/callback.ts';
import { createCardCallbackReceiver } from './flows/dingtalk/card-callback.ts';
import { createPressDesk } from './flows/dingtalk/press-desk.ts';
import { registerDingtalkCallback } from './flows/dingtalk/callback-routes.ts';
import { createEventIntake } from './flows/dingtalk/event-intake.ts';
import { createDingtalkSender } from './flows/notification/dingtalk-sender.ts';
import { createReceiver } from './flows/ingest/receive.ts';
import { registerHooks } from './flows/ingest/hook-routes.ts';
import { requireSecureListen } from '#engine/settings.ts';
import { saveLearned } from '#store/learned.ts';
import type { Runtime } from './runtime.ts';

/** Takes the calls of banks and serves the API. */
export interface Server {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Wakes the worker of this process; absent when workers run elsewhere. */
  readonly kick?: () => void;
}

const BODY_BYTES_MAX = 1024 * 1024;
/** Wake-ups of other processes are bundled, because one finds all that waits. */
const NOTIFY_PAUSE_MS = 5;

export async function startServer(runtime: Runtime, options: ServerOptions): Promise<Server> {
  const { settings, services, directory, connectorOf, metrics, logger } = runtime;
  requireSecureListen(settings);
  const app = createApp(runtime);
  let isNotifying = false;
  const wakeOthers = (): void => {
    if (isNotifying) return;
    isNotifying = true;
    setTimeout(() => {
      isNotifying = false;
      runtime.notify('cashbell_inbound', '');
    }, NOTIFY_PAUSE_MS);
  };
  const receiver = createReceiver({
    services,
    directory,
    connectorOf,
    onStored: () => (options.kick ?? wakeOthers)(),
    onLearned: async (connection, learned) => {
      // Each call teaches the same again; only news may cost all of us the settings in memory.
      if (await saveLearned(services.pool, connection, learned)) {
        directory.forget(connection.orgId);
      }
    },
  });
  registerHooks(app, {
    receiver,
    onCall: ({ outcome, connection }) => {
      metrics.inboundCalls.inc({ connector: connection?.connector ?? 'unknown', outcome });
    },
  });
  const intake = createEventIntake({
    services,
    directory,
    onStored: () => runtime.signal('cashbell_dingtalk', ''),
  });
  const onError = (error: unknown): void => logger.error({ error }, 'callback of DingTalk');
  const sender = createDingtalkSender({ services, transport: runtime.transport });
  const presses = claimPresses(runtime.claims, sender);
  registerDingtalkCallback(app, {
    receiver: createCallbackReceiver({ services, directory, intake, onError }),
    cardReceiver: createCardCallbackReceiver({
      services,
      directory,
      pressDesk: createPressDesk({ services, intake, onError, ...presses }),
      onError,
    }),
    onCall: (outcome) => metrics.dingtalkCallbacks.inc({ outcome }),
  });
  await app.register(
    healthRoutes({ pool: services.pool, keyring: services.keyring, registry: metrics.registry }),
  );
  await app.register(
    buildApi({
      services,
      transport: runtime.transport,
      settings,
      isSandbox: runtime.isSandbox,
      payments: runtime.payments,
    }),
  );
  await app.listen({ host: settings.host, port: settings.port });
  const port = portOf(app.server.address());
  const scheme = settings.tls ? 'https' : 'http';
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  logger.info({ host: settings.host, port }, 'listening');
  return {
    port,
    url: `${scheme}://${host}:${port}`,
    stop: () => app.close(),
  };
}

function createApp({ settings }: Runtime): FastifyInstance {
  const common = {
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    trustProxy: settings.trustedProxies.length > 0 ? [...settings.trustedProxies] : false,
    // A bank that keeps its connections open must not hold up a stop.
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  } as const;
  if (!settings.tls) return fastify(common);
  const https = {
    cert: readFileSync(settings.tls.certificateFile),
    key: readFileSync(settings.tls.keyFile),
    minVersion: 'TLSv1.2' as const,
  };
  const app = fastify({ ...common, https });
  // The type differs from that of plain HTTP only in the server behind it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return app as unknown as FastifyInstance;
}

function portOf(address: string | AddressInfo | null): number {
  if (typeof address !== 'object' || address === null) throw new Error('not listening');
  return address.port;
}

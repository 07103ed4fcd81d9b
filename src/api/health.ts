import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import type { Registry } from 'prom-client';
import type { Keyring } from '#store/keyring.ts';

export interface HealthOptions {
  readonly pool: Pool;
  /** Absent when the master key could not be opened. */
  readonly keyring: Keyring | undefined;
  readonly registry: Registry;
}

/** A worker that has not beaten for so long is gone. */
const BEAT_SECONDS_MAX = 30;
const DATABASE_TIMEOUT_MS = 2_000;

type Check = 'ok' | 'failed';

interface Readiness {
  readonly database: Check;
  readonly worker: Check;
  readonly key: Check;
}

/**
 * `/healthz` says that this process runs and asks nobody; `/readyz` says whether it can do its
 * work; `/metrics` is for Prometheus. None of them tells anything about an organisation.
 */
export function healthRoutes(options: HealthOptions): (app: FastifyInstance) => Promise<void> {
  return (app) => {
    app.get('/healthz', (_request, reply) =>
      reply.header('cache-control', 'no-store').send({ status: 'ok' }),
    );
    app.get('/readyz', async (_request, reply) => {
      const checks = await checkReadiness(options);
      const isReady = Object.values(checks).every((check) => check === 'ok');
      return reply
        .code(isReady ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status: isReady ? 'ok' : 'failed', checks });
    });
    app.get('/metrics', async (_request, reply) =>
      reply
        .header('cache-control', 'no-store')
        .type(options.registry.contentType)
        .send(await options.registry.metrics()),
    );
    return Promise.resolve();
  };
}

async function checkReadiness({ pool, keyring }: HealthOptions): Promise<Readiness> {
  const key = keyring === undefined ? 'failed' : 'ok';
  try {
    const { rows } = await withDeadline(
      pool.query<{ alive: boolean }>(
        `SELECT EXISTS (SELECT FROM worker WHERE role <> 'server'
           AND beat_at > now() - make_interval(secs => $1)) AS alive`,
        [BEAT_SECONDS_MAX],
      ),
    );
    return { database: 'ok', worker: rows[0]?.alive === true ? 'ok' : 'failed', key };
  } catch {
    return { database: 'failed', worker: 'failed', key };
  }
}

/** A database that hangs is as good as none; the one who asks wants an answer. */
async function withDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('database did not answer')), DATABASE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

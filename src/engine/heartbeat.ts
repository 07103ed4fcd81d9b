import { hostname } from 'node:os';
import type { Pool } from 'pg';

const BEAT_MS = 5_000;

/** Shows the other processes and `/readyz` that this one lives. */
export async function startHeartbeat(options: {
  readonly pool: Pool;
  readonly workerId: string;
  readonly role: string;
  readonly version: string;
  readonly onError: (error: unknown) => void;
}): Promise<{ stop(): Promise<void> }> {
  const { pool, workerId } = options;
  await pool.query(
    `INSERT INTO worker (worker_id, role, host, pid, version) VALUES ($1, $2, $3, $4, $5)`,
    [workerId, options.role, hostname(), process.pid, options.version],
  );
  const timer = setInterval(() => {
    pool
      .query('UPDATE worker SET beat_at = now() WHERE worker_id = $1', [workerId])
      .catch(options.onError);
  }, BEAT_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await pool
        .query('DELETE FROM worker WHERE worker_id = $1', [workerId])
        .catch(options.onError);
    },
  };
}

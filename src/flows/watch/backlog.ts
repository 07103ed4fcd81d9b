import type { Pool } from 'pg';
import type { Metrics } from '#engine/metrics.ts';

/** Counts what waits, for `/metrics`. */
export async function observeBacklog(pool: Pool, metrics: Metrics): Promise<void> {
  const { rows } = await pool.query<{ queue: string; count: string }>(
    `SELECT 'inbound' AS queue, count(*)::text AS count FROM inbound WHERE state = 'stored'
     UNION ALL SELECT 'quarantine', count(*)::text FROM inbound WHERE state = 'quarantined'
     UNION ALL SELECT 'notices', count(*)::text FROM notice WHERE state = 'waiting'
     UNION ALL SELECT 'failedNotices', count(*)::text FROM notice WHERE state = 'failed'
     UNION ALL SELECT 'polls', count(*)::text FROM poll WHERE next_at < now()`,
  );
  for (const { queue, count } of rows) metrics.backlog.set({ queue }, Number(count));
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { instantFromMs } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { invalidField } from './orgs.ts';

const PAUSE_MS = 20;
const SETTLED_WITHIN_MS = 30_000;

/**
 * The database's own clock, by which all that is recorded is dated: the next full millisecond, so that
 * what was recorded just before is known by then.
 */
export async function databaseClock(pool: Pool): Promise<Instant> {
  const { rows } = await pool.query<{ ms: string }>(
    'SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000)::bigint::text AS ms',
  );
  return instantFromMs(Number(rows[0]?.ms));
}

/**
 * Waits until nothing can still become known as of a moment: rows carry the clock of their own
 * transaction, so whatever is dated before it was written by a transaction that had begun by then.
 * Afterwards a report of that moment is the same whenever it is made.
 */
export async function waitUntilSettled(pool: Pool, asOf: Instant): Promise<void> {
  const at = new Date(asOf.epochMilliseconds);
  const endsAtMs = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const { rows } = await pool.query<{ is_past: boolean; open: number }>(
      `SELECT clock_timestamp() > $1 AS is_past,
              (SELECT count(*)::int FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()
                 AND backend_xid IS NOT NULL AND xact_start <= $1) AS open`,
      [at],
    );
    const [row] = rows;
    if (row?.is_past === true && row.open === 0) return;
    if (row?.is_past === false && asOf.epochMilliseconds > Date.now() + SETTLED_WITHIN_MS) {
      throw invalidField('asOf', 'lies in the future');
    }
    if (Date.now() > endsAtMs) {
      throw new CashbellError('report.notSettled', { asOf: asOf.toString() });
    }
    await pause(PAUSE_MS);
  }
}

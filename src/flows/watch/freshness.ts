import type { Pool } from 'pg';
import { parseId } from '#core/ids.ts';
import { closeAlarm, openAlarm } from '#store/alarms.ts';
import { inTransaction } from '#store/transaction.ts';
import { alertFact, saveFacts } from '../notification/announce.ts';
import type { Announcer, Ring } from '../notification/announce.ts';

interface FreshnessRow {
  org_id: string;
  account_id: string;
  connection_id: string;
  subject: string;
  minutes: string;
  is_stale: boolean;
}

/**
 * Compares each polled account's last full answer with its rhythm. A feed that died silently is
 * told after three missed rounds, half an hour at the least (ask 60).
 */
export async function watchFreshness(
  pool: Pool,
  announcer: Announcer,
  at: Date,
): Promise<readonly Ring[]> {
  const { rows } = await pool.query<FreshnessRow>(
    `SELECT p.org_id, p.account_id, p.connection_id, c.name || ' · ' || a.name AS subject,
            floor(extract(epoch FROM $1 - s.since) / 60)::text AS minutes,
            s.since < $1::timestamptz - s.patience AS is_stale
     FROM poll p
     JOIN account a USING (org_id, account_id)
     JOIN connection c ON c.org_id = p.org_id AND c.connection_id = p.connection_id
     CROSS JOIN LATERAL (SELECT coalesce(p.last_success_at, a.created_at) AS since,
       greatest(interval '30 minutes', make_interval(secs => 3 * p.interval_seconds)) AS patience) s
     WHERE c.state = 'active'
       AND (s.since < $1::timestamptz - s.patience) <> (a.stale_since IS NOT NULL)
     LIMIT 500`,
    [at],
  );
  const rings: Ring[] = [];
  for (const row of rows) rings.push(...(await turn(pool, announcer, row, at)));
  return rings;
}

async function turn(
  pool: Pool,
  announcer: Announcer,
  row: FreshnessRow,
  at: Date,
): Promise<readonly Ring[]> {
  const orgId = parseId('org', row.org_id);
  const place = { orgId, kind: 'account.stale', subjectId: row.account_id };
  return inTransaction(pool, async (client, transaction) => {
    await client.query(
      'UPDATE account SET stale_since = $3 WHERE org_id = $1 AND account_id = $2',
      [orgId, row.account_id, row.is_stale ? at : null],
    );
    const details = { minutes: Number(row.minutes) };
    const isTold = row.is_stale
      ? await openAlarm(client, place, details, at)
      : (await closeAlarm(client, place, at)) !== undefined;
    if (!isTold) return [];
    const fact = alertFact({
      kind: row.is_stale ? 'account.stale' : 'account.fresh',
      accountId: parseId('acc', row.account_id),
      connectionId: parseId('con', row.connection_id),
      subject: row.subject,
      details,
      atMs: at.getTime(),
    });
    return saveFacts(transaction, announcer, [{ orgId, fact }], at);
  });
}

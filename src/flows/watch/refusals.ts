import type { Pool } from 'pg';
import { parseId } from '#core/ids.ts';
import { closeAlarm, openAlarm } from '#store/alarms.ts';
import { inTransaction } from '#store/transaction.ts';
import { alertFact, saveFacts } from '../notification/announce.ts';
import type { Announcer, Ring } from '../notification/announce.ts';

/** So many refused calls in the window are more than a stranger who tried the door once. */
const REFUSALS_UNTIL_TOLD = 5;
const WINDOW = '10 minutes';

interface RefusalRow {
  org_id: string;
  connection_id: string;
  name: string;
  count: string;
  reason: string | null;
  is_open: boolean;
}

/**
 * Tells when calls in a bank's name are refused again and again: a key that was changed on one side
 * only, a proxy that rewrites bodies, or somebody who knocks. Ends when ten minutes were quiet.
 */
export async function watchRefusals(
  pool: Pool,
  announcer: Announcer,
  at: Date,
): Promise<readonly Ring[]> {
  const { rows } = await pool.query<RefusalRow>(
    `SELECT c.org_id, c.connection_id, c.name, r.count::text, r.reason, a.open AS is_open
     FROM connection c
     CROSS JOIN LATERAL (
       SELECT count(*) AS count, mode() WITHIN GROUP (ORDER BY i.refusal_code) AS reason
       FROM inbound i WHERE i.org_id = c.org_id AND i.connection_id = c.connection_id
         AND i.state = 'refused' AND i.received_at >= $1::timestamptz - $2::interval) r
     CROSS JOIN LATERAL (
       SELECT EXISTS (SELECT FROM alarm a WHERE a.org_id = c.org_id AND a.closed_at IS NULL
         AND a.kind = 'connection.callsRefused' AND a.subject_id = c.connection_id) AS open) a
     WHERE c.state = 'active' AND (r.count >= $3 AND NOT a.open OR r.count = 0 AND a.open)`,
    [at, WINDOW, REFUSALS_UNTIL_TOLD],
  );
  const rings: Ring[] = [];
  for (const row of rows) rings.push(...(await turn(pool, announcer, row, at)));
  return rings;
}

async function turn(
  pool: Pool,
  announcer: Announcer,
  row: RefusalRow,
  at: Date,
): Promise<readonly Ring[]> {
  const orgId = parseId('org', row.org_id);
  const place = { orgId, kind: 'connection.callsRefused', subjectId: row.connection_id };
  return inTransaction(pool, async (client, transaction) => {
    if (row.is_open) {
      await closeAlarm(client, place, at);
      return [];
    }
    const details = { count: Number(row.count), reason: row.reason ?? 'unknown' };
    if (!(await openAlarm(client, place, details, at))) return [];
    const fact = alertFact({
      kind: 'connection.callsRefused',
      connectionId: parseId('con', row.connection_id),
      subject: row.name,
      details,
      atMs: at.getTime(),
    });
    return saveFacts(transaction, announcer, [{ orgId, fact }], at);
  });
}

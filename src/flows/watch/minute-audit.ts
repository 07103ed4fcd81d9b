import type { Pool } from 'pg';
import { parseId } from '#core/ids.ts';
import { closeAlarm, openAlarm } from '#store/alarms.ts';
import { inTransaction } from '#store/transaction.ts';
import { alertFact, saveFacts } from '../notification/announce.ts';
import type { Announcer, Ring } from '../notification/announce.ts';

/** One organisation's minute: what should have been told against what was accepted (ask 39). */
export interface AuditMinute {
  readonly orgId: string;
  readonly expected: number;
  readonly accepted: number;
  /** Held back by plan: muted, grouped, folded or waiting for the budget. */
  readonly waitingByPlan: number;
  /** Should have been told by now, and nothing holds it back. */
  readonly overdue: number;
  /** Notices that an event must have and does not; never anything but 0. */
  readonly missing: number;
}

/** A notice may be on its way for so long before the audit asks. */
const PATIENCE_SECONDS = 60;
const LOOK_BACK = '24 hours';

const AUDIT_SQL = `
SELECT o.org_id,
  (SELECT count(*) FROM notice n WHERE n.org_id = o.org_id
     AND n.created_at >= $1::timestamptz - interval '1 minute' AND n.created_at < $1) AS expected,
  (SELECT count(*) FROM notice n WHERE n.org_id = o.org_id
     AND n.told_at >= $1::timestamptz - interval '1 minute' AND n.told_at < $1) AS accepted,
  (SELECT count(*) FROM notice n WHERE n.org_id = o.org_id AND n.state = 'waiting') AS waiting,
  (SELECT count(*) FROM notice n
     JOIN destination_meter m USING (org_id, destination_id)
     JOIN destination d USING (org_id, destination_id)
   WHERE n.org_id = o.org_id AND d.state <> 'removed'
     AND n.state IN ('waiting', 'sending')
     AND n.created_at < $1::timestamptz - make_interval(secs => $2)
     AND (n.not_before IS NULL OR n.not_before < $1::timestamptz - make_interval(secs => $2))
     AND (m.next_look_at IS NULL OR m.next_look_at < $1::timestamptz - make_interval(secs => $2))
     AND (m.blocked_until IS NULL
       OR m.blocked_until < $1::timestamptz - make_interval(secs => $2))
     AND (m.lease_until IS NULL OR m.lease_until < $1)) AS overdue,
  (SELECT coalesce(sum(abs(e.notices_expected - c.notices)), 0) FROM event e
     CROSS JOIN LATERAL (SELECT count(*) AS notices FROM notice n
       WHERE n.org_id = e.org_id AND n.event_id = e.event_id) c
   WHERE e.org_id = o.org_id AND e.created_at >= $1::timestamptz - $3::interval
     AND e.created_at < $1 AND e.notices_expected <> c.notices) AS missing
FROM org o`;

/** Makes the audit of the minute that ends now, for every organisation, and raises or ends alarms. */
export async function auditMinute(
  pool: Pool,
  announcer: Announcer,
  at: Date,
): Promise<{ readonly minutes: readonly AuditMinute[]; readonly rings: readonly Ring[] }> {
  const { rows } = await pool.query<Record<'org_id' | AuditColumn, string>>(AUDIT_SQL, [
    at,
    PATIENCE_SECONDS,
    LOOK_BACK,
  ]);
  const minutes = rows.map(toMinute);
  const rings: Ring[] = [];
  for (const minute of minutes) rings.push(...(await keep(pool, announcer, minute, at)));
  return { minutes, rings };
}

type AuditColumn = 'expected' | 'accepted' | 'waiting' | 'overdue' | 'missing';

function toMinute(row: Record<'org_id' | AuditColumn, string>): AuditMinute {
  const overdue = Number(row.overdue);
  return {
    orgId: row.org_id,
    expected: Number(row.expected),
    accepted: Number(row.accepted),
    waitingByPlan: Math.max(0, Number(row.waiting) - overdue),
    overdue,
    missing: Number(row.missing),
  };
}

async function keep(
  pool: Pool,
  announcer: Announcer,
  minute: AuditMinute,
  at: Date,
): Promise<readonly Ring[]> {
  const place = { orgId: minute.orgId, kind: 'audit.difference', subjectId: minute.orgId };
  return inTransaction(pool, async (client, transaction) => {
    await client.query(
      `INSERT INTO audit_minute (org_id, minute, expected, accepted, waiting_by_plan, overdue,
         missing)
       VALUES ($1, date_trunc('minute', $2::timestamptz), $3, $4, $5, $6, $7)
       ON CONFLICT (org_id, minute) DO UPDATE SET expected = excluded.expected,
         accepted = excluded.accepted, waiting_by_plan = excluded.waiting_by_plan,
         overdue = excluded.overdue, missing = excluded.missing`,
      [
        minute.orgId,
        at,
        minute.expected,
        minute.accepted,
        minute.waitingByPlan,
        minute.overdue,
        minute.missing,
      ],
    );
    if (minute.overdue + minute.missing === 0) {
      await closeAlarm(client, place, at);
      return [];
    }
    const details = { overdue: minute.overdue, missing: minute.missing };
    if (!(await openAlarm(client, place, details, at))) return [];
    const orgId = parseId('org', minute.orgId);
    const subject = (await announcer.directory.org(orgId)).name;
    const fact = alertFact({ kind: 'audit.difference', subject, details, atMs: at.getTime() });
    return saveFacts(transaction, announcer, [{ orgId, fact }], at);
  });
}

import type { Pool } from 'pg';
import type { z } from 'zod';
import type { AlarmsQuery, AlarmWire, AuditQuery, AuditWire } from '../contract/telling.ts';
import type { Page } from './page.ts';
import { ID_PLACE, NUMBER_PLACE, parseCursor, timeText, toPage } from './page.ts';

interface AlarmRow {
  alarm_id: string;
  kind: string;
  subject_id: string;
  opened_at: Date;
  closed_at: Date | null;
  details: Record<string, unknown>;
}

/** Alarms, newest first. */
export async function listAlarms(
  pool: Pool,
  orgId: string,
  query: z.infer<typeof AlarmsQuery>,
): Promise<Page<z.infer<typeof AlarmWire>>> {
  const { rows } = await pool.query<AlarmRow>(
    `SELECT alarm_id, kind, subject_id, opened_at, closed_at, details FROM alarm
     WHERE org_id = $1 AND ($2::text IS NULL OR alarm_id < $2)
       AND ($3::text IS NULL OR ($3 = 'open') = (closed_at IS NULL))
     ORDER BY alarm_id DESC LIMIT $4`,
    [orgId, parseCursor(query.cursor, ID_PLACE) ?? null, query.state ?? null, query.limit + 1],
  );
  return toPage(rows, query, {
    placeOf: (row) => row.alarm_id,
    toItem: (row) => ({
      alarmId: row.alarm_id,
      kind: row.kind,
      subjectId: row.subject_id,
      openedAt: row.opened_at.toISOString(),
      closedAt: timeText(row.closed_at),
      details: row.details,
    }),
  });
}

interface AuditRow {
  number: string;
  at: Date;
  actor: string;
  action: string;
  subject: string;
  before: unknown;
  after: unknown;
  hash: Buffer;
}

/** Lines of the audit, newest first. */
export async function listAudit(
  pool: Pool,
  orgId: string,
  query: z.infer<typeof AuditQuery>,
): Promise<Page<z.infer<typeof AuditWire>>> {
  const { rows } = await pool.query<AuditRow>(
    `SELECT number, at, actor, action, subject, before, after, hash FROM audit
     WHERE org_id = $1 AND ($2::bigint IS NULL OR number < $2)
       AND ($3::text IS NULL OR action = $3) AND ($4::text IS NULL OR subject = $4)
     ORDER BY number DESC LIMIT $5`,
    [
      orgId,
      parseCursor(query.cursor, NUMBER_PLACE) ?? null,
      query.action ?? null,
      query.subject ?? null,
      query.limit + 1,
    ],
  );
  return toPage(rows, query, {
    placeOf: (row) => row.number,
    toItem: (row) => ({
      number: row.number,
      at: row.at.toISOString(),
      actor: row.actor,
      action: row.action,
      subject: row.subject,
      ...(row.before === null ? {} : { before: row.before }),
      ...(row.after === null ? {} : { after: row.after }),
      hash: row.hash.toString('hex'),
    }),
  });
}

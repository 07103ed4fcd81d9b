import type { Pool } from 'pg';
import { parsePlainDate } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import type { OrgId } from '#core/ids.ts';
import type { Language } from '#core/languages.ts';
import type { ReportFormat, ReportKind, ReportSettings } from '#core/reports.ts';
import { oneOf } from './audited.ts';
import type { Queryable } from './grants.ts';
import { toInstant } from './orgs.ts';

export type ScheduleState = 'active' | 'paused' | 'removed';

/** A report that is made again and again, and where it goes. */
export interface ReportSchedule {
  readonly orgId: OrgId;
  readonly scheduleId: string;
  readonly name: string;
  readonly report: ReportKind;
  readonly settings: ReportSettings;
  readonly formats: readonly ReportFormat[];
  readonly language: Language;
  readonly zone: string;
  readonly rule: string;
  readonly startsOn: PlainDate;
  /** `HH:mm` in the zone. */
  readonly at: string;
  /** Country whose banks' days count; absent: every day of the rule. */
  readonly calendar: string | undefined;
  readonly destinationId: string;
  readonly state: ScheduleState;
  readonly nextAt: Instant | undefined;
  readonly lastAt: Instant | undefined;
  readonly failures: number;
  readonly createdBy: string;
  readonly createdAt: Instant;
}

interface ScheduleRow {
  org_id: OrgId;
  schedule_id: string;
  name: string;
  report: ReportKind;
  settings: ReportSettings;
  formats: ReportFormat[];
  language: Language;
  zone: string;
  rule: string;
  starts_on: string;
  at: string;
  calendar: string | null;
  destination_id: string;
  state: ScheduleState;
  next_at: Date | null;
  last_at: Date | null;
  failures: number;
  created_by: string;
  created_at: Date;
}

const COLUMNS = `org_id, schedule_id, name, report, settings, formats, language, zone, rule,
  starts_on::text AS starts_on, to_char(at, 'HH24:MI') AS at, calendar, destination_id, state,
  next_at, last_at, failures, created_by, created_at`;

function toSchedule(row: ScheduleRow): ReportSchedule {
  return {
    orgId: row.org_id,
    scheduleId: row.schedule_id,
    name: row.name,
    report: row.report,
    settings: row.settings,
    formats: row.formats,
    language: row.language,
    zone: row.zone,
    rule: row.rule,
    startsOn: parsePlainDate(row.starts_on),
    at: row.at,
    calendar: row.calendar ?? undefined,
    destinationId: row.destination_id,
    state: row.state,
    nextAt: toInstant(row.next_at),
    lastAt: toInstant(row.last_at),
    failures: row.failures,
    createdBy: row.created_by,
    createdAt: toInstant(row.created_at),
  };
}

export async function insertSchedule(
  client: Queryable,
  schedule: Omit<ReportSchedule, 'state' | 'lastAt' | 'failures' | 'createdAt'>,
  now: Date,
): Promise<void> {
  await client.query(
    `INSERT INTO report_schedule (org_id, schedule_id, name, report, settings, formats, language,
       zone, rule, starts_on, at, calendar, destination_id, next_at, created_by, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      schedule.orgId,
      schedule.scheduleId,
      schedule.name,
      schedule.report,
      JSON.stringify(schedule.settings),
      schedule.formats,
      schedule.language,
      schedule.zone,
      schedule.rule,
      schedule.startsOn.toString(),
      schedule.at,
      schedule.calendar ?? null,
      schedule.destinationId,
      dateOf(schedule.nextAt),
      schedule.createdBy,
      now,
    ],
  );
}

function dateOf(moment: Instant | undefined): Date | null {
  return moment ? new Date(moment.epochMilliseconds) : null;
}

export interface ScheduleRef {
  readonly orgId: string;
  readonly scheduleId: string;
}

export async function getSchedule(
  client: Queryable,
  { orgId, scheduleId }: ScheduleRef,
  lock: '' | 'FOR NO KEY UPDATE' = '',
): Promise<ReportSchedule> {
  const { rows } = await client.query<ScheduleRow>(
    `SELECT ${COLUMNS} FROM report_schedule
     WHERE org_id = $1 AND schedule_id = $2 AND state <> 'removed' ${lock}`,
    [orgId, scheduleId],
  );
  return toSchedule(oneOf(rows, 'schedule', scheduleId));
}

export async function listSchedules(client: Queryable, orgId: string): Promise<ReportSchedule[]> {
  const { rows } = await client.query<ScheduleRow>(
    `SELECT ${COLUMNS} FROM report_schedule WHERE org_id = $1 AND state <> 'removed'
     ORDER BY schedule_id DESC LIMIT 1000`,
    [orgId],
  );
  return rows.map(toSchedule);
}

/** Schedules whose moment has come; who takes one looks again under its lock. */
export async function findDueSchedules(pool: Pool, now: Date): Promise<ScheduleRef[]> {
  const { rows } = await pool.query<{ org_id: string; schedule_id: string }>(
    `SELECT org_id, schedule_id FROM report_schedule WHERE state = 'active' AND next_at <= $1
     ORDER BY next_at LIMIT 500`,
    [now],
  );
  return rows.map((row) => ({ orgId: row.org_id, scheduleId: row.schedule_id }));
}

/** Writes where a schedule stands; the caller holds its row. */
export async function updateSchedule(
  client: Queryable,
  { orgId, scheduleId }: ScheduleRef,
  change: {
    readonly state: ScheduleState;
    readonly nextAt: Instant | undefined;
    readonly lastAt?: Instant | undefined;
  },
): Promise<void> {
  await client.query(
    `UPDATE report_schedule SET state = $3, next_at = $4, last_at = coalesce($5, last_at)
     WHERE org_id = $1 AND schedule_id = $2`,
    [orgId, scheduleId, change.state, dateOf(change.nextAt), dateOf(change.lastAt)],
  );
}

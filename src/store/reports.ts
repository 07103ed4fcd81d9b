import type { ClientBase, Pool } from 'pg';
import { instantFromMs } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';
import type { ErrorCode, ErrorDetails } from '#core/errors.ts';
import type { OrgId, ReportId } from '#core/ids.ts';
import type { Language } from '#core/languages.ts';
import type { ReportFormat, ReportKind, SettledSettings } from '#core/reports.ts';
import { oneOf } from './audited.ts';
import type { Queryable } from './grants.ts';
import { toInstant } from './orgs.ts';
import { sealedColumns } from './services.ts';
import type { Services } from './services.ts';

export type ReportState = 'making' | 'ready' | 'failed';

/** A report as it was ordered, and how far it is. */
export interface Report {
  readonly orgId: OrgId;
  readonly reportId: ReportId;
  readonly version: number;
  readonly scheduleId: string | undefined;
  readonly dueAt: Instant | undefined;
  readonly report: ReportKind;
  readonly settings: SettledSettings;
  readonly formats: readonly ReportFormat[];
  readonly language: Language;
  readonly zone: string;
  readonly asOf: Instant;
  readonly state: ReportState;
  readonly code: ErrorCode | undefined;
  readonly details: ErrorDetails;
  readonly destinationId: string | undefined;
  readonly requestedBy: string;
  readonly attempts: number;
  readonly createdAt: Instant;
  readonly readyAt: Instant | undefined;
}

interface ReportRow {
  org_id: OrgId;
  report_id: ReportId;
  version: number;
  schedule_id: string | null;
  due_at: Date | null;
  report: ReportKind;
  settings: SettledSettings;
  formats: ReportFormat[];
  language: Language;
  zone: string;
  as_of: Date;
  state: ReportState;
  code: ErrorCode | null;
  details: ErrorDetails;
  destination_id: string | null;
  requested_by: string;
  attempts: number;
  created_at: Date;
  ready_at: Date | null;
}

const COLUMNS = `org_id, report_id, version, schedule_id, due_at, report, settings, formats, language,
  zone, as_of, state, code, details, destination_id, requested_by, attempts, created_at, ready_at`;

function toReport(row: ReportRow): Report {
  return {
    orgId: row.org_id,
    reportId: row.report_id,
    version: row.version,
    scheduleId: row.schedule_id ?? undefined,
    dueAt: toInstant(row.due_at),
    report: row.report,
    settings: row.settings,
    formats: row.formats,
    language: row.language,
    zone: row.zone,
    asOf: instantFromMs(row.as_of.getTime()),
    state: row.state,
    code: row.code ?? undefined,
    details: row.details,
    destinationId: row.destination_id ?? undefined,
    requestedBy: row.requested_by,
    attempts: row.attempts,
    createdAt: instantFromMs(row.created_at.getTime()),
    readyAt: toInstant(row.ready_at),
  };
}

/** A report that is about to be made. */
export type NewReport = Pick<
  Report,
  | 'orgId'
  | 'reportId'
  | 'scheduleId'
  | 'dueAt'
  | 'report'
  | 'settings'
  | 'formats'
  | 'language'
  | 'zone'
  | 'asOf'
  | 'destinationId'
  | 'requestedBy'
>;

/** Writes the order; false when the schedule's moment has its report already. */
export async function insertReport(
  client: Queryable,
  report: NewReport,
  /** Who makes it at once; absent: any worker. */
  lease?: { readonly owner: string; readonly until: Date },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO report (org_id, report_id, schedule_id, due_at, report, settings, formats, language,
       zone, as_of, state, destination_id, requested_by, created_at, next_at, lease_owner,
       lease_until)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'making', $11, $12, clock_timestamp(),
       clock_timestamp(), $13, $14)
     ON CONFLICT (org_id, schedule_id, due_at) DO NOTHING`,
    [
      report.orgId,
      report.reportId,
      report.scheduleId ?? null,
      report.dueAt ? new Date(report.dueAt.epochMilliseconds) : null,
      report.report,
      JSON.stringify(report.settings),
      report.formats,
      report.language,
      report.zone,
      new Date(report.asOf.epochMilliseconds),
      report.destinationId ?? null,
      report.requestedBy,
      lease?.owner ?? null,
      lease?.until ?? null,
    ],
  );
  return rowCount === 1;
}

export async function getReport(
  client: Queryable,
  { orgId, reportId }: { readonly orgId: string; readonly reportId: string },
): Promise<Report> {
  const { rows } = await client.query<ReportRow>(
    `SELECT ${COLUMNS} FROM report WHERE org_id = $1 AND report_id = $2`,
    [orgId, reportId],
  );
  return toReport(oneOf(rows, 'report', reportId));
}

/** Reports of an organisation, newest first, from a place on. */
export async function listReports(
  client: Queryable,
  scope: {
    readonly orgId: string;
    readonly before?: string | undefined;
    readonly report?: string | undefined;
    /** Only what this one had made. */
    readonly requestedBy?: string | undefined;
    readonly limit: number;
  },
): Promise<Report[]> {
  const { rows } = await client.query<ReportRow>(
    `SELECT ${COLUMNS} FROM report
     WHERE org_id = $1 AND ($2::text IS NULL OR report_id < $2) AND ($3::text IS NULL OR report = $3)
       AND ($4::text IS NULL OR requested_by = $4)
     ORDER BY report_id DESC LIMIT $5`,
    [
      scope.orgId,
      scope.before ?? null,
      scope.report ?? null,
      scope.requestedBy ?? null,
      scope.limit,
    ],
  );
  return rows.map(toReport);
}

/** Takes one report to make, for so long that nobody else takes it while its maker lives. */
export async function claimReport(
  pool: Pool,
  lease: { readonly owner: string; readonly until: Date; readonly now: Date },
): Promise<Report | undefined> {
  const { rows } = await pool.query<ReportRow>(
    `UPDATE report r SET lease_owner = $1, lease_until = $2, attempts = attempts + 1
     FROM (SELECT org_id, report_id FROM report
           WHERE state = 'making' AND next_at <= $3 AND (lease_until IS NULL OR lease_until <= $3)
           ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED) due
     WHERE r.org_id = due.org_id AND r.report_id = due.report_id
     RETURNING ${COLUMNS.split(',')
       .map((name) => `r.${name.trim()}`)
       .join(', ')}`,
    [lease.owner, lease.until, lease.now],
  );
  const [row] = rows;
  return row && toReport(row);
}

/** Whether the report is still the lease holder's to finish; locks its row. */
export async function holdReport(
  client: Queryable,
  { orgId, reportId }: Pick<Report, 'orgId' | 'reportId'>,
  owner: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM report WHERE org_id = $1 AND report_id = $2 AND state = 'making'
       AND lease_owner = $3 FOR NO KEY UPDATE`,
    [orgId, reportId, owner],
  );
  return rowCount === 1;
}

/** Ends the making: ready, failed for good, or to be tried again later. */
export async function finishReport(
  client: Queryable,
  { orgId, reportId }: Pick<Report, 'orgId' | 'reportId'>,
  end:
    | { readonly state: 'ready'; readonly version: number }
    | {
        readonly state: 'failed';
        readonly version: number;
        readonly code: string;
        readonly details: ErrorDetails;
      }
    | { readonly state: 'making'; readonly nextAt: Date },
): Promise<void> {
  await client.query(
    `UPDATE report SET state = $3, lease_owner = NULL, lease_until = NULL,
       ready_at = CASE WHEN $3 = 'ready' THEN clock_timestamp() END,
       next_at = $4, code = $5, details = $6, version = coalesce($7, version)
     WHERE org_id = $1 AND report_id = $2`,
    [
      orgId,
      reportId,
      end.state,
      end.state === 'making' ? end.nextAt : null,
      end.state === 'failed' ? end.code : null,
      JSON.stringify(end.state === 'failed' ? end.details : {}),
      end.state === 'making' ? null : end.version,
    ],
  );
}

/** The version for one more thing that is told of a report. */
export async function nextReportVersion(
  client: ClientBase,
  { orgId, reportId }: { readonly orgId: string; readonly reportId: string },
): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    `UPDATE report SET version = version + 1 WHERE org_id = $1 AND report_id = $2 RETURNING version`,
    [orgId, reportId],
  );
  return oneOf(rows, 'report', reportId).version;
}

/** A file of a report, as it is kept. */
export interface ReportFile {
  readonly format: ReportFormat;
  readonly fileName: string;
  /** SHA-256 in hex. */
  readonly digest: string;
  readonly bytes: number;
  /** Its content was taken away after its time. */
  readonly isGone: boolean;
}

/** A file with its content. */
export interface NewReportFile extends Omit<ReportFile, 'isGone'> {
  readonly content: Uint8Array;
}

function placeOf(orgId: string, reportId: string, format: string) {
  return { orgId, column: sealedColumns.reportFile, rowId: `${reportId}/${format}` };
}

/** Keeps a file, sealed: a report names balances and customers. */
export async function insertReportFile(
  client: Queryable,
  services: Pick<Services, 'keyring'>,
  { orgId, reportId }: Pick<Report, 'orgId' | 'reportId'>,
  file: NewReportFile,
): Promise<void> {
  const place = placeOf(orgId, reportId, file.format);
  await client.query(
    `INSERT INTO report_file (org_id, report_id, format, file_name, digest, bytes, sealed)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (org_id, report_id, format) DO UPDATE SET file_name = excluded.file_name,
       digest = excluded.digest, bytes = excluded.bytes, sealed = excluded.sealed, media_id = NULL`,
    [
      orgId,
      reportId,
      file.format,
      file.fileName,
      Buffer.from(file.digest, 'hex'),
      file.bytes,
      await services.keyring.seal(file.content, place),
    ],
  );
}

export async function listReportFiles(
  client: Queryable,
  { orgId, reportId }: { readonly orgId: string; readonly reportId: string },
): Promise<ReportFile[]> {
  const { rows } = await client.query<{
    format: ReportFormat;
    file_name: string;
    digest: Buffer;
    bytes: number;
    is_gone: boolean;
  }>(
    `SELECT format, file_name, digest, bytes, sealed IS NULL AS is_gone FROM report_file
     WHERE org_id = $1 AND report_id = $2 ORDER BY format DESC`,
    [orgId, reportId],
  );
  return rows.map((row) => ({
    format: row.format,
    fileName: row.file_name,
    digest: row.digest.toString('hex'),
    bytes: row.bytes,
    isGone: row.is_gone,
  }));
}

/** A file's content, opened; undefined when there is none any more. */
export async function loadReportFile(
  services: Services,
  file: { readonly orgId: string; readonly reportId: string; readonly format: string },
): Promise<
  | {
      readonly fileName: string;
      readonly content: Uint8Array;
      /** As DingTalk knows it, per app. */
      readonly mediaId: string | undefined;
    }
  | undefined
> {
  const { orgId, reportId, format } = file;
  const { rows } = await services.pool.query<{
    file_name: string;
    sealed: Buffer | null;
    media_id: string | null;
  }>(
    `SELECT file_name, sealed, media_id FROM report_file
     WHERE org_id = $1 AND report_id = $2 AND format = $3`,
    [orgId, reportId, format],
  );
  const [row] = rows;
  if (!row?.sealed) return undefined;
  return {
    fileName: row.file_name,
    content: await services.keyring.unseal(row.sealed, placeOf(orgId, reportId, format)),
    mediaId: row.media_id ?? undefined,
  };
}

/** Notes under which id DingTalk has the file, before it is sent anywhere. */
export async function saveMediaId(
  client: Queryable,
  file: { readonly orgId: string; readonly reportId: string; readonly format: string },
  mediaId: string,
): Promise<void> {
  await client.query(
    `UPDATE report_file SET media_id = $4 WHERE org_id = $1 AND report_id = $2 AND format = $3`,
    [file.orgId, file.reportId, file.format, mediaId],
  );
}

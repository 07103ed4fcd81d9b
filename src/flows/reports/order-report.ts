import type { Instant } from '#core/dates.ts';
import { parseId } from '#core/ids.ts';
import type { ReportId } from '#core/ids.ts';
import type { Language } from '#core/languages.ts';
import { reportFormats, reportKinds } from '#core/reports.ts';
import type { ReportFormat, ReportKind, ReportSettings } from '#core/reports.ts';
import { newId } from '#secret/ids.ts';
import { changeAudited } from '#store/audited.ts';
import type { DirectoryOrg } from '#store/directory.ts';
import { invalidField, parseLanguage, parseZone } from '#store/orgs.ts';
import { databaseClock } from '#store/report-clock.ts';
import { insertReport } from '#store/reports.ts';
import type { NewReport } from '#store/reports.ts';
import type { ReportDeps } from './report-deps.ts';
import { settleSettings } from './report-settings.ts';
import { viewOf } from './report-view.ts';

/** A report as somebody wants it. */
export interface ReportInput {
  readonly orgId: string;
  readonly report: string;
  readonly settings: ReportSettings;
  readonly formats?: readonly string[] | undefined;
  readonly language?: string | undefined;
  readonly zone?: string | undefined;
  /** Absent: now. */
  readonly asOf?: Instant | undefined;
  readonly destinationId?: string | undefined;
}

/** The parts of a wish that a report and a schedule share, checked. */
export interface CheckedReport {
  readonly report: ReportKind;
  readonly formats: readonly ReportFormat[];
  readonly language: Language;
  readonly zone: string;
}

export function checkReport(
  org: Pick<DirectoryOrg, 'language' | 'zone'>,
  input: Pick<ReportInput, 'report' | 'formats' | 'language' | 'zone'>,
): CheckedReport {
  return {
    report: parseKind(input.report),
    formats: parseFormats(input.formats ?? reportFormats),
    language: parseLanguage(input.language ?? org.language),
    zone: parseZone(input.zone ?? org.zone),
  };
}

function parseKind(text: string): ReportKind {
  const kind = reportKinds.find((one) => one === text);
  if (kind) return kind;
  throw invalidField('report', `must be one of ${reportKinds.join(', ')}`);
}

function parseFormats(texts: readonly string[]): ReportFormat[] {
  const formats = reportFormats.filter((format) => texts.includes(format));
  if (formats.length > 0 && texts.every((text) => reportFormats.some((one) => one === text))) {
    return formats;
  }
  throw invalidField('formats', `must be one or more of ${reportFormats.join(', ')}`);
}

/** A place that can show files: a group or a person of the app; a custom robot takes none. */
export function checkDestination(org: DirectoryOrg, destinationId: string): string {
  const destination = org.destinations.get(destinationId);
  if (!destination) throw invalidField('destinationId', 'there is no such destination');
  if (destination.config.kind === 'robot') {
    throw invalidField(
      'destinationId',
      'must be a group or a person of the DingTalk app: a custom robot takes no files',
    );
  }
  return destinationId;
}

/**
 * Writes down an order, with the days and the moment settled, so that the same report can be made at
 * any time. Who may read nothing of it is refused at once. A worker makes it, or whoever holds the
 * lease.
 */
export async function orderReport(
  deps: ReportDeps,
  input: ReportInput,
  actor: string,
  lease?: { readonly owner: string; readonly until: Date },
): Promise<ReportId> {
  const { services, directory } = deps;
  const orgId = parseId('org', input.orgId);
  const org = await directory.org(orgId);
  const { report, formats, language, zone } = checkReport(org, input);
  const now = await databaseClock(services.pool);
  const asOf = input.asOf ?? now;
  if (asOf.epochMilliseconds > now.epochMilliseconds) {
    throw invalidField('asOf', 'lies in the future');
  }
  const settings = settleSettings(report, input.settings, { asOf, zone });
  const { pool: client } = services;
  await viewOf({ ...deps, client }, { orgId, actor, at: now }, settings.accountIds);
  const order: NewReport = {
    orgId,
    reportId: newId('rep'),
    scheduleId: undefined,
    dueAt: undefined,
    report,
    settings,
    formats,
    language,
    zone,
    asOf,
    destinationId:
      input.destinationId === undefined ? undefined : checkDestination(org, input.destinationId),
    requestedBy: actor,
  };
  await changeAudited(services, { orgId, actor }, async (transactionClient) => {
    await insertReport(transactionClient, order, lease);
    return { result: undefined, audit: orderLine(order) };
  });
  return order.reportId;
}

/** What the audit says of an order. */
export function orderLine(order: NewReport): {
  readonly action: string;
  readonly subject: string;
  readonly after: unknown;
} {
  const { report, settings, formats, language, destinationId, scheduleId } = order;
  return {
    action: 'report.ordered',
    subject: order.reportId,
    after: {
      report,
      settings,
      formats,
      language,
      destinationId,
      scheduleId,
      asOf: order.asOf.toString(),
    },
  };
}

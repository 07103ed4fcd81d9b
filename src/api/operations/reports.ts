import type { z } from 'zod';
import { parseInstant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { parseRate } from '#core/exchange.ts';
import type { Language } from '#core/languages.ts';
import { parseCurrency } from '#core/money.ts';
import type { ReportSettings } from '#core/reports.ts';
import type { ReportInput } from '#flows/reports/order-report.ts';
import { assembleReports } from '#flows/reports/report-deps.ts';
import type { ReportDeps } from '#flows/reports/report-deps.ts';
import type { ScheduleInput } from '#flows/reports/schedules.ts';
import { errorSentence } from '#i18n/messages.ts';
import { appendAudit } from '#store/audit.ts';
import { changeAudited } from '#store/audited.ts';
import { mayDo } from '#store/grants.ts';
import { invalidField } from '#store/orgs.ts';
import { databaseClock } from '#store/report-clock.ts';
import { insertRate } from '#store/report-facts.ts';
import type { ExchangeRate } from '#store/report-facts.ts';
import type { ReportSchedule } from '#store/report-schedules.ts';
import { getReport, listReportFiles, loadReportFile } from '#store/reports.ts';
import type { Report } from '#store/reports.ts';
import { inTransaction } from '#store/transaction.ts';
import type {
  ExchangeRateNew,
  ExchangeRateWire,
  ReportDetailWire,
  ReportNew,
  ReportScheduleNew,
  ReportScheduleWire,
  ReportWire,
} from '../contract/reports.ts';
import type { OperationServices } from './services.ts';

/** What reports need, from what the API and the command line have open. */
export function reportDepsOf(services: OperationServices): ReportDeps {
  const { directory, announcer, connectorOf, onRings } = services.payments;
  return assembleReports({ services, directory, announcer, connectorOf, onRings });
}

export function toReportInput(body: z.infer<typeof ReportNew>, orgId: string): ReportInput {
  const { report, formats, language, zone, asOf, destinationId } = body;
  return {
    orgId,
    report,
    formats,
    language,
    zone,
    destinationId,
    settings: toSettings(body),
    asOf: asOf === undefined ? undefined : parseInstant(asOf),
  };
}

export function toScheduleInput(
  body: z.infer<typeof ReportScheduleNew>,
  orgId: string,
): ScheduleInput {
  const { accountIds: _ids, period: _period, from: _from, to: _to, currency: _c, ...rest } = body;
  return { ...rest, orgId, settings: toSettings(body) };
}

/** Only what was said: what is left out is chosen anew each time. */
function toSettings(body: ReportSettings): ReportSettings {
  const { accountIds, period, from, to, currency } = body;
  return {
    ...(accountIds === undefined ? {} : { accountIds }),
    ...(period === undefined ? {} : { period }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(currency === undefined ? {} : { currency }),
  };
}

export function toReportWire(report: Report, language: Language): z.infer<typeof ReportWire> {
  const { settings, code } = report;
  return {
    reportId: report.reportId,
    report: report.report,
    settings: {
      from: settings.from,
      to: settings.to,
      ...(settings.accountIds ? { accountIds: [...settings.accountIds] } : {}),
      ...(settings.currency === undefined ? {} : { currency: settings.currency }),
    },
    formats: [...report.formats],
    language: report.language,
    zone: report.zone,
    asOf: report.asOf.toString(),
    state: report.state,
    problem: code === undefined ? undefined : errorSentence(language, code, report.details),
    code,
    destinationId: report.destinationId,
    scheduleId: report.scheduleId,
    dueAt: report.dueAt?.toString(),
    requestedBy: report.requestedBy,
    createdAt: report.createdAt.toString(),
    readyAt: report.readyAt?.toString(),
  };
}

/** A report with its files, without their contents. */
export async function toReportDetail(
  services: Pick<OperationServices, 'pool'>,
  report: Report,
  language: Language,
): Promise<z.infer<typeof ReportDetailWire>> {
  const files = await listReportFiles(services.pool, report);
  return {
    ...toReportWire(report, language),
    files: files.map(({ digest, ...file }) => ({ ...file, sha256: digest })),
  };
}

export function toScheduleWire(schedule: ReportSchedule): z.infer<typeof ReportScheduleWire> {
  const { orgId: _org, failures: _failures, settings, ...rest } = schedule;
  return {
    ...rest,
    settings: {
      ...settings,
      accountIds: settings.accountIds === undefined ? undefined : [...settings.accountIds],
    },
    formats: [...schedule.formats],
    startsOn: schedule.startsOn.toString(),
    nextAt: schedule.nextAt?.toString(),
    lastAt: schedule.lastAt?.toString(),
    createdAt: schedule.createdAt.toString(),
  };
}

/** Who wants to see reports. */
export interface ReportReader {
  readonly orgId: string;
  readonly actor: string;
}

/**
 * Whether somebody may see what others had made: a report shows what its maker may read. Programs and
 * the operator read all; a person needs the right to read every account and amount.
 */
export async function readsAllReports(
  services: Pick<OperationServices, 'pool' | 'now'>,
  { orgId, actor }: ReportReader,
): Promise<boolean> {
  if (!actor.startsWith('per_')) return true;
  const request = { orgId, personId: actor, action: 'report.read' as const, at: services.now() };
  return mayDo(services.pool, request);
}

/** A report for its reader: another person's is as if it were not there. */
export async function findReport(
  services: Pick<OperationServices, 'pool' | 'now'>,
  reader: ReportReader,
  reportId: string,
): Promise<Report> {
  const report = await getReport(services.pool, { orgId: reader.orgId, reportId });
  if (report.requestedBy === reader.actor || (await readsAllReports(services, reader))) {
    return report;
  }
  throw new CashbellError('api.notFound', { what: 'report', id: reportId.slice(0, 60) });
}

/** Fetches a file; the audit says who did. */
export async function fetchReportFile(
  services: OperationServices,
  reader: ReportReader,
  wanted: { readonly reportId: string; readonly format: string },
): Promise<{ readonly fileName: string; readonly content: Uint8Array }> {
  const report = await findReport(services, reader, wanted.reportId);
  const { orgId, reportId } = report;
  const file = await loadReportFile(services, { orgId, reportId, format: wanted.format });
  if (!file) throw new CashbellError('report.notReady', { state: report.state });
  await inTransaction(services.pool, (client) =>
    appendAudit(client, {
      orgId,
      actor: reader.actor,
      action: 'report.fetched',
      subject: reportId,
      after: { format: wanted.format },
    }),
  );
  return file;
}

/** Adds a rate with its source; it is never changed, only followed by newer ones. */
export async function addRate(
  services: OperationServices,
  input: z.infer<typeof ExchangeRateNew>,
  { orgId, actor }: ReportReader,
): Promise<z.infer<typeof ExchangeRateWire>> {
  const now = await databaseClock(services.pool);
  const asOf = input.asOf === undefined ? now : parseInstant(input.asOf);
  if (asOf.epochMilliseconds > now.epochMilliseconds) {
    throw invalidField('asOf', 'lies in the future');
  }
  const rate: ExchangeRate = {
    base: parseCurrency(input.base),
    quote: parseCurrency(input.quote),
    rate: parseRate(input.rate),
    source: input.source.trim(),
    asOf,
  };
  if (rate.base === rate.quote) throw invalidField('quote', 'must be another currency');
  const wire = toRateWire(rate);
  await changeAudited(services, { orgId, actor }, async (client) => {
    await insertRate(client, { ...rate, orgId, recordedBy: actor });
    const subject = `${rate.base}/${rate.quote}`;
    return { result: undefined, audit: { action: 'exchangeRate.added', subject, after: wire } };
  });
  return wire;
}

export function toRateWire({ asOf, ...rate }: ExchangeRate): z.infer<typeof ExchangeRateWire> {
  return { ...rate, asOf: asOf.toString() };
}

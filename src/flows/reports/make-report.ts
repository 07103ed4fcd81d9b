import { createHash } from 'node:crypto';
import { isCashbellError } from '#core/errors.ts';
import type { ErrorCode, ErrorDetails } from '#core/errors.ts';
import type { ReportFact } from '#core/events.ts';
import { parseId } from '#core/ids.ts';
import type { ReportDocument } from '#core/report-document.ts';
import type { ReportFormat } from '#core/reports.ts';
import { errorSentence } from '#i18n/messages.ts';
import { toPdf } from '#reports/pdf.ts';
import { toXlsx } from '#reports/xlsx.ts';
import { finishReport, holdReport, insertReportFile } from '#store/reports.ts';
import type { NewReportFile, Report } from '#store/reports.ts';
import { inTransaction } from '#store/transaction.ts';
import type { OrgFact, Ring } from '../notification/announce.ts';
import { saveFacts } from '../notification/announce.ts';
import { DIRECT_ROUTE } from '../notification/report-files.ts';
import { forPages, makeDocument } from './make-document.ts';
import type { MadeDocument } from './make-document.ts';
import { toldLines } from './told-lines.ts';
import { wordsOf } from './report-context.ts';
import type { ReportDeps, ReportMakerDeps } from './report-deps.ts';

const ATTEMPTS_MAX = 3;
const RETRY_MS = 60_000;

/**
 * Makes a report that its caller holds: reads, writes the files, keeps them sealed and tells whoever
 * it is for, the last in one transaction. A crash before it leaves an order that another takes up;
 * the same as-of gives the same report. Gives back why it failed, if it did.
 */
export async function makeReport(
  deps: ReportMakerDeps,
  report: Report,
  owner: string,
): Promise<{ readonly error?: Error }> {
  try {
    const made = await makeDocument(
      { ...deps, pool: deps.services.pool, now: deps.services.now },
      { ...report, kind: report.report, actor: report.requestedBy },
    );
    const files: NewReportFile[] = [];
    for (const format of report.formats) files.push(await writeFile(deps, made.document, format));
    deps.onRings(await keep(deps, report, { owner, made, files }));
    return {};
  } catch (error) {
    deps.onRings(await giveUp(deps, report, { owner, error }));
    return { error: error instanceof Error ? error : new Error('something that is no error') };
  }
}

async function writeFile(
  { home }: ReportMakerDeps,
  document: ReportDocument,
  format: ReportFormat,
): Promise<NewReportFile> {
  const content =
    format === 'xlsx' ? await toXlsx(document) : await toPdf(forPages(document), { home });
  return {
    format,
    content,
    fileName: fileNameOf(document, format),
    digest: createHash('sha256').update(content).digest('hex'),
    bytes: content.length,
  };
}

const NAME_LENGTH_MAX = 80;

/** What people see in the chat and save: the title, without what file systems cannot hold. */
function fileNameOf({ title }: ReportDocument, format: ReportFormat): string {
  const plain = title
    .normalize('NFC')
    .replaceAll(/[\p{C}\\/:*?"<>|]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return `${[...plain].slice(0, NAME_LENGTH_MAX).join('').trim()}.${format}`;
}

interface Kept {
  readonly owner: string;
  readonly made: MadeDocument;
  readonly files: readonly NewReportFile[];
}

async function keep(deps: ReportDeps, report: Report, kept: Kept): Promise<readonly Ring[]> {
  const { services, announcer } = deps;
  return inTransaction(services.pool, async (client, transaction) => {
    // Somebody else took it over and tells it.
    if (!(await holdReport(client, report, kept.owner))) return [];
    for (const file of kept.files) await insertReportFile(client, services, report, file);
    const facts = factsOfReady(report, kept);
    const version = facts.at(-1)?.fact.version ?? report.version;
    await finishReport(client, report, { state: 'ready', version });
    return saveFacts(transaction, announcer, facts, dateOf(deps));
  });
}

/** First what it is with its figures, then each file by itself. */
function factsOfReady(
  report: Report,
  { made: { document, environment }, files }: Kept,
): (OrgFact & { readonly fact: ReportFact })[] {
  const to = noticesOf(report);
  if (to.length === 0) return [];
  const common = {
    reportId: report.reportId,
    environment,
    at: document.madeAt,
    asOf: report.asOf,
    zone: report.zone,
    language: report.language,
    title: document.title,
  };
  const ready: ReportFact = {
    ...common,
    kind: 'report.ready',
    version: report.version + 1,
    lines: toldLines(document),
  };
  const withFiles = files.map(
    ({ format, fileName }, index): ReportFact => ({
      ...common,
      kind: 'report.file',
      version: report.version + 2 + index,
      lines: [],
      file: { format: parseFormat(format), fileName },
    }),
  );
  return [ready, ...withFiles].map((fact) => ({ orgId: report.orgId, fact, to }));
}

function parseFormat(format: string): ReportFormat {
  return format === 'pdf' ? 'pdf' : 'xlsx';
}

function noticesOf({ destinationId, language }: Report): NonNullable<OrgFact['to']> {
  if (destinationId === undefined) return [];
  return [
    {
      destinationId: parseId('dst', destinationId),
      routeId: DIRECT_ROUTE,
      lane: 'normal',
      language,
      detail: 'full',
      mentions: [],
    },
  ];
}

/** Tries again in a minute, a few times; then it is failed and said where it was expected. */
async function giveUp(
  deps: ReportDeps,
  report: Report,
  { owner, error }: { readonly owner: string; readonly error: unknown },
): Promise<readonly Ring[]> {
  const { services, announcer } = deps;
  const { code, details, isFinal } = judge(error);
  const at = dateOf(deps);
  return inTransaction(services.pool, async (client, transaction) => {
    if (!(await holdReport(client, report, owner))) return [];
    if (!isFinal && report.attempts < ATTEMPTS_MAX) {
      const nextAt = new Date(at.getTime() + RETRY_MS);
      await finishReport(client, report, { state: 'making', nextAt });
      return [];
    }
    const version = report.version + 1;
    await finishReport(client, report, { state: 'failed', version, code, details });
    const { language } = report;
    const t = wordsOf(language);
    const fact: ReportFact = {
      kind: 'report.failed',
      reportId: report.reportId,
      version,
      at: services.now(),
      environment: 'production',
      asOf: report.asOf,
      zone: report.zone,
      language,
      title: `${t('report.told.failed')}: ${t(`report.kind.${report.report}`)}`,
      lines: [{ label: t('report.told.why'), value: errorSentence(language, code, details) }],
    };
    const to = noticesOf(report);
    return saveFacts(transaction, announcer, [{ orgId: report.orgId, fact, to }], at);
  });
}

function judge(error: unknown): {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly isFinal: boolean;
} {
  if (isCashbellError(error)) {
    const { code, details, disposition } = error;
    return { code, details, isFinal: disposition !== 'retry' };
  }
  const problem = error instanceof Error ? error.message : String(error);
  return { code: 'report.failed', details: { problem: problem.slice(0, 300) }, isFinal: false };
}

function dateOf({ services }: ReportDeps): Date {
  return new Date(services.now().epochMilliseconds);
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { ReportDetailWire, ReportWire } from '#api/contract/reports.ts';
import {
  fetchReportFile,
  findReport,
  readsAllReports,
  reportDepsOf,
  toReportDetail,
  toReportWire,
} from '#api/operations/reports.ts';
import { parseInstant } from '#core/dates.ts';
import type { ReportFormat, ReportKind } from '#core/reports.ts';
import { reportFormats } from '#core/reports.ts';
import { makeReport } from '#flows/reports/make-report.ts';
import { orderReport } from '#flows/reports/order-report.ts';
import { REPORT_LEASE_MS } from '#flows/reports/report-worker.ts';
import { newId } from '#secret/ids.ts';
import { getReport, listReports } from '#store/reports.ts';
import type { TokenFlag } from './acting.ts';
import { actingReader, TOKEN_OPTION } from './acting.ts';
import type { CommandContext, Opened, Terminal } from './context.ts';
import { example, UsageError } from './context.ts';
import { print, toTable } from './output.ts';
import type { ReportFlags } from './report-options.ts';
import { toWish, withReportOptions } from './report-options.ts';
import { addRateCommands, addScheduleCommands } from './report-schedule.ts';
import { ORG_OPTION } from './token.ts';

interface MakeFlags extends ReportFlags {
  readonly asOf?: string;
  readonly destination?: string;
  readonly output: string;
}

/** `cashbell report …` */
export function addReportCommands(program: Command, context: CommandContext): void {
  const report = program
    .command('report')
    .description('Reports: made as of any moment, as workbook and pages, now or on schedule.')
    .addHelpText('after', example('cashbell report make dailyCash'));
  addMakeCommand(report, context);
  addReadCommands(report, context);
  addScheduleCommands(report, context);
  addRateCommands(report, context);
}

function addMakeCommand(report: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  withReportOptions(report.command('make'))
    .option('--as-of <moment>', 'only what was known then, such as 2026-12-01T08:00:00+07:00')
    .option('--destination <id>', 'also send it there (dst_…)')
    .option('--output <folder>', 'where the files are written', '.')
    .description('Make a report now and write its files. The same --as-of gives the same report.')
    .addHelpText(
      'after',
      example('cashbell report make monthEnd --from 2026-10-01 --to 2026-10-31 --output reports'),
    )
    .action((kind: ReportKind, flags: MakeFlags, command: Command) =>
      withServices(async (opened) => {
        const detail = await makeNow(opened, terminal, {
          kind,
          flags,
          language: shared(command).language,
        });
        print(terminal, shared(command), detail, () =>
          [describe(detail), ...detail.paths.map((path) => `Written: ${path}`)].join('\n'),
        );
      }),
    );
}

type Detail = z.infer<typeof ReportDetailWire>;

async function makeNow(
  { services, settings }: Opened,
  terminal: Terminal,
  wish: {
    readonly kind: ReportKind;
    readonly flags: MakeFlags;
    readonly language: Parameters<typeof toReportDetail>[2];
  },
): Promise<Detail & { readonly paths: readonly string[] }> {
  const { kind, flags, language } = wish;
  const reader = await actingReader(services, terminal, flags);
  const deps = reportDepsOf(services);
  const owner = newId('wrk');
  const until = new Date(services.now().epochMilliseconds + REPORT_LEASE_MS);
  const input = {
    ...toWish(kind, flags, reader.orgId),
    asOf: flags.asOf === undefined ? undefined : parseInstant(flags.asOf),
    destinationId: flags.destination,
  };
  const reportId = await orderReport(deps, input, reader.actor, { owner, until });
  const place = { orgId: reader.orgId, reportId };
  const { error } = await makeReport(
    { ...deps, home: settings.home },
    await getReport(services.pool, place),
    owner,
  );
  if (error) throw error;
  const detail = await toReportDetail(services, await getReport(services.pool, place), language);
  const paths: string[] = [];
  for (const { format } of detail.files) {
    const file = await fetchReportFile(services, reader, { reportId, format });
    paths.push(await save(flags.output, file));
  }
  return { ...detail, paths };
}

async function save(
  folder: string,
  { fileName, content }: { readonly fileName: string; readonly content: Uint8Array },
): Promise<string> {
  const path = join(folder, fileName);
  try {
    await writeFile(path, content, { mode: 0o600 });
    return path;
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unwritable';
    throw new UsageError(`${path} cannot be written (${why})`);
  }
}

function describe(detail: z.infer<typeof ReportWire>): string {
  const { settings } = detail;
  return [
    `${detail.reportId}  ${detail.state}  ${detail.report}  ${settings.from} – ${settings.to}`,
    `as of ${detail.asOf}, in ${detail.language}, by ${detail.requestedBy}`,
    ...(detail.problem === undefined ? [] : [detail.problem]),
  ].join('\n');
}

function addReadCommands(report: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  report
    .command('list')
    .option(...ORG_OPTION)
    .option(...TOKEN_OPTION)
    .description('List the newest reports that you may read.')
    .addHelpText('after', example('cashbell report list'))
    .action((flags: TokenFlag & { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const { language } = shared(command);
        const reader = await actingReader(services, terminal, flags);
        const isAll = await readsAllReports(services, reader);
        const requestedBy = isAll ? undefined : reader.actor;
        const scope = { orgId: reader.orgId, requestedBy, limit: LIST_MAX };
        const found = await listReports(services.pool, scope);
        const items = found.map((one) => toReportWire(one, language));
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.reportId },
              { title: 'REPORT', read: (item) => item.report },
              { title: 'FROM', read: (item) => item.settings.from },
              { title: 'TO', read: (item) => item.settings.to },
              { title: 'AS OF', read: (item) => item.asOf },
              { title: 'STATE', read: (item) => item.state },
              { title: 'BY', read: (item) => item.requestedBy },
            ],
            'No report yet. Run: cashbell report make dailyCash',
          ),
        );
      }),
    );
  report
    .command('show')
    .argument('<report>', 'id (rep_…)')
    .option(...ORG_OPTION)
    .option(...TOKEN_OPTION)
    .description('Show a report with its files.')
    .addHelpText('after', example('cashbell report show rep_01…'))
    .action((reportId: string, flags: TokenFlag & { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const reader = await actingReader(services, terminal, flags);
        const found = await findReport(services, reader, reportId);
        const detail = await toReportDetail(services, found, shared(command).language);
        print(terminal, shared(command), detail, () =>
          [describe(detail), fileTable(detail)].join('\n'),
        );
      }),
    );
  report
    .command('download')
    .argument('<report>', 'id (rep_…)')
    .addOption(new Option('--format <format>', 'which file').choices(reportFormats).default('xlsx'))
    .option('--output <folder>', 'where it is written', '.')
    .option(...ORG_OPTION)
    .option(...TOKEN_OPTION)
    .description('Write a file of a report that was made. The audit says who fetched it.')
    .addHelpText('after', example('cashbell report download rep_01… --format pdf'))
    .action(
      (
        reportId: string,
        flags: TokenFlag & { org?: string; format: ReportFormat; output: string },
        command: Command,
      ) =>
        withServices(async ({ services }) => {
          const reader = await actingReader(services, terminal, flags);
          const { format } = flags;
          const file = await fetchReportFile(services, reader, { reportId, format });
          const path = await save(flags.output, file);
          print(terminal, shared(command), { reportId, format, path }, () => `Written: ${path}`);
        }),
    );
}

const LIST_MAX = 100;

function fileTable({ files }: Detail): string {
  return toTable(
    files,
    [
      { title: 'FORMAT', read: (file) => file.format },
      { title: 'BYTES', read: (file) => String(file.bytes), align: 'right' },
      { title: 'NAME', read: (file) => file.fileName },
      { title: 'SHA-256', read: (file) => file.sha256 },
    ],
    'No file.',
  );
}

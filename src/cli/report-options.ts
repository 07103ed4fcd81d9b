import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { ReportFormat, ReportKind, ReportPeriod } from '#core/reports.ts';
import { reportFormats, reportKinds, reportPeriods } from '#core/reports.ts';
import type { TokenFlag } from './acting.ts';
import { TOKEN_OPTION } from './acting.ts';
import { collect } from './context.ts';
import { ORG_OPTION } from './token.ts';

export interface ReportFlags extends TokenFlag {
  readonly org?: string;
  readonly account: readonly string[];
  readonly period?: ReportPeriod;
  readonly from?: string;
  readonly to?: string;
  readonly currency?: string;
  readonly format: readonly ReportFormat[];
  readonly in?: string;
  readonly zone?: string;
}

/** What a report is about; shared by those that are made now and those that are made on schedule. */
export function withReportOptions(command: Command): Command {
  return command
    .addArgument(new Argument('<report>', 'which report').choices(reportKinds))
    .option('--account <id>', 'only this account; may be given several times', collect, [])
    .addOption(new Option('--period <words>', 'which time').choices(reportPeriods))
    .option('--from <day>', 'first day, instead of --period')
    .option('--to <day>', 'last day')
    .option('--currency <code>', 'currency of the converted total')
    .addOption(
      new Option('--format <format>', 'may be given several times (default: both)')
        .choices(reportFormats)
        .default([])
        .argParser((value: string, before: readonly string[]) => collect(value, before)),
    )
    .option('--in <language>', 'language of the report (default: of the organisation)')
    .option('--zone <zone>', 'whose days count (default: of the organisation)')
    .option(...ORG_OPTION)
    .option(...TOKEN_OPTION);
}

/** The wish of the flags, without what is left out. */
export function toWish(report: ReportKind, flags: ReportFlags, orgId: string) {
  const { account, period, from, to, currency, format } = flags;
  return {
    orgId,
    report,
    settings: {
      ...(account.length === 0 ? {} : { accountIds: account }),
      ...(period === undefined ? {} : { period }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(currency === undefined ? {} : { currency }),
    },
    formats: format.length === 0 ? undefined : format,
    language: flags.in,
    zone: flags.zone,
  };
}

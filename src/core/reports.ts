/** Kinds of reports. */
export const reportKinds = [
  'dailyCash',
  'statement',
  'matching',
  'payments',
  'bankDelay',
  'monthEnd',
] as const;
export type ReportKind = (typeof reportKinds)[number];

export const reportFormats = ['xlsx', 'pdf'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** Times that are said in words; what they are is settled when the report is made. */
export const reportPeriods = [
  'today',
  'yesterday',
  'last7Days',
  'last30Days',
  'thisMonth',
  'lastMonth',
] as const;
export type ReportPeriod = (typeof reportPeriods)[number];

/** What a report is about, as somebody asks for it. */
export interface ReportSettings {
  readonly accountIds?: readonly string[] | undefined;
  readonly period?: ReportPeriod | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Currency of the converted total. */
  readonly currency?: string | undefined;
}

/** The same with its days; kept with the report, so that it can be made again. */
export interface SettledSettings {
  readonly accountIds?: readonly string[] | undefined;
  readonly from: string;
  readonly to: string;
  readonly currency?: string | undefined;
}

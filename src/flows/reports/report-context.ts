import type { Instant, PlainDate } from '#core/dates.ts';
import { dayIn, startOfDay } from '#core/dates.ts';
import type { Language } from '#core/languages.ts';
import { money } from '#core/money.ts';
import type { CurrencyCode } from '#core/money.ts';
import type { ReportCell, ReportColumn } from '#core/report-document.ts';
import { translate } from '#i18n/messages.ts';
import type { MessageArguments, MessageKey } from '#i18n/messages.ts';
import type { Queryable } from '#store/grants.ts';
import type { ReportAccount, ReportView } from './report-view.ts';

/** What every part of a report is made from. */
export interface ReportContext {
  readonly client: Queryable;
  readonly view: ReportView;
  readonly language: Language;
  /** Zone in which the days of the report are read. */
  readonly zone: string;
  readonly asOf: Instant;
  readonly from: PlainDate;
  readonly to: PlainDate;
  /** Currency of converted totals, where one was asked for. */
  readonly currency: CurrencyCode | undefined;
  readonly t: (key: MessageKey, values?: MessageArguments) => string;
}

export function wordsOf(language: Language): ReportContext['t'] {
  return (key, values) => translate(language, key, values);
}

/** Stands where an amount may not be shown; says nothing of its size. */
const MASK = '••••';

export const maskedCell: ReportCell = { kind: 'text', text: MASK };

/** An amount of an account, or dots where its reader may not see that much. */
export function moneyCell(
  account: Pick<ReportAccount, 'currency' | 'mayShow'>,
  minorUnits: bigint | undefined,
  options: { readonly isHidden?: boolean } = {},
): ReportCell | null {
  if (minorUnits === undefined) return null;
  if (options.isHidden === true || !account.mayShow(minorUnits)) return maskedCell;
  return { kind: 'money', money: money(minorUnits, account.currency) };
}

export function text(value: string | undefined): ReportCell | null {
  return value === undefined || value === '' ? null : { kind: 'text', text: value };
}

export function code(value: string | undefined): ReportCell | null {
  return value === undefined || value === '' ? null : { kind: 'code', text: value };
}

export function count(value: number): ReportCell {
  return { kind: 'count', count: value };
}

export function date(value: PlainDate | undefined): ReportCell | null {
  return value === undefined ? null : { kind: 'date', date: value };
}

export function moment(value: Instant | undefined): ReportCell | null {
  return value === undefined ? null : { kind: 'moment', at: value };
}

type ColumnName = MessageKey extends infer Key
  ? Key extends `report.column.${infer Name}`
    ? Name
    : never
  : never;

/** Columns by their names; numbers stand at the end of their column. */
export function columnsOf(
  { t }: Pick<ReportContext, 't'>,
  columns: readonly (readonly [ColumnName, { width?: number; align?: 'end' }?])[],
  values: MessageArguments = {},
): ReportColumn[] {
  return columns.map(([name, layout]) => ({
    title: t(`report.column.${name}`, values),
    ...layout,
  }));
}

/** The last moment of a report's days that can be known: the end of the day, or the as-of. */
export function endOfDays({ to, asOf }: ReportContext, zone: string): Instant {
  const end = startOfDay(to.add({ days: 1 }), zone);
  return end.epochMilliseconds < asOf.epochMilliseconds ? end : asOf;
}

/** Days between a day and the as-of, by the calendar of the report. */
export function ageInDays({ asOf, zone }: ReportContext, since: PlainDate): number {
  return Math.max(0, since.until(dayIn(asOf, zone)).days);
}

/** What each report says of its own limits. */
export function commonNotes({ view, t }: ReportContext, isAnyMasked: boolean): string[] {
  return [
    t('report.note.names'),
    ...(view.hiddenAccounts > 0
      ? [t('report.note.hiddenAccounts', { count: view.hiddenAccounts })]
      : []),
    ...(isAnyMasked ? [t('report.note.masked')] : []),
  ];
}

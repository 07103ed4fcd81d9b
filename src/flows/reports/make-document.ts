import type { Pool } from 'pg';
import type { Connector } from '#connectors/contract.ts';
import { parsePlainDate } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';
import type { Language } from '#core/languages.ts';
import { parseCurrency } from '#core/money.ts';
import type { ReportDocument, ReportSection, ReportTable } from '#core/report-document.ts';
import { formatDay, isRightToLeft } from '#i18n/format.ts';
import type { Directory } from '#store/directory.ts';
import { waitUntilSettled } from '#store/report-clock.ts';
import { inTransaction } from '#store/transaction.ts';
import { bankDelay } from './bank-delay.ts';
import { dailyCash } from './daily-cash.ts';
import { matching } from './matching.ts';
import { monthEnd } from './month-end.ts';
import { paymentsReport } from './payments-report.ts';
import type { ReportContext } from './report-context.ts';
import { wordsOf } from './report-context.ts';
import type { ReportKind, SettledSettings } from '#core/reports.ts';
import { viewOf } from './report-view.ts';
import { statement } from './statement.ts';

/** What a report is made of and for. */
export interface DocumentOrder {
  readonly orgId: string;
  readonly kind: ReportKind;
  readonly settings: SettledSettings;
  readonly language: Language;
  readonly zone: string;
  readonly asOf: Instant;
  /** Whose rights it is made with, as they are now. */
  readonly actor: string;
  readonly reportId?: string | undefined;
}

export interface DocumentDeps {
  readonly pool: Pool;
  readonly directory: Directory;
  readonly connectorOf: (id: string) => Connector | undefined;
  readonly now: () => Instant;
}

/** A report as a value, with the environment it speaks of. */
export interface MadeDocument {
  readonly document: ReportDocument;
  readonly environment: 'sandbox' | 'production';
}

const sectionsOf: Readonly<
  Record<ReportKind, (context: ReportContext) => Promise<ReportSection[]>>
> = { dailyCash, statement, matching, payments: paymentsReport, bankDelay, monthEnd };

/**
 * Makes a report from what was known at its as-of, within the rights of who ordered it. Everything is
 * read in one snapshot, after nothing dated before the as-of can still appear: the same order gives
 * the same report at any later time.
 */
export async function makeDocument(
  deps: DocumentDeps,
  order: DocumentOrder,
): Promise<MadeDocument> {
  await waitUntilSettled(deps.pool, order.asOf);
  return inTransaction(deps.pool, async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { orgId, kind, settings, language, zone, asOf } = order;
    const at = deps.now();
    const view = await viewOf(
      { ...deps, client },
      { orgId, actor: order.actor, at },
      settings.accountIds,
    );
    const t = wordsOf(language);
    const context: ReportContext = {
      client,
      view,
      language,
      zone,
      asOf,
      t,
      from: parsePlainDate(settings.from),
      to: parsePlainDate(settings.to),
      currency: settings.currency === undefined ? undefined : parseCurrency(settings.currency),
    };
    const document: ReportDocument = {
      title: titleOf(context, kind),
      organisation: view.organisation,
      language,
      isRightToLeft: isRightToLeft(language),
      zone,
      asOf,
      madeAt: at,
      sections: await sectionsOf[kind](context),
      ...(order.reportId === undefined ? {} : { reportId: order.reportId }),
    };
    return { document, environment: view.environment };
  });
}

function titleOf({ t, language, from, to }: ReportContext, kind: ReportKind): string {
  const report = t(`report.kind.${kind}`);
  if (from.equals(to)) return t('report.title.day', { report, day: formatDay(language, to) });
  return t('report.title.period', {
    report,
    from: formatDay(language, from),
    to: formatDay(language, to),
  });
}

/** Lines of a table that pages show; nobody leafs through more, and the workbook has them all. */
const PAGE_ROWS_MAX = 1_000;

/** The same report with tables that fit on pages, saying where they were cut. */
export function forPages(document: ReportDocument): ReportDocument {
  const t = wordsOf(document.language);
  const isLong = ({ rows }: ReportTable): boolean => rows.length > PAGE_ROWS_MAX;
  return {
    ...document,
    sections: document.sections.map((section) => {
      if (section.tables?.some(isLong) !== true) return section;
      return {
        ...section,
        notes: [...(section.notes ?? []), t('report.note.rowsCut', { count: PAGE_ROWS_MAX })],
        tables: section.tables.map((table) =>
          isLong(table) ? { ...table, rows: table.rows.slice(0, PAGE_ROWS_MAX) } : table,
        ),
      };
    }),
  };
}

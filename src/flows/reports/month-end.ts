import type { ReportSection } from '#core/report-document.ts';
import { loadAuditHead } from '#store/report-facts.ts';
import { loadAccountPeriod } from './account-period.ts';
import type { AccountPeriod } from './account-period.ts';
import { cashCharts } from './charts.ts';
import { automaticSection, matchedSection, openSections } from './matching.ts';
import { commonNotes, count } from './report-context.ts';
import type { ReportContext } from './report-context.ts';
import { reconciliationTable, statementSection } from './statement.ts';

/**
 * What closes a month: each account reconciled, what is matched and what is open, what was decided
 * without a person, where the audit stood, and a statement for each account behind it.
 */
export async function monthEnd(context: ReportContext): Promise<ReportSection[]> {
  const { t, view } = context;
  const periods: AccountPeriod[] = [];
  for (const account of view.accounts) {
    periods.push(await loadAccountPeriod(context, account, { withOpenBefore: true }));
  }
  const isAnyMasked = periods.some(({ isMasked }) => isMasked);
  const sections: ReportSection[] = [
    {
      title: t('report.section.reconciliation'),
      notes: commonNotes(context, isAnyMasked),
      figures: [
        { label: t('report.figure.accounts'), cell: count(view.accounts.length) },
        {
          label: t('report.figure.movements'),
          cell: count(periods.reduce((sum, { movements }) => sum + movements.length, 0)),
        },
      ],
      charts: cashCharts(context, periods),
      tables: [reconciliationTable(context, periods)],
    },
    matchedSection(context, periods, []),
    ...(await openSections(context, periods)),
    await automaticSection(context, periods),
    await auditSection(context),
  ];
  for (const period of periods) sections.push(await statementSection(context, period));
  return sections;
}

/** The hash of the last line holds every line before it: nobody can change one unseen. */
async function auditSection({ t, client, view, asOf }: ReportContext): Promise<ReportSection> {
  const { lines, hash } = await loadAuditHead(client, { orgId: view.orgId, asOf });
  return {
    title: t('report.section.audit'),
    notes: [t('report.note.audit')],
    figures: [
      { label: t('report.figure.auditLines'), cell: count(lines) },
      ...(hash === ''
        ? []
        : [{ label: t('report.figure.auditHead'), cell: { kind: 'code' as const, text: hash } }]),
    ],
  };
}

import type { ReportSection } from '#core/report-document.ts';
import { formatDuration } from '#i18n/format.ts';
import { loadCompleteness, loadDelays } from '#store/report-facts.ts';
import { code, columnsOf, commonNotes, count, moment, text } from './report-context.ts';
import type { ReportContext } from './report-context.ts';

/** How soon each bank shows what it booked, who told it, and until when everything is known. */
export async function bankDelay(context: ReportContext): Promise<ReportSection[]> {
  const { t, client, view, asOf, from, to, language } = context;
  const accountIds = view.accounts.map(({ accountId }) => accountId);
  const scope = { orgId: view.orgId, accountIds, asOf, from, to };
  const delays = new Map(
    (await loadDelays(client, scope)).map((delay) => [delay.accountId, delay]),
  );
  const complete = await loadCompleteness(client, { orgId: view.orgId, asOf });
  const length = (ms: number | undefined): string | undefined =>
    ms === undefined ? undefined : formatDuration(language, ms);
  return [
    {
      title: t('report.kind.bankDelay'),
      notes: [t('report.note.delay'), ...commonNotes(context, false)],
      figures: [{ label: t('report.figure.accounts'), cell: count(view.accounts.length) }],
      tables: [
        {
          title: t('report.section.byBank'),
          columns: columnsOf(context, [
            ['bank'],
            ['account', { width: 1.4 }],
            ['currency', { width: 0.6 }],
            ['count', { align: 'end' }],
            ['median', { width: 1.2 }],
            ['slowest', { width: 1.2 }],
            ['pushed', { align: 'end' }],
            ['completeUntil', { width: 1.2 }],
            ['newest', { width: 1.2 }],
          ]),
          rows: view.accounts.map((account) => {
            const delay = delays.get(account.accountId);
            return [
              text(account.bank),
              text(account.name),
              code(account.currency),
              count(delay?.movements ?? 0),
              text(length(delay?.medianMs)),
              text(length(delay?.slowestMs)),
              delay?.pushedShare === undefined ? null : { kind: 'share', share: delay.pushedShare },
              moment(complete.get(account.accountId)),
              moment(delay?.newestSeenAt),
            ];
          }),
          empty: t('report.empty.accounts'),
        },
      ],
    },
  ];
}

import { countsInBalance } from '#core/account-balance.ts';
import type { ReportSection, ReportTable } from '#core/report-document.ts';
import { explain, isMessageKey } from '#i18n/messages.ts';
import { loadAutomaticDecisions, loadOpenItems } from '#store/report-matches.ts';
import type { AutomaticDecision, OpenItem } from '#store/report-matches.ts';
import type { KnownMovement } from '#store/report-movements.ts';
import { loadAccountPeriod, standingOf } from './account-period.ts';
import type { AccountPeriod } from './account-period.ts';
import { countStandings, matchedChart } from './charts.ts';
import {
  ageInDays,
  code,
  columnsOf,
  commonNotes,
  count,
  date,
  maskedCell,
  moment,
  moneyCell,
  text,
} from './report-context.ts';
import type { ReportContext } from './report-context.ts';

/** What is matched, what is only suggested, what is open and since when. */
export async function matching(context: ReportContext): Promise<ReportSection[]> {
  const periods: AccountPeriod[] = [];
  for (const account of context.view.accounts) {
    periods.push(await loadAccountPeriod(context, account, { withOpenBefore: true }));
  }
  const isAnyMasked = periods.some(({ isMasked }) => isMasked);
  return [
    matchedSection(context, periods, commonNotes(context, isAnyMasked)),
    ...(await openSections(context, periods)),
  ];
}

/** Counts by account, with the share that is matched. */
export function matchedSection(
  context: ReportContext,
  periods: readonly AccountPeriod[],
  notes: readonly string[],
): ReportSection {
  const { t } = context;
  const all = countStandings(periods);
  const total = Object.values(all).reduce((sum, one) => sum + one, 0);
  return {
    title: t('report.section.matched'),
    notes,
    figures: [
      { label: t('report.figure.movements'), cell: count(total) },
      {
        label: t('report.figure.matched'),
        cell: { kind: 'share', share: total === 0 ? 0 : all.matched / total },
      },
      { label: t('report.figure.open'), cell: count(all.open + all.suggested + all.partial) },
    ],
    charts: matchedChart(context, periods),
    tables: [
      {
        columns: [
          ...columnsOf(context, [
            ['bank'],
            ['account', { width: 1.4 }],
            ['currency', { width: 0.6 }],
          ]),
          ...standings.map((standing) => ({
            title: t(`report.match.${standing}`),
            align: 'end' as const,
          })),
          ...columnsOf(context, [['share', { align: 'end' }]]),
        ],
        rows: periods.map((period) => {
          const counts = countStandings([period]);
          const sum = standings.reduce((part, standing) => part + counts[standing], 0);
          return [
            text(period.account.bank),
            text(period.account.name),
            code(period.account.currency),
            ...standings.map((standing) => count(counts[standing])),
            sum === 0 ? null : { kind: 'share' as const, share: counts.matched / sum },
          ];
        }),
        empty: t('report.empty.accounts'),
      },
    ],
  };
}

const standings = ['matched', 'partial', 'suggested', 'open', 'exempt'] as const;

/** Movements that nothing explains and items that nobody paid, each with its age. */
export async function openSections(
  context: ReportContext,
  periods: readonly AccountPeriod[],
): Promise<ReportSection[]> {
  const { t, client, view, asOf } = context;
  const known = new Set(view.accounts.map(({ accountId }) => accountId));
  const items = (await loadOpenItems(client, { orgId: view.orgId, asOf })).filter(
    ({ accountId }) => accountId === undefined || known.has(accountId),
  );
  return [
    { title: t('report.section.openEntries'), tables: [openEntries(context, periods)] },
    { title: t('report.section.openItems'), tables: [openItems(context, items)] },
  ];
}

function openEntries(context: ReportContext, periods: readonly AccountPeriod[]): ReportTable {
  const { t } = context;
  const open = periods.flatMap(({ account, movements, openBefore, matches }) =>
    [...openBefore, ...movements.filter(countsInBalance)].flatMap((movement) => {
      const match = matches.get(movement.entryId);
      const { standing, openUnits } = standingOf(movement, match);
      if (standing === 'matched' || standing === 'exempt') return [];
      return [{ account, movement, standing, openUnits }];
    }),
  );
  return {
    columns: columnsOf(context, [
      ['day', { width: 0.8 }],
      ['age', { width: 0.7, align: 'end' }],
      ['account', { width: 1.2 }],
      ['counterparty', { width: 1.6 }],
      ['text', { width: 2.4 }],
      ['currency', { width: 0.6 }],
      ['amount', { width: 1.1, align: 'end' }],
      ['open', { width: 1.1, align: 'end' }],
      ['state', { width: 0.9 }],
    ]),
    rows: open.map(({ account, movement, standing, openUnits }) => {
      const sign = movement.creditDebitIndicator === 'credit' ? 1n : -1n;
      const amount = movement.amount.amountMinorUnits;
      const isHidden = !account.mayShow(amount);
      return [
        date(movement.bookingDate),
        count(ageInDays(context, movement.bookingDate)),
        text(account.name),
        text(movement.counterpartyName),
        text(movement.remittanceInformation),
        code(account.currency),
        moneyCell(account, sign * amount, { isHidden }),
        moneyCell(account, sign * openUnits, { isHidden }),
        text(t(`report.match.${standing}`)),
      ];
    }),
    empty: t('report.empty.open'),
  };
}

/** Items belong to no account, so a reader must be allowed their amount on every account he sees. */
function openItems(context: ReportContext, items: readonly OpenItem[]): ReportTable {
  const { t, view } = context;
  const show = (item: OpenItem, units: bigint) => {
    const accounts = view.accounts.filter(
      ({ accountId, currency }) =>
        currency === item.open.currency &&
        (item.accountId === undefined || accountId === item.accountId),
    );
    const mayShow =
      accounts.length > 0 && accounts.every((one) => one.mayShow(item.amount.amountMinorUnits));
    if (!mayShow) return maskedCell;
    const signed = item.creditDebitIndicator === 'credit' ? units : -units;
    return {
      kind: 'money' as const,
      money: { amountMinorUnits: signed, currency: item.open.currency },
    };
  };
  return {
    columns: columnsOf(context, [
      ['due', { width: 0.8 }],
      ['age', { width: 0.7, align: 'end' }],
      ['number', { width: 1.4 }],
      ['counterparty', { width: 1.8 }],
      ['currency', { width: 0.6 }],
      ['amount', { width: 1.1, align: 'end' }],
      ['open', { width: 1.1, align: 'end' }],
      ['state', { width: 0.9 }],
    ]),
    rows: items.map((item) => [
      date(item.dueOn),
      count(ageInDays(context, item.since)),
      text(item.label),
      text(item.counterpartyName),
      code(item.open.currency),
      show(item, item.amount.amountMinorUnits),
      show(item, item.open.amountMinorUnits),
      text(t(`report.match.${standingOfItem(item)}`)),
    ]),
    empty: t('report.empty.open'),
  };
}

function standingOfItem({ amount, open, isSuggested }: OpenItem): 'partial' | 'suggested' | 'open' {
  if (open.amountMinorUnits < amount.amountMinorUnits) return 'partial';
  return isSuggested ? 'suggested' : 'open';
}

/** What nobody but Cashbell decided, with its reasons in words, for those who check it. */
export async function automaticSection(
  context: ReportContext,
  periods: readonly AccountPeriod[],
): Promise<ReportSection> {
  const { t } = context;
  const rows: NonNullable<ReportTable['rows'][number]>[] = [];
  // A match across accounts stands once, with the first.
  const seen = new Set<string>();
  for (const period of periods) {
    const byId = new Map(period.movements.map((movement) => [movement.entryId, movement]));
    for (const decision of await decisionsOf(context, period)) {
      if (seen.has(decision.matchId)) continue;
      seen.add(decision.matchId);
      const [movement] = decision.entryIds.flatMap((entryId) => byId.get(entryId) ?? []);
      rows.push(decisionRow(context, { account: period.account, movement }, decision));
    }
  }
  return {
    title: t('report.section.automatic'),
    isNewPage: true,
    figures: [{ label: t('report.figure.automatic'), cell: count(rows.length) }],
    tables: [
      {
        columns: columnsOf(context, [
          ['match', { width: 1.6 }],
          ['day', { width: 0.8 }],
          ['counterparty', { width: 1.6 }],
          ['currency', { width: 0.6 }],
          ['amount', { width: 1.1, align: 'end' }],
          ['belongsTo', { width: 1.6 }],
          ['why', { width: 3 }],
          ['probability', { width: 0.8, align: 'end' }],
          ['decidedAt', { width: 1.2 }],
        ]),
        rows,
        empty: t('report.empty.automatic'),
      },
    ],
  };
}

function decisionsOf(
  { client, view, asOf, from, to }: ReportContext,
  { account }: AccountPeriod,
): Promise<AutomaticDecision[]> {
  return loadAutomaticDecisions(client, {
    orgId: view.orgId,
    accountId: account.accountId,
    asOf,
    from,
    to,
  });
}

function decisionRow(
  { language }: ReportContext,
  { account, movement }: Pick<AccountPeriod, 'account'> & { movement: KnownMovement | undefined },
  decision: AutomaticDecision,
): ReportTable['rows'][number] {
  const reasons = decision.reasons.map(({ code: reason, values }) => {
    const key = `match.reason.${reason}`;
    return isMessageKey(key) ? explain(language, key, values) : reason;
  });
  const sign = movement?.creditDebitIndicator === 'debit' ? -1n : 1n;
  const isHidden = movement !== undefined && !account.mayShow(movement.amount.amountMinorUnits);
  return [
    code(decision.matchId),
    date(movement?.bookingDate),
    text(movement?.counterpartyName ?? movement?.remittanceInformation),
    code(account.currency),
    moneyCell(account, movement && sign * movement.amount.amountMinorUnits, { isHidden }),
    text(decision.labels.join(', ')),
    // Reasons may name the amount.
    isHidden ? maskedCell : text(reasons.join(' ')),
    decision.probability === undefined
      ? null
      : { kind: 'share', share: decision.probability, decimals: 2 },
    moment(decision.decidedAt),
  ];
}

import { countsInBalance, signedUnits } from '#core/account-balance.ts';
import type { ReportFigure, ReportSection, ReportTable } from '#core/report-document.ts';
import { formatDateTime, formatDay, formatMoney } from '#i18n/format.ts';
import { money } from '#core/money.ts';
import { loadCompleteness } from '#store/report-facts.ts';
import { loadAccountPeriod, standingOf } from './account-period.ts';
import type { AccountPeriod } from './account-period.ts';
import { cashCharts } from './charts.ts';
import {
  code,
  columnsOf,
  commonNotes,
  count,
  date,
  endOfDays,
  moneyCell,
  text,
} from './report-context.ts';
import type { ReportContext } from './report-context.ts';

/** A statement for each account, opening and movements checked against what the bank says. */
export async function statement(context: ReportContext): Promise<ReportSection[]> {
  const periods: AccountPeriod[] = [];
  for (const account of context.view.accounts) {
    periods.push(await loadAccountPeriod(context, account));
  }
  const isAnyMasked = periods.some(({ isMasked }) => isMasked);
  const sections: ReportSection[] = [
    {
      title: context.t('report.section.reconciliation'),
      notes: commonNotes(context, isAnyMasked),
      figures: periods.flatMap((period) => closingFigure(context, period)),
      charts: cashCharts(context, periods),
      tables: [reconciliationTable(context, periods)],
    },
  ];
  for (const period of periods) sections.push(await statementSection(context, period));
  return sections;
}

function closingFigure({ t }: ReportContext, period: AccountPeriod): ReportFigure[] {
  const { account, closing, isMasked } = period;
  const cell = moneyCell(account, closing, { isHidden: isMasked });
  const label = `${account.bank} · ${account.name}`;
  return cell ? [{ label, cell, note: t('report.column.closing') }] : [];
}

/** One account's own section: its figures, what they are worth, and its movements. */
export async function statementSection(
  context: ReportContext,
  period: AccountPeriod,
): Promise<ReportSection> {
  const { account } = period;
  return {
    title: `${account.bank} · ${account.name} · ${account.currency}`,
    isNewPage: true,
    notes: await notesOf(context, period),
    figures: figuresOf(context, period),
    tables: [movementTable(context, period)],
  };
}

function figuresOf({ t }: ReportContext, period: AccountPeriod): ReportFigure[] {
  const { account, isMasked } = period;
  const hidden = { isHidden: isMasked };
  const lines = [
    [t('report.column.number'), code(account.number)],
    [t('report.column.opening'), moneyCell(account, period.opening, hidden)],
    [t('report.column.in'), moneyCell(account, period.inUnits, hidden)],
    [t('report.column.out'), moneyCell(account, period.outUnits, hidden)],
    [t('report.column.closing'), moneyCell(account, period.closing, hidden)],
    [t('report.column.stated'), moneyCell(account, period.stated, hidden)],
    [t('report.figure.movements'), count(period.movements.length)],
  ] as const;
  return lines.flatMap(([label, cell]) => (cell ? [{ label, cell }] : []));
}

async function notesOf(context: ReportContext, period: AccountPeriod): Promise<string[]> {
  const { t, language, from, client, view, asOf } = context;
  const { account, pending, reversed } = period;
  const known = (await loadCompleteness(client, { orgId: view.orgId, asOf })).get(
    account.accountId,
  );
  const end = endOfDays(context, account.zone);
  const isIncomplete = known !== undefined && known.epochMilliseconds < end.epochMilliseconds;
  const checks = (): string => {
    if (period.opening === undefined) {
      return t('report.note.noOpening', { day: formatDay(language, from) });
    }
    if (period.stated === undefined) return t('report.note.notStated');
    if (period.difference === undefined) return t('report.note.notStated');
    return period.difference === 0n ? t('report.note.adds') : differenceText(context, period);
  };
  return [
    checks(),
    ...(isIncomplete
      ? [t('report.note.incomplete', { moment: formatDateTime(language, known, account.zone) })]
      : []),
    ...(pending > 0 ? [t('report.note.pending', { count: pending })] : []),
    ...(reversed > 0 ? [t('report.note.reversed', { count: reversed })] : []),
  ];
}

function differenceText({ t, language }: ReportContext, period: AccountPeriod): string {
  const { account, isMasked, stated = 0n, difference = 0n } = period;
  const words = (units: bigint): string =>
    isMasked || !account.mayShow(units)
      ? '••••'
      : formatMoney(language, money(units, account.currency));
  return t('report.note.differs', {
    computed: words(stated - difference),
    stated: words(stated),
    difference: words(difference),
  });
}

/** Movements with the balance behind each, as we compute it. */
function movementTable(context: ReportContext, period: AccountPeriod): ReportTable {
  const { t } = context;
  const { account, isMasked } = period;
  let balance = period.opening;
  return {
    title: `${account.name} ${account.currency}`,
    columns: columnsOf(context, [
      ['day', { width: 0.9 }],
      ['valueDay', { width: 0.9 }],
      ['counterparty', { width: 1.6 }],
      ['text', { width: 2.4 }],
      ['reference', { width: 1.2 }],
      ['out', { width: 1.1, align: 'end' }],
      ['in', { width: 1.1, align: 'end' }],
      ['balance', { width: 1.2, align: 'end' }],
      ['state', { width: 1 }],
      ['belongsTo', { width: 1.4 }],
    ]),
    rows: period.movements.map((movement) => {
      const isCounted = countsInBalance(movement);
      if (isCounted && balance !== undefined) balance += signedUnits(movement);
      const isCredit = movement.creditDebitIndicator === 'credit';
      const amount = moneyCell(account, movement.amount.amountMinorUnits);
      const match = period.matches.get(movement.entryId);
      const { standing } = standingOf(movement, match);
      const labels = match?.labels.slice(0, LABELS_MAX).join(', ');
      return [
        date(movement.bookingDate),
        date(movement.valueDate),
        text(movement.counterpartyName),
        text(movement.remittanceInformation),
        code(movement.reference),
        isCredit ? null : amount,
        isCredit ? amount : null,
        isCounted ? moneyCell(account, balance, { isHidden: isMasked }) : null,
        text(t(`state.${movement.state}`)),
        text(labels === undefined || labels === '' ? t(`report.match.${standing}`) : labels),
      ];
    }),
    empty: t('report.empty.movements'),
  };
}

const LABELS_MAX = 5;

/** Opening plus movements against closing, one line for each account. */
export function reconciliationTable(
  context: ReportContext,
  periods: readonly AccountPeriod[],
): ReportTable {
  const { t } = context;
  return {
    columns: columnsOf(context, [
      ['bank'],
      ['account', { width: 1.3 }],
      ['currency', { width: 0.6 }],
      ['opening', { width: 1.2, align: 'end' }],
      ['in', { width: 1.1, align: 'end' }],
      ['out', { width: 1.1, align: 'end' }],
      ['closing', { width: 1.2, align: 'end' }],
      ['stated', { width: 1.2, align: 'end' }],
      ['difference', { align: 'end' }],
      ['checked', { width: 1.2 }],
    ]),
    rows: periods.map((period) => {
      const { account, isMasked, difference } = period;
      const hidden = { isHidden: isMasked };
      const isRight = difference === undefined ? 'unknown' : difference === 0n ? 'yes' : 'no';
      return [
        text(account.bank),
        text(account.name),
        code(account.currency),
        moneyCell(account, period.opening, hidden),
        moneyCell(account, period.inUnits, hidden),
        moneyCell(account, period.outUnits, hidden),
        moneyCell(account, period.closing, hidden),
        moneyCell(account, period.stated, hidden),
        moneyCell(account, difference, hidden),
        text(t(`report.checked.${isRight}`)),
      ];
    }),
    empty: t('report.empty.accounts'),
  };
}

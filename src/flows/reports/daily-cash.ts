import { balanceAtEnd } from '#core/account-balance.ts';
import type { KnownBalance } from '#core/account-balance.ts';
import { convertMoney } from '#core/exchange.ts';
import { money } from '#core/money.ts';
import type { CurrencyCode, Money } from '#core/money.ts';
import type {
  ReportCell,
  ReportFigure,
  ReportSection,
  ReportTable,
} from '#core/report-document.ts';
import { loadRates } from '#store/report-facts.ts';
import type { ExchangeRate } from '#store/report-facts.ts';
import { loadMovements, loadStatedBalances } from '#store/report-movements.ts';
import type { KnownMovement } from '#store/report-movements.ts';
import { loadAccountPeriod } from './account-period.ts';
import { cashCharts } from './charts.ts';
import {
  code,
  columnsOf,
  commonNotes,
  endOfDays,
  maskedCell,
  moment,
  moneyCell,
  text,
} from './report-context.ts';
import type { ReportContext } from './report-context.ts';
import type { ReportAccount } from './report-view.ts';

/** Days that are drawn up to the day of the position. */
const CHART_DAYS = 14;
/** The last movements, among which the newest running balance stands. */
const LOOK_BACK = 2_000;

interface Position {
  readonly account: ReportAccount;
  readonly balance: KnownBalance | undefined;
  readonly isShown: boolean;
}

/**
 * What lies where at the end of a day, or now: each account in its own currency first; a converted
 * total only where every rate is known, with the rate, its source and its time (asks 84, 88).
 */
export async function dailyCash(context: ReportContext): Promise<ReportSection[]> {
  const { t } = context;
  const positions: Position[] = [];
  for (const account of context.view.accounts) positions.push(await positionOf(context, account));
  const currency = context.currency ?? mostUsed(positions);
  const converted = await convert(context, positions, currency);
  const isAnyMasked = positions.some(({ isShown }) => !isShown);
  const unknown = positions.filter(({ balance }) => !balance).map(({ account }) => account.name);
  return [
    {
      title: t('report.section.company'),
      notes: [
        t('report.note.trueCurrency'),
        ...converted.notes,
        ...(unknown.length === 0
          ? []
          : [t('report.note.noBalance', { accounts: unknown.join(', ') })]),
        ...commonNotes(context, isAnyMasked),
      ],
      figures: [...currencyFigures(context, positions), ...converted.figures],
      charts: await drawDays(context),
      tables: [accountTable(context, positions)],
    },
    { title: t('report.section.byCurrency'), tables: [converted.table] },
    { title: t('report.section.byBank'), tables: [bankTable(context, positions)] },
  ];
}

async function positionOf(context: ReportContext, account: ReportAccount): Promise<Position> {
  const { client, view, asOf, to } = context;
  const until = endOfDays(context, account.zone);
  const scope = { orgId: view.orgId, accountId: account.accountId, asOf, to, newest: LOOK_BACK };
  const movements: KnownMovement[] = await loadMovements(client, scope);
  const stated = await loadStatedBalances(client, { orgId: view.orgId, asOf, until });
  const own = stated.filter(({ accountId }) => accountId === account.accountId);
  const balance = balanceAtEnd(movements, own, account.zone);
  return { account, balance, isShown: !balance || account.mayShow(balance.minorUnits) };
}

function mostUsed(positions: readonly Position[]): CurrencyCode | undefined {
  const counts = new Map<CurrencyCode, number>();
  for (const { account } of positions) {
    counts.set(account.currency, (counts.get(account.currency) ?? 0) + 1);
  }
  const [first] = [...counts].toSorted(([, left], [, right]) => right - left);
  return first?.[0];
}

function accountTable(context: ReportContext, positions: readonly Position[]): ReportTable {
  const { t } = context;
  return {
    title: t('report.section.byAccount'),
    columns: columnsOf(context, [
      ['bank'],
      ['account', { width: 1.4 }],
      ['number', { width: 1.2 }],
      ['currency', { width: 0.6 }],
      ['balance', { width: 1.3, align: 'end' }],
      ['balanceAt', { width: 1.2 }],
      ['basis', { width: 1.2 }],
    ]),
    rows: positions.map(({ account, balance }) => [
      text(account.bank),
      text(account.name),
      code(account.number),
      code(account.currency),
      moneyCell(account, balance?.minorUnits),
      balance ? (moment(balance.at) ?? { kind: 'date', date: balance.day }) : null,
      text(t(`report.basis.${balance?.basis ?? 'none'}`)),
    ]),
    empty: t('report.empty.accounts'),
  };
}

/** A sum of accounts: undefined where one is not known, dots where one may not be shown. */
function sumCell(positions: readonly Position[], currency: CurrencyCode): ReportCell | null {
  if (positions.some(({ isShown }) => !isShown)) return maskedCell;
  const total = sumOf(positions);
  return total === undefined ? null : { kind: 'money', money: money(total, currency) };
}

function sumOf(positions: readonly Position[]): bigint | undefined {
  let total = 0n;
  for (const { balance } of positions) {
    if (!balance) return undefined;
    total += balance.minorUnits;
  }
  return total;
}

function byCurrency(positions: readonly Position[]): (readonly [CurrencyCode, Position[]])[] {
  const groups = new Map<CurrencyCode, Position[]>();
  for (const position of positions) {
    const { currency } = position.account;
    groups.set(currency, [...(groups.get(currency) ?? []), position]);
  }
  return [...groups].toSorted(([left], [right]) => (left < right ? -1 : 1));
}

function currencyFigures(context: ReportContext, positions: readonly Position[]): ReportFigure[] {
  return byCurrency(positions).flatMap(([currency, own]) => {
    const cell = sumCell(own, currency);
    return cell ? [{ label: context.t('report.figure.total', { currency }), cell }] : [];
  });
}

function bankTable(context: ReportContext, positions: readonly Position[]): ReportTable {
  const banks = [...new Set(positions.map(({ account }) => account.bank))];
  return {
    columns: columnsOf(context, [
      ['bank', { width: 1.5 }],
      ['currency', { width: 0.6 }],
      ['count', { align: 'end' }],
      ['balance', { width: 1.3, align: 'end' }],
    ]),
    rows: banks.flatMap((bank) =>
      byCurrency(positions.filter(({ account }) => account.bank === bank)).map(
        ([currency, own]) => [
          text(bank),
          code(currency),
          { kind: 'count' as const, count: own.length },
          sumCell(own, currency),
        ],
      ),
    ),
    empty: context.t('report.empty.accounts'),
  };
}

interface Converted {
  readonly table: ReportTable;
  readonly figures: readonly ReportFigure[];
  readonly notes: readonly string[];
}

/** Converts the sums of each currency; where one rate is missing there is no total. */
async function convert(
  context: ReportContext,
  positions: readonly Position[],
  currency: CurrencyCode | undefined,
): Promise<Converted> {
  const { client, view, asOf, t } = context;
  const target = currency ?? 'USD';
  const until = endOfDays(context, context.zone);
  const rates = await loadRates(client, { orgId: view.orgId, asOf, until, currency: target });
  const groups = byCurrency(positions).map(([own, members]) => {
    const total = sumOf(members);
    const isShown = members.every((position) => position.isShown);
    const sum = total === undefined ? undefined : money(total, own);
    return { own, members, isShown, ...convertSum(sum, own, target, rates) };
  });
  const missing = groups.filter(({ isRateMissing }) => isRateMissing).map(({ own }) => own);
  const isWhole = missing.length === 0 && groups.every(({ converted }) => converted !== undefined);
  const isHidden = groups.some(({ isShown }) => !isShown);
  const total = groups.reduce(
    (sum, { converted }) => sum + (converted?.amountMinorUnits ?? 0n),
    0n,
  );
  const totalCell: ReportCell = isHidden
    ? maskedCell
    : { kind: 'money', money: money(total, target), withCurrency: true };
  const isWorthIt = groups.length > 1 || context.currency !== undefined;
  return {
    notes:
      missing.length > 0 && isWorthIt
        ? [t('report.note.noRate', { currencies: missing.join(', '), currency: target })]
        : [],
    figures:
      isWhole && isWorthIt && groups.length > 0
        ? [
            {
              label: t('report.figure.total', { currency: target }),
              cell: totalCell,
              note: groups.flatMap(({ rate }) => (rate ? [rateText(rate)] : [])).join(' · '),
            },
          ]
        : [],
    table: {
      columns: columnsOf(
        context,
        [
          ['currency', { width: 0.6 }],
          ['balance', { width: 1.3, align: 'end' }],
          ['rate', { align: 'end' }],
          ['rateSource', { width: 1.5 }],
          ['rateAsOf', { width: 1.2 }],
          ['converted', { width: 1.3, align: 'end' }],
        ],
        { currency: target },
      ),
      rows: groups.map(({ own, members, isShown, rate, converted }) =>
        [
          code(own),
          sumCell(members, own),
          rate ? { kind: 'rate' as const, rate: rate.rate } : null,
          rate ? text(`${rate.base}/${rate.quote} · ${rate.source}`) : null,
          moment(rate?.asOf),
          isShown ? converted && { kind: 'money' as const, money: converted } : maskedCell,
        ].map((cell) => cell ?? null),
      ),
      ...(isWhole && groups.length > 0
        ? { totals: [[null, null, null, null, null, totalCell]] }
        : {}),
      empty: t('report.empty.accounts'),
    },
  };
}

function rateText({ base, quote, rate, source }: ExchangeRate): string {
  return `${base}/${quote} ${rate} (${source})`;
}

function convertSum(
  sum: Money | undefined,
  own: CurrencyCode,
  target: CurrencyCode,
  rates: readonly ExchangeRate[],
): {
  readonly rate: ExchangeRate | undefined;
  readonly converted: Money | undefined;
  readonly isRateMissing: boolean;
} {
  if (own === target) return { rate: undefined, converted: sum, isRateMissing: false };
  // Of both ways round the newer one; the direct one of equals.
  const [rate] = rates
    .filter(({ base, quote }) => [base, quote].includes(own))
    .toSorted(
      (left, right) =>
        right.asOf.epochMilliseconds - left.asOf.epochMilliseconds ||
        Number(right.base === own) - Number(left.base === own),
    );
  if (!rate) return { rate: undefined, converted: undefined, isRateMissing: true };
  return { rate, converted: sum && convertMoney(sum, rate, target), isRateMissing: false };
}

async function drawDays(context: ReportContext): Promise<ReturnType<typeof cashCharts>> {
  const around = { ...context, from: context.to.subtract({ days: CHART_DAYS - 1 }) };
  const periods = [];
  for (const account of context.view.accounts) {
    periods.push(await loadAccountPeriod(around, account));
  }
  return cashCharts(around, periods);
}

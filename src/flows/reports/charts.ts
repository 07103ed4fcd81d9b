import { countsInBalance } from '#core/account-balance.ts';
import type { PlainDate } from '#core/dates.ts';
import type { CurrencyCode } from '#core/money.ts';
import { exponentOf } from '#core/money.ts';
import type { ReportChart } from '#core/report-document.ts';
import { formatDay } from '#i18n/format.ts';
import { balancesByDay, daysBetween, standingOf } from './account-period.ts';
import type { AccountPeriod, MatchStanding } from './account-period.ts';
import type { ReportContext } from './report-context.ts';

/** Lines of more accounts would be a tangle; the largest are drawn. */
const SERIES_MAX = 6;
const DAYS_MIN = 2;

/** Cash by day and account, and in and out by day: one pair for each currency. */
export function cashCharts(
  context: ReportContext,
  periods: readonly AccountPeriod[],
): ReportChart[] {
  const days = daysBetween(context.from, context.to);
  if (days.length < DAYS_MIN) return [];
  // What may not be shown is not drawn either.
  const drawn = periods.filter(({ isMasked }) => !isMasked);
  const currencies = [...new Set(drawn.map(({ account }) => account.currency))].toSorted();
  return currencies.flatMap((currency) => {
    const own = drawn.filter(({ account }) => account.currency === currency);
    return [
      ...balanceChart(context, own, { currency, days }),
      ...inOutChart(context, own, { currency, days }),
    ];
  });
}

interface Drawing {
  readonly currency: CurrencyCode;
  readonly days: readonly PlainDate[];
}

function balanceChart(
  { t, language }: ReportContext,
  periods: readonly AccountPeriod[],
  { currency, days }: Drawing,
): ReportChart[] {
  const lines = periods.flatMap(({ account, opening, movements }) => {
    if (opening === undefined) return [];
    const balances = balancesByDay(opening, movements, days);
    // A balance may be more than its reader may see although no movement is.
    if (!balances.every((units) => account.mayShow(units))) return [];
    return [{ name: account.name, balances }];
  });
  if (lines.length === 0) return [];
  const largest = lines
    .toSorted((left, right) => compare(peak(right.balances), peak(left.balances)))
    .slice(0, SERIES_MAX);
  const axis = axisOf(
    currency,
    largest.flatMap(({ balances }) => balances),
  );
  return [
    {
      kind: 'line',
      title: t('report.chart.cashByDay', { currency }),
      categories: days.map((day) => formatDay(language, day)),
      series: largest.map(({ name, balances }) => ({
        name,
        values: balances.map((units) => axis.toValue(units)),
      })),
      unit: t(axis.unit, { currency }),
    },
  ];
}

function inOutChart(
  { t, language }: ReportContext,
  periods: readonly AccountPeriod[],
  { currency, days }: Drawing,
): ReportChart[] {
  const sums = new Map(days.map((day) => [day.toString(), { in: 0n, out: 0n }]));
  for (const movement of periods.flatMap(({ movements }) => movements.filter(countsInBalance))) {
    const day = sums.get(movement.bookingDate.toString());
    if (!day) continue;
    if (movement.creditDebitIndicator === 'credit') day.in += movement.amount.amountMinorUnits;
    else day.out += movement.amount.amountMinorUnits;
  }
  const values = [...sums.values()];
  if (values.every((day) => day.in === 0n && day.out === 0n)) return [];
  const axis = axisOf(
    currency,
    values.flatMap((day) => [day.in, day.out]),
  );
  return [
    {
      kind: 'bar',
      title: t('report.chart.inOut', { currency }),
      categories: days.map((day) => formatDay(language, day)),
      series: [
        { name: t('report.column.in'), values: values.map((day) => axis.toValue(day.in)) },
        { name: t('report.column.out'), values: values.map((day) => axis.toValue(day.out)) },
      ],
      unit: t(axis.unit, { currency }),
    },
  ];
}

/** How many movements are matched, suggested and open. */
export function matchedChart(
  { t }: ReportContext,
  periods: readonly AccountPeriod[],
): ReportChart[] {
  const counts = countStandings(periods);
  const shown = (['matched', 'partial', 'suggested', 'open', 'exempt'] as const).filter(
    (standing) => counts[standing] > 0,
  );
  if (shown.length === 0) return [];
  return [
    {
      kind: 'pie',
      title: t('report.chart.matchedShare'),
      categories: shown.map((standing) => t(`report.match.${standing}`)),
      series: [
        { name: t('report.column.count'), values: shown.map((standing) => counts[standing]) },
      ],
    },
  ];
}

export type StandingCounts = Record<MatchStanding, number>;

/** Booked movements by where they stand. */
export function countStandings(periods: readonly AccountPeriod[]): StandingCounts {
  const counts: StandingCounts = { matched: 0, partial: 0, suggested: 0, open: 0, exempt: 0 };
  for (const { movements, matches } of periods) {
    for (const movement of movements.filter(countsInBalance)) {
      counts[standingOf(movement, matches.get(movement.entryId)).standing] += 1;
    }
  }
  return counts;
}

function peak(values: readonly bigint[]): bigint {
  return values.reduce((most, value) => (magnitude(value) > most ? magnitude(value) : most), 0n);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function compare(left: bigint, right: bigint): number {
  return left === right ? 0 : left < right ? -1 : 1;
}

interface Axis {
  readonly unit: 'report.chart.unit' | 'report.chart.thousands' | 'report.chart.millions';
  readonly toValue: (minorUnits: bigint) => number;
}

/** Numbers of an axis are short, so that its labels fit; they are only drawn. */
function axisOf(currency: CurrencyCode, values: readonly bigint[]): Axis {
  const whole = 10n ** BigInt(exponentOf(currency));
  const most = peak(values) / whole;
  const [unit, scale] =
    most >= 10_000_000n
      ? (['report.chart.millions', 1_000_000n] as const)
      : most >= 10_000n
        ? (['report.chart.thousands', 1_000n] as const)
        : (['report.chart.unit', 1n] as const);
  const thousandth = whole * scale;
  return {
    unit,
    // Thousandths of the unit are more than any picture shows.
    toValue: (minorUnits) => Number((minorUnits * 1_000n) / thousandth) / 1_000,
  };
}

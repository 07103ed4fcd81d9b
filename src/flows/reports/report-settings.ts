import { dayIn, parsePlainDate } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import { parseCurrency } from '#core/money.ts';
import type { CurrencyCode } from '#core/money.ts';
import type { ReportKind, ReportPeriod, ReportSettings, SettledSettings } from '#core/reports.ts';
import { invalidField } from '#store/orgs.ts';

/** What a report covers when nobody says it. */
const USUAL: Readonly<Record<ReportKind, ReportPeriod>> = {
  dailyCash: 'today',
  statement: 'lastMonth',
  matching: 'last30Days',
  payments: 'last30Days',
  bankDelay: 'last7Days',
  monthEnd: 'lastMonth',
};

const DAYS_MAX = 400;

/** Settles which days a report covers, by the calendar of its zone at its as-of. */
export function settleSettings(
  kind: ReportKind,
  settings: ReportSettings,
  at: { readonly asOf: Instant; readonly zone: string },
): SettledSettings {
  const { from, to } = daysOf(kind, settings, dayIn(at.asOf, at.zone));
  const length = from.until(to).days;
  if (length < 0) throw invalidField('to', 'must not be before from');
  if (length > DAYS_MAX) throw invalidField('to', `must be within ${DAYS_MAX} days of from`);
  const currency = readCurrency(settings.currency);
  return {
    from: from.toString(),
    to: to.toString(),
    ...(settings.accountIds === undefined ? {} : { accountIds: settings.accountIds }),
    ...(currency === undefined ? {} : { currency }),
  };
}

interface Days {
  readonly from: PlainDate;
  readonly to: PlainDate;
}

function daysOf(kind: ReportKind, settings: ReportSettings, today: PlainDate): Days {
  if (settings.from !== undefined || settings.to !== undefined) {
    if (settings.period !== undefined) {
      throw invalidField('period', 'must be left out where days are given');
    }
    const to = settings.to === undefined ? today : parsePlainDate(settings.to);
    return { from: settings.from === undefined ? to : parsePlainDate(settings.from), to };
  }
  return periodDays(settings.period ?? USUAL[kind], today);
}

function periodDays(period: ReportPeriod, today: PlainDate): Days {
  const monthStart = today.with({ day: 1 });
  switch (period) {
    case 'today':
      return { from: today, to: today };
    case 'yesterday':
      return { from: today.subtract({ days: 1 }), to: today.subtract({ days: 1 }) };
    case 'last7Days':
      return { from: today.subtract({ days: 6 }), to: today };
    case 'last30Days':
      return { from: today.subtract({ days: 29 }), to: today };
    case 'thisMonth':
      return { from: monthStart, to: today };
    case 'lastMonth':
      return { from: monthStart.subtract({ months: 1 }), to: monthStart.subtract({ days: 1 }) };
  }
}

function readCurrency(text: string | undefined): CurrencyCode | undefined {
  return text === undefined ? undefined : parseCurrency(text);
}

import { money } from '#core/money.ts';
import type { CurrencyCode } from '#core/money.ts';
import { paymentStates } from '#core/payments.ts';
import type { PaymentState } from '#core/payments.ts';
import type { ReportSection, ReportTable } from '#core/report-document.ts';
import { loadPaymentsThen } from '#store/report-facts.ts';
import type { KnownPayment } from '#store/report-facts.ts';
import {
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
import type { ReportAccount } from './report-view.ts';

/** Payments of a time by where they stood, counted and summed, and each of them. */
export async function paymentsReport(context: ReportContext): Promise<ReportSection[]> {
  const { t, client, view, asOf, from, to } = context;
  const accounts = new Map(view.accounts.map((account) => [account.accountId, account]));
  const accountIds = [...accounts.keys()];
  const payments = await loadPaymentsThen(client, {
    orgId: view.orgId,
    accountIds,
    asOf,
    from,
    to,
  });
  const isHidden = (payment: KnownPayment): boolean =>
    accounts.get(payment.accountId)?.mayShow(payment.amount.amountMinorUnits) !== true;
  return [
    {
      title: t('report.section.states'),
      notes: commonNotes(context, payments.some(isHidden)),
      figures: [{ label: t('report.figure.payments'), cell: count(payments.length) }],
      tables: [stateTable(context, payments, isHidden)],
    },
    {
      title: t('report.kind.payments'),
      tables: [paymentTable(context, payments, accounts)],
    },
  ];
}

function stateTable(
  context: ReportContext,
  payments: readonly KnownPayment[],
  isHidden: (payment: KnownPayment) => boolean,
): ReportTable {
  const { t } = context;
  const groups = new Map<
    string,
    { state: PaymentState; currency: CurrencyCode; own: KnownPayment[] }
  >();
  for (const payment of payments) {
    const { state } = payment;
    const { currency } = payment.amount;
    const key = `${String(paymentStates.indexOf(state)).padStart(2, '0')} ${currency}`;
    const group = groups.get(key) ?? { state, currency, own: [] };
    group.own.push(payment);
    groups.set(key, group);
  }
  const sorted = [...groups].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return {
    columns: columnsOf(context, [
      ['state', { width: 1.5 }],
      ['currency', { width: 0.6 }],
      ['count', { align: 'end' }],
      ['amount', { width: 1.3, align: 'end' }],
    ]),
    rows: sorted.map(([, { state, currency, own }]) => [
      text(t(`payment.state.${state}`)),
      code(currency),
      count(own.length),
      own.some(isHidden)
        ? maskedCell
        : {
            kind: 'money',
            money: money(
              own.reduce((sum, { amount }) => sum + amount.amountMinorUnits, 0n),
              currency,
            ),
          },
    ]),
    empty: t('report.empty.payments'),
  };
}

function paymentTable(
  context: ReportContext,
  payments: readonly KnownPayment[],
  accounts: ReadonlyMap<string, ReportAccount>,
): ReportTable {
  const { t } = context;
  return {
    columns: columnsOf(context, [
      ['day', { width: 0.8 }],
      ['account', { width: 1.2 }],
      ['creditor', { width: 1.8 }],
      ['purpose'],
      ['currency', { width: 0.6 }],
      ['amount', { width: 1.2, align: 'end' }],
      ['state', { width: 1.2 }],
      ['since', { width: 1.2 }],
      ['reference', { width: 1.6 }],
    ]),
    rows: payments.map((payment) => {
      const account = accounts.get(payment.accountId);
      return [
        date(payment.requestedExecutionDate),
        text(account?.name),
        text(payment.creditorName),
        text(t(`payment.purpose.${payment.purpose}`)),
        code(payment.amount.currency),
        account?.currency === payment.amount.currency
          ? moneyCell(account, payment.amount.amountMinorUnits)
          : maskedCell,
        text(t(`payment.state.${payment.state}`)),
        moment(payment.since),
        code(payment.endToEndId),
      ];
    }),
    empty: t('report.empty.payments'),
  };
}

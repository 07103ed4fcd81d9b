import { instantFromMs } from '#core/dates.ts';
import { moneyText } from '#core/money.ts';
import type { AlertFact, AlertKind } from '#core/events.ts';
import { judgeNews, withPlainTexts } from '#core/payment-news.ts';
import type { Development, Happening, Reason } from '#core/payment-happenings.ts';
import { openAlarm } from '#store/alarms.ts';
import { loadBeneficiary, loadPeople } from '#store/payment-checks.ts';
import { updateAttempt } from '#store/payment-attempts.ts';
import { appendPaymentStep, findPayment, lockPayment, updatePayment } from '#store/payments.ts';
import type { Payment, PaymentRef } from '#store/payments.ts';
import type { Transaction } from '#store/transaction.ts';
import { saveFacts } from '../notification/announce.ts';
import type { OrgFact, Ring } from '../notification/announce.ts';
import { placeOf, policyOf } from './payment-deps.ts';
import type { PaymentDeps, PaymentPlace } from './payment-deps.ts';
import { toLife, toPaymentFact } from './payment-facts.ts';

/** Who or what reports it, and when. */
export interface RecordContext {
  readonly actor: string;
  readonly now: Date;
  /** The attempt that the news is about; another than the newest makes it late news. */
  readonly attemptId?: string | undefined;
}

export interface Recorded {
  readonly payment: Payment;
  readonly rings: readonly Ring[];
}

/**
 * Commits what happened to a payment: its row, its attempt, its diary, and whoever is to be told, in
 * the caller's transaction. The truth is read under the row's lock, so that late, doubled and
 * crossing news find the state that the others left.
 */
export async function recordHappening(
  transaction: Transaction,
  deps: PaymentDeps,
  ref: PaymentRef,
  happened: Happening,
  context: RecordContext,
): Promise<Recorded> {
  const { client } = transaction;
  const happening = withPlainTexts(happened);
  const payment = await lockPayment(client, ref);
  const place = await placeOf(deps, payment);
  const { attemptId, now } = context;
  const { development, alarms, lookAtMs } = judgeNews(toLife(payment, place), {
    happening,
    isOfOlderAttempt: attemptId !== undefined && payment.attempt?.attemptId !== attemptId,
    instructedAmount: payment.instructedAmount,
    bankReference: payment.bankReference,
    policy: policyOf(place.capability, payment),
    nowMs: now.getTime(),
  });
  if (!development) {
    await updatePayment(
      client,
      payment,
      { state: payment.state, isTold: false, isIntended: false, nextAt: dateOf(lookAtMs) },
      context,
    );
    const rings = await tell(transaction, deps, place, payment, { isTold: false, alarms }, context);
    return { payment: await reread(client, payment), rings };
  }
  await writeDevelopment(transaction, payment, happening, development, context);
  const changed = await reread(client, payment);
  const { isTold } = development;
  const rings = await tell(transaction, deps, place, changed, { isTold, alarms }, context);
  return { payment: changed, rings };
}

function dateOf(atMs: number | undefined): Date | undefined {
  return atMs === undefined ? undefined : new Date(atMs);
}

async function writeDevelopment(
  { client }: Transaction,
  payment: Payment,
  happening: Happening,
  development: Development,
  context: RecordContext,
): Promise<void> {
  const { now } = context;
  const { nextAtMs, attempt, reason, report } = development;
  if (attempt !== undefined && attempt !== 'intended') {
    await updateAttempt(
      client,
      payment,
      {
        state: attempt,
        code: reason?.code,
        bankCode: report?.bankCode,
        bankReference: report?.bankReference,
        isAnswer: happening.kind === 'answered' || happening.kind === 'refused',
      },
      now,
    );
  }
  await updatePayment(
    client,
    payment,
    {
      state: development.state,
      isTold: development.isTold,
      reason,
      report,
      inquiries: development.inquiries,
      notFoundCount: development.notFoundCount,
      failures: development.failures,
      decision: development.decision,
      nextAt: dateOf(nextAtMs),
      isIntended: happening.kind === 'intended',
    },
    context,
  );
  const isWorthALine = development.state !== payment.state || development.isTold;
  if (isWorthALine) {
    await appendPaymentStep(
      client,
      payment,
      { happening: happening.kind, state: development.state, actor: context.actor, reason },
      now,
    );
  }
}

async function reread(client: Transaction['client'], ref: PaymentRef): Promise<Payment> {
  return (await findPayment(client, ref)) ?? (await lockPayment(client, ref));
}

interface Telling {
  readonly isTold: boolean;
  readonly alarms: readonly Reason[];
}

/** Writes the card's new version and alarms for whoever is to be told. */
async function tell(
  transaction: Transaction,
  deps: PaymentDeps,
  place: PaymentPlace,
  payment: Payment,
  { isTold, alarms }: Telling,
  { now }: RecordContext,
): Promise<readonly Ring[]> {
  const facts: OrgFact[] = [];
  if (isTold) facts.push(await cardOf(transaction, place, payment, now));
  for (const alarm of alarms) {
    const fact = await alarmOf(transaction, payment, place, alarm, now);
    if (fact) facts.push({ orgId: payment.orgId, fact });
  }
  return facts.length === 0 ? [] : saveFacts(transaction, deps.announcer, facts, now);
}

/** The newest version of a payment's card, with the names of people and what the bank said. */
export async function cardOf(
  { client }: Pick<Transaction, 'client'>,
  place: PaymentPlace,
  payment: Payment,
  now: Date,
): Promise<OrgFact> {
  const people = await loadPeople(client, payment);
  const beneficiary = await loadBeneficiary(client, payment);
  const fact = toPaymentFact(payment, place, {
    ...people,
    at: instantFromMs(now.getTime()),
    nameMatch: beneficiary?.nameMatch,
    nameAtBank: beneficiary?.nameAtBank,
    previousCreditorAccount: beneficiary?.previousAccount,
  });
  return { orgId: payment.orgId, fact };
}

const ALARM_KINDS: Partial<Record<Reason['code'], AlertKind>> = {
  'payment.lateOutcome': 'payment.lateOutcome',
  'payment.amountDiffers': 'payment.amountDiffers',
};

async function alarmOf(
  { client }: Transaction,
  payment: Payment,
  { connector, account, connection }: PaymentPlace,
  { code, details }: Reason,
  now: Date,
): Promise<AlertFact | undefined> {
  const kind = ALARM_KINDS[code];
  if (!kind) return undefined;
  const place = { orgId: payment.orgId, kind, subjectId: payment.paymentId };
  if (!(await openAlarm(client, place, details, now))) return undefined;
  const ordered = moneyText(payment.instructedAmount);
  return {
    kind,
    at: instantFromMs(now.getTime()),
    accountId: account.accountId,
    connectionId: connection.connectionId,
    subject: `${connector.displayName} · ${account.name}`,
    code,
    details: {
      ...details,
      amount: ordered,
      instructed: ordered,
      creditor: payment.creditor.name,
      now: payment.state,
      reference: payment.endToEndId,
    },
  };
}

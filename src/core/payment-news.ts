import type { Money } from './money.ts';
import { isSameMoney, moneyText } from './money.ts';
import { develop } from './payment-life.ts';
import type {
  Development,
  Happening,
  PaymentLife,
  Reason,
  TransferPolicy,
} from './payment-happenings.ts';
import type { PaymentState, TransferReport } from './payments.ts';

/** Something that happened, as whoever commits it knows it. */
export interface News {
  readonly happening: Happening;
  /** It is about a sending that another one has followed. */
  readonly isOfOlderAttempt: boolean;
  readonly instructedAmount: Money;
  /** The bank's own reference, as far as it is known. */
  readonly bankReference?: string | undefined;
  readonly policy: TransferPolicy;
  readonly nowMs: number;
}

/** What is to be committed because of it. */
export interface Judgement {
  /** Absent: it changes nothing any more. */
  readonly development: Development | undefined;
  /** What must not happen and did; told once until somebody closes it. */
  readonly alarms: readonly Reason[];
  /** Without a development: when the story looks again; absent: never by itself. */
  readonly lookAtMs: number | undefined;
}

/** What an active payment does when a happening changed nothing: it looks again soon. */
const LOOK_AGAIN_MS = 15 * 60_000;
const RESTING: readonly PaymentState[] = [
  'draft',
  'settled',
  'rejected',
  'returned',
  'declined',
  'expired',
  'cancelled',
  'voided',
];

/** Judges news by the payment as it stands under its lock: late, doubled and crossing news as well. */
export function judgeNews(life: PaymentLife, news: News): Judgement {
  const { happening, policy, nowMs } = news;
  const meant = news.isOfOlderAttempt ? asLateNews(happening) : asOfOurs(life, news);
  const development = meant && develop(life, meant, policy, nowMs);
  return {
    development,
    alarms: alarmsOf(life, news, development),
    lookAtMs: RESTING.includes(life.state) ? undefined : nowMs + LOOK_AGAIN_MS,
  };
}

/**
 * Where a bank has two transfers under our reference, its no may be to the one that does not count:
 * that says nothing about the other, as if it had not answered.
 */
function asOfOurs(life: PaymentLife, { happening, bankReference }: News): Happening {
  const report = reportOf(happening);
  const isOfOther =
    (life.attempt?.number ?? 0) > 1 &&
    bankReference !== undefined &&
    report?.bankReference !== undefined &&
    report.bankReference !== bankReference;
  return isOfOther && isNo(report)
    ? { kind: 'askFailed', reason: { code: 'payment.notFoundAtBank', details: {} } }
    : happening;
}

function isNo({ status }: TransferReport): boolean {
  return status === 'rejected' || status === 'cancelled' || status === 'returned';
}

/**
 * An older sending may only add what the bank positively says of the transfer: that the first one
 * failed says nothing about the second.
 */
function asLateNews(happening: Happening): Happening | undefined {
  const report = reportOf(happening);
  const isNegative = report?.status === 'rejected' || report?.status === 'cancelled';
  return report && !isNegative ? { kind: 'notified', report } : undefined;
}

/**
 * The same happening with texts that every table takes: a bank's words may hold signs that no text
 * column does, and half of a pair where they were cut.
 */
export function withPlainTexts(happening: Happening): Happening {
  switch (happening.kind) {
    case 'answered':
    case 'notified':
      return { ...happening, report: plainReport(happening.report) };
    case 'asked':
      return happening.answer.status === 'notFound'
        ? happening
        : { ...happening, answer: plainReport(happening.answer) };
    case 'refused':
      return {
        ...happening,
        reason: plainReason(happening.reason),
        ...(happening.report ? { report: plainReport(happening.report) } : {}),
      };
    case 'blocked':
    case 'postponed':
    case 'voided':
    case 'notExecuted':
    case 'answerLost':
    case 'askFailed':
      return { ...happening, reason: plainReason(happening.reason) };
    default:
      return happening;
  }
}

function plainReport(report: TransferReport): TransferReport {
  const { bankReference, bankCode, bankMessage } = report;
  return {
    ...report,
    ...(bankReference === undefined ? {} : { bankReference: plain(bankReference) }),
    ...(bankCode === undefined ? {} : { bankCode: plain(bankCode) }),
    ...(bankMessage === undefined ? {} : { bankMessage: plain(bankMessage) }),
  };
}

function plainReason({ code, details }: Reason): Reason {
  const texts = Object.entries(details).map(([name, value]) => [
    name,
    typeof value === 'string' ? plain(value) : value,
  ]);
  return { code, details: Object.fromEntries(texts) };
}

function plain(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

function alarmsOf(life: PaymentLife, news: News, development: Development | undefined): Reason[] {
  const { happening, instructedAmount } = news;
  const alarms: Reason[] = development?.alarm ? [development.alarm] : [];
  const report = reportOf(happening);
  if (report && alarms.length === 0 && isSecondTransfer(life, news, report)) {
    alarms.push({ code: 'payment.lateOutcome', details: { before: life.state } });
  }
  if (report?.amount && !isSameMoney(report.amount, instructedAmount)) {
    alarms.push({ code: 'payment.amountDiffers', details: { reported: moneyText(report.amount) } });
  }
  return alarms;
}

/** Two sendings, and the bank speaks of two transfers: the payment may have been paid twice. */
function isSecondTransfer(
  { attempt }: PaymentLife,
  { isOfOlderAttempt, bankReference, policy }: News,
  { status, bankReference: reported }: TransferReport,
): boolean {
  if (!attempt || attempt.number < 2 || status === 'rejected' || status === 'cancelled')
    return false;
  if (bankReference !== undefined && reported !== undefined) return bankReference !== reported;
  // A bank that remembers our reference has made one transfer of two sendings.
  return isOfOlderAttempt && attempt.state !== 'intended' && policy.safeResendMs === 0;
}

function reportOf(happening: Happening): TransferReport | undefined {
  if (happening.kind === 'answered' || happening.kind === 'notified') return happening.report;
  const isAnswer = happening.kind === 'asked' && happening.answer.status !== 'notFound';
  return isAnswer ? happening.answer : undefined;
}

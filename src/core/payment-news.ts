import type { Money } from './money.ts';
import { isSameMoney, moneyText } from './money.ts';
import { develop } from './payment-life.ts';
import type {
  Development,
  Happening,
  PaymentLife,
  Reason,
  TransferPolicy,
} from './payment-life.ts';
import type { PaymentState, TransferReport } from './payments.ts';

/** Something that happened, as whoever commits it knows it. */
export interface News {
  readonly happening: Happening;
  /** It is about a sending that another one has followed. */
  readonly isOfOlderAttempt: boolean;
  readonly instructedAmount: Money;
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
  const meant = news.isOfOlderAttempt ? asLateNews(happening) : happening;
  const development = meant && develop(life, meant, policy, nowMs);
  return {
    development,
    alarms: alarmsOf(news, development),
    lookAtMs: RESTING.includes(life.state) ? undefined : nowMs + LOOK_AGAIN_MS,
  };
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

function alarmsOf(
  { happening, instructedAmount }: News,
  development: Development | undefined,
): Reason[] {
  const alarms: Reason[] = development?.alarm ? [development.alarm] : [];
  const report = reportOf(happening);
  if (report?.amount && !isSameMoney(report.amount, instructedAmount)) {
    alarms.push({ code: 'payment.amountDiffers', details: { reported: moneyText(report.amount) } });
  }
  return alarms;
}

function reportOf(happening: Happening): TransferReport | undefined {
  if (happening.kind === 'answered' || happening.kind === 'notified') return happening.report;
  const isAnswer = happening.kind === 'asked' && happening.answer.status !== 'notFound';
  return isAnswer ? happening.answer : undefined;
}

import { addMs, dayIn, instantFromMs, startOfDay } from '#core/dates.ts';

/** DingTalk's two monthly budgets (dingtalk.md section 2.3). */
export type Budget = 'apiCalls' | 'webhookAndStream';

/** DingTalk counts calendar months in its own zone. */
export const DINGTALK_ZONE = 'Asia/Shanghai';

/** Share of the month that normal notices never touch. */
export const RESERVE_SHARE = 0.1;

interface Allowance {
  readonly apiCalls: number;
  readonly webhookAndStream: number;
}

/** Calls per month and organisation, by edition. */
export const dingtalkEditions = {
  standard: { apiCalls: 5_000, webhookAndStream: 3_000 },
  /** Organisations that were there before 2025-11-19. */
  standardBefore2025: { apiCalls: 10_000, webhookAndStream: 5_000 },
  professional: { apiCalls: 200_000, webhookAndStream: 50_000 },
} as const satisfies Record<string, Allowance>;

export type DingtalkEdition = keyof typeof dingtalkEditions;

/** What one add-on pack adds. */
export const dingtalkAddOnPack: Allowance = { apiCalls: 5_000_000, webhookAndStream: 500_000 };

/** Which budget each kind of traffic counts to; `undefined` is free of charge. */
export const budgetOfTraffic = {
  customRobotMessage: 'webhookAndStream',
  /** Not stated by DingTalk; counted to be on the safe side. */
  sessionReply: 'webhookAndStream',
  pushedEvent: 'webhookAndStream',
  pushedRobotMessage: 'webhookAndStream',
  cardCallback: 'webhookAndStream',
  appRobotMessage: 'apiCalls',
  card: 'apiCalls',
  cardUpdate: 'apiCalls',
  workNotification: 'apiCalls',
  approval: 'apiCalls',
  document: 'apiCalls',
  token: undefined,
  login: undefined,
  directory: undefined,
} as const satisfies Record<string, Budget | undefined>;

export type Traffic = keyof typeof budgetOfTraffic;

/** Calls a month that an organisation has for one budget. */
export function monthlyLimit(
  budget: Budget,
  { edition, addOnPacks = 0 }: { edition: DingtalkEdition; addOnPacks?: number },
): number {
  return dingtalkEditions[edition][budget] + addOnPacks * dingtalkAddOnPack[budget];
}

/** Calls of the limit that only urgent notices may use. */
export function monthlyReserve(limit: number, share: number = RESERVE_SHARE): number {
  return Math.ceil(limit * share);
}

export interface Month {
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** The calendar month around a moment. */
export function monthOf(nowMs: number, zone: string = DINGTALK_ZONE): Month {
  const first = dayIn(instantFromMs(nowMs), zone).with({ day: 1 });
  return {
    startsAtMs: startOfDay(first, zone).epochMilliseconds,
    endsAtMs: startOfDay(first.add({ months: 1 }), zone).epochMilliseconds,
  };
}

/**
 * How the month stands: fine; will nearly be used up; will not last; only the reserve is left;
 * nothing is left.
 */
export type BudgetLevel = 'ok' | 'watch' | 'short' | 'reserve' | 'exhausted';

export interface ForecastInput {
  /** Calls since the month began. */
  readonly used: number;
  /** Absent: no limit is known. */
  readonly limit?: number | undefined;
  readonly nowMs: number;
  readonly zone?: string;
  /** Calls of each complete day before today, the latest last; it may reach into last month. */
  readonly dailyHistory: readonly number[];
  readonly reserveShare?: number;
}

export interface Forecast {
  /** Calls at the end of the month if it goes on like this. */
  readonly projected: number;
  readonly runsOutAtMs?: number;
  readonly level: BudgetLevel;
  readonly reserve: number;
  readonly month: Month;
}

const DAY_MS = 86_400_000;
const WATCH_SHARE = 0.85;

/** Foretells the end of the month from the busier of the last week and the last four. */
export function forecast(input: ForecastInput): Forecast {
  const { used, limit, nowMs, zone = DINGTALK_ZONE, dailyHistory, reserveShare } = input;
  const month = monthOf(nowMs, zone);
  const perDay = callsPerDay(dailyHistory, used, nowMs - month.startsAtMs);
  const projected = Math.round(used + (perDay * (month.endsAtMs - nowMs)) / DAY_MS);
  if (limit === undefined) return { projected, level: 'ok', reserve: 0, month };
  const reserve = monthlyReserve(limit, reserveShare);
  const level = levelOf({ used, limit, reserve, projected });
  if (projected <= limit) return { projected, level, reserve, month };
  const leftMs = perDay === 0 ? 0 : (Math.max(0, limit - used) / perDay) * DAY_MS;
  const runsOutAtMs = addMs(instantFromMs(nowMs), Math.round(leftMs)).epochMilliseconds;
  return { projected, runsOutAtMs, level, reserve, month };
}

function callsPerDay(history: readonly number[], used: number, elapsedMs: number): number {
  // The first hours of a month say little: they count as a whole day.
  if (history.length === 0) return used / Math.max(1, elapsedMs / DAY_MS);
  return Math.max(mean(history.slice(-7)), mean(history.slice(-28)));
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

function levelOf(at: {
  used: number;
  limit: number;
  reserve: number;
  projected: number;
}): BudgetLevel {
  const spendable = at.limit - at.reserve;
  if (at.used >= at.limit) return 'exhausted';
  if (at.used >= spendable) return 'reserve';
  if (at.projected > spendable) return 'short';
  return at.projected > spendable * WATCH_SHARE ? 'watch' : 'ok';
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What the planner needs to space digests over the rest of a month. */
export interface MonthState {
  readonly level: BudgetLevel;
  readonly used: number;
  readonly limit: number | undefined;
  readonly reserve: number;
  /** Start of the next month. */
  readonly resetsAtMs: number;
  /** Last message of the normal lane, single or digest, to this destination. */
  readonly lastNormalSentAtMs?: number | undefined;
}

/**
 * How far apart digests of normal notices stand; 0 while the budget is fine. Half of what is left
 * is spread over the rest of the month, the other half stays for what is urgent. So the distance
 * grows as the budget shrinks: from minutes to an hour while it is short, from an hour to a day
 * once only the reserve is left.
 */
export function digestEveryMs(month: MonthState, nowMs: number): number {
  if (month.limit === undefined || month.level === 'ok' || month.level === 'watch') return 0;
  if (month.level === 'exhausted') return 24 * HOUR_MS;
  const isShort = month.level === 'short';
  const left = month.limit - month.used - (isShort ? month.reserve : 0);
  const spread = (month.resetsAtMs - nowMs) / Math.max(1, left / 2);
  const [min, max] = isShort ? [5 * MINUTE_MS, HOUR_MS] : [HOUR_MS, 24 * HOUR_MS];
  return Math.round(Math.min(max, Math.max(min, spread)));
}

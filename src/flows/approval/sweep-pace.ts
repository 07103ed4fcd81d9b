import { instantFromMs, minuteOfDay } from '#core/dates.ts';

/** What the distance between two listings depends on. */
export interface PaceInput {
  readonly nowMs: number;
  /** The organisation's own zone: at night nobody approves. */
  readonly zone: string;
  /** API calls of the month; absent: no limit is known. */
  readonly limit: number | undefined;
  readonly used: number;
  readonly reserve: number;
  readonly monthEndsAtMs: number;
  /** Calls that one round over all forms takes, as the last ones did. */
  readonly callsPerRound: number;
  /** Without events the listing is all there is, and may take more of the month. */
  readonly hasEvents: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const PAUSE_MIN_MS = 2 * MINUTE_MS;
const PAUSE_MAX_MS = 6 * HOUR_MS;
/** Where calls cost nothing, a lost event costs so long. */
const UNLIMITED_MS = 5 * MINUTE_MS;
const SHARE_BESIDE_EVENTS = 0.5;
const SHARE_ALONE = 0.8;
const NIGHT_FACTOR = 3;
const DAY_FACTOR = 0.75;

/**
 * How long to wait until forms are listed again, so that the month's calls last: a share of what is
 * left is spread over the rest of the month, closer by day and wider by night.
 */
export function sweepPauseMs(input: PaceInput): number {
  if (input.limit === undefined) return UNLIMITED_MS;
  const share = input.hasEvents ? SHARE_BESIDE_EVENTS : SHARE_ALONE;
  const spendable = Math.max(0, input.limit - input.used - input.reserve) * share;
  const rounds = spendable / Math.max(1, input.callsPerRound);
  if (rounds < 1) return PAUSE_MAX_MS;
  const evenMs = Math.max(DAY_MS / 24, input.monthEndsAtMs - input.nowMs) / rounds;
  const pauseMs = evenMs * (isNight(input) ? NIGHT_FACTOR : DAY_FACTOR);
  return Math.round(Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MIN_MS, pauseMs)));
}

function isNight({ nowMs, zone }: PaceInput): boolean {
  const hour = Math.floor(minuteOfDay(instantFromMs(nowMs), zone) / 60);
  return hour >= 22 || hour < 6;
}

/** Minutes around the full hour in which everybody's jobs call DingTalk (dingtalk.md section 2.2). */
const BUSY_BEFORE_MS = 2 * MINUTE_MS;
const BUSY_AFTER_MS = 3 * MINUTE_MS;

/** The moment, or one after the rush of the full hour; `random` spreads those who were moved. */
export function besideFullHours(atMs: number, random: number): number {
  const intoHourMs = atMs % HOUR_MS;
  const isBefore = intoHourMs >= HOUR_MS - BUSY_BEFORE_MS;
  if (!isBefore && intoHourMs >= BUSY_AFTER_MS) return atMs;
  const hourMs = isBefore ? atMs - intoHourMs + HOUR_MS : atMs - intoHourMs;
  return hourMs + BUSY_AFTER_MS + Math.floor(random * 2 * MINUTE_MS);
}

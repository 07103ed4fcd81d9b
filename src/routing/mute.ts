import { dayIn, instantFromMs, isTimeZone, type PlainDate } from '#core/dates.ts';
import { type DateRange, type MuteTime, minutesOf, weekdays } from './route.ts';

/** Whether it is quiet at a moment, and until when that answer holds. */
export interface MuteState {
  readonly isMuted: boolean;
  /** End of the mute with all that follow without a gap; else the next start, or a day ahead. */
  readonly untilMs: number;
}

/** Longest quiet without a break; a configuration that is quiet for longer is refused. */
export const MUTED_DAYS_MAX = 62;

const DAY_MS = 86_400_000;

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** End of the mute that covers the moment, or undefined when it is not muted. */
export function mutedUntil(muteTimes: readonly MuteTime[], nowMs: number): number | undefined {
  const state = muteStateAt(muteTimes, nowMs);
  return state.isMuted ? state.untilMs : undefined;
}

/** As {@link mutedUntil}, with the time for which the answer may be remembered. */
export function muteStateAt(muteTimes: readonly MuteTime[], nowMs: number): MuteState {
  const known = muteTimes.filter(isUsable);
  let untilMs = nowMs;
  const lastMs = nowMs + MUTED_DAYS_MAX * DAY_MS;
  // Windows that overlap or touch are one mute: the end of one is asked for again.
  for (let next = endAt(known, untilMs); next !== undefined; next = endAt(known, untilMs)) {
    untilMs = next;
    if (untilMs >= lastMs) break;
  }
  if (untilMs > nowMs) return { isMuted: true, untilMs };
  return { isMuted: false, untilMs: nextStart(known, nowMs) };
}

/**
 * Whether these mute times leave no moment to speak for more than {@link MUTED_DAYS_MAX} days.
 * Asked at the start of each dated range and, for hours that come every week, in winter and summer,
 * because zones of one list may drift apart by an hour.
 */
export function isAlwaysMuted(muteTimes: readonly MuteTime[]): boolean {
  const probes = [WINTER_MS, SUMMER_MS];
  for (const mute of muteTimes.filter(isUsable)) {
    for (const range of mute.dates ?? []) {
      const day = dayIn(instantFromMs(WINTER_MS), mute.zone).with(fieldsOf(range.from));
      probes.push(...spansOf(mute, day).map((span) => span.startMs));
    }
  }
  return probes.some((probeMs) => {
    const endMs = mutedUntil(muteTimes, probeMs);
    return endMs !== undefined && endMs - probeMs >= MUTED_DAYS_MAX * DAY_MS;
  });
}

// 2026-01-14 and 2026-07-15, Wednesdays at noon UTC.
const WINTER_MS = 1_768_392_000_000;
const SUMMER_MS = 1_784_116_800_000;

function isUsable(mute: MuteTime): boolean {
  // An unknown zone must not silence anything; the warnings of the tree name it.
  return (
    isTimeZone(mute.zone) && minutesOf(mute.from) !== undefined && minutesOf(mute.to) !== undefined
  );
}

function endAt(muteTimes: readonly MuteTime[], atMs: number): number | undefined {
  let endMs: number | undefined;
  for (const mute of muteTimes) {
    for (const span of spansAround(mute, atMs, [-1, 0])) {
      if (span.startMs <= atMs && atMs < span.endMs) endMs = Math.max(endMs ?? 0, span.endMs);
    }
  }
  return endMs;
}

function nextStart(muteTimes: readonly MuteTime[], nowMs: number): number {
  let startMs = nowMs + DAY_MS;
  for (const mute of muteTimes) {
    for (const span of spansAround(mute, nowMs, [0, 1, 2])) {
      if (span.startMs > nowMs) startMs = Math.min(startMs, span.startMs);
    }
  }
  return startMs;
}

function spansAround(mute: MuteTime, atMs: number, dayOffsets: readonly number[]): Span[] {
  const today = dayIn(instantFromMs(atMs), mute.zone);
  return dayOffsets.flatMap((days) => spansOf(mute, today.add({ days })));
}

/** The mute that begins on a local day, if any. */
function spansOf(mute: MuteTime, day: PlainDate): Span[] {
  const weekday = weekdays[day.dayOfWeek - 1];
  if (weekday === undefined || mute.weekdays?.includes(weekday) === false) return [];
  if (mute.dates?.some((range) => isWithin(range, day)) === false) return [];
  const from = minutesOf(mute.from) ?? 0;
  const to = minutesOf(mute.to) ?? 0;
  const startMs = momentOf(day, from, mute.zone);
  const endMs =
    to > from ? momentOf(day, to, mute.zone) : momentOf(day.add({ days: 1 }), to, mute.zone);
  // In the night when clocks go forward a window can vanish.
  return endMs > startMs ? [{ startMs, endMs }] : [];
}

function momentOf(day: PlainDate, minutes: number, zone: string): number {
  const onDay = minutes === 24 * 60 ? day.add({ days: 1 }) : day;
  const hour = Math.floor(minutes / 60) % 24;
  // A local time that does not exist that night moves forward, one that comes twice is the first.
  const plainTime = { hour, minute: minutes % 60 };
  return onDay.toZonedDateTime({ timeZone: zone, plainTime }).epochMilliseconds;
}

function isWithin(range: DateRange, day: PlainDate): boolean {
  const text = day.toString();
  return range.from <= text && text <= range.to;
}

function fieldsOf(date: string): { year: number; month: number; day: number } {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  return { year, month, day };
}

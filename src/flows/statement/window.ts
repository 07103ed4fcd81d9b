import type { ConnectorTraits } from '#connectors/contract.ts';
import { addMs, dayIn, instantFromMs, msBetween, startOfDay } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';

/** Which part of a statement is asked for next. */
export interface StatementWindow {
  readonly from: Instant;
  readonly to: Instant;
  /** Everything before it is complete once this window was answered. */
  readonly provenUntilMs: number;
  /** Days of which the answer is the whole statement. */
  readonly completeDays: ReadonlySet<string>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Chooses the window: it reaches back over the proven part, because banks book late and correct,
 * never beyond the bank's history, never longer than the bank answers at once (ask 56, A10.3).
 */
export function chooseWindow(
  traits: ConnectorTraits,
  state: { readonly nowMs: number; readonly provenUntilMs: number; readonly repullFromMs?: number },
): StatementWindow {
  const { poll, zone } = traits;
  const now = instantFromMs(state.nowMs);
  const oldest = startOfDay(dayIn(now, zone).subtract({ days: poll.historyDaysMax - 1 }), zone);
  const wanted = Math.min(
    state.provenUntilMs - poll.overlapMinutes * MINUTE_MS,
    state.repullFromMs ?? Number.POSITIVE_INFINITY,
  );
  // What was proven before a clock was set back lies ahead; the window still ends now.
  const start = instantFromMs(Math.max(Math.min(wanted, state.nowMs), oldest.epochMilliseconds));
  const needsWholeDays = poll.granularity === 'day' || !traits.hasUniqueEntryKey;
  const from = needsWholeDays ? startOfDay(dayIn(start, zone), zone) : start;
  const longest = addMs(from, poll.windowDaysMax * DAY_MS);
  const isCut = msBetween(longest, now) > 0;
  const until = isCut ? longest : now;
  // An entry that the bank may still add to the end of the window does not count as proven.
  const provenUntilMs = isCut
    ? until.epochMilliseconds
    : Math.max(state.nowMs - poll.settleMinutes * MINUTE_MS, from.epochMilliseconds);
  if (poll.granularity === 'day') {
    const lastDay = isCut ? dayIn(until, zone).subtract({ days: 1 }) : dayIn(until, zone);
    const completeDays = daysFrom(dayIn(from, zone), lastDay);
    // An end at midnight means the day before, so the end is a moment inside the last day.
    return { from, to: isCut ? until : addMs(until, 1), provenUntilMs, completeDays };
  }
  return { from, to: until, provenUntilMs, completeDays: wholeDays(from, until, zone, isCut) };
}

function daysFrom(first: PlainDate, last: PlainDate): Set<string> {
  const days = new Set<string>();
  for (let day = first; day.until(last).days >= 0; day = day.add({ days: 1 })) {
    days.add(day.toString());
  }
  return days;
}

/** Days that begin inside the window and end in it, or are still running at its end. */
function wholeDays(from: Instant, to: Instant, zone: string, isCut: boolean): Set<string> {
  const firstDay = dayIn(from, zone);
  const isFirstWhole = startOfDay(firstDay, zone).equals(from);
  const lastDay = dayIn(to, zone);
  const first = isFirstWhole ? firstDay : firstDay.add({ days: 1 });
  return daysFrom(first, isCut ? lastDay.subtract({ days: 1 }) : lastDay);
}

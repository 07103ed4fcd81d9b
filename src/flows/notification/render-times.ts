import { dayIn, type Instant, msBetween, type PlainDate } from '#core/dates.ts';
import type { Language } from '#core/languages.ts';
import { formatDateTime, formatDuration, formatTime } from '#i18n/format.ts';
import { translate } from '#i18n/messages.ts';

/** Below a minute a delay is nobody's concern. */
const DELAY_NOTICE_MS = 60_000;

/** When it was told, counted from when it was known. */
export function toldText(
  language: Language,
  toldAt: Instant,
  { since, zone }: { readonly since: Instant; readonly zone: string },
): string {
  const days = { zone, day: dayIn(toldAt, zone), dayBefore: dayIn(since, zone) };
  return momentText(language, 'told', {
    time: timeAfter(language, toldAt, days),
    delayMs: msBetween(since, toldAt),
  });
}

/** The day is written again only where it is another. */
export function timeAfter(
  language: Language,
  instant: Instant,
  { zone, day, dayBefore }: { zone: string; day: PlainDate; dayBefore: PlainDate },
): string {
  return day.equals(dayBefore)
    ? formatTime(language, instant, zone)
    : formatDateTime(language, instant, zone);
}

/** When something was seen or told; a delay that is worth a word is said. */
export function momentText(
  language: Language,
  kind: 'seen' | 'told',
  { time, delayMs }: { readonly time: string; readonly delayMs: number },
): string {
  if (delayMs <= DELAY_NOTICE_MS) return translate(language, `time.${kind}`, { time });
  const delay = formatDuration(language, delayMs);
  return translate(language, `time.${kind}Later`, { time, delay });
}

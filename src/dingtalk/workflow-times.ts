import { instantFromMs, parseInstant } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';

const BEIJING_OFFSET = '+08:00';

/**
 * Reads a time of an instance. `2023-05-09T19:23Z` looks like UTC and is Beijing's time; other
 * captures hold milliseconds (dingtalk.md section 4.4, traps). One sample says so, so nothing that
 * concerns money depends on it: it orders records and bounds searches. Unreadable ones are absent.
 */
export function parseWorkflowTime(text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  if (/^\d{12,14}$/.test(trimmed)) return instantFromMs(Number(trimmed));
  const local = trimmed.replace(/Z$/i, '');
  const hasOffset = /[+-]\d{2}:?\d{2}$/.test(local);
  try {
    return parseInstant(hasOffset ? local : `${local}${BEIJING_OFFSET}`);
  } catch {
    return undefined;
  }
}

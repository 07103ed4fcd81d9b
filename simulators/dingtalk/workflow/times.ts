const CHINA_OFFSET_MS = 8 * 3_600_000;

/**
 * A time as instance details give it: to the minute, with a `Z` that claims UTC, yet Beijing time
 * (dingtalk.md 4.4, traps).
 */
export function beijingMinute(atMs: number): string {
  return `${new Date(atMs + CHINA_OFFSET_MS).toISOString().slice(0, 16)}Z`;
}

/** `yyyyMMddHHmm` in Beijing, as business numbers begin. */
export function beijingDigits(atMs: number): string {
  return new Date(atMs + CHINA_OFFSET_MS).toISOString().slice(0, 16).replaceAll(/\D/g, '');
}

import { WireError, invalid } from './errors.ts';

const DAY_MS = 86_400_000;
const PAGE_NUMBER_MAX = 2_000;
const PAGE_SIZE_DEFAULT = 100;
const PAGE_SIZE_MAX = 1_000;

export interface Window {
  readonly from: number;
  readonly to: number;
}

export interface Page {
  readonly number: number;
  readonly size: number;
}

/** Reads `page_num` and `page_size` with the limits of the guide. */
export function parsePage(query: URLSearchParams): Page {
  return {
    number: wholeParameter(query, 'page_num', { min: 0, max: PAGE_NUMBER_MAX, absent: 0 }),
    size: parsePageSize(query),
  };
}

/** Reads `page_size` alone, for the lists that go on by cursor. */
export function parsePageSize(query: URLSearchParams): number {
  const limits = { min: 1, max: PAGE_SIZE_MAX, absent: PAGE_SIZE_DEFAULT };
  return wholeParameter(query, 'page_size', limits);
}

/** Cuts one page out of all matching items. */
export function cutPage<T>(items: readonly T[], page: Page): { items: T[]; hasMore: boolean } {
  const start = page.number * page.size;
  return {
    items: items.slice(start, start + page.size),
    hasMore: start + page.size < items.length,
  };
}

/** Reads a window whose ends are both optional. */
export function parseWindow(query: URLSearchParams, names: { from: string; to: string }): Window {
  return {
    from: timeParameter(query, names.from) ?? Number.NEGATIVE_INFINITY,
    to: endOf(query, names.to) ?? Number.POSITIVE_INFINITY,
  };
}

/** Reads the window of deposits: without a start it reaches back thirty days from its end. */
export function parseDepositWindow(query: URLSearchParams, now: Date): Window {
  const to = endOf(query, 'to_created_at');
  const from = timeParameter(query, 'from_created_at');
  return {
    from: from ?? (to ?? now.getTime()) - 30 * DAY_MS,
    to: to ?? Number.POSITIVE_INFINITY,
  };
}

/** Reads the window of the balance history, at most seven days long. */
export function parseHistoryWindow(query: URLSearchParams, now: Date): Window {
  const givenFrom = timeParameter(query, 'from_post_at');
  const givenTo = endOf(query, 'to_post_at');
  const to = givenTo ?? (givenFrom === undefined ? now.getTime() : givenFrom + 7 * DAY_MS);
  const from = givenFrom ?? to - 7 * DAY_MS;
  if (to - from > 7 * DAY_MS) {
    throw new WireError(400, 'time_range_exceed', {
      message: 'The time range between from_post_at and to_post_at must not exceed 7 days.',
      source: 'from_post_at',
    });
  }
  return { from, to };
}

/** Whether a moment lies in a window; both ends belong to it. */
export function isInside(time: Date, window: Window): boolean {
  return time.getTime() >= window.from && time.getTime() <= window.to;
}

/** Whether a filter, if there is one, lets a value pass. */
export function isOrAny(value: string, wanted: string | null): boolean {
  return wanted === null || wanted === '' || value === wanted;
}

/** Reads a parameter that knows only certain values. */
export function oneOfParameter(
  query: URLSearchParams,
  name: string,
  values: readonly string[],
): string | null {
  const value = query.get(name);
  if (value && !values.includes(value)) {
    throw invalid(name, `${name} must be one of ${values.join(', ')}`);
  }
  return value;
}

function wholeParameter(
  query: URLSearchParams,
  name: string,
  limits: { min: number; max: number; absent: number },
): number {
  const text = query.get(name);
  if (text === null || text === '') return limits.absent;
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < limits.min || value > limits.max) {
    throw invalid(name, `${name} must be a whole number from ${limits.min} to ${limits.max}`);
  }
  return value;
}

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Starts are cut to the second, because that is how exactly the answers show a time. */
function timeParameter(query: URLSearchParams, name: string): number | undefined {
  const time = momentParameter(query, name);
  return time === undefined ? undefined : Math.floor(time / 1000) * 1000;
}

function endOf(query: URLSearchParams, name: string): number | undefined {
  const time = momentParameter(query, name);
  // A plain date as an end means the whole of that day.
  return time !== undefined && query.get(name)?.length === 10 ? time + DAY_MS - 1 : time;
}

function momentParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  // A plus sign that was not percent-encoded arrives as a blank and is refused, as it should be.
  const time = TIME.test(text) ? Date.parse(zoned(text)) : Number.NaN;
  if (Number.isNaN(time)) throw invalid(name, `${name} must be a date and time in ISO 8601`);
  return time;
}

function zoned(text: string): string {
  const withColon = text.replace(/([+-]\d{2})(\d{2})$/, (_all, hours: string, minutes: string) =>
    text.includes('T') ? `${hours}:${minutes}` : `${hours}${minutes}`,
  );
  return !text.includes('T') || /(Z|[+-]\d{2}:\d{2})$/.test(withColon)
    ? withColon
    : `${withColon}Z`;
}

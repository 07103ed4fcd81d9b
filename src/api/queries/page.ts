import { CashbellError } from '#core/errors.ts';

/** What a list is asked for. */
export interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

/** Writes the place after an item, so that the next page starts there even when rows come in. */
export function formatCursor(place: string): string {
  return Buffer.from(place).toString('base64url');
}

/** Reads a cursor of ours; anything else is refused rather than read as the first page. */
export function parseCursor(cursor: string | undefined, pattern: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const place = Buffer.from(cursor, 'base64url').toString('utf8');
  if (pattern.test(place)) return place;
  throw new CashbellError('api.invalid', {
    field: 'cursor',
    problem: 'must be the nextCursor of the page before, with the same filters',
  });
}

/** Cuts the row that was read beyond the limit, which only tells that there is more. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  { limit }: PageRequest,
  parts: { readonly toItem: (row: Row) => Item; readonly placeOf: (row: Row) => string },
): Page<Item> {
  const items = rows.slice(0, limit).map(parts.toItem);
  const last = rows[limit - 1];
  if (rows.length <= limit || last === undefined) return { items };
  return { items, nextCursor: formatCursor(parts.placeOf(last)) };
}

/** ISO text of a timestamptz. */
export function timeText(date: Date): string;
export function timeText(date: Date | null): string | undefined;
export function timeText(date: Date | null): string | undefined {
  return date === null ? undefined : date.toISOString();
}

/** Places of lists that are ordered by id. */
export const ID_PLACE = /^[a-z]{3}_[0-9a-z]{4,40}$/;
/** Places of lists that are ordered by a number. */
export const NUMBER_PLACE = /^\d{1,18}$/;

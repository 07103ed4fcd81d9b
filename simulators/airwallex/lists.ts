import type { Faults } from '../lib/faults.ts';
import type { Random } from '../lib/random.ts';
import { invalid } from './errors.ts';
import { faultSetting, strikesPath } from './faults.ts';
import type { Json } from './json.ts';
import { cutPage, parsePage, parsePageSize } from './paging.ts';
import type { Page } from './paging.ts';

/** The two ways in which Airwallex cuts lists, with the faults that spoil them. */
export interface Lists {
  byNumber<T>(
    path: string,
    query: URLSearchParams,
    items: readonly T[],
    toJson: (item: T) => Json,
  ): Json;
  byCursor<T>(
    path: string,
    query: URLSearchParams,
    items: readonly T[],
    toJson: (item: T) => Json,
  ): Json;
}

/** Makes what cuts lists. */
export function createLists({ faults, random }: { faults: Faults; random: Random }): Lists {
  const sizeOf = (path: string, asked: number): number => {
    const fault = strikesPath(faults, 'pageSize', path);
    return fault ? Math.max(1, Math.min(asked, faultSetting(fault, 'size', 3))) : asked;
  };
  const ordered = <T>(path: string, items: T[]): T[] => {
    if (!strikesPath(faults, 'shuffledOrder', path)) return items;
    return items
      .map((item) => ({ item, weight: random.next() }))
      .toSorted((one, other) => one.weight - other.weight)
      .map(({ item }) => item);
  };
  return {
    byNumber(path, query, items, toJson) {
      const asked: Page = parsePage(query);
      const page = cutPage(items, { ...asked, size: sizeOf(path, asked.size) });
      return { has_more: page.hasMore, items: ordered(path, page.items).map(toJson) };
    },
    byCursor(path, query, items, toJson) {
      const size = sizeOf(path, parsePageSize(query));
      const start = parseCursor(query.get('page'));
      const end = start + size;
      return {
        items: ordered(path, items.slice(start, end)).map(toJson),
        page_after: end < items.length ? formatCursor(end) : undefined,
        page_before: start > 0 ? formatCursor(Math.max(0, start - size)) : undefined,
      };
    },
  };
}

/** The cursor is opaque to the company: here it is the number of items before the page. */
function formatCursor(offset: number): string {
  return Buffer.from(`offset:${offset}`).toString('base64url');
}

function parseCursor(text: string | null): number {
  // The guide lets the walk begin with page=0.
  if (text === null || text === '' || text === '0') return 0;
  const match = /^offset:(\d+)$/.exec(Buffer.from(text, 'base64url').toString());
  if (!match) throw invalid('page', 'page must come from page_before or page_after');
  return Number(match[1]);
}

import type { Pool } from 'pg';
import type { z } from 'zod';
import type { EntryLine } from '#core/matches.ts';
import { formatEpochDay } from '#core/epoch-day.ts';
import type { ExpectedItem } from '#store/expected-items.ts';
import { loadItems } from '#store/expected-items.ts';
import { loadEntryLines } from '#store/match-lines.ts';
import type { MatchRow, StoredMatch } from '#store/matches.ts';
import { MATCH_COLUMNS, withLegs } from '#store/matches.ts';
import type { MatchesQuery } from '../contract/matching.ts';
import type { Page } from './page.ts';
import { ID_PLACE, parseCursor, toPage } from './page.ts';

/** Matches of an organisation, the newest first. */
export async function listMatches(
  pool: Pool,
  orgId: string,
  query: z.infer<typeof MatchesQuery>,
): Promise<Page<StoredMatch>> {
  const { rows } = await pool.query<MatchRow>(
    `SELECT ${MATCH_COLUMNS} FROM match m
     WHERE m.org_id = $1 AND ($2::text IS NULL OR m.match_id < $2)
       AND ($3::text IS NULL OR m.state = $3) AND ($4::text IS NULL OR m.kind = $4)
       AND ($5::text IS NULL OR m.run_id = $5)
       AND ($6::text IS NULL OR EXISTS (SELECT FROM match_leg l
         WHERE l.org_id = m.org_id AND l.match_id = m.match_id AND l.entry_id = $6))
       AND ($7::text IS NULL OR EXISTS (SELECT FROM match_leg l
         WHERE l.org_id = m.org_id AND l.match_id = m.match_id AND l.item_id = $7))
       AND ($8::text IS NULL OR EXISTS (SELECT FROM match_leg l
         JOIN entry e ON e.org_id = l.org_id AND e.entry_id = l.entry_id
         WHERE l.org_id = m.org_id AND l.match_id = m.match_id AND e.account_id = $8))
     ORDER BY m.match_id DESC LIMIT $9`,
    [
      orgId,
      parseCursor(query.cursor, ID_PLACE) ?? null,
      query.state ?? null,
      query.kind ?? null,
      query.runId ?? null,
      query.entryId ?? null,
      query.itemId ?? null,
      query.accountId ?? null,
      query.limit + 1,
    ],
  );
  const page = toPage(rows, query, { toItem: (row) => row, placeOf: (row) => row.match_id });
  return { ...page, items: await withLegs(pool, orgId, page.items) };
}

/** What the lines of matches are, by their ids. */
export interface LineFacts {
  readonly entries: ReadonlyMap<string, EntryFacts>;
  readonly items: ReadonlyMap<string, ExpectedItem>;
}

export interface EntryFacts
  extends Pick<
    EntryLine,
    'id' | 'accountId' | 'direction' | 'amount' | 'text' | 'counterpartyName'
  > {
  readonly bookingDate: string;
}

/** Reads the lines that matches name, each once. */
export async function loadLineFacts(
  pool: Pool,
  orgId: string,
  lines: { readonly entryIds: readonly string[]; readonly itemIds: readonly string[] },
): Promise<LineFacts> {
  const [entries, whole, items] = await Promise.all([
    loadEntryLines(pool, orgId, lines.entryIds),
    loadWhole(pool, orgId, lines.entryIds),
    loadItems(pool, orgId, lines.itemIds),
  ]);
  return {
    entries: new Map(
      entries.map(({ bookingDay, ...entry }) => {
        const amountMinorUnits = whole.get(entry.id) ?? entry.amount.amountMinorUnits;
        const amount = { ...entry.amount, amountMinorUnits };
        return [entry.id, { ...entry, amount, bookingDate: formatEpochDay(bookingDay) }];
      }),
    ),
    items: new Map(items.map((item) => [item.itemId, item])),
  };
}

/** Whole amounts: a line of a match shows what the bank moved, not what is left of it. */
async function loadWhole(
  pool: Pool,
  orgId: string,
  entryIds: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  if (entryIds.length === 0) return new Map();
  const { rows } = await pool.query<{ entry_id: string; amount_minor_units: string }>(
    'SELECT entry_id, amount_minor_units FROM entry WHERE org_id = $1 AND entry_id = ANY($2)',
    [orgId, entryIds],
  );
  return new Map(rows.map((row) => [row.entry_id, BigInt(row.amount_minor_units)]));
}

import type { EntryLine, ItemLine } from '#core/matches.ts';
import type { Queryable } from './grants.ts';
import type { EntryLineRow, ItemLineRow } from './match-lines.ts';
import {
  ENTRY_LINE_COLUMNS,
  ENTRY_LINE_FROM,
  ITEM_LINE_COLUMNS,
  toEntryLine,
  toItemLine,
} from './match-lines.ts';

/** What became of matches, as people left them. */
export interface DecisionCounts {
  /** Decided alone and standing, and of those decided alone what a person took back. */
  readonly automaticStanding: number;
  readonly automaticUndone: number;
  readonly suggestedConfirmed: number;
  readonly suggestedRefused: number;
  /** Made by a person without a suggestion. */
  readonly byHand: number;
}

export async function countDecisions(client: Queryable, orgId: string): Promise<DecisionCounts> {
  const { rows } = await client.query<Record<string, string>>(
    `SELECT count(*) FILTER (WHERE decision = 'automatic' AND state = 'standing') AS standing,
            count(*) FILTER (WHERE decision = 'automatic' AND state = 'undone'
                             AND undone_by <> 'system') AS undone,
            count(*) FILTER (WHERE decision = 'person' AND suggested_probability IS NOT NULL
                             AND state = 'standing') AS confirmed,
            count(*) FILTER (WHERE state = 'refused') AS refused,
            count(*) FILTER (WHERE basis = 'person' AND reverses_match_id IS NULL
                             AND state = 'standing') AS by_hand
     FROM match WHERE org_id = $1 AND state IN ('standing', 'undone', 'refused')`,
    [orgId],
  );
  const count = (name: string): number => Number(rows[0]?.[name] ?? 0);
  return {
    automaticStanding: count('standing'),
    automaticUndone: count('undone'),
    suggestedConfirmed: count('confirmed'),
    suggestedRefused: count('refused'),
    byHand: count('by_hand'),
  };
}

/** Lines of standing matches as they were before anything was matched, the newest matches first. */
export async function loadMatchedLines(
  client: Queryable,
  orgId: string,
  limit: number,
): Promise<{
  readonly entries: EntryLine[];
  readonly items: ItemLine[];
  readonly pairs: ReadonlySet<string>;
}> {
  const { rows: pairs } = await client.query<{ entry_id: string; item_id: string }>(
    `SELECT DISTINCT l.entry_id, l.item_id
     FROM (SELECT match_id FROM match WHERE org_id = $1 AND state = 'standing'
             AND reverses_match_id IS NULL ORDER BY match_id DESC LIMIT $2) m
     JOIN match_leg l ON l.org_id = $1 AND l.match_id = m.match_id
     WHERE l.role = 'allocation'`,
    [orgId, limit],
  );
  const { rows: entries } = await client.query<EntryLineRow>(
    `SELECT ${ENTRY_LINE_COLUMNS.replace('- e.matched_minor_units AS', 'AS')}
     FROM ${ENTRY_LINE_FROM} WHERE e.org_id = $1 AND e.entry_id = ANY($2::text[])
     ORDER BY e.entry_id`,
    [orgId, [...new Set(pairs.map((pair) => pair.entry_id))]],
  );
  const { rows: items } = await client.query<ItemLineRow>(
    `SELECT ${ITEM_LINE_COLUMNS.replaceAll('i.settled_minor_units', '0')}
     FROM expected_item i WHERE i.org_id = $1 AND i.item_id = ANY($2::text[])
     ORDER BY i.item_id`,
    [orgId, [...new Set(pairs.map((pair) => pair.item_id))]],
  );
  return {
    entries: entries.map(toEntryLine),
    items: items.map(toItemLine),
    pairs: new Set(pairs.map((pair) => `${pair.entry_id} ${pair.item_id}`)),
  };
}

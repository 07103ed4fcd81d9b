import type { Queryable } from './grants.ts';

/** Suggestions that stand beside these lines, with their signatures. */
export async function loadSuggestionsOf(
  client: Queryable,
  orgId: string,
  entryIds: readonly string[],
): Promise<readonly { readonly matchId: string; readonly signature: string }[]> {
  const { rows } = await client.query<{ match_id: string; signature: string }>({
    name: 'load-suggestions',
    text: `SELECT DISTINCT m.match_id, m.signature
           FROM match_leg l JOIN match m ON m.org_id = l.org_id AND m.match_id = l.match_id
           WHERE l.org_id = $1 AND l.entry_id = ANY($2::text[]) AND m.state = 'suggested'
           ORDER BY m.match_id`,
    values: [orgId, entryIds],
  });
  return rows.map((row) => ({ matchId: row.match_id, signature: row.signature }));
}

/** Standing matches of some entries, the oldest first. */
export async function loadStandingOf(
  client: Queryable,
  orgId: string,
  entryIds: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ match_id: string }>({
    name: 'load-standing-matches',
    text: `SELECT DISTINCT m.match_id
           FROM match_leg l JOIN match m ON m.org_id = l.org_id AND m.match_id = l.match_id
           WHERE l.org_id = $1 AND (l.entry_id = ANY($2::text[]) OR l.other_entry_id = ANY($2))
             AND m.state = 'standing' AND m.reverses_match_id IS NULL
           ORDER BY m.match_id`,
    values: [orgId, entryIds],
  });
  return rows.map((row) => row.match_id);
}

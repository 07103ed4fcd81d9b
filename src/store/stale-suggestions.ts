import type { Queryable } from './grants.ts';

/**
 * Takes suggestions away whose items were just used for something else, while the rows of these items
 * are held. Their entries are looked at again by the worker; one that somebody holds at the moment is
 * left to whoever holds it, so that nobody waits here.
 */
export async function dropStaleSuggestions(
  client: Queryable,
  orgId: string,
  itemIds: readonly string[],
): Promise<void> {
  if (itemIds.length === 0) return;
  const { rows } = await client.query<{ match_id: string }>({
    name: 'drop-stale-suggestions',
    text: `UPDATE match m SET state = 'superseded', version = m.version + 1
           FROM (SELECT DISTINCT l.match_id
                 FROM match_leg l JOIN expected_item i
                   ON i.org_id = l.org_id AND i.item_id = l.item_id
                 WHERE l.org_id = $1 AND l.item_id = ANY($2::text[])
                   AND (i.state <> 'open'
                        OR i.amount_minor_units - i.settled_minor_units < l.item_minor_units)) s
           WHERE m.org_id = $1 AND m.match_id = s.match_id AND m.state = 'suggested'
           RETURNING m.match_id`,
    values: [orgId, itemIds],
  });
  if (rows.length === 0) return;
  await client.query({
    name: 'forget-stale-suggestions',
    text: `UPDATE entry e SET match_state = NULL
           FROM (SELECT entry_id FROM entry
                 WHERE org_id = $1 AND match_state = 'suggested' AND entry_id IN (
                   SELECT entry_id FROM match_leg
                   WHERE org_id = $1 AND match_id = ANY($2::text[]))
                 ORDER BY entry_id FOR NO KEY UPDATE SKIP LOCKED) s
           WHERE e.org_id = $1 AND e.entry_id = s.entry_id
             AND NOT EXISTS (SELECT FROM match_leg l
               JOIN match m ON m.org_id = l.org_id AND m.match_id = l.match_id
               WHERE l.org_id = $1 AND l.entry_id = e.entry_id AND m.state = 'suggested')`,
    values: [orgId, rows.map((row) => row.match_id)],
  });
}

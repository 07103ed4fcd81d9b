import type { ClientBase } from 'pg';

/** A setting is wrong at DingTalk; until somebody mends it, cards are not tried at every claim. */
const CARDS_REFUSED_FOR = '1 hour';

/** Notes that DingTalk takes no cards at a destination, for reasons that lie in the cards. */
export async function noteCardsRefused(
  client: ClientBase,
  { orgId, destinationId }: { readonly orgId: string; readonly destinationId: string },
  at: Date,
): Promise<void> {
  await client.query(
    `UPDATE destination_meter SET cards_refused_at = $3 WHERE org_id = $1 AND destination_id = $2`,
    [orgId, destinationId, at],
  );
}

/** Whether cards were refused at a destination lately. */
export async function areCardsRefused(
  client: ClientBase,
  { orgId, destinationId }: { readonly orgId: string; readonly destinationId: string },
  at: Date,
): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT FROM destination_meter WHERE org_id = $1 AND destination_id = $2
       AND cards_refused_at > $3::timestamptz - interval '${CARDS_REFUSED_FOR}'`,
    [orgId, destinationId, at],
  );
  return rows.length > 0;
}

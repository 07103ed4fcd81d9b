import type { Queryable } from './grants.ts';

/** An open receivable, as far as a claim names it. */
export interface ClaimItem {
  readonly itemId: string;
  /** Document number, or what describes it. */
  readonly label: string;
}

interface ItemRow {
  item_id: string;
  number: string | null;
  counterparty_name: string | null;
  description: string;
}

function toItem({ item_id, number, counterparty_name, description }: ItemRow): ClaimItem {
  return { itemId: item_id, label: number ?? counterparty_name ?? (description || item_id) };
}

const COLUMNS = 'i.item_id, i.number, i.counterparty_name, i.description';
const SUGGESTIONS_MAX = 3;

/** What matching only suggests for a receipt, the likeliest first. */
export async function loadSuggestedItems(
  client: Queryable,
  { orgId, entryId }: { readonly orgId: string; readonly entryId: string },
): Promise<ClaimItem[]> {
  const { rows } = await client.query<ItemRow>(
    `SELECT ${COLUMNS}, max(m.probability) AS probability
     FROM match_leg l JOIN match m ON m.org_id = l.org_id AND m.match_id = l.match_id
     JOIN expected_item i ON i.org_id = l.org_id AND i.item_id = l.item_id
     WHERE l.org_id = $1 AND l.entry_id = $2 AND l.role = 'allocation'
       AND m.state = 'suggested' AND i.state = 'open'
     GROUP BY i.org_id, i.item_id ORDER BY max(m.probability) DESC NULLS LAST, i.item_id LIMIT $3`,
    [orgId, entryId, SUGGESTIONS_MAX],
  );
  return rows.map(toItem);
}

/** Those of the items that a receipt can pay: open, expected as a credit, in its currency. */
export async function loadUsableItems(
  client: Queryable,
  scope: { readonly orgId: string; readonly entryId: string; readonly itemIds: readonly string[] },
): Promise<ClaimItem[]> {
  const { rows } = await client.query<ItemRow>(
    `SELECT ${COLUMNS} FROM expected_item i
     JOIN entry e ON e.org_id = i.org_id AND e.entry_id = $2
     WHERE i.org_id = $1 AND i.item_id = ANY($3) AND i.state = 'open'
       AND i.credit_debit_indicator = 'credit' AND i.currency = e.currency
       AND (i.account_id IS NULL OR i.account_id = e.account_id)
     ORDER BY i.item_id`,
    [scope.orgId, scope.entryId, scope.itemIds],
  );
  return rows.map(toItem);
}

/** Open items that stand under a key, such as `=INV4711`, whatever their currency. */
export async function findItemIdsByKey(
  client: Queryable,
  orgId: string,
  key: string,
): Promise<string[]> {
  const { rows } = await client.query<{ item_id: string }>(
    'SELECT item_id FROM item_key WHERE org_id = $1 AND key = $2 ORDER BY item_id LIMIT 20',
    [orgId, key],
  );
  return rows.map((row) => row.item_id);
}

/** Whether anything was ever expected under this number, paid or not. */
export async function isKnownNumber(
  client: Queryable,
  orgId: string,
  number: string,
): Promise<boolean> {
  const { rows } = await client.query(
    'SELECT FROM expected_item WHERE org_id = $1 AND upper(number) = upper($2) LIMIT 1',
    [orgId, number],
  );
  return rows.length > 0;
}

/** Writes on a receipt whose it is; it can be matched by that name later. */
export async function noteCustomer(
  client: Queryable,
  {
    orgId,
    entryId,
    customer,
  }: { readonly orgId: string; readonly entryId: string; readonly customer: string },
): Promise<void> {
  await client.query('UPDATE entry SET claimed_customer = $3 WHERE org_id = $1 AND entry_id = $2', [
    orgId,
    entryId,
    customer,
  ]);
}

import { closeKeys, openKeys, saveParties } from './expected-items.ts';
import type { ExpectedItem, ItemState, PreparedItem } from './expected-items.ts';
import type { Queryable } from './grants.ts';

/** Writes an item anew; what is matched of it stays. The caller holds its row. */
export async function updateItem(
  client: Queryable,
  before: Pick<ExpectedItem, 'orgId' | 'itemId'>,
  change: { readonly item: PreparedItem; readonly state: ItemState; readonly now: Date },
): Promise<void> {
  const { item, state, now } = change;
  await client.query(
    `UPDATE expected_item
     SET kind = $3, credit_debit_indicator = $4, number = $5, counterparty_name = $6,
         counterparty_fold = $7, counterparty_account = $8, counterparty_key = $9, currency = $10,
         amount_minor_units = $11, amount_min_minor_units = $12, issued_on = $13, due_on = $14,
         creditor_reference = $15, virtual_account = $16, end_to_end_id = $17, description = $18,
         account_id = $19, match_keys = $20, state = $21, version = version + 1, changed_at = $22,
         closed_at = CASE WHEN $21 = 'open' THEN NULL ELSE coalesce(closed_at, $22) END
     WHERE org_id = $1 AND item_id = $2`,
    [
      before.orgId,
      before.itemId,
      item.kind,
      item.creditDebitIndicator,
      item.number ?? null,
      item.counterpartyName ?? null,
      item.counterpartyFold ?? null,
      item.counterpartyAccount ?? null,
      item.counterpartyKey ?? null,
      item.amount.currency,
      item.amount.amountMinorUnits.toString(),
      item.amountMin?.amountMinorUnits.toString() ?? null,
      item.issuedOn?.toString() ?? null,
      item.dueOn?.toString() ?? null,
      item.creditorReference ?? null,
      item.virtualAccount ?? null,
      item.endToEndId ?? null,
      item.description ?? '',
      item.accountId ?? null,
      item.keys,
      state,
      now,
    ],
  );
  await closeKeys(client, before.orgId, [before.itemId]);
  if (state !== 'open') return;
  await openKeys(client, before.orgId, [before.itemId]);
  await saveParties(client, before.orgId, [item]);
}

/** Ends items that are open: nothing more is expected of them. Gives back which ones were. */
export async function cancelItems(
  client: Queryable,
  scope: { readonly orgId: string; readonly now: Date },
  which: { readonly itemIds: readonly string[] },
): Promise<string[]> {
  const { rows } = await client.query<{ item_id: string }>(
    `UPDATE expected_item SET state = 'cancelled', version = version + 1, changed_at = $3,
       closed_at = $3
     WHERE org_id = $1 AND item_id = ANY($2::text[]) AND state = 'open' RETURNING item_id`,
    [scope.orgId, which.itemIds, scope.now],
  );
  const ids = rows.map((row) => row.item_id);
  await closeKeys(client, scope.orgId, ids);
  return ids;
}

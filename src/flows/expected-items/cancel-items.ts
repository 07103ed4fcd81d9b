import { CashbellError } from '#core/errors.ts';
import { loadItems } from '#store/expected-items.ts';
import type { Queryable } from '#store/grants.ts';
import { supersedeChanges } from '#store/item-changes.ts';
import type { ChangeScope } from '#store/item-changes.ts';
import { cancelItems } from '#store/item-updates.ts';
import { getImport } from '#store/item-imports.ts';
import type { AdminServices } from '#store/orgs.ts';
import { onItemsChanged } from '../reconciliation/add-items.ts';
import { changeItems, lockOrg, requireItemManager } from './take-items.ts';

type ItemServices = Pick<AdminServices, 'pool' | 'now'>;

/** Ends an item that is open: nothing more is expected of it. What is matched of it stays matched. */
export async function cancelItem(
  services: ItemServices,
  wish: { readonly orgId: string; readonly itemId: string; readonly actor: string },
  reason: string | undefined,
): Promise<void> {
  const { orgId, itemId, actor } = wish;
  await requireItemManager(services, wish);
  await changeItems(services, { orgId, actor }, async (client, now) => {
    await lockOrg(client, orgId);
    const [before] = await loadItems(client, orgId, [itemId]);
    if (!before) throw new CashbellError('api.notFound', { what: 'item', id: itemId.slice(0, 60) });
    if (before.state !== 'open') {
      throw new CashbellError('api.conflict', { field: 'state', problem: `it is ${before.state}` });
    }
    await cancelItems(client, { orgId, now }, { itemIds: [itemId] });
    await onItemsChanged(client, { orgId, createdBy: actor, now });
    const after = { state: 'cancelled', ...(reason === undefined ? {} : { reason }) };
    return {
      result: undefined,
      audit: { action: 'item.cancelled', subject: itemId, before: { state: 'open' }, after },
    };
  });
}

/** Takes an import back: its items that nothing is matched to are expected no more. */
export async function cancelImport(
  services: ItemServices,
  wish: { readonly orgId: string; readonly importId: string; readonly actor: string },
): Promise<{ readonly cancelled: number; readonly kept: number }> {
  const { orgId, importId, actor } = wish;
  await requireItemManager(services, wish);
  return changeItems(services, { orgId, actor }, async (client, now) => {
    await getImport(client, orgId, importId);
    await lockOrg(client, orgId);
    const { rows } = await client.query<{ item_id: string; is_free: boolean }>(
      `SELECT item_id, settled_minor_units = 0 AS is_free FROM expected_item
       WHERE org_id = $1 AND import_id = $2 AND state <> 'cancelled'`,
      [orgId, importId],
    );
    const free = rows.filter((row) => row.is_free).map((row) => row.item_id);
    const cancelled = await cancelItems(client, { orgId, now }, { itemIds: free });
    await detachItems(client, { orgId, actor, now }, free, importId);
    if (cancelled.length > 0) await onItemsChanged(client, { orgId, createdBy: actor, now });
    const result = { cancelled: cancelled.length, kept: rows.length - cancelled.length };
    return { result, audit: { action: 'item.importCancelled', subject: importId, after: result } };
  });
}

/** The documents may be stated anew, as if they never had been: by the same file, read rightly. */
async function detachItems(
  client: Queryable,
  scope: ChangeScope,
  itemIds: readonly string[],
  importId: string,
): Promise<void> {
  await supersedeChanges(client, scope, itemIds);
  await client.query(
    `UPDATE expected_item SET source_key = source_key || '~' || $3
     WHERE org_id = $1 AND item_id = ANY($2::text[])`,
    [scope.orgId, itemIds, importId],
  );
  await client.query('DELETE FROM item_stated WHERE org_id = $1 AND item_id = ANY($2::text[])', [
    scope.orgId,
    itemIds,
  ]);
}

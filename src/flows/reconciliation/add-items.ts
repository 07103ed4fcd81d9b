import { insertItems } from '#store/expected-items.ts';
import type { InsertedItem, ItemScope, NewItem } from '#store/expected-items.ts';
import type { Queryable } from '#store/grants.ts';
import { noteExpectations } from '#store/match-settings.ts';
import { prepareItem } from './line-keys.ts';

/**
 * Writes expected items in the caller's transaction, and has the open entries looked at again after it.
 * The same key of one source is the same item, so that it can be repeated.
 */
export async function addItems(
  client: Queryable,
  scope: ItemScope,
  items: readonly NewItem[],
): Promise<readonly InsertedItem[]> {
  if (items.length === 0) return [];
  const inserted = await insertItems(client, scope, items.map(prepareItem));
  if (inserted.some(({ isNew }) => isNew)) await onItemsChanged(client, scope, items);
  return inserted;
}

/**
 * Notes that items were added, changed or opened again: the workers hear of it when the caller's
 * transaction is committed, and look at the open entries again.
 */
export async function onItemsChanged(
  client: Queryable,
  scope: { readonly orgId: string; readonly createdBy: string; readonly now: Date },
  items: readonly Pick<NewItem, 'kind' | 'creditDebitIndicator'>[] = [],
): Promise<void> {
  const expected = items.filter(({ kind }) => kind !== 'payment');
  const expects = (side: NewItem['creditDebitIndicator']): boolean =>
    expected.some(({ creditDebitIndicator }) => creditDebitIndicator === side);
  await noteExpectations(client, {
    orgId: scope.orgId,
    by: scope.createdBy,
    now: scope.now,
    expectsCredit: expects('credit'),
    expectsDebit: expects('debit'),
  });
}

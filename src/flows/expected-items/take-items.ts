import type { ItemId } from '#core/ids.ts';
import type { ChangeChoice } from '#core/item-changes.ts';
import { newId } from '#secret/ids.ts';
import { appendAudit } from '#store/audit.ts';
import type { AuditLine } from '#store/audited.ts';
import { insertItems } from '#store/expected-items.ts';
import { requireGrant } from '#store/grants.ts';
import type { Queryable } from '#store/grants.ts';
import { proposeChanges, settleChange, supersedeChanges } from '#store/item-changes.ts';
import type { NewItemChange } from '#store/item-changes.ts';
import { findDocuments, saveStatements } from '#store/item-stated.ts';
import { updateItem } from '#store/item-updates.ts';
import type { AdminServices } from '#store/orgs.ts';
import { inTransaction } from '#store/transaction.ts';
import type { Transaction } from '#store/transaction.ts';
import { onItemsChanged } from '../reconciliation/add-items.ts';
import { prepareItem } from '../reconciliation/line-keys.ts';
import { planItems } from './plan-items.ts';
import type { PlannedInsert, PlannedItemChange, StatedRow } from './plan-items.ts';
import { toNewItem } from './stated-item.ts';

export interface TakeScope {
  readonly orgId: string;
  readonly actor: string;
  readonly importId?: string | undefined;
  readonly changes: ChangeChoice;
  readonly now: Date;
  /** Told at times how many new items are written. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

export interface TakenChange extends NewItemChange {
  readonly row: number;
  readonly isApplied: boolean;
}

/** What became of each statement. */
export interface Taken {
  readonly created: readonly { readonly row: number; readonly itemId: ItemId }[];
  readonly known: readonly { readonly row: number; readonly itemId: string | undefined }[];
  readonly changes: readonly TakenChange[];
}

/** Lets people pass who may manage expected items, and machines by their token's scope. */
export async function requireItemManager(
  services: Pick<AdminServices, 'pool' | 'now'>,
  { orgId, actor }: { readonly orgId: string; readonly actor: string },
): Promise<void> {
  if (!actor.startsWith('per_')) return;
  const at = services.now();
  await requireGrant(services.pool, { orgId, personId: actor, action: 'item.manage', at });
}

/**
 * Runs a change of expected items with its audit line in one transaction, one after the other for each
 * organisation. Locks are taken in one order everywhere: items, organisation, rows. Who writes fifty
 * thousand items takes the organisation only when they are written, so that paying goes on meanwhile.
 */
export async function changeItems<T>(
  services: Pick<AdminServices, 'pool' | 'now'>,
  scope: { readonly orgId: string; readonly actor: string },
  work: (
    client: Transaction['client'],
    now: Date,
  ) => Promise<{ readonly result: T; readonly audit?: AuditLine | undefined }>,
): Promise<T> {
  const now = new Date(services.now().epochMilliseconds);
  const { orgId, actor } = scope;
  return inTransaction(services.pool, async (client) => {
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('items:' || $1, 0))`, [
      orgId,
    ]);
    const { result, audit } = await work(client, now);
    if (audit) await appendAudit(client, { orgId, actor, ...audit });
    return result;
  });
}

/** Holds the organisation's row, before any item that others may be matching is written. */
export async function lockOrg(client: Queryable, orgId: string): Promise<void> {
  await client.query('SELECT FROM org WHERE org_id = $1 FOR NO KEY UPDATE', [orgId]);
}

/**
 * Writes what is new and proposes what has changed, within `changeItems`. Said twice, it does nothing
 * the second time.
 */
export async function takeItems(
  client: Queryable,
  scope: TakeScope,
  rows: readonly StatedRow[],
): Promise<Taken> {
  const { orgId, actor, importId, now } = scope;
  const keys = [...new Set(rows.map(({ documentKey }) => documentKey))];
  const plan = planItems(rows, await findDocuments(client, orgId, keys));
  const created = await insertAll(client, scope, plan.inserts);
  await lockOrg(client, orgId);
  if (created.length > 0) {
    await onItemsChanged(
      client,
      { orgId, createdBy: actor, now },
      created.map(({ stated }) => stated),
    );
  }
  await saveStatements(client, { orgId, importId, now }, plan.agreed);
  const unchanged = plan.known.flatMap(({ itemId }) => itemId ?? []);
  await supersedeChanges(client, scope, unchanged);
  const changes = await takeChanges(client, scope, plan.changes);
  return {
    created: created.map(({ row, itemId }) => ({ row, itemId })),
    known: plan.known,
    changes,
  };
}

/** Rows that are written before others have their turn. */
const ROWS_AT_ONCE = 2_000;

async function insertAll(
  client: Queryable,
  { orgId, actor, importId, now, onProgress }: TakeScope,
  inserts: readonly PlannedInsert[],
): Promise<(PlannedInsert & { readonly itemId: ItemId })[]> {
  const created: (PlannedInsert & { readonly itemId: ItemId })[] = [];
  for (let from = 0; from < inserts.length; from += ROWS_AT_ONCE) {
    const some = inserts.slice(from, from + ROWS_AT_ONCE);
    const items = some.map(({ stated, sourceKey }) =>
      prepareItem(toNewItem(stated, { sourceKey, importId })),
    );
    const inserted = await insertItems(client, { orgId, createdBy: actor, now }, items);
    const written = inserted.map(({ itemId }, place) => ({ ...rowAt(some, place), itemId }));
    await saveStatements(client, { orgId, importId, now }, written);
    created.push(...written);
    onProgress?.(created.length, inserts.length);
  }
  return created;
}

function rowAt(rows: readonly PlannedInsert[], place: number): PlannedInsert {
  const row = rows[place];
  if (!row) throw new Error('an item was written that nobody asked for');
  return row;
}

async function takeChanges(
  client: Queryable,
  scope: TakeScope,
  planned: readonly PlannedItemChange[],
): Promise<TakenChange[]> {
  const changes = planned.map((one) => {
    const { rule, before, after, next } = one.change;
    const isUnmatched = one.known.item.settled.amountMinorUnits === 0n;
    const isApplied = scope.changes === 'apply' && isUnmatched && next !== undefined;
    const { itemId } = one.known.item;
    const { stated, row } = one;
    return { changeId: newId('chg'), itemId, rule, before, after, stated, row, isApplied, one };
  });
  await proposeChanges(client, scope, changes);
  for (const { one, changeId, isApplied } of changes) {
    if (isApplied) await applyPlanned(client, scope, { ...one, changeId });
  }
  return changes.map(({ one: _one, ...change }) => change);
}

/** Makes an item what its source says. */
export async function applyPlanned(
  client: Queryable,
  scope: Omit<TakeScope, 'changes'>,
  planned: Omit<PlannedItemChange, 'row'> & { readonly changeId: string },
): Promise<void> {
  const { known, change, stated, changeId, documentKey } = planned;
  const { orgId, actor, importId, now } = scope;
  if (!change.next) throw new Error(`${changeId} cannot be applied`);
  const { item, state } = change.next;
  await updateItem(client, known.item, { item: prepareItem(item), state, now });
  const statement = { itemId: known.item.itemId, documentKey, stated };
  await saveStatements(client, { orgId, importId, now }, [statement]);
  await settleChange(client, { ...scope, changeId }, { state: 'applied' });
  await onItemsChanged(client, { orgId, createdBy: actor, now }, [item]);
}

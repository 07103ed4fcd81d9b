import type { Instant } from '#core/dates.ts';
import type { ItemId, OrgId } from '#core/ids.ts';
import type { ChangeRule, ChangeState } from '#core/item-changes.ts';
import type { Queryable } from './grants.ts';
import type { StatedItem } from './item-stated.ts';
import { toInstant } from './orgs.ts';

export type ChangedFields = Readonly<Record<string, string>>;

export interface NewItemChange {
  readonly changeId: string;
  readonly itemId: ItemId;
  readonly rule: ChangeRule;
  /** Only the fields that differ. */
  readonly before: ChangedFields;
  readonly after: ChangedFields;
  readonly stated: StatedItem;
}

/** The source of an item says something else than before. */
export interface ItemChange extends NewItemChange {
  readonly orgId: OrgId;
  readonly importId: string | undefined;
  readonly state: ChangeState;
  readonly proposedBy: string;
  readonly proposedAt: Instant;
  readonly decidedBy: string | undefined;
  readonly decidedAt: Instant | undefined;
}

export interface ItemChangeRow {
  org_id: OrgId;
  change_id: string;
  item_id: ItemId;
  import_id: string | null;
  rule: ChangeRule;
  before: ChangedFields;
  after: ChangedFields;
  stated: StatedItem;
  state: ChangeState;
  proposed_by: string;
  proposed_at: Date;
  decided_by: string | null;
  decided_at: Date | null;
}

export const CHANGE_COLUMNS = `c.org_id, c.change_id, c.item_id, c.import_id, c.rule, c.before,
  c.after, c.stated, c.state, c.proposed_by, c.proposed_at, c.decided_by, c.decided_at`;

export function toItemChange(row: ItemChangeRow): ItemChange {
  return {
    orgId: row.org_id,
    changeId: row.change_id,
    itemId: row.item_id,
    importId: row.import_id ?? undefined,
    rule: row.rule,
    before: row.before,
    after: row.after,
    stated: row.stated,
    state: row.state,
    proposedBy: row.proposed_by,
    proposedAt: toInstant(row.proposed_at),
    decidedBy: row.decided_by ?? undefined,
    decidedAt: toInstant(row.decided_at),
  };
}

export interface ChangeScope {
  readonly orgId: string;
  readonly actor: string;
  readonly importId?: string | undefined;
  readonly now: Date;
}

/** Writes proposals; an older one of the same item gives way. */
export async function proposeChanges(
  client: Queryable,
  scope: ChangeScope,
  changes: readonly NewItemChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const itemIds = changes.map(({ itemId }) => itemId);
  await supersedeChanges(client, scope, itemIds);
  await client.query(
    `INSERT INTO item_change (org_id, change_id, item_id, import_id, rule, before, after, stated,
       proposed_by, proposed_at)
     SELECT $1, r.change_id, r.item_id, $2, r.rule, r.before, r.after, r.stated, $3, $4
     FROM unnest($5::text[], $6::text[], $7::text[], $8::jsonb[], $9::jsonb[], $10::jsonb[])
       AS r (change_id, item_id, rule, before, after, stated)`,
    [
      scope.orgId,
      scope.importId ?? null,
      scope.actor,
      scope.now,
      changes.map(({ changeId }) => changeId),
      changes.map(({ itemId }) => itemId),
      changes.map(({ rule }) => rule),
      changes.map(({ before }) => JSON.stringify(before)),
      changes.map(({ after }) => JSON.stringify(after)),
      changes.map(({ stated }) => JSON.stringify(stated)),
    ],
  );
}

/** Takes proposals away whose source has meanwhile said something else, or the old thing again. */
export async function supersedeChanges(
  client: Queryable,
  scope: ChangeScope,
  itemIds: readonly string[],
): Promise<void> {
  if (itemIds.length === 0) return;
  await client.query(
    `UPDATE item_change SET state = 'superseded', decided_by = $3, decided_at = $4
     WHERE org_id = $1 AND item_id = ANY($2::text[]) AND state = 'proposed'`,
    [scope.orgId, itemIds, scope.actor, scope.now],
  );
}

/** A change by its id, held until the transaction ends. */
export async function lockChange(
  client: Queryable,
  orgId: string,
  changeId: string,
): Promise<ItemChange | undefined> {
  const { rows } = await client.query<ItemChangeRow>(
    `SELECT ${CHANGE_COLUMNS} FROM item_change c
     WHERE c.org_id = $1 AND c.change_id = $2 FOR UPDATE`,
    [orgId, changeId],
  );
  const [row] = rows;
  return row && toItemChange(row);
}

/** Ends a proposal, or says by which rule it would be applied now. */
export async function settleChange(
  client: Queryable,
  scope: ChangeScope & { readonly changeId: string },
  outcome: { readonly state: 'applied' | 'refused' },
): Promise<void> {
  await client.query(
    `UPDATE item_change SET state = $3, decided_by = $4, decided_at = $5
     WHERE org_id = $1 AND change_id = $2`,
    [scope.orgId, scope.changeId, outcome.state, scope.actor, scope.now],
  );
}

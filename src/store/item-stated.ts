import type { ItemId } from '#core/ids.ts';
import type { CreditDebitIndicator } from '#core/statements.ts';
import { ITEM_COLUMNS, toItem } from './expected-items.ts';
import type { ExpectedItem, ItemKind, ItemRow } from './expected-items.ts';
import type { Queryable } from './grants.ts';

/** What a source says of an item, in plain text: days as `yyyy-MM-dd`, amounts as decimals. */
export interface StatedItem {
  readonly kind: ItemKind;
  readonly creditDebitIndicator: CreditDebitIndicator;
  readonly number?: string | undefined;
  readonly counterpartyName?: string | undefined;
  readonly counterpartyKey?: string | undefined;
  readonly counterpartyAccount?: string | undefined;
  readonly currency: string;
  readonly amount: string;
  readonly amountMin?: string | undefined;
  /** What of it is still open, where the source says so. */
  readonly open?: string | undefined;
  readonly issuedOn?: string | undefined;
  readonly dueOn?: string | undefined;
  readonly creditorReference?: string | undefined;
  readonly virtualAccount?: string | undefined;
  readonly endToEndId?: string | undefined;
  readonly description?: string | undefined;
  readonly accountId?: string | undefined;
}

/** An item beside what its source said of it last. */
export interface KnownDocument {
  readonly documentKey: string;
  readonly stated: StatedItem;
  readonly item: ExpectedItem;
}

interface KnownRow extends ItemRow {
  document_key: string;
  stated: StatedItem;
}

/** Items of these documents, with what was said of them. */
export async function findDocuments(
  client: Queryable,
  orgId: string,
  documentKeys: readonly string[],
): Promise<KnownDocument[]> {
  if (documentKeys.length === 0) return [];
  const { rows } = await client.query<KnownRow>(
    `SELECT s.document_key, s.stated, ${ITEM_COLUMNS}
     FROM item_stated s JOIN expected_item i USING (org_id, item_id)
     WHERE s.org_id = $1 AND s.document_key = ANY($2::text[]) ORDER BY i.item_id`,
    [orgId, documentKeys],
  );
  return rows.map(toKnown);
}

/** One item with what its source said, held until the transaction ends. */
export async function lockDocument(
  client: Queryable,
  orgId: string,
  itemId: string,
): Promise<KnownDocument | undefined> {
  const { rows } = await client.query<KnownRow>(
    `SELECT s.document_key, s.stated, ${ITEM_COLUMNS}
     FROM expected_item i JOIN item_stated s USING (org_id, item_id)
     WHERE i.org_id = $1 AND i.item_id = $2 FOR UPDATE OF i`,
    [orgId, itemId],
  );
  const [row] = rows;
  return row && toKnown(row);
}

function toKnown(row: KnownRow): KnownDocument {
  return { documentKey: row.document_key, stated: row.stated, item: toItem(row) };
}

/** Something that a source said of an item. */
export interface Statement {
  readonly itemId: ItemId;
  readonly documentKey: string;
  readonly stated: StatedItem;
}

/** Writes down what a source says; its newest word counts. */
export async function saveStatements(
  client: Queryable,
  scope: { readonly orgId: string; readonly importId: string | undefined; readonly now: Date },
  statements: readonly Statement[],
): Promise<void> {
  for (let from = 0; from < statements.length; from += ROWS_MAX) {
    await saveSome(client, scope, statements.slice(from, from + ROWS_MAX));
  }
}

const ROWS_MAX = 5_000;

async function saveSome(
  client: Queryable,
  scope: { readonly orgId: string; readonly importId: string | undefined; readonly now: Date },
  statements: readonly Statement[],
): Promise<void> {
  await client.query(
    `INSERT INTO item_stated (org_id, item_id, document_key, stated, import_id, stated_at)
     SELECT $1, r.item_id, r.document_key, r.stated, $2, $3
     FROM unnest($4::text[], $5::text[], $6::jsonb[]) AS r (item_id, document_key, stated)
     ON CONFLICT (org_id, item_id) DO UPDATE
       SET stated = EXCLUDED.stated, import_id = EXCLUDED.import_id, stated_at = EXCLUDED.stated_at`,
    [
      scope.orgId,
      scope.importId ?? null,
      scope.now,
      statements.map(({ itemId }) => itemId),
      statements.map(({ documentKey }) => documentKey),
      statements.map(({ stated }) => JSON.stringify(stated)),
    ],
  );
}

import type { Pool } from 'pg';
import type { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import { ITEM_COLUMNS, loadItems, toItem } from '#store/expected-items.ts';
import type { ExpectedItem, ItemRow } from '#store/expected-items.ts';
import { CHANGE_COLUMNS, toItemChange } from '#store/item-changes.ts';
import type { ItemChange, ItemChangeRow } from '#store/item-changes.ts';
import { IMPORT_COLUMNS, toItemImport } from '#store/item-imports.ts';
import type { ItemImport, ItemImportRow } from '#store/item-imports.ts';
import type { ItemChangesQuery, ItemsQuery } from '../contract/items.ts';
import type { Page, PageRequest } from './page.ts';
import { ID_PLACE, parseCursor, toPage } from './page.ts';

/** Expected items of an organisation, newest first. */
export async function listItems(
  pool: Pool,
  orgId: string,
  query: z.infer<typeof ItemsQuery>,
): Promise<Page<ExpectedItem>> {
  const { text, direction } = query;
  const indicator = direction && (direction === 'receivable' ? 'credit' : 'debit');
  const { rows } = await pool.query<ItemRow>(
    `SELECT ${ITEM_COLUMNS} FROM expected_item i
     WHERE i.org_id = $1
       AND ($2::text IS NULL OR i.item_id < $2)
       AND ($3::text IS NULL OR i.state = $3)
       AND ($4::text IS NULL OR i.credit_debit_indicator = $4)
       AND ($5::text IS NULL OR i.kind = $5)
       AND ($6::text IS NULL OR i.currency = $6)
       AND ($7::date IS NULL OR i.due_on >= $7)
       AND ($8::date IS NULL OR i.due_on <= $8)
       AND ($9::text IS NULL OR i.import_id = $9)
       AND ($10::text IS NULL OR i.template_id = $10)
       AND ($11::text IS NULL OR i.number ILIKE $11 OR i.counterparty_name ILIKE $11
         OR i.description ILIKE $11 OR i.creditor_reference ILIKE $11
         OR i.virtual_account ILIKE $11)
     ORDER BY i.item_id DESC LIMIT $12`,
    [
      orgId,
      parseCursor(query.cursor, ID_PLACE) ?? null,
      query.state ?? null,
      indicator ?? null,
      query.kind ?? null,
      query.currency?.toUpperCase() ?? null,
      query.dueFrom ?? null,
      query.dueUntil ?? null,
      query.importId ?? null,
      query.templateId ?? null,
      text === undefined ? null : `%${text.replace(/[\\%_]/g, '\\$&')}%`,
      query.limit + 1,
    ],
  );
  return toPage(rows, query, { toItem, placeOf: (row) => row.item_id });
}

export async function getItem(pool: Pool, orgId: string, itemId: string): Promise<ExpectedItem> {
  const [item] = await loadItems(pool, orgId, [itemId]);
  if (item) return item;
  throw new CashbellError('api.notFound', { what: 'item', id: itemId.slice(0, 60) });
}

/** Changes that sources have made, newest first. */
export async function listItemChanges(
  pool: Pool,
  orgId: string,
  query: z.infer<typeof ItemChangesQuery>,
): Promise<Page<ItemChange>> {
  const { rows } = await pool.query<ItemChangeRow>(
    `SELECT ${CHANGE_COLUMNS} FROM item_change c
     WHERE c.org_id = $1 AND c.state = $2 AND ($3::text IS NULL OR c.change_id < $3)
       AND ($4::text IS NULL OR c.item_id = $4)
     ORDER BY c.change_id DESC LIMIT $5`,
    [
      orgId,
      query.state,
      parseCursor(query.cursor, ID_PLACE) ?? null,
      query.itemId ?? null,
      query.limit + 1,
    ],
  );
  return toPage(rows, query, { toItem: toItemChange, placeOf: (row) => row.change_id });
}

/** Imports, newest first. */
export async function listImports(
  pool: Pool,
  orgId: string,
  query: PageRequest,
): Promise<Page<ItemImport>> {
  const { rows } = await pool.query<ItemImportRow>(
    `SELECT ${IMPORT_COLUMNS} FROM item_import m
     WHERE m.org_id = $1 AND ($2::text IS NULL OR m.import_id < $2)
     ORDER BY m.import_id DESC LIMIT $3`,
    [orgId, parseCursor(query.cursor, ID_PLACE) ?? null, query.limit + 1],
  );
  return toPage(rows, query, { toItem: toItemImport, placeOf: (row) => row.import_id });
}

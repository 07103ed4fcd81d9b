import { parseEpochDay } from '#core/epoch-day.ts';
import type { EntryLine, ItemLine } from '#core/matches.ts';
import { money } from '#core/money.ts';
import type { CreditDebitIndicator } from '#core/statements.ts';
import type { Queryable } from './grants.ts';

/** Entries and items as the engine reads them: only what is still open of each. */

export interface EntryLineRow {
  entry_id: string;
  account_id: string;
  credit_debit_indicator: CreditDebitIndicator;
  open_minor_units: string;
  currency: string;
  booking_date: string;
  remittance_information: string;
  counterparty_name: string | null;
  counterparty_account: string | null;
  end_to_end_id: string | null;
  creditor_reference: string | null;
  servicer_reference: string | null;
  payment_id: string | null;
  payment_role: 'settlement' | 'return' | null;
}

/** Columns of an entry `e` with its newest report `v`. */
export const ENTRY_LINE_COLUMNS = `e.entry_id, e.account_id, e.credit_debit_indicator,
  e.amount_minor_units - e.matched_minor_units AS open_minor_units, e.currency,
  e.booking_date::text AS booking_date, e.remittance_information,
  v.report->'counterparty'->>'name' AS counterparty_name,
  v.report->'counterparty'->>'account' AS counterparty_account,
  v.report->>'endToEndId' AS end_to_end_id, v.report->>'creditorReference' AS creditor_reference,
  v.report->>'accountServicerReference' AS servicer_reference, e.payment_id, e.payment_role`;

export const ENTRY_LINE_FROM = `entry e JOIN entry_version v ON v.org_id = e.org_id
  AND v.entry_id = e.entry_id AND v.version = e.version`;

/** An entry `e` that something may still be matched with. */
export const ENTRY_IS_OPEN = `e.state IN ('booked', 'corrected')
  AND (e.match_state IS NULL OR e.match_state IN ('partial', 'suggested', 'unknown'))
  AND e.matched_minor_units < e.amount_minor_units`;

/** An entry `e` in a period that nobody has locked. */
export const ENTRY_IS_UNLOCKED = `NOT EXISTS (SELECT FROM period_lock l
  WHERE l.org_id = e.org_id AND l.account_id = e.account_id AND l.reopened_at IS NULL
    AND l.locked_until >= e.booking_date)`;

export function toEntryLine(row: EntryLineRow): EntryLine {
  const references = [row.end_to_end_id, row.creditor_reference, row.servicer_reference];
  return {
    id: row.entry_id,
    accountId: row.account_id,
    direction: row.credit_debit_indicator,
    amount: money(BigInt(row.open_minor_units), row.currency),
    bookingDay: parseEpochDay(row.booking_date),
    text: row.remittance_information,
    counterpartyName: row.counterparty_name ?? undefined,
    counterpartyAccount: row.counterparty_account ?? undefined,
    references: references.filter((reference) => reference !== null),
    paymentId: row.payment_role === 'settlement' ? (row.payment_id ?? undefined) : undefined,
    ...(row.payment_role === 'return' ? { isReversal: true } : {}),
  };
}

export interface ItemLineRow {
  item_id: string;
  kind: string;
  credit_debit_indicator: CreditDebitIndicator;
  currency: string;
  open_minor_units: string;
  open_min_minor_units: string | null;
  issued_on: string | null;
  due_on: string | null;
  number: string | null;
  counterparty_name: string | null;
  counterparty_fold: string | null;
  counterparty_account: string | null;
  counterparty_key: string | null;
  creditor_reference: string | null;
  virtual_account: string | null;
  end_to_end_id: string | null;
  description: string;
  account_id: string | null;
  payment_id: string | null;
}

/** Columns of an item `i`. */
export const ITEM_LINE_COLUMNS = `i.item_id, i.kind, i.credit_debit_indicator, i.currency,
  i.amount_minor_units - i.settled_minor_units AS open_minor_units,
  CASE WHEN i.amount_min_minor_units > i.settled_minor_units
    THEN i.amount_min_minor_units - i.settled_minor_units
    WHEN i.amount_min_minor_units IS NOT NULL THEN 0 END AS open_min_minor_units,
  i.issued_on::text AS issued_on, i.due_on::text AS due_on, i.number, i.counterparty_name,
  i.counterparty_fold, i.counterparty_account, i.counterparty_key, i.creditor_reference,
  i.virtual_account, i.end_to_end_id, i.description, i.account_id, i.payment_id`;

export function toItemLine(row: ItemLineRow): ItemLine {
  const amount = money(BigInt(row.open_minor_units), row.currency);
  const references = [row.creditor_reference, row.virtual_account, row.end_to_end_id];
  return {
    id: row.item_id,
    direction: row.credit_debit_indicator,
    amount,
    ...(row.open_min_minor_units === null
      ? {}
      : { bounds: { min: money(BigInt(row.open_min_minor_units), row.currency), max: amount } }),
    dueDay: row.due_on === null ? undefined : parseEpochDay(row.due_on),
    issuedDay: row.issued_on === null ? undefined : parseEpochDay(row.issued_on),
    number: row.number ?? undefined,
    counterpartyName: row.counterparty_name ?? undefined,
    counterpartyAccount: row.counterparty_account ?? undefined,
    counterpartyKey: partyKeyOf(row),
    references: references.filter((reference) => reference !== null),
    text: row.description,
    accountId: row.account_id ?? undefined,
    paymentId: row.payment_id ?? undefined,
    ...(row.kind === 'creditNote' ? { isReversal: true } : {}),
  };
}

/** Who an item is of: the number in the company's books, else the folded name. */
export function partyKeyOf(row: {
  readonly counterparty_key: string | null;
  readonly counterparty_fold: string | null;
}): string | undefined {
  if (row.counterparty_key !== null) return `#${row.counterparty_key}`;
  return row.counterparty_fold ?? undefined;
}

/** Entries by their ids, open or not; those that are not there are left out. */
export async function loadEntryLines(
  client: Queryable,
  orgId: string,
  entryIds: readonly string[],
): Promise<EntryLine[]> {
  if (entryIds.length === 0) return [];
  const { rows } = await client.query<EntryLineRow>({
    name: 'load-entry-lines',
    text: `SELECT ${ENTRY_LINE_COLUMNS} FROM ${ENTRY_LINE_FROM}
           WHERE e.org_id = $1 AND e.entry_id = ANY($2::text[]) ORDER BY e.entry_id`,
    values: [orgId, entryIds],
  });
  return rows.map(toEntryLine);
}

/** Items by their ids, as far as they are open. */
export async function loadItemLines(
  client: Queryable,
  orgId: string,
  itemIds: readonly string[],
): Promise<ItemLine[]> {
  if (itemIds.length === 0) return [];
  const { rows } = await client.query<ItemLineRow>({
    name: 'load-item-lines',
    text: `SELECT ${ITEM_LINE_COLUMNS} FROM expected_item i
           WHERE i.org_id = $1 AND i.item_id = ANY($2::text[]) AND i.state = 'open'
           ORDER BY i.item_id`,
    values: [orgId, itemIds],
  });
  return rows.map(toItemLine);
}

/** Which open lines a run looks at. */
export interface LineScope {
  readonly orgId: string;
  /** Only entries of this account, and items that any account may settle or this one. */
  readonly accountId?: string | undefined;
}

const PAGE = 20_000;

/** All entries of a scope that are open and in no locked period, in pages, so that others get a turn. */
export async function loadOpenEntries(client: Queryable, scope: LineScope): Promise<EntryLine[]> {
  const lines: EntryLine[] = [];
  let after = '';
  for (;;) {
    const { rows } = await client.query<EntryLineRow>({
      name: 'load-open-entries',
      text: `SELECT ${ENTRY_LINE_COLUMNS} FROM ${ENTRY_LINE_FROM}
             WHERE e.org_id = $1 AND e.entry_id > $2 AND ($3::text IS NULL OR e.account_id = $3)
               AND ${ENTRY_IS_OPEN} AND ${ENTRY_IS_UNLOCKED}
             ORDER BY e.entry_id LIMIT ${PAGE}`,
      values: [scope.orgId, after, scope.accountId ?? null],
    });
    for (const row of rows) lines.push(toEntryLine(row));
    after = rows.at(-1)?.entry_id ?? '';
    if (rows.length < PAGE) return lines;
  }
}

/** All open items of a scope, in pages. */
export async function loadOpenItems(client: Queryable, scope: LineScope): Promise<ItemLine[]> {
  const lines: ItemLine[] = [];
  let after = '';
  for (;;) {
    const { rows } = await client.query<ItemLineRow>({
      name: 'load-open-items',
      text: `SELECT ${ITEM_LINE_COLUMNS} FROM expected_item i
             WHERE i.org_id = $1 AND i.item_id > $2 AND i.state = 'open'
               AND ($3::text IS NULL OR i.account_id IS NULL OR i.account_id = $3)
             ORDER BY i.item_id LIMIT ${PAGE}`,
      values: [scope.orgId, after, scope.accountId ?? null],
    });
    for (const row of rows) lines.push(toItemLine(row));
    after = rows.at(-1)?.item_id ?? '';
    if (rows.length < PAGE) return lines;
  }
}

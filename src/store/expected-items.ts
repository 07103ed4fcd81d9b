import type { Instant, PlainDate } from '#core/dates.ts';
import { parsePlainDate } from '#core/dates.ts';
import type { ItemId, OrgId } from '#core/ids.ts';
import { money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { CreditDebitIndicator } from '#core/statements.ts';
import { newId } from '#secret/ids.ts';
import type { Queryable } from './grants.ts';
import { toInstant } from './orgs.ts';

export const itemKinds = [
  'invoice',
  'bill',
  'creditNote',
  'payment',
  'ledgerLine',
  'recurring',
  'other',
] as const;
export type ItemKind = (typeof itemKinds)[number];
export type ItemState = 'open' | 'closed' | 'cancelled';

/** What should appear at the bank, as it is first written down. */
export interface NewItem {
  readonly kind: ItemKind;
  /** Seen from us: a customer's invoice is a credit. */
  readonly creditDebitIndicator: CreditDebitIndicator;
  /** Where it comes from and its key there: the same key of one source is the same item. */
  readonly source: string;
  readonly sourceKey: string;
  readonly number?: string | undefined;
  readonly counterpartyName?: string | undefined;
  readonly counterpartyAccount?: string | undefined;
  /** Customer or supplier number in the company's own books. */
  readonly counterpartyKey?: string | undefined;
  /** The upper bound where only bounds are known. */
  readonly amount: Money;
  readonly amountMin?: Money | undefined;
  readonly issuedOn?: PlainDate | undefined;
  readonly dueOn?: PlainDate | undefined;
  readonly creditorReference?: string | undefined;
  readonly virtualAccount?: string | undefined;
  readonly endToEndId?: string | undefined;
  readonly description?: string | undefined;
  /** Only an entry of this account can settle it. */
  readonly accountId?: string | undefined;
  readonly paymentId?: string | undefined;
  readonly templateId?: string | undefined;
  readonly importId?: string | undefined;
}

/** An item with what it is found by; flows/reconciliation/add-items.ts works that out. */
export interface PreparedItem extends NewItem {
  readonly counterpartyFold?: string | undefined;
  readonly nameTokens: readonly string[];
  readonly keys: readonly string[];
}

/** An item as our database holds it. */
export interface ExpectedItem extends NewItem {
  readonly orgId: OrgId;
  readonly itemId: ItemId;
  readonly counterpartyFold: string | undefined;
  readonly settled: Money;
  /** What is left to come. */
  readonly open: Money;
  readonly description: string;
  readonly state: ItemState;
  readonly version: number;
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
  readonly closedAt: Instant | undefined;
}

export interface ItemRow {
  org_id: OrgId;
  item_id: ItemId;
  kind: ItemKind;
  credit_debit_indicator: CreditDebitIndicator;
  source: string;
  source_key: string;
  number: string | null;
  counterparty_name: string | null;
  counterparty_fold: string | null;
  counterparty_account: string | null;
  counterparty_key: string | null;
  currency: string;
  amount_minor_units: string;
  amount_min_minor_units: string | null;
  settled_minor_units: string;
  issued_on: string | null;
  due_on: string | null;
  creditor_reference: string | null;
  virtual_account: string | null;
  end_to_end_id: string | null;
  description: string;
  account_id: string | null;
  payment_id: string | null;
  template_id: string | null;
  import_id: string | null;
  state: ItemState;
  version: number;
  created_by: string;
  created_at: Date;
  changed_at: Date;
  closed_at: Date | null;
}

/** Columns of an item `i`. */
export const ITEM_COLUMNS = `i.org_id, i.item_id, i.kind, i.credit_debit_indicator, i.source,
  i.source_key, i.number, i.counterparty_name, i.counterparty_fold, i.counterparty_account,
  i.counterparty_key, i.currency, i.amount_minor_units, i.amount_min_minor_units,
  i.settled_minor_units, i.issued_on::text AS issued_on, i.due_on::text AS due_on,
  i.creditor_reference, i.virtual_account, i.end_to_end_id, i.description, i.account_id,
  i.payment_id, i.template_id, i.import_id, i.state, i.version, i.created_by, i.created_at,
  i.changed_at, i.closed_at`;

export function toItem(row: ItemRow): ExpectedItem {
  const amount = money(BigInt(row.amount_minor_units), row.currency);
  const settled = money(BigInt(row.settled_minor_units), row.currency);
  return {
    orgId: row.org_id,
    itemId: row.item_id,
    kind: row.kind,
    creditDebitIndicator: row.credit_debit_indicator,
    source: row.source,
    sourceKey: row.source_key,
    number: row.number ?? undefined,
    counterpartyName: row.counterparty_name ?? undefined,
    counterpartyFold: row.counterparty_fold ?? undefined,
    counterpartyAccount: row.counterparty_account ?? undefined,
    counterpartyKey: row.counterparty_key ?? undefined,
    amount,
    amountMin:
      row.amount_min_minor_units === null
        ? undefined
        : money(BigInt(row.amount_min_minor_units), row.currency),
    settled,
    open: money(amount.amountMinorUnits - settled.amountMinorUnits, row.currency),
    issuedOn: row.issued_on === null ? undefined : parsePlainDate(row.issued_on),
    dueOn: row.due_on === null ? undefined : parsePlainDate(row.due_on),
    creditorReference: row.creditor_reference ?? undefined,
    virtualAccount: row.virtual_account ?? undefined,
    endToEndId: row.end_to_end_id ?? undefined,
    description: row.description,
    accountId: row.account_id ?? undefined,
    paymentId: row.payment_id ?? undefined,
    templateId: row.template_id ?? undefined,
    importId: row.import_id ?? undefined,
    state: row.state,
    version: row.version,
    createdBy: row.created_by,
    createdAt: toInstant(row.created_at),
    changedAt: toInstant(row.changed_at),
    closedAt: toInstant(row.closed_at),
  };
}

/** Who writes items down, and when. */
export interface ItemScope {
  readonly orgId: string;
  readonly createdBy: string;
  readonly now: Date;
}

export interface InsertedItem {
  readonly itemId: ItemId;
  readonly source: string;
  readonly sourceKey: string;
  /** False: its source has told of it before, and what is there stays as it is. */
  readonly isNew: boolean;
}

/**
 * Writes items, in the order given, within the caller's transaction. An item that its source has told
 * of before is left as it is and said to be known, so that an import can be repeated.
 */
export async function insertItems(
  client: Queryable,
  scope: ItemScope,
  items: readonly PreparedItem[],
): Promise<readonly InsertedItem[]> {
  const inserted: InsertedItem[] = [];
  for (let from = 0; from < items.length; from += ROWS_MAX) {
    inserted.push(...(await insertSome(client, scope, items.slice(from, from + ROWS_MAX))));
  }
  return inserted;
}

const ROWS_MAX = 5_000;

async function insertSome(
  client: Queryable,
  scope: ItemScope,
  items: readonly PreparedItem[],
): Promise<readonly InsertedItem[]> {
  const ids = items.map(() => newId('itm'));
  const { rows } = await client.query<{ item_id: ItemId }>({
    name: 'insert-items',
    text: `INSERT INTO expected_item (org_id, item_id, kind, credit_debit_indicator, source,
             source_key, number, counterparty_name, counterparty_fold, counterparty_account,
             counterparty_key, currency, amount_minor_units, amount_min_minor_units, issued_on,
             due_on, creditor_reference, virtual_account, end_to_end_id, description, account_id,
             payment_id, template_id, import_id, match_keys, created_by, created_at, changed_at)
           SELECT $1, r.item_id, r.kind, r.indicator, r.source, r.source_key, r.number, r.name,
                  r.fold, r.account, r.party_key, r.currency, r.amount, r.amount_min, r.issued_on,
                  r.due_on, r.creditor_reference, r.virtual_account, r.end_to_end_id, r.description,
                  r.account_id, r.payment_id, r.template_id, r.import_id,
                  ARRAY(SELECT jsonb_array_elements_text(r.keys)), $2, $3, $3
           FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                       $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
                       $15::numeric[], $16::numeric[], $17::date[], $18::date[], $19::text[],
                       $20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[],
                       $26::text[], $27::jsonb[])
             AS r (item_id, kind, indicator, source, source_key, number, name, fold, account,
                   party_key, currency, amount, amount_min, issued_on, due_on, creditor_reference,
                   virtual_account, end_to_end_id, description, account_id, payment_id, template_id,
                   import_id, keys)
           ON CONFLICT (org_id, source, source_key) DO NOTHING
           RETURNING item_id`,
    values: [
      scope.orgId,
      scope.createdBy,
      scope.now,
      ids,
      items.map(({ kind }) => kind),
      items.map(({ creditDebitIndicator }) => creditDebitIndicator),
      items.map(({ source }) => source),
      items.map(({ sourceKey }) => sourceKey),
      items.map(({ number }) => number ?? null),
      items.map(({ counterpartyName }) => counterpartyName ?? null),
      items.map(({ counterpartyFold }) => counterpartyFold ?? null),
      items.map(({ counterpartyAccount }) => counterpartyAccount ?? null),
      items.map(({ counterpartyKey }) => counterpartyKey ?? null),
      items.map(({ amount }) => amount.currency),
      items.map(({ amount }) => amount.amountMinorUnits.toString()),
      items.map(({ amountMin }) => amountMin?.amountMinorUnits.toString() ?? null),
      items.map(({ issuedOn }) => issuedOn?.toString() ?? null),
      items.map(({ dueOn }) => dueOn?.toString() ?? null),
      items.map(({ creditorReference }) => creditorReference ?? null),
      items.map(({ virtualAccount }) => virtualAccount ?? null),
      items.map(({ endToEndId }) => endToEndId ?? null),
      items.map(({ description }) => description ?? ''),
      items.map(({ accountId }) => accountId ?? null),
      items.map(({ paymentId }) => paymentId ?? null),
      items.map(({ templateId }) => templateId ?? null),
      items.map(({ importId }) => importId ?? null),
      items.map(({ keys }) => JSON.stringify(keys)),
    ],
  });
  const fresh = new Set(rows.map((row) => row.item_id));
  await openKeys(client, scope.orgId, [...fresh]);
  const taken = items.filter((_item, place) => fresh.has(ids[place] ?? 'itm_'));
  await saveParties(client, scope.orgId, taken);
  const known = await findKnown(
    client,
    scope.orgId,
    items.filter((_item, place) => !fresh.has(ids[place] ?? 'itm_')),
  );
  return items.map(({ source, sourceKey }, place) => {
    const id = ids[place];
    if (id !== undefined && fresh.has(id)) return { itemId: id, source, sourceKey, isNew: true };
    const before = known.get(`${source}\n${sourceKey}`);
    // What the unique key refused is there, for this transaction or a committed one.
    if (!before) throw new Error(`item ${source} ${sourceKey} was neither written nor found`);
    return { itemId: before, source, sourceKey, isNew: false };
  });
}

async function findKnown(
  client: Queryable,
  orgId: string,
  items: readonly PreparedItem[],
): Promise<ReadonlyMap<string, ItemId>> {
  if (items.length === 0) return new Map();
  const { rows } = await client.query<{ item_id: ItemId; source: string; source_key: string }>({
    name: 'find-known-items',
    text: `SELECT i.item_id, i.source, i.source_key
           FROM unnest($2::text[], $3::text[]) AS r (source, source_key)
           JOIN expected_item i ON i.org_id = $1 AND i.source = r.source
             AND i.source_key = r.source_key`,
    values: [orgId, items.map(({ source }) => source), items.map(({ sourceKey }) => sourceKey)],
  });
  return new Map(rows.map((row) => [`${row.source}\n${row.source_key}`, row.item_id]));
}

/** The names under which money is expected, by their words. */
export async function saveParties(
  client: Queryable,
  orgId: string,
  items: readonly PreparedItem[],
): Promise<void> {
  const words = new Map<string, { readonly token: string; readonly fold: string }>();
  for (const { counterpartyFold: fold, nameTokens } of items) {
    if (fold === undefined) continue;
    for (const token of nameTokens) words.set(`${token}\n${fold}`, { token, fold });
  }
  if (words.size === 0) return;
  // In one order, so that two imports at the same time never wait for each other in a circle.
  const sorted = [...words.entries()].sort(([left], [right]) => (left < right ? -1 : 1));
  await client.query({
    name: 'save-item-parties',
    text: `INSERT INTO item_party_token (org_id, token, counterparty_fold)
           SELECT $1, r.token, r.fold FROM unnest($2::text[], $3::text[]) AS r (token, fold)
           ON CONFLICT DO NOTHING`,
    values: [orgId, sorted.map(([, { token }]) => token), sorted.map(([, { fold }]) => fold)],
  });
}

/** Makes items findable by their exact keys: they are open, or open again. */
export async function openKeys(
  client: Queryable,
  orgId: string,
  itemIds: readonly string[],
): Promise<void> {
  if (itemIds.length === 0) return;
  await client.query({
    name: 'open-item-keys',
    text: `INSERT INTO item_key (org_id, key, item_id)
           SELECT i.org_id, k.key, i.item_id
           FROM expected_item i, unnest(i.match_keys) AS k (key)
           WHERE i.org_id = $1 AND i.item_id = ANY($2::text[])
           ON CONFLICT DO NOTHING`,
    values: [orgId, itemIds],
  });
}

/** Takes the keys of items that are not open any more. */
export async function closeKeys(
  client: Queryable,
  orgId: string,
  itemIds: readonly string[],
): Promise<void> {
  if (itemIds.length === 0) return;
  await client.query({
    name: 'close-item-keys',
    text: 'DELETE FROM item_key WHERE org_id = $1 AND item_id = ANY($2::text[])',
    values: [orgId, itemIds],
  });
}

/** Items by their ids; those that are not there are left out. */
export async function loadItems(
  client: Queryable,
  orgId: string,
  itemIds: readonly string[],
): Promise<ExpectedItem[]> {
  if (itemIds.length === 0) return [];
  const { rows } = await client.query<ItemRow>({
    name: 'load-items',
    text: `SELECT ${ITEM_COLUMNS} FROM expected_item i
           WHERE i.org_id = $1 AND i.item_id = ANY($2::text[]) ORDER BY i.item_id`,
    values: [orgId, itemIds],
  });
  return rows.map(toItem);
}

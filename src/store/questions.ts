import type { Pool } from 'pg';
import type { PlainDate } from '#core/dates.ts';
import type { EntryState } from '#core/events.ts';
import { money, type Money } from '#core/money.ts';
import type { PaymentState } from '#core/payments.ts';
import { paymentStates } from '#core/payments.ts';
import type { CreditDebitIndicator } from '#core/statements.ts';
import type { Instant } from '#core/dates.ts';
import { instantFromMs, parsePlainDate } from '#core/dates.ts';

/** An account with what is known of its balance now. */
export interface AccountStanding {
  readonly accountId: string;
  readonly name: string;
  readonly number: string;
  readonly currency: string;
  readonly zone: string;
  readonly connectionName: string;
  readonly connector: string;
  readonly balance?: { readonly amount: Money; readonly asOf: Instant };
  /** Every movement before this moment is known. */
  readonly completeAsOf?: Instant;
}

/** A movement as an answer shows it. */
export interface FoundEntry {
  readonly entryId: string;
  readonly accountId: string;
  readonly state: EntryState;
  readonly creditDebitIndicator: CreditDebitIndicator;
  readonly amount: Money;
  readonly bookingDate: PlainDate;
  readonly remittanceInformation: string;
  readonly counterpartyName: string | undefined;
}

export interface FoundItem {
  readonly itemId: string;
  readonly number: string;
  readonly counterpartyName: string | undefined;
  readonly accountId: string | undefined;
  readonly state: 'open' | 'closed' | 'cancelled';
  readonly amount: Money;
  readonly open: Money;
  readonly closedAt: Instant | undefined;
}

export interface FoundPayment {
  readonly paymentId: string;
  readonly accountId: string;
  readonly maker: string;
  readonly creditorName: string;
  readonly amount: Money;
  readonly state: PaymentState;
  readonly stateSince: Instant;
}

export interface FoundClaim {
  readonly claimId: string;
  readonly state: 'open' | 'claimed' | 'conflict';
  readonly entry: FoundEntry;
}

/** A person waits in a chat for the answer, and other work for the database. */
const TIME_LIMIT = '4s';

/** All accounts of an organisation, each with the newest booked balance that a bank stated. */
export async function loadStandings(pool: Pool, orgId: string): Promise<AccountStanding[]> {
  const { rows } = await pool.query<{
    account_id: string;
    name: string;
    number: string;
    currency: string;
    zone: string;
    connection_name: string;
    connector: string;
    complete_as_of: Date | null;
    balance: string | null;
    as_of: Date | null;
  }>(
    `SELECT a.account_id, a.name, a.number, a.currency, a.zone, c.name AS connection_name,
            c.connector, a.complete_as_of, b.amount_minor_units AS balance, b.as_of
     FROM account a
     JOIN connection c ON c.org_id = a.org_id AND c.connection_id = a.connection_id
     LEFT JOIN LATERAL (
       SELECT amount_minor_units, as_of FROM (
         SELECT amount_minor_units, as_of FROM balance
         WHERE org_id = a.org_id AND account_id = a.account_id
           AND type IN ('closingBooked', 'interimBooked')
         UNION ALL
         (SELECT balance_after_minor_units, coalesce(booked_at, seen_at) FROM entry
          WHERE org_id = a.org_id AND account_id = a.account_id AND state = 'booked'
            AND balance_after_minor_units IS NOT NULL
          ORDER BY position DESC LIMIT 1)
       ) stated ORDER BY as_of DESC LIMIT 1
     ) b ON true
     WHERE a.org_id = $1 ORDER BY a.currency, a.name, a.account_id`,
    [orgId],
  );
  return rows.map((row) => ({
    accountId: row.account_id,
    name: row.name,
    number: row.number,
    currency: row.currency,
    zone: row.zone,
    connectionName: row.connection_name,
    connector: row.connector,
    ...(row.balance !== null && row.as_of !== null
      ? {
          balance: {
            amount: money(BigInt(row.balance), row.currency),
            asOf: instantFromMs(row.as_of.getTime()),
          },
        }
      : {}),
    ...(row.complete_as_of ? { completeAsOf: instantFromMs(row.complete_as_of.getTime()) } : {}),
  }));
}

/** Where an answer may look. */
export interface SearchPlace {
  readonly orgId: string;
  readonly accountIds: readonly string[];
  readonly since: PlainDate;
  readonly limit: number;
}

const ENTRY_COLUMNS = `
  e.entry_id, e.account_id, e.state, e.credit_debit_indicator, e.amount_minor_units, e.currency,
  e.booking_date::text AS booking_date, e.remittance_information,
  v.report->'counterparty'->>'name' AS counterparty_name`;
const FROM_ENTRIES = `
  FROM entry e JOIN entry_version v
    ON v.org_id = e.org_id AND v.entry_id = e.entry_id AND v.version = e.version`;
const STANDING = `e.state NOT IN ('reversed', 'withdrawn')`;

/** The newest movements by the bank's own day and time, which is not the order in which we heard. */
export async function lastEntries(pool: Pool, place: SearchPlace): Promise<FoundEntry[]> {
  return findEntries(
    pool,
    `SELECT ${ENTRY_COLUMNS} FROM unnest($2::text[]) AS a (account_id)
     CROSS JOIN LATERAL (
       SELECT * FROM entry WHERE org_id = $1 AND account_id = a.account_id
         AND booking_date >= $3::date
       ORDER BY booking_date DESC, coalesce(booked_at, seen_at) DESC, position DESC LIMIT $4
     ) e JOIN entry_version v
       ON v.org_id = e.org_id AND v.entry_id = e.entry_id AND v.version = e.version
     ORDER BY e.booking_date DESC, coalesce(e.booked_at, e.seen_at) DESC, e.position DESC LIMIT $4`,
    place,
  );
}

/** Receipts whose payer's folded name contains the words, newest first. */
export async function receiptsOf(
  pool: Pool,
  place: SearchPlace,
  foldedName: string,
): Promise<FoundEntry[]> {
  return findEntries(
    pool,
    `SELECT ${ENTRY_COLUMNS} ${FROM_ENTRIES}
     WHERE e.org_id = $1 AND e.account_id = ANY($2::text[]) AND e.booking_date >= $3::date
       AND e.credit_debit_indicator = 'credit' AND ${STANDING}
       AND strpos(coalesce(e.counterparty_fold, upper(v.report->'counterparty'->>'name')), $5) > 0
     ORDER BY e.booking_date DESC, e.entry_id DESC LIMIT $4`,
    place,
    foldedName,
  );
}

/** Movements of exactly one of these amounts; a currency bounds them where it was said. */
export async function entriesOfAmounts(
  pool: Pool,
  place: SearchPlace,
  amounts: readonly Money[],
): Promise<FoundEntry[]> {
  return findEntries(
    pool,
    `SELECT ${ENTRY_COLUMNS} ${FROM_ENTRIES}
     JOIN unnest($5::numeric[], $6::text[]) AS m (amount, currency)
       ON e.amount_minor_units = m.amount AND e.currency = m.currency
     WHERE e.org_id = $1 AND e.account_id = ANY($2::text[]) AND e.booking_date >= $3::date
     ORDER BY e.booking_date DESC, e.entry_id DESC LIMIT $4`,
    place,
    amounts.map(({ amountMinorUnits }) => amountMinorUnits.toString()),
    amounts.map(({ currency }) => currency),
  );
}

/** Movements with these words in their text, or with this reference. */
export async function entriesOfText(
  pool: Pool,
  place: SearchPlace,
  words: string,
): Promise<FoundEntry[]> {
  return findEntries(
    pool,
    `SELECT ${ENTRY_COLUMNS} ${FROM_ENTRIES}
     WHERE e.org_id = $1 AND e.account_id = ANY($2::text[]) AND e.booking_date >= $3::date
       AND (strpos(upper(e.remittance_information), upper($5)) > 0 OR $5 = ANY(e.evidence)
            OR upper($5) = ANY(e.evidence))
     ORDER BY e.booking_date DESC, e.entry_id DESC LIMIT $4`,
    place,
    words,
  );
}

interface EntryRow {
  entry_id: string;
  account_id: string;
  state: EntryState;
  credit_debit_indicator: CreditDebitIndicator;
  amount_minor_units: string;
  currency: string;
  booking_date: string;
  remittance_information: string;
  counterparty_name: string | null;
}

async function findEntries(
  pool: Pool,
  text: string,
  { orgId, accountIds, since, limit }: SearchPlace,
  ...more: readonly unknown[]
): Promise<FoundEntry[]> {
  const rows = await bounded<EntryRow>(pool, text, [
    orgId,
    accountIds,
    since.toString(),
    limit,
    ...more,
  ]);
  return rows.map(toEntry);
}

function toEntry(row: EntryRow): FoundEntry {
  return {
    entryId: row.entry_id,
    accountId: row.account_id,
    state: row.state,
    creditDebitIndicator: row.credit_debit_indicator,
    amount: money(BigInt(row.amount_minor_units), row.currency),
    bookingDate: parsePlainDate(row.booking_date),
    remittanceInformation: row.remittance_information,
    counterpartyName: row.counterparty_name ?? undefined,
  };
}

/** A question must not hold the database: it ends after seconds, whatever it looks for. */
async function bounded<Row extends object>(
  pool: Pool,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const client = await pool.connect();
  try {
    await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = '${TIME_LIMIT}'`);
    const { rows } = await client.query<Row>(text, [...values]);
    await client.query('COMMIT');
    return rows;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

interface ItemRow {
  item_id: string;
  number: string | null;
  counterparty_name: string | null;
  account_id: string | null;
  state: FoundItem['state'];
  amount_minor_units: string;
  settled_minor_units: string;
  currency: string;
  closed_at: Date | null;
}
const ITEM_COLUMNS = `item_id, number, counterparty_name, account_id, state, amount_minor_units,
  settled_minor_units, currency, closed_at`;

/** Expected items with exactly this number; a number may be that of several customers. */
export async function itemsOfNumber(
  pool: Pool,
  { orgId, number, limit }: { orgId: string; number: string; limit: number },
): Promise<FoundItem[]> {
  const rows = await bounded<ItemRow>(
    pool,
    `SELECT ${ITEM_COLUMNS} FROM expected_item
     WHERE org_id = $1 AND upper(number) = upper($2) ORDER BY created_at DESC, item_id LIMIT $3`,
    [orgId, number, limit],
  );
  return rows.map(toItem);
}

/** What customers with these words in their folded name still owe. */
export async function openItemsOf(
  pool: Pool,
  { orgId, foldedName, limit }: { orgId: string; foldedName: string; limit: number },
): Promise<FoundItem[]> {
  const rows = await bounded<ItemRow>(
    pool,
    `SELECT ${ITEM_COLUMNS} FROM expected_item
     WHERE org_id = $1 AND state = 'open' AND credit_debit_indicator = 'credit'
       AND strpos(counterparty_fold, $2) > 0 ORDER BY due_on, item_id LIMIT $3`,
    [orgId, foldedName, limit],
  );
  return rows.map(toItem);
}

function toItem(row: ItemRow): FoundItem {
  const amount = BigInt(row.amount_minor_units);
  return {
    itemId: row.item_id,
    number: row.number ?? '',
    counterpartyName: row.counterparty_name ?? undefined,
    accountId: row.account_id ?? undefined,
    state: row.state,
    amount: money(amount, row.currency),
    open: money(amount - BigInt(row.settled_minor_units), row.currency),
    closedAt: row.closed_at ? instantFromMs(row.closed_at.getTime()) : undefined,
  };
}

/** Payments with this id, reference or creditor, newest first. */
export async function paymentsOf(
  pool: Pool,
  { orgId, words, limit }: { orgId: string; words: string; limit: number },
): Promise<FoundPayment[]> {
  const rows = await bounded<{
    payment_id: string;
    account_id: string;
    maker: string;
    creditor_name: string;
    instructed_minor_units: string;
    currency: string;
    state: string;
    state_since: Date;
  }>(
    pool,
    `SELECT payment_id, account_id, maker, creditor->>'name' AS creditor_name,
            instructed_minor_units, currency, state, state_since
     FROM payment
     WHERE org_id = $1 AND created_at > now() - interval '1 year'
       AND (lower(payment_id) = lower($2) OR end_to_end_id = upper($2)
            OR upper(bank_reference) = upper($2)
            OR upper(remittance_information) = upper($2)
            OR strpos(upper(creditor->>'name'), upper($2)) > 0)
     ORDER BY created_at DESC LIMIT $3`,
    [orgId, words, limit],
  );
  return rows.flatMap((row) => {
    const state = paymentStates.find((one) => one === row.state);
    if (!state) return [];
    return [
      {
        paymentId: row.payment_id,
        accountId: row.account_id,
        maker: row.maker,
        creditorName: row.creditor_name,
        amount: money(BigInt(row.instructed_minor_units), row.currency),
        state,
        stateSince: instantFromMs(row.state_since.getTime()),
      },
    ];
  });
}

/** Receipts that nobody has claimed to the end, oldest first. */
export async function openClaims(
  pool: Pool,
  { orgId, accountIds, limit }: Omit<SearchPlace, 'since'>,
): Promise<{ readonly count: number; readonly claims: readonly FoundClaim[] }> {
  const rows = await bounded<
    EntryRow & { claim_id: string; claim_state: FoundClaim['state']; total: number }
  >(
    pool,
    `SELECT c.claim_id, c.state AS claim_state, count(*) OVER ()::int AS total, ${ENTRY_COLUMNS}
     ${FROM_ENTRIES} JOIN claim c ON c.org_id = e.org_id AND c.entry_id = e.entry_id
     WHERE c.org_id = $1 AND c.account_id = ANY($2::text[])
       AND c.state IN ('open', 'claimed', 'conflict')
     ORDER BY c.created_at, c.claim_id LIMIT $3`,
    [orgId, accountIds, limit],
  );
  const claims = rows.map((row) => ({
    claimId: row.claim_id,
    state: row.claim_state,
    entry: toEntry(row),
  }));
  return { count: rows[0]?.total ?? 0, claims };
}

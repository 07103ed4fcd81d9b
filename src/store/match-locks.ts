import { parseEpochDay } from '#core/epoch-day.ts';
import type { EpochDay } from '#core/epoch-day.ts';
import type { EntryState, MatchState } from '#core/events.ts';
import { money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { CreditDebitIndicator } from '#core/statements.ts';
import { closeKeys, openKeys } from './expected-items.ts';
import type { Queryable } from './grants.ts';

/** An entry as it stands while its row is held. */
export interface HeldEntry {
  readonly entryId: string;
  readonly accountId: string;
  readonly state: EntryState;
  readonly matchState: MatchState | undefined;
  readonly direction: CreditDebitIndicator;
  readonly open: Money;
  readonly bookingDay: EpochDay;
  /** Its period was locked: nothing of it is matched or taken back. */
  readonly isLocked: boolean;
}

/** An item as it stands while its row is held. */
export interface HeldItem {
  readonly itemId: string;
  readonly accountId: string | undefined;
  readonly state: 'open' | 'closed' | 'cancelled';
  readonly direction: CreditDebitIndicator;
  readonly open: Money;
}

export interface HeldLines {
  readonly entries: ReadonlyMap<string, HeldEntry>;
  readonly items: ReadonlyMap<string, HeldItem>;
}

/**
 * Holds the rows of lines until the commit: accounts against being locked, then entries, then items,
 * each by id, so that two that match never wait for each other in a circle.
 */
export async function holdLines(
  client: Queryable,
  orgId: string,
  lines: { readonly entryIds: readonly string[]; readonly itemIds: readonly string[] },
): Promise<HeldLines> {
  await client.query({
    name: 'hold-accounts',
    // Keeps a period from being locked meanwhile; recordings of the account are not held up.
    text: `SELECT FROM account a WHERE a.org_id = $1 AND a.account_id IN
             (SELECT account_id FROM entry WHERE org_id = $1 AND entry_id = ANY($2::text[]))
           ORDER BY a.account_id FOR KEY SHARE`,
    values: [orgId, lines.entryIds],
  });
  const entries = await client.query<{
    entry_id: string;
    account_id: string;
    state: EntryState;
    match_state: MatchState | null;
    credit_debit_indicator: CreditDebitIndicator;
    open_minor_units: string;
    currency: string;
    booking_date: string;
    is_locked: boolean;
  }>({
    name: 'hold-entries',
    text: `SELECT e.entry_id, e.account_id, e.state, e.match_state, e.credit_debit_indicator,
                  e.amount_minor_units - e.matched_minor_units AS open_minor_units, e.currency,
                  e.booking_date::text AS booking_date,
                  EXISTS (SELECT FROM period_lock l
                          WHERE l.org_id = e.org_id AND l.account_id = e.account_id
                            AND l.reopened_at IS NULL AND l.locked_until >= e.booking_date)
                    AS is_locked
           FROM entry e WHERE e.org_id = $1 AND e.entry_id = ANY($2::text[])
           ORDER BY e.entry_id FOR NO KEY UPDATE OF e`,
    values: [orgId, lines.entryIds],
  });
  const items = await client.query<{
    item_id: string;
    account_id: string | null;
    state: HeldItem['state'];
    credit_debit_indicator: CreditDebitIndicator;
    open_minor_units: string;
    currency: string;
  }>({
    name: 'hold-items',
    text: `SELECT item_id, account_id, state, credit_debit_indicator, currency,
                  amount_minor_units - settled_minor_units AS open_minor_units
           FROM expected_item WHERE org_id = $1 AND item_id = ANY($2::text[])
           ORDER BY item_id FOR NO KEY UPDATE`,
    values: [orgId, lines.itemIds],
  });
  return {
    entries: new Map(
      entries.rows.map((row) => [
        row.entry_id,
        {
          entryId: row.entry_id,
          accountId: row.account_id,
          state: row.state,
          matchState: row.match_state ?? undefined,
          direction: row.credit_debit_indicator,
          open: money(BigInt(row.open_minor_units), row.currency),
          bookingDay: parseEpochDay(row.booking_date),
          isLocked: row.is_locked,
        },
      ]),
    ),
    items: new Map(
      items.rows.map((row) => [
        row.item_id,
        {
          itemId: row.item_id,
          accountId: row.account_id ?? undefined,
          state: row.state,
          direction: row.credit_debit_indicator,
          open: money(BigInt(row.open_minor_units), row.currency),
        },
      ]),
    ),
  };
}

/**
 * Counts anew what standing matches use of lines whose rows are held. The sum is taken from the legs,
 * never added up from what was before, and the rows refuse more than their amount.
 */
export async function settleLines(
  client: Queryable,
  orgId: string,
  lines: { readonly entryIds: readonly string[]; readonly itemIds: readonly string[] },
  now: Date,
): Promise<void> {
  await settleEntries(client, orgId, lines.entryIds);
  await settleItems(client, orgId, lines.itemIds, now);
}

/** A match that takes back another one of a locked period counts against it. */
const SIGN = 'CASE WHEN m.reverses_match_id IS NULL THEN 1 ELSE -1 END';

async function settleEntries(
  client: Queryable,
  orgId: string,
  entryIds: readonly string[],
): Promise<void> {
  if (entryIds.length === 0) return;
  await client.query({
    name: 'settle-entries',
    text: `UPDATE entry e SET matched_minor_units = s.used, match_state = CASE
             WHEN s.used >= e.amount_minor_units AND s.used > 0 THEN 'matched'
             WHEN s.used > 0 THEN 'partial'
             WHEN e.match_state = 'exempt' THEN 'exempt'
             WHEN s.is_suggested THEN 'suggested'
             ELSE 'unknown' END
           FROM (
             SELECT q.entry_id, coalesce(bool_or(m.state = 'suggested'), false) AS is_suggested,
                    coalesce(sum(l.entry_minor_units * ${SIGN})
                      FILTER (WHERE m.state = 'standing'), 0) AS used
             FROM unnest($2::text[]) AS q (entry_id)
             LEFT JOIN match_leg l ON l.org_id = $1 AND l.entry_id = q.entry_id
             LEFT JOIN match m ON m.org_id = l.org_id AND m.match_id = l.match_id
             GROUP BY q.entry_id
           ) s
           WHERE e.org_id = $1 AND e.entry_id = s.entry_id`,
    values: [orgId, entryIds],
  });
}

async function settleItems(
  client: Queryable,
  orgId: string,
  itemIds: readonly string[],
  now: Date,
): Promise<void> {
  if (itemIds.length === 0) return;
  const { rows } = await client.query<{ item_id: string; state: HeldItem['state'] }>({
    name: 'settle-items',
    // Where only bounds are known, it is paid when the lower one is reached.
    text: `UPDATE expected_item i SET settled_minor_units = s.used, changed_at = $3,
             version = i.version + 1, state = s.state,
             closed_at = CASE WHEN s.state = 'open' THEN NULL ELSE coalesce(i.closed_at, $3) END
           FROM (
             SELECT o.item_id, u.used, CASE
                      WHEN o.state = 'cancelled' THEN 'cancelled'
                      WHEN u.used >= coalesce(nullif(o.amount_min_minor_units, 0),
                                              o.amount_minor_units) THEN 'closed'
                      ELSE 'open' END AS state
             FROM expected_item o CROSS JOIN LATERAL (
               SELECT coalesce(sum(l.item_minor_units * ${SIGN}), 0) AS used
               FROM match_leg l JOIN match m ON m.org_id = l.org_id AND m.match_id = l.match_id
               WHERE l.org_id = o.org_id AND l.item_id = o.item_id AND m.state = 'standing'
             ) u
             WHERE o.org_id = $1 AND o.item_id = ANY($2::text[])
           ) s
           WHERE i.org_id = $1 AND i.item_id = s.item_id
             AND (i.settled_minor_units <> s.used OR i.state <> s.state)
           RETURNING i.item_id, i.state`,
    values: [orgId, itemIds, now],
  });
  const open = rows.filter(({ state }) => state === 'open').map(({ item_id: id }) => id);
  await openKeys(client, orgId, open);
  await closeKeys(
    client,
    orgId,
    rows.filter(({ state }) => state !== 'open').map(({ item_id: id }) => id),
  );
}

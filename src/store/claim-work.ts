import type { Pool } from 'pg';
import type { ClaimEnding } from '#core/claims.ts';
import type { EntryId, OrgId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import type { Queryable } from './grants.ts';

/** What the worker of claims finds to do; each is looked at again under its lock. */

/** A receipt that matching left open, of an account with a claim group. */
export interface AskableEntry {
  readonly orgId: OrgId;
  readonly entryId: EntryId;
}

/** Older receipts are no longer asked about: their group was full, or nobody was there to ask. */
const DAYS_BACK = 60;
/** Clocks of banks differ from ours by minutes; as where movements are told. */
const CLOCK_MARGIN = '5 minutes';

/**
 * Receipts to ask about: booked, left open by matching, seen since the group was set and not of before
 * the account was connected. What brings back a payment of ours is no receipt of a customer.
 */
const ASKABLE = `
  a.claim_destination_id IS NOT NULL AND e.seen_at >= a.claim_from
  AND e.credit_debit_indicator = 'credit' AND e.state IN ('booked', 'corrected')
  AND e.match_state IN ('unknown', 'suggested') AND e.payment_id IS NULL
  AND coalesce(e.booked_at >= a.ring_from - interval '${CLOCK_MARGIN}',
               e.booking_date >= (a.ring_from AT TIME ZONE a.zone)::date)
  AND NOT EXISTS (SELECT FROM claim c WHERE c.org_id = e.org_id AND c.entry_id = e.entry_id)`;

/** One look: so much at most, and without what failed a moment ago. */
export interface ClaimLook {
  readonly now: Date;
  readonly limit: number;
  /** Ids of entries and claims that rest. */
  readonly without: readonly string[];
}

export async function loadAskable(
  pool: Pool,
  { now, limit, without }: ClaimLook,
): Promise<AskableEntry[]> {
  const { rows } = await pool.query<{ org_id: string; entry_id: string }>({
    name: 'load-askable',
    text: `SELECT e.org_id, e.entry_id FROM account a
           JOIN destination d ON d.org_id = a.org_id
             AND d.destination_id = a.claim_destination_id AND d.state <> 'removed'
           JOIN entry e ON e.org_id = a.org_id AND e.account_id = a.account_id
             AND e.booking_date >= ($1::timestamptz - interval '${DAYS_BACK} days')::date
           WHERE ${ASKABLE} AND NOT e.entry_id = ANY($3::text[])
           ORDER BY e.seen_at, e.entry_id LIMIT $2`,
    values: [now, limit, without],
  });
  return rows.map((row) => ({
    orgId: parseId('org', row.org_id),
    entryId: parseId('ent', row.entry_id),
  }));
}

/** Where a receipt is to be asked about, if it still is; read in the transaction that asks. */
export async function findAskable(
  client: Queryable,
  { orgId, entryId }: AskableEntry,
): Promise<
  | { readonly accountId: string; readonly destinationId: string; readonly language: string | null }
  | undefined
> {
  const { rows } = await client.query<{
    account_id: string;
    claim_destination_id: string;
    claim_language: string | null;
  }>(
    `SELECT a.account_id, a.claim_destination_id, a.claim_language FROM account a
     JOIN entry e ON e.org_id = a.org_id AND e.account_id = a.account_id
     JOIN destination d ON d.org_id = a.org_id AND d.destination_id = a.claim_destination_id
       AND d.state <> 'removed'
     WHERE e.org_id = $1 AND e.entry_id = $2 AND ${ASKABLE}`,
    [orgId, entryId],
  );
  const [row] = rows;
  return (
    row && {
      accountId: row.account_id,
      destinationId: row.claim_destination_id,
      language: row.claim_language,
    }
  );
}

interface ClaimPlace {
  readonly orgId: OrgId;
  readonly claimId: string;
}

/** Claims whose time has come. */
export async function loadDueClaims(
  pool: Pool,
  { now, limit, without }: ClaimLook,
): Promise<ClaimPlace[]> {
  const { rows } = await pool.query<{ org_id: string; claim_id: string }>({
    name: 'load-due-claims',
    text: `SELECT org_id, claim_id FROM claim
           WHERE due_at <= $1 AND NOT claim_id = ANY($3::text[]) ORDER BY due_at LIMIT $2`,
    values: [now, limit, without],
  });
  return rows.map(toPlace);
}

function toPlace(row: { org_id: string; claim_id: string }): ClaimPlace {
  return { orgId: parseId('org', row.org_id), claimId: row.claim_id };
}

/** How the receipt of a claim stands outside of the claim. */
const STANDING = `
  CASE WHEN e.state IN ('reversed', 'withdrawn') THEN 'takenBack'
       WHEN e.match_state = 'matched' THEN 'matched'
       WHEN e.match_state = 'exempt' THEN 'exempt' END`;

/** Claims that something else has overtaken: their receipt was matched, set aside or taken back. */
export async function loadOvertaken(
  pool: Pool,
  { limit, without }: ClaimLook,
): Promise<ClaimPlace[]> {
  const { rows } = await pool.query<{ org_id: string; claim_id: string }>({
    name: 'load-overtaken-claims',
    text: `SELECT c.org_id, c.claim_id FROM claim c
           JOIN entry e ON e.org_id = c.org_id AND e.entry_id = c.entry_id
           WHERE c.state IN ('open', 'claimed', 'conflict') AND ${STANDING} IS NOT NULL
             AND NOT c.claim_id = ANY($2::text[]) LIMIT $1`,
    values: [limit, without],
  });
  return rows.map(toPlace);
}

/** Settled claims whose receipt is open again, because the match that settled them was taken back. */
export async function loadUnsettled(
  pool: Pool,
  { now, limit, without }: ClaimLook,
): Promise<ClaimPlace[]> {
  const { rows } = await pool.query<{ org_id: string; claim_id: string }>({
    name: 'load-unsettled-claims',
    text: `SELECT c.org_id, c.claim_id FROM claim c
           JOIN entry e ON e.org_id = c.org_id AND e.entry_id = c.entry_id
           WHERE ((c.state = 'closed' AND c.closed_because <> 'takenBack')
                  OR (c.state = 'confirmed' AND c.match_id IS NOT NULL))
             AND c.changed_at > $1::timestamptz - interval '${DAYS_BACK} days'
             AND e.state IN ('booked', 'corrected')
             AND e.match_state IN ('unknown', 'suggested')
             AND NOT c.claim_id = ANY($3::text[]) LIMIT $2`,
    values: [now, limit, without],
  });
  return rows.map(toPlace);
}

/** Why a receipt needs no claim, or nothing. */
export async function loadStanding(
  client: Queryable,
  { orgId, entryId }: { readonly orgId: string; readonly entryId: string },
): Promise<ClaimEnding | undefined> {
  const { rows } = await client.query<{ standing: ClaimEnding | null }>(
    `SELECT ${STANDING} AS standing FROM entry e WHERE e.org_id = $1 AND e.entry_id = $2`,
    [orgId, entryId],
  );
  return rows[0]?.standing ?? undefined;
}

/** When the next claim is due. */
export async function nextClaimDueAt(pool: Pool): Promise<Date | undefined> {
  const { rows } = await pool.query<{ due_at: Date | null }>({
    name: 'next-claim-due-at',
    text: 'SELECT min(due_at) AS due_at FROM claim WHERE due_at IS NOT NULL',
    values: [],
  });
  return rows[0]?.due_at ?? undefined;
}

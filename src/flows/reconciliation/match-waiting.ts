import type { Pool } from 'pg';
import type { Directory } from '#store/directory.ts';
import type { Queryable } from '#store/grants.ts';
import {
  ENTRY_IS_OPEN,
  ENTRY_IS_UNLOCKED,
  ENTRY_LINE_COLUMNS,
  ENTRY_LINE_FROM,
  toEntryLine,
} from '#store/match-lines.ts';
import type { EntryLineRow } from '#store/match-lines.ts';
import { getMatchSettings } from '#store/match-settings.ts';
import { loadStandingOf } from '#store/matches-of-entries.ts';
import { inTransaction } from '#store/transaction.ts';
import { matchOpenEntries } from './match-entries.ts';
import { runMatching } from './run-matching.ts';
import { undoMatches } from './undo-matches.ts';

export interface WaitingDeps {
  readonly pool: Pool;
  readonly directory: Directory;
  readonly onError: (error: unknown) => void;
  /** Until when an organisation is left alone, because looking at it took long; kept by the caller. */
  readonly restUntilMs?: Map<string, number>;
}

/** A worker that died holds up an organisation no longer. */
const LEASE_MS = 10 * 60_000;
/** Looking at everything takes a tenth of the time at most, however often items come. */
const REST_FACTOR = 10;
const REST_MAX_MS = 10 * 60_000;
/** So many open entries are looked up one by one; more are matched as a whole. */
const SINGLE_MAX = 400;
const BATCH = 20;
const ORGS_MAX = 50;

/**
 * Matches what waits for it: entries whose ring could not wait, entries that the bank changed, and all
 * that is open where new items came. Tells whether there was anything.
 */
export async function matchWaiting(deps: WaitingDeps, now: Date): Promise<boolean> {
  const isRested = (orgId: string): boolean => (deps.restUntilMs?.get(orgId) ?? 0) <= now.getTime();
  const orgIds = (await findWaiting(deps.pool, now)).filter(isRested);
  for (const orgId of orgIds) {
    try {
      await matchOrg(deps, orgId, now);
    } catch (error) {
      deps.onError(error);
    }
  }
  return orgIds.length > 0;
}

async function findWaiting(client: Queryable, now: Date): Promise<string[]> {
  const { rows } = await client.query<{ org_id: string }>(
    `SELECT s.org_id FROM match_settings s
     WHERE s.rematch_since <= $1
        OR s.rematch_since IS NULL AND EXISTS (
          SELECT FROM entry e WHERE e.org_id = s.org_id AND e.match_state IS NULL
            AND (e.state IN ('booked', 'corrected') OR e.matched_minor_units > 0)
            AND ${ENTRY_IS_UNLOCKED})
     ORDER BY s.rematch_since LIMIT ${ORGS_MAX}`,
    [now],
  );
  return rows.map((row) => row.org_id);
}

async function matchOrg(deps: WaitingDeps, orgId: string, now: Date): Promise<void> {
  const { pool } = deps;
  const until = new Date(now.getTime() + LEASE_MS);
  const { rowCount } = await pool.query(
    `UPDATE match_settings SET rematch_since = $3
     WHERE org_id = $1 AND (rematch_since IS NULL OR rematch_since <= $2)`,
    [orgId, now, until],
  );
  // Somebody else is at it.
  if (rowCount !== 1) return;
  await releaseDead(pool, orgId, now);
  const open = await countOpen(pool, orgId);
  if (open > SINGLE_MAX) {
    const began = Date.now();
    await runMatching(deps, { orgId, kind: 'import', startedBy: 'system', now });
    const ended = Date.now();
    const rest = Math.min(REST_MAX_MS, (ended - began) * REST_FACTOR);
    deps.restUntilMs?.set(orgId, ended + rest);
  } else {
    await matchSingly(deps, orgId, now);
  }
  // Items that came meanwhile have set an earlier moment, and are looked at next.
  await pool.query(
    'UPDATE match_settings SET rematch_since = NULL WHERE org_id = $1 AND rematch_since = $2',
    [orgId, until],
  );
}

/** Entries that the bank took back or made smaller while nobody could free what they had paid. */
async function releaseDead(pool: Pool, orgId: string, now: Date): Promise<void> {
  const { rows } = await pool.query<{ entry_id: string }>(
    `SELECT e.entry_id FROM entry e
     WHERE e.org_id = $1 AND e.match_state IS NULL AND e.matched_minor_units > 0
       AND ${ENTRY_IS_UNLOCKED} LIMIT 1000`,
    [orgId],
  );
  for (const { entry_id: entryId } of rows) {
    await inTransaction(pool, async (client) => {
      const matchIds = await loadStandingOf(client, orgId, [entryId]);
      const scope = { orgId, by: 'system', now, reason: 'entryChanged' };
      await undoMatches(client, scope, matchIds, { onLocked: 'leave' });
    });
  }
}

async function countOpen(client: Queryable, orgId: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM (SELECT FROM entry e WHERE e.org_id = $1 AND ${ENTRY_IS_OPEN}
       AND ${ENTRY_IS_UNLOCKED} LIMIT ${SINGLE_MAX + 1}) open`,
    [orgId],
  );
  return Number(rows[0]?.count ?? 0);
}

/** Each by what an index finds around it, so that a million items need not be read for a few entries. */
async function matchSingly(deps: WaitingDeps, orgId: string, now: Date): Promise<void> {
  const org = await deps.directory.org(orgId);
  const stored = await getMatchSettings(deps.pool, orgId);
  const { rows } = await deps.pool.query<EntryLineRow>(
    `SELECT ${ENTRY_LINE_COLUMNS} FROM ${ENTRY_LINE_FROM}
     WHERE e.org_id = $1 AND ${ENTRY_IS_OPEN} AND ${ENTRY_IS_UNLOCKED}
     ORDER BY e.booking_date, e.entry_id LIMIT ${SINGLE_MAX}`,
    [orgId],
  );
  const lines = rows.map(toEntryLine);
  for (let from = 0; from < lines.length; from += BATCH) {
    await inTransaction(deps.pool, (client) =>
      matchOpenEntries(client, org, stored, lines.slice(from, from + BATCH), now),
    );
  }
}

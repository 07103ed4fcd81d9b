import type { ClientBase, Pool } from 'pg';
import { parseId } from '#core/ids.ts';
import type { AccountId, ConnectionId, OrgId } from '#core/ids.ts';

/** A poll that is due and ours for the length of its lease. */
export interface DuePoll {
  readonly orgId: OrgId;
  readonly accountId: AccountId;
  readonly connectionId: ConnectionId;
  readonly dueAtMs: number;
  readonly intervalSeconds: number;
  readonly provenUntilMs: number;
  readonly repullFromMs?: number;
  readonly failures: number;
  readonly lastSuccessAtMs?: number;
}

/** Claims polls whose time has come, the longest due first. One short statement, no long lock. */
export async function claimPolls(
  pool: Pool,
  workerId: string,
  options: { readonly now: Date; readonly leaseMs: number; readonly limit: number },
): Promise<DuePoll[]> {
  const { rows } = await pool.query<{
    org_id: string;
    account_id: string;
    connection_id: string;
    next_at: Date;
    interval_seconds: number;
    proven_until: Date;
    repull_from: Date | null;
    failures: number;
    last_success_at: Date | null;
  }>({
    name: 'claim-polls',
    text: `WITH due AS (
             SELECT org_id, account_id FROM poll
             WHERE next_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
             ORDER BY next_at LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED
           )
           UPDATE poll p SET lease_owner = $2, lease_until = $3, last_attempt_at = $1
           FROM due WHERE p.org_id = due.org_id AND p.account_id = due.account_id
           RETURNING p.org_id, p.account_id, p.connection_id, p.next_at, p.interval_seconds,
             p.proven_until, p.repull_from, p.failures, p.last_success_at`,
    values: [
      options.now,
      workerId,
      new Date(options.now.getTime() + options.leaseMs),
      options.limit,
    ],
  });
  return rows.map((row) => ({
    orgId: parseId('org', row.org_id),
    accountId: parseId('acc', row.account_id),
    connectionId: parseId('con', row.connection_id),
    dueAtMs: row.next_at.getTime(),
    intervalSeconds: row.interval_seconds,
    provenUntilMs: row.proven_until.getTime(),
    failures: row.failures,
    ...(row.repull_from === null ? {} : { repullFromMs: row.repull_from.getTime() }),
    ...(row.last_success_at === null ? {} : { lastSuccessAtMs: row.last_success_at.getTime() }),
  }));
}

/** When the earliest poll is due, so that the poller knows how long it may sleep. */
export async function nextPollAt(pool: Pool): Promise<number | undefined> {
  const { rows } = await pool.query<{ at: Date | null }>({
    name: 'next-poll',
    text: `SELECT min(greatest(next_at, coalesce(lease_until, next_at))) AS at
           FROM (SELECT next_at, lease_until FROM poll ORDER BY next_at LIMIT 500) p`,
  });
  return rows[0]?.at?.getTime();
}

export interface PollResult {
  readonly orgId: string;
  readonly accountId: string;
  readonly nextAtMs: number;
  /** Moves on only when the whole window was answered and read (ask 56). */
  readonly provenUntilMs?: number;
  readonly repullFromMs?: number;
  readonly failures: number;
  readonly code?: string;
  readonly succeededAtMs?: number;
}

/** Writes how polls ended and gives back their leases. */
export async function finishPolls(
  client: Pick<ClientBase, 'query'>,
  results: readonly PollResult[],
): Promise<void> {
  if (results.length === 0) return;
  const date = (ms: number | undefined): Date | null => (ms === undefined ? null : new Date(ms));
  await client.query({
    name: 'finish-polls',
    // An account is complete up to the proven moment, unless its balances do not chain (ask 52).
    text: `WITH r AS (
             SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[],
                       $5::timestamptz[], $6::int[], $7::text[], $8::timestamptz[])
             AS r (org_id, account_id, next_at, proven_until, repull_from, failures, code,
                   succeeded_at)
           ), proven AS (
             UPDATE account a SET complete_as_of = greatest(a.complete_as_of, r.proven_until)
             FROM r WHERE a.org_id = r.org_id AND a.account_id = r.account_id
               AND r.proven_until IS NOT NULL AND a.gap_since IS NULL
           )
           UPDATE poll p SET next_at = r.next_at, failures = r.failures, last_code = r.code,
             proven_until = coalesce(greatest(p.proven_until, r.proven_until), p.proven_until),
             repull_from = r.repull_from,
             last_success_at = coalesce(r.succeeded_at, p.last_success_at),
             lease_owner = NULL, lease_until = NULL
           FROM r WHERE p.org_id = r.org_id AND p.account_id = r.account_id`,
    values: [
      results.map(({ orgId }) => orgId),
      results.map(({ accountId }) => accountId),
      results.map(({ nextAtMs }) => new Date(nextAtMs)),
      results.map(({ provenUntilMs }) => date(provenUntilMs)),
      results.map(({ repullFromMs }) => date(repullFromMs)),
      results.map(({ failures }) => failures),
      results.map(({ code }) => code ?? null),
      results.map(({ succeededAtMs }) => date(succeededAtMs)),
    ],
  });
}

/** What is known of an account's running balance before a statement is recorded. */
export interface AccountContinuity {
  readonly lastBalanceMinorUnits?: bigint;
  readonly gapSinceMs?: number;
}

export async function loadContinuity(
  client: ClientBase,
  orgId: string,
  accountId: string,
): Promise<AccountContinuity> {
  const { rows } = await client.query<{
    last_balance_minor_units: string | null;
    gap_since: Date | null;
  }>({
    name: 'load-continuity',
    text: `SELECT last_balance_minor_units, gap_since FROM account
           WHERE org_id = $1 AND account_id = $2 FOR NO KEY UPDATE`,
    values: [orgId, accountId],
  });
  const row = rows[0];
  if (!row) return {};
  return {
    ...(row.last_balance_minor_units === null
      ? {}
      : { lastBalanceMinorUnits: BigInt(row.last_balance_minor_units) }),
    ...(row.gap_since === null ? {} : { gapSinceMs: row.gap_since.getTime() }),
  };
}

/** Writes how the account's running balance stands now. */
export async function saveContinuity(
  client: ClientBase,
  account: {
    readonly orgId: string;
    readonly accountId: string;
    readonly lastBalanceMinorUnits?: bigint;
    readonly gapSinceMs?: number;
  },
): Promise<void> {
  await client.query({
    name: 'save-completeness',
    text: `UPDATE account SET
             last_balance_minor_units = coalesce($3, last_balance_minor_units), gap_since = $4
           WHERE org_id = $1 AND account_id = $2`,
    values: [
      account.orgId,
      account.accountId,
      account.lastBalanceMinorUnits?.toString() ?? null,
      account.gapSinceMs === undefined ? null : new Date(account.gapSinceMs),
    ],
  });
}

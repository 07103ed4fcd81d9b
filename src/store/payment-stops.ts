import type { Instant } from '#core/dates.ts';
import type { Queryable } from './grants.ts';
import { toInstant } from './orgs.ts';

/** A pulled kill switch: while it is open, nothing leaves. */
export interface PaymentStop {
  readonly stopId: string;
  /** Absent: every account. */
  readonly accountId: string | undefined;
  readonly reason: string;
  readonly pulledBy: string;
  readonly pulledAt: Instant;
  readonly releaseProposedBy: string | undefined;
  readonly releaseProposedAt: Instant | undefined;
  readonly releasedBy: string | undefined;
  readonly releasedAt: Instant | undefined;
}

export interface StopRow {
  stop_id: string;
  account_id: string | null;
  reason: string;
  pulled_by: string;
  pulled_at: Date;
  release_proposed_by: string | null;
  release_proposed_at: Date | null;
  released_by: string | null;
  released_at: Date | null;
}

export const STOP_COLUMNS = `stop_id, account_id, reason, pulled_by, pulled_at,
  release_proposed_by, release_proposed_at, released_by, released_at`;

export function toStop(row: StopRow): PaymentStop {
  return {
    stopId: row.stop_id,
    accountId: row.account_id ?? undefined,
    reason: row.reason,
    pulledBy: row.pulled_by,
    pulledAt: toInstant(row.pulled_at),
    releaseProposedBy: row.release_proposed_by ?? undefined,
    releaseProposedAt: toInstant(row.release_proposed_at),
    releasedBy: row.released_by ?? undefined,
    releasedAt: toInstant(row.released_at),
  };
}

/** The stop that keeps this account from paying: its own, or the one for everything. */
export async function findStop(
  client: Queryable,
  orgId: string,
  accountId: string,
): Promise<PaymentStop | undefined> {
  const { rows } = await client.query<StopRow>(
    `SELECT ${STOP_COLUMNS} FROM payment_stop
     WHERE org_id = $1 AND released_at IS NULL AND (account_id IS NULL OR account_id = $2)
     ORDER BY account_id NULLS FIRST, stop_id LIMIT 1`,
    [orgId, accountId],
  );
  const [row] = rows;
  return row && toStop(row);
}

/** Whether nothing may leave this account now. Asked by the choke point, in its transaction. */
export async function isStopped(
  client: Queryable,
  orgId: string,
  accountId: string,
): Promise<boolean> {
  return (await findStop(client, orgId, accountId)) !== undefined;
}

/** Stops of an organisation, newest first; released ones only when asked for. */
export async function listStops(
  client: Queryable,
  scope: { readonly orgId: string; readonly isWithReleased?: boolean | undefined },
): Promise<PaymentStop[]> {
  const { rows } = await client.query<StopRow>(
    `SELECT ${STOP_COLUMNS} FROM payment_stop
     WHERE org_id = $1 AND ($2 OR released_at IS NULL) ORDER BY stop_id DESC LIMIT 500`,
    [scope.orgId, scope.isWithReleased ?? false],
  );
  return rows.map(toStop);
}

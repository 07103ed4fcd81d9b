import type { ClientBase, Pool } from 'pg';
import { parseId } from '#core/ids.ts';
import type { OrgId } from '#core/ids.ts';

/** An app whose events come by Stream. */
export interface StreamApp {
  readonly orgId: OrgId;
  readonly appId: string;
}

/**
 * Apps for which this worker holds the lease from now on. Several connections of one app would share
 * its events at random, so one worker at a time connects (dingtalk.md section 5.2). Whoever has it
 * keeps it; one that ran out is free.
 */
export async function takeStreamLeases(
  pool: Pool,
  claim: { readonly workerId: string; readonly now: Date; readonly leaseUntil: Date },
): Promise<StreamApp[]> {
  await pool.query({
    name: 'know-streams',
    text: `INSERT INTO dingtalk_stream (org_id, app_id)
           SELECT org_id, app_id FROM dingtalk_app a
           WHERE event_mode = 'stream' AND removed_at IS NULL AND NOT EXISTS (
             SELECT FROM dingtalk_stream s WHERE s.org_id = a.org_id AND s.app_id = a.app_id)
           ON CONFLICT DO NOTHING`,
    values: [],
  });
  const { rows } = await pool.query<{ org_id: string; app_id: string }>({
    name: 'take-stream-leases',
    text: `UPDATE dingtalk_stream s SET lease_owner = $1, lease_until = $3
           FROM (SELECT t.org_id, t.app_id FROM dingtalk_stream t
                 JOIN dingtalk_app a ON a.org_id = t.org_id AND a.app_id = t.app_id
                 WHERE a.event_mode = 'stream' AND a.removed_at IS NULL
                   AND (t.lease_owner = $1 OR t.lease_until IS NULL OR t.lease_until < $2)
                 ORDER BY t.org_id, t.app_id FOR NO KEY UPDATE OF t SKIP LOCKED) free
           WHERE s.org_id = free.org_id AND s.app_id = free.app_id
           RETURNING s.org_id, s.app_id`,
    values: [claim.workerId, claim.now, claim.leaseUntil],
  });
  return rows.map((row) => ({ orgId: parseId('org', row.org_id), appId: row.app_id }));
}

/** Gives the lease back, so that another worker need not wait for its end. */
export async function releaseStreamLease(
  pool: Pool,
  { orgId, appId }: StreamApp,
  workerId: string,
): Promise<void> {
  await pool.query(
    `UPDATE dingtalk_stream SET lease_owner = NULL, lease_until = NULL, connected_at = NULL
     WHERE org_id = $1 AND app_id = $2 AND lease_owner = $3`,
    [orgId, appId, workerId],
  );
}

/** What people see of a connection. */
export interface StreamState {
  readonly connectedAt: Date | undefined;
  readonly lastFrameAt: Date | undefined;
  readonly failures: number;
  readonly lastCode: string | undefined;
}

export async function saveStreamState(
  pool: Pool,
  { orgId, appId }: StreamApp,
  workerId: string,
  state: StreamState,
): Promise<void> {
  await pool.query({
    name: 'save-stream-state',
    text: `UPDATE dingtalk_stream SET connected_at = $4, last_frame_at = coalesce($5, last_frame_at),
             failures = $6, last_code = $7,
             down_since = CASE WHEN $4::timestamptz IS NULL THEN coalesce(down_since, now()) END
           WHERE org_id = $1 AND app_id = $2 AND lease_owner = $3`,
    values: [
      orgId,
      appId,
      workerId,
      state.connectedAt ?? null,
      state.lastFrameAt ?? null,
      state.failures,
      state.lastCode ?? null,
    ],
  });
}

/** Connections of an organisation by app. */
export async function loadStreamStates(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
): Promise<ReadonlyMap<string, StreamState>> {
  const { rows } = await client.query<{
    app_id: string;
    connected_at: Date | null;
    last_frame_at: Date | null;
    failures: number;
    last_code: string | null;
  }>(
    `SELECT app_id, connected_at, last_frame_at, failures, last_code FROM dingtalk_stream
     WHERE org_id = $1`,
    [orgId],
  );
  return new Map(
    rows.map((row) => [
      row.app_id,
      {
        connectedAt: row.connected_at ?? undefined,
        lastFrameAt: row.last_frame_at ?? undefined,
        failures: row.failures,
        lastCode: row.last_code ?? undefined,
      },
    ]),
  );
}

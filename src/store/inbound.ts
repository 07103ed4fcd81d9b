import type { ClientBase, Pool } from 'pg';
import type { ConnectionId, InboundId, OrgId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import type { ErrorDetails } from '#core/errors.ts';

/** A verified message on its way into the table. */
export interface NewInbound {
  readonly orgId: OrgId;
  readonly inboundId: InboundId;
  readonly connectionId: ConnectionId;
  readonly receivedAt: Date;
  readonly subpath: string;
  readonly remoteAddress: string;
  readonly sealed: Buffer;
  readonly digest: Buffer;
  readonly verifiedBy: string;
  readonly nonce: string;
  readonly messageKey: string;
}

/** `stored` is on disk now; `repeated` and `replayed` tell what an earlier use of the nonce was. */
export type StoreOutcome = 'stored' | 'repeated' | 'replayed';

const STORE_SQL = `
WITH message AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[],
                       $6::text[], $7::bytea[], $8::bytea[], $9::text[], $10::text[], $11::text[])
    AS m (org_id, inbound_id, connection_id, received_at, subpath, remote_address, sealed, digest,
          verified_by, nonce, message_key)
), fresh AS (
  INSERT INTO inbound_nonce (org_id, connection_id, nonce, inbound_id, message_key, used_at)
  SELECT org_id, connection_id, nonce, inbound_id, message_key, received_at FROM message
  ON CONFLICT (org_id, connection_id, nonce) DO NOTHING
  RETURNING inbound_id
)
INSERT INTO inbound (org_id, inbound_id, connection_id, received_at, subpath, remote_address,
                     sealed, digest, verified_by, message_key, state)
SELECT m.org_id, m.inbound_id, m.connection_id, m.received_at, m.subpath, m.remote_address,
       m.sealed, m.digest, m.verified_by, m.message_key, 'stored'
FROM message m JOIN fresh f ON f.inbound_id = m.inbound_id
RETURNING inbound_id`;

/**
 * Stores many messages in one statement, so that calls which arrive together share one commit.
 * The outcome is known only after the commit: the caller answers the bank then and not before.
 */
export async function storeInbound(
  pool: Pool,
  messages: readonly NewInbound[],
): Promise<StoreOutcome[]> {
  const column = <T>(read: (message: NewInbound) => T): T[] => messages.map(read);
  const { rows } = await pool.query<{ inbound_id: string }>({
    name: 'store-inbound',
    text: STORE_SQL,
    values: [
      column((message) => message.orgId),
      column((message) => message.inboundId),
      column((message) => message.connectionId),
      column((message) => message.receivedAt),
      column((message) => message.subpath),
      column((message) => message.remoteAddress),
      column((message) => message.sealed),
      column((message) => message.digest),
      column((message) => message.verifiedBy),
      column((message) => message.nonce),
      column((message) => message.messageKey),
    ],
  });
  const stored = new Set(rows.map(({ inbound_id }) => inbound_id));
  return Promise.all(
    messages.map((message) =>
      stored.has(message.inboundId)
        ? Promise.resolve<StoreOutcome>('stored')
        : outcomeOfRepeat(pool, message),
    ),
  );
}

async function outcomeOfRepeat(pool: Pool, message: NewInbound): Promise<StoreOutcome> {
  const { rows } = await pool.query<{ message_key: string }>(
    `SELECT message_key FROM inbound_nonce
     WHERE org_id = $1 AND connection_id = $2 AND nonce = $3`,
    [message.orgId, message.connectionId, message.nonce],
  );
  return rows[0]?.message_key === message.messageKey ? 'repeated' : 'replayed';
}

/** A call that was refused: kept without its content beyond a short head, never parsed. */
export interface RefusedInbound {
  readonly orgId: OrgId;
  readonly inboundId: InboundId;
  readonly connectionId: ConnectionId;
  readonly receivedAt: Date;
  readonly subpath: string;
  readonly remoteAddress: string;
  readonly sealed: Buffer;
  readonly digest: Buffer;
  readonly code: string;
  readonly details: ErrorDetails;
}

export async function storeRefusal(pool: Pool, refused: RefusedInbound): Promise<void> {
  await pool.query(
    `INSERT INTO inbound (org_id, inbound_id, connection_id, received_at, subpath, remote_address,
                          sealed, digest, state, refusal_code, refusal_details, processed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'refused', $9, $10, $4)`,
    [
      refused.orgId,
      refused.inboundId,
      refused.connectionId,
      refused.receivedAt,
      refused.subpath,
      refused.remoteAddress,
      refused.sealed,
      refused.digest,
      refused.code,
      JSON.stringify(refused.details),
    ],
  );
}

/** A stored message that the caller's transaction holds. */
export interface ClaimedInbound {
  readonly orgId: OrgId;
  readonly inboundId: InboundId;
  readonly connectionId: ConnectionId;
  readonly receivedAt: Date;
  readonly subpath: string;
  readonly sealed: Buffer;
  readonly messageKey: string;
  readonly attempts: number;
}

/** Claims waiting messages, oldest first, for the length of the transaction. */
export async function claimInbound(client: ClientBase, limit: number): Promise<ClaimedInbound[]> {
  const { rows } = await client.query<{
    org_id: string;
    inbound_id: string;
    connection_id: string;
    received_at: Date;
    subpath: string;
    sealed: Buffer;
    message_key: string;
    attempts: number;
  }>({
    name: 'claim-inbound',
    text: `SELECT org_id, inbound_id, connection_id, received_at, subpath, sealed, message_key,
                  attempts
           FROM inbound WHERE state = 'stored' ORDER BY received_at, inbound_id
           LIMIT $1 FOR UPDATE SKIP LOCKED`,
    values: [limit],
  });
  return rows.map((row) => ({
    orgId: parseId('org', row.org_id),
    inboundId: parseId('inb', row.inbound_id),
    connectionId: parseId('con', row.connection_id),
    receivedAt: row.received_at,
    subpath: row.subpath,
    sealed: row.sealed,
    messageKey: row.message_key,
    attempts: row.attempts,
  }));
}

export interface InboundOutcome {
  readonly orgId: OrgId;
  readonly inboundId: InboundId;
  readonly state: 'processed' | 'quarantined';
  readonly problem?: string;
}

/** Writes what became of claimed messages. */
export async function finishInbound(
  client: ClientBase,
  outcomes: readonly InboundOutcome[],
  at: Date,
): Promise<void> {
  if (outcomes.length === 0) return;
  await client.query({
    name: 'finish-inbound',
    text: `UPDATE inbound i SET state = o.state, problem = o.problem, processed_at = $5,
                  attempts = i.attempts + 1
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
             AS o (org_id, inbound_id, state, problem)
           WHERE i.org_id = o.org_id AND i.inbound_id = o.inbound_id`,
    values: [
      outcomes.map((outcome) => outcome.orgId),
      outcomes.map((outcome) => outcome.inboundId),
      outcomes.map((outcome) => outcome.state),
      outcomes.map((outcome) => outcome.problem ?? null),
      at,
    ],
  });
}

import type { ClientBase } from 'pg';
import { sealedColumns } from './services.ts';
import type { Services } from './services.ts';

/** A bank's access token and its end. */
export interface StoredSession {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** The shared access token of a connection, or undefined when none is stored. */
export async function loadSession(
  client: Pick<ClientBase, 'query'>,
  services: Services,
  orgId: string,
  connectionId: string,
): Promise<StoredSession | undefined> {
  const { rows } = await client.query<{ sealed_token: Buffer; expires_at: Date }>(
    'SELECT sealed_token, expires_at FROM session WHERE org_id = $1 AND connection_id = $2',
    [orgId, connectionId],
  );
  const row = rows[0];
  if (!row) return undefined;
  const place = { orgId, column: sealedColumns.bankSession, rowId: connectionId };
  const token = (await services.keyring.unseal(row.sealed_token, place)).toString('utf8');
  return { token, expiresAtMs: row.expires_at.getTime() };
}

export async function saveSession(
  client: Pick<ClientBase, 'query'>,
  services: Services,
  orgId: string,
  connectionId: string,
  session: StoredSession,
): Promise<void> {
  const place = { orgId, column: sealedColumns.bankSession, rowId: connectionId };
  const sealed = await services.keyring.seal(Buffer.from(session.token), place);
  await client.query(
    `INSERT INTO session (org_id, connection_id, sealed_token, expires_at)
     VALUES ($1, $2, $3, $4)
     ON CONFLICT (org_id, connection_id)
     DO UPDATE SET sealed_token = excluded.sealed_token, expires_at = excluded.expires_at`,
    [orgId, connectionId, sealed, new Date(session.expiresAtMs)],
  );
}

/** Forgets a token that the bank no longer takes. */
export async function dropSession(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
  connectionId: string,
): Promise<void> {
  await client.query('DELETE FROM session WHERE org_id = $1 AND connection_id = $2', [
    orgId,
    connectionId,
  ]);
}

import type { Pool } from 'pg';
import { sealedColumns } from './services.ts';
import type { Services } from './services.ts';

/** An app's access token as all processes share it. */
export interface AppToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

export interface AppPlace {
  readonly orgId: string;
  readonly appId: string;
}

export async function loadAppToken(
  services: Services,
  client: Pick<Pool, 'query'>,
  { orgId, appId }: AppPlace,
): Promise<AppToken | undefined> {
  const { rows } = await client.query<{
    sealed_token: Buffer | null;
    token_expires_at: Date | null;
  }>('SELECT sealed_token, token_expires_at FROM dingtalk_app WHERE org_id = $1 AND app_id = $2', [
    orgId,
    appId,
  ]);
  const row = rows[0];
  if (!row?.sealed_token || !row.token_expires_at) return undefined;
  const place = { orgId, column: sealedColumns.appToken, rowId: appId };
  const token = (await services.keyring.unseal(row.sealed_token, place)).toString('utf8');
  return { token, expiresAtMs: row.token_expires_at.getTime() };
}

export async function saveAppToken(
  services: Services,
  client: Pick<Pool, 'query'>,
  { orgId, appId }: AppPlace,
  { token, expiresAtMs }: AppToken,
): Promise<void> {
  const place = { orgId, column: sealedColumns.appToken, rowId: appId };
  const sealed = await services.keyring.seal(Buffer.from(token), place);
  await client.query(
    `UPDATE dingtalk_app SET sealed_token = $3, token_expires_at = $4
     WHERE org_id = $1 AND app_id = $2`,
    [orgId, appId, sealed, new Date(expiresAtMs)],
  );
}

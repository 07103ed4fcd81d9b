import type { ClientBase } from 'pg';
import type { Instant } from '#core/dates.ts';
import { instantFromMs } from '#core/dates.ts';
import { SecretText } from '#core/secret-text.ts';
import { newId } from '#secret/ids.ts';
import { fingerprint } from '#secret/seal.ts';
import type { Keyring } from './keyring.ts';
import type { Services } from './services.ts';
import { sealedColumns } from './services.ts';

/** A secret ready to be stored; sealing happens before the transaction, which needs no key then. */
export interface SealedSecret {
  readonly secretId: string;
  readonly field: string;
  readonly sealed: Buffer;
  readonly fingerprint: string;
}

/** What may be shown of a secret. */
export interface SecretFingerprint {
  readonly field: string;
  readonly fingerprint: string;
  readonly since: Instant;
}

/** Seals values by field name. */
export async function sealSecrets(
  keyring: Keyring,
  orgId: string,
  values: Readonly<Record<string, string>>,
): Promise<SealedSecret[]> {
  return Promise.all(
    Object.entries(values).map(async ([field, value]) => {
      const secretId = newId('sec');
      const place = { orgId, column: sealedColumns.secret, rowId: secretId };
      return {
        secretId,
        field,
        sealed: await keyring.seal(Buffer.from(value), place),
        fingerprint: fingerprint(value),
      };
    }),
  );
}

/**
 * Stores secrets of an owner. One that was there under the same field is kept as replaced, so that
 * a message that is still signed with it can be judged while both are valid.
 */
export async function writeSecrets(
  client: ClientBase,
  owner: { readonly orgId: string; readonly ownerId: string },
  secrets: readonly SealedSecret[],
): Promise<void> {
  for (const secret of secrets) {
    await client.query(
      `UPDATE secret SET replaced_at = now()
       WHERE org_id = $1 AND owner_id = $2 AND field = $3 AND replaced_at IS NULL`,
      [owner.orgId, owner.ownerId, secret.field],
    );
    await client.query(
      `INSERT INTO secret (org_id, secret_id, owner_id, field, sealed, fingerprint)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [
        owner.orgId,
        secret.secretId,
        owner.ownerId,
        secret.field,
        secret.sealed,
        secret.fingerprint,
      ],
    );
  }
}

/** Deletes every secret of an owner that is removed for good; what is gone cannot leak. */
export async function deleteSecrets(
  client: ClientBase,
  owner: { readonly orgId: string; readonly ownerId: string },
): Promise<void> {
  await client.query('DELETE FROM secret WHERE org_id = $1 AND owner_id = $2', [
    owner.orgId,
    owner.ownerId,
  ]);
}

/** Opens the current secrets of an owner. */
export async function loadSecrets(
  services: Services,
  owner: { readonly orgId: string; readonly ownerId: string },
): Promise<ReadonlyMap<string, SecretText>> {
  const { rows } = await services.pool.query<{ secret_id: string; field: string; sealed: Buffer }>(
    `SELECT secret_id, field, sealed FROM secret
     WHERE org_id = $1 AND owner_id = $2 AND replaced_at IS NULL ORDER BY field`,
    [owner.orgId, owner.ownerId],
  );
  const opened = rows.map(async ({ secret_id, field, sealed }) => {
    const place = { orgId: owner.orgId, column: sealedColumns.secret, rowId: secret_id };
    const plain = await services.keyring.unseal(sealed, place);
    return [field, new SecretText(plain.toString('utf8'))] as const;
  });
  return new Map(await Promise.all(opened));
}

interface FingerprintRow {
  owner_id: string;
  field: string;
  fingerprint: string;
  created_at: Date;
}

/** Fingerprints of the current secrets of several owners. */
export async function listFingerprints(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
  ownerIds: readonly string[],
): Promise<ReadonlyMap<string, readonly SecretFingerprint[]>> {
  const { rows } = await client.query<FingerprintRow>(
    `SELECT owner_id, field, fingerprint, created_at FROM secret
     WHERE org_id = $1 AND owner_id = ANY($2) AND replaced_at IS NULL ORDER BY owner_id, field`,
    [orgId, ownerIds],
  );
  const byOwner = new Map<string, SecretFingerprint[]>();
  for (const row of rows) {
    const list = byOwner.get(row.owner_id) ?? [];
    list.push({
      field: row.field,
      fingerprint: row.fingerprint,
      since: instantFromMs(row.created_at.getTime()),
    });
    byOwner.set(row.owner_id, list);
  }
  return byOwner;
}

import { createHash, randomBytes } from 'node:crypto';
import type { Instant } from '#core/dates.ts';
import { addMs, instantFromMs } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { SecretText } from '#core/secret-text.ts';
import { newId } from '#secret/ids.ts';
import { oneOf } from './audited.ts';
import type { Actor, AdminServices } from './orgs.ts';
import { changeSettings, invalidField, parseName, toInstant } from './orgs.ts';
import { requirePerson } from './persons.ts';

/** What a token may do: each scope includes the ones before it. */
export const tokenScopes = ['read', 'write', 'admin'] as const;
export type TokenScope = (typeof tokenScopes)[number];

export interface ApiToken {
  readonly tokenId: string;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** Whoever holds it acts as this person; absent, it is a machine and approves nothing. */
  readonly personId: string | undefined;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | undefined;
  readonly revokedAt: Instant | undefined;
  readonly lastUsedAt: Instant | undefined;
}

interface TokenRow {
  token_id: string;
  name: string;
  scopes: string[];
  person_id: string | null;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

const COLUMNS =
  'token_id, name, scopes, person_id, created_at, expires_at, revoked_at, last_used_at';
const DAY_MS = 86_400_000;
const RANDOM_BYTES = 24;
const TOKEN = /^cbt_([0-9a-z]{4,40})_[A-Za-z0-9_-]{32}$/;
const USE_NOTED_EVERY_MS = 60_000;

function toToken(row: TokenRow): ApiToken {
  return {
    tokenId: row.token_id,
    name: row.name,
    scopes: tokenScopes.filter((scope) => row.scopes.includes(scope)),
    personId: row.person_id ?? undefined,
    createdAt: instantFromMs(row.created_at.getTime()),
    expiresAt: toInstant(row.expires_at),
    revokedAt: toInstant(row.revoked_at),
    lastUsedAt: toInstant(row.last_used_at),
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Makes a token. Its text is given back this once; the database holds only its digest, and a
 * 192-bit random value needs no slow hash. The text names its organisation, so that it is looked
 * up where that organisation's rows are.
 */
export async function createToken(
  services: AdminServices,
  input: {
    readonly orgId: string;
    readonly name: string;
    readonly scopes: readonly TokenScope[];
    readonly expiresInDays?: number | undefined;
    /** The token acts as this person. Made on the machine, or by that person; see the callers. */
    readonly personId?: string | undefined;
  },
  actor: Actor,
): Promise<{ readonly token: SecretText; readonly record: ApiToken }> {
  if (input.scopes.length === 0) throw invalidField('scopes', 'needs at least one scope');
  const days = input.expiresInDays;
  if (days !== undefined && (!Number.isInteger(days) || days < 1 || days > 3650)) {
    throw invalidField('expiresInDays', 'must be a whole number from 1 to 3650');
  }
  const tokenId = newId('tok');
  const name = parseName(input.name);
  const text = `cbt_${input.orgId.replace(/^org_/, '')}_${randomBytes(RANDOM_BYTES).toString('base64url')}`;
  const expiresAt = days === undefined ? undefined : addMs(services.now(), days * DAY_MS);
  const { orgId, scopes, personId } = input;
  const record = await changeSettings(services, { orgId, actor }, async (client) => {
    if (personId !== undefined) await requirePerson(client, orgId, personId);
    const { rows } = await client.query<TokenRow>(
      `INSERT INTO api_token (org_id, token_id, name, digest, scopes, expires_at, person_id,
         created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${COLUMNS}`,
      [
        orgId,
        tokenId,
        name,
        digestOf(text),
        scopes,
        expiresAt?.toString() ?? null,
        personId ?? null,
        actor,
      ],
    );
    const row = oneOf(rows, 'token', tokenId);
    const after = { name, scopes, expiresAt: expiresAt?.toString(), personId };
    return { result: toToken(row), audit: { action: 'token.created', subject: tokenId, after } };
  });
  return { token: new SecretText(text), record };
}

export async function listTokens(
  services: Pick<AdminServices, 'pool'>,
  orgId: string,
): Promise<ApiToken[]> {
  const { rows } = await services.pool.query<TokenRow>(
    `SELECT ${COLUMNS} FROM api_token WHERE org_id = $1 ORDER BY token_id`,
    [orgId],
  );
  return rows.map(toToken);
}

/** Ends a token at once; doing it twice changes nothing. */
export async function revokeToken(
  services: AdminServices,
  input: { readonly orgId: string; readonly tokenId: string },
  actor: Actor,
): Promise<ApiToken> {
  return changeSettings(services, { orgId: input.orgId, actor }, async (client) => {
    const find = async (sql: string): Promise<TokenRow | undefined> => {
      const { rows } = await client.query<TokenRow>(sql, [input.orgId, input.tokenId]);
      return rows[0];
    };
    const revoked = await find(
      `UPDATE api_token SET revoked_at = now()
       WHERE org_id = $1 AND token_id = $2 AND revoked_at IS NULL RETURNING ${COLUMNS}`,
    );
    if (revoked) {
      const after = { name: revoked.name };
      const audit = { action: 'token.revoked', subject: input.tokenId, after };
      return { result: toToken(revoked), audit };
    }
    const known = await find(
      `SELECT ${COLUMNS} FROM api_token WHERE org_id = $1 AND token_id = $2`,
    );
    if (!known) throw new CashbellError('api.notFound', { what: 'token', id: input.tokenId });
    return { result: toToken(known) };
  });
}

/** Whom a token speaks for. */
export interface TokenHolder {
  readonly orgId: string;
  readonly tokenId: string;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly personId: string | undefined;
}

/** Finds the holder of a token's text, or `undefined` when it is unknown, expired or revoked. */
export async function authenticateToken(
  services: Pick<AdminServices, 'pool' | 'now'>,
  text: string,
): Promise<TokenHolder | undefined> {
  const orgPart = TOKEN.exec(text)?.[1];
  if (orgPart === undefined) return undefined;
  const orgId = `org_${orgPart}`;
  const { rows } = await services.pool.query<TokenRow>(
    `SELECT ${COLUMNS} FROM api_token t
     WHERE org_id = $1 AND digest = $2 AND revoked_at IS NULL
       AND (person_id IS NULL OR EXISTS (
         SELECT FROM person p WHERE p.org_id = t.org_id AND p.person_id = t.person_id
                                AND p.removed_at IS NULL))`,
    [orgId, digestOf(text)],
  );
  const [row] = rows;
  const nowMs = services.now().epochMilliseconds;
  if (!row || (row.expires_at && row.expires_at.getTime() <= nowMs)) return undefined;
  if (!row.last_used_at || nowMs - row.last_used_at.getTime() > USE_NOTED_EVERY_MS) {
    await services.pool.query(
      'UPDATE api_token SET last_used_at = $3 WHERE org_id = $1 AND token_id = $2',
      [orgId, row.token_id, new Date(nowMs)],
    );
  }
  const { tokenId, name, scopes, personId } = toToken(row);
  return { orgId, tokenId, name, scopes, personId };
}

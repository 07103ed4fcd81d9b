import type { ClientBase } from 'pg';
import type { Connector, Environment } from '#connectors/contract.ts';
import type { Instant } from '#core/dates.ts';
import { instantFromMs } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { ConnectionId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import { newId } from '#secret/ids.ts';
import { parseAllowedAddresses, parseBaseUrl } from './connection-values.ts';
import type { Actor, AdminServices } from './orgs.ts';
import { changeSettings, invalidField, parseName, toInstant } from './orgs.ts';
import type { SealedSecret, SecretFingerprint } from './secrets.ts';
import { deleteSecrets, listFingerprints, sealSecrets, writeSecrets } from './secrets.ts';

export type ConnectionState = 'active' | 'paused' | 'removed';

/** A bank connection as administrators see it: everything but the secrets. */
export interface ConnectionRecord {
  readonly connectionId: ConnectionId;
  readonly connector: string;
  readonly name: string;
  readonly environment: Environment;
  readonly baseUrl: string;
  readonly config: Readonly<Record<string, string>>;
  readonly secrets: readonly SecretFingerprint[];
  readonly learned: Readonly<Record<string, string>>;
  readonly allowedAddresses: readonly string[];
  readonly state: ConnectionState;
  /** Since when it may be used in production; absent after each change until the test is green. */
  readonly armedAt: Instant | undefined;
  readonly failingSince: Instant | undefined;
  readonly failingCode: string | undefined;
  readonly lastSuccessAt: Instant | undefined;
  readonly lastTestedAt: Instant | undefined;
  readonly lastTestPassed: boolean | undefined;
  readonly createdAt: Instant;
}

interface ConnectionRow {
  connection_id: string;
  connector: string;
  name: string;
  environment: Environment;
  base_url: string;
  config: Record<string, string>;
  learned: Record<string, string>;
  allowed_addresses: string[];
  state: ConnectionState;
  armed_at: Date | null;
  failing_since: Date | null;
  failing_code: string | null;
  last_success_at: Date | null;
  created_at: Date;
  tested_at: Date | null;
  passed: boolean | null;
}

const SELECT = `
  SELECT c.connection_id, c.connector, c.name, c.environment, c.base_url, c.config, c.learned,
         c.allowed_addresses, c.state, c.armed_at, c.failing_since, c.failing_code,
         c.last_success_at, c.created_at, t.tested_at, t.passed
  FROM connection c
  LEFT JOIN LATERAL (
    SELECT tested_at, passed FROM connection_test
    WHERE org_id = c.org_id AND connection_id = c.connection_id
    ORDER BY tested_at DESC LIMIT 1
  ) t ON true`;

function toRecord(row: ConnectionRow, secrets: readonly SecretFingerprint[]): ConnectionRecord {
  return {
    connectionId: parseId('con', row.connection_id),
    connector: row.connector,
    name: row.name,
    environment: row.environment,
    baseUrl: row.base_url,
    config: row.config,
    secrets,
    learned: row.learned,
    allowedAddresses: row.allowed_addresses,
    state: row.state,
    armedAt: toInstant(row.armed_at),
    failingSince: toInstant(row.failing_since),
    failingCode: row.failing_code ?? undefined,
    lastSuccessAt: toInstant(row.last_success_at),
    lastTestedAt: toInstant(row.tested_at),
    lastTestPassed: row.passed ?? undefined,
    createdAt: instantFromMs(row.created_at.getTime()),
  };
}

type Reader = Pick<ClientBase, 'query'>;

/** Connections of an organisation, removed ones left out, oldest first. */
export async function listConnections(
  services: Pick<AdminServices, 'pool'>,
  orgId: string,
): Promise<ConnectionRecord[]> {
  const { rows } = await services.pool.query<ConnectionRow>(
    `${SELECT} WHERE c.org_id = $1 AND c.state <> 'removed' ORDER BY c.connection_id`,
    [orgId],
  );
  const ids = rows.map((row) => row.connection_id);
  const secrets = await listFingerprints(services.pool, orgId, ids);
  return rows.map((row) => toRecord(row, secrets.get(row.connection_id) ?? []));
}

export async function getConnection(
  services: Pick<AdminServices, 'pool'>,
  scope: { readonly orgId: string; readonly connectionId: string },
): Promise<ConnectionRecord> {
  return readConnection(services.pool, scope);
}

/** Reads one connection inside a transaction. */
export async function readConnection(
  client: Reader,
  { orgId, connectionId }: { readonly orgId: string; readonly connectionId: string },
): Promise<ConnectionRecord> {
  const { rows } = await client.query<ConnectionRow>(
    `${SELECT} WHERE c.org_id = $1 AND c.connection_id = $2 AND c.state <> 'removed'`,
    [orgId, connectionId],
  );
  const [row] = rows;
  if (!row) throw new CashbellError('connection.notFound', { id: connectionId.slice(0, 60) });
  const secrets = await listFingerprints(client, orgId, [connectionId]);
  return toRecord(row, secrets.get(connectionId) ?? []);
}

export interface ConnectionInput {
  readonly orgId: string;
  /** Of the catalogue; the store needs its id, its fields and its default addresses. */
  readonly connector: Pick<Connector, 'id' | 'fields' | 'traits'>;
  readonly name: string;
  readonly environment: Environment;
  /** Default: the connector's address for the environment. */
  readonly baseUrl?: string | undefined;
  /** Values by field name, secrets among them; already checked against the connector's schema. */
  readonly values: Readonly<Record<string, string>>;
  readonly allowedAddresses?: readonly string[] | undefined;
}

/** Splits values into what may be shown and what is sealed. */
export function splitValues(
  fields: Connector['fields'],
  values: Readonly<Record<string, string>>,
): { config: Record<string, string>; secrets: Record<string, string> } {
  const secretNames = new Set(fields.filter((field) => field.isSecret).map((field) => field.name));
  const entries = Object.entries(values);
  return {
    config: Object.fromEntries(entries.filter(([name]) => !secretNames.has(name))),
    secrets: Object.fromEntries(entries.filter(([name]) => secretNames.has(name))),
  };
}

/**
 * Adds a connection. Production opens only after a sandbox connection of the same bank has passed
 * its test, and a key that serves the other environment is refused (asks 65 and 66).
 */
export async function addConnection(
  services: AdminServices,
  input: ConnectionInput,
  actor: Actor,
): Promise<ConnectionRecord> {
  const connectionId = newId('con');
  const name = parseName(input.name);
  const baseUrl = parseBaseUrl(
    input.environment,
    input.baseUrl ?? input.connector.traits.baseUrls[input.environment] ?? '',
  );
  const allowedAddresses = parseAllowedAddresses(input.allowedAddresses ?? []);
  const { config, secrets } = splitValues(input.connector.fields, input.values);
  const sealed = await sealSecrets(services.keyring, input.orgId, secrets);
  const scope = { orgId: input.orgId, connectionId };
  return changeSettings(services, { orgId: input.orgId, actor }, async (client) => {
    const place = { orgId: input.orgId, connector: input.connector.id };
    if (input.environment === 'production') await requireGreenSandbox(client, place);
    await refuseOtherEnvironment(client, { ...place, environment: input.environment }, sealed);
    await client.query(
      `INSERT INTO connection (org_id, connection_id, connector, name, environment, base_url,
                               config, allowed_addresses)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        input.orgId,
        connectionId,
        input.connector.id,
        name,
        input.environment,
        baseUrl,
        JSON.stringify(config),
        allowedAddresses,
      ],
    );
    await writeSecrets(client, { orgId: input.orgId, ownerId: connectionId }, sealed);
    const result = await readConnection(client, scope);
    const after = toAudit(result);
    return { result, audit: { action: 'connection.added', subject: connectionId, after } };
  });
}

async function requireGreenSandbox(
  client: Reader,
  place: { readonly orgId: string; readonly connector: string },
): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT FROM connection_test t JOIN connection c USING (org_id, connection_id)
     WHERE t.org_id = $1 AND c.connector = $2 AND c.environment = 'sandbox' AND t.passed LIMIT 1`,
    [place.orgId, place.connector],
  );
  if (rowCount === 0) {
    throw new CashbellError('connection.notArmed', {
      connector: place.connector,
      field: 'environment',
      problem: 'no sandbox connection of this bank has passed its test yet',
    });
  }
}

async function refuseOtherEnvironment(
  client: Reader,
  place: { readonly orgId: string; readonly connector: string; readonly environment: Environment },
  secrets: readonly SealedSecret[],
): Promise<void> {
  const { rows } = await client.query<{ fingerprint: string; name: string }>(
    `SELECT s.fingerprint, c.name
     FROM secret s JOIN connection c ON c.org_id = s.org_id AND c.connection_id = s.owner_id
     WHERE s.org_id = $1 AND c.connector = $2 AND c.environment <> $3 AND c.state <> 'removed'
       AND s.replaced_at IS NULL AND s.fingerprint = ANY($4) LIMIT 1`,
    [place.orgId, place.connector, place.environment, secrets.map((secret) => secret.fingerprint)],
  );
  const [row] = rows;
  if (!row) return;
  throw new CashbellError('connection.environmentMismatch', {
    field: secrets.find((secret) => secret.fingerprint === row.fingerprint)?.field ?? 'secret',
    fingerprint: row.fingerprint,
    otherConnection: row.name,
    problem: `this key serves "${row.name}" in the other environment`,
  });
}

/** Fingerprints of keys of the same bank in the other environment, for the dry check of a test. */
export async function listForeignFingerprints(
  services: Pick<AdminServices, 'pool'>,
  place: { readonly orgId: string; readonly connector: string; readonly environment: Environment },
): Promise<ReadonlySet<string>> {
  const { rows } = await services.pool.query<{ fingerprint: string }>(
    `SELECT s.fingerprint
     FROM secret s JOIN connection c ON c.org_id = s.org_id AND c.connection_id = s.owner_id
     WHERE s.org_id = $1 AND c.connector = $2 AND c.environment <> $3 AND c.state <> 'removed'
       AND s.replaced_at IS NULL`,
    [place.orgId, place.connector, place.environment],
  );
  return new Set(rows.map((row) => row.fingerprint));
}

export interface ConnectionChange {
  readonly orgId: string;
  readonly connectionId: string;
  readonly connector: Pick<Connector, 'id' | 'fields'>;
  readonly name?: string | undefined;
  readonly baseUrl?: string | undefined;
  /** New values by field name; fields that are not named stay as they are. */
  readonly values?: Readonly<Record<string, string>> | undefined;
  readonly allowedAddresses?: readonly string[] | undefined;
}

/**
 * Changes a connection. A changed address, setting or secret disarms it, and the bank's session
 * that was opened with the old ones is forgotten.
 */
export async function changeConnection(
  services: AdminServices,
  change: ConnectionChange,
  actor: Actor,
): Promise<ConnectionRecord> {
  const { orgId, connectionId } = change;
  const { config, secrets } = splitValues(change.connector.fields, change.values ?? {});
  const sealed = await sealSecrets(services.keyring, orgId, secrets);
  return changeSettings(services, { orgId, actor }, async (client) => {
    const before = await readConnection(client, change);
    const place = { orgId, connector: before.connector, environment: before.environment };
    await refuseOtherEnvironment(client, place, sealed);
    const baseUrl =
      change.baseUrl === undefined
        ? before.baseUrl
        : parseBaseUrl(before.environment, change.baseUrl);
    if (isSentElsewhere(before, baseUrl)) {
      await requireSecretsAnew(client, change, Object.keys(secrets));
    }
    const nextConfig = { ...before.config, ...config };
    const disarms =
      sealed.length > 0 ||
      baseUrl !== before.baseUrl ||
      Object.entries(nextConfig).some(([name, value]) => before.config[name] !== value);
    await client.query(
      `UPDATE connection SET name = $3, base_url = $4, config = $5, allowed_addresses = $6,
              armed_at = CASE WHEN $7 THEN NULL ELSE armed_at END,
              learned = CASE WHEN $7 THEN '{}' ELSE learned END
       WHERE org_id = $1 AND connection_id = $2`,
      [
        orgId,
        connectionId,
        change.name === undefined ? before.name : parseName(change.name),
        baseUrl,
        JSON.stringify(nextConfig),
        change.allowedAddresses === undefined
          ? before.allowedAddresses
          : parseAllowedAddresses(change.allowedAddresses),
        disarms,
      ],
    );
    if (disarms) await forgetSession(client, change);
    await writeSecrets(client, { orgId, ownerId: connectionId }, sealed);
    const result = await readConnection(client, change);
    const audit = {
      action: sealed.length > 0 ? 'connection.secretsReplaced' : 'connection.changed',
      subject: connectionId,
      before: toAudit(before),
      after: toAudit(result),
    };
    return { result, audit };
  });
}

/** Whether production keys would go to another host than the one that they were entered for. */
function isSentElsewhere(
  before: Pick<ConnectionRecord, 'environment' | 'baseUrl'>,
  baseUrl: string,
): boolean {
  return (
    before.environment === 'production' &&
    new URL(baseUrl).origin !== new URL(before.baseUrl).origin
  );
}

/**
 * Another host gets the secrets only from somebody who has them: otherwise whoever may change an
 * address could have the bank's keys sent to a machine of their own by the next test.
 */
async function requireSecretsAnew(
  client: Reader,
  { orgId, connectionId }: { readonly orgId: string; readonly connectionId: string },
  given: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ field: string }>(
    `SELECT field FROM secret
     WHERE org_id = $1 AND owner_id = $2 AND replaced_at IS NULL ORDER BY field`,
    [orgId, connectionId],
  );
  const missing = rows.map(({ field }) => field).filter((field) => !given.includes(field));
  if (missing.length === 0) return;
  const problem = `another host gets the keys only when they are entered again: ${missing.join(', ')}`;
  throw invalidField('baseUrl', problem);
}

async function forgetSession(
  client: Reader,
  { orgId, connectionId }: { readonly orgId: string; readonly connectionId: string },
): Promise<void> {
  await client.query('DELETE FROM session WHERE org_id = $1 AND connection_id = $2', [
    orgId,
    connectionId,
  ]);
}

/**
 * Pauses, resumes or removes a connection. What was learnt through a removed one stays readable;
 * its secrets and its session are deleted, and nothing is asked of the bank any more.
 */
export async function setConnectionState(
  services: AdminServices,
  input: {
    readonly orgId: string;
    readonly connectionId: string;
    readonly state: ConnectionState;
  },
  actor: Actor,
): Promise<void> {
  const { orgId, connectionId, state } = input;
  await changeSettings(services, { orgId, actor }, async (client) => {
    const before = await readConnection(client, input);
    if (before.state === state) return { result: undefined };
    if (state === 'removed') await refuseOpenPayments(client, input);
    await client.query(
      `UPDATE connection SET state = $3, armed_at = CASE WHEN $3 = 'removed' THEN NULL ELSE armed_at END
       WHERE org_id = $1 AND connection_id = $2`,
      [orgId, connectionId, state],
    );
    if (state === 'removed') {
      await forgetSession(client, input);
      await deleteSecrets(client, { orgId, ownerId: connectionId });
      await client.query('DELETE FROM poll WHERE org_id = $1 AND connection_id = $2', [
        orgId,
        connectionId,
      ]);
    }
    const action = { active: 'resumed', paused: 'paused', removed: 'removed' }[state];
    const audit = {
      action: `connection.${action}`,
      subject: connectionId,
      before: { state: before.state },
      after: { state },
    };
    return { result: undefined, audit };
  });
}

/** Without its connection nobody could ask the bank what became of a payment, nor end one. */
async function refuseOpenPayments(
  client: ClientBase,
  { orgId, connectionId }: { readonly orgId: string; readonly connectionId: string },
): Promise<void> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM payment
     WHERE org_id = $1 AND connection_id = $2 AND state IN ('draft', 'awaitingApproval',
       'authorised', 'blocked', 'submitting', 'submitted', 'unknown')`,
    [orgId, connectionId],
  );
  const count = rows[0]?.count ?? 0;
  if (count === 0) return;
  throw new CashbellError('api.conflict', {
    field: 'state',
    problem: `${count} payments through it have not ended; cancel them or wait for the bank's word, or pause it instead`,
  });
}

function toAudit(record: ConnectionRecord): unknown {
  return {
    connector: record.connector,
    name: record.name,
    environment: record.environment,
    baseUrl: record.baseUrl,
    config: record.config,
    fingerprints: Object.fromEntries(record.secrets.map((item) => [item.field, item.fingerprint])),
    allowedAddresses: record.allowedAddresses,
    armed: record.armedAt !== undefined,
  };
}

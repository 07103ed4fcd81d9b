import type { ClientBase } from 'pg';
import type { Instant } from '#core/dates.ts';
import { instantFromMs } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { DestinationId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import { newId } from '#secret/ids.ts';
import type { DestinationInput } from './destination-values.ts';
import { parseDestination } from './destination-values.ts';
import type { Actor, AdminServices } from './orgs.ts';
import { changeSettings, invalidField, parseName, toInstant } from './orgs.ts';
import type { SecretFingerprint } from './secrets.ts';
import { deleteSecrets, listFingerprints, sealSecrets, writeSecrets } from './secrets.ts';

export type DestinationKind = 'robot' | 'appGroup' | 'person';

/** A destination as administrators see it, without its secrets. */
export interface DestinationRecord {
  readonly destinationId: DestinationId;
  readonly name: string;
  readonly kind: DestinationKind;
  readonly config: Readonly<Record<string, unknown>>;
  readonly secrets: readonly SecretFingerprint[];
  readonly messagesPerMinute: number;
  readonly urgentReserve: number;
  readonly digestMax: number;
  readonly state: 'active' | 'broken' | 'removed';
  readonly brokenCode: string | undefined;
  readonly failingSince: Instant | undefined;
  readonly blockedUntil: Instant | undefined;
  readonly waiting: number;
  readonly failed: number;
  readonly lastToldAt: Instant | undefined;
  readonly createdAt: Instant;
}

interface DestinationRow {
  destination_id: string;
  name: string;
  kind: DestinationKind;
  config: Record<string, unknown>;
  messages_per_minute: number;
  urgent_reserve: number;
  digest_max: number;
  state: DestinationRecord['state'];
  broken_code: string | null;
  failing_since: Date | null;
  blocked_until: Date | null;
  waiting: string;
  failed: string;
  last_told_at: Date | null;
  created_at: Date;
}

const SELECT = `
  SELECT d.destination_id, d.name, d.kind, d.config, d.messages_per_minute, d.urgent_reserve,
    d.digest_max, d.state, d.broken_code, d.failing_since, d.created_at, m.blocked_until,
    (SELECT count(*) FROM notice n WHERE n.org_id = d.org_id
       AND n.destination_id = d.destination_id AND n.state = 'waiting') AS waiting,
    (SELECT count(*) FROM notice n WHERE n.org_id = d.org_id
       AND n.destination_id = d.destination_id AND n.state = 'failed') AS failed,
    (SELECT v.answered_at FROM delivery v WHERE v.org_id = d.org_id
       AND v.destination_id = d.destination_id AND v.state = 'accepted'
       ORDER BY v.sent_at DESC LIMIT 1) AS last_told_at
  FROM destination d
  LEFT JOIN destination_meter m ON m.org_id = d.org_id AND m.destination_id = d.destination_id`;

function toRecord(row: DestinationRow, secrets: readonly SecretFingerprint[]): DestinationRecord {
  return {
    destinationId: parseId('dst', row.destination_id),
    name: row.name,
    kind: row.kind,
    config: row.config,
    secrets,
    messagesPerMinute: row.messages_per_minute,
    urgentReserve: row.urgent_reserve,
    digestMax: row.digest_max,
    state: row.state,
    brokenCode: row.broken_code ?? undefined,
    failingSince: toInstant(row.failing_since),
    blockedUntil: toInstant(row.blocked_until),
    waiting: Number(row.waiting),
    failed: Number(row.failed),
    lastToldAt: toInstant(row.last_told_at),
    createdAt: instantFromMs(row.created_at.getTime()),
  };
}

/** Destinations of an organisation, removed ones left out. */
export async function listDestinations(
  services: Pick<AdminServices, 'pool'>,
  orgId: string,
): Promise<DestinationRecord[]> {
  const { rows } = await services.pool.query<DestinationRow>(
    `${SELECT} WHERE d.org_id = $1 AND d.state <> 'removed' ORDER BY d.destination_id`,
    [orgId],
  );
  const ids = rows.map((row) => row.destination_id);
  const secrets = await listFingerprints(services.pool, orgId, ids);
  return rows.map((row) => toRecord(row, secrets.get(row.destination_id) ?? []));
}

export async function getDestination(
  services: Pick<AdminServices, 'pool'>,
  scope: { readonly orgId: string; readonly destinationId: string },
): Promise<DestinationRecord> {
  return readDestination(services.pool, scope);
}

async function readDestination(
  client: Pick<ClientBase, 'query'>,
  { orgId, destinationId }: { readonly orgId: string; readonly destinationId: string },
): Promise<DestinationRecord> {
  const { rows } = await client.query<DestinationRow>(
    `${SELECT} WHERE d.org_id = $1 AND d.destination_id = $2 AND d.state <> 'removed'`,
    [orgId, destinationId],
  );
  const [row] = rows;
  if (!row) throw new CashbellError('destination.notFound', { id: destinationId.slice(0, 60) });
  const secrets = await listFingerprints(client, orgId, [destinationId]);
  return toRecord(row, secrets.get(destinationId) ?? []);
}

export interface DestinationLimits {
  readonly messagesPerMinute?: number | undefined;
  readonly urgentReserve?: number | undefined;
  readonly digestMax?: number | undefined;
}

/** Adds a destination with its meter; the drainer needs both from the first notice on. */
export async function addDestination(
  services: AdminServices,
  input: DestinationInput & DestinationLimits & { readonly orgId: string; readonly name: string },
  actor: Actor,
): Promise<DestinationRecord> {
  const { orgId } = input;
  const destinationId = newId('dst');
  const name = parseName(input.name);
  const { config, secrets } = parseDestination(input);
  const limits = parseLimits(input, { messagesPerMinute: 20, urgentReserve: 4, digestMax: 100 });
  const sealed = await sealSecrets(services.keyring, orgId, secrets);
  return changeSettings(services, { orgId, actor }, async (client) => {
    if (input.kind !== 'robot') await requireApp(client, orgId, input.appId);
    await client.query(
      `INSERT INTO destination (org_id, destination_id, name, kind, config, messages_per_minute,
                                urgent_reserve, digest_max)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        orgId,
        destinationId,
        name,
        input.kind,
        JSON.stringify(config),
        limits.messagesPerMinute,
        limits.urgentReserve,
        limits.digestMax,
      ],
    );
    await client.query('INSERT INTO destination_meter (org_id, destination_id) VALUES ($1, $2)', [
      orgId,
      destinationId,
    ]);
    await writeSecrets(client, { orgId, ownerId: destinationId }, sealed);
    const result = await readDestination(client, { orgId, destinationId });
    const audit = { action: 'destination.added', subject: destinationId, after: toAudit(result) };
    return { result, audit };
  });
}

/**
 * Makes the place where a person is told personally, in the organisation's first app, unless there is
 * or was one: whoever removed it did not want it. Undefined when nothing was made.
 */
export async function addPersonOnce(
  services: AdminServices,
  person: { readonly orgId: string; readonly userId: string; readonly name: string },
): Promise<DestinationRecord | undefined> {
  const { orgId, userId } = person;
  const name = parseName(person.name);
  const destinationId = newId('dst');
  return changeSettings(services, { orgId, actor: 'system' }, async (client) => {
    const { rows } = await client.query<{ app_id: string }>(
      `SELECT a.app_id FROM dingtalk_app a
       WHERE a.org_id = $1 AND a.removed_at IS NULL AND NOT EXISTS (
         SELECT FROM destination d WHERE d.org_id = a.org_id AND d.kind = 'person'
           AND d.config ->> 'userId' = $2)
       ORDER BY a.created_at, a.app_id LIMIT 1`,
      [orgId, userId],
    );
    const [app] = rows;
    if (!app) return { result: undefined };
    const { config } = parseDestination({ kind: 'person', appId: app.app_id, userId });
    await client.query(
      `INSERT INTO destination (org_id, destination_id, name, kind, config)
       VALUES ($1, $2, $3, 'person', $4)`,
      [orgId, destinationId, name, JSON.stringify(config)],
    );
    await client.query('INSERT INTO destination_meter (org_id, destination_id) VALUES ($1, $2)', [
      orgId,
      destinationId,
    ]);
    const result = await readDestination(client, { orgId, destinationId });
    const audit = { action: 'destination.added', subject: destinationId, after: toAudit(result) };
    return { result, audit };
  });
}

async function requireApp(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
  appId: string,
): Promise<void> {
  const { rowCount } = await client.query(
    'SELECT FROM dingtalk_app WHERE org_id = $1 AND app_id = $2 AND removed_at IS NULL',
    [orgId, appId],
  );
  if (rowCount === 0)
    throw invalidField('appId', 'no DingTalk app of this organisation has this id');
}

/**
 * Changes name, limits or the whole target of a destination. A new target, or `reactivate`, makes
 * a broken destination active again and wakes its drainer.
 */
export async function changeDestination(
  services: AdminServices,
  change: DestinationLimits & {
    readonly orgId: string;
    readonly destinationId: string;
    readonly name?: string | undefined;
    readonly target?: DestinationInput | undefined;
    readonly reactivate?: boolean | undefined;
  },
  actor: Actor,
): Promise<DestinationRecord> {
  const { orgId, destinationId, target } = change;
  const parsed = target && parseDestination(target);
  const sealed = await sealSecrets(services.keyring, orgId, parsed?.secrets ?? {});
  return changeSettings(services, { orgId, actor }, async (client) => {
    const before = await readDestination(client, change);
    if (target && target.kind !== before.kind) {
      throw invalidField('kind', 'cannot change; add another destination');
    }
    if (target && target.kind !== 'robot') await requireApp(client, orgId, target.appId);
    const limits = parseLimits(change, before);
    const heals = target !== undefined || change.reactivate === true;
    await client.query(
      `UPDATE destination SET name = $3, config = $4, messages_per_minute = $5,
         urgent_reserve = $6, digest_max = $7,
         state = CASE WHEN $8 THEN 'active' ELSE state END,
         broken_code = CASE WHEN $8 THEN NULL ELSE broken_code END
       WHERE org_id = $1 AND destination_id = $2`,
      [
        orgId,
        destinationId,
        change.name === undefined ? before.name : parseName(change.name),
        JSON.stringify(parsed?.config ?? before.config),
        limits.messagesPerMinute,
        limits.urgentReserve,
        limits.digestMax,
        heals,
      ],
    );
    if (heals) {
      await client.query(
        `UPDATE destination_meter SET next_look_at = now(), failures = 0
         WHERE org_id = $1 AND destination_id = $2`,
        [orgId, destinationId],
      );
    }
    await writeSecrets(client, { orgId, ownerId: destinationId }, sealed);
    const result = await readDestination(client, change);
    const audit = {
      action: 'destination.changed',
      subject: destinationId,
      before: toAudit(before),
      after: toAudit(result),
    };
    return { result, audit };
  });
}

/** Removes a destination that no route names any more; what it was told stays in the history. */
export async function removeDestination(
  services: AdminServices,
  input: { readonly orgId: string; readonly destinationId: string },
  actor: Actor,
): Promise<void> {
  const { orgId, destinationId } = input;
  await changeSettings(services, { orgId, actor }, async (client) => {
    const before = await readDestination(client, input);
    const { rows } = await client.query<{ route_id: string }>(
      `SELECT route_id FROM route WHERE org_id = $1 AND position($2 IN node::text) > 0 LIMIT 1`,
      [orgId, destinationId],
    );
    const [route] = rows;
    if (route) {
      throw new CashbellError('api.conflict', {
        field: 'destinationId',
        problem: `route ${route.route_id} still tells it; change the routes first`,
      });
    }
    await client.query(
      `UPDATE destination SET state = 'removed' WHERE org_id = $1 AND destination_id = $2`,
      [orgId, destinationId],
    );
    await deleteSecrets(client, { orgId, ownerId: destinationId });
    const audit = {
      action: 'destination.removed',
      subject: destinationId,
      before: toAudit(before),
    };
    return { result: undefined, audit };
  });
}

function parseLimits(
  input: DestinationLimits,
  fallback: Required<{ [Name in keyof DestinationLimits]: number }>,
): { messagesPerMinute: number; urgentReserve: number; digestMax: number } {
  const messagesPerMinute = input.messagesPerMinute ?? fallback.messagesPerMinute;
  const urgentReserve = input.urgentReserve ?? fallback.urgentReserve;
  const digestMax = input.digestMax ?? fallback.digestMax;
  const isWhole = (value: number, from: number, to: number): boolean =>
    Number.isInteger(value) && value >= from && value <= to;
  if (!isWhole(messagesPerMinute, 1, 20)) {
    throw invalidField('messagesPerMinute', 'must be 1 to 20: DingTalk mutes a robot above that');
  }
  if (!isWhole(urgentReserve, 0, messagesPerMinute - 1)) {
    throw invalidField('urgentReserve', 'must be less than messagesPerMinute');
  }
  if (!isWhole(digestMax, 2, 1000)) throw invalidField('digestMax', 'must be 2 to 1000');
  return { messagesPerMinute, urgentReserve, digestMax };
}

function toAudit(record: DestinationRecord): unknown {
  return {
    name: record.name,
    kind: record.kind,
    config: record.config,
    fingerprints: Object.fromEntries(record.secrets.map((item) => [item.field, item.fingerprint])),
    messagesPerMinute: record.messagesPerMinute,
    urgentReserve: record.urgentReserve,
    digestMax: record.digestMax,
    state: record.state,
  };
}

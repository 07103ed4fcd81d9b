import type { PoolClient } from 'pg';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { Money } from '#core/money.ts';
import { formatDecimal } from '#core/money.ts';
import type { LimitPeriod, LimitScope, LimitUsage, PaymentLimit } from '#core/payment-limits.ts';
import { periodStart } from '#core/payment-limits.ts';
import { newId } from '#secret/ids.ts';
import { changeAudited, oneOf } from './audited.ts';
import { requireSecondPerson } from './four-eyes.ts';
import type { Queryable } from './grants.ts';
import { requireGrant } from './grants.ts';
import type { AdminServices } from './orgs.ts';
import { invalidField, toInstant } from './orgs.ts';
import type { LimitRow } from './payment-limits.ts';
import { LIMIT_COLUMNS, toLimit, usageOf } from './payment-limits.ts';
import type { PersonActor } from './persons.ts';
import { findPersons } from './persons.ts';

export type LimitState = 'proposed' | 'active' | 'refused' | 'removed';

/** A limit with its history. */
export interface LimitRecord extends PaymentLimit {
  readonly state: LimitState;
  readonly replacesLimitId: string | undefined;
  /** A proposal to take a limit away, not a limit. */
  readonly isRemoval: boolean;
  readonly proposedBy: string;
  readonly proposedAt: Instant;
  readonly decidedBy: string | undefined;
  readonly decidedAt: Instant | undefined;
}

export interface LimitInput extends LimitScope {
  readonly period: LimitPeriod;
  readonly amountMax: Money;
  readonly countMax?: number | undefined;
  /** The limit that this one takes the place of when it is confirmed. */
  readonly replacesLimitId?: string | undefined;
}

interface LimitRecordRow extends LimitRow {
  state: LimitState;
  replaces_limit_id: string | null;
  is_removal: boolean;
  proposed_by: string;
  proposed_at: Date;
  decided_by: string | null;
  decided_at: Date | null;
}

const COLUMNS = `${LIMIT_COLUMNS}, state, replaces_limit_id, is_removal, proposed_by, proposed_at,
  decided_by, decided_at`;

function toRecord(row: LimitRecordRow): LimitRecord {
  return {
    ...toLimit(row),
    state: row.state,
    replacesLimitId: row.replaces_limit_id ?? undefined,
    isRemoval: row.is_removal,
    proposedBy: row.proposed_by,
    proposedAt: toInstant(row.proposed_at),
    decidedBy: row.decided_by ?? undefined,
    decidedAt: toInstant(row.decided_at),
  };
}

/** Limits that hold or wait for a second person; ended ones only when asked for. */
export async function listLimits(
  client: Queryable,
  scope: { readonly orgId: string; readonly isWithEnded?: boolean | undefined },
): Promise<LimitRecord[]> {
  const { rows } = await client.query<LimitRecordRow>(
    `SELECT ${COLUMNS} FROM payment_limit
     WHERE org_id = $1 AND ($2 OR state IN ('proposed', 'active')) ORDER BY limit_id`,
    [scope.orgId, scope.isWithEnded ?? false],
  );
  return rows.map(toRecord);
}

/** How much of a limit is used at the moment, by the calendar of its account or of the company. */
export async function currentUsage(
  client: Queryable,
  {
    orgId,
    limit,
    now,
  }: { readonly orgId: string; readonly limit: PaymentLimit; readonly now: Instant },
): Promise<LimitUsage | undefined> {
  if (limit.period === 'payment') return undefined;
  const { rows } = await client.query<{ zone: string }>(
    `SELECT coalesce(a.zone, o.zone) AS zone
     FROM org o LEFT JOIN account a ON a.org_id = o.org_id AND a.account_id = $2
     WHERE o.org_id = $1`,
    [orgId, limit.accountId ?? null],
  );
  const { zone } = oneOf(rows, 'org', orgId);
  return usageOf(client, { orgId, limit, since: periodStart(limit.period, now, zone) });
}

/** Asks for a limit, or for another in the place of one. Nothing changes before it is confirmed. */
export async function proposeLimit(
  services: AdminServices,
  by: PersonActor,
  input: LimitInput,
): Promise<LimitRecord> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'limit.propose', at: services.now() });
    await refuseImpossible(client, by.orgId, input);
    const limit = await insertLimit(client, by, { ...input, isRemoval: false, at: services.now() });
    return { result: limit, audit: line('limit.proposed', limit) };
  });
}

/** Asks for a limit to be taken away. It holds until a second person agrees. */
export async function proposeLimitRemoval(
  services: AdminServices,
  by: PersonActor,
  limitId: string,
): Promise<LimitRecord> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'limit.propose', at: services.now() });
    const limit = await requireReplaceable(client, by.orgId, limitId);
    const removal = await insertLimit(client, by, {
      ...limit,
      replacesLimitId: limitId,
      isRemoval: true,
      at: services.now(),
    });
    return { result: removal, audit: line('limit.removalProposed', removal) };
  });
}

/** Says yes to a limit, a change or a removal; never whoever proposed it. */
export async function confirmLimit(
  services: AdminServices,
  by: PersonActor,
  limitId: string,
): Promise<LimitRecord> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'limit.confirm', at: services.now() });
    const proposed = await requireOpen(client, by.orgId, limitId);
    await requireSecondPerson(client, by, [proposed.proposedBy]);
    if (proposed.replacesLimitId !== undefined) {
      // Locked by payments that are being checked against it; they come first.
      const ended = await client.query(
        `UPDATE payment_limit SET state = 'removed'
         WHERE org_id = $1 AND limit_id = $2 AND state = 'active'`,
        [by.orgId, proposed.replacesLimitId],
      );
      if (ended.rowCount !== 1) throw conflict('the limit that it replaces is gone');
    }
    const state = proposed.isRemoval ? 'removed' : 'active';
    const limit = await decide(client, by, { limitId, state, at: services.now() });
    return { result: limit, audit: line('limit.confirmed', limit) };
  });
}

/** Says no to a proposal, or takes one's own back. */
export async function refuseLimit(
  services: AdminServices,
  by: PersonActor,
  limitId: string,
): Promise<LimitRecord> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const proposed = await requireOpen(client, by.orgId, limitId);
    if (proposed.proposedBy !== by.personId) {
      await requireGrant(client, { ...by, action: 'limit.confirm', at: services.now() });
    }
    const limit = await decide(client, by, { limitId, state: 'refused', at: services.now() });
    return { result: limit, audit: line('limit.refused', limit) };
  });
}

async function insertLimit(
  client: PoolClient,
  by: PersonActor,
  limit: LimitInput & { readonly isRemoval: boolean; readonly at: Instant },
): Promise<LimitRecord> {
  const { rows } = await client.query<LimitRecordRow>(
    `INSERT INTO payment_limit (org_id, limit_id, account_id, connector, purpose, maker, period,
       amount_minor_units, currency, count_max, state, replaces_limit_id, is_removal, proposed_by,
       proposed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'proposed', $11, $12, $13, $14)
     RETURNING ${COLUMNS}`,
    [
      by.orgId,
      newId('lim'),
      limit.accountId ?? null,
      limit.connector ?? null,
      limit.purpose ?? null,
      limit.maker ?? null,
      limit.period,
      limit.amountMax.amountMinorUnits.toString(),
      limit.amountMax.currency,
      limit.countMax ?? null,
      limit.replacesLimitId ?? null,
      limit.isRemoval,
      by.personId,
      limit.at.toString(),
    ],
  );
  return toRecord(oneOf(rows, 'limit', limit.replacesLimitId ?? 'new'));
}

async function decide(
  client: PoolClient,
  by: PersonActor,
  decision: { readonly limitId: string; readonly state: LimitState; readonly at: Instant },
): Promise<LimitRecord> {
  const { rows } = await client.query<LimitRecordRow>(
    `UPDATE payment_limit SET state = $3, decided_by = $4, decided_at = $5
     WHERE org_id = $1 AND limit_id = $2 AND state = 'proposed' RETURNING ${COLUMNS}`,
    [by.orgId, decision.limitId, decision.state, by.personId, decision.at.toString()],
  );
  return toRecord(oneOf(rows, 'limit', decision.limitId));
}

async function requireLimit(
  client: PoolClient,
  orgId: string,
  limitId: string,
): Promise<LimitRecord> {
  const { rows } = await client.query<LimitRecordRow>(
    `SELECT ${COLUMNS} FROM payment_limit WHERE org_id = $1 AND limit_id = $2`,
    [orgId, limitId],
  );
  return toRecord(oneOf(rows, 'limit', limitId));
}

async function requireOpen(
  client: PoolClient,
  orgId: string,
  limitId: string,
): Promise<LimitRecord> {
  const limit = await requireLimit(client, orgId, limitId);
  if (limit.state !== 'proposed') throw conflict(`it was decided already: ${limit.state}`);
  return limit;
}

/** A limit that holds and that no other proposal is about to change. */
async function requireReplaceable(
  client: PoolClient,
  orgId: string,
  limitId: string,
): Promise<LimitRecord> {
  const limit = await requireLimit(client, orgId, limitId);
  if (limit.state !== 'active') throw conflict(`it does not hold: ${limit.state}`);
  const { rows } = await client.query<{ limit_id: string }>(
    `SELECT limit_id FROM payment_limit
     WHERE org_id = $1 AND replaces_limit_id = $2 AND state = 'proposed'`,
    [orgId, limitId],
  );
  if (rows[0]) throw conflict(`a change of it waits already: ${rows[0].limit_id}`);
  return limit;
}

/** Set-ups that cannot work are explained before they are stored (ask 21). */
async function refuseImpossible(
  client: PoolClient,
  orgId: string,
  input: LimitInput,
): Promise<void> {
  if (input.amountMax.amountMinorUnits < 0n) {
    throw invalidField('amountMax', 'must not be negative');
  }
  if (input.countMax !== undefined && (input.period === 'payment' || input.countMax < 0)) {
    throw invalidField('countMax', 'must be left out for one payment, and not be negative');
  }
  if (input.replacesLimitId !== undefined) {
    await requireReplaceable(client, orgId, input.replacesLimitId);
  }
  await refuseUnknownScope(client, orgId, input);
  await refuseDouble(client, orgId, input);
}

/** A limit for something that does not exist would never count anything, and nobody would notice. */
async function refuseUnknownScope(
  client: PoolClient,
  orgId: string,
  { accountId, connector, maker }: LimitInput,
): Promise<void> {
  const exists = async (sql: string, value: string): Promise<boolean> =>
    (await client.query(sql, [orgId, value])).rows.length > 0;
  if (
    accountId !== undefined &&
    !(await exists('SELECT FROM account WHERE org_id = $1 AND account_id = $2', accountId))
  ) {
    throw invalidField('accountId', 'must be an account of yours');
  }
  if (
    connector !== undefined &&
    !(await exists(
      `SELECT FROM connection WHERE org_id = $1 AND connector = $2 AND state <> 'removed' LIMIT 1`,
      connector,
    ))
  ) {
    throw invalidField('connector', 'must be the connector of a connection of yours');
  }
  if (maker === undefined) return;
  const tokenId = /^token:(tok_.+)$/.exec(maker)?.[1];
  const isKnown =
    tokenId === undefined
      ? (await findPersons(client, orgId, [maker])).has(maker)
      : await exists('SELECT FROM api_token WHERE org_id = $1 AND token_id = $2', tokenId);
  if (!isKnown) throw invalidField('maker', 'must be a person (per_…) or a token (token:tok_…)');
}

/** Two limits that count the same would hide each other; the looser one is never seen. */
async function refuseDouble(client: PoolClient, orgId: string, input: LimitInput): Promise<void> {
  const limits = await listLimits(client, { orgId });
  const double = limits.find(
    (limit) =>
      !limit.isRemoval &&
      limit.limitId !== input.replacesLimitId &&
      limit.period === input.period &&
      limit.amountMax.currency === input.amountMax.currency &&
      limit.accountId === input.accountId &&
      limit.connector === input.connector &&
      limit.purpose === input.purpose &&
      limit.maker === input.maker,
  );
  if (double) {
    throw conflict(`${double.limitId} (${double.state}) counts the same; change that one instead`);
  }
}

function conflict(problem: string): CashbellError {
  return new CashbellError('api.conflict', { field: 'limitId', problem });
}

function line(action: string, limit: LimitRecord) {
  const { accountId, connector, purpose, maker, period, amountMax, countMax } = limit;
  const after = {
    accountId,
    connector,
    purpose,
    maker,
    period,
    amountMax: formatDecimal(amountMax),
    currency: amountMax.currency,
    countMax,
    state: limit.state,
    replacesLimitId: limit.replacesLimitId,
    isRemoval: limit.isRemoval,
    proposedBy: limit.proposedBy,
  };
  return { action, subject: limit.limitId, after };
}

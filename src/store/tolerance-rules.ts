import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { formatEpochDay } from '#core/epoch-day.ts';
import type { EpochDay } from '#core/epoch-day.ts';
import type { ToleranceRule, ToleranceUse } from '#core/matches.ts';
import { parseEpochDay } from '#core/epoch-day.ts';
import { formatDecimal, money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import { newId } from '#secret/ids.ts';
import { changeAudited, oneOf } from './audited.ts';
import { requireSecondPerson } from './four-eyes.ts';
import type { Queryable } from './grants.ts';
import { requireGrant } from './grants.ts';
import type { AdminServices } from './orgs.ts';
import { invalidField, parseName, toInstant } from './orgs.ts';
import type { PersonActor } from './persons.ts';

export type ToleranceState = 'proposed' | 'active' | 'removed';

/** What may be left over and still count as paid; one person proposes it and another confirms. */
export interface StoredTolerance {
  readonly ruleId: string;
  readonly name: string;
  readonly accountId: string | undefined;
  readonly limit: Money;
  /** At most this share of the item, such as 0.01. */
  readonly shareMax: number | undefined;
  readonly dailyCap: Money;
  /** Account of the company's books to which the difference goes. */
  readonly ledgerAccount: string;
  readonly state: ToleranceState;
  readonly proposedBy: string;
  readonly proposedAt: Instant;
  readonly confirmedBy: string | undefined;
  readonly confirmedAt: Instant | undefined;
  readonly removedBy: string | undefined;
  readonly removedAt: Instant | undefined;
}

export interface ToleranceInput {
  readonly name: string;
  readonly accountId?: string | undefined;
  readonly limit: Money;
  readonly shareMax?: number | undefined;
  readonly dailyCap: Money;
  readonly ledgerAccount: string;
}

interface ToleranceRow {
  rule_id: string;
  name: string;
  account_id: string | null;
  currency: string;
  limit_minor_units: string;
  share_max: string | null;
  daily_cap_minor_units: string;
  ledger_account: string;
  state: ToleranceState;
  proposed_by: string;
  proposed_at: Date;
  confirmed_by: string | null;
  confirmed_at: Date | null;
  removed_by: string | null;
  removed_at: Date | null;
}

const COLUMNS = `rule_id, name, account_id, currency, limit_minor_units, share_max,
  daily_cap_minor_units, ledger_account, state, proposed_by, proposed_at, confirmed_by,
  confirmed_at, removed_by, removed_at`;

function toTolerance(row: ToleranceRow): StoredTolerance {
  return {
    ruleId: row.rule_id,
    name: row.name,
    accountId: row.account_id ?? undefined,
    limit: money(BigInt(row.limit_minor_units), row.currency),
    shareMax: row.share_max === null ? undefined : Number(row.share_max),
    dailyCap: money(BigInt(row.daily_cap_minor_units), row.currency),
    ledgerAccount: row.ledger_account,
    state: row.state,
    proposedBy: row.proposed_by,
    proposedAt: toInstant(row.proposed_at),
    confirmedBy: row.confirmed_by ?? undefined,
    confirmedAt: toInstant(row.confirmed_at),
    removedBy: row.removed_by ?? undefined,
    removedAt: toInstant(row.removed_at),
  };
}

/** Rules that hold or wait for a second person; removed ones only when asked for. */
export async function listTolerances(
  client: Queryable,
  scope: { readonly orgId: string; readonly isWithRemoved?: boolean | undefined },
): Promise<StoredTolerance[]> {
  const { rows } = await client.query<ToleranceRow>({
    name: 'list-tolerances',
    text: `SELECT ${COLUMNS} FROM tolerance_rule
           WHERE org_id = $1 AND ($2 OR state <> 'removed') ORDER BY rule_id`,
    values: [scope.orgId, scope.isWithRemoved ?? false],
  });
  return rows.map(toTolerance);
}

/** Rules in force, as the engine applies them. */
export async function loadToleranceRules(
  client: Queryable,
  orgId: string,
): Promise<ToleranceRule[]> {
  const rules = await listTolerances(client, { orgId });
  return rules
    .filter(({ state }) => state === 'active')
    .map((rule) => ({
      id: rule.ruleId,
      accountId: rule.accountId,
      currency: rule.limit.currency,
      limitMinorUnits: rule.limit.amountMinorUnits,
      shareMax: rule.shareMax,
      dailyCapMinorUnits: rule.dailyCap.amountMinorUnits,
    }));
}

/** Asks for a rule. Nothing is let pass before a second person agrees. */
export async function proposeTolerance(
  services: AdminServices,
  by: PersonActor,
  input: ToleranceInput,
): Promise<StoredTolerance> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'tolerance.propose', at: services.now() });
    refuseImpossible(input);
    const { rows } = await client.query<ToleranceRow>(
      `INSERT INTO tolerance_rule (org_id, rule_id, name, account_id, currency, limit_minor_units,
         share_max, daily_cap_minor_units, ledger_account, proposed_by, proposed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING ${COLUMNS}`,
      [
        by.orgId,
        newId('tol'),
        parseName(input.name),
        await requireAccount(client, by.orgId, input),
        input.limit.currency,
        input.limit.amountMinorUnits.toString(),
        input.shareMax ?? null,
        input.dailyCap.amountMinorUnits.toString(),
        parseName(input.ledgerAccount, 'ledgerAccount'),
        by.personId,
        new Date(services.now().epochMilliseconds),
      ],
    );
    const rule = toTolerance(oneOf(rows, 'tolerance', ''));
    return { result: rule, audit: line('tolerance.proposed', rule) };
  });
}

/** Says yes to a rule; never whoever proposed it. */
export async function confirmTolerance(
  services: AdminServices,
  by: PersonActor,
  ruleId: string,
): Promise<StoredTolerance> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'tolerance.confirm', at: services.now() });
    const before = await requireRule(client, by.orgId, ruleId);
    if (before.state !== 'proposed') {
      throw new CashbellError('api.conflict', { what: 'tolerance', state: before.state });
    }
    await requireSecondPerson(client, by, [before.proposedBy]);
    const { rows } = await client.query<ToleranceRow>(
      `UPDATE tolerance_rule SET state = 'active', confirmed_by = $3, confirmed_at = $4
       WHERE org_id = $1 AND rule_id = $2 RETURNING ${COLUMNS}`,
      [by.orgId, ruleId, by.personId, new Date(services.now().epochMilliseconds)],
    );
    const rule = toTolerance(oneOf(rows, 'tolerance', ruleId));
    return { result: rule, audit: line('tolerance.confirmed', rule) };
  });
}

/** Takes a rule away at once: letting less pass needs no second person. */
export async function removeTolerance(
  services: AdminServices,
  by: PersonActor,
  ruleId: string,
): Promise<StoredTolerance> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'tolerance.propose', at: services.now() });
    await requireRule(client, by.orgId, ruleId);
    const { rows } = await client.query<ToleranceRow>(
      `UPDATE tolerance_rule SET state = 'removed', removed_by = $3, removed_at = $4
       WHERE org_id = $1 AND rule_id = $2 AND state <> 'removed' RETURNING ${COLUMNS}`,
      [by.orgId, ruleId, by.personId, new Date(services.now().epochMilliseconds)],
    );
    const rule = toTolerance(oneOf(rows, 'tolerance', ruleId));
    return { result: rule, audit: line('tolerance.removed', rule) };
  });
}

async function requireRule(
  client: Queryable,
  orgId: string,
  ruleId: string,
): Promise<StoredTolerance> {
  const { rows } = await client.query<ToleranceRow>(
    `SELECT ${COLUMNS} FROM tolerance_rule WHERE org_id = $1 AND rule_id = $2 FOR UPDATE`,
    [orgId, ruleId],
  );
  return toTolerance(oneOf(rows, 'tolerance', ruleId));
}

async function requireAccount(
  client: Queryable,
  orgId: string,
  { accountId, limit }: ToleranceInput,
): Promise<string | null> {
  if (accountId === undefined) return null;
  const { rows } = await client.query<{ currency: string }>(
    'SELECT currency FROM account WHERE org_id = $1 AND account_id = $2',
    [orgId, accountId],
  );
  const { currency } = oneOf(rows, 'account', accountId);
  if (currency !== limit.currency) {
    throw invalidField('currency', `must be ${currency}, the currency of the account`);
  }
  return accountId;
}

function refuseImpossible({ limit, dailyCap, shareMax }: ToleranceInput): void {
  if (limit.amountMinorUnits <= 0n) throw invalidField('limit', 'must be more than nothing');
  if (dailyCap.currency !== limit.currency || dailyCap.amountMinorUnits < limit.amountMinorUnits) {
    throw invalidField('dailyCap', 'must be at least the limit, in the same currency');
  }
  if (shareMax !== undefined && !(shareMax > 0 && shareMax <= 1)) {
    throw invalidField('shareMax', 'must be more than 0 and at most 1, such as 0.01');
  }
}

function line(action: string, rule: StoredTolerance) {
  const { ruleId, name, accountId, limit, shareMax, dailyCap, ledgerAccount, state } = rule;
  return {
    action,
    subject: ruleId,
    after: {
      name,
      accountId,
      limit: formatDecimal(limit),
      currency: limit.currency,
      shareMax,
      dailyCap: formatDecimal(dailyCap),
      ledgerAccount,
      state,
    },
  };
}

/** What rules have let pass on some days. */
export async function loadToleranceUses(
  client: Queryable,
  orgId: string,
  days?: readonly EpochDay[],
): Promise<ToleranceUse[]> {
  const { rows } = await client.query<{ rule_id: string; day: string; used_minor_units: string }>({
    name: 'load-tolerance-uses',
    text: `SELECT rule_id, day::text AS day, used_minor_units FROM tolerance_use
           WHERE org_id = $1 AND ($2::date[] IS NULL OR day = ANY($2::date[]))`,
    values: [orgId, days?.map(formatEpochDay) ?? null],
  });
  return rows.map((row) => ({
    ruleId: row.rule_id,
    day: parseEpochDay(row.day),
    usedMinorUnits: BigInt(row.used_minor_units),
  }));
}

/**
 * Lets a residual pass under a rule, once and for all: false where the rule is gone, or where the day
 * would exceed its cap, whoever else posts at the same time.
 */
export async function spendTolerance(
  client: Queryable,
  orgId: string,
  use: { readonly ruleId: string; readonly day: EpochDay; readonly units: bigint },
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'spend-tolerance',
    text: `INSERT INTO tolerance_use AS u (org_id, rule_id, day, used_minor_units)
           SELECT r.org_id, r.rule_id, $3::date, $4::numeric FROM tolerance_rule r
           WHERE r.org_id = $1 AND r.rule_id = $2 AND r.state = 'active'
             AND $4::numeric <= least(r.limit_minor_units, r.daily_cap_minor_units)
           ON CONFLICT (org_id, rule_id, day) DO UPDATE
             SET used_minor_units = u.used_minor_units + excluded.used_minor_units
             WHERE u.used_minor_units + excluded.used_minor_units <=
               (SELECT daily_cap_minor_units FROM tolerance_rule
                WHERE org_id = $1 AND rule_id = $2)`,
    values: [orgId, use.ruleId, formatEpochDay(use.day), use.units.toString()],
  });
  return rowCount === 1;
}

/** Gives back what a match that was undone had let pass. */
export async function returnTolerance(
  client: Queryable,
  orgId: string,
  use: { readonly ruleId: string; readonly day: EpochDay; readonly units: bigint },
): Promise<void> {
  await client.query({
    name: 'return-tolerance',
    text: `UPDATE tolerance_use SET used_minor_units = greatest(used_minor_units - $4::numeric, 0)
           WHERE org_id = $1 AND rule_id = $2 AND day = $3::date`,
    values: [orgId, use.ruleId, formatEpochDay(use.day), use.units.toString()],
  });
}

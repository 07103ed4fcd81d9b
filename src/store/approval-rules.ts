import type { PoolClient } from 'pg';
import type { ApprovalRule, RuleNode } from '#core/approval-rules.ts';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { newId } from '#secret/ids.ts';
import { changeAudited, oneOf } from './audited.ts';
import { requireSecondPerson } from './four-eyes.ts';
import type { Queryable } from './grants.ts';
import { requireGrant } from './grants.ts';
import type { AdminServices } from './orgs.ts';
import { toInstant } from './orgs.ts';
import type { PersonActor } from './persons.ts';

/** A rule with its history. It holds from its confirmation until its removal was confirmed. */
export interface ApprovalRuleRecord extends ApprovalRule {
  readonly state: 'proposed' | 'active' | 'removed';
  readonly proposedBy: string;
  readonly confirmedBy: string | undefined;
  readonly removalProposedBy: string | undefined;
  readonly createdAt: Instant;
}

export type ApprovalRuleInput = Omit<ApprovalRule, 'ruleId'>;

interface RuleRow {
  rule_id: string;
  ordinal: number;
  account_id: string | null;
  purpose: string | null;
  currency: string | null;
  amount_from_minor_units: string | null;
  amount_below_minor_units: string | null;
  via: 'dingtalk' | 'local';
  nodes: RuleNode[];
  approvals_required: number;
  proposed_by: string;
  confirmed_by: string | null;
  removal_proposed_by: string | null;
  created_at: Date;
  removed_at: Date | null;
}

const COLUMNS = `rule_id, ordinal, account_id, purpose, currency, amount_from_minor_units,
  amount_below_minor_units, via, nodes, approvals_required, proposed_by, confirmed_by,
  removal_proposed_by, created_at, removed_at`;

function toRecord(row: RuleRow): ApprovalRuleRecord {
  const state = row.removed_at ? 'removed' : row.confirmed_by === null ? 'proposed' : 'active';
  return {
    ruleId: row.rule_id,
    ordinal: row.ordinal,
    accountId: row.account_id ?? undefined,
    purpose: row.purpose ?? undefined,
    currency: row.currency ?? undefined,
    amountFrom:
      row.amount_from_minor_units === null ? undefined : BigInt(row.amount_from_minor_units),
    amountBelow:
      row.amount_below_minor_units === null ? undefined : BigInt(row.amount_below_minor_units),
    via: row.via,
    nodes: row.nodes,
    approvalsRequired: row.approvals_required,
    state,
    proposedBy: row.proposed_by,
    confirmedBy: row.confirmed_by ?? undefined,
    removalProposedBy: row.removal_proposed_by ?? undefined,
    createdAt: toInstant(row.created_at),
  };
}

/** Rules that hold or wait for a second person, in their order. */
export async function listApprovalRules(
  client: Queryable,
  orgId: string,
): Promise<ApprovalRuleRecord[]> {
  const { rows } = await client.query<RuleRow>(
    `SELECT ${COLUMNS} FROM approval_rule WHERE org_id = $1 AND removed_at IS NULL
     ORDER BY ordinal, rule_id`,
    [orgId],
  );
  return rows.map(toRecord);
}

/** Rules that hold now: those that two people want. */
export async function activeApprovalRules(
  client: Queryable,
  orgId: string,
): Promise<ApprovalRuleRecord[]> {
  return (await listApprovalRules(client, orgId)).filter(({ state }) => state === 'active');
}

/** Asks for a rule. Its checks are made before; nothing changes until a second person agrees. */
export async function proposeApprovalRule(
  services: AdminServices,
  by: PersonActor,
  input: ApprovalRuleInput,
): Promise<ApprovalRuleRecord> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'limit.propose', at: services.now() });
    const { rows } = await client.query<RuleRow>(
      `INSERT INTO approval_rule (org_id, rule_id, ordinal, account_id, purpose, currency,
         amount_from_minor_units, amount_below_minor_units, via, nodes, approvals_required,
         proposed_by, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING ${COLUMNS}`,
      [
        by.orgId,
        newId('rul'),
        input.ordinal,
        input.accountId ?? null,
        input.purpose ?? null,
        input.currency ?? null,
        input.amountFrom?.toString() ?? null,
        input.amountBelow?.toString() ?? null,
        input.via,
        JSON.stringify(input.nodes),
        input.approvalsRequired,
        by.personId,
        services.now().toString(),
      ],
    );
    const rule = toRecord(oneOf(rows, 'approvalRule', 'new'));
    return { result: rule, audit: line('approvalRule.proposed', rule) };
  });
}

/** Says yes to a rule, or to taking one away; never whoever proposed it. */
export async function confirmApprovalRule(
  services: AdminServices,
  by: PersonActor,
  ruleId: string,
): Promise<ApprovalRuleRecord> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'limit.confirm', at: services.now() });
    const rule = await lockRule(client, by.orgId, ruleId);
    const now = services.now().toString();
    if (rule.state === 'proposed') {
      await requireSecondPerson(client, by, [rule.proposedBy]);
      const confirmed = await change(
        client,
        by.orgId,
        ruleId,
        'confirmed_by = $3, confirmed_at = $4',
        [by.personId, now],
      );
      return { result: confirmed, audit: line('approvalRule.confirmed', confirmed) };
    }
    if (rule.removalProposedBy === undefined) throw conflict('nothing waits for a second person');
    await requireSecondPerson(client, by, [rule.removalProposedBy]);
    const removed = await change(client, by.orgId, ruleId, 'removed_by = $3, removed_at = $4', [
      by.personId,
      now,
    ]);
    return { result: removed, audit: line('approvalRule.removed', removed) };
  });
}

/** Asks for a rule to be taken away. It holds until a second person agrees. */
export async function proposeApprovalRuleRemoval(
  services: AdminServices,
  by: PersonActor,
  ruleId: string,
): Promise<ApprovalRuleRecord> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'limit.propose', at: services.now() });
    const rule = await lockRule(client, by.orgId, ruleId);
    if (rule.state !== 'active') throw conflict('it does not hold; refuse the proposal instead');
    const asked = await change(client, by.orgId, ruleId, 'removal_proposed_by = $3', [by.personId]);
    return { result: asked, audit: line('approvalRule.removalProposed', asked) };
  });
}

/** Says no to a proposal or to a removal, or takes one's own back. */
export async function refuseApprovalRule(
  services: AdminServices,
  by: PersonActor,
  ruleId: string,
): Promise<ApprovalRuleRecord> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const rule = await lockRule(client, by.orgId, ruleId);
    const proposer = rule.state === 'proposed' ? rule.proposedBy : rule.removalProposedBy;
    if (proposer === undefined) throw conflict('nothing waits for a second person');
    if (proposer !== by.personId) {
      await requireGrant(client, { ...by, action: 'limit.confirm', at: services.now() });
    }
    const refused =
      rule.state === 'proposed'
        ? await change(client, by.orgId, ruleId, 'removed_by = $3, removed_at = $4', [
            by.personId,
            services.now().toString(),
          ])
        : await change(client, by.orgId, ruleId, 'removal_proposed_by = NULL', []);
    return { result: refused, audit: line('approvalRule.refused', refused) };
  });
}

async function lockRule(
  client: PoolClient,
  orgId: string,
  ruleId: string,
): Promise<ApprovalRuleRecord> {
  const { rows } = await client.query<RuleRow>(
    `SELECT ${COLUMNS} FROM approval_rule
     WHERE org_id = $1 AND rule_id = $2 AND removed_at IS NULL FOR NO KEY UPDATE`,
    [orgId, ruleId],
  );
  return toRecord(oneOf(rows, 'approvalRule', ruleId));
}

async function change(
  client: PoolClient,
  orgId: string,
  ruleId: string,
  assignment: string,
  values: readonly string[],
): Promise<ApprovalRuleRecord> {
  const { rows } = await client.query<RuleRow>(
    `UPDATE approval_rule SET ${assignment} WHERE org_id = $1 AND rule_id = $2
     RETURNING ${COLUMNS}`,
    [orgId, ruleId, ...values],
  );
  return toRecord(oneOf(rows, 'approvalRule', ruleId));
}

function conflict(problem: string): CashbellError {
  return new CashbellError('api.conflict', { field: 'ruleId', problem });
}

function line(action: string, rule: ApprovalRuleRecord) {
  const { ruleId, createdAt: _createdAt, amountFrom, amountBelow, ...rest } = rule;
  const after = {
    ...rest,
    amountFrom: amountFrom?.toString(),
    amountBelow: amountBelow?.toString(),
  };
  return { action, subject: ruleId, after };
}

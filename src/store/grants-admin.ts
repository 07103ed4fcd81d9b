import type { PoolClient } from 'pg';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { GrantAction } from '#core/grants.ts';
import { impossibleGrant } from '#core/grants.ts';
import type { Money } from '#core/money.ts';
import { formatDecimal, isSameMoney } from '#core/money.ts';
import { newId } from '#secret/ids.ts';
import { changeAudited, oneOf } from './audited.ts';
import { requireSecondPerson } from './four-eyes.ts';
import type { Grant, GrantRow, Queryable } from './grants.ts';
import { listGrants, mayDo, requireGrant, SELECT_GRANTS, toGrant } from './grants.ts';
import type { AdminServices } from './orgs.ts';
import { invalidField } from './orgs.ts';
import type { PersonActor } from './persons.ts';
import { requirePerson } from './persons.ts';

export interface GrantInput {
  readonly personId: string;
  readonly action: GrantAction;
  readonly accountId?: string | undefined;
  readonly amountMax?: Money | undefined;
  readonly validFrom?: Instant | undefined;
  readonly validUntil?: Instant | undefined;
}

/** Asks for a right for somebody, oneself included. It holds nothing until a second person says so. */
export async function proposeGrant(
  services: AdminServices,
  by: PersonActor,
  input: GrantInput,
): Promise<Grant> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'grant.propose', at: services.now() });
    await refuseImpossible(client, by.orgId, input);
    const grantId = newId('grt');
    await insertGrant(
      client,
      { ...input, orgId: by.orgId, grantId, proposedBy: by.personId },
      services.now(),
    );
    const grant = await requireGrantRow(client, by.orgId, grantId);
    return { result: grant, audit: line('grant.proposed', grant) };
  });
}

/**
 * Lends a right of one's own to somebody during an absence (ask 20). It ends by itself, reaches no
 * further than one's own, ends with it, and needs a second person like every grant.
 */
export async function delegateGrant(
  services: AdminServices,
  by: PersonActor,
  input: {
    readonly grantId: string;
    readonly toPersonId: string;
    readonly validFrom?: Instant | undefined;
    readonly validUntil: Instant;
  },
): Promise<Grant> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const origin = await requireGrantRow(client, by.orgId, input.grantId);
    refuseUnfitOrigin(origin, by);
    if (input.toPersonId === by.personId) {
      throw invalidField('toPersonId', 'must be somebody else');
    }
    const lent: GrantInput = {
      personId: input.toPersonId,
      action: origin.action,
      accountId: origin.accountId,
      amountMax: origin.amountMax,
      validFrom: input.validFrom ?? services.now(),
      validUntil: input.validUntil,
    };
    if (input.validUntil.epochMilliseconds <= services.now().epochMilliseconds) {
      throw invalidField('validUntil', 'must be in the future');
    }
    await refuseImpossible(client, by.orgId, lent);
    const grantId = newId('grt');
    const row = { ...lent, orgId: by.orgId, grantId, proposedBy: by.personId };
    await insertGrant(client, { ...row, delegatedFrom: origin.grantId }, services.now());
    const grant = await requireGrantRow(client, by.orgId, grantId);
    return { result: grant, audit: line('grant.delegated', grant) };
  });
}

function refuseUnfitOrigin(origin: Grant, by: PersonActor): void {
  if (origin.personId !== by.personId || origin.state !== 'active') {
    throw invalidField('grantId', 'must be a grant of your own that is in force');
  }
  // Rights over rights are not lent, and nothing is lent on: who stands for whom stays one step.
  if (origin.action.startsWith('grant.') || origin.delegatedBy !== undefined) {
    throw invalidField('grantId', 'must be neither a right to grant nor itself a delegation');
  }
}

/** Says yes to a grant. Neither who asked for it nor who gets it may do that. */
export async function confirmGrant(
  services: AdminServices,
  by: PersonActor,
  grantId: string,
): Promise<Grant> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = services.now();
    await requireGrant(client, { ...by, action: 'grant.confirm', at: now });
    const proposed = await requireOpen(client, by.orgId, grantId);
    await requireSecondPerson(client, by, [proposed.proposedBy, proposed.personId]);
    await client.query(
      `UPDATE person_grant SET state = 'active', confirmed_by = $3, decided_at = $4
       WHERE org_id = $1 AND grant_id = $2`,
      [by.orgId, grantId, by.personId, now.toString()],
    );
    const grant = await requireGrantRow(client, by.orgId, grantId);
    return { result: grant, audit: line('grant.confirmed', grant) };
  });
}

/** Says no to a grant, or takes one's own proposal back. */
export async function refuseGrant(
  services: AdminServices,
  by: PersonActor,
  grantId: string,
): Promise<Grant> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = services.now();
    const proposed = await requireOpen(client, by.orgId, grantId);
    if (proposed.proposedBy !== by.personId) {
      await requireGrant(client, { ...by, action: 'grant.confirm', at: now });
    }
    await client.query(
      `UPDATE person_grant SET state = 'refused', removed_by = $3, decided_at = $4
       WHERE org_id = $1 AND grant_id = $2`,
      [by.orgId, grantId, by.personId, now.toString()],
    );
    const grant = await requireGrantRow(client, by.orgId, grantId);
    return { result: grant, audit: line('grant.refused', grant) };
  });
}

/**
 * Takes a right away. One person is enough, because nothing becomes possible by it: whoever may
 * propose grants, or whoever holds the right. The last two who can grant stay, or nobody could.
 */
export async function removeGrant(
  services: AdminServices,
  by: PersonActor,
  grantId: string,
): Promise<Grant> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = services.now();
    const grant = await requireGrantRow(client, by.orgId, grantId);
    if (grant.state !== 'active') throw conflict('it is not in force');
    if (grant.personId !== by.personId && grant.delegatedBy !== by.personId) {
      await requireGrant(client, { ...by, action: 'grant.propose', at: now });
    }
    await client.query(
      `UPDATE person_grant SET state = 'removed', removed_at = $3, removed_by = $4
       WHERE org_id = $1 AND grant_id = $2`,
      [by.orgId, grantId, now.toString(), by.personId],
    );
    if (grant.action.startsWith('grant.') && !(await canGrant(client, by.orgId, now))) {
      throw conflict('nobody could grant anything any more; entitle somebody else first');
    }
    const after = await requireGrantRow(client, by.orgId, grantId);
    return { result: after, audit: line('grant.removed', after) };
  });
}

/**
 * Whether two different people can grant together: one who may propose and another who may confirm.
 * While that is not so, only the operator on the machine can help (see bootstrap.ts).
 */
export async function canGrant(client: Queryable, orgId: string, at: Instant): Promise<boolean> {
  const holders = async (action: GrantAction): Promise<string[]> => {
    const grants = await listGrants(client, { orgId });
    const wanted = grants.filter((grant) => grant.action === action && grant.state === 'active');
    const people = [...new Set(wanted.map(({ personId }) => personId))];
    const held = await Promise.all(
      people.map((personId) => mayDo(client, { orgId, personId, action, at })),
    );
    return people.filter((_person, index) => held[index]);
  };
  const proposers = await holders('grant.propose');
  const checkers = await holders('grant.confirm');
  return proposers.some((proposer) => checkers.some((checker) => checker !== proposer));
}

/** What is to be stored of a grant. */
interface NewGrant extends GrantInput {
  readonly orgId: string;
  readonly grantId: string;
  readonly proposedBy: string;
  readonly delegatedFrom?: string;
}

async function insertGrant(client: PoolClient, grant: NewGrant, at: Instant): Promise<void> {
  await client.query(
    `INSERT INTO person_grant (org_id, grant_id, person_id, action, account_id,
       amount_max_minor_units, currency, proposed_by, created_at, valid_from, valid_until,
       delegated_from, delegated_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
             CASE WHEN $12::text IS NULL THEN NULL ELSE $8 END)`,
    [
      grant.orgId,
      grant.grantId,
      grant.personId,
      grant.action,
      grant.accountId ?? null,
      grant.amountMax?.amountMinorUnits.toString() ?? null,
      grant.amountMax?.currency ?? null,
      grant.proposedBy,
      at.toString(),
      grant.validFrom?.toString() ?? null,
      grant.validUntil?.toString() ?? null,
      grant.delegatedFrom ?? null,
    ],
  );
}

/** Set-ups that cannot work are explained before they are stored (ask 21). */
async function refuseImpossible(
  client: PoolClient,
  orgId: string,
  input: GrantInput,
): Promise<void> {
  const impossible = impossibleGrant(input);
  if (impossible) throw invalidField(impossible.field, impossible.problem);
  await requirePerson(client, orgId, input.personId);
  if (input.accountId !== undefined) {
    const { rows } = await client.query(
      'SELECT FROM account WHERE org_id = $1 AND account_id = $2',
      [orgId, input.accountId],
    );
    oneOf(rows, 'account', input.accountId);
  }
  const held = await listGrants(client, { orgId, personId: input.personId });
  const double = held.find((grant) => isSameReach(grant, input));
  if (double) throw conflict(`this person has it already: ${double.grantId} (${double.state})`);
}

function isSameReach(grant: Grant, input: GrantInput): boolean {
  const { amountMax } = grant;
  return (
    grant.action === input.action &&
    grant.accountId === input.accountId &&
    grant.validUntil?.epochMilliseconds === input.validUntil?.epochMilliseconds &&
    (amountMax && input.amountMax
      ? isSameMoney(amountMax, input.amountMax)
      : amountMax === input.amountMax)
  );
}

async function requireOpen(client: PoolClient, orgId: string, grantId: string): Promise<Grant> {
  const grant = await requireGrantRow(client, orgId, grantId);
  if (grant.state !== 'proposed') throw conflict(`it was decided already: ${grant.state}`);
  return grant;
}

export async function requireGrantRow(
  client: Queryable,
  orgId: string,
  grantId: string,
): Promise<Grant> {
  const { rows } = await client.query<GrantRow>(
    `${SELECT_GRANTS} WHERE g.org_id = $1 AND g.grant_id = $2`,
    [orgId, grantId],
  );
  return toGrant(oneOf(rows, 'grant', grantId));
}

function conflict(problem: string): CashbellError {
  return new CashbellError('api.conflict', { field: 'grantId', problem });
}

function line(action: string, grant: Grant) {
  const { amountMax } = grant;
  const after = {
    personId: grant.personId,
    action: grant.action,
    accountId: grant.accountId,
    ...(amountMax ? { amountMax: formatDecimal(amountMax), currency: amountMax.currency } : {}),
    validFrom: grant.validFrom?.toString(),
    validUntil: grant.validUntil?.toString(),
    proposedBy: grant.proposedBy,
    confirmedBy: grant.confirmedBy,
    delegatedBy: grant.delegatedBy,
  };
  return { action, subject: grant.grantId, after };
}

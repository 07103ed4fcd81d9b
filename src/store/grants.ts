import type { ClientBase } from 'pg';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { GrantAction, GrantRequest } from '#core/grants.ts';
import { covers, grantActions } from '#core/grants.ts';
import type { Money } from '#core/money.ts';
import { formatDecimal, money } from '#core/money.ts';
import { toInstant } from './orgs.ts';

/** Anything that answers questions: the pool, or the client of a transaction. */
export type Queryable = Pick<ClientBase, 'query'>;

export type GrantState = 'proposed' | 'active' | 'refused' | 'removed';

/** A right of a person, as it stands. */
export interface Grant {
  readonly grantId: string;
  readonly personId: string;
  readonly personName: string;
  readonly action: GrantAction;
  readonly accountId: string | undefined;
  readonly amountMax: Money | undefined;
  readonly state: GrantState;
  readonly proposedBy: string;
  readonly confirmedBy: string | undefined;
  /** Made by the operator on the machine, because nobody else could. */
  readonly isBootstrap: boolean;
  readonly delegatedBy: string | undefined;
  readonly validFrom: Instant | undefined;
  readonly validUntil: Instant | undefined;
  readonly createdAt: Instant;
  readonly decidedAt: Instant | undefined;
  readonly removedAt: Instant | undefined;
}

export interface GrantRow {
  grant_id: string;
  person_id: string;
  person_name: string;
  action: string;
  account_id: string | null;
  amount_max_minor_units: string | null;
  currency: string | null;
  state: GrantState;
  proposed_by: string;
  confirmed_by: string | null;
  is_bootstrap: boolean;
  delegated_by: string | null;
  valid_from: Date | null;
  valid_until: Date | null;
  created_at: Date;
  decided_at: Date | null;
  removed_at: Date | null;
}

export const SELECT_GRANTS = `
  SELECT g.grant_id, g.person_id, p.name AS person_name, g.action, g.account_id,
         g.amount_max_minor_units, g.currency, g.state, g.proposed_by, g.confirmed_by,
         g.is_bootstrap, g.delegated_by, g.valid_from, g.valid_until, g.created_at, g.decided_at,
         g.removed_at
  FROM person_grant g JOIN person p USING (org_id, person_id)`;

export function toGrant(row: GrantRow): Grant {
  return {
    grantId: row.grant_id,
    personId: row.person_id,
    personName: row.person_name,
    action: parseGrantAction(row.action),
    accountId: row.account_id ?? undefined,
    amountMax:
      row.amount_max_minor_units === null
        ? undefined
        : money(BigInt(row.amount_max_minor_units), row.currency ?? ''),
    state: row.state,
    proposedBy: row.proposed_by,
    confirmedBy: row.confirmed_by ?? undefined,
    isBootstrap: row.is_bootstrap,
    delegatedBy: row.delegated_by ?? undefined,
    validFrom: toInstant(row.valid_from),
    validUntil: toInstant(row.valid_until),
    createdAt: toInstant(row.created_at),
    decidedAt: toInstant(row.decided_at),
    removedAt: toInstant(row.removed_at),
  };
}

export function parseGrantAction(text: string): GrantAction {
  const found = grantActions.find((action) => action === text);
  if (found) return found;
  throw new CashbellError('api.invalid', {
    field: 'action',
    problem: `must be one of ${grantActions.join(', ')}`,
  });
}

/** Someone about to do something, and what. */
export interface PersonRequest extends GrantRequest {
  readonly orgId: string;
  readonly personId: string;
  readonly at: Instant;
}

/**
 * Whether this person may do this now. The one question that everything around paying asks; it has no
 * exceptions. A person who was removed, a grant that was not confirmed, and a delegation whose origin
 * is gone all answer no.
 */
export async function mayDo(client: Queryable, request: PersonRequest): Promise<boolean> {
  const grants = await heldGrants(client, request);
  return grants.some((grant) => covers(grant, request, request.at));
}

/** Grants of one action that stand: confirmed, not removed, and not delegated by somebody who is gone. */
export async function heldGrants(
  client: Queryable,
  { orgId, personId, action }: Pick<PersonRequest, 'orgId' | 'personId' | 'action'>,
): Promise<Grant[]> {
  const { rows } = await client.query<GrantRow>(
    `${SELECT_GRANTS}
     LEFT JOIN person_grant o ON o.org_id = g.org_id AND o.grant_id = g.delegated_from
     LEFT JOIN person d ON d.org_id = o.org_id AND d.person_id = o.person_id
     WHERE g.org_id = $1 AND g.person_id = $2 AND g.action = $3
       AND g.state = 'active' AND g.removed_at IS NULL AND p.removed_at IS NULL
       AND (g.delegated_from IS NULL
            OR (o.state = 'active' AND o.removed_at IS NULL AND d.removed_at IS NULL))`,
    [orgId, personId, action],
  );
  return rows.map(toGrant);
}

/** Lets a person pass who may do this, and refuses everybody else with what is missing. */
export async function requireGrant(client: Queryable, request: PersonRequest): Promise<void> {
  if (await mayDo(client, request)) return;
  throw new CashbellError('payment.notEntitled', {
    person: request.personId,
    action: request.action,
    ...(request.accountId === undefined ? {} : { accountId: request.accountId }),
    ...(request.amount
      ? { amount: formatDecimal(request.amount), currency: request.amount.currency }
      : {}),
  });
}

/** Persons who may do this now, such as those to whom a decision is shown. */
export async function personsWhoMay(
  client: Queryable,
  request: Omit<PersonRequest, 'personId'>,
): Promise<string[]> {
  const { rows } = await client.query<{ person_id: string }>(
    `SELECT DISTINCT person_id FROM person_grant
     WHERE org_id = $1 AND action = $2 AND state = 'active' ORDER BY person_id`,
    [request.orgId, request.action],
  );
  const persons: string[] = [];
  for (const { person_id: personId } of rows) {
    if (await mayDo(client, { ...request, personId })) persons.push(personId);
  }
  return persons;
}

/** Grants of an organisation or of one person, oldest first; ended ones only when asked for. */
export async function listGrants(
  client: Queryable,
  scope: {
    readonly orgId: string;
    readonly personId?: string | undefined;
    readonly isWithEnded?: boolean | undefined;
  },
): Promise<Grant[]> {
  const { rows } = await client.query<GrantRow>(
    `${SELECT_GRANTS} WHERE g.org_id = $1 AND ($2::text IS NULL OR g.person_id = $2)
       AND ($3 OR g.state IN ('proposed', 'active')) ORDER BY g.grant_id`,
    [scope.orgId, scope.personId ?? null, scope.isWithEnded ?? false],
  );
  return rows.map(toGrant);
}

import type { PoolClient } from 'pg';
import { CashbellError } from '#core/errors.ts';
import { newId } from '#secret/ids.ts';
import { changeAudited } from './audited.ts';
import type { Grant } from './grants.ts';
import { canGrant, requireGrantRow } from './grants-admin.ts';
import type { AdminServices } from './orgs.ts';
import { requirePerson } from './persons.ts';

/** Who may do it: the operator with a shell on the machine, never a caller of the API. */
const OPERATOR = 'cli';
const RIGHTS = ['grant.propose', 'grant.confirm'] as const;

export interface Bootstrap {
  readonly grants: readonly Grant[];
  /** The organisation had people who could grant, and lost them: everything was stopped. */
  readonly isRecovery: boolean;
  /** One more person is needed before anything can be granted. */
  readonly isComplete: boolean;
}

/**
 * Makes a person one of the first two who can grant, without a second person, because there is none
 * yet. It gives nothing but the right to grant, it works only while no two people can grant together,
 * and only for the operator on the machine.
 *
 * An organisation that lost those people can be helped the same way. Whoever has a shell on the
 * machine could use that to take over; so all payments are stopped by it, which is told to everybody,
 * and only two people can release them.
 */
export async function bootstrapGrants(
  services: AdminServices,
  input: { readonly orgId: string; readonly personId: string },
  stopEverything: (client: PoolClient, reason: string) => Promise<void>,
): Promise<Bootstrap> {
  const { orgId, personId } = input;
  return changeAudited(services, { orgId, actor: OPERATOR }, async (client) => {
    const now = services.now();
    const person = await requirePerson(client, orgId, personId);
    if (await canGrant(client, orgId, now)) {
      throw new CashbellError('api.conflict', {
        field: 'personId',
        problem:
          'two people can grant together already; let one propose and the other confirm: cashbell grant propose',
      });
    }
    const isRecovery = await hadPair(client, orgId);
    const grantIds = RIGHTS.map(() => newId('grt'));
    await endOwnRights(client, input, now.toString());
    await client.query(
      `INSERT INTO person_grant (org_id, grant_id, person_id, action, state, is_bootstrap,
         proposed_by, created_at, decided_at)
       SELECT $1, w.grant_id, $2, w.action, 'active', true, $5, $6, $6
       FROM unnest($3::text[], $4::text[]) AS w (grant_id, action)`,
      [orgId, personId, grantIds, RIGHTS, OPERATOR, now.toString()],
    );
    if (isRecovery) await stopEverything(client, `the right to grant was recovered on the machine`);
    const grants = await Promise.all(
      grantIds.map((grantId) => requireGrantRow(client, orgId, grantId)),
    );
    const isComplete = await canGrant(client, orgId, now);
    const after = { name: person.name, rights: RIGHTS, isRecovery };
    const audit = { action: 'grant.bootstrapped', subject: personId, after };
    return { result: { grants, isRecovery, isComplete }, audit };
  });
}

/** Whether two people had these rights together at any time. */
async function hadPair(client: PoolClient, orgId: string): Promise<boolean> {
  const { rows } = await client.query<{ people: number }>(
    `SELECT count(DISTINCT person_id)::int AS people FROM person_grant
     WHERE org_id = $1 AND action = ANY($2) AND state IN ('active', 'removed')
       AND decided_at IS NOT NULL`,
    [orgId, RIGHTS],
  );
  return (rows[0]?.people ?? 0) >= 2;
}

/** The same rights twice would only confuse; the operator's own words replace them. */
async function endOwnRights(
  client: PoolClient,
  { orgId, personId }: { readonly orgId: string; readonly personId: string },
  at: string,
): Promise<void> {
  await client.query(
    `UPDATE person_grant SET state = 'removed', removed_at = $4, removed_by = $5
     WHERE org_id = $1 AND person_id = $2 AND action = ANY($3) AND state IN ('proposed', 'active')`,
    [orgId, personId, RIGHTS, at, OPERATOR],
  );
}

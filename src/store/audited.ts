import type { PoolClient } from 'pg';
import { CashbellError } from '#core/errors.ts';
import { appendAudit } from './audit.ts';
import type { AuditRecord } from './audit.ts';
import type { AdminServices } from './orgs.ts';
import type { Transaction } from './transaction.ts';
import { inTransaction } from './transaction.ts';

/** What the audit says of a change; absent when nothing changed. */
export type AuditLine = Omit<AuditRecord, 'orgId' | 'actor'>;

/**
 * Runs a change and its audit line in one transaction. Unlike `changeSettings` it wakes no cache: who
 * may pay whom is always read from the database. The organisation's row is taken first, so that two
 * people who decide the same thing come one after the other.
 */
export async function changeAudited<T>(
  services: Pick<AdminServices, 'pool'>,
  scope: { readonly orgId: string; readonly actor: string },
  work: (
    client: PoolClient,
    transaction: Transaction,
  ) => Promise<{ readonly result: T; readonly audit?: AuditLine | undefined }>,
): Promise<T> {
  return inTransaction(services.pool, async (client, transaction) => {
    await lockOrg(client, scope.orgId);
    const { result, audit } = await work(client, transaction);
    if (audit) await appendAudit(client, { ...scope, ...audit });
    return result;
  });
}

async function lockOrg(client: PoolClient, orgId: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM org WHERE org_id = $1 FOR NO KEY UPDATE', [
    orgId,
  ]);
  if (rowCount !== 1)
    throw new CashbellError('api.notFound', { what: 'org', id: orgId.slice(0, 60) });
}

/** The one row that a statement gave, or a refusal that names what is missing. */
export function oneOf<Row>(rows: readonly Row[], what: string, id: string): Row {
  const [row] = rows;
  if (!row) throw new CashbellError('api.notFound', { what, id: id.slice(0, 60) });
  return row;
}

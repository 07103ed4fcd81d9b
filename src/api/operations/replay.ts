import { CashbellError } from '#core/errors.ts';
import { appendAudit } from '#store/audit.ts';
import type { Actor, AdminServices } from '#store/orgs.ts';
import { inTransaction } from '#store/transaction.ts';

/** Which quarantined messages to read again. */
export type ReplayScope =
  | { readonly inboundId: string }
  | { readonly connectionId: string }
  | { readonly all: true };

/**
 * Sends quarantined messages through the reading again, such as after an update that understands
 * them. What was stored stays byte for byte; entries that they already gave are recognised.
 */
export async function replayInbound(
  services: Pick<AdminServices, 'pool'>,
  input: { readonly orgId: string; readonly scope: ReplayScope },
  actor: Actor,
): Promise<number> {
  const { orgId, scope } = input;
  const inboundId = 'inboundId' in scope ? scope.inboundId : null;
  const connectionId = 'connectionId' in scope ? scope.connectionId : null;
  return inTransaction(services.pool, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE inbound SET state = 'stored', attempts = 0, problem = NULL, processed_at = NULL
       WHERE org_id = $1 AND state = 'quarantined'
         AND ($2::text IS NULL OR inbound_id = $2) AND ($3::text IS NULL OR connection_id = $3)`,
      [orgId, inboundId, connectionId],
    );
    const replayed = rowCount ?? 0;
    if (inboundId !== null && replayed === 0) {
      throw new CashbellError('api.notFound', {
        what: 'quarantined inbound',
        id: inboundId.slice(0, 60),
      });
    }
    if (replayed > 0) {
      const subject = inboundId ?? connectionId ?? orgId;
      await appendAudit(client, {
        orgId,
        actor,
        action: 'inbound.replayed',
        subject,
        after: { replayed },
      });
      await client.query("SELECT pg_notify('cashbell_inbound', '')");
    }
    return replayed;
  });
}

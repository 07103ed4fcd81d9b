import { CashbellError } from '#core/errors.ts';
import { addMoney, formatDecimal, money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import { decideWithin } from '#store/approvals.ts';
import type { Approval } from '#store/approvals.ts';
import { appendAudit } from '#store/audit.ts';
import { requireGrant } from '#store/grants.ts';
import { digestOfItems, getBatch, loadBatchItems } from '#store/payment-batches.ts';
import type { PersonActor } from '#store/persons.ts';
import { inTransaction } from '#store/transaction.ts';
import type { PaymentDeps } from '../payment/payment-deps.ts';

/** What a person says to all payments of a batch that wait for approval. */
export interface BatchDecision {
  readonly batchId: string;
  /** `approvalDigest` of the batch as it stood on the person's screen. */
  readonly digest: string;
  readonly decision: Approval['decision'];
  readonly remark?: string | undefined;
}

/** How a batch waits for approval: what one word to it would cover. */
export interface BatchWaiting {
  readonly count: number;
  readonly total: Money;
  /** Absent: nothing waits. */
  readonly approvalDigest: string | undefined;
}

/** What waits for approval in a batch, with the digest that a word about it must name. */
export async function readWaiting(
  deps: Pick<PaymentDeps, 'services'>,
  place: { readonly orgId: string; readonly batchId: string },
): Promise<BatchWaiting> {
  const { pool } = deps.services;
  const batch = await getBatch(pool, place);
  const items = await loadBatchItems(pool, { ...place, state: 'awaitingApproval' });
  return {
    count: items.length,
    total: items.reduce(
      (sum, { amount }) => addMoney(sum, amount),
      money(0n, batch.total.currency),
    ),
    approvalDigest: items.length === 0 ? undefined : digestOfItems(items),
  };
}

/**
 * Decides about every payment of a batch that waits for it, in one act and one transaction. The word
 * is bound to all of them: one that was added, changed, taken back or decided since makes it void.
 * The right must cover the total as well as each payment, and each is checked as if it were alone.
 */
export async function decideBatch(
  deps: PaymentDeps,
  by: PersonActor,
  input: BatchDecision,
): Promise<{ readonly decided: number; readonly total: Money }> {
  const at = deps.now();
  const place = { orgId: by.orgId, batchId: input.batchId };
  const result = await inTransaction(deps.services.pool, async (client) => {
    const batch = await getBatch(client, place);
    // All rows first and in one order, so that nobody who decides about one of them waits crosswise.
    await client.query(
      `SELECT FROM payment WHERE org_id = $1 AND batch_id = $2
       ORDER BY batch_item FOR NO KEY UPDATE`,
      [by.orgId, input.batchId],
    );
    const items = await loadBatchItems(client, { ...place, state: 'awaitingApproval' });
    refuseOther(items.length, digestOfItems(items), input.digest);
    const total = items.reduce(
      (sum, { amount }) => addMoney(sum, amount),
      money(0n, batch.total.currency),
    );
    const { accountId } = batch;
    await requireGrant(client, { ...by, action: 'payment.approve', accountId, amount: total, at });
    const { decision, remark } = input;
    for (const { paymentId, digest } of items) {
      await decideWithin(client, by, { paymentId, digest, decision, remark }, at);
    }
    await appendAudit(client, {
      orgId: by.orgId,
      actor: by.personId,
      action: decision === 'agreed' ? 'batch.approved' : 'batch.declined',
      subject: batch.batchId,
      after: {
        digest: input.digest,
        count: items.length,
        total: formatDecimal(total),
        currency: total.currency,
      },
    });
    return { decided: items.length, total };
  });
  deps.onWoken();
  return result;
}

function refuseOther(count: number, digestNow: string, digestSeen: string): void {
  if (count === 0) {
    throw new CashbellError('payment.stateConflict', {
      field: 'batchId',
      problem: 'no payment of this batch waits for approval',
    });
  }
  if (digestNow === digestSeen) return;
  throw new CashbellError('payment.contentChanged', {
    field: 'other',
    problem: 'digest is not that of the payments which wait; load the batch again and look at it',
  });
}

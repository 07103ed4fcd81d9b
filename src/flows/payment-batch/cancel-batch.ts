import { isCashbellError } from '#core/errors.ts';
import type { CashbellError } from '#core/errors.ts';
import type { OrgId, PaymentId } from '#core/ids.ts';
import { getBatch, loadBatchItems } from '#store/payment-batches.ts';
import type { BatchItem } from '#store/payment-batches.ts';
import { cancelPayment } from '../payment/cancel-payment.ts';
import type { PaymentDeps } from '../payment/payment-deps.ts';
import { submitPayment } from '../payment/submit-payment.ts';

interface BatchRef {
  readonly orgId: OrgId;
  readonly batchId: string;
}

/** What became of taking back a batch, payment by payment. */
export interface BatchCancellation {
  readonly cancelled: number;
  readonly bankAsked: number;
  /** Payments that cannot be taken back, and why. */
  readonly kept: readonly {
    readonly paymentId: PaymentId;
    readonly item: number;
    readonly error: CashbellError;
  }[];
}

/**
 * Takes back what can be taken back of a batch. Each payment is one of its own: those that have left
 * stay, and are told with their reasons.
 */
export async function cancelBatch(
  deps: PaymentDeps,
  { orgId, batchId }: BatchRef,
  by: { readonly actor: string; readonly remark?: string | undefined },
): Promise<BatchCancellation> {
  await getBatch(deps.services.pool, { orgId, batchId });
  const items = await loadBatchItems(deps.services.pool, { orgId, batchId });
  const outcomes = { cancelled: 0, bankAsked: 0 };
  const kept: BatchCancellation['kept'][number][] = [];
  for (const { paymentId, item, state } of items) {
    if (state === 'cancelled') continue;
    try {
      const { outcome } = await cancelPayment(deps, { orgId, paymentId }, by);
      outcomes[outcome] += 1;
    } catch (error) {
      // Who may not do it is told so once, not for every payment.
      if (!isCashbellError(error) || error.code === 'payment.notEntitled') throw error;
      kept.push({ paymentId, item, error });
    }
  }
  return { ...outcomes, kept };
}

/** Sends the drafts of a batch for approval. */
export async function submitBatch(
  deps: PaymentDeps,
  { orgId, batchId }: BatchRef,
  actor: string,
): Promise<readonly BatchItem[]> {
  await getBatch(deps.services.pool, { orgId, batchId });
  const drafts = await loadBatchItems(deps.services.pool, { orgId, batchId, state: 'draft' });
  for (const { paymentId } of drafts) await submitPayment(deps, { orgId, paymentId }, actor);
  return drafts;
}

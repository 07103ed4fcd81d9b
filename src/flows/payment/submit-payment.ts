import { CashbellError } from '#core/errors.ts';
import { appendAudit } from '#store/audit.ts';
import { lockPayment } from '#store/payments.ts';
import type { Payment, PaymentRef } from '#store/payments.ts';
import { inTransaction } from '#store/transaction.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { requireMaker } from './payment-input.ts';
import { recordHappening } from './record.ts';

/** Sends a draft for approval. Doing it twice changes nothing; anything but a draft is refused. */
export async function submitPayment(
  deps: PaymentDeps,
  ref: PaymentRef,
  actor: string,
): Promise<Payment> {
  const at = deps.now();
  const now = new Date(at.epochMilliseconds);
  const { payment, rings } = await inTransaction(
    deps.services.pool,
    async (client, transaction) => {
      const before = await lockPayment(client, ref);
      const { orgId, accountId, instructedAmount: amount } = before;
      await requireMaker(client, { orgId, maker: actor, accountId, amount, at });
      if (before.state === 'awaitingApproval') return { payment: before, rings: [] };
      if (before.state !== 'draft') {
        throw new CashbellError('payment.stateConflict', {
          field: 'paymentId',
          problem: `only a draft can be sent for approval: ${before.state}`,
        });
      }
      const recorded = await recordHappening(
        transaction,
        deps,
        ref,
        { kind: 'requested' },
        { actor, now },
      );
      await appendAudit(client, {
        orgId,
        actor,
        action: 'payment.submitted',
        subject: ref.paymentId,
        after: { digest: before.digest, maker: before.maker },
      });
      return recorded;
    },
  );
  if (rings.length > 0) deps.onRings(rings);
  deps.onWoken();
  return payment;
}

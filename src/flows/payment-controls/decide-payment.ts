import type { PaymentDecision } from '#store/payment-decisions.ts';
import { confirmDecision } from '#store/payment-decisions.ts';
import { wakePayments } from '#store/payments.ts';
import type { PersonActor } from '#store/persons.ts';
import { inTransaction } from '#store/transaction.ts';
import type { PaymentDeps } from '../payment/payment-deps.ts';
import { recordHappening } from '../payment/record.ts';

/**
 * Confirms, as the second of two people, what became of a payment, or that a check may pass; and
 * makes the payment follow in the same transaction. The bank's word may have come first: then the
 * decision is overtaken, and nothing follows.
 */
export async function decidePayment(
  deps: PaymentDeps,
  by: PersonActor,
  place: { readonly paymentId: string; readonly decisionId: string },
): Promise<PaymentDecision> {
  const at = deps.now();
  const now = new Date(at.epochMilliseconds);
  const { decision, rings } = await inTransaction(
    deps.services.pool,
    async (client, transaction) => {
      const confirmed = await confirmDecision(client, by, place, at);
      if (confirmed.decision.outcome !== 'confirmed') return { ...confirmed, rings: [] };
      const { choice } = confirmed.decision;
      const recorded = await recordHappening(
        transaction,
        deps,
        confirmed.payment,
        choice === 'waive' ? { kind: 'waived' } : { kind: 'decided', choice },
        { actor: by.personId, now },
      );
      await wakePayments(client, by.orgId, [place.paymentId], now);
      return { ...confirmed, rings: recorded.rings };
    },
  );
  if (rings.length > 0) deps.onRings(rings);
  deps.onWoken();
  return decision;
}

import { reason } from '#core/match-reasons.ts';
import type { Board } from './board.ts';
import { isSameLeft } from './board.ts';
import { wholeLeg } from './key-stage.ts';
import { propose } from './propose.ts';

/** Entries that already know the payment of ours they settle, and the item of that payment. */
export function settleLinkedPayments(board: Board): void {
  const byPayment = new Map<string, number[]>();
  board.items.lines.forEach(({ paymentId }, item) => {
    if (paymentId === undefined) return;
    byPayment.set(paymentId, [...(byPayment.get(paymentId) ?? []), item]);
  });
  if (byPayment.size === 0) return;
  const claims = countClaims(board);
  board.entries.lines.forEach(({ paymentId }, entry) => {
    if (paymentId === undefined || (claims.get(paymentId) ?? 0) > 1) return;
    const [item, ...others] = byPayment.get(paymentId) ?? [];
    if (item === undefined || others.length > 0) return;
    if (board.entries.isCredit[entry] !== board.items.isCredit[item]) return;
    if (!isSameLeft(board, entry, item)) return;
    propose(board, {
      kind: 'payment',
      basis: 'exactKey',
      legs: [wholeLeg(board, entry, item)],
      probability: 1,
      isUnique: true,
      reasons: [reason('paymentLinked', { payment: paymentId }), reason('amountEqual')],
    });
  });
}

/** Entries per payment and direction of its debit; two of them are for a person to look at. */
function countClaims({ entries }: Board): ReadonlyMap<string, number> {
  const claims = new Map<string, number>();
  for (const { paymentId, direction } of entries.lines) {
    if (paymentId === undefined || direction !== 'debit') continue;
    claims.set(paymentId, (claims.get(paymentId) ?? 0) + 1);
  }
  return claims;
}

import type { AccountView, MovementView } from '../lib/bank.ts';
import { amountOf } from './book.ts';
import type { Movement, Wallet } from './book.ts';
import { formatAmount } from './money.ts';

/** A movement with what only this bank has beside it. */
interface AirwallexMovementView extends MovementView {
  readonly id: string;
  readonly counterparty: string;
  /** Airwallex's own word for the deposit or the transfer, which tells rejected from reversed. */
  readonly wireStatus: string;
  /** How the company can learn of it. */
  readonly told: 'webhook' | 'polling only';
}

/** A wallet with its movements, or with the given ones only. */
export function toAccountView(
  wallet: Wallet,
  movements: readonly Movement[] = wallet.movements,
): AccountView {
  return {
    bank: 'airwallex',
    account: wallet.id,
    name: wallet.name,
    currency: wallet.currency,
    balance: formatAmount(wallet.available, wallet.currency),
    movements: movements.map(toMovementView),
  };
}

const STATUS_WORDS = {
  PENDING: 'pending',
  SETTLED: 'booked',
  REJECTED: 'reversed',
  REVERSED: 'reversed',
} as const;

function toMovementView(movement: Movement): AirwallexMovementView {
  return {
    reference: movement.reference,
    at: movement.createdAt.toISOString(),
    creditDebitIndicator: movement.creditDebitIndicator,
    amount: amountOf(movement),
    currency: movement.wallet.currency,
    status: STATUS_WORDS[movement.status],
    remark: movement.remark,
    pushes: movement.pushes,
    id: movement.id,
    counterparty: movement.counterparty,
    wireStatus: movement.transfer?.status ?? movement.status,
    told: isTold(movement) ? 'webhook' : 'polling only',
  };
}

function isTold({ creditDebitIndicator, transfer }: Movement): boolean {
  return creditDebitIndicator === 'credit' || transfer !== undefined;
}

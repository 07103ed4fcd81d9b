import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { uuid } from '../book.ts';
import type { Book, Movement } from '../book.ts';
import { formatAmount } from '../money.ts';
import type { CheckedOrder } from './order.ts';
import { NEXT_STATUSES } from './transfer.ts';
import type { Failure, Transfer, TransferStatus } from './transfer.ts';

/** All transfers, and the only place where one of them changes or moves money. */
export interface TransferBook {
  /** In the order in which they were accepted. */
  readonly transfers: readonly Transfer[];
  /** The number of changes so far. */
  revision(): number;
  accept(checked: CheckedOrder): Transfer;
  /** Finds a transfer by its id, its request id, its short reference or the debit it made. */
  find(name: string): Transfer | undefined;
  ofRequest(requestId: string): Transfer | undefined;
  ofMovement(movement: Movement): Transfer | undefined;
  /**
   * Leads a transfer to a further status. Without the money in the wallet PROCESSING becomes
   * OVERDUE; a transfer that was debited and ends as CANCELLED gives the money back, not the fee.
   */
  lead(transfer: Transfer, status: TransferStatus, failure?: Failure): void;
  /** The company has the answer that names the transfer. */
  markAnswered(id: string): void;
}

interface Surroundings {
  readonly book: Book;
  readonly clock: Clock;
  readonly random: Random;
  /** Called after every change of status. */
  readonly tell: (transfer: Transfer) => void;
}

const REFERENCE_CHARACTERS = Array.from('0123456789ABCDEFGHJKLMNPQRSTUVWXYZ');

/** Makes an empty book of transfers over the wallets. */
export function createTransferBook({ book, clock, random, tell }: Surroundings): TransferBook {
  const transfers: Transfer[] = [];
  const byName = new Map<string, Transfer>();
  const byRequest = new Map<string, Transfer>();
  let revision = 0;
  // The wire shows whole seconds, and windows must agree with what it shows.
  const now = (): Date => new Date(Math.floor(clock.now().getTime() / 1000) * 1000);

  function enter(transfer: Transfer, status: TransferStatus): void {
    revision += 1;
    transfer.revision = revision;
    transfer.status = status;
    transfer.updatedAt = now();
    transfer.history.push({ at: clock.now().toISOString(), status });
    tell(transfer);
  }

  function fund(transfer: Transfer): void {
    const { wallet, order, quote } = transfer;
    if (wallet.available < quote.payerPaysMinorUnits) {
      transfer.fundingStatus = 'FAILED';
      if (transfer.status !== 'OVERDUE') enter(transfer, 'OVERDUE');
      return;
    }
    transfer.fundingStatus = 'FUNDED';
    transfer.payout = book.debit({
      wallet,
      id: transfer.id,
      transfer,
      amount: formatAmount(quote.sourceMinorUnits, wallet.currency),
      remark: `${order.reference} ${transfer.shortReferenceId}`,
      counterparty: order.beneficiary.name,
      counterpartyBank: order.beneficiary.bankName || order.beneficiary.bankCode,
      pushes: transfer.pushes,
      pending: false,
    });
    byName.set(transfer.payout.reference, transfer);
    if (order.feePaidBy === 'PAYER' && quote.feeMinorUnits > 0n) {
      transfer.fee = book.debit({
        wallet,
        id: transfer.id,
        isFee: true,
        amount: formatAmount(quote.feeMinorUnits, wallet.currency),
        remark: transfer.shortReferenceId,
        counterparty: 'Airwallex',
        pending: false,
      });
    }
    enter(transfer, 'PROCESSING');
  }

  function cancel(transfer: Transfer): void {
    if (transfer.payout) {
      book.reverse(transfer.payout);
      transfer.fundingStatus = 'REVERSED';
    } else transfer.fundingStatus = 'CANCELLED';
    enter(transfer, 'CANCELLED');
  }

  function shortReference(): string {
    const day = clock.now().toISOString().slice(2, 10).replaceAll('-', '');
    const tail = Array.from({ length: 7 }, () => random.pick(REFERENCE_CHARACTERS)).join('');
    const reference = `P${day}-${tail}`;
    return byName.has(reference) ? shortReference() : reference;
  }

  return {
    transfers,
    revision: () => revision,
    accept({ order, quote, wallet }) {
      if (byRequest.has(order.requestId)) throw new Error(`${order.requestId} was used before`);
      const transfer: Transfer = {
        sequence: transfers.length + 1,
        id: uuid(random),
        shortReferenceId: shortReference(),
        order,
        quote,
        wallet,
        createdAt: now(),
        acceptedAtMs: clock.now().getTime(),
        pushes: [],
        history: [],
        status: 'SCHEDULED',
        fundingStatus: 'SCHEDULED',
        updatedAt: now(),
        answered: false,
        revision: 0,
      };
      transfers.push(transfer);
      byRequest.set(order.requestId, transfer);
      byName.set(transfer.id, transfer).set(transfer.shortReferenceId, transfer);
      enter(transfer, 'SCHEDULED');
      return transfer;
    },
    find: (name) => byName.get(name) ?? byRequest.get(name),
    ofRequest: (requestId) => byRequest.get(requestId),
    ofMovement: (movement) => byName.get(movement.reference),
    lead(transfer, status, failure) {
      if (!NEXT_STATUSES[transfer.status].includes(status)) {
        throw new Error(`transfer ${transfer.id} is ${transfer.status} and cannot be ${status}`);
      }
      if (status === 'PROCESSING') return fund(transfer);
      if (status === 'CANCELLED') return cancel(transfer);
      if (status === 'SENT') transfer.dispatchedAt = now();
      if (status === 'FAILED' && failure) transfer.failure = failure;
      return enter(transfer, status);
    },
    markAnswered(id) {
      const transfer = byName.get(id);
      if (!transfer || transfer.answered) return;
      transfer.answered = true;
      revision += 1;
      transfer.revision = revision;
    },
  };
}

import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import { formatAmount, parseMinorUnits } from './money.ts';

export type DepositStatus = 'PENDING' | 'SETTLED' | 'REJECTED' | 'REVERSED';

/** One answer of the company to one delivery of an event. */
export interface Push {
  readonly at: string;
  readonly status: number | 'no answer';
  readonly body: string;
  readonly event: string;
}

/** A deposit or a payout, from its first sight to its end. */
export interface Movement {
  readonly reference: string;
  /** The id on the wire: of the deposit, or of the transfer that a debit stands for. */
  readonly id: string;
  readonly wallet: Wallet;
  readonly creditDebitIndicator: 'credit' | 'debit';
  readonly minorUnits: bigint;
  readonly remark: string;
  readonly counterparty: string;
  readonly counterpartyBank: string;
  readonly providerTransactionId: string;
  readonly createdAt: Date;
  status: DepositStatus;
  settledAt?: Date;
  endedAt?: Date;
  readonly pushes: Push[];
  /** The transfer whose payout this debit is. */
  readonly transfer?: { readonly status: string };
  /** Whether this debit is the fee of a transfer. */
  readonly isFee: boolean;
}

/** A line of `/financial_transactions`; the amount carries its sign. */
export interface Posting {
  readonly id: string;
  readonly movement: Movement;
  readonly type: 'DEPOSIT' | 'DEPOSIT_REVERSAL' | 'PAYOUT' | 'PAYOUT_REVERSAL' | 'FEE';
  readonly minorUnits: bigint;
  readonly createdAt: Date;
  status: 'PENDING' | 'SETTLED';
  settledAt?: Date;
}

/** A change of the available balance; the lines of `/balances/history`. */
export interface BalanceLine {
  readonly posting: Posting;
  readonly minorUnits: bigint;
  readonly balanceAfter: bigint;
  readonly postedAt: Date;
}

/** The money of one currency, fed by one global account. */
export interface Wallet {
  readonly id: string;
  readonly currency: string;
  readonly name: string;
  readonly globalAccountId: string;
  readonly accountNumber: string;
  available: bigint;
  pending: bigint;
  reserved: bigint;
  readonly movements: Movement[];
}

export interface WalletOrder {
  readonly currency: string;
  readonly name: string;
  /** Decimal text. */
  readonly opening: string;
}

export interface CreditOrDebit {
  readonly wallet: Wallet;
  readonly amount: string;
  readonly remark?: string;
  readonly counterparty?: string;
  readonly counterpartyBank?: string;
  readonly providerTransactionId?: string;
  readonly pending: boolean;
  /** The id of the transfer that is debited; absent for debits that nobody ordered. */
  readonly id?: string;
  readonly transfer?: { readonly status: string };
  readonly isFee?: boolean;
  /** Where the company's answers to events about the movement are noted. */
  readonly pushes?: Push[];
}

/** The books of the simulated bank: the only place where money changes. */
export interface Book {
  readonly wallets: readonly Wallet[];
  /** All movements, oldest first. */
  readonly movements: readonly Movement[];
  readonly postings: readonly Posting[];
  readonly balanceLines: readonly BalanceLine[];
  /** Finds a wallet by its id, its currency or its global account. */
  wallet(name: string): Wallet;
  movement(reference: string): Movement;
  /** Finds a deposit by its id on the wire. */
  deposit(id: string): Movement | undefined;
  /** The postings of one deposit, payout or transfer, oldest first. */
  postingsOf(sourceId: string): readonly Posting[];
  credit(order: CreditOrDebit): Movement;
  debit(order: CreditOrDebit): Movement;
  settle(movement: Movement): void;
  reject(movement: Movement): void;
  reverse(movement: Movement): void;
}

/** References begin here, so that they never meet those of the other banks' simulators. */
const FIRST_REFERENCE = 500_000_000_001;

/** Makes the books of one account with a wallet per currency. */
export function createBook(
  accountId: string,
  orders: readonly WalletOrder[],
  { clock, random }: { clock: Clock; random: Random },
): Book {
  const wallets = orders.map((order) => openWallet(accountId, order, random));
  const movements: Movement[] = [];
  const byReference = new Map<string, Movement>();
  const depositsById = new Map<string, Movement>();
  const postings: Posting[] = [];
  const postingsBySource = new Map<string, Posting[]>();
  const balanceLines: BalanceLine[] = [];
  let nextReference = FIRST_REFERENCE;
  // The wire shows whole seconds; keeping them makes every window agree with what is shown.
  const now = (): Date => new Date(Math.floor(clock.now().getTime() / 1000) * 1000);

  function record(order: CreditOrDebit, creditDebitIndicator: 'credit' | 'debit'): Movement {
    const minorUnits = parseMinorUnits(order.amount, order.wallet.currency);
    if (minorUnits === 0n) throw new Error('an amount must be more than zero');
    if (creditDebitIndicator === 'debit' && minorUnits > order.wallet.available) {
      throw new Error(`insufficient funds in ${order.wallet.id}`);
    }
    const movement: Movement = {
      reference: `MV${String(nextReference).padStart(12, '0')}`,
      id: order.id ?? uuid(random),
      wallet: order.wallet,
      creditDebitIndicator,
      minorUnits,
      remark: order.remark ?? '',
      counterparty: order.counterparty ?? 'Harbour Trading Limited',
      counterpartyBank: order.counterpartyBank ?? 'The Hongkong and Shanghai Banking Corporation',
      providerTransactionId: order.providerTransactionId ?? `PTX${random.digits(12)}`,
      createdAt: now(),
      status: 'PENDING',
      pushes: order.pushes ?? [],
      isFee: order.isFee === true,
      ...(order.transfer ? { transfer: order.transfer } : {}),
    };
    nextReference += 1;
    movements.push(movement);
    byReference.set(movement.reference, movement);
    if (creditDebitIndicator === 'credit') depositsById.set(movement.id, movement);
    order.wallet.movements.push(movement);
    return movement;
  }

  function post(movement: Movement, type: Posting['type'], minorUnits: bigint): Posting {
    const posting: Posting = {
      id: uuid(random),
      movement,
      type,
      minorUnits,
      createdAt: now(),
      status: 'PENDING',
    };
    postings.push(posting);
    const siblings = postingsBySource.get(movement.id);
    if (siblings) siblings.push(posting);
    else postingsBySource.set(movement.id, [posting]);
    return posting;
  }

  function moveAvailable(posting: Posting): void {
    posting.status = 'SETTLED';
    posting.settledAt = now();
    const wallet = posting.movement.wallet;
    wallet.available += posting.minorUnits;
    balanceLines.push({
      posting,
      minorUnits: posting.minorUnits,
      balanceAfter: wallet.available,
      postedAt: posting.settledAt,
    });
  }

  const isCredit = (movement: Movement): boolean => movement.creditDebitIndicator === 'credit';

  function pendingPosting(movement: Movement): Posting {
    const posting = postingsBySource
      .get(movement.id)
      ?.findLast((one) => one.movement === movement && one.status === 'PENDING');
    if (!posting) throw new Error(`${movement.reference} has no pending transaction`);
    return posting;
  }

  const book: Book = {
    wallets,
    movements,
    postings,
    balanceLines,
    wallet(name) {
      const found = wallets.find(({ id, currency, globalAccountId }) =>
        [id, currency, globalAccountId].includes(name),
      );
      if (!found)
        throw new Error(
          `no account "${name}"; there are ${wallets.map(({ id }) => id).join(', ')}`,
        );
      return found;
    },
    movement(reference) {
      const found = byReference.get(reference);
      if (!found) throw new Error(`no movement ${reference}`);
      return found;
    },
    deposit: (id) => depositsById.get(id),
    postingsOf: (sourceId) => postingsBySource.get(sourceId) ?? [],
    credit(order) {
      const movement = record(order, 'credit');
      movement.wallet.pending += movement.minorUnits;
      if (!order.pending) book.settle(movement);
      return movement;
    },
    debit(order) {
      const movement = record(order, 'debit');
      // A payout is listed from the start and holds its money back until it has left.
      post(movement, order.isFee ? 'FEE' : 'PAYOUT', -movement.minorUnits);
      movement.wallet.available -= movement.minorUnits;
      movement.wallet.reserved += movement.minorUnits;
      if (!order.pending) book.settle(movement);
      return movement;
    },
    settle(movement) {
      expectStatus(movement, 'PENDING', 'settled');
      movement.status = 'SETTLED';
      movement.settledAt = now();
      if (isCredit(movement)) {
        movement.wallet.pending -= movement.minorUnits;
        moveAvailable(post(movement, 'DEPOSIT', movement.minorUnits));
      } else {
        movement.wallet.reserved -= movement.minorUnits;
        movement.wallet.available += movement.minorUnits;
        moveAvailable(pendingPosting(movement));
      }
    },
    reject(movement) {
      expectStatus(movement, 'PENDING', 'rejected');
      movement.status = 'REJECTED';
      movement.endedAt = now();
      if (isCredit(movement)) {
        movement.wallet.pending -= movement.minorUnits;
      } else {
        movement.wallet.reserved -= movement.minorUnits;
        movement.wallet.available += movement.minorUnits;
        postings.splice(postings.indexOf(pendingPosting(movement)), 1);
        postingsBySource.delete(movement.id);
      }
    },
    reverse(movement) {
      expectStatus(movement, 'SETTLED', 'reversed');
      movement.status = 'REVERSED';
      movement.endedAt = now();
      // A recall takes the money back even when the wallet then falls below zero.
      moveAvailable(
        isCredit(movement)
          ? post(movement, 'DEPOSIT_REVERSAL', -movement.minorUnits)
          : post(movement, 'PAYOUT_REVERSAL', movement.minorUnits),
      );
    },
  };
  return book;
}

/** The narrative in which the company finds the movement's reference again. */
export function narrativeOf(movement: Movement): string {
  return movement.remark ? `${movement.remark} ${movement.reference}` : movement.reference;
}

/** The amount of a movement as a person reads it. */
export function amountOf(movement: Movement): string {
  return formatAmount(movement.minorUnits, movement.wallet.currency);
}

function expectStatus(movement: Movement, status: DepositStatus, wish: string): void {
  if (movement.status !== status) {
    throw new Error(`${movement.reference} is ${movement.status} and cannot be ${wish}`);
  }
}

function openWallet(accountId: string, order: WalletOrder, random: Random): Wallet {
  return {
    id: `${accountId}:${order.currency}`,
    currency: order.currency,
    name: order.name,
    globalAccountId: uuid(random),
    accountNumber: random.digits(12),
    available: parseMinorUnits(order.opening, order.currency),
    pending: 0n,
    reserved: 0n,
    movements: [],
  };
}

/** A version 4 UUID from the simulator's own chance, so that a seed gives the same ids again. */
export function uuid(random: Random): string {
  const hex = (count: number): string =>
    Array.from({ length: count }, () => random.whole(0, 15).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${random.pick(['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}`;
}

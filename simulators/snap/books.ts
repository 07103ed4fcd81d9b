import type { AccountView, MovementOrder, MovementView } from '../lib/bank.ts';
import { formatAmount, parseAmount } from './money.ts';
import type { BankCode } from './profiles.ts';
import { wibDigits } from './times.ts';

/** The ways by which money moves here; they decide which call the bank makes (README). */
export const CHANNELS = ['va', 'vaIntrabank', 'qr', 'transfer', 'statementOnly'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A movement order with what only this simulator knows. */
export interface SnapMovementOrder extends MovementOrder {
  readonly channel?: Channel;
  /** Number within the company code, or the whole virtual account number. */
  readonly virtualAccountNo?: string;
  /** Moment or day of the movement, in the past; now when absent. */
  readonly bookingDate?: string;
}

/** A virtual account in the three fields of A10.8; the service id keeps its leading spaces. */
export interface VirtualAccount {
  readonly partnerServiceId: string;
  readonly customerNo: string;
  readonly virtualAccountNo: string;
}

/** One movement; amounts in hundredths. */
export interface Movement {
  readonly reference: string;
  readonly bank: BankCode;
  readonly account: string;
  readonly channel: Channel;
  readonly creditDebitIndicator: 'credit' | 'debit';
  readonly counterparty: string;
  readonly remark: string;
  readonly virtualAccount: VirtualAccount | undefined;
  readonly transactionId: string;
  readonly paymentRequestId: string;
  readonly push: boolean;
  /** The reference of the movement that this one takes back. */
  readonly reverses: string | undefined;
  amount: bigint;
  at: Date;
  status: 'pending' | 'booked' | 'reversed';
  corrected: boolean;
  /** Running balance after the movement in the order of the statement. */
  balanceAfter: bigint;
  readonly pushes: { at: string; status: number | 'no answer'; body: string }[];
}

/** Whether an account can be used, in words; the wire has codes for them (A10.1). */
export const CONDITIONS = {
  active: '0001',
  closed: '0002',
  suspended: '0006',
  frozen: '0007',
  inactive: '0006',
  dormant: '0009',
} as const;
export type Condition = keyof typeof CONDITIONS;

/** An account with its movements. */
export interface Account {
  readonly bank: BankCode;
  readonly account: string;
  readonly name: string;
  readonly currency: string;
  readonly opening: bigint;
  /** Company code of the virtual accounts that credit this account. */
  readonly companyCode: string;
  /** QRIS merchant of this account, 15 digits as in notifications (A13). */
  readonly merchantId: string;
  condition: Condition;
  /** Booked rows, oldest first, by time; running balances chain in this order. */
  readonly booked: Movement[];
  readonly pending: Movement[];
  /** Everything in the order in which it was entered or booked. */
  readonly entered: Movement[];
}

/** What a new account needs. */
export type AccountOpening = Pick<
  Account,
  'bank' | 'account' | 'name' | 'currency' | 'opening' | 'companyCode' | 'merchantId'
>;

/** The books of all accounts. Memory only. */
export class Books {
  readonly #accounts = new Map<string, Account>();
  readonly #movements = new Map<string, Movement>();
  #next: number;

  /** @param firstReference number of the first movement, so that several simulators can share one range. */
  constructor(firstReference: number) {
    this.#next = firstReference;
  }

  open(opening: AccountOpening): Account {
    if (this.#accounts.has(opening.account)) {
      throw new Error(`account ${opening.account} exists already`);
    }
    const account: Account = {
      ...opening,
      condition: 'active',
      booked: [],
      pending: [],
      entered: [],
    };
    this.#accounts.set(account.account, account);
    return account;
  }

  /** The account of a bank; undefined when that bank has no such account. */
  find(bank: BankCode, account: string): Account | undefined {
    const found = this.#accounts.get(account);
    return found?.bank === bank ? found : undefined;
  }

  /** An account by its number; throws when there is none. */
  account(number: string): Account {
    const account = this.#accounts.get(number);
    if (!account) throw new Error(`unknown account "${number}"`);
    return account;
  }

  all(): Account[] {
    return [...this.#accounts.values()];
  }

  /** A movement by its reference; throws when there is none. */
  movement(reference: string): Movement {
    const movement = this.#movements.get(reference);
    if (!movement) throw new Error(`unknown movement "${reference}"`);
    return movement;
  }

  /** Enters a movement, booked or pending; throws on a wrong order. */
  enter(order: SnapMovementOrder, now: Date, reverses?: string): Movement {
    const account = this.account(order.account);
    const amount = checkedAmount(order, account);
    const channel = channelOf(order);
    const at = orderedMoment(order.bookingDate, now);
    const sequence = this.#next;
    this.#next += 1;
    const movement: Movement = {
      reference: `MV${String(sequence).padStart(12, '0')}`,
      bank: account.bank,
      account: account.account,
      channel,
      creditDebitIndicator: order.creditDebitIndicator,
      counterparty: order.counterparty ?? 'BUDI SANTOSO',
      remark: order.remark ?? '',
      virtualAccount: channel.startsWith('va')
        ? virtualAccount(account, order.virtualAccountNo ?? String(sequence))
        : undefined,
      // Date, time and a counter, 22 digits, as in the sample of A10.10.
      transactionId: `${wibDigits(at).slice(0, 14)}${String(sequence).padStart(8, '0')}`,
      paymentRequestId: paymentRequestId(at, account.companyCode, sequence),
      push: order.push ?? channel !== 'statementOnly',
      reverses,
      amount,
      at,
      status: order.status ?? 'booked',
      corrected: false,
      balanceAfter: 0n,
      pushes: [],
    };
    this.#movements.set(movement.reference, movement);
    account.entered.push(movement);
    if (movement.status === 'pending') account.pending.push(movement);
    else insertBooked(account, movement);
    return movement;
  }

  /** Books a pending movement now; throws when it is not pending. */
  book(reference: string, now: Date): Movement {
    const movement = this.movement(reference);
    if (movement.status !== 'pending') throw new Error(`${reference} is ${movement.status}`);
    const account = this.account(movement.account);
    remove(account.pending, movement);
    remove(account.entered, movement);
    movement.status = 'booked';
    movement.at = now;
    account.entered.push(movement);
    insertBooked(account, movement);
    return movement;
  }

  /**
   * Takes a movement back. A pending one disappears; a booked one stays and an opposite row is
   * booked, as a bank corrects an error (A10.3: ERROR CORRECTION).
   */
  reverse(reference: string, now: Date): Movement {
    const movement = this.movement(reference);
    if (movement.status === 'reversed') throw new Error(`${reference} is reversed already`);
    const account = this.account(movement.account);
    if (movement.status === 'pending') {
      remove(account.pending, movement);
      movement.status = 'reversed';
      return movement;
    }
    const opposite = movement.creditDebitIndicator === 'credit' ? 'debit' : 'credit';
    const order: SnapMovementOrder = {
      account: movement.account,
      creditDebitIndicator: opposite,
      amount: formatAmount(movement.amount),
      counterparty: movement.counterparty,
      channel: 'statementOnly',
    };
    const reversal = this.enter(order, now, movement.reference);
    movement.status = 'reversed';
    return reversal;
  }

  /** Changes a booked row for good, as a bank that corrects a line (fault `correctedLine`). */
  correct(movement: Movement, field: 'remark' | 'amount'): void {
    movement.corrected = true;
    if (field === 'remark') return;
    movement.amount += 100n;
    rebalance(this.account(movement.account), 0);
  }

  views(): AccountView[] {
    return this.all().map((account) => ({
      ...accountSummary(account),
      movements: account.entered.map((movement) => movementView(movement, account.currency)),
    }));
  }

  /** The accounts without their movements, which are most of what there is. */
  summaries(): AccountView[] {
    return this.all().map((account) => ({ ...accountSummary(account), movements: [] }));
  }
}

function accountSummary(account: Account) {
  return {
    bank: account.bank,
    account: account.account,
    name: account.name,
    currency: account.currency,
    balance: formatAmount(bookedBalance(account)),
    openingBalance: formatAmount(account.opening),
    condition: account.condition,
    companyCode: account.companyCode,
    merchantId: account.merchantId,
  };
}

/** The balance after all booked movements. */
export function bookedBalance(account: Account): bigint {
  return account.booked.at(-1)?.balanceAfter ?? account.opening;
}

/** The amount with its sign. */
export function signedAmount(movement: Movement): bigint {
  return movement.creditDebitIndicator === 'credit' ? movement.amount : -movement.amount;
}

function movementView(movement: Movement, currency: string): MovementView {
  const { reference, creditDebitIndicator, status, remark, pushes } = movement;
  const view = {
    reference,
    at: movement.at.toISOString(),
    creditDebitIndicator,
    amount: formatAmount(movement.amount),
    currency,
    status,
    remark,
    pushes,
    channel: movement.channel,
    counterparty: movement.counterparty,
    transactionId: movement.transactionId,
    virtualAccountNo: movement.virtualAccount?.virtualAccountNo.trim() ?? null,
    reverses: movement.reverses ?? null,
    corrected: movement.corrected,
  };
  return view;
}

function checkedAmount(order: SnapMovementOrder, account: Account): bigint {
  const { creditDebitIndicator: direction } = order;
  if (direction !== 'credit' && direction !== 'debit') {
    throw new Error('creditDebitIndicator must be credit or debit');
  }
  if (order.status !== undefined && order.status !== 'booked' && order.status !== 'pending') {
    throw new Error('status must be pending or booked');
  }
  if (order.status === 'pending' && account.bank === 'bca') {
    throw new Error('BCA shows no pending movements');
  }
  const amount = parseAmount(order.amount);
  if (amount === 0n) throw new Error('amount must not be zero');
  const balance = bookedBalance(account);
  if (direction === 'debit' && amount > balance) {
    throw new Error(`balance ${formatAmount(balance)} does not cover ${order.amount}`);
  }
  return amount;
}

/** Credits come through a virtual account unless ordered otherwise; it is what a bank tells at once. */
function channelOf(order: SnapMovementOrder): Channel {
  const channel = order.channel ?? (order.creditDebitIndicator === 'credit' ? 'va' : 'transfer');
  if (!CHANNELS.includes(channel)) throw new Error(`channel must be one of ${CHANNELS.join(', ')}`);
  return channel;
}

function orderedMoment(bookingDate: string | undefined, now: Date): Date {
  if (bookingDate === undefined) return now;
  const day = /^\d{4}-\d{2}-\d{2}$/.test(bookingDate);
  // A bare day means its noon in WIB, or now when that has not come yet.
  const at = new Date(day ? `${bookingDate}T12:00:00+07:00` : bookingDate);
  if (Number.isNaN(at.getTime())) throw new Error(`not a date: "${bookingDate}"`);
  return at > now ? now : at;
}

/** A10.8: the service id is padded on the left with spaces to eight; the customer number follows. */
function virtualAccount(account: Account, ordered: string): VirtualAccount {
  const code = account.companyCode;
  const digits = ordered.trim();
  if (!/^\d{1,28}$/.test(digits)) throw new Error(`not a virtual account number: "${ordered}"`);
  const whole = digits.length > 18 && digits.startsWith(code);
  const customerNo = whole ? digits.slice(code.length) : digits.padStart(18, '0');
  if (customerNo.length > 20) throw new Error(`not a virtual account of company ${code}`);
  const partnerServiceId = code.padStart(8, ' ');
  return { partnerServiceId, customerNo, virtualAccountNo: partnerServiceId + customerNo };
}

/** Date, time, company code and a counter: 30 digits as in A10.10. */
function paymentRequestId(at: Date, companyCode: string, sequence: number): string {
  const start = wibDigits(at).slice(0, 14) + companyCode;
  return start + String(sequence).padStart(30 - start.length, '0');
}

/** Keeps the rows in order of time and the running balances chained. */
function insertBooked(account: Account, movement: Movement): void {
  let index = account.booked.length;
  while (index > 0 && (account.booked[index - 1]?.at ?? movement.at) > movement.at) index -= 1;
  account.booked.splice(index, 0, movement);
  rebalance(account, index);
}

function rebalance(account: Account, from: number): void {
  let balance = account.booked[from - 1]?.balanceAfter ?? account.opening;
  for (const movement of account.booked.slice(from)) {
    balance += signedAmount(movement);
    movement.balanceAfter = balance;
  }
}

function remove(list: Movement[], movement: Movement): void {
  const index = list.indexOf(movement);
  if (index >= 0) list.splice(index, 1);
}

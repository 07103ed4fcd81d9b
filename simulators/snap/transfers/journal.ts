import type { Movement } from '../books.ts';
import { wireAmount } from '../money.ts';
import type { BankCode } from '../profiles.ts';
import type { TransferOrder } from './order.ts';

/** The statuses of A11; 07 is an answer, never a state. */
export type TransferStatus = '00' | '01' | '02' | '03' | '04' | '05' | '06';

/** A transfer as the bank has it: executed, or refused for a reason of business. */
export interface Transfer {
  readonly sequence: number;
  /** Grows over all transfers with every change of one. */
  revision: number;
  /** `TR` and twelve digits, by which the management interface knows it. */
  readonly id: string;
  readonly at: Date;
  readonly bank: BankCode;
  readonly order: TransferOrder;
  readonly externalId: string;
  /** Whether an account inquiry was made under the same reference, as BCA wants it (A13). */
  readonly inquired: boolean;
  readonly referenceNo: string;
  readonly traceNo: string;
  /** Eight digits, in the answer of a status inquiry (A10.6). */
  readonly transactionId: string;
  status: TransferStatus;
  /** Seven digits that the call was answered with by the bank itself. */
  responseCode: string;
  /** Why it was refused, rejected or returned. */
  reason: string | undefined;
  debit: Movement | undefined;
  fee: Movement | undefined;
  /** The entry that brought the money back. */
  credit: Movement | undefined;
  /** The entry on a beneficiary's account that is simulated here as well. */
  beneficiaryCredit: Movement | undefined;
  /** What went over the wire in the end; null while the answer is on its way. */
  answered: string | null;
}

/** A call to a transfer service that moved no money. */
export interface RefusedCall {
  readonly sequence: number;
  readonly at: string;
  readonly service: string;
  readonly bank: BankCode;
  readonly accountNo: string | null;
  readonly partnerReferenceNo: string | null;
  readonly externalId: string | null;
  readonly amount: unknown;
  readonly beneficiaryAccountNo: string | null;
  readonly responseCode: string | null;
  readonly detail: string | null;
  readonly answered: string;
}

/** Every transfer and every refused call, in the order in which the bank dealt with them. */
export class Journal {
  readonly #executed: Transfer[] = [];
  readonly #refused: RefusedCall[] = [];
  readonly #byReference = new Map<string, Transfer[]>();
  readonly #byId = new Map<string, Transfer>();
  readonly #byDebit = new Map<string, Transfer>();
  readonly #byAccount = new Map<string, Transfer[]>();
  #sequence = 0;
  #revision = 0;

  /** The next number; executed and refused calls share the range. */
  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** Marks a transfer as changed. */
  touch(transfer: Transfer): void {
    this.#revision += 1;
    transfer.revision = this.#revision;
  }

  /** Keeps a transfer that moved money. */
  execute(transfer: Transfer): void {
    this.touch(transfer);
    this.#executed.push(transfer);
    this.#byId.set(transfer.id, transfer);
    if (transfer.debit) this.#byDebit.set(transfer.debit.reference, transfer);
    const account = transfer.order.sourceAccountNo;
    const list = this.#byAccount.get(account);
    if (list) list.push(transfer);
    else this.#byAccount.set(account, [transfer]);
    this.remember(transfer);
  }

  /** Makes a transfer known to status inquiries, whether it moved money or was refused. */
  remember(transfer: Transfer): void {
    for (const reference of [transfer.order.partnerReferenceNo, transfer.referenceNo]) {
      const key = `${transfer.bank}:${reference}`;
      const known = this.#byReference.get(key);
      if (known) known.push(transfer);
      else this.#byReference.set(key, [transfer]);
    }
  }

  refuse(call: Omit<RefusedCall, 'sequence'>): void {
    this.#refused.push({ sequence: this.nextSequence(), ...call });
  }

  /** All transfers under a reference, of the company or of the bank, oldest first. */
  known(bank: BankCode, reference: string): readonly Transfer[] {
    return this.#byReference.get(`${bank}:${reference}`) ?? [];
  }

  /** A transfer by its id; throws when there is none. */
  transfer(id: string): Transfer {
    const transfer = this.#byId.get(id);
    if (!transfer) throw new Error(`unknown transfer "${id}"`);
    return transfer;
  }

  /** The transfer whose debit a movement is. */
  ofDebit(reference: string): Transfer | undefined {
    return this.#byDebit.get(reference);
  }

  ofAccount(account: string): readonly Transfer[] {
    return this.#byAccount.get(account) ?? [];
  }

  /** Transfers with a greater number than this one. */
  executedSince(sequence: number): readonly Transfer[] {
    return this.#executed.slice(firstAfter(this.#executed, sequence));
  }

  refusedSince(sequence: number): readonly RefusedCall[] {
    return this.#refused.slice(firstAfter(this.#refused, sequence));
  }

  last(): number {
    return this.#sequence;
  }

  revision(): number {
    return this.#revision;
  }

  count(): number {
    return this.#executed.length;
  }
}

/** What the management interface shows of a transfer. */
export function transferView(transfer: Transfer): Record<string, unknown> {
  const { order, debit, fee, credit } = transfer;
  return {
    sequence: transfer.sequence,
    revision: transfer.revision,
    id: transfer.id,
    at: transfer.at.toISOString(),
    service: order.service,
    rail: order.rail,
    bank: transfer.bank,
    accountNo: order.sourceAccountNo,
    partnerReferenceNo: order.partnerReferenceNo,
    externalId: transfer.externalId,
    inquired: transfer.inquired,
    referenceNo: transfer.referenceNo,
    amount: wireAmount(order.amount, order.currency),
    beneficiaryAccountNo: order.beneficiaryAccountNo,
    beneficiaryBankCode: order.beneficiaryBankCode ?? null,
    beneficiaryAccountName: order.beneficiaryAccountName ?? null,
    remark: order.remark ?? null,
    customerReference: order.customerReference ?? null,
    feeType: order.feeType,
    status: transfer.status,
    reason: transfer.reason ?? null,
    debited: debit !== undefined,
    reversed: credit !== undefined,
    debitEntryId: debit?.reference ?? null,
    feeEntryId: fee?.reference ?? null,
    creditEntryId: credit?.reference ?? null,
    responseCode: transfer.responseCode,
    answered: transfer.answered,
  };
}

/** The list is in order of its numbers, so the place is found by halving. */
function firstAfter(list: readonly { sequence: number }[], sequence: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle]?.sequence ?? 0) > sequence) high = middle;
    else low = middle + 1;
  }
  return low;
}

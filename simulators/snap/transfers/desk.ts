import type { Movement } from '../books.ts';
import { bookedBalance } from '../books.ts';
import type { Deliveries } from '../deliveries.ts';
import { formatAmount } from '../money.ts';
import { isBankCode } from '../profiles.ts';
import { referenceNo } from '../reference-no.ts';
import { plusDays } from '../times.ts';
import type { World } from '../world.ts';
import { Agenda } from './agenda.ts';
import type { CheckedOrder } from './checks.ts';
import { Directory } from './directory.ts';
import { Journal } from './journal.ts';
import type { Transfer } from './journal.ts';
import { transferNotice } from './notice.ts';
import type { TransferOrder } from './order.ts';
import { SettingsByBank } from './settings.ts';
import { TRANSFER_PROFILES } from './transfer-profiles.ts';

/** Which call a transfer came by. */
export interface Origin {
  readonly bank: Transfer['bank'];
  readonly externalId: string;
  readonly service: string;
}

/** The banks' payment desk: pays, settles, rejects and returns, and keeps the journal of it all. */
export class TransferDesk {
  readonly journal = new Journal();
  readonly settings = new SettingsByBank();
  readonly directory: Directory;
  readonly agenda: Agenda;
  /** References of the account inquiries at each bank (A13: BCA wants them used again). */
  readonly inquired = new Set<string>();
  readonly #world: World;
  readonly #deliveries: Deliveries;

  constructor(world: World, deliveries: Deliveries) {
    this.#world = world;
    this.#deliveries = deliveries;
    this.directory = new Directory(world.seed, world.books);
    this.agenda = new Agenda(world.clock);
  }

  /** Debits the account and sends the transfer on its way. */
  execute(
    origin: Origin,
    { order, account, payee, fee }: CheckedOrder,
    status: '00' | '03',
  ): Transfer {
    const now = this.#world.clock.now();
    const transfer = this.#record(origin, order, status);
    const counterparty = order.beneficiaryAccountName ?? payee.name;
    const debtor = { account: account.account, creditDebitIndicator: 'debit' as const };
    transfer.debit = this.#enter(
      {
        ...debtor,
        amount: formatAmount(order.amount),
        counterparty,
        remark: remarkOf(transfer),
      },
      now,
    );
    if (fee > 0n) transfer.fee = this.#chargeFee(transfer, fee, now);
    this.journal.execute(transfer);
    if (transfer.status === '00') this.#creditBeneficiary(transfer, now);
    return transfer;
  }

  /** Keeps an order that was refused for a reason of business, so that its status can be asked. */
  refuse(origin: Origin, order: TransferOrder, refused: { code: string; reason: string }): void {
    const transfer = this.#record(origin, order, '06');
    transfer.responseCode = refused.code;
    transfer.reason = refused.reason;
    this.journal.remember(transfer);
  }

  /** Plans the end of a transfer that is in progress; null leaves it to the management interface. */
  planEnd(transfer: Transfer, ms: number | null, end: 'settle' | 'reject', reason?: string): void {
    if (ms === null) return;
    this.agenda.plan(new Date(transfer.at.getTime() + ms), (at) => {
      if (transfer.status !== '03') return;
      if (end === 'settle') this.settle(transfer, at);
      else void this.reject(transfer, at, reason);
    });
  }

  /** Plans that the money of a successful transfer comes back. */
  planReturn(transfer: Transfer, ms: number): void {
    this.agenda.plan(new Date(transfer.at.getTime() + ms), (at) => {
      if (transfer.status === '03') this.settle(transfer, at);
      if (transfer.status === '00') this.returnMoney(transfer, at);
    });
  }

  /** Ends a transfer in progress well. */
  settle(transfer: Transfer, at: Date): void {
    if (transfer.status !== '03') throw new Error(`${transfer.id} has status ${transfer.status}`);
    transfer.status = '00';
    this.journal.touch(transfer);
    this.#creditBeneficiary(transfer, at);
    if (this.settings.of(transfer.bank).notifies === 'all') void this.#notify(transfer);
  }

  /**
   * Rejects a transfer in progress: the debit is taken back and the company told. Resolves when the
   * first call to the company is over.
   */
  async reject(
    transfer: Transfer,
    at: Date,
    reason = 'Rejected by beneficiary bank',
  ): Promise<void> {
    if (transfer.status !== '03') throw new Error(`${transfer.id} has status ${transfer.status}`);
    transfer.status = '06';
    transfer.reason = reason;
    this.journal.touch(transfer);
    if (transfer.debit) transfer.credit = this.#world.books.reverse(transfer.debit.reference, at);
    if (this.settings.of(transfer.bank).notifies !== 'none') await this.#notify(transfer);
  }

  /** Gives the money of a successful transfer back: another entry, and status 04 where it exists. */
  returnMoney(transfer: Transfer, at: Date, reason = 'Returned by beneficiary bank'): void {
    if (transfer.status !== '00') throw new Error(`${transfer.id} has status ${transfer.status}`);
    transfer.status = '04';
    transfer.reason = reason;
    this.journal.touch(transfer);
    const { order, debit } = transfer;
    transfer.credit = this.#enter(
      {
        account: order.sourceAccountNo,
        creditDebitIndicator: 'credit',
        channel: 'statementOnly',
        amount: formatAmount(order.amount),
        counterparty: order.beneficiaryAccountName ?? order.beneficiaryAccountNo,
        remark: `RTR ${debit?.reference ?? transfer.referenceNo}`,
      },
      at,
    );
    this.#takeBack(transfer, at);
  }

  /** Brings the money of a transfer back, whichever way its status leaves. */
  bringBack(transfer: Transfer): void {
    const now = this.#world.clock.now();
    if (transfer.status === '03') void this.reject(transfer, now);
    else this.returnMoney(transfer, now);
  }

  /** Whether a status inquiry can know of the transfer at this moment. */
  isVisible(transfer: Transfer): boolean {
    const { visibilityDelayMs, retentionDays } = this.settings.of(transfer.bank);
    const now = this.#world.clock.now();
    if (now.getTime() < transfer.at.getTime() + visibilityDelayMs) return false;
    return transfer.at >= plusDays(now, -retentionDays);
  }

  stop(): void {
    this.agenda.stop();
  }

  #record(origin: Origin, order: TransferOrder, status: Transfer['status']): Transfer {
    const { random, clock } = this.#world;
    const sequence = this.journal.nextSequence();
    return {
      sequence,
      revision: 0,
      id: `TR${String(sequence).padStart(12, '0')}`,
      at: clock.now(),
      bank: origin.bank,
      order,
      externalId: origin.externalId,
      inquired: this.inquired.has(`${origin.bank}:${order.partnerReferenceNo}`),
      referenceNo: referenceNo(this.#world, order.service),
      // BCA's begin with a bracket (A13).
      traceNo: origin.bank === 'bca' ? `(${random.digits(11)}` : random.digits(12),
      transactionId: String(sequence).padStart(8, '0').slice(-8),
      status,
      responseCode: `200${origin.service}00`,
      reason: undefined,
      debit: undefined,
      fee: undefined,
      credit: undefined,
      beneficiaryCredit: undefined,
      answered: null,
    };
  }

  #chargeFee(transfer: Transfer, fee: bigint, at: Date): Movement {
    return this.#enter(
      {
        account: transfer.order.sourceAccountNo,
        creditDebitIndicator: 'debit',
        amount: formatAmount(fee),
        counterparty: 'BIAYA TRANSFER',
        remark: `BY ${transfer.debit?.reference ?? ''}`,
      },
      at,
    );
  }

  /** An account that is simulated here as well gets the money. */
  #creditBeneficiary(transfer: Transfer, at: Date): void {
    const { order, bank } = transfer;
    const code = order.beneficiaryBankCode;
    const digits = code === undefined ? undefined : this.directory.bank(code)?.code;
    const owner = Object.entries(TRANSFER_PROFILES).find(
      ([, { ownBank }]) => ownBank.code === digits,
    );
    const found = code === undefined ? bank : owner?.[0];
    if (found === undefined || !isBankCode(found)) return;
    if (!this.#world.books.find(found, order.beneficiaryAccountNo)) return;
    transfer.beneficiaryCredit = this.#enter(
      {
        account: order.beneficiaryAccountNo,
        creditDebitIndicator: 'credit',
        channel: 'transfer',
        amount: formatAmount(order.amount),
        counterparty: this.#world.books.account(order.sourceAccountNo).name,
        remark: order.remark ?? '',
      },
      at,
    );
  }

  /** What a simulated beneficiary got goes back, unless it was spent. */
  #takeBack({ beneficiaryCredit }: Transfer, at: Date): void {
    if (!beneficiaryCredit) return;
    const balance = bookedBalance(this.#world.books.account(beneficiaryCredit.account));
    if (balance < beneficiaryCredit.amount) return;
    this.#world.books.reverse(beneficiaryCredit.reference, at);
  }

  /** Books a row and tells the company where the bank has a call for it. */
  #enter(order: Parameters<World['books']['enter']>[0], at: Date): Movement {
    const movement = this.#world.books.enter(order, at);
    if (movement.push) this.#deliveries.tell(movement);
    return movement;
  }

  async #notify(transfer: Transfer): Promise<void> {
    const { debit } = transfer;
    const notice = transferNotice(transfer, this.#world);
    if (notice && debit) await this.#deliveries.tellOrder(debit, notice);
  }
}

/** BCA's row has room for the company's words only; the others add the bank's reference (A13). */
function remarkOf({ bank, order, referenceNo: ours }: Transfer): string {
  const words = order.remark ?? order.customerReference ?? '';
  if (bank === 'bca') return words;
  return words === '' ? ours : `${words} ${ours}`;
}

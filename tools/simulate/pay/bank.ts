import type { ErrorCode } from '#core/errors.ts';
import type { Money } from '#core/money.ts';
import type {
  ApprovedContent,
  PaymentRail,
  TransferAnswer,
  TransferReport,
} from '#core/payments.ts';
import { drawSendingFault, planOutages } from './bank-faults.ts';
import type { Outage, SendingFault } from './bank-faults.ts';
import type { Chance } from './chance.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, opensAtMs, policyFor, railOf } from './places.ts';
import type { Account, BankTraits } from './places.ts';
import { drawShownAfter, feeOf, reportOf, strangerOf } from './statement.ts';
import type { Entry } from './statement.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A transfer order as it reaches a bank. */
export interface Call {
  readonly account: Account;
  readonly rail: PaymentRail;
  readonly externalId: string;
  readonly endToEndId: string;
  readonly creditor: ApprovedContent['creditor'];
  readonly amount: Money;
  readonly remark: string;
  /** The moment in its signature. */
  readonly signedAtMs: number;
}

/** A line in the bank's own books. */
export interface Transfer {
  readonly id: string;
  readonly call: Call;
  readonly takenAtMs: number;
  /** Status inquiries find it from then on. */
  readonly foundFromMs: number;
  readonly isBeyondItsWord: boolean;
  /** Its status page never leaves "pending". */
  readonly isStuck: boolean;
  /** `refused`: looked at, nothing moved, and known to status inquiries. */
  status: 'refused' | 'pending' | 'paid' | 'rejected' | 'returned';
  paidAtMs: number | undefined;
  /** Since when the money is back. */
  backAtMs: number | undefined;
}

export type BankAnswer<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'error'; readonly code: ErrorCode };

export interface Question {
  readonly account: Account;
  readonly endToEndId: string;
  readonly externalId: string;
  readonly bankReference: string | undefined;
}

/** What a bank tells by itself. */
export interface BankNotice {
  readonly account: Account;
  readonly endToEndId: string;
  readonly bankReference: string;
  readonly report: TransferReport;
}

export interface Banks {
  /** Everything that the banks took, refusals included; the auditor reads it. */
  readonly books: readonly Transfer[];
  transfer(call: Call, answer: (answer: BankAnswer<TransferReport>) => void): void;
  inquire(question: Question, answer: (answer: BankAnswer<TransferAnswer>) => void): void;
  balance(account: Account, answer: (answer: BankAnswer<bigint>) => void): void;
  /** What a person sees in the bank's portal: everything under a reference that is not a refusal. */
  portal(endToEndId: string): readonly Transfer[];
}

export interface BanksOptions {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly accounts: readonly Account[];
  readonly endMs: number;
  readonly onEntry: (entry: Entry) => void;
  readonly onNotice: (notice: BankNotice) => void;
}

const RICH = 1_000_000_000_000_00n;
const POOR = 400_000_000_00n;
const RETURNED = 0.015;
const REJECTED = 0.07;
const STUCK = 0.004;
const GLITCH = 0.004;

/** Model banks with the semantics that our connectors declare, and everything that goes wrong. */
export function createBanks(options: BanksOptions): Banks {
  const { time, chance } = options;
  const books: Transfer[] = [];
  const byReference = new Map<string, Transfer[]>();
  const outages = new Map<string, readonly Outage[]>();
  const balances = new Map<string, bigint>();
  const write = createStatement(options);
  const notify = createNotices(options);

  const move = (account: Account, amount: bigint): void => {
    balances.set(account.accountId, (balances.get(account.accountId) ?? 0n) + amount);
  };

  for (const account of options.accounts) {
    outages.set(account.bank.id, planOutages(chance, time.nowMs(), options.endMs));
    const isPoor = account.accountId.endsWith('0');
    balances.set(account.accountId, isPoor ? POOR : RICH);
    // A poor account gets money every morning.
    for (let atMs = time.nowMs(); isPoor && atMs < options.endMs; atMs += DAY_MS) {
      time.at(atMs, () => move(account, 2n * POOR));
    }
  }

  const enter = (call: Call, fault: SendingFault, status: Transfer['status']): Transfer => {
    const { visibilityMs } = policyFor(call.account, call.rail);
    const nowMs = time.nowMs();
    const leftMs = Math.max(0, call.signedAtMs + visibilityMs * 0.9 - nowMs);
    const transfer: Transfer = {
      id: `${call.account.bank.id.toUpperCase()}${String(books.length + 1).padStart(9, '0')}`,
      call,
      takenAtMs: nowMs,
      foundFromMs: nowMs + (chance.chance(0.3) ? chance.between(0, Math.round(leftMs)) : 0),
      isBeyondItsWord: fault.isBeyondItsWord ?? false,
      isStuck: chance.chance(STUCK),
      status,
      paidAtMs: undefined,
      backAtMs: undefined,
    };
    books.push(transfer);
    const known = byReference.get(call.endToEndId) ?? [];
    byReference.set(call.endToEndId, [...known, transfer]);
    return transfer;
  };

  const bringBack = (transfer: Transfer, status: 'rejected' | 'returned'): void => {
    transfer.status = status;
    transfer.backAtMs = time.nowMs();
    move(transfer.call.account, transfer.call.amount.amountMinorUnits);
    write.back(transfer);
    notify(transfer);
  };
  const pay = (transfer: Transfer): void => {
    transfer.status = 'paid';
    transfer.paidAtMs = time.nowMs();
    notify(transfer);
    if (!canBeSeenComingBack(transfer) || !chance.chance(RETURNED)) return;
    const afterMs = chance.between(HOUR_MS, chance.chance(0.5) ? DAY_MS : 15 * DAY_MS);
    time.at(time.nowMs() + afterMs, () => bringBack(transfer, 'returned'));
  };
  const take = (call: Call, fault: SendingFault): Transfer => {
    const transfer = enter(call, fault, 'pending');
    move(call.account, -call.amount.amountMinorUnits);
    write.debit(transfer);
    if (!railOf(call.account, call.rail).isSlow) {
      pay(transfer);
    } else {
      const isRejected = chance.chance(REJECTED);
      time.at(time.nowMs() + drawEnd(chance, call), () =>
        isRejected ? bringBack(transfer, 'rejected') : pay(transfer),
      );
    }
    return transfer;
  };

  /** What the bank makes of an order when it looks at it. */
  const look = (call: Call, fault: SendingFault): BankAnswer<TransferReport> => {
    const { account } = call;
    const known = byReference.get(call.endToEndId) ?? [];
    if (account.bank.hasKey && known.some(({ status }) => status !== 'refused')) {
      return error('bank.outcomeUnknown');
    }
    if (opensAtMs(account, call.rail, time.nowMs()) !== undefined) return error('bank.maintenance');
    if ((balances.get(account.accountId) ?? 0n) < call.amount.amountMinorUnits) {
      enter(call, fault, 'refused');
      return error('bank.refused');
    }
    const transfer = take(call, fault);
    return { kind: 'answer', value: { ...truthOf(transfer), status: firstStatus(transfer) } };
  };

  const reply = <T>(answer: (said: T) => void, said: T, withinMs = 900): void =>
    time.at(time.nowMs() + chance.between(20, withinMs), () => answer(said));
  const receive = (
    call: Call,
    fault: SendingFault,
    answer: (said: BankAnswer<TransferReport>) => void,
  ): void => {
    const { clockToleranceMs } = call.account.bank;
    const isOff =
      clockToleranceMs !== undefined && time.nowMs() - call.signedAtMs > clockToleranceMs;
    if (isOff) return reply(answer, error('bank.unauthorised'));
    if (fault.dropped) {
      if (fault.dropped === 'bank.refused') enter(call, fault, 'refused');
      return reply(answer, error(fault.dropped));
    }
    time.at(time.nowMs() + (fault.restsMs ?? 0), () => {
      const truth = look(call, fault);
      if (fault.answer === 'silence') return;
      const isHidden = truth.kind === 'answer' && fault.answer !== undefined;
      reply(answer, isHidden ? error(fault.answer) : truth, 2_500);
    });
  };

  return {
    books,
    transfer: (call, answer) => {
      const { visibilityMs } = policyFor(call.account, call.rail);
      const fault = drawSendingFault(chance, call.account.bank, visibilityMs);
      if (fault.neverLeft) reply(answer, error('transport.connectFailed'));
      else if (!fault.isLost) {
        time.at(time.nowMs() + chance.between(20, 400), () => receive(call, fault, answer));
      }
    },
    inquire: (question, answer) => {
      const nowMs = time.nowMs();
      const isOut = outages
        .get(question.account.bank.id)
        ?.some(({ fromMs, untilMs }) => nowMs >= fromMs && nowMs < untilMs);
      if (chance.chance(0.02)) return;
      if (isOut || chance.chance(0.02)) return reply(answer, error('bank.unavailable'));
      const found = find(byReference.get(question.endToEndId) ?? [], question, nowMs);
      const value: TransferAnswer =
        found && !chance.chance(GLITCH) ? truthOf(found) : { status: 'notFound' };
      reply(answer, { kind: 'answer', value });
    },
    balance: (account, answer) => {
      if (chance.chance(0.01)) return;
      const value = balances.get(account.accountId) ?? 0n;
      reply(answer, chance.chance(0.01) ? error('bank.unavailable') : { kind: 'answer', value });
    },
    portal: (endToEndId) =>
      (byReference.get(endToEndId) ?? []).filter(({ status }) => status !== 'refused'),
  };
}

function error(code: ErrorCode): { readonly kind: 'error'; readonly code: ErrorCode } {
  return { kind: 'error', code };
}

function find(
  known: readonly Transfer[],
  { account, externalId, bankReference }: Question,
  nowMs: number,
): Transfer | undefined {
  if (account.bank.hasKey && bankReference !== undefined) {
    return known.find(({ id }) => id === bankReference);
  }
  const isByCall = account.bank.foundBy === 'externalId';
  const shown = known.filter(
    ({ call, foundFromMs }) =>
      foundFromMs <= nowMs && (!isByCall || call.externalId === externalId),
  );
  return shown.find(({ status }) => status !== 'refused') ?? shown.at(-1);
}

/** Answer to the order itself: nothing that is slow is done yet. */
function firstStatus(transfer: Transfer): TransferReport['status'] {
  return railOf(transfer.call.account, transfer.call.rail).isSlow ? 'accepted' : 'settled';
}

/** What the bank's status page says. */
function truthOf(transfer: Transfer): TransferReport {
  const { id, call, status, isStuck } = transfer;
  const { isSlow } = railOf(call.account, call.rail);
  const shared = { bankReference: id, amount: call.amount };
  if (isStuck && isSlow) return { ...shared, status: 'pending' };
  switch (status) {
    case 'pending':
      return { ...shared, status: 'pending' };
    case 'paid':
      return { ...shared, status: 'settled' };
    case 'refused':
    case 'rejected':
      return { ...shared, status: 'rejected' };
    case 'returned':
      return { ...shared, status: returnedWord(call.account.bank, isSlow) };
  }
}

/** BCA has no word for a return (A11); Airwallex calls it failed. */
function returnedWord({ id }: BankTraits, isSlow: boolean): TransferReport['status'] {
  if (id === 'bca') return isSlow ? 'rejected' : 'settled';
  return id === 'bri' ? 'returned' : 'rejected';
}

/** Where the bank names nothing, nobody could tell that the money came back; it does not. */
function canBeSeenComingBack({ call }: Transfer): boolean {
  const { narrative } = railOf(call.account, call.rail);
  return narrative === 'reference' || narrative === 'bankReference';
}

function drawEnd(chance: Chance, call: Call): number {
  const { finalWithinMs } = policyFor(call.account, call.rail);
  const within = chance.weighted([
    ['minutes', 60],
    ['hours', 32],
    ['days', 6],
    ['late', 2],
  ] as const);
  switch (within) {
    case 'minutes':
      return chance.between(10_000, 20 * MINUTE_MS);
    case 'hours':
      return chance.between(20 * MINUTE_MS, 8 * HOUR_MS);
    case 'days':
      return chance.between(8 * HOUR_MS, finalWithinMs);
    case 'late':
      return finalWithinMs + chance.between(HOUR_MS, 2 * DAY_MS);
  }
}

function createNotices({ time, chance, onNotice }: BanksOptions) {
  return (transfer: Transfer): void => {
    const { call, status, isStuck } = transfer;
    const { bank } = call.account;
    const { isSlow } = railOf(call.account, call.rail);
    const isTold = isSlow && !isStuck && (bank.notices === 'all' || status === 'rejected');
    if (!isTold || chance.chance(0.03)) return;
    const notice: BankNotice = {
      account: call.account,
      endToEndId: call.endToEndId,
      bankReference: transfer.id,
      report: truthOf(transfer),
    };
    const send = (): void => {
      const delayMs = chance.between(20, chance.chance(0.1) ? 2 * HOUR_MS : 4_000);
      time.at(time.nowMs() + delayMs, () => onNotice(notice));
    };
    send();
    if (chance.chance(0.1)) send();
  };
}

function createStatement({ time, chance, onEntry }: BanksOptions) {
  let count = 0;
  const debits = new Map<Transfer, Entry>();
  const show = (account: Account, report: Entry['report'], taken?: Entry): Entry => {
    count += 1;
    const entry: Entry = {
      entryId: taken?.entryId ?? `ent_${count}`,
      account,
      report,
      // A line is never taken back before it was there.
      shownAtMs: Math.max(time.nowMs() + drawShownAfter(chance), (taken?.shownAtMs ?? 0) + 1),
      isReversal: taken !== undefined,
    };
    onEntry(entry);
    return entry;
  };
  return {
    debit: (transfer: Transfer): void => {
      const { account } = transfer.call;
      debits.set(transfer, show(account, reportOf(transfer, 'debit')));
      if (chance.chance(0.3)) show(account, feeOf(transfer));
      if (chance.chance(0.05)) show(account, strangerOf(chance, transfer));
    },
    back: (transfer: Transfer): void => {
      const { account } = transfer.call;
      const own = debits.get(transfer);
      // Some banks take the line itself back, others write an opposite one.
      if (own !== undefined && chance.chance(0.25)) {
        show(account, { ...reportOf(transfer, 'debit'), isReversed: true }, own);
      } else {
        show(account, reportOf(transfer, 'credit'));
      }
    },
  };
}

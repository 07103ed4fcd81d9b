import { bookedBalance } from '../books.ts';
import type { Account } from '../books.ts';
import type { ServiceCall } from '../inbound.ts';
import { strike } from '../faults.ts';
import { formatAmount, parseAmount } from '../money.ts';
import { invalidFormat, missingField } from '../refusal.ts';
import { wibDay } from '../times.ts';
import type { Payee } from './directory.ts';
import { objectOf } from './fields.ts';
import { whyClosed } from './hours.ts';
import type { TransferOrder } from './order.ts';
import { isSettledLater } from './rails.ts';
import { refusal } from './refusals.ts';
import { TRANSFER_PROFILES } from './transfer-profiles.ts';

/** What an order turned out to mean: the account that pays and the one that is paid. */
export interface CheckedOrder {
  readonly order: TransferOrder;
  readonly account: Account;
  readonly payee: Payee;
  readonly fee: bigint;
}

/**
 * Everything that a bank looks at before it pays; the first reason to refuse is thrown. The order of
 * the checks is this simulator's: way open, both accounts, limits, funds.
 */
export function checkOrder(call: ServiceCall, order: TransferOrder): CheckedOrder {
  const { service } = call;
  checkRail(call, order);
  const account = checkDebtorAccount(call, order);
  if (order.currency !== account.currency) throw invalidFormat(service, 'amount.currency');
  const payee = checkCreditor(call, order);
  checkAmount(call, order);
  checkDay(call, order, account);
  checkFaults(call, order);
  const fee = feeOf(call, order);
  const available = availableBalance(account);
  if (order.amount + fee > available) {
    const detail = `available ${formatAmount(available)}`;
    throw refusal(service, 'insufficientFunds', { detail });
  }
  return { order, account, payee, fee };
}

function checkRail(call: ServiceCall, { rail }: TransferOrder): void {
  const settings = call.desk.settings.of(call.profile.bank);
  const reason = whyClosed(settings, rail, call.world.clock.now());
  if (reason) throw refusal(call.service, 'notNow', { reason });
}

function checkDebtorAccount(call: ServiceCall, order: TransferOrder): Account {
  const account = call.world.books.find(call.profile.bank, order.sourceAccountNo);
  switch (account?.condition) {
    case 'active':
      return account;
    case 'dormant':
      throw refusal(call.service, 'dormant');
    case 'suspended':
      throw refusal(call.service, 'suspended');
    case 'frozen':
      throw refusal(call.service, 'doNotHonor');
    case 'inactive':
      throw refusal(call.service, 'inactive');
    default:
      throw refusal(call.service, 'invalidAccount', { reason: 'sourceAccountNo' });
  }
}

/** The account that is to be paid; RTGS and SKN find out about it only later. */
function checkCreditor(call: ServiceCall, order: TransferOrder): Payee {
  const payee = call.desk.directory.payee(creditorBank(call, order), order.beneficiaryAccountNo);
  if (!isSettledLater(order.rail)) checkPayee(call.service, payee, 'beneficiaryAccountNo');
  if (order.rail === 'intrabank' && call.profile.bank === 'bca') checkPurpose(call, payee);
  return payee;
}

/** Refuses an account that cannot be paid. */
export function checkPayee(service: string, payee: Payee, field: string): void {
  switch (payee.condition) {
    case 'active':
      return;
    case 'dormant':
      throw refusal(service, 'dormant');
    case 'blocked':
      throw refusal(service, 'doNotHonor');
    case 'closed':
    case 'unknown':
      throw refusal(service, 'invalidAccount', { reason: field });
  }
}

/** Three digits of the bank that is to be paid; the bank must be on the way that was chosen. */
function creditorBank(call: ServiceCall, order: TransferOrder): string {
  const { ownBank } = TRANSFER_PROFILES[call.profile.bank];
  if (order.beneficiaryBankCode === undefined) return ownBank.code;
  return reachableBank(call, order.beneficiaryBankCode, order.rail === 'bifast');
}

/** Finds a bank by the code in a body, and refuses the bank itself and one that cannot be reached. */
export function reachableBank(call: ServiceCall, code: string, bifast: boolean): string {
  const { ownBank } = TRANSFER_PROFILES[call.profile.bank];
  const bank = call.desk.directory.bank(code);
  if (!bank) throw refusal(call.service, 'bankNotSupported', { detail: `no bank ${code}` });
  // BCA takes three digits only for a bank without a SWIFT code (A13).
  if (call.profile.bank === 'bca' && bank.swift !== null && code === bank.code) {
    throw invalidFormat(call.service, 'beneficiaryBankCode', `use ${bank.swift}`);
  }
  if (bank.code === ownBank.code) {
    throw refusal(call.service, 'notPermitted', { reason: 'Own bank, use intrabank' });
  }
  if (bifast && bank.bifast === 'no') throw refusal(call.service, 'bankNotSupported');
  if (bifast && bank.bifast === 'unavailable') {
    throw refusal(call.service, 'notPermitted', { reason: 'BI-FAST unavailable for this bank' });
  }
  return bank.code;
}

/** BCA: foreign citizens need an economic activity, dollar accounts a purpose (A13). */
function checkPurpose(call: ServiceCall, payee: Payee): void {
  const { service, body } = call;
  const info = objectOf({ service, members: body, prefix: '' }, 'additionalInfo');
  if (payee.foreign && !info.members['economicActivity']) {
    throw missingField(service, 'additionalInfo.economicActivity');
  }
  if (payee.currency !== 'SGD' && payee.currency !== 'USD') return;
  const purpose = info.members['transactionPurpose'];
  if (purpose === undefined) throw missingField(service, 'additionalInfo.transactionPurpose');
  if (typeof purpose !== 'string' || !/^(?:0[1-9]|1[0-5])$/.test(purpose)) {
    throw invalidFormat(service, 'additionalInfo.transactionPurpose');
  }
}

function checkAmount(call: ServiceCall, { amount, rail }: TransferOrder): void {
  if (amount === 0n) throw refusal(call.service, 'invalidAmount');
  const limits = call.desk.settings.of(call.profile.bank).limits[rail];
  if (limits?.max !== undefined && amount > parseAmount(limits.max)) {
    throw refusal(call.service, 'amountLimit', { detail: `at most ${limits.max} by ${rail}` });
  }
  if (limits?.min !== undefined && amount < parseAmount(limits.min)) {
    throw refusal(call.service, 'invalidAmount', { detail: `at least ${limits.min} by ${rail}` });
  }
}

/** Limits of an account's day; what was rejected or returned does not count. */
function checkDay(call: ServiceCall, { amount }: TransferOrder, account: Account): void {
  const { dailyAmount, dailyCount } = call.desk.settings.of(call.profile.bank);
  if (dailyAmount === null && dailyCount === null) return;
  const day = wibDay(call.world.clock.now());
  const all = call.desk.journal.ofAccount(account.account);
  const yesterday = all.findLastIndex(({ at }) => wibDay(at) !== day);
  const today = all.slice(yesterday + 1).filter(({ credit }) => credit === undefined);
  const sum = today.reduce((total, { order }) => total + order.amount, amount);
  if (dailyCount !== null && today.length >= dailyCount) {
    throw refusal(call.service, 'activityCount');
  }
  if (dailyAmount !== null && sum > parseAmount(dailyAmount)) {
    throw refusal(call.service, 'accountLimit', { detail: `at most ${dailyAmount} a day` });
  }
}

function checkFaults(call: ServiceCall, order: TransferOrder): void {
  const { bank } = call.profile;
  const { service, path } = call;
  const scope = { bank, service, path, account: order.sourceAccountNo };
  if (strike(call.world.faults, 'suspectedFraud', scope)) {
    throw refusal(service, 'suspectedFraud');
  }
  if (strike(call.world.faults, 'switchUnavailable', scope)) {
    // BCA's tables for RTGS and SKN list this case under the service of interbank (A8.1).
    const isQuirk = bank === 'bca' && isSettledLater(order.rail);
    throw refusal(isQuirk ? '18' : service, 'routing');
  }
}

/** The sender's fee: all of it, one thousand rupiah of it, or nothing (A10.5). */
function feeOf(call: ServiceCall, { rail, feeType }: TransferOrder): bigint {
  const whole = parseAmount(call.desk.settings.of(call.profile.bank).fees[rail] ?? '0.00');
  if (feeType === 'BEN') return 0n;
  if (feeType === 'OUR') return whole;
  const share = 1_000_00n;
  return whole < share ? whole : share;
}

/** What the account can pay: the booked balance less what is held. */
function availableBalance(account: Account): bigint {
  return account.pending
    .filter(({ creditDebitIndicator }) => creditDebitIndicator === 'debit')
    .reduce((left, { amount }) => left - amount, bookedBalance(account));
}

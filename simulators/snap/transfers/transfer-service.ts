import type { Fault } from '../../lib/faults.ts';
import { numberSetting, strike, textSetting } from '../faults.ts';
import type { FaultName } from '../faults.ts';
import type { Answer, ServiceCall } from '../inbound.ts';
import { Refusal } from '../refusal.ts';
import { transferAnswer } from './answer.ts';
import { checkOrder } from './checks.ts';
import type { CheckedOrder } from './checks.ts';
import type { Origin } from './desk.ts';
import type { Transfer } from './journal.ts';
import { readOrder } from './order.ts';
import type { TransferOrder } from './order.ts';
import { isSettledLater } from './rails.ts';
import type { TransferServiceCode } from './rails.ts';
import { refusal } from './refusals.ts';

const DEFAULT_LATER_MS = 5000;

/** Services 17, 18, 22 and 23: reads the order, checks it, pays, and answers. */
export async function transfer(call: ServiceCall, service: TransferServiceCode): Promise<Answer> {
  const order = readOrder(call, service);
  refuseRepetition(call, order);
  const origin: Origin = {
    bank: call.profile.bank,
    externalId: call.externalId,
    service: call.service,
  };
  const checked = check(call, origin, order);
  const progress = struck(call, order, 'inProgress');
  const isDone = !progress && !isSettledLater(order.rail);
  const executed = call.desk.execute(origin, checked, isDone ? '00' : '03');
  if (progress) planProgress(call, executed, progress);
  else if (!isDone) await planClearing(call, executed);
  const returned = struck(call, order, 'returnAfterSuccess');
  if (returned) call.desk.planReturn(executed, numberSetting(returned, 'ms', DEFAULT_LATER_MS));
  return transferAnswer(call, executed);
}

/**
 * A second use of a partnerReferenceNo. The standard refuses it once the first was accepted, with one
 * case for the same content and one for another (A8.2); a bank without that check pays again (A8.3).
 */
function refuseRepetition(call: ServiceCall, order: TransferOrder): void {
  const { bank } = call.profile;
  if (call.desk.settings.of(bank).idempotency === 'none') return;
  const first = call.desk.journal
    .known(bank, order.partnerReferenceNo)
    .find(
      (known) =>
        known.order.partnerReferenceNo === order.partnerReferenceNo && known.status !== '06',
    );
  if (!first) return;
  const name = isSameOrder(first.order, order) ? 'duplicateReference' : 'inconsistent';
  throw refusal(call.service, name, { detail: `first used by ${first.id}` });
}

function isSameOrder(first: TransferOrder, second: TransferOrder): boolean {
  const decisive = [
    'service',
    'rail',
    'amount',
    'currency',
    'sourceAccountNo',
    'beneficiaryAccountNo',
    'beneficiaryBankCode',
  ] as const;
  return decisive.every((name) => first[name] === second[name]);
}

/** A no for a reason of business is kept, so that a status inquiry can tell of it. */
function check(call: ServiceCall, origin: Origin, order: TransferOrder): CheckedOrder {
  try {
    return checkOrder(call, order);
  } catch (error) {
    if (error instanceof Refusal && error.status !== 400) {
      const { responseCode: code, message: reason } = error;
      call.desk.refuse(origin, order, { code, reason });
    }
    throw error;
  }
}

/** The fault `inProgress`: answered 202xx00, ended later. */
function planProgress(call: ServiceCall, executed: Transfer, fault: Fault): void {
  executed.responseCode = `202${call.service}00`;
  const isRejected = textSetting(fault, 'outcome', 'settled') === 'rejected';
  const ms = numberSetting(fault, 'ms', DEFAULT_LATER_MS);
  call.desk.planEnd(executed, ms, isRejected ? 'reject' : 'settle');
}

/** RTGS and SKN: the beneficiary's bank finds out later whether it has the account. */
async function planClearing(call: ServiceCall, executed: Transfer): Promise<void> {
  const { desk, world } = call;
  const { order, bank } = executed;
  if (struck(call, order, 'noticeBeforeAnswer')) {
    await desk.reject(executed, world.clock.now());
    return;
  }
  const ms = desk.settings.of(bank).settleAfterMs[order.rail] ?? null;
  const rejected = struck(call, order, 'rejectAfterAcceptance');
  if (rejected) {
    desk.planEnd(executed, numberSetting(rejected, 'ms', ms ?? DEFAULT_LATER_MS), 'reject');
    return;
  }
  const code = desk.directory.bank(order.beneficiaryBankCode ?? '')?.code ?? '';
  const { condition } = desk.directory.payee(code, order.beneficiaryAccountNo);
  const isPayable = condition === 'active';
  desk.planEnd(executed, ms, isPayable ? 'settle' : 'reject', `Account is ${condition}`);
}

function struck(call: ServiceCall, order: TransferOrder, name: FaultName) {
  const { bank } = call.profile;
  const { service, operation, path } = call;
  const scope = { bank, service, operation, path, account: order.sourceAccountNo };
  return strike(call.world.faults, name, scope);
}

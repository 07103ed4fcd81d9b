import { CashbellError } from '#core/errors.ts';
import { formatDecimal } from '#core/money.ts';
import { judgeExecution } from '#core/payment-checks.ts';
import type { ExecutionScene, ExecutionVerdict } from '#core/payment-checks.ts';
import type { Happening } from '#core/payment-happenings.ts';
import { evaluateLimits } from '#core/payment-limits.ts';
import type { LimitUsage, PaymentLimit } from '#core/payment-limits.ts';
import { digestOfPayment, foldAccount } from '#core/payments.ts';
import type { ApprovalReading, NameMatch, PaymentState } from '#core/payments.ts';
import {
  BALANCE_FRESH_MS,
  DUPLICATE_WINDOW_MS,
  READING_FRESH_MS,
} from '#flows/payment/choke-point.ts';
import type { Context, Ledger } from './ledger.ts';
import { sentOf } from './rows.ts';
import type { Row } from './rows.ts';
import { dayEndMs, dayOf, opensAtMs } from './places.ts';
import type { Account } from './places.ts';

/** A registered payee of ours. */
export interface Payee {
  name: string;
  account: string;
  agent: string;
  version: number;
  usableFromMs: number;
  nameMatch: NameMatch;
}

/** A pulled kill switch. */
export interface Stop {
  readonly account: Account | undefined;
  readonly pulledAtMs: number;
  releasedAtMs: number | undefined;
}

/** A balance that we asked for. */
export interface Cash {
  readonly availableMinorUnits: bigint;
  readonly asOfMs: number;
}

/** Everything of ours that the choke point reads beside the payments. */
export interface Settings {
  readonly payees: readonly Payee[];
  readonly stops: Stop[];
  readonly cash: Map<string, Cash>;
}

const COUNTED: ReadonlySet<PaymentState> = new Set([
  'submitting',
  'submitted',
  'unknown',
  'confirmed',
  'settled',
]);

export function isStopped({ stops }: Settings, account: Account): boolean {
  return stops.some(
    (stop) =>
      stop.releasedAtMs === undefined &&
      (stop.account === undefined || stop.account.accountId === account.accountId),
  );
}

/** The choke point (flows/payment/choke-point.ts) on the rows in memory, in one moment. */
export function passChokePoint(
  ledger: Ledger,
  settings: Settings,
  paymentId: string,
  reading: ApprovalReading,
  context: Context & { readonly readAtMs: number; readonly atMs: number },
): Row {
  const row = ledger.get(paymentId);
  const isExecutable = row.state === 'authorised' || row.state === 'blocked';
  if (!isExecutable || isHeardOf(ledger, row)) return row;
  if (context.atMs - context.readAtMs > READING_FRESH_MS) {
    throw new CashbellError('payment.intentStale');
  }
  const verdict = judgeExecution(surveyScene(ledger, settings, row, reading, context.nowMs));
  if (verdict.kind === 'pass') ledger.insertAttempt(row, context.nowMs);
  return ledger.record(paymentId, happeningOf(verdict), context);
}

/** News of what was sent before, which is judged before anything leaves. */
export function isHeardOf(ledger: Ledger, row: Row): boolean {
  const { settlementEntryId, returnEntryId } = row;
  return settlementEntryId !== undefined || returnEntryId !== undefined || ledger.hasNotice(row);
}

function happeningOf(verdict: ExecutionVerdict): Happening {
  if (verdict.kind === 'pass') return { kind: 'intended' };
  const reason = { code: verdict.code, details: verdict.details };
  switch (verdict.kind) {
    case 'void':
      return { kind: 'voided', reason };
    case 'wait':
      return { kind: 'postponed', reason, retryAtMs: verdict.retryAtMs };
    case 'block':
      return {
        kind: 'blocked',
        reason,
        ...(verdict.retryAtMs === undefined ? {} : { retryAtMs: verdict.retryAtMs }),
      };
  }
}

export function surveyScene(
  ledger: Ledger,
  settings: Settings,
  row: Row,
  reading: ApprovalReading,
  nowMs: number,
): ExecutionScene {
  const exceeded = exceededOf(ledger, row, nowMs);
  const duplicate = duplicateOf(ledger, row);
  const opens = opensAtMs(row.account, row.rail, nowMs);
  const { amountMinorUnits, currency } = row.content.instructedAmount;
  return {
    nowMs,
    payment: {
      digest: row.digest,
      digestNow: digestOfPayment(row.content),
      maker: row.maker,
      approvalsRequired: row.approvalsRequired,
      notBeforeMs: row.notBeforeMs,
      environment: 'sandbox',
      amountMinorUnits,
      currency,
      waived: row.waived,
    },
    reading,
    connection: {
      name: row.account.bank.id,
      isActive: true,
      isArmed: true,
      environment: 'sandbox',
      canPay: true,
    },
    mayPayUnregistered: false,
    cash: cashOf(ledger, settings, row, nowMs),
    rail: opens === undefined ? {} : { opensAtMs: opens },
    problems: [],
    ...beneficiaryOf(settings, row),
    ...(isStopped(settings, row.account) ? { stop: { reason: 'drill' } } : {}),
    ...(exceeded ? { exceeded } : {}),
    ...(duplicate ? { duplicate: { details: { paymentId: duplicate.paymentId } } } : {}),
  };
}

function beneficiaryOf(
  { payees }: Settings,
  row: Row,
): Pick<ExecutionScene, 'beneficiary'> | Record<string, never> {
  const payee = payees[row.payee];
  if (!payee) return {};
  const { creditor } = row.content;
  return {
    beneficiary: {
      isActive: true,
      isPinnedVersion: payee.version === row.payeeVersion,
      hasSameAccount: foldAccount(payee.account) === foldAccount(creditor.account),
      usableFromMs: payee.usableFromMs,
      nameMatch: payee.nameMatch,
      isMismatchAccepted: false,
    },
  };
}

function exceededOf(
  ledger: Ledger,
  row: Row,
  nowMs: number,
): ExecutionScene['exceeded'] | undefined {
  const { account, content } = row;
  const exceeded = evaluateLimits(
    {
      accountId: account.accountId,
      connector: account.bank.id,
      purpose: content.purpose,
      maker: row.maker,
      instructedAmount: content.instructedAmount,
    },
    account.limits,
    (limit) => usageOf(ledger, row, limit, nowMs),
  );
  if (!exceeded) return undefined;
  const details = { limit: formatDecimal(exceeded.limit.amountMax) };
  return exceeded.limit.period === 'payment'
    ? { details }
    : { details, resetsAtMs: dayEndMs(account, nowMs) };
}

/** What was sent today already (store/payment-limits.ts, usageOf). */
function usageOf(ledger: Ledger, row: Row, _limit: PaymentLimit, nowMs: number): LimitUsage {
  const today = dayOf(row.account, nowMs);
  const sendings = ledger.sendings(row.account.accountId);
  const counted = new Set<Row>([row]);
  let amountMinorUnits = 0n;
  for (let index = sendings.length - 1; index >= 0; index -= 1) {
    const sending = sendings[index];
    if (!sending || dayOf(row.account, sending.atMs) < today) break;
    const other = sending.row;
    if (counted.has(other) || !COUNTED.has(other.state)) continue;
    counted.add(other);
    amountMinorUnits += other.content.instructedAmount.amountMinorUnits;
  }
  return { amountMinorUnits, count: counted.size - 1 };
}

/** Another payment that looks like this one (store/payment-checks.ts, findDuplicate). */
function duplicateOf(ledger: Ledger, row: Row): Row | undefined {
  const sinceMs = row.createdAtMs - DUPLICATE_WINDOW_MS;
  return ledger
    .lookingLike(row)
    .find(
      (other) =>
        other !== row &&
        other.firstSentAtMs !== undefined &&
        (other.createdAtMs >= sinceMs || other.firstSentAtMs >= sinceMs) &&
        (COUNTED.has(other.state) || wasGivenUp(other)),
    );
}

/** It waits to be sent again, and what became of it before is not proven. */
function wasGivenUp(row: Row): boolean {
  const isWaiting = row.state === 'authorised' || row.state === 'blocked';
  return isWaiting && sentOf(row).some(({ state }) => state === 'abandoned');
}

function cashOf(
  ledger: Ledger,
  { cash }: Settings,
  row: Row,
  nowMs: number,
): ExecutionScene['cash'] {
  const known = cash.get(row.account.accountId);
  if (!known || nowMs - known.asOfMs >= BALANCE_FRESH_MS) return 'unknown';
  let outstandingMinorUnits = 0n;
  for (const other of ledger.unsettled(row.account.accountId)) {
    if (other === row) continue;
    const isSeen =
      (other.state === 'submitted' || other.state === 'confirmed') &&
      other.stateSinceMs < known.asOfMs;
    if (!isSeen) outstandingMinorUnits += other.content.instructedAmount.amountMinorUnits;
  }
  return { availableMinorUnits: known.availableMinorUnits, outstandingMinorUnits, details: {} };
}

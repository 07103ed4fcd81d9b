import { instantFromMs, msBetween } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { money, moneyText } from '#core/money.ts';
import { periodEnd } from '#core/payment-limits.ts';
import { judgeExecution } from '#core/payment-checks.ts';
import type { ExecutionScene, ExecutionVerdict } from '#core/payment-checks.ts';
import type { Happening } from '#core/payment-happenings.ts';
import type { ApprovalReading } from '#core/payments.ts';
import { newId } from '#secret/ids.ts';
import { insertAttempt } from '#store/payment-attempts.ts';
import {
  findDuplicate,
  loadBeneficiary,
  loadCash,
  lockExecution,
  saveDingtalkApprovals,
} from '#store/payment-checks.ts';
import { checkLimits } from '#store/payment-limits.ts';
import { findStop } from '#store/payment-stops.ts';
import { lockPayment } from '#store/payments.ts';
import type { Payment, PaymentRef } from '#store/payments.ts';
import { humansBehind } from '#store/persons.ts';
import type { Transaction } from '#store/transaction.ts';
import { placeOfNow } from './payment-deps.ts';
import type { PaymentDeps, PaymentPlace } from './payment-deps.ts';
import { digestOf, toInstruction } from './payment-facts.ts';
import { recordHappening } from './record.ts';
import type { RecordContext, Recorded } from './record.ts';

/** Payments that look alike within this time are held until two people say they are not one. */
export const DUPLICATE_WINDOW_MS = 7 * 86_400_000;
/** An approval that was read longer ago may have been taken back. */
export const READING_FRESH_MS = 30_000;
/** A balance older than this proves nothing about the cash of now. */
export const BALANCE_FRESH_MS = 15 * 60_000;

/**
 * The one choke point: nothing reaches a bank's transfer service without an attempt row, and this is
 * the only place where such a row is made (tools/choke-point.test.ts). All checks and the row are one
 * transaction, and payments of an organisation pass one after the other, so that two which fit
 * alone do not pass together.
 */
export async function passChokePoint(
  transaction: Transaction,
  deps: PaymentDeps,
  ref: PaymentRef,
  reading: ApprovalReading,
  context: RecordContext & { readonly readAt: Instant },
): Promise<Recorded> {
  const { client } = transaction;
  await lockExecution(client, ref.orgId);
  const payment = await lockPayment(client, ref);
  const place = await placeOfNow(client, deps, payment);
  const isExecutable = payment.state === 'authorised' || payment.state === 'blocked';
  if (!isExecutable || isHeardOf(payment)) return { payment, rings: [] };
  // The wait for our turn may have been long, and so may the sleep of this process.
  if (msBetween(context.readAt, deps.now()) > READING_FRESH_MS) {
    throw new CashbellError('payment.intentStale');
  }
  const scene = await surveyScene(transaction, deps, { payment, place, reading }, context.now);
  const verdict = judgeExecution(scene);
  if (verdict.kind === 'pass') {
    await insertAttempt(
      client,
      payment,
      { attemptId: newId('att'), evidence: evidenceOf(scene) },
      context.now,
    );
  }
  if (reading.kind === 'agreed' && payment.approvalVia === 'dingtalk') {
    await saveDingtalkApprovals(
      client,
      payment,
      reading.approvers,
      () => newId('apr'),
      context.now,
    );
  }
  return recordHappening(transaction, deps, ref, happeningOf(verdict), context);
}

/** News of what was sent before came since the story was read; it is judged before anything leaves. */
function isHeardOf({ settlementEntryId, returnEntryId, hasNotice }: Payment): boolean {
  return settlementEntryId !== undefined || returnEntryId !== undefined || hasNotice;
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

interface Subject {
  readonly payment: Payment;
  readonly place: PaymentPlace;
  readonly reading: ApprovalReading;
}

/** Reads everything that the decision needs. */
async function surveyScene(
  { client }: Transaction,
  deps: PaymentDeps,
  { payment, place, reading }: Subject,
  now: Date,
): Promise<ExecutionScene> {
  const at = instantFromMs(now.getTime());
  const { connection, capability } = place;
  const beneficiary = await loadBeneficiary(client, payment);
  const stop = await findStop(client, payment.orgId, payment.accountId);
  const mustBeLimited = capability?.inquiry.kind === 'none';
  const refusal = await checkLimits(client, payment, at, { mustBeLimited });
  // Counted from the request: what is held must not pass just because it was held for long.
  const since = new Date(payment.createdAt.epochMilliseconds - DUPLICATE_WINDOW_MS);
  const duplicate = await findDuplicate(client, payment, since);
  const opensAt = await opensAtOf(deps, payment, place, at);
  const people = await knowPeople(client, payment, reading);
  return {
    nowMs: now.getTime(),
    payment: {
      digest: payment.digest,
      digestNow: digestOf(payment),
      maker: people.maker,
      approvalsRequired: payment.approvalsRequired,
      notBeforeMs: payment.notBefore.epochMilliseconds,
      environment: payment.environment,
      amountMinorUnits: payment.instructedAmount.amountMinorUnits,
      currency: payment.instructedAmount.currency,
      waived: payment.waived,
    },
    reading: people.reading,
    connection: {
      name: connection.name,
      isActive: connection.isActive && connection.connectionId === payment.connectionId,
      isArmed: connection.isArmed,
      environment: connection.environment,
      canPay: capability !== undefined,
    },
    mayPayUnregistered: false,
    cash: await cashOf(client, payment, place, at),
    rail: opensAt ? { opensAtMs: opensAt.epochMilliseconds } : {},
    problems:
      capability?.checkInstruction(
        toInstruction(payment, place),
        place.connector.config.parse(connection.config),
      ) ?? [],
    ...(beneficiary
      ? {
          beneficiary: {
            isActive: beneficiary.isActive,
            isPinnedVersion: beneficiary.version === payment.beneficiaryVersion,
            hasSameAccount: beneficiary.hasSameAccount,
            usableFromMs: beneficiary.usableFrom?.epochMilliseconds ?? Number.MAX_SAFE_INTEGER,
            nameMatch: beneficiary.nameMatch,
            isMismatchAccepted: beneficiary.isMismatchAccepted,
            ...(beneficiary.nameAtBank === undefined ? {} : { nameAtBank: beneficiary.nameAtBank }),
          },
        }
      : {}),
    ...(stop ? { stop: { reason: stop.reason } } : {}),
    ...(refusal ? { exceeded: exceededOf(refusal, payment, place, at) } : {}),
    ...(duplicate
      ? {
          duplicate: {
            details: {
              paymentId: duplicate.paymentId,
              date: duplicate.createdAt.toString().slice(0, 10),
            },
          },
        }
      : {}),
  };
}

/**
 * Names people by one word for each human being: whoever made a machine's token, or is known by an id
 * and by a DingTalk user, must not be maker and checker under two names.
 */
async function knowPeople(
  client: Transaction['client'],
  payment: Payment,
  reading: ApprovalReading,
): Promise<{ readonly maker: string; readonly reading: ApprovalReading }> {
  const said = reading.kind === 'agreed' ? [reading.originator, ...reading.approvers] : [];
  const humans = await humansBehind(client, payment.orgId, [payment.maker, ...said]);
  const know = (word: string): string => humans.get(word) ?? word;
  const maker = know(payment.maker);
  if (reading.kind !== 'agreed') return { maker, reading };
  const originator = know(reading.originator);
  return { maker, reading: { ...reading, originator, approvers: reading.approvers.map(know) } };
}

function exceededOf(
  refusal: NonNullable<Awaited<ReturnType<typeof checkLimits>>>,
  payment: Payment,
  { account }: PaymentPlace,
  at: Instant,
): NonNullable<ExecutionScene['exceeded']> {
  const amount = moneyText(payment.instructedAmount);
  if (refusal.kind === 'missing')
    return { details: { amount, limit: '–', used: '–', resets: '–' } };
  const { limit, usage } = refusal;
  const used = money(usage.amountMinorUnits, limit.amountMax.currency);
  const details = { amount, limit: moneyText(limit.amountMax), used: moneyText(used) };
  const resets = periodEnd(limit.period, at, account.zone);
  if (!resets) return { details: { ...details, resets: '–' } };
  return {
    details: { ...details, resets: resets.toString() },
    resetsAtMs: resets.epochMilliseconds,
  };
}

async function cashOf(
  client: Transaction['client'],
  payment: Payment,
  { connector, account }: PaymentPlace,
  at: Instant,
): Promise<ExecutionScene['cash']> {
  if (!connector.exchanges.fetchBalances) return 'notOffered';
  const cash = await loadCash(client, payment);
  const isFresh = cash && at.epochMilliseconds - cash.asOf.epochMilliseconds < BALANCE_FRESH_MS;
  if (!isFresh) return 'unknown';
  const { availableMinorUnits, outstandingMinorUnits } = cash;
  return {
    availableMinorUnits,
    outstandingMinorUnits,
    details: {
      available: moneyText(money(availableMinorUnits - outstandingMinorUnits, account.currency)),
      needed: moneyText(payment.instructedAmount),
      asOf: cash.asOf.toString(),
    },
  };
}

async function opensAtOf(
  deps: PaymentDeps,
  payment: Payment,
  { connector, capability }: PaymentPlace,
  at: Instant,
): Promise<Instant | undefined> {
  const rail = capability?.rails.find((candidate) => candidate.rail === payment.rail);
  if (!rail) return undefined;
  const { country, zone } = connector.traits;
  return deps.calendar.opensAt({ orgId: payment.orgId, country, zone }, rail, at);
}

/** What the checks saw, kept beside the attempt. Amounts as text: JSON has no whole numbers so long. */
function evidenceOf(scene: ExecutionScene): unknown {
  return JSON.parse(
    JSON.stringify(scene, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    ),
  );
}

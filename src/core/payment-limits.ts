import type { Instant } from './dates.ts';
import { dayIn, startOfDay } from './dates.ts';
import type { Money } from './money.ts';
import type { PaymentPurpose } from './payments.ts';

/** Over which time a limit counts: one payment, or a day or month of the account's zone. */
export const limitPeriods = ['payment', 'day', 'month'] as const;
export type LimitPeriod = (typeof limitPeriods)[number];

/** What a limit counts: everything that fits all that is named. */
export interface LimitScope {
  readonly accountId?: string | undefined;
  /** Connector id: all accounts at one bank. */
  readonly connector?: string | undefined;
  readonly purpose?: PaymentPurpose | undefined;
  readonly maker?: string | undefined;
}

export interface PaymentLimit extends LimitScope {
  readonly limitId: string;
  readonly period: LimitPeriod;
  readonly amountMax: Money;
  /** Absent: only the amount is limited. */
  readonly countMax?: number | undefined;
}

/** A payment as limits see it. */
export interface LimitedPayment {
  readonly accountId: string;
  readonly connector: string;
  readonly purpose: PaymentPurpose;
  readonly maker: string;
  readonly instructedAmount: Money;
}

/** What has been sent under a limit in its period already, the payment in question left out. */
export interface LimitUsage {
  readonly amountMinorUnits: bigint;
  readonly count: number;
}

/** The first limit that a payment would exceed, with the figures that its makers want to see. */
export interface ExceededLimit {
  readonly limit: PaymentLimit;
  readonly usage: LimitUsage;
  /** `amount` or `count`: which of the two is exceeded. */
  readonly what: 'amount' | 'count';
}

/** Whether a limit counts this payment at all. Amounts of other currencies are never compared. */
export function appliesTo(limit: PaymentLimit, payment: LimitedPayment): boolean {
  return (
    limit.amountMax.currency === payment.instructedAmount.currency &&
    fits(limit.accountId, payment.accountId) &&
    fits(limit.connector, payment.connector) &&
    fits(limit.purpose, payment.purpose) &&
    fits(limit.maker, payment.maker)
  );
}

function fits(wanted: string | undefined, actual: string): boolean {
  return wanted === undefined || wanted === actual;
}

/** Start of the period that a moment falls into, by the calendar of the account's bank. */
export function periodStart(period: 'day' | 'month', at: Instant, zone: string): Instant {
  const day = dayIn(at, zone);
  return startOfDay(period === 'day' ? day : day.with({ day: 1 }), zone);
}

/** When a period is over and its limit free again; a limit for one payment never frees itself. */
export function periodEnd(period: LimitPeriod, at: Instant, zone: string): Instant | undefined {
  if (period === 'payment') return undefined;
  const day = dayIn(at, zone);
  const next = period === 'day' ? day.add({ days: 1 }) : day.with({ day: 1 }).add({ months: 1 });
  return startOfDay(next, zone);
}

/** Tells the first limit that the payment would exceed. Reaching a limit exactly is allowed. */
export function evaluateLimits(
  payment: LimitedPayment,
  limits: readonly PaymentLimit[],
  usageOf: (limit: PaymentLimit) => LimitUsage,
): ExceededLimit | undefined {
  for (const limit of limits) {
    if (!appliesTo(limit, payment)) continue;
    const usage = limit.period === 'payment' ? NOTHING : usageOf(limit);
    const total = usage.amountMinorUnits + payment.instructedAmount.amountMinorUnits;
    if (total > limit.amountMax.amountMinorUnits) return { limit, usage, what: 'amount' };
    if (limit.countMax !== undefined && usage.count + 1 > limit.countMax) {
      return { limit, usage, what: 'count' };
    }
  }
  return undefined;
}

const NOTHING: LimitUsage = { amountMinorUnits: 0n, count: 0 };

import type { ClientBase } from 'pg';
import type { Instant } from '#core/dates.ts';
import { money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type {
  ExceededLimit,
  LimitedPayment,
  LimitPeriod,
  LimitUsage,
  PaymentLimit,
} from '#core/payment-limits.ts';
import { evaluateLimits, limitPeriods, periodEnd, periodStart } from '#core/payment-limits.ts';
import type { PaymentPurpose } from '#core/payments.ts';
import { paymentPurposes } from '#core/payments.ts';
import { oneOf } from './audited.ts';
import type { Queryable } from './grants.ts';

/** What the choke point knows of a payment when it asks for the limits. */
export interface CheckedPayment {
  readonly orgId: string;
  readonly paymentId: string;
  readonly accountId: string;
  readonly purpose: PaymentPurpose;
  readonly maker: string;
  readonly instructedAmount: Money;
}

/** Why limits say no: one is exceeded, or there has to be one and is none. */
export type LimitRefusal =
  | ({
      readonly kind: 'exceeded';
      /** When it is free again; absent where only a smaller payment helps. */
      readonly resetsAt: Instant | undefined;
    } & ExceededLimit)
  | { readonly kind: 'missing' };

/**
 * Checks a payment against all limits in force. Call it in the transaction that also commits the
 * payment as being sent: the limits that count it are locked until then, so that two payments that fit
 * one by one never pass together.
 *
 * `mustBeLimited`: refuse where no limit for a single payment applies, for banks that cannot be asked
 * what became of a transfer (ask 6).
 */
export async function checkLimits(
  client: ClientBase,
  payment: CheckedPayment,
  now: Instant,
  options: { readonly mustBeLimited?: boolean } = {},
): Promise<LimitRefusal | undefined> {
  const place = await loadPlace(client, payment);
  const limited: LimitedPayment = { ...payment, connector: place.connector };
  const limits = await lockLimits(client, payment.orgId, limited);
  if (options.mustBeLimited && !limits.some(({ period }) => period === 'payment')) {
    return { kind: 'missing' };
  }
  const usages = new Map<string, LimitUsage>();
  for (const limit of limits) {
    if (limit.period === 'payment') continue;
    const since = periodStart(limit.period, now, place.zone);
    usages.set(limit.limitId, await usageOf(client, { ...payment, limit, since }));
  }
  const exceeded = evaluateLimits(limited, limits, ({ limitId }) => usages.get(limitId) ?? UNKNOWN);
  if (!exceeded) return undefined;
  const resetsAt = periodEnd(exceeded.limit.period, now, place.zone);
  return { kind: 'exceeded', resetsAt, ...exceeded };
}

/** A usage that was not read stops the payment: what is not known is not little. */
const UNKNOWN: LimitUsage = { amountMinorUnits: 10n ** 38n, count: Number.MAX_SAFE_INTEGER - 1 };

async function loadPlace(
  client: Queryable,
  { orgId, accountId }: CheckedPayment,
): Promise<{ readonly zone: string; readonly connector: string }> {
  const { rows } = await client.query<{ zone: string; connector: string }>(
    `SELECT a.zone, c.connector FROM account a
     JOIN connection c ON c.org_id = a.org_id AND c.connection_id = a.connection_id
     WHERE a.org_id = $1 AND a.account_id = $2`,
    [orgId, accountId],
  );
  return oneOf(rows, 'account', accountId);
}

export interface LimitRow {
  limit_id: string;
  account_id: string | null;
  connector: string | null;
  purpose: string | null;
  maker: string | null;
  period: string;
  amount_minor_units: string;
  currency: string;
  count_max: number | null;
}

export const LIMIT_COLUMNS = `limit_id, account_id, connector, purpose, maker, period,
  amount_minor_units, currency, count_max`;

/** Locked in the order of their ids, so that two payments never wait for each other in a circle. */
async function lockLimits(
  client: Queryable,
  orgId: string,
  payment: LimitedPayment,
): Promise<PaymentLimit[]> {
  const { rows } = await client.query<LimitRow>(
    `SELECT ${LIMIT_COLUMNS} FROM payment_limit
     WHERE org_id = $1 AND state = 'active' AND currency = $2
       AND (account_id IS NULL OR account_id = $3) AND (connector IS NULL OR connector = $4)
       AND (purpose IS NULL OR purpose = $5) AND (maker IS NULL OR maker = $6)
     ORDER BY limit_id FOR NO KEY UPDATE`,
    [
      orgId,
      payment.instructedAmount.currency,
      payment.accountId,
      payment.connector,
      payment.purpose,
      payment.maker,
    ],
  );
  return rows.map(toLimit);
}

export function toLimit(row: LimitRow): PaymentLimit {
  return {
    limitId: row.limit_id,
    accountId: row.account_id ?? undefined,
    connector: row.connector ?? undefined,
    purpose: paymentPurposes.find((purpose) => purpose === row.purpose),
    maker: row.maker ?? undefined,
    period: toPeriod(row.period),
    amountMax: money(BigInt(row.amount_minor_units), row.currency),
    countMax: row.count_max ?? undefined,
  };
}

function toPeriod(text: string): LimitPeriod {
  const found = limitPeriods.find((period) => period === text);
  if (!found) throw new Error(`a limit has the period ${text}`);
  return found;
}

/**
 * What was sent under a limit since a moment. Whatever may have moved money counts, an unknown
 * outcome too; what was rejected or certainly not executed does not. A payment being sent right now
 * counts even before its first sending is noted, and one that is sent again counts again.
 */
export async function usageOf(
  client: Queryable,
  {
    orgId,
    paymentId,
    limit,
    since,
  }: {
    readonly orgId: string;
    /** Left out of the count: the one that is asked about. */
    readonly paymentId?: string;
    readonly limit: PaymentLimit;
    readonly since: Instant;
  },
): Promise<LimitUsage> {
  const { rows } = await client.query<{ amount: string; count: number }>(
    `WITH sent AS (
       SELECT payment_id FROM payment WHERE org_id = $1
         AND (first_sent_at >= $4 OR first_sent_at IS NULL AND state = 'submitting')
       UNION
       SELECT payment_id FROM payment_attempt
       WHERE org_id = $1 AND number > 1 AND intended_at >= $4
     )
     SELECT coalesce(sum(p.instructed_minor_units), 0)::text AS amount, count(*)::int AS count
     FROM sent JOIN payment p ON p.org_id = $1 AND p.payment_id = sent.payment_id
     JOIN connection c ON c.org_id = p.org_id AND c.connection_id = p.connection_id
     WHERE p.payment_id IS DISTINCT FROM $2 AND p.currency = $3
       AND p.state IN ('submitting', 'submitted', 'unknown', 'confirmed', 'settled')
       AND ($5::text IS NULL OR p.account_id = $5) AND ($6::text IS NULL OR c.connector = $6)
       AND ($7::text IS NULL OR p.purpose = $7) AND ($8::text IS NULL OR p.maker = $8)`,
    [
      orgId,
      paymentId ?? null,
      limit.amountMax.currency,
      since.toString(),
      limit.accountId ?? null,
      limit.connector ?? null,
      limit.purpose ?? null,
      limit.maker ?? null,
    ],
  );
  const usage = oneOf(rows, 'limit', limit.limitId);
  return { amountMinorUnits: BigInt(usage.amount), count: usage.count };
}

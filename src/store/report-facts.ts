import { instantFromMs, parsePlainDate } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import { money, parseCurrency } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { PaymentPurpose, PaymentState } from '#core/payments.ts';
import type { Queryable } from './grants.ts';

/** A payment as it stood at a moment. */
export interface KnownPayment {
  readonly paymentId: string;
  readonly accountId: string;
  readonly state: PaymentState;
  readonly since: Instant;
  readonly amount: Money;
  readonly creditorName: string;
  readonly purpose: PaymentPurpose;
  readonly requestedExecutionDate: PlainDate;
  readonly endToEndId: string;
}

/** Payments with a day in the time, or still under way, each in the state that its diary had by then. */
export async function loadPaymentsThen(
  client: Queryable,
  scope: {
    readonly orgId: string;
    readonly accountIds: readonly string[];
    readonly asOf: Instant;
    readonly from: PlainDate;
    readonly to: PlainDate;
  },
): Promise<KnownPayment[]> {
  const { rows } = await client.query<{
    payment_id: string;
    account_id: string;
    state: PaymentState;
    at: Date;
    amount: string;
    currency: string;
    creditor_name: string;
    purpose: PaymentPurpose;
    day: string;
    end_to_end_id: string;
  }>(
    `SELECT p.payment_id, p.account_id, s.state, s.at, p.instructed_minor_units AS amount,
            p.currency, p.creditor->>'name' AS creditor_name, p.purpose,
            p.requested_execution_date::text AS day, p.end_to_end_id
     FROM payment p
     CROSS JOIN LATERAL (
       SELECT state, at FROM payment_step
       WHERE org_id = p.org_id AND payment_id = p.payment_id AND coalesce(recorded_at, at) <= $3
       ORDER BY number DESC LIMIT 1) s
     WHERE p.org_id = $1 AND p.account_id = ANY($2::text[])
       AND p.requested_execution_date BETWEEN $4::date AND $5::date
     ORDER BY p.requested_execution_date, p.payment_id`,
    [
      scope.orgId,
      scope.accountIds,
      new Date(scope.asOf.epochMilliseconds),
      scope.from.toString(),
      scope.to.toString(),
    ],
  );
  return rows.map((row) => ({
    paymentId: row.payment_id,
    accountId: row.account_id,
    state: row.state,
    since: instantFromMs(row.at.getTime()),
    amount: money(BigInt(row.amount), row.currency),
    creditorName: row.creditor_name,
    purpose: row.purpose,
    requestedExecutionDate: parsePlainDate(row.day),
    endToEndId: row.end_to_end_id,
  }));
}

/** How soon a bank's movements were seen, by account. */
export interface AccountDelay {
  readonly accountId: string;
  readonly movements: number;
  /** Of those that the bank dated to the second; absent where it dates none. */
  readonly medianMs: number | undefined;
  readonly slowestMs: number | undefined;
  readonly pushedShare: number | undefined;
  readonly newestSeenAt: Instant | undefined;
}

/** Delays of the first sight of movements booked in the time; history fetched later does not count. */
export async function loadDelays(
  client: Queryable,
  scope: {
    readonly orgId: string;
    readonly accountIds: readonly string[];
    readonly asOf: Instant;
    readonly from: PlainDate;
    readonly to: PlainDate;
  },
): Promise<AccountDelay[]> {
  const { rows } = await client.query<{
    account_id: string;
    movements: number;
    median: number | null;
    slowest: number | null;
    pushed: number | null;
    newest: Date | null;
  }>(
    `SELECT e.account_id, count(*)::int AS movements,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY d.delay) AS median,
            percentile_cont(0.95) WITHIN GROUP (ORDER BY d.delay) AS slowest,
            avg((v.source = 'push')::int)::float8 AS pushed, max(v.seen_at) AS newest
     FROM entry e
     JOIN account a ON a.org_id = e.org_id AND a.account_id = e.account_id
     JOIN entry_version v ON v.org_id = e.org_id AND v.entry_id = e.entry_id AND v.version = 1
     CROSS JOIN LATERAL (
       SELECT greatest(0, extract(epoch FROM v.seen_at - (v.report->>'bookedAt')::timestamptz))::float8
         AS delay) d
     WHERE e.org_id = $1 AND e.account_id = ANY($2::text[])
       AND coalesce(v.recorded_at, v.seen_at) <= $3
       AND e.booking_date BETWEEN $4::date AND $5::date
       AND (v.report->>'bookedAt' IS NULL OR (v.report->>'bookedAt')::timestamptz >= a.ring_from)
     GROUP BY e.account_id`,
    [
      scope.orgId,
      scope.accountIds,
      new Date(scope.asOf.epochMilliseconds),
      scope.from.toString(),
      scope.to.toString(),
    ],
  );
  return rows.map((row) => ({
    accountId: row.account_id,
    movements: row.movements,
    medianMs: row.median === null ? undefined : row.median * 1000,
    slowestMs: row.slowest === null ? undefined : row.slowest * 1000,
    pushedShare: row.pushed ?? undefined,
    newestSeenAt: row.newest === null ? undefined : instantFromMs(row.newest.getTime()),
  }));
}

/** Until when everything of each account was known, by the last time that it was written down. */
export async function loadCompleteness(
  client: Queryable,
  scope: { readonly orgId: string; readonly asOf: Instant },
): Promise<ReadonlyMap<string, Instant>> {
  const { rows } = await client.query<{ account_id: string; complete_as_of: Date }>(
    `SELECT DISTINCT ON (account_id) account_id, complete_as_of FROM completeness
     WHERE org_id = $1 AND recorded_at <= $2
     ORDER BY account_id, recorded_at DESC`,
    [scope.orgId, new Date(scope.asOf.epochMilliseconds)],
  );
  return new Map(rows.map((row) => [row.account_id, instantFromMs(row.complete_as_of.getTime())]));
}

/** Where the audit stood at a moment: its last line and the hash that holds all before it. */
export async function loadAuditHead(
  client: Queryable,
  scope: { readonly orgId: string; readonly asOf: Instant },
): Promise<{ readonly lines: number; readonly hash: string }> {
  const { rows } = await client.query<{ number: string; hash: Buffer }>(
    `SELECT number, hash FROM audit WHERE org_id = $1 AND at <= $2 ORDER BY number DESC LIMIT 1`,
    [scope.orgId, new Date(scope.asOf.epochMilliseconds)],
  );
  const [row] = rows;
  return { lines: Number(row?.number ?? 0), hash: row?.hash.toString('hex') ?? '' };
}

/** A rate with where it comes from. One unit of `base` is `rate` units of `quote`. */
export interface ExchangeRate {
  readonly base: string;
  readonly quote: string;
  /** Decimal text. */
  readonly rate: string;
  readonly asOf: Instant;
  readonly source: string;
}

interface RateRow {
  base: string;
  quote: string;
  rate: string;
  as_of: Date;
  source: string;
}

function toRate(row: RateRow): ExchangeRate {
  const { base, quote, rate, source } = row;
  return { base, quote, rate, source, asOf: instantFromMs(row.as_of.getTime()) };
}

/** Of each pair with a currency the newest rate for a moment not after `until`, as known at `asOf`. */
export async function loadRates(
  client: Queryable,
  scope: {
    readonly orgId: string;
    readonly asOf: Instant;
    readonly until: Instant;
    readonly currency: string;
  },
): Promise<ExchangeRate[]> {
  const { rows } = await client.query<RateRow>(
    `SELECT DISTINCT ON (base, quote) base, quote, rate, as_of, source FROM exchange_rate
     WHERE org_id = $1 AND recorded_at <= $2 AND as_of <= $3 AND $4 IN (base, quote)
     ORDER BY base, quote, as_of DESC, recorded_at DESC`,
    [
      scope.orgId,
      new Date(scope.asOf.epochMilliseconds),
      new Date(scope.until.epochMilliseconds),
      scope.currency,
    ],
  );
  return rows.map(toRate);
}

/** Adds a rate; rates are never changed, so that reports of before stay explained. */
export async function insertRate(
  client: Queryable,
  rate: ExchangeRate & { readonly orgId: string; readonly recordedBy: string },
): Promise<void> {
  await client.query(
    `INSERT INTO exchange_rate (org_id, base, quote, rate, as_of, source, recorded_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      rate.orgId,
      parseCurrency(rate.base),
      parseCurrency(rate.quote),
      rate.rate,
      new Date(rate.asOf.epochMilliseconds),
      rate.source,
      rate.recordedBy,
    ],
  );
}

/** Rates of an organisation, newest first. */
export async function listRates(client: Queryable, orgId: string): Promise<ExchangeRate[]> {
  const { rows } = await client.query<RateRow>(
    `SELECT base, quote, rate, as_of, source FROM exchange_rate WHERE org_id = $1
     ORDER BY as_of DESC, recorded_at DESC LIMIT 500`,
    [orgId],
  );
  return rows.map(toRate);
}

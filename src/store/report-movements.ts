import { instantFromMs, parseInstant, parsePlainDate } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import type { EntryState } from '#core/events.ts';
import { money, parseMoney } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { BalanceType, CreditDebitIndicator, EntrySource } from '#core/statements.ts';
import type { Queryable } from './grants.ts';

/** A movement as it was known at a moment, whatever was learnt of it later. */
export interface KnownMovement {
  readonly entryId: string;
  readonly accountId: string;
  readonly state: EntryState;
  readonly creditDebitIndicator: CreditDebitIndicator;
  readonly amount: Money;
  readonly bookingDate: PlainDate;
  readonly valueDate: PlainDate | undefined;
  readonly bookedAt: Instant | undefined;
  /** When the version that is shown was seen; the first one gives the delay. */
  readonly seenAt: Instant;
  readonly source: EntrySource;
  readonly counterpartyName: string | undefined;
  readonly remittanceInformation: string;
  readonly reference: string | undefined;
  readonly balanceAfter: Money | undefined;
}

/** Which movements, as of when. */
export interface MovementScope {
  readonly orgId: string;
  readonly accountId: string;
  readonly asOf: Instant;
  readonly from?: PlainDate | undefined;
  readonly to: PlainDate;
  /** Newest days first, so many rows; all when absent. */
  readonly newest?: number | undefined;
  /** Only these. */
  readonly entryIds?: readonly string[] | undefined;
}

interface MovementRow {
  entry_id: string;
  state: EntryState;
  source: EntrySource;
  amount: string;
  currency: string;
  indicator: CreditDebitIndicator;
  day: string;
  value_day: string | null;
  booked_at: string | null;
  seen_at: Date;
  name: string | null;
  text: string;
  reference: string | null;
  balance: string | null;
}

/** A correction moves a movement by so many days at most; only so far around is looked. */
const CORRECTED_DAYS = 62;

/**
 * Movements of an account by their day and the order in which we learnt of them, each in the version
 * that was recorded last by then. `withdrawn` ones never happened and are left out.
 */
export async function loadMovements(
  client: Queryable,
  scope: MovementScope,
): Promise<KnownMovement[]> {
  const { from, to, newest } = scope;
  const { rows } = await client.query<MovementRow>(
    `SELECT e.entry_id, v.state, v.source, v.amount_minor_units AS amount, v.currency,
            v.report->>'creditDebitIndicator' AS indicator, v.report->>'bookingDate' AS day,
            v.report->>'valueDate' AS value_day, v.report->>'bookedAt' AS booked_at, v.seen_at,
            v.report#>>'{counterparty,name}' AS name,
            v.report->>'remittanceInformation' AS text,
            coalesce(v.report->>'accountServicerReference', v.report->>'endToEndId') AS reference,
            v.report#>>'{balanceAfter,value}' AS balance
     FROM entry e
     CROSS JOIN LATERAL (
       SELECT state, source, amount_minor_units, currency, report, seen_at FROM entry_version
       WHERE org_id = e.org_id AND entry_id = e.entry_id
         AND coalesce(recorded_at, seen_at) <= $3
       ORDER BY version DESC LIMIT 1) v
     WHERE e.org_id = $1 AND e.account_id = $2
       AND ($4::date IS NULL OR e.booking_date >= $4::date - ${CORRECTED_DAYS})
       AND e.booking_date <= $5::date + ${CORRECTED_DAYS}
       AND ($4::date IS NULL OR (v.report->>'bookingDate')::date >= $4::date)
       AND (v.report->>'bookingDate')::date <= $5::date
       AND v.state <> 'withdrawn'
       AND ($7::text[] IS NULL OR e.entry_id = ANY($7::text[]))
     ORDER BY ${newest === undefined ? 'day, e.position' : NEWEST_FIRST}
     LIMIT $6`,
    [
      scope.orgId,
      scope.accountId,
      new Date(scope.asOf.epochMilliseconds),
      from?.toString() ?? null,
      to.toString(),
      newest ?? null,
      scope.entryIds ?? null,
    ],
  );
  const days = new Map<string, PlainDate>();
  const dayOf = (text: string): PlainDate => {
    const known = days.get(text) ?? parsePlainDate(text);
    days.set(text, known);
    return known;
  };
  const movements = rows.map((row) => toMovement(row, scope.accountId, dayOf));
  if (newest === undefined) return movements;
  // A correction may have moved a movement to another day than the one it was found under.
  return movements.toReversed().toSorted(byDay);
}

/** By the index of days from its end, so that years of history behind the limit are not read. */
const NEWEST_FIRST = 'e.booking_date DESC, e.position DESC';

function byDay(left: KnownMovement, right: KnownMovement): number {
  return right.bookingDate.until(left.bookingDate).days;
}

function toMovement(
  row: MovementRow,
  accountId: string,
  dayOf: (text: string) => PlainDate,
): KnownMovement {
  return {
    entryId: row.entry_id,
    accountId,
    state: row.state,
    source: row.source,
    creditDebitIndicator: row.indicator,
    amount: money(BigInt(row.amount), row.currency),
    bookingDate: dayOf(row.day),
    valueDate: row.value_day === null ? undefined : dayOf(row.value_day),
    bookedAt: row.booked_at === null ? undefined : parseInstant(row.booked_at),
    seenAt: instantFromMs(row.seen_at.getTime()),
    counterpartyName: row.name ?? undefined,
    remittanceInformation: row.text,
    reference: row.reference ?? undefined,
    balanceAfter: row.balance === null ? undefined : parseMoney(row.balance, row.currency),
  };
}

/** A balance that the bank stated for a moment, as it was known at another. */
export interface StatedBalance {
  readonly accountId: string;
  readonly type: BalanceType;
  readonly amount: Money;
  readonly at: Instant;
}

/** Of each account and type the newest stated balance for a moment not after `until`. */
export async function loadStatedBalances(
  client: Queryable,
  scope: { readonly orgId: string; readonly asOf: Instant; readonly until: Instant },
): Promise<StatedBalance[]> {
  const { rows } = await client.query<{
    account_id: string;
    type: BalanceType;
    amount: string;
    currency: string;
    as_of: Date;
  }>(
    `SELECT DISTINCT ON (account_id, type) account_id, type, amount_minor_units AS amount,
            currency, as_of
     FROM (
       SELECT account_id, type, as_of, amount_minor_units, currency FROM balance
       WHERE org_id = $1 AND as_of <= $3 AND coalesce(recorded_at, as_of) <= $2
       UNION ALL
       SELECT account_id, type, as_of, amount_minor_units, currency FROM balance_before
       WHERE org_id = $1 AND as_of <= $3 AND recorded_at <= $2 AND replaced_at > $2) b
     ORDER BY account_id, type, as_of DESC`,
    [scope.orgId, new Date(scope.asOf.epochMilliseconds), new Date(scope.until.epochMilliseconds)],
  );
  return rows.map((row) => ({
    accountId: row.account_id,
    type: row.type,
    amount: money(BigInt(row.amount), row.currency),
    at: instantFromMs(row.as_of.getTime()),
  }));
}

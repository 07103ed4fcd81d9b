import type { Pool } from 'pg';
import type { Roll } from '#core/bank-calendar.ts';
import { parsePlainDate } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { OrgId, RecurrenceId } from '#core/ids.ts';
import type { ChargeBearer, PaymentPurpose, PaymentRail } from '#core/payments.ts';
import type { Queryable } from './grants.ts';
import { toInstant } from './orgs.ts';

/** What is paid each time, as the API takes it, without its day. */
export interface RecurringTemplate {
  readonly beneficiaryId?: string | undefined;
  readonly creditorName?: string | undefined;
  readonly creditorAccount?: string | undefined;
  readonly creditorAgent?: string | undefined;
  readonly amount: string;
  readonly currency?: string | undefined;
  readonly purpose: PaymentPurpose;
  readonly remittanceInformation: string;
  readonly rail?: PaymentRail | undefined;
  readonly chargeBearer?: ChargeBearer | undefined;
}

export type RecurringState = 'active' | 'paused' | 'ended';

/** A payment that comes again; each of its occurrences is a payment that people approve. */
export interface RecurringPayment {
  readonly orgId: OrgId;
  readonly recurrenceId: RecurrenceId;
  readonly accountId: string;
  readonly name: string;
  readonly rule: string;
  readonly template: RecurringTemplate;
  readonly roll: Roll;
  readonly firstDate: PlainDate;
  readonly lastDate: PlainDate | undefined;
  /** The next occurrence of the rule that was not asked for yet, before it rolls. */
  readonly nextDate: PlainDate | undefined;
  /** So many bank days before its day an occurrence is asked for. */
  readonly leadDays: number;
  readonly state: RecurringState;
  readonly maker: string;
  readonly createdAt: Instant;
}

export interface RecurringRow {
  org_id: OrgId;
  recurrence_id: RecurrenceId;
  account_id: string;
  name: string;
  rule: string;
  template: RecurringTemplate;
  roll: Roll;
  first_date: string;
  last_date: string | null;
  next_date: string | null;
  lead_days: number;
  state: RecurringState;
  maker: string;
  created_at: Date;
}

export const RECURRING_COLUMNS = `org_id, recurrence_id, account_id, name, rule, template, roll,
  first_date::text AS first_date, last_date::text AS last_date, next_date::text AS next_date,
  lead_days, state, maker, created_at`;

export function toRecurring(row: RecurringRow): RecurringPayment {
  return {
    orgId: row.org_id,
    recurrenceId: row.recurrence_id,
    accountId: row.account_id,
    name: row.name,
    rule: row.rule,
    template: row.template,
    roll: row.roll,
    firstDate: parsePlainDate(row.first_date),
    lastDate: row.last_date === null ? undefined : parsePlainDate(row.last_date),
    nextDate: row.next_date === null ? undefined : parsePlainDate(row.next_date),
    leadDays: row.lead_days,
    state: row.state,
    maker: row.maker,
    createdAt: toInstant(row.created_at),
  };
}

export async function insertRecurring(
  client: Queryable,
  recurring: Omit<RecurringPayment, 'createdAt'>,
  now: Date,
): Promise<void> {
  await client.query(
    `INSERT INTO recurring_payment (org_id, recurrence_id, account_id, name, rule, template, roll,
       first_date, last_date, next_date, lead_days, state, maker, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      recurring.orgId,
      recurring.recurrenceId,
      recurring.accountId,
      recurring.name,
      recurring.rule,
      JSON.stringify(recurring.template),
      recurring.roll,
      recurring.firstDate.toString(),
      recurring.lastDate?.toString() ?? null,
      recurring.nextDate?.toString() ?? null,
      recurring.leadDays,
      recurring.state,
      recurring.maker,
      now,
    ],
  );
}

export interface RecurringRef {
  readonly orgId: string;
  readonly recurrenceId: string;
}

export async function getRecurring(
  client: Queryable,
  { orgId, recurrenceId }: RecurringRef,
  lock: '' | 'FOR NO KEY UPDATE' = '',
): Promise<RecurringPayment> {
  const { rows } = await client.query<RecurringRow>(
    `SELECT ${RECURRING_COLUMNS} FROM recurring_payment
     WHERE org_id = $1 AND recurrence_id = $2 ${lock}`,
    [orgId, recurrenceId],
  );
  const [row] = rows;
  if (row) return toRecurring(row);
  const id = recurrenceId.slice(0, 60);
  throw new CashbellError('api.notFound', { what: 'recurring payment', id });
}

/** Recurring payments of an organisation, newest first. */
export async function listRecurring(
  client: Queryable,
  scope: { readonly orgId: string; readonly state?: RecurringState | undefined },
): Promise<RecurringPayment[]> {
  const { rows } = await client.query<RecurringRow>(
    `SELECT ${RECURRING_COLUMNS} FROM recurring_payment
     WHERE org_id = $1 AND ($2::text IS NULL OR state = $2)
     ORDER BY recurrence_id DESC LIMIT 1000`,
    [scope.orgId, scope.state ?? null],
  );
  return rows.map(toRecurring);
}

/** Writes where a recurring payment stands; the caller holds its row. */
export async function updateRecurring(
  client: Queryable,
  { orgId, recurrenceId }: RecurringRef,
  change: { readonly state: RecurringState; readonly nextDate: PlainDate | undefined },
): Promise<void> {
  await client.query(
    `UPDATE recurring_payment SET state = $3, next_date = $4
     WHERE org_id = $1 AND recurrence_id = $2`,
    [orgId, recurrenceId, change.state, change.nextDate?.toString() ?? null],
  );
}

/** The day of an occurrence moves at most so far when banks are closed, and a day for zones. */
const MARGIN_DAYS = 20;

/**
 * Recurring payments whose next occurrence may have to be asked for; who asks looks closer. Lead days
 * are bank days, of which a week has at least four.
 */
export async function findDueRecurring(pool: Pool, at: Date): Promise<RecurringRef[]> {
  const { rows } = await pool.query<{ org_id: string; recurrence_id: string }>(
    `SELECT org_id, recurrence_id FROM recurring_payment
     WHERE state = 'active' AND next_date <= $1::date + 2 * lead_days + ${MARGIN_DAYS}
     ORDER BY next_date LIMIT 1000`,
    [at],
  );
  return rows.map((row) => ({ orgId: row.org_id, recurrenceId: row.recurrence_id }));
}

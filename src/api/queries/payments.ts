import type { Pool } from 'pg';
import { z } from 'zod';
import { instantFromMs, parsePlainDate } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import type { ErrorDetails } from '#core/errors.ts';
import { money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import { foldAccount } from '#core/payments.ts';
import type { PaymentState } from '#core/payments.ts';
import type { BatchRow, PaymentBatch } from '#store/payment-batches.ts';
import { BATCH_COLUMNS, toBatch } from '#store/payment-batches.ts';
import type { Payment, PaymentRow } from '#store/payments.ts';
import { PAYMENT_COLUMNS, PAYMENT_FROM, toPayment } from '#store/payments.ts';
import type { BatchesQuery } from '../contract/payment-batches.ts';
import type { AttemptWire, PaymentsQuery } from '../contract/payments.ts';
import type { Page, PageRequest } from './page.ts';
import { ID_PLACE, NUMBER_PLACE, parseCursor, timeText, toPage } from './page.ts';

/** Microseconds of the moment and the id: two payments of one moment keep their order. */
const TIME_PLACE = /^\d{1,18}_pay_[0-9a-z]{4,40}$/;

interface PlacedRow extends PaymentRow {
  place: string;
}

/** Payments of an organisation, newest first; each filter reads an index from the cursor on. */
export async function listPayments(
  pool: Pool,
  orgId: string,
  query: z.infer<typeof PaymentsQuery>,
): Promise<Page<Payment>> {
  const place = parseCursor(query.cursor, TIME_PLACE);
  const [, micros, paymentId] = /^(\d+)_(.*)$/.exec(place ?? '') ?? [];
  const { text } = query;
  const { rows } = await pool.query<PlacedRow>(
    `SELECT ${PAYMENT_COLUMNS},
       (extract(epoch FROM p.created_at) * 1000000)::bigint || '_' || p.payment_id AS place
     FROM ${PAYMENT_FROM}
     WHERE p.org_id = $1
       AND ($2::bigint IS NULL OR (p.created_at, p.payment_id)
         < (to_timestamp(0) + $2::bigint * interval '1 microsecond', $3::text))
       AND ($4::text IS NULL OR p.state = $4)
       AND ($5::text IS NULL OR p.account_id = $5)
       AND ($6::text IS NULL OR p.batch_id = $6)
       AND ($7::text IS NULL OR p.recurrence_id = $7)
       AND ($8::text IS NULL OR p.maker = $8)
       AND ($9::timestamptz IS NULL OR p.created_at >= $9)
       AND ($10::timestamptz IS NULL OR p.created_at < $10)
       AND ($11::text IS NULL OR p.folded_creditor_account = $11 OR p.creditor->>'name' ILIKE $12
         OR p.remittance_information ILIKE $12 OR p.end_to_end_id = $13 OR p.bank_reference = $13)
     ORDER BY p.created_at DESC, p.payment_id DESC LIMIT $14`,
    [
      orgId,
      micros ?? null,
      paymentId ?? null,
      query.state ?? null,
      query.accountId ?? null,
      query.batchId ?? null,
      query.recurrenceId ?? null,
      query.maker ?? null,
      query.from ?? null,
      query.to ?? null,
      text === undefined ? null : foldAccount(text),
      text === undefined ? null : `%${text.replace(/[\\%_]/g, '\\$&')}%`,
      text ?? null,
      query.limit + 1,
    ],
  );
  return toPage(rows, query, { toItem: toPayment, placeOf: (row) => row.place });
}

/** Payments of a batch in the order of its rows. */
export async function listBatchPayments(
  pool: Pool,
  scope: { readonly orgId: string; readonly batchId: string },
  query: PageRequest & { readonly state?: PaymentState | undefined },
): Promise<Page<Payment>> {
  const { rows } = await pool.query<PaymentRow>(
    `SELECT ${PAYMENT_COLUMNS} FROM ${PAYMENT_FROM}
     WHERE p.org_id = $1 AND p.batch_id = $2 AND ($3::integer IS NULL OR p.batch_item > $3)
       AND ($4::text IS NULL OR p.state = $4)
     ORDER BY p.batch_item LIMIT $5`,
    [
      scope.orgId,
      scope.batchId,
      parseCursor(query.cursor, NUMBER_PLACE) ?? null,
      query.state ?? null,
      query.limit + 1,
    ],
  );
  return toPage(rows, query, {
    toItem: toPayment,
    placeOf: (row) => String(row.batch_item ?? 0),
  });
}

/** Batches, newest first. */
export async function listBatches(
  pool: Pool,
  orgId: string,
  query: z.infer<typeof BatchesQuery>,
): Promise<Page<PaymentBatch>> {
  const { rows } = await pool.query<BatchRow>(
    `SELECT ${BATCH_COLUMNS} FROM payment_batch b
     WHERE b.org_id = $1 AND ($2::text IS NULL OR b.batch_id < $2)
       AND ($3::text IS NULL OR b.account_id = $3)
     ORDER BY b.batch_id DESC LIMIT $4`,
    [orgId, parseCursor(query.cursor, ID_PLACE) ?? null, query.accountId ?? null, query.limit + 1],
  );
  return toPage(rows, query, { toItem: toBatch, placeOf: (row) => row.batch_id });
}

interface AttemptRow {
  attempt_id: string;
  number: number;
  state: string;
  external_id: string | null;
  intended_at: Date;
  sent_at: Date | null;
  answered_at: Date | null;
  bank_reference: string | null;
  bank_code: string | null;
  code: string | null;
  evidence: unknown;
}

/** Every sending of a payment, oldest first, with what the checks saw before it. */
export async function listAttempts(
  pool: Pool,
  { orgId, paymentId }: Pick<Payment, 'orgId' | 'paymentId'>,
): Promise<z.infer<typeof AttemptWire>[]> {
  const { rows } = await pool.query<AttemptRow>(
    `SELECT attempt_id, number, state, external_id, intended_at, sent_at, answered_at,
       bank_reference, bank_code, code, evidence
     FROM payment_attempt WHERE org_id = $1 AND payment_id = $2 ORDER BY number`,
    [orgId, paymentId],
  );
  return rows.map((row) => ({
    attemptId: row.attempt_id,
    number: row.number,
    state: row.state,
    externalId: row.external_id ?? undefined,
    intendedAt: row.intended_at.toISOString(),
    sentAt: timeText(row.sent_at),
    answeredAt: timeText(row.answered_at),
    bankReference: row.bank_reference ?? undefined,
    bankCode: row.bank_code ?? undefined,
    code: row.code ?? undefined,
    evidence: row.evidence,
  }));
}

/** A line of a payment's life as it was written. */
export interface StoredStep {
  readonly number: number;
  readonly at: string;
  readonly happening: string;
  readonly state: PaymentState;
  readonly actor: string;
  readonly code: string | undefined;
  readonly details: ErrorDetails;
}

export async function listSteps(
  pool: Pool,
  { orgId, paymentId }: Pick<Payment, 'orgId' | 'paymentId'>,
): Promise<StoredStep[]> {
  const { rows } = await pool.query<{
    number: number;
    at: Date;
    happening: string;
    state: PaymentState;
    actor: string;
    code: string | null;
    details: ErrorDetails;
  }>(
    `SELECT number, at, happening, state, actor, code, details FROM payment_step
     WHERE org_id = $1 AND payment_id = $2 ORDER BY number`,
    [orgId, paymentId],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString(), code: row.code ?? undefined }));
}

/** A line of the statement that proves something about a payment. */
export interface StatementLine {
  readonly entryId: string;
  readonly bookingDate: PlainDate;
  readonly amount: Money;
  readonly remittanceInformation: string;
  readonly accountServicerReference: string | undefined;
  readonly bookedAt: Instant | undefined;
}

/** The part of a stored report that a proof shows. */
const Report = z.object({ accountServicerReference: z.string().optional() });

export async function findStatementLine(
  pool: Pool,
  orgId: string,
  entryId: string | undefined,
): Promise<StatementLine | undefined> {
  if (entryId === undefined) return undefined;
  const { rows } = await pool.query<{
    entry_id: string;
    booking_date: string;
    amount_minor_units: string;
    currency: string;
    remittance_information: string;
    booked_at: Date | null;
    report: unknown;
  }>(
    `SELECT e.entry_id, e.booking_date::text AS booking_date, e.amount_minor_units, e.currency,
       e.remittance_information, e.booked_at, v.report
     FROM entry e LEFT JOIN entry_version v ON v.org_id = e.org_id AND v.entry_id = e.entry_id
       AND v.version = e.version
     WHERE e.org_id = $1 AND e.entry_id = $2`,
    [orgId, entryId],
  );
  const [row] = rows;
  if (!row) return undefined;
  const report = Report.safeParse(row.report);
  return {
    entryId: row.entry_id,
    bookingDate: parsePlainDate(row.booking_date),
    amount: money(BigInt(row.amount_minor_units), row.currency),
    remittanceInformation: row.remittance_information,
    accountServicerReference: report.data?.accountServicerReference,
    bookedAt: row.booked_at ? instantFromMs(row.booked_at.getTime()) : undefined,
  };
}

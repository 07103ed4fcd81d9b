import type { ClientBase } from 'pg';
import { parseInstant } from '#core/dates.ts';
import { formatDecimal, parseMoney } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { TransferReport } from '#core/payments.ts';
import { newId } from '#secret/ids.ts';
import type { Payment } from './payments.ts';
import { NOTICE_IS_ABOUT_PAYMENT } from './payments.ts';

type Queryable = Pick<ClientBase, 'query'>;

/** A bank's word about a transfer, verified when it came in. */
export interface NewTransferNotice {
  readonly orgId: string;
  readonly connectionId: string;
  readonly endToEndId?: string | undefined;
  readonly bankReference?: string | undefined;
  readonly report: TransferReport;
}

/** Keeps notices and wakes the payments that they are about; one that is known is not kept twice. */
export async function saveTransferNotices(
  client: Queryable,
  notices: readonly NewTransferNotice[],
  now: Date,
): Promise<void> {
  if (notices.length === 0) return;
  await client.query(
    `INSERT INTO transfer_notice (org_id, notice_id, connection_id, end_to_end_id, bank_reference,
       report, received_at)
     SELECT *, $7::timestamptz
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
     ON CONFLICT DO NOTHING`,
    [
      notices.map(({ orgId }) => orgId),
      notices.map(() => newId('tnt')),
      notices.map(({ connectionId }) => connectionId),
      notices.map(({ endToEndId }) => endToEndId ?? null),
      notices.map(({ bankReference }) => bankReference ?? null),
      notices.map(({ report }) => JSON.stringify(reportToJson(report))),
      now,
    ],
  );
  await client.query(
    `UPDATE payment p SET next_at = least(p.next_at, $5), woken_at = $5
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
       AS n (org_id, connection_id, end_to_end_id, bank_reference)
     WHERE p.org_id = n.org_id AND p.connection_id = n.connection_id
       AND (p.end_to_end_id = n.end_to_end_id
         OR n.end_to_end_id IS NULL AND p.bank_reference = n.bank_reference)`,
    [
      notices.map(({ orgId }) => orgId),
      notices.map(({ connectionId }) => connectionId),
      notices.map(({ endToEndId }) => endToEndId ?? null),
      notices.map(({ bankReference }) => bankReference ?? null),
      now,
    ],
  );
}

/** The oldest notice about a payment that was not read yet. */
export async function findTransferNotice(
  client: Queryable,
  payment: Payment,
): Promise<{ readonly noticeId: string; readonly report: TransferReport } | undefined> {
  const { rows } = await client.query<{ notice_id: string; report: ReportJson }>(
    `SELECT n.notice_id, n.report
     FROM payment p JOIN transfer_notice n ON n.org_id = p.org_id
       AND n.connection_id = p.connection_id AND n.read_at IS NULL
     WHERE p.org_id = $1 AND p.payment_id = $2 AND ${NOTICE_IS_ABOUT_PAYMENT}
     ORDER BY n.notice_id LIMIT 1`,
    [payment.orgId, payment.paymentId],
  );
  const [row] = rows;
  return row && { noticeId: row.notice_id, report: reportFromJson(row.report) };
}

export async function markNoticeRead(
  client: Queryable,
  orgId: string,
  noticeId: string,
  now: Date,
): Promise<void> {
  await client.query(
    'UPDATE transfer_notice SET read_at = $3 WHERE org_id = $1 AND notice_id = $2',
    [orgId, noticeId, now],
  );
}

interface MoneyJson {
  readonly value: string;
  readonly currency: string;
}

type ReportJson = Omit<TransferReport, 'amount' | 'fee' | 'creditedAmount' | 'executedAt'> & {
  readonly amount?: MoneyJson;
  readonly fee?: MoneyJson;
  readonly creditedAmount?: MoneyJson;
  readonly executedAt?: string;
};

function toJson(amount: Money): MoneyJson {
  return { value: formatDecimal(amount), currency: amount.currency };
}

function fromJson({ value, currency }: MoneyJson): Money {
  return parseMoney(value, currency);
}

function reportToJson({
  amount,
  fee,
  creditedAmount,
  executedAt,
  ...rest
}: TransferReport): ReportJson {
  return {
    ...rest,
    ...(amount ? { amount: toJson(amount) } : {}),
    ...(fee ? { fee: toJson(fee) } : {}),
    ...(creditedAmount ? { creditedAmount: toJson(creditedAmount) } : {}),
    ...(executedAt ? { executedAt: executedAt.toString() } : {}),
  };
}

function reportFromJson({
  amount,
  fee,
  creditedAmount,
  executedAt,
  ...rest
}: ReportJson): TransferReport {
  return {
    ...rest,
    ...(amount ? { amount: fromJson(amount) } : {}),
    ...(fee ? { fee: fromJson(fee) } : {}),
    ...(creditedAmount ? { creditedAmount: fromJson(creditedAmount) } : {}),
    ...(executedAt === undefined ? {} : { executedAt: parseInstant(executedAt) }),
  };
}

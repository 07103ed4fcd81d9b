import type { ClientBase, Pool } from 'pg';
import type { Environment } from '#connectors/contract.ts';
import { instantFromMs, parsePlainDate } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { ErrorCode, ErrorDetails } from '#core/errors.ts';
import type {
  AccountId,
  AttemptId,
  BatchId,
  BeneficiaryId,
  ConnectionId,
  EntryId,
  OrgId,
  PaymentId,
  RecurrenceId,
} from '#core/ids.ts';
import { money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { AttemptState, Reason } from '#core/payment-happenings.ts';
import { foldAccount } from '#core/payments.ts';
import type {
  ChargeBearer,
  Creditor,
  PaymentPurpose,
  PaymentRail,
  PaymentState,
  TransferReport,
  TransferStatus,
} from '#core/payments.ts';

export type PaymentSource = 'dingtalkForm' | 'api' | 'cli' | 'file' | 'recurring';

/** One sending of a payment. */
export interface PaymentAttempt {
  readonly attemptId: AttemptId;
  readonly number: number;
  readonly state: AttemptState;
  readonly externalId: string | undefined;
  readonly intendedAt: Instant;
  readonly sentAt: Instant | undefined;
  readonly bankReference: string | undefined;
}

/** A payment as our database holds it, with its newest attempt. */
export interface Payment {
  readonly orgId: OrgId;
  readonly paymentId: PaymentId;
  readonly version: number;
  readonly endToEndId: string;
  readonly accountId: AccountId;
  readonly connectionId: ConnectionId;
  readonly environment: Environment;
  readonly beneficiaryId: BeneficiaryId | undefined;
  readonly beneficiaryVersion: number | undefined;
  readonly creditor: Creditor;
  readonly instructedAmount: Money;
  readonly purpose: PaymentPurpose;
  readonly remittanceInformation: string;
  readonly rail: PaymentRail;
  readonly chargeBearer: ChargeBearer;
  readonly requestedExecutionDate: PlainDate;
  readonly notBefore: Instant;
  readonly digest: string;
  readonly source: PaymentSource;
  readonly sourceKey: string;
  readonly maker: string;
  readonly approvalVia: 'dingtalk' | 'local';
  readonly processCode: string | undefined;
  readonly processInstanceId: string | undefined;
  readonly approvalsRequired: number;
  readonly batchId: BatchId | undefined;
  readonly batchItem: number | undefined;
  readonly recurrenceId: RecurrenceId | undefined;
  readonly state: PaymentState;
  readonly stateSince: Instant;
  readonly reason: Reason | undefined;
  readonly waived: readonly string[];
  readonly transferStatus: TransferStatus | undefined;
  readonly bankReference: string | undefined;
  readonly bankCode: string | undefined;
  readonly bankMessage: string | undefined;
  readonly fee: Money | undefined;
  readonly inquiries: number;
  readonly notFoundCount: number;
  readonly failures: number;
  readonly decisionSince: Instant | undefined;
  readonly firstSentAt: Instant | undefined;
  readonly authorisedAt: Instant | undefined;
  readonly settlementEntryId: EntryId | undefined;
  readonly returnEntryId: EntryId | undefined;
  readonly nextAt: Instant | undefined;
  readonly createdAt: Instant;
  /** Whether the bank said something by itself that was not read yet. */
  readonly hasNotice: boolean;
  readonly attempt: PaymentAttempt | undefined;
  /** An earlier sending was given up without proof of what became of it. */
  readonly isInDoubt: boolean;
  /** The newest sending of which a byte may have left. */
  readonly lastSent: { readonly externalId: string; readonly at: Instant } | undefined;
}

export interface PaymentRef {
  readonly orgId: OrgId;
  readonly paymentId: PaymentId;
}

type Queryable = Pick<ClientBase, 'query'>;

export interface PaymentRow {
  org_id: OrgId;
  payment_id: PaymentId;
  version: number;
  end_to_end_id: string;
  account_id: AccountId;
  connection_id: ConnectionId;
  environment: Environment;
  beneficiary_id: BeneficiaryId | null;
  beneficiary_version: number | null;
  creditor: Creditor;
  instructed_minor_units: string;
  currency: string;
  purpose: PaymentPurpose;
  remittance_information: string;
  rail: PaymentRail;
  charge_bearer: ChargeBearer;
  requested_execution_date: string;
  not_before: Date;
  digest: string;
  source: PaymentSource;
  source_key: string;
  maker: string;
  approval_via: 'dingtalk' | 'local';
  process_code: string | null;
  process_instance_id: string | null;
  approvals_required: number;
  batch_id: BatchId | null;
  batch_item: number | null;
  recurrence_id: RecurrenceId | null;
  state: PaymentState;
  state_since: Date;
  reason_code: ErrorCode | null;
  reason_details: ErrorDetails;
  waived: string[];
  transfer_status: TransferStatus | null;
  bank_reference: string | null;
  bank_code: string | null;
  bank_message: string | null;
  fee_minor_units: string | null;
  fee_currency: string | null;
  inquiries: number;
  not_found_count: number;
  failures: number;
  decision_since: Date | null;
  first_sent_at: Date | null;
  authorised_at: Date | null;
  settlement_entry_id: EntryId | null;
  return_entry_id: EntryId | null;
  next_at: Date | null;
  created_at: Date;
  has_notice: boolean;
  attempt_id: AttemptId | null;
  attempt_number: number | null;
  attempt_state: AttemptState | null;
  attempt_external_id: string | null;
  attempt_intended_at: Date | null;
  attempt_sent_at: Date | null;
  attempt_bank_reference: string | null;
  is_in_doubt: boolean;
  sent_external_id: string | null;
  last_sent_at: Date | null;
}

/**
 * Whether a bank's call `n` is about the payment `p`. Our reference decides; the bank's own is believed
 * only in a call without ours, and only while one payment alone has it: banks use theirs again.
 */
export const NOTICE_IS_ABOUT_PAYMENT = `(n.end_to_end_id = p.end_to_end_id
  OR n.end_to_end_id IS NULL AND n.bank_reference = p.bank_reference AND NOT EXISTS (
    SELECT FROM payment o WHERE o.org_id = p.org_id AND o.connection_id = p.connection_id
      AND o.bank_reference = p.bank_reference AND o.payment_id <> p.payment_id))`;

/** Columns of a payment `p` with its newest attempt `a`; see `PAYMENT_FROM`. */
export const PAYMENT_COLUMNS = `p.org_id, p.payment_id, p.version, p.end_to_end_id, p.account_id,
  p.connection_id, p.environment, p.beneficiary_id, p.beneficiary_version, p.creditor,
  p.instructed_minor_units, p.currency, p.purpose, p.remittance_information, p.rail,
  p.charge_bearer, p.requested_execution_date::text AS requested_execution_date, p.not_before,
  p.digest, p.source, p.source_key, p.maker, p.approval_via, p.process_code,
  p.process_instance_id, p.approvals_required, p.batch_id, p.batch_item, p.recurrence_id, p.state,
  p.state_since, p.reason_code, p.reason_details, p.waived, p.transfer_status, p.bank_reference,
  p.bank_code, p.bank_message, p.fee_minor_units, p.fee_currency, p.inquiries, p.not_found_count,
  p.failures, p.decision_since, p.first_sent_at, p.authorised_at, p.settlement_entry_id, p.return_entry_id,
  p.next_at, p.created_at, EXISTS (
    SELECT FROM transfer_notice n WHERE n.org_id = p.org_id
      AND n.connection_id = p.connection_id AND n.read_at IS NULL
      AND ${NOTICE_IS_ABOUT_PAYMENT}
  ) AS has_notice, a.attempt_id, a.number AS attempt_number, a.state AS attempt_state,
  a.external_id AS attempt_external_id, a.intended_at AS attempt_intended_at,
  a.sent_at AS attempt_sent_at, a.bank_reference AS attempt_bank_reference,
  coalesce(s.is_in_doubt, false) AS is_in_doubt, s.external_id AS sent_external_id,
  s.sent_at AS last_sent_at`;

export const PAYMENT_FROM = `payment p LEFT JOIN LATERAL (
    SELECT * FROM payment_attempt t
    WHERE t.org_id = p.org_id AND t.payment_id = p.payment_id ORDER BY t.number DESC LIMIT 1
  ) a ON true LEFT JOIN LATERAL (
    SELECT t.external_id, t.sent_at, bool_or(t.state = 'abandoned') OVER () AS is_in_doubt
    FROM payment_attempt t
    WHERE t.org_id = p.org_id AND t.payment_id = p.payment_id AND t.sent_at IS NOT NULL
    ORDER BY t.number DESC LIMIT 1
  ) s ON true`;

const at = (date: Date): Instant => instantFromMs(date.getTime());

export function toPayment(row: PaymentRow): Payment {
  return {
    orgId: row.org_id,
    paymentId: row.payment_id,
    version: row.version,
    endToEndId: row.end_to_end_id,
    accountId: row.account_id,
    connectionId: row.connection_id,
    environment: row.environment,
    beneficiaryId: row.beneficiary_id ?? undefined,
    beneficiaryVersion: row.beneficiary_version ?? undefined,
    creditor: row.creditor,
    instructedAmount: money(BigInt(row.instructed_minor_units), row.currency),
    purpose: row.purpose,
    remittanceInformation: row.remittance_information,
    rail: row.rail,
    chargeBearer: row.charge_bearer,
    requestedExecutionDate: parsePlainDate(row.requested_execution_date),
    notBefore: at(row.not_before),
    digest: row.digest,
    source: row.source,
    sourceKey: row.source_key,
    maker: row.maker,
    approvalVia: row.approval_via,
    processCode: row.process_code ?? undefined,
    processInstanceId: row.process_instance_id ?? undefined,
    approvalsRequired: row.approvals_required,
    batchId: row.batch_id ?? undefined,
    batchItem: row.batch_item ?? undefined,
    recurrenceId: row.recurrence_id ?? undefined,
    state: row.state,
    stateSince: at(row.state_since),
    reason: row.reason_code ? { code: row.reason_code, details: row.reason_details } : undefined,
    waived: row.waived,
    transferStatus: row.transfer_status ?? undefined,
    bankReference: row.bank_reference ?? undefined,
    bankCode: row.bank_code ?? undefined,
    bankMessage: row.bank_message ?? undefined,
    fee:
      row.fee_minor_units !== null && row.fee_currency !== null
        ? money(BigInt(row.fee_minor_units), row.fee_currency)
        : undefined,
    inquiries: row.inquiries,
    notFoundCount: row.not_found_count,
    failures: row.failures,
    decisionSince: row.decision_since ? at(row.decision_since) : undefined,
    firstSentAt: row.first_sent_at ? at(row.first_sent_at) : undefined,
    authorisedAt: row.authorised_at ? at(row.authorised_at) : undefined,
    settlementEntryId: row.settlement_entry_id ?? undefined,
    returnEntryId: row.return_entry_id ?? undefined,
    nextAt: row.next_at ? at(row.next_at) : undefined,
    createdAt: at(row.created_at),
    hasNotice: row.has_notice,
    attempt: toAttempt(row),
    isInDoubt: row.is_in_doubt,
    lastSent: row.last_sent_at
      ? { externalId: row.sent_external_id ?? '', at: at(row.last_sent_at) }
      : undefined,
  };
}

function toAttempt(row: PaymentRow): PaymentAttempt | undefined {
  const { attempt_id: attemptId, attempt_number: number, attempt_state: state } = row;
  if (attemptId === null || number === null || state === null || !row.attempt_intended_at) {
    return undefined;
  }
  return {
    attemptId,
    number,
    state,
    externalId: row.attempt_external_id ?? undefined,
    intendedAt: at(row.attempt_intended_at),
    sentAt: row.attempt_sent_at ? at(row.attempt_sent_at) : undefined,
    bankReference: row.attempt_bank_reference ?? undefined,
  };
}

/** What is asked for, ready to be stored. Its digest is computed by who stores it. */
export type NewPayment = Pick<
  Payment,
  | 'orgId'
  | 'paymentId'
  | 'endToEndId'
  | 'accountId'
  | 'connectionId'
  | 'environment'
  | 'beneficiaryId'
  | 'beneficiaryVersion'
  | 'creditor'
  | 'instructedAmount'
  | 'purpose'
  | 'remittanceInformation'
  | 'rail'
  | 'chargeBearer'
  | 'requestedExecutionDate'
  | 'notBefore'
  | 'digest'
  | 'source'
  | 'sourceKey'
  | 'maker'
  | 'approvalVia'
  | 'processCode'
  | 'processInstanceId'
  | 'approvalsRequired'
  | 'batchId'
  | 'batchItem'
  | 'recurrenceId'
> & { readonly state: 'draft' | 'awaitingApproval' };

/**
 * Writes a payment, unless the same intent made one before: then the first one is given back
 * (asks 2 and 9). The unique key holds whatever asks twice.
 */
export async function insertPayment(
  client: Queryable,
  payment: NewPayment,
  now: Date,
): Promise<{ readonly paymentId: PaymentId; readonly isNew: boolean }> {
  const { rowCount } = await client.query(
    `INSERT INTO payment (org_id, payment_id, end_to_end_id, account_id, connection_id, environment,
       beneficiary_id, beneficiary_version, creditor, folded_creditor_account,
       instructed_minor_units, currency, purpose, remittance_information, rail, charge_bearer,
       requested_execution_date, not_before, digest, source, source_key, maker, approval_via,
       process_code, process_instance_id, approvals_required, batch_id, batch_item, recurrence_id,
       state, state_since, next_at, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
             $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $31)
     ON CONFLICT (org_id, source, source_key) DO NOTHING`,
    [
      payment.orgId,
      payment.paymentId,
      payment.endToEndId,
      payment.accountId,
      payment.connectionId,
      payment.environment,
      payment.beneficiaryId ?? null,
      payment.beneficiaryVersion ?? null,
      JSON.stringify(payment.creditor),
      foldAccount(payment.creditor.account),
      payment.instructedAmount.amountMinorUnits.toString(),
      payment.instructedAmount.currency,
      payment.purpose,
      payment.remittanceInformation,
      payment.rail,
      payment.chargeBearer,
      payment.requestedExecutionDate.toString(),
      new Date(payment.notBefore.epochMilliseconds),
      payment.digest,
      payment.source,
      payment.sourceKey,
      payment.maker,
      payment.approvalVia,
      payment.processCode ?? null,
      payment.processInstanceId ?? null,
      payment.approvalsRequired,
      payment.batchId ?? null,
      payment.batchItem ?? null,
      payment.recurrenceId ?? null,
      payment.state,
      now,
      payment.state === 'awaitingApproval' ? now : null,
    ],
  );
  if (rowCount === 1) return { paymentId: payment.paymentId, isNew: true };
  const { rows } = await client.query<{ payment_id: PaymentId }>(
    'SELECT payment_id FROM payment WHERE org_id = $1 AND source = $2 AND source_key = $3',
    [payment.orgId, payment.source, payment.sourceKey],
  );
  const [row] = rows;
  if (!row) throw new CashbellError('payment.stateConflict', { id: payment.paymentId });
  return { paymentId: row.payment_id, isNew: false };
}

export async function findPayment(
  client: Queryable,
  { orgId, paymentId }: { readonly orgId: string; readonly paymentId: string },
): Promise<Payment | undefined> {
  const { rows } = await client.query<PaymentRow>({
    name: 'find-payment',
    text: `SELECT ${PAYMENT_COLUMNS} FROM ${PAYMENT_FROM} WHERE p.org_id = $1 AND p.payment_id = $2`,
    values: [orgId, paymentId],
  });
  const [row] = rows;
  return row && toPayment(row);
}

/**
 * Takes the payment's row for this transaction. Two statements: what a concurrent transaction wrote
 * to attempts while we waited for the row must be seen.
 */
export async function lockPayment(
  client: Queryable,
  ref: { readonly orgId: string; readonly paymentId: string },
): Promise<Payment> {
  const locked = client.query({
    name: 'lock-payment',
    text: 'SELECT FROM payment WHERE org_id = $1 AND payment_id = $2 FOR NO KEY UPDATE',
    values: [ref.orgId, ref.paymentId],
  });
  const found = findPayment(client, ref);
  const [, payment] = await Promise.all([locked, found]);
  if (!payment) throw new CashbellError('payment.notFound', { id: ref.paymentId });
  return payment;
}

/** Makes the story look at these payments now. Nothing else changes. */
export async function wakePayments(
  client: Queryable,
  orgId: string,
  paymentIds: readonly string[],
  now: Date,
): Promise<void> {
  if (paymentIds.length === 0) return;
  // In one order, so that two who wake the same payments never wait for each other in a circle.
  await client.query(
    `WITH locked AS (
       SELECT payment_id FROM payment WHERE org_id = $1 AND payment_id = ANY($2::text[])
       ORDER BY payment_id FOR NO KEY UPDATE
     )
     UPDATE payment p SET next_at = least(p.next_at, $3), woken_at = $3
     FROM locked l WHERE p.org_id = $1 AND p.payment_id = l.payment_id`,
    [orgId, paymentIds, now],
  );
}

/** What a development changes in the row; the attempt's row is another's. */
export interface PaymentChange {
  readonly state: PaymentState;
  readonly isTold: boolean;
  readonly reason?: Reason | undefined;
  readonly report?: TransferReport | undefined;
  readonly inquiries?: number | undefined;
  readonly notFoundCount?: number | undefined;
  readonly failures?: number | undefined;
  readonly decision?: 'begin' | 'end' | undefined;
  readonly nextAt?: Date | undefined;
  readonly isIntended: boolean;
}

/**
 * Writes a development. A wake-up since the worker took the payment wins over the next look that was
 * planned. A state without a reason of its own forgets the old one.
 */
export async function updatePayment(
  client: Queryable,
  payment: Payment,
  change: PaymentChange,
  { now }: { readonly now: Date },
): Promise<void> {
  const { report, reason } = change;
  const isMoved = change.state !== payment.state;
  await client.query({
    name: 'update-payment',
    text: `UPDATE payment SET version = version + $3, state = $4,
             state_since = CASE WHEN $5 THEN $20 ELSE state_since END,
             reason_code = CASE WHEN $5 OR $6::text IS NOT NULL THEN $6 ELSE reason_code END,
             reason_details = CASE WHEN $5 OR $6::text IS NOT NULL THEN $7::jsonb
                                   ELSE reason_details END,
             transfer_status = coalesce($8, transfer_status),
             bank_reference = coalesce($9, bank_reference),
             bank_code = coalesce($10, bank_code),
             bank_message = coalesce($11, bank_message),
             fee_minor_units = coalesce($12, fee_minor_units),
             fee_currency = coalesce($13, fee_currency),
             inquiries = coalesce($14, inquiries),
             not_found_count = coalesce($15, not_found_count),
             failures = coalesce($16, failures),
             decision_since = CASE $17 WHEN 'begin' THEN coalesce(decision_since, $20)
                                       WHEN 'end' THEN NULL ELSE decision_since END,
             next_at = CASE WHEN woken_at IS NOT NULL THEN $20 ELSE $18 END,
             first_sent_at = CASE WHEN $19 THEN coalesce(first_sent_at, $20)
                                  ELSE first_sent_at END,
             authorised_at = CASE WHEN $4 = 'authorised' THEN coalesce(authorised_at, $20)
                                  ELSE authorised_at END,
             confirmed_at = CASE WHEN $4 IN ('confirmed', 'settled') THEN coalesce(confirmed_at, $20)
                                 ELSE confirmed_at END
           WHERE org_id = $1 AND payment_id = $2`,
    values: [
      payment.orgId,
      payment.paymentId,
      change.isTold ? 1 : 0,
      change.state,
      isMoved,
      reason?.code ?? null,
      JSON.stringify(reason?.details ?? {}),
      report?.status ?? null,
      report?.bankReference ?? null,
      report?.bankCode ?? null,
      report?.bankMessage ?? null,
      report?.fee?.amountMinorUnits.toString() ?? null,
      report?.fee?.currency ?? null,
      change.inquiries ?? null,
      change.notFoundCount ?? null,
      change.failures ?? null,
      change.decision ?? null,
      change.nextAt ?? null,
      change.isIntended,
      now,
    ],
  });
}

/** One line of a payment's life, for people and for the audit. */
export interface PaymentStep {
  readonly happening: string;
  readonly state: PaymentState;
  readonly actor: string;
  readonly reason?: Reason | undefined;
}

export async function appendPaymentStep(
  client: Queryable,
  ref: PaymentRef,
  step: PaymentStep,
  now: Date,
): Promise<void> {
  await client.query({
    name: 'append-payment-step',
    text: `INSERT INTO payment_step (org_id, payment_id, number, at, happening, state, actor, code,
             details)
           SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8
           FROM payment_step WHERE org_id = $1 AND payment_id = $2`,
    values: [
      ref.orgId,
      ref.paymentId,
      now,
      step.happening,
      step.state,
      step.actor,
      step.reason?.code ?? null,
      JSON.stringify(step.reason?.details ?? {}),
    ],
  });
}

/**
 * Claims payments that are due, oldest first; a lease that has run out is taken over. Wake-ups before
 * it are obeyed by this very run and forgotten: what stands in `woken_at` afterwards came since, whatever
 * the clocks of the two processes say.
 */
export async function claimDuePayments(
  pool: Pool,
  claim: {
    readonly workerId: string;
    readonly now: Date;
    readonly leaseUntil: Date;
    readonly max: number;
    /** Banks whose payments are left where they are. */
    readonly busyConnectors?: readonly string[];
  },
): Promise<ClaimedPayment[]> {
  const { rows } = await pool.query<{ org_id: OrgId; payment_id: PaymentId; connector: string }>({
    name: 'claim-payments',
    text: `UPDATE payment p SET lease_owner = $1, lease_until = $3, woken_at = NULL
           FROM (SELECT q.org_id, q.payment_id, c.connector FROM payment q
                 JOIN connection c ON c.org_id = q.org_id AND c.connection_id = q.connection_id
                 WHERE q.next_at <= $2 AND (q.lease_until IS NULL OR q.lease_until < $2)
                   AND c.connector <> ALL($5::text[])
                 ORDER BY q.next_at LIMIT $4 FOR NO KEY UPDATE OF q SKIP LOCKED) due
           WHERE p.org_id = due.org_id AND p.payment_id = due.payment_id
           RETURNING p.org_id, p.payment_id, due.connector`,
    values: [claim.workerId, claim.now, claim.leaseUntil, claim.max, claim.busyConnectors ?? []],
  });
  return rows.map((row) => ({
    orgId: row.org_id,
    paymentId: row.payment_id,
    connector: row.connector,
  }));
}

export interface ClaimedPayment extends PaymentRef {
  readonly connector: string;
}

/** How far the database's clock is ahead of this machine's. */
export async function clockApartMs(pool: Pool): Promise<number> {
  const askedMs = Date.now();
  const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  const answeredMs = Date.now();
  return (rows[0]?.now.getTime() ?? answeredMs) - (askedMs + answeredMs) / 2;
}

/** Gives a payment back, so that a wake-up meanwhile is not kept waiting. */
export async function releasePayment(pool: Pool, ref: PaymentRef, workerId: string): Promise<void> {
  await pool.query({
    name: 'release-payment',
    text: `UPDATE payment SET lease_owner = NULL, lease_until = NULL
           WHERE org_id = $1 AND payment_id = $2 AND lease_owner = $3`,
    values: [ref.orgId, ref.paymentId, workerId],
  });
}

/** Holds a payment for longer than was planned, because its run takes its time. */
export async function extendLease(pool: Pool, ref: PaymentRef, until: Date): Promise<void> {
  await pool.query({
    name: 'extend-lease',
    text: `UPDATE payment SET lease_until = greatest(lease_until, $3)
           WHERE org_id = $1 AND payment_id = $2 AND lease_until IS NOT NULL`,
    values: [ref.orgId, ref.paymentId, until],
  });
}

/** Tries again later without any change, when something else than the bank was in the way. */
export async function postponePayment(pool: Pool, ref: PaymentRef, until: Date): Promise<void> {
  await pool.query(
    `UPDATE payment SET next_at = CASE WHEN woken_at IS NULL THEN $3 ELSE least(next_at, $3) END
     WHERE org_id = $1 AND payment_id = $2`,
    [ref.orgId, ref.paymentId, until],
  );
}

/** When the next payment is due, for the worker's sleep. */
export async function nextPaymentAt(
  pool: Pool,
  now: Date,
  busyConnectors: readonly string[] = [],
): Promise<Date | undefined> {
  const { rows } = await pool.query<{ next_at: Date | null }>({
    name: 'next-payment-at',
    text: `SELECT min(greatest(next_at, lease_until)) AS next_at FROM (
             SELECT q.next_at, q.lease_until FROM payment q
             JOIN connection c ON c.org_id = q.org_id AND c.connection_id = q.connection_id
             WHERE q.next_at IS NOT NULL AND q.next_at < $1::timestamptz + interval '1 minute'
               AND c.connector <> ALL($2::text[])
             ORDER BY q.next_at LIMIT 100) soon`,
    values: [now, busyConnectors],
  });
  return rows[0]?.next_at ?? undefined;
}

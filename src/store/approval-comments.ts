import type { ClientBase, Pool } from 'pg';
import { parseId } from '#core/ids.ts';
import type { OrgId } from '#core/ids.ts';
import { money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { Reason } from '#core/payment-happenings.ts';
import type { PaymentState } from '#core/payments.ts';
import type { ErrorCode, ErrorDetails } from '#core/errors.ts';

/** A remark to be written below an approval; each subject once. */
export interface NewComment {
  readonly orgId: string;
  readonly processInstanceId: string;
  /** `outcome`, `returned/<paymentId>`, `unreadable` …: what is said once. */
  readonly subject: string;
  readonly appId: string;
  /** In whose name it stands. */
  readonly userId: string;
  readonly text: string;
}

/** Notes a remark; whether it is new. It is written by the next round. */
export async function requestComment(
  client: Pick<ClientBase, 'query'>,
  comment: NewComment,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO approval_comment (org_id, process_instance_id, subject, app_id, user_id, text,
       created_at, next_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING`,
    [
      comment.orgId,
      comment.processInstanceId,
      comment.subject,
      comment.appId,
      comment.userId,
      comment.text,
      now,
    ],
  );
  return rowCount === 1;
}

/** Notes that nothing can be said about these subjects, so that nobody asks again. */
export async function skipComments(
  client: Pick<ClientBase, 'query'>,
  instance: { readonly orgId: string; readonly processInstanceId: string },
  subjects: readonly string[],
  code: string,
  now: Date,
): Promise<void> {
  await client.query(
    `INSERT INTO approval_comment (org_id, process_instance_id, subject, app_id, user_id, text, state,
       created_at, last_code)
     SELECT $1, $2, subject, '', '', '', 'refused', $4, $5 FROM unnest($3::text[]) AS subject
     ON CONFLICT DO NOTHING`,
    [instance.orgId, instance.processInstanceId, subjects, now, code],
  );
}

export interface ClaimedComment extends NewComment {
  readonly orgId: OrgId;
  /** Times that it was tried before. */
  readonly attempts: number;
  /** An earlier try had no answer, or its process died: it may stand there already. */
  readonly mayBeWritten: boolean;
}

/** Claims remarks that are due. */
export async function claimComments(
  pool: Pool,
  claim: { readonly now: Date; readonly leaseUntil: Date; readonly max: number },
): Promise<ClaimedComment[]> {
  const { rows } = await pool.query<{
    org_id: string;
    process_instance_id: string;
    subject: string;
    app_id: string;
    user_id: string;
    text: string;
    attempts: number;
    may_be_written: boolean;
  }>({
    name: 'claim-comments',
    text: `UPDATE approval_comment c SET state = 'sending', attempts = c.attempts + 1, next_at = $2
           FROM (SELECT org_id, process_instance_id, subject, state FROM approval_comment
                 WHERE next_at <= $1 ORDER BY next_at LIMIT $3
                 FOR NO KEY UPDATE SKIP LOCKED) due
           WHERE c.org_id = due.org_id AND c.process_instance_id = due.process_instance_id
             AND c.subject = due.subject
           RETURNING c.org_id, c.process_instance_id, c.subject, c.app_id, c.user_id, c.text,
                     c.attempts - 1 AS attempts, due.state = 'sending' AS may_be_written`,
    values: [claim.now, claim.leaseUntil, claim.max],
  });
  return rows.map((row) => ({
    orgId: parseId('org', row.org_id),
    processInstanceId: row.process_instance_id,
    subject: row.subject,
    appId: row.app_id,
    userId: row.user_id,
    text: row.text,
    attempts: row.attempts,
    mayBeWritten: row.may_be_written,
  }));
}

/** `undone`: DingTalk certainly wrote nothing, so the next try need not look first. */
export type CommentEnd =
  | { readonly kind: 'written' }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'unknown' | 'undone'; readonly code: string; readonly nextAt: Date };

export async function finishComment(
  pool: Pool,
  comment: Pick<ClaimedComment, 'orgId' | 'processInstanceId' | 'subject'>,
  end: CommentEnd,
  now: Date,
): Promise<void> {
  const states = { written: 'written', refused: 'refused', unknown: 'sending', undone: 'waiting' };
  await pool.query(
    `UPDATE approval_comment SET state = $4, last_code = $5, next_at = $6, written_at = $7
     WHERE org_id = $1 AND process_instance_id = $2 AND subject = $3`,
    [
      comment.orgId,
      comment.processInstanceId,
      comment.subject,
      states[end.kind],
      'code' in end ? end.code : null,
      'nextAt' in end ? end.nextAt : null,
      end.kind === 'written' ? now : null,
    ],
  );
}

/** A payment that came to an end, for the remark below its approval. */
export interface EndedPayment {
  readonly paymentId: string;
  readonly state: PaymentState;
  readonly endToEndId: string;
  readonly instructedAmount: Money;
  readonly creditorName: string;
  readonly bankReference: string | undefined;
  readonly reason: Reason | undefined;
}

/** An approval of which a payment ended lately. */
export interface EndedInstance {
  readonly orgId: OrgId;
  readonly processCode: string;
  readonly processInstanceId: string;
  /** `per_…` or `dingtalk:<userId>`. */
  readonly maker: string;
  readonly payments: readonly EndedPayment[];
}

/** States in which nothing more is expected of a payment. */
export const closedStates: ReadonlySet<PaymentState> = new Set([
  'confirmed',
  'settled',
  'rejected',
  'returned',
  'voided',
  'expired',
  'declined',
  'cancelled',
]);

/** Approvals with an end since the given moment about which nothing was said yet. */
export async function listEndedInstances(
  pool: Pool,
  since: Date,
  max: number,
): Promise<EndedInstance[]> {
  const { rows } = await pool.query<{
    org_id: string;
    process_code: string;
    process_instance_id: string;
  }>(
    `SELECT DISTINCT p.org_id, p.process_code, p.process_instance_id FROM payment p
     WHERE p.approval_via = 'dingtalk' AND p.process_instance_id IS NOT NULL
       AND p.state IN ('confirmed', 'settled', 'rejected', 'returned', 'voided', 'expired',
                       'cancelled')
       -- Whoever took the approval itself back knows.
       AND p.reason_code IS DISTINCT FROM 'payment.approvalWithdrawn'
       AND p.state_since >= $1
       -- What comes back is said at once, everything else when all payments have ended.
       AND (p.state = 'returned' OR NOT EXISTS (
         SELECT FROM payment q WHERE q.org_id = p.org_id
           AND q.process_instance_id = p.process_instance_id
           AND q.state NOT IN ('confirmed', 'settled', 'rejected', 'returned', 'voided', 'expired',
                               'declined', 'cancelled')))
       AND NOT EXISTS (
         SELECT FROM approval_comment c WHERE c.org_id = p.org_id
           AND c.process_instance_id = p.process_instance_id
           AND c.subject = CASE WHEN p.state = 'returned' THEN 'returned/' || p.payment_id
                                ELSE 'outcome' END)
     LIMIT $2`,
    [since, max],
  );
  const found = rows.map(async (row): Promise<EndedInstance> => {
    const payments = await loadPayments(pool, row.org_id, row.process_instance_id);
    return {
      orgId: parseId('org', row.org_id),
      processCode: row.process_code,
      processInstanceId: row.process_instance_id,
      maker: payments[0]?.maker ?? '',
      payments,
    };
  });
  return Promise.all(found);
}

async function loadPayments(
  pool: Pool,
  orgId: string,
  processInstanceId: string,
): Promise<(EndedPayment & { readonly maker: string })[]> {
  const { rows } = await pool.query<{
    payment_id: string;
    state: PaymentState;
    end_to_end_id: string;
    instructed_minor_units: string;
    currency: string;
    creditor_name: string;
    bank_reference: string | null;
    reason_code: ErrorCode | null;
    reason_details: ErrorDetails;
    maker: string;
  }>(
    `SELECT payment_id, state, end_to_end_id, instructed_minor_units, currency,
            creditor ->> 'name' AS creditor_name, bank_reference, reason_code, reason_details, maker
     FROM payment WHERE org_id = $1 AND process_instance_id = $2
     -- Rows stand at the end of the key, from 1.
     ORDER BY length(source_key), source_key, payment_id`,
    [orgId, processInstanceId],
  );
  return rows.map((row) => ({
    paymentId: row.payment_id,
    state: row.state,
    endToEndId: row.end_to_end_id,
    instructedAmount: money(BigInt(row.instructed_minor_units), row.currency),
    creditorName: row.creditor_name,
    bankReference: row.bank_reference ?? undefined,
    reason: row.reason_code ? { code: row.reason_code, details: row.reason_details } : undefined,
    maker: row.maker,
  }));
}

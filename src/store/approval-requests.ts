import type { ClientBase } from 'pg';
import type { PaymentId } from '#core/ids.ts';
import type { PaymentState } from '#core/payments.ts';

type Queryable = Pick<ClientBase, 'query'>;

/** An approval that we start for a payment, as far as it came. */
export interface ApprovalRequest {
  readonly orgId: string;
  readonly paymentId: string;
  readonly appId: string;
  readonly processCode: string;
  readonly originatorUserId: string;
  readonly reference: string;
  readonly attempts: number;
  /** Present: DingTalk may have started it. */
  readonly askedAt: Date | undefined;
  readonly firstAskedAt: Date | undefined;
  readonly processInstanceId: string | undefined;
}

interface RequestRow {
  org_id: string;
  payment_id: string;
  app_id: string;
  process_code: string;
  originator_user_id: string;
  reference: string;
  attempts: number;
  asked_at: Date | null;
  first_asked_at: Date | null;
  process_instance_id: string | null;
}

const COLUMNS = `org_id, payment_id, app_id, process_code, originator_user_id, reference, attempts,
  asked_at, first_asked_at, process_instance_id`;

function toRequest(row: RequestRow): ApprovalRequest {
  return {
    orgId: row.org_id,
    paymentId: row.payment_id,
    appId: row.app_id,
    processCode: row.process_code,
    originatorUserId: row.originator_user_id,
    reference: row.reference,
    attempts: row.attempts,
    askedAt: row.asked_at ?? undefined,
    firstAskedAt: row.first_asked_at ?? undefined,
    processInstanceId: row.process_instance_id ?? undefined,
  };
}

/** Writes the intent down, once per payment, and gives back what stands there. */
export async function intendApproval(
  client: Queryable,
  intent: Pick<
    ApprovalRequest,
    'orgId' | 'paymentId' | 'appId' | 'processCode' | 'originatorUserId' | 'reference'
  >,
  now: Date,
): Promise<ApprovalRequest | undefined> {
  await client.query(
    `INSERT INTO approval_request (org_id, payment_id, app_id, process_code, originator_user_id,
       reference, intended_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (org_id, payment_id) DO NOTHING`,
    [
      intent.orgId,
      intent.paymentId,
      intent.appId,
      intent.processCode,
      intent.originatorUserId,
      intent.reference,
      now,
    ],
  );
  const { rows } = await client.query<RequestRow>(
    `SELECT ${COLUMNS} FROM approval_request WHERE org_id = $1 AND payment_id = $2`,
    [intent.orgId, intent.paymentId],
  );
  const [row] = rows;
  return row && toRequest(row);
}

/**
 * Takes the permission to ask DingTalk: only whoever changes `asked_at` from what they saw may send.
 * Everything before the call is on disk then.
 */
export async function takeApprovalStart(
  client: Queryable,
  request: ApprovalRequest,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE approval_request SET asked_at = $4, first_asked_at = coalesce(first_asked_at, $4),
       attempts = attempts + 1
     WHERE org_id = $1 AND payment_id = $2 AND process_instance_id IS NULL
       AND attempts = $3`,
    [request.orgId, request.paymentId, request.attempts, now],
  );
  return rowCount === 1;
}

/** DingTalk certainly started nothing this time. Whether an earlier call did stays open. */
export async function undoApprovalStart(
  client: Queryable,
  request: ApprovalRequest,
  code: string,
): Promise<void> {
  await client.query(
    `UPDATE approval_request SET asked_at = $3, first_asked_at = $4, last_code = $5
     WHERE org_id = $1 AND payment_id = $2 AND process_instance_id IS NULL`,
    [request.orgId, request.paymentId, request.askedAt ?? null, request.firstAskedAt ?? null, code],
  );
}

/**
 * Binds an approval to the payment that asked for it, in both rows; false when another one is bound
 * already. The first one found wins, so that a doubled start pays once.
 */
export async function bindApproval(
  client: Queryable,
  {
    orgId,
    paymentId,
    processInstanceId,
  }: { readonly orgId: string; readonly paymentId: string; readonly processInstanceId: string },
  now: Date,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `WITH bound AS (
       UPDATE approval_request SET process_instance_id = $3, started_at = $4, last_code = NULL
       WHERE org_id = $1 AND payment_id = $2
         AND (process_instance_id IS NULL OR process_instance_id = $3)
       RETURNING org_id, payment_id)
     UPDATE payment p SET process_instance_id = $3 FROM bound b
     WHERE p.org_id = b.org_id AND p.payment_id = b.payment_id
       AND (p.process_instance_id IS NULL OR p.process_instance_id = $3)`,
    [orgId, paymentId, processInstanceId, now],
  );
  return rowCount === 1;
}

/** The request that put this reference into a form. */
export async function findRequestByReference(
  client: Queryable,
  orgId: string,
  reference: string,
): Promise<ApprovalRequest | undefined> {
  const { rows } = await client.query<RequestRow>(
    `SELECT ${COLUMNS} FROM approval_request WHERE org_id = $1 AND reference = $2`,
    [orgId, reference],
  );
  const [row] = rows;
  return row && toRequest(row);
}

/** An approval that we started and that nobody needs any more. */
export interface NeedlessApproval {
  readonly orgId: string;
  readonly paymentId: string;
  readonly appId: string;
  readonly processInstanceId: string;
}

/** Approvals of ours whose payments were cancelled or ran out before people had decided. */
export async function listNeedlessApprovals(
  client: Queryable,
  since: Date,
  max: number,
): Promise<NeedlessApproval[]> {
  const { rows } = await client.query<{
    org_id: string;
    payment_id: string;
    app_id: string;
    process_instance_id: string;
  }>(
    `SELECT r.org_id, r.payment_id, r.app_id, r.process_instance_id
     FROM payment p JOIN approval_request r USING (org_id, payment_id)
     WHERE p.approval_via = 'dingtalk' AND p.process_instance_id IS NOT NULL
       AND p.state IN ('cancelled', 'expired') AND p.state_since >= $1
       AND p.reason_code IS DISTINCT FROM 'payment.approvalWithdrawn'
       AND p.authorised_at IS NULL
       AND r.process_instance_id = p.process_instance_id AND r.withdrawn_at IS NULL
     LIMIT $2`,
    [since, max],
  );
  return rows.map((row) => ({
    orgId: row.org_id,
    paymentId: row.payment_id,
    appId: row.app_id,
    processInstanceId: row.process_instance_id,
  }));
}

/** Notes that an approval was taken back, or that it cannot be. */
export async function noteWithdrawn(
  client: Queryable,
  { orgId, paymentId }: Pick<NeedlessApproval, 'orgId' | 'paymentId'>,
  now: Date,
  code?: string,
): Promise<void> {
  await client.query(
    `UPDATE approval_request SET withdrawn_at = $3, last_code = $4
     WHERE org_id = $1 AND payment_id = $2`,
    [orgId, paymentId, now, code ?? null],
  );
}

/** A payment that an approval is about. */
export interface InstancePayment {
  readonly paymentId: PaymentId;
  readonly state: PaymentState;
  readonly sourceKey: string;
}

/** Payments of an approval, in the order of its rows. */
export async function findPaymentsOfInstance(
  client: Queryable,
  orgId: string,
  processInstanceId: string,
): Promise<InstancePayment[]> {
  const { rows } = await client.query<{
    payment_id: PaymentId;
    state: PaymentState;
    source_key: string;
  }>({
    name: 'payments-of-instance',
    text: `SELECT payment_id, state, source_key FROM payment
           WHERE org_id = $1 AND process_instance_id = $2 ORDER BY payment_id`,
    values: [orgId, processInstanceId],
  });
  return rows.map((row) => ({
    paymentId: row.payment_id,
    state: row.state,
    sourceKey: row.source_key,
  }));
}

/** An approval that people have not decided yet, as far as we know. */
export interface AwaitingInstance {
  readonly processInstanceId: string;
  readonly paymentIds: readonly string[];
  readonly since: Date;
}

/** Approvals through a form whose payments still wait for them, oldest first. */
export async function listAwaitingInstances(
  client: Queryable,
  orgId: string,
  processCode: string,
): Promise<AwaitingInstance[]> {
  const { rows } = await client.query<{
    process_instance_id: string;
    payment_ids: string[];
    since: Date;
  }>(
    `SELECT process_instance_id, array_agg(payment_id) AS payment_ids, min(created_at) AS since
     FROM payment
     WHERE org_id = $1 AND state = 'awaitingApproval' AND approval_via = 'dingtalk'
       AND process_code = $2 AND process_instance_id IS NOT NULL
     GROUP BY process_instance_id ORDER BY min(created_at)`,
    [orgId, processCode],
  );
  return rows.map((row) => ({
    processInstanceId: row.process_instance_id,
    paymentIds: row.payment_ids,
    since: row.since,
  }));
}

/** Which of these ids nobody has looked at yet: no payment, no event that said what it is. */
export async function unknownInstances(
  client: Queryable,
  orgId: string,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM unnest($2::text[]) AS id
     WHERE NOT EXISTS (SELECT FROM payment p WHERE p.org_id = $1 AND p.process_instance_id = id)
       AND NOT EXISTS (SELECT FROM dingtalk_event e WHERE e.org_id = $1
                         AND e.event_key = 'instance:' || id)`,
    [orgId, ids],
  );
  return rows.map(({ id }) => id);
}

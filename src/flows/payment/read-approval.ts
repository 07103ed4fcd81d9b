import type { ClientBase } from 'pg';
import type { ApprovalReading } from '#core/payments.ts';
import type { Payment } from '#store/payments.ts';

/** Reads approvals where they are given. */
export interface ApprovalReaders {
  readonly local: (payment: Payment) => Promise<ApprovalReading>;
  readonly dingtalk: (payment: Payment) => Promise<ApprovalReading>;
}

/** One reader for both ways in which a payment can be approved. */
export function createApprovalReader(
  readers: ApprovalReaders,
): (payment: Payment) => Promise<ApprovalReading> {
  return (payment) => readers[payment.approvalVia](payment);
}

/** How people of ours decided, by the rows of `approval`; one no is a no. */
export async function readLocalApproval(
  client: Pick<ClientBase, 'query'>,
  payment: Payment,
): Promise<ApprovalReading> {
  const { rows } = await client.query<{
    person: string;
    decision: 'agreed' | 'declined';
    digest: string;
    remark: string | null;
  }>({
    name: 'read-local-approval',
    text: `SELECT person, decision, digest, remark FROM approval
           WHERE org_id = $1 AND payment_id = $2 AND via = 'local' ORDER BY decided_at`,
    values: [payment.orgId, payment.paymentId],
  });
  const no = rows.find(({ decision }) => decision === 'declined');
  if (no) return { kind: 'declined', by: no.person, ...(no.remark ? { remark: no.remark } : {}) };
  const approvers = rows
    .filter(({ digest, person }) => digest === payment.digest && person !== payment.maker)
    .map(({ person }) => person);
  if (approvers.length < payment.approvalsRequired) return { kind: 'running' };
  return { kind: 'agreed', digest: payment.digest, originator: payment.maker, approvers };
}

import type { PoolClient } from 'pg';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { ApprovalReading } from '#core/payments.ts';
import { newId } from '#secret/ids.ts';
import { appendAudit } from './audit.ts';
import { requireSecondPerson } from './four-eyes.ts';
import type { Queryable } from './grants.ts';
import { mayDo, requireGrant } from './grants.ts';
import type { AdminServices } from './orgs.ts';
import { invalidField, toInstant } from './orgs.ts';
import type { Payment } from './payments.ts';
import { appendPaymentStep, lockPayment, wakePayments } from './payments.ts';
import type { PersonActor } from './persons.ts';
import { othersThan } from './persons.ts';
import { inTransaction } from './transaction.ts';

/** What somebody said of a payment. */
export interface Approval {
  readonly approvalId: string;
  readonly person: string;
  readonly decision: 'agreed' | 'declined';
  readonly via: 'dingtalk' | 'local';
  readonly digest: string;
  readonly remark: string | undefined;
  readonly decidedAt: Instant;
}

interface ApprovalRow {
  approval_id: string;
  person: string;
  decision: 'agreed' | 'declined';
  via: 'dingtalk' | 'local';
  digest: string;
  remark: string | null;
  decided_at: Date;
}

const COLUMNS = 'approval_id, person, decision, via, digest, remark, decided_at';

function toApproval(row: ApprovalRow): Approval {
  return {
    approvalId: row.approval_id,
    person: row.person,
    decision: row.decision,
    via: row.via,
    digest: row.digest,
    remark: row.remark ?? undefined,
    decidedAt: toInstant(row.decided_at),
  };
}

/** Everything that was said of a payment, oldest first. */
export async function listApprovals(
  client: Queryable,
  { orgId, paymentId }: { readonly orgId: string; readonly paymentId: string },
): Promise<Approval[]> {
  const { rows } = await client.query<ApprovalRow>(
    `SELECT ${COLUMNS} FROM approval WHERE org_id = $1 AND payment_id = $2
     ORDER BY decided_at, approval_id`,
    [orgId, paymentId],
  );
  return rows.map(toApproval);
}

/** What a person says, and to what exactly. */
export interface ApprovalInput {
  readonly paymentId: string;
  /** Digest of what was on the person's screen; another one means that they saw something else. */
  readonly digest: string;
  readonly remark?: string | undefined;
}

/**
 * Agrees to a payment as a person who is entitled for its account and amount, and who is not behind
 * its making. Saying it twice changes nothing.
 */
export async function approvePayment(
  services: AdminServices,
  by: PersonActor,
  input: ApprovalInput,
): Promise<Approval> {
  return decide(services, by, { ...input, decision: 'agreed' });
}

/** Says no; one no of somebody entitled ends the request. */
export async function declinePayment(
  services: AdminServices,
  by: PersonActor,
  input: ApprovalInput,
): Promise<Approval> {
  return decide(services, by, { ...input, decision: 'declined' });
}

async function decide(
  services: AdminServices,
  by: PersonActor,
  input: Decision,
): Promise<Approval> {
  return inTransaction(services.pool, (client) => decideWithin(client, by, input, services.now()));
}

/** What a person says, yes or no. */
export interface Decision extends ApprovalInput {
  readonly decision: Approval['decision'];
}

/** The same in the caller's transaction, where somebody decides about several payments at once. */
export async function decideWithin(
  client: PoolClient,
  by: PersonActor,
  input: Decision,
  now: Instant,
): Promise<Approval> {
  const remark = parseRemark(input.remark);
  // The payment's row first, then the audit's: the order that the story of the payment keeps.
  const payment = await lockPayment(client, { ...by, paymentId: input.paymentId });
  await requireEntitled(client, by, payment, now);
  const said = await findOwn(client, by, payment);
  if (said) return repeated(said, input);
  refuseUnfit(payment, input.digest);
  const approval = await insertApproval(client, by, payment, { ...input, remark, now });
  await appendPaymentStep(
    client,
    payment,
    { happening: input.decision, state: payment.state, actor: by.personId },
    new Date(now.epochMilliseconds),
  );
  await appendAudit(client, {
    orgId: by.orgId,
    actor: by.personId,
    action: input.decision === 'agreed' ? 'payment.approved' : 'payment.declined',
    subject: payment.paymentId,
    after: { digest: payment.digest, remark, maker: payment.maker },
  });
  await wakePayments(client, by.orgId, [payment.paymentId], new Date(now.epochMilliseconds));
  return approval;
}

async function requireEntitled(
  client: PoolClient,
  by: PersonActor,
  payment: Payment,
  at: Instant,
): Promise<void> {
  const { accountId, instructedAmount: amount, maker } = payment;
  await requireGrant(client, { ...by, action: 'payment.approve', accountId, amount, at });
  await requireSecondPerson(client, by, [maker], 'payment.selfApproval');
}

async function findOwn(
  client: PoolClient,
  by: PersonActor,
  payment: Payment,
): Promise<Approval | undefined> {
  const approvals = await listApprovals(client, payment);
  return approvals.find(({ person }) => person === by.personId);
}

/** A button pressed twice is one word; another word after the first is none. */
function repeated(said: Approval, input: ApprovalInput & { decision: string }): Approval {
  if (said.decision === input.decision && said.digest === input.digest) return said;
  throw new CashbellError('payment.stateConflict', {
    field: 'paymentId',
    problem: `you have ${said.decision} already`,
  });
}

function refuseUnfit(payment: Payment, digest: string): void {
  if (payment.approvalVia !== 'local') {
    throw new CashbellError('payment.stateConflict', {
      field: 'paymentId',
      problem: 'it is approved in DingTalk, where it was asked for',
    });
  }
  if (payment.state !== 'awaitingApproval') {
    throw new CashbellError('payment.stateConflict', {
      field: 'paymentId',
      problem: `it waits for no approval: ${payment.state}`,
    });
  }
  if (payment.digest !== digest) {
    throw new CashbellError('payment.contentChanged', {
      field: 'other',
      problem: 'digest is not that of this payment; load it again and look at it',
    });
  }
}

async function insertApproval(
  client: PoolClient,
  by: PersonActor,
  payment: Payment,
  said: {
    readonly decision: Approval['decision'];
    readonly remark: string | undefined;
    readonly now: Instant;
  },
): Promise<Approval> {
  const { rows } = await client.query<ApprovalRow>(
    `INSERT INTO approval (org_id, approval_id, payment_id, person, decision, via, digest, remark,
       decided_at)
     VALUES ($1, $2, $3, $4, $5, 'local', $6, $7, $8) RETURNING ${COLUMNS}`,
    [
      by.orgId,
      newId('apr'),
      payment.paymentId,
      by.personId,
      said.decision,
      payment.digest,
      said.remark ?? null,
      said.now.toString(),
    ],
  );
  const [row] = rows;
  if (!row) throw new Error('an approval was not written down');
  return toApproval(row);
}

/**
 * How people of ours decided, judged anew at every reading. Only the word of somebody who still holds
 * the right counts, who had it when it was given, who is not behind the request, and each human being
 * once. One no ends it.
 */
export async function readLocalApproval(
  client: Queryable,
  payment: Payment,
): Promise<ApprovalReading> {
  const approvals = (await listApprovals(client, payment)).filter(({ via }) => via === 'local');
  const no = approvals.find(({ decision }) => decision === 'declined');
  if (no) return { kind: 'declined', by: no.person, ...(no.remark ? { remark: no.remark } : {}) };
  const valid: string[] = [];
  for (const { person, digest, decidedAt } of approvals) {
    const request = {
      orgId: payment.orgId,
      personId: person,
      action: 'payment.approve' as const,
      accountId: payment.accountId,
      amount: payment.instructedAmount,
      // A delegation that has ended since was good then; a right that was taken away is not.
      at: decidedAt,
    };
    if (digest === payment.digest && (await mayDo(client, request))) valid.push(person);
  }
  const approvers = await othersThan(client, payment.orgId, {
    makers: [payment.maker],
    checkers: valid,
  });
  if (approvers.length < payment.approvalsRequired) return { kind: 'running' };
  return { kind: 'agreed', digest: payment.digest, originator: payment.maker, approvers };
}

const REMARK_LENGTH_MAX = 400;

function parseRemark(text: string | undefined): string | undefined {
  const remark = text?.replace(/\s+/g, ' ').trim();
  if (remark === undefined || remark === '') return undefined;
  if (remark.length > REMARK_LENGTH_MAX) {
    throw invalidField('remark', `must be at most ${REMARK_LENGTH_MAX} characters`);
  }
  return remark;
}

import type { PoolClient } from 'pg';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { newId } from '#secret/ids.ts';
import { appendAudit } from './audit.ts';
import { oneOf } from './audited.ts';
import { requireSecondPerson } from './four-eyes.ts';
import type { Queryable } from './grants.ts';
import { requireGrant } from './grants.ts';
import type { AdminServices } from './orgs.ts';
import { invalidField, isUniqueViolation, toInstant } from './orgs.ts';
import { parseReason } from './payment-stops.ts';
import type { Payment } from './payments.ts';
import { appendPaymentStep, lockPayment } from './payments.ts';
import type { PersonActor } from './persons.ts';
import { inTransaction } from './transaction.ts';

/** What people may decide where the bank cannot tell, or where a check waits for them. */
export const decisionChoices = ['executed', 'notExecuted', 'sendAgain', 'waive'] as const;
export type DecisionChoice = (typeof decisionChoices)[number];

/** Checks that two people may let pass for one payment; no other check can be waived. */
export const waivableCodes = [
  'payment.duplicateSuspected',
  'payment.nameMismatch',
  'payment.cashShort',
] as const;
export type WaivableCode = (typeof waivableCodes)[number];

export type DecisionOutcome = 'confirmed' | 'refused' | 'overtaken';

export interface PaymentDecision {
  readonly decisionId: string;
  readonly paymentId: string;
  readonly choice: DecisionChoice;
  readonly waivedCode: WaivableCode | undefined;
  readonly reason: string;
  /** Bank's words and ours as they stood when it was proposed. */
  readonly evidence: unknown;
  readonly proposedBy: string;
  readonly proposedAt: Instant;
  readonly outcome: DecisionOutcome | undefined;
  readonly decidedBy: string | undefined;
  readonly decidedAt: Instant | undefined;
}

interface DecisionRow {
  decision_id: string;
  payment_id: string;
  choice: DecisionChoice;
  waived_code: string | null;
  reason: string;
  evidence: unknown;
  proposed_by: string;
  proposed_at: Date;
  outcome: DecisionOutcome | null;
  decided_by: string | null;
  decided_at: Date | null;
}

const COLUMNS = `decision_id, payment_id, choice, waived_code, reason, evidence, proposed_by,
  proposed_at, outcome, decided_by, decided_at`;

function toDecision(row: DecisionRow): PaymentDecision {
  return {
    decisionId: row.decision_id,
    paymentId: row.payment_id,
    choice: row.choice,
    waivedCode: waivableCodes.find((code) => code === row.waived_code),
    reason: row.reason,
    evidence: row.evidence,
    proposedBy: row.proposed_by,
    proposedAt: toInstant(row.proposed_at),
    outcome: row.outcome ?? undefined,
    decidedBy: row.decided_by ?? undefined,
    decidedAt: toInstant(row.decided_at),
  };
}

/** Decisions on a payment, oldest first; or all that wait, of an organisation. */
export async function listDecisions(
  client: Queryable,
  scope: { readonly orgId: string; readonly paymentId?: string | undefined },
): Promise<PaymentDecision[]> {
  const { rows } = await client.query<DecisionRow>(
    `SELECT ${COLUMNS} FROM payment_decision
     WHERE org_id = $1 AND CASE WHEN $2::text IS NULL THEN outcome IS NULL ELSE payment_id = $2 END
     ORDER BY decision_id LIMIT 500`,
    [scope.orgId, scope.paymentId ?? null],
  );
  return rows.map(toDecision);
}

/** Proposes what became of a payment, or to let a check pass. Nothing changes before a second yes. */
export async function proposeDecision(
  services: AdminServices,
  by: PersonActor,
  input: {
    readonly paymentId: string;
    readonly choice: DecisionChoice;
    readonly waivedCode?: string | undefined;
    /** What the person found out and where. */
    readonly reason: string;
  },
): Promise<PaymentDecision> {
  const now = services.now();
  const reason = parseReason(input.reason);
  return inTransaction(services.pool, async (client) => {
    const payment = await lockPayment(client, { ...by, paymentId: input.paymentId });
    await requireDecider(client, by, payment, now);
    const waivedCode = refuseUnfit(payment, input.choice, input.waivedCode);
    const decision = await insertDecision(client, by, {
      payment,
      choice: input.choice,
      waivedCode,
      reason,
      now,
    });
    await note(client, by, payment, { action: 'payment.decisionProposed', decision, now });
    return decision;
  });
}

/**
 * Says yes as the second person, in the transaction that then makes the payment follow. Neither who
 * proposed it nor who stands behind the payment can do that. When the payment has moved on, the
 * decision is overtaken: the bank's word is stronger than ours.
 */
export async function confirmDecision(
  client: PoolClient,
  by: PersonActor,
  { paymentId, decisionId }: { readonly paymentId: string; readonly decisionId: string },
  now: Instant,
): Promise<{ readonly decision: PaymentDecision; readonly payment: Payment }> {
  const payment = await lockPayment(client, { ...by, paymentId });
  await requireDecider(client, by, payment, now);
  const open = await requireOpen(client, by, paymentId, decisionId);
  await requireSecondPerson(client, by, [open.proposedBy, payment.maker]);
  if (!isFit(payment, open.choice, open.waivedCode)) {
    const decision = await close(client, by, { decisionId, outcome: 'overtaken', now });
    await note(client, by, payment, { action: 'payment.decisionOvertaken', decision, now });
    return { decision, payment };
  }
  const decision = await close(client, by, { decisionId, outcome: 'confirmed', now });
  if (open.waivedCode !== undefined) {
    await client.query(
      `UPDATE payment SET waived = array_append(waived, $3)
       WHERE org_id = $1 AND payment_id = $2 AND NOT waived @> ARRAY[$3]`,
      [by.orgId, paymentId, open.waivedCode],
    );
  }
  await note(client, by, payment, { action: 'payment.decided', decision, now });
  return { decision, payment };
}

/** Says no, or takes one's own proposal back. */
export async function refuseDecision(
  services: AdminServices,
  by: PersonActor,
  { paymentId, decisionId }: { readonly paymentId: string; readonly decisionId: string },
): Promise<PaymentDecision> {
  const now = services.now();
  return inTransaction(services.pool, async (client) => {
    const payment = await lockPayment(client, { ...by, paymentId });
    const open = await requireOpen(client, by, paymentId, decisionId);
    if (open.proposedBy !== by.personId) await requireDecider(client, by, payment, now);
    const decision = await close(client, by, { decisionId, outcome: 'refused', now });
    await note(client, by, payment, { action: 'payment.decisionRefused', decision, now });
    return decision;
  });
}

async function requireDecider(
  client: PoolClient,
  by: PersonActor,
  payment: Payment,
  at: Instant,
): Promise<void> {
  const { accountId, instructedAmount: amount } = payment;
  await requireGrant(client, { ...by, action: 'payment.decide', accountId, amount, at });
}

function refuseUnfit(
  payment: Payment,
  choice: DecisionChoice,
  waived: string | undefined,
): WaivableCode | undefined {
  const waivedCode = waivableCodes.find((code) => code === waived);
  if (choice === 'waive' && waivedCode === undefined) {
    throw invalidField('waivedCode', `must be one of ${waivableCodes.join(', ')}`);
  }
  if (choice !== 'waive' && waived !== undefined) {
    throw invalidField('waivedCode', 'must be left out: nothing is waived');
  }
  if (isFit(payment, choice, waivedCode)) return waivedCode;
  throw new CashbellError('payment.stateConflict', {
    field: 'choice',
    problem:
      choice === 'waive'
        ? `${waivedCode ?? ''} does not hold the payment back now`
        : `the payment is ${payment.state}; nobody needs to decide what became of it`,
  });
}

/** Whether the payment stands where this is a question at all. */
function isFit(
  payment: Payment,
  choice: DecisionChoice,
  waivedCode: WaivableCode | undefined,
): boolean {
  const { state, decisionSince } = payment;
  if (choice === 'waive') return state === 'blocked' && payment.reason?.code === waivedCode;
  if (decisionSince === undefined) return false;
  // What the bank has accepted is never sent again: only what nobody knows can be.
  return state === 'unknown' || (state === 'submitted' && choice !== 'sendAgain');
}

async function insertDecision(
  client: PoolClient,
  by: PersonActor,
  proposal: {
    readonly payment: Payment;
    readonly choice: DecisionChoice;
    readonly waivedCode: WaivableCode | undefined;
    readonly reason: string;
    readonly now: Instant;
  },
): Promise<PaymentDecision> {
  const { payment } = proposal;
  try {
    const { rows } = await client.query<DecisionRow>(
      `INSERT INTO payment_decision (org_id, decision_id, payment_id, choice, waived_code, reason,
         evidence, proposed_by, proposed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING ${COLUMNS}`,
      [
        by.orgId,
        newId('dec'),
        payment.paymentId,
        proposal.choice,
        proposal.waivedCode ?? null,
        proposal.reason,
        JSON.stringify(evidenceOf(payment)),
        by.personId,
        proposal.now.toString(),
      ],
    );
    return toDecision(oneOf(rows, 'decision', payment.paymentId));
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw new CashbellError(
      'api.conflict',
      { field: 'paymentId', problem: 'a decision on it waits already; confirm or refuse that one' },
      { cause },
    );
  }
}

/** What the people had before them. */
function evidenceOf(payment: Payment): unknown {
  const { attempt } = payment;
  return {
    state: payment.state,
    reason: payment.reason,
    transferStatus: payment.transferStatus,
    bankReference: payment.bankReference,
    bankCode: payment.bankCode,
    bankMessage: payment.bankMessage,
    inquiries: payment.inquiries,
    notFoundCount: payment.notFoundCount,
    attempt: attempt && {
      number: attempt.number,
      state: attempt.state,
      sentAt: attempt.sentAt?.toString(),
      bankReference: attempt.bankReference,
    },
  };
}

async function requireOpen(
  client: PoolClient,
  by: PersonActor,
  paymentId: string,
  decisionId: string,
): Promise<PaymentDecision> {
  const { rows } = await client.query<DecisionRow>(
    `SELECT ${COLUMNS} FROM payment_decision
     WHERE org_id = $1 AND decision_id = $2 AND payment_id = $3 FOR UPDATE`,
    [by.orgId, decisionId, paymentId],
  );
  const decision = toDecision(oneOf(rows, 'decision', decisionId));
  if (decision.outcome === undefined) return decision;
  throw new CashbellError('api.conflict', {
    field: 'decisionId',
    problem: `it was closed already: ${decision.outcome}`,
  });
}

async function close(
  client: PoolClient,
  by: PersonActor,
  closing: {
    readonly decisionId: string;
    readonly outcome: DecisionOutcome;
    readonly now: Instant;
  },
): Promise<PaymentDecision> {
  const { rows } = await client.query<DecisionRow>(
    `UPDATE payment_decision SET outcome = $3, decided_by = $4, decided_at = $5
     WHERE org_id = $1 AND decision_id = $2 RETURNING ${COLUMNS}`,
    [by.orgId, closing.decisionId, closing.outcome, by.personId, closing.now.toString()],
  );
  return toDecision(oneOf(rows, 'decision', closing.decisionId));
}

/** Into the diary of the payment and into the audit. */
async function note(
  client: PoolClient,
  by: PersonActor,
  payment: Payment,
  noted: {
    readonly action: string;
    readonly decision: PaymentDecision;
    readonly now: Instant;
  },
): Promise<void> {
  const { action, decision, now } = noted;
  await appendPaymentStep(
    client,
    payment,
    { happening: action.replace('payment.', ''), state: payment.state, actor: by.personId },
    new Date(now.epochMilliseconds),
  );
  const { choice, waivedCode, reason, evidence, proposedBy, outcome } = decision;
  await appendAudit(client, {
    orgId: by.orgId,
    actor: by.personId,
    action,
    subject: payment.paymentId,
    after: { choice, waivedCode, reason, evidence, proposedBy, outcome },
  });
}

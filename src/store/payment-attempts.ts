import type { ClientBase, Pool } from 'pg';
import type { AttemptId } from '#core/ids.ts';
import type { AttemptState } from '#core/payment-happenings.ts';
import type { Payment, PaymentRef } from './payments.ts';

/**
 * Commits the intent of one sending. The foreign key makes the row repeat the payment's digest,
 * reference and amount; the partial unique index lets no second attempt be under way.
 */
export async function insertAttempt(
  client: Pick<ClientBase, 'query'>,
  payment: Payment,
  attempt: { readonly attemptId: AttemptId; readonly evidence: unknown },
  now: Date,
): Promise<void> {
  await client.query({
    name: 'insert-attempt',
    text: `INSERT INTO payment_attempt (org_id, attempt_id, payment_id, number, digest,
             end_to_end_id, amount_minor_units, currency, state, evidence, intended_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'intended', $9, $10)`,
    values: [
      payment.orgId,
      attempt.attemptId,
      payment.paymentId,
      (payment.attempt?.number ?? 0) + 1,
      payment.digest,
      payment.endToEndId,
      payment.instructedAmount.amountMinorUnits.toString(),
      payment.instructedAmount.currency,
      JSON.stringify(attempt.evidence),
      now,
    ],
  });
}

export type ClaimResult = 'claimed' | 'taken' | 'stopped' | 'old';

/** An intent older than this is checked anew instead of being sent. */
export const INTENT_FRESH_MS = 60_000;
/** So is a request that was signed longer ago: its clock no longer tells when it was sent. */
export const REQUEST_FRESH_MS = 30_000;

/**
 * Takes the permission to send, once: whoever sets `sent_at` may let bytes leave. It is committed
 * before the first of them. What became known since the checks holds here too: a stop, a changed
 * payee, other settings than those with which the request was made, a debit or a call of the bank.
 */
export async function claimAttempt(
  pool: Pool,
  place: PaymentRef & {
    readonly attemptId: AttemptId;
    readonly accountId: string;
    /** Of the settings that the request was made with. */
    readonly settingsVersion?: string;
  },
  externalId: string,
  sentAt: Date,
  now = sentAt,
): Promise<ClaimResult> {
  const { rows } = await pool.query<{ result: ClaimResult }>({
    name: 'claim-attempt',
    text: `WITH seen AS (
             SELECT t.state,
                    t.intended_at < $6::timestamptz OR $5::timestamptz < $8::timestamptz
                      OR o.settings_version <> coalesce($7::bigint, o.settings_version)
                      OR EXISTS (SELECT FROM beneficiary b WHERE b.org_id = p.org_id
                        AND b.beneficiary_id = p.beneficiary_id
                        AND (b.state <> 'active' OR b.version <> p.beneficiary_version))
                      OR p.settlement_entry_id IS NOT NULL OR p.return_entry_id IS NOT NULL
                      OR EXISTS (SELECT FROM transfer_notice n WHERE n.org_id = p.org_id
                        AND n.connection_id = p.connection_id AND n.read_at IS NULL
                        AND n.end_to_end_id = p.end_to_end_id) AS is_old,
                    EXISTS (SELECT FROM payment_stop s WHERE s.org_id = $1
                      AND s.released_at IS NULL
                      AND (s.account_id IS NULL OR s.account_id = $3)) AS is_stopped
             FROM payment_attempt t
             JOIN payment p ON p.org_id = t.org_id AND p.payment_id = t.payment_id
             JOIN org o ON o.org_id = t.org_id
             WHERE t.org_id = $1 AND t.attempt_id = $2
           ), claimed AS (
             UPDATE payment_attempt t SET state = 'sending', sent_at = $5, external_id = $4
             FROM seen WHERE t.org_id = $1 AND t.attempt_id = $2 AND t.state = 'intended'
               AND t.sent_at IS NULL AND NOT seen.is_old AND NOT seen.is_stopped
             RETURNING t.attempt_id
           )
           SELECT CASE WHEN EXISTS (SELECT FROM claimed) THEN 'claimed'
                       WHEN seen.state <> 'intended' THEN 'taken'
                       WHEN seen.is_stopped THEN 'stopped'
                       WHEN seen.is_old THEN 'old'
                       ELSE 'taken' END AS result
           FROM seen`,
    values: [
      place.orgId,
      place.attemptId,
      place.accountId,
      externalId,
      sentAt,
      new Date(now.getTime() - INTENT_FRESH_MS),
      place.settingsVersion ?? null,
      new Date(now.getTime() - REQUEST_FRESH_MS),
    ],
  });
  return rows[0]?.result ?? 'taken';
}

/** What became of the newest attempt. */
export async function updateAttempt(
  client: Pick<ClientBase, 'query'>,
  payment: Payment,
  change: {
    readonly state: AttemptState;
    readonly code?: string | undefined;
    readonly bankCode?: string | undefined;
    readonly bankReference?: string | undefined;
    readonly isAnswer: boolean;
  },
  now: Date,
): Promise<void> {
  if (!payment.attempt) return;
  await client.query({
    name: 'update-attempt',
    text: `UPDATE payment_attempt SET state = $3, code = coalesce($4, code),
             bank_code = coalesce($5, bank_code), bank_reference = coalesce($6, bank_reference),
             answered_at = CASE WHEN $7 THEN coalesce(answered_at, $8) ELSE answered_at END
           WHERE org_id = $1 AND attempt_id = $2`,
    values: [
      payment.orgId,
      payment.attempt.attemptId,
      change.state,
      change.code ?? null,
      change.bankCode ?? null,
      change.bankReference ?? null,
      change.isAnswer,
      now,
    ],
  });
}

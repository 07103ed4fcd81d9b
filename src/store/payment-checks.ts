import type { ClientBase } from 'pg';
import { instantFromMs } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';
import type { NameMatch } from '#core/payments.ts';
import { foldAccount } from '#core/payments.ts';
import type { Payment } from './payments.ts';

type Queryable = Pick<ClientBase, 'query'>;

/** Payments of one organisation pass the choke point one after the other. */
export async function lockExecution(client: Queryable, orgId: string): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 7421))', [orgId]);
}

/** A registered payee as it stands now, compared with what the payment pinned. */
export interface CheckedBeneficiary {
  readonly isActive: boolean;
  readonly version: number;
  readonly hasSameAccount: boolean;
  readonly usableFrom: Instant | undefined;
  readonly nameMatch: NameMatch;
  readonly nameAtBank: string | undefined;
  readonly isMismatchAccepted: boolean;
  /** The account that was paid before, when it has changed (ask 11). */
  readonly previousAccount: string | undefined;
}

export async function loadBeneficiary(
  client: Queryable,
  payment: Payment,
): Promise<CheckedBeneficiary | undefined> {
  if (payment.beneficiaryId === undefined) return undefined;
  const { rows } = await client.query<{
    state: string;
    version: number;
    folded_account: string;
    agent: string;
    scheme: string;
    country: string;
    usable_from: Date | null;
    name_match: NameMatch | null;
    name_at_bank: string | null;
    is_mismatch_accepted: boolean | null;
    previous_account: string | null;
  }>(
    `SELECT b.state, b.version, b.folded_account, b.agent, b.scheme, b.country, b.usable_from, b.name_match,
            b.name_at_bank, v.is_mismatch_accepted, (
              SELECT o.content->'creditor'->>'account' FROM beneficiary_version o
              WHERE o.org_id = b.org_id AND o.beneficiary_id = b.beneficiary_id
                AND o.decision = 'confirmed' AND o.version < b.version
                AND o.content->'creditor'->>'account' <> b.account
              ORDER BY o.version DESC LIMIT 1) AS previous_account
     FROM beneficiary b
     LEFT JOIN beneficiary_version v ON v.org_id = b.org_id
       AND v.beneficiary_id = b.beneficiary_id AND v.version = b.version
     WHERE b.org_id = $1 AND b.beneficiary_id = $2`,
    [payment.orgId, payment.beneficiaryId],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { creditor } = payment;
  return {
    isActive: row.state === 'active',
    version: row.version,
    // The same digits in another scheme or country are somebody else's.
    hasSameAccount:
      row.folded_account === foldAccount(creditor.account) &&
      foldAccount(row.agent) === foldAccount(creditor.agent ?? '') &&
      row.scheme === creditor.scheme &&
      row.country === creditor.country,
    usableFrom: row.usable_from ? instantFromMs(row.usable_from.getTime()) : undefined,
    nameMatch: row.name_match ?? 'unsupported',
    nameAtBank: row.name_at_bank ?? undefined,
    isMismatchAccepted: row.is_mismatch_accepted ?? false,
    previousAccount: row.previous_account ?? undefined,
  };
}

/**
 * Another payment that looks like this one: same payee or account, amount and reference, asked for or
 * sent within the window and not ended without money; one that was given up without proof may have
 * moved some. The reference is compared without spaces and case.
 */
export async function findDuplicate(
  client: Queryable,
  payment: Payment,
  since: Date,
): Promise<{ readonly paymentId: string; readonly createdAt: Instant } | undefined> {
  const { rows } = await client.query<{ payment_id: string; created_at: Date }>({
    name: 'find-duplicate-payment',
    text: `SELECT payment_id, created_at FROM payment p
           WHERE org_id = $1 AND (folded_creditor_account = $2 OR beneficiary_id = $9)
             AND instructed_minor_units = $3
             AND currency = $4 AND (created_at >= $5 OR first_sent_at >= $5)
             AND payment_id <> $6 AND first_sent_at IS NOT NULL
             AND (state IN ('submitting', 'submitted', 'unknown', 'confirmed', 'settled')
               OR state IN ('authorised', 'blocked') AND EXISTS (
                 SELECT FROM payment_attempt t WHERE t.org_id = p.org_id
                   AND t.payment_id = p.payment_id AND t.state = 'abandoned'))
             AND upper(regexp_replace(remittance_information, '\\s', '', 'g'))
               = upper(regexp_replace($7, '\\s', '', 'g'))
             -- The next occurrence of a recurring payment is meant to look like the last.
             AND (recurrence_id IS NULL OR recurrence_id IS DISTINCT FROM $8)
           ORDER BY created_at DESC LIMIT 1`,
    values: [
      payment.orgId,
      foldAccount(payment.creditor.account),
      payment.instructedAmount.amountMinorUnits.toString(),
      payment.instructedAmount.currency,
      since,
      payment.paymentId,
      payment.remittanceInformation,
      payment.recurrenceId ?? null,
      payment.beneficiaryId ?? null,
    ],
  });
  const [row] = rows;
  return row && { paymentId: row.payment_id, createdAt: instantFromMs(row.created_at.getTime()) };
}

/** The newest balance that money can be taken from, and what has left since without being seen. */
export interface CheckedCash {
  readonly availableMinorUnits: bigint;
  readonly outstandingMinorUnits: bigint;
  readonly asOf: Instant;
}

export async function loadCash(
  client: Queryable,
  payment: Pick<Payment, 'orgId' | 'paymentId' | 'accountId'>,
): Promise<CheckedCash | undefined> {
  const { rows } = await client.query<{
    amount_minor_units: string;
    as_of: Date;
    outstanding: string;
  }>({
    name: 'load-cash',
    text: `WITH newest AS (
             SELECT amount_minor_units, as_of FROM balance
             WHERE org_id = $1 AND account_id = $2
               AND type IN ('interimAvailable', 'closingAvailable', 'interimBooked',
                            'closingBooked')
             ORDER BY as_of DESC, array_position(ARRAY['interimAvailable', 'closingAvailable',
               'interimBooked', 'closingBooked'], type) LIMIT 1)
           SELECT n.amount_minor_units, n.as_of, (
             SELECT coalesce(sum(p.instructed_minor_units), 0) FROM payment p
             WHERE p.org_id = $1 AND p.account_id = $2 AND p.payment_id <> $3
               AND p.settlement_entry_id IS NULL
               -- A bank that accepted one before it stated the balance has taken it off already.
               AND (p.state IN ('submitting', 'unknown')
                 OR p.state IN ('submitted', 'confirmed') AND p.state_since >= n.as_of)
           ) AS outstanding
           FROM newest n`,
    values: [payment.orgId, payment.accountId, payment.paymentId],
  });
  const [row] = rows;
  return (
    row && {
      availableMinorUnits: BigInt(row.amount_minor_units),
      outstandingMinorUnits: BigInt(row.outstanding),
      asOf: instantFromMs(row.as_of.getTime()),
    }
  );
}

/** Names of the people of a payment, as far as they are known. */
export async function loadPeople(
  client: Queryable,
  payment: Pick<Payment, 'orgId' | 'paymentId' | 'maker' | 'reason'>,
): Promise<{
  readonly maker: string;
  readonly makerUserId: string | undefined;
  readonly decliner: string | undefined;
  readonly approvers: readonly string[];
}> {
  const decliner = payment.reason?.details['by'];
  const { rows } = await client.query<{
    maker: string | null;
    user_id: string | null;
    decliner: string | null;
    approvers: string[] | null;
  }>({
    name: 'load-payment-people',
    text: `WITH known AS (
             SELECT person_id AS key, name FROM person WHERE org_id = $1
             UNION SELECT 'dingtalk:' || dingtalk_user_id, name FROM person
             WHERE org_id = $1 AND dingtalk_user_id IS NOT NULL AND removed_at IS NULL)
           SELECT (SELECT name FROM known WHERE key = $3) AS maker,
                  (SELECT name FROM known WHERE key = $4) AS decliner,
                  CASE WHEN $3 LIKE 'dingtalk:%' THEN substr($3, 10) ELSE (
                    SELECT dingtalk_user_id FROM person
                    WHERE org_id = $1 AND person_id = $3 AND removed_at IS NULL) END AS user_id,
                  (SELECT array_agg(coalesce(k.name, a.person) ORDER BY a.decided_at)
                   FROM approval a LEFT JOIN known k ON k.key = a.person
                   WHERE a.org_id = $1 AND a.payment_id = $2 AND a.decision = 'agreed')
                  AS approvers`,
    values: [payment.orgId, payment.paymentId, payment.maker, decliner ?? null],
  });
  const [row] = rows;
  return {
    maker: row?.maker ?? payment.maker,
    makerUserId: row?.user_id ?? undefined,
    decliner: row?.decliner ?? undefined,
    approvers: row?.approvers ?? [],
  };
}

/** Copies who agreed at DingTalk, so that the evidence outlives the instance there. */
export async function saveDingtalkApprovals(
  client: Queryable,
  payment: Payment,
  approvers: readonly string[],
  makeId: () => string,
  now: Date,
): Promise<void> {
  if (approvers.length === 0) return;
  await client.query(
    `INSERT INTO approval (org_id, approval_id, payment_id, person, decision, via, digest,
       decided_at)
     SELECT $1, i.approval_id, $2, i.person, 'agreed', 'dingtalk', $3, $4
     FROM unnest($5::text[], $6::text[]) AS i (approval_id, person)
     ON CONFLICT (org_id, payment_id, person) DO NOTHING`,
    [
      payment.orgId,
      payment.paymentId,
      payment.digest,
      now,
      approvers.map(() => makeId()),
      approvers,
    ],
  );
}

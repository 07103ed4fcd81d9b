import type { ClientBase } from 'pg';
import { dayIn, instantFromMs, parsePlainDate } from '#core/dates.ts';
import type { AccountId, EntryId, OrgId, PaymentId } from '#core/ids.ts';
import { money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { LinkablePayment, PaymentLink } from '#core/payment-links.ts';
import type { Creditor, PaymentRail, PaymentState } from '#core/payments.ts';
import type { EntryReport } from '#core/statements.ts';

type Queryable = Pick<ClientBase, 'query'>;

interface LinkableRow {
  payment_id: PaymentId;
  end_to_end_id: string;
  bank_reference: string | null;
  instructed_minor_units: string;
  currency: string;
  creditor: Creditor;
  state: PaymentState;
  settlement_entry_id: string | null;
  first_sent_at: Date | null;
  debit_evidence: string[] | null;
  rail: PaymentRail;
  connector: string;
}

const WAITING_MAX = 2_000;
/** No bank's day begins later than twelve hours after the day of UTC. */
const DAY_LATEST_MS = 12 * 3_600_000;

/** A payment that may show on the account, with the moment of its first sending and its way. */
export interface StoredLinkable extends Omit<LinkablePayment, 'isReferenced'> {
  readonly sentAt: Date | undefined;
  readonly rail: PaymentRail;
  readonly connector: string;
}

/** Payments of an account that wait for their debit, and those whose references an entry names. */
export async function loadLinkable(
  client: Queryable,
  place: { readonly orgId: string; readonly accountId: string },
  named: { readonly references: readonly string[]; readonly bankReferences: readonly string[] },
): Promise<StoredLinkable[]> {
  const { rows } = await client.query<LinkableRow>({
    name: 'load-linkable-payments',
    text: `SELECT found.*, c.connector FROM (
             SELECT payment_id, end_to_end_id, bank_reference, instructed_minor_units, currency,
                    creditor, state, settlement_entry_id, first_sent_at, rail, connection_id,
                    debit_evidence
             FROM (SELECT *, NULL::text[] AS debit_evidence FROM payment
                   WHERE org_id = $1 AND account_id = $2 AND settlement_entry_id IS NULL
                     AND state IN ('submitting', 'submitted', 'unknown', 'confirmed')
                   ORDER BY payment_id LIMIT ${WAITING_MAX}) waiting
             UNION
             SELECT payment_id, end_to_end_id, bank_reference, instructed_minor_units, currency,
                    creditor, state, settlement_entry_id, first_sent_at, rail, connection_id, NULL
             FROM payment WHERE org_id = $1 AND account_id = $2 AND first_sent_at IS NOT NULL
               AND (end_to_end_id = ANY($3::text[]) OR bank_reference = ANY($4::text[]))
             UNION
             SELECT p.payment_id, p.end_to_end_id, p.bank_reference, p.instructed_minor_units,
                    p.currency, p.creditor, p.state, p.settlement_entry_id, p.first_sent_at,
                    p.rail, p.connection_id, e.evidence
             FROM entry e
             JOIN payment p ON p.org_id = e.org_id AND p.payment_id = e.payment_id
             WHERE e.org_id = $1 AND e.account_id = $2 AND e.payment_role = 'settlement'
               AND e.evidence && $4::text[]) found
           JOIN connection c ON c.org_id = $1 AND c.connection_id = found.connection_id`,
    values: [place.orgId, place.accountId, named.references, named.bankReferences],
  });
  return rows.map((row) => ({
    paymentId: row.payment_id,
    endToEndId: row.end_to_end_id,
    bankReference: row.bank_reference ?? undefined,
    amount: money(BigInt(row.instructed_minor_units), row.currency),
    creditorName: row.creditor.name,
    creditorAccount: row.creditor.account,
    state: row.state,
    hasDebit: row.settlement_entry_id !== null,
    sentAt: row.first_sent_at ?? undefined,
    sentDay: row.first_sent_at
      ? dayIn(instantFromMs(row.first_sent_at.getTime() - DAY_LATEST_MS), 'UTC')
      : undefined,
    debitEvidence: row.debit_evidence ?? undefined,
    rail: row.rail,
    connector: row.connector,
  }));
}

/**
 * Ties an entry to a payment, both ways, and wakes the payment's story. False where another entry has
 * that role already: a payment is settled once, whatever two recordings believe.
 */
export async function saveLink(
  client: Queryable,
  place: { readonly orgId: string; readonly entryId: EntryId },
  { payment, role }: Pick<PaymentLink, 'payment' | 'role'>,
  now: Date,
): Promise<boolean> {
  const column = role === 'settlement' ? 'settlement_entry_id' : 'return_entry_id';
  const { rowCount } = await client.query(
    `UPDATE payment SET ${column} = $3, next_at = least(next_at, $4), woken_at = $4,
       debit_missing_since = NULL
     WHERE org_id = $1 AND payment_id = $2 AND ${column} IS NULL`,
    [place.orgId, payment.paymentId, place.entryId, now],
  );
  if (rowCount !== 1) return false;
  await client.query(
    `UPDATE entry SET payment_id = $3, payment_role = $4,
       -- What it settles is known now: it is matched again.
       match_state = CASE WHEN match_state IN ('unknown', 'suggested') THEN NULL
                          ELSE match_state END
     WHERE org_id = $1 AND entry_id = $2 AND payment_role IS NULL`,
    [place.orgId, place.entryId, payment.paymentId, role],
  );
  return true;
}

/**
 * The credit that quotes the line of a debit: money that came back before anybody knew that it had
 * left. One that could be either of two is nobody's.
 */
export async function findReturnOfDebit(
  client: Queryable,
  place: { readonly orgId: string; readonly accountId: string },
  { amount, bookingDate, evidence }: Pick<EntryReport, 'amount' | 'bookingDate' | 'evidence'>,
): Promise<EntryId | undefined> {
  if (evidence.length === 0) return undefined;
  const { rows } = await client.query<{ entry_id: EntryId }>({
    name: 'find-return-of-debit',
    text: `SELECT entry_id FROM entry
           WHERE org_id = $1 AND account_id = $2 AND booking_date >= $3
             AND amount_minor_units = $4 AND credit_debit_indicator = 'credit' AND currency = $5
             AND state IN ('pending', 'booked', 'corrected') AND payment_role IS NULL
             AND evidence && $6::text[]
           LIMIT 2`,
    values: [
      place.orgId,
      place.accountId,
      bookingDate.toString(),
      amount.amountMinorUnits.toString(),
      amount.currency,
      evidence,
    ],
  });
  const [row] = rows;
  return rows.length === 1 ? row?.entry_id : undefined;
}

/** Notes that a line carries a payment's reference without being its debit; see the watch. */
export async function saveNaming(
  client: Queryable,
  place: { readonly orgId: string; readonly entryId: EntryId },
  paymentId: string,
): Promise<void> {
  await client.query(
    `UPDATE entry SET payment_id = $3
     WHERE org_id = $1 AND entry_id = $2 AND payment_id IS NULL`,
    [place.orgId, place.entryId, paymentId],
  );
}

/** Takes a debit from its payment: the line is gone, or says another amount now. */
export async function dropSettlement(
  client: Queryable,
  orgId: string,
  { entryId, paymentId }: Pick<KnownLink, 'entryId' | 'paymentId'>,
  now: Date,
): Promise<void> {
  await client.query(
    `UPDATE payment SET settlement_entry_id = NULL, next_at = least(next_at, $4), woken_at = $4
     WHERE org_id = $1 AND payment_id = $2 AND settlement_entry_id = $3`,
    [orgId, paymentId, entryId, now],
  );
  await client.query(
    `UPDATE entry SET payment_id = NULL, payment_role = NULL WHERE org_id = $1 AND entry_id = $2`,
    [orgId, entryId],
  );
}

/** Accounts on which a payment has waited for its debit since before the given moment. */
export async function loadUnlinkedPlaces(
  client: Queryable,
  sentBefore: Date,
): Promise<{ readonly orgId: OrgId; readonly accountId: AccountId; readonly since: Date }[]> {
  const { rows } = await client.query<{ org_id: OrgId; account_id: AccountId; since: Date }>(
    `SELECT org_id, account_id, min(first_sent_at) AS since FROM payment
     WHERE settlement_entry_id IS NULL AND first_sent_at < $1
       AND state IN ('submitted', 'unknown', 'confirmed')
     GROUP BY org_id, account_id LIMIT 500`,
    [sentBefore],
  );
  return rows.map((row) => ({ orgId: row.org_id, accountId: row.account_id, since: row.since }));
}

export interface UnlinkedDebit {
  readonly entryId: EntryId;
  readonly seenAt: Date;
  /** The payment whose reference it carries. */
  readonly namedPaymentId: string | undefined;
  readonly report: EntryReport;
}

/** Booked debits of an account that settle no payment yet, oldest first. */
export async function loadUnlinkedDebits(
  client: Queryable,
  place: { readonly orgId: string; readonly accountId: string; readonly since: Date },
): Promise<UnlinkedDebit[]> {
  const { rows } = await client.query<{
    entry_id: EntryId;
    seen_at: Date;
    payment_id: string | null;
    amount_minor_units: string;
    currency: string;
    booking_date: string;
    remittance_information: string;
    evidence: string[];
    end_to_end_id: string | null;
    reference: string | null;
    counterparty_account: string | null;
  }>(
    `SELECT e.entry_id, e.seen_at, e.payment_id, e.amount_minor_units, e.currency,
            e.booking_date::text AS booking_date,
            e.remittance_information, e.evidence, v.report->>'endToEndId' AS end_to_end_id,
            v.report->>'accountServicerReference' AS reference,
            v.report->'counterparty'->>'account' AS counterparty_account
     FROM entry e
     JOIN entry_version v ON v.org_id = e.org_id AND v.entry_id = e.entry_id
       AND v.version = e.version
     WHERE e.org_id = $1 AND e.account_id = $2 AND e.credit_debit_indicator = 'debit'
       AND e.state IN ('booked', 'corrected') AND e.payment_role IS NULL AND e.seen_at >= $3
     ORDER BY e.position LIMIT 2000`,
    [place.orgId, place.accountId, place.since],
  );
  return rows.map((row) => ({
    entryId: row.entry_id,
    seenAt: row.seen_at,
    namedPaymentId: row.payment_id ?? undefined,
    report: {
      creditDebitIndicator: 'debit',
      amount: money(BigInt(row.amount_minor_units), row.currency),
      status: 'booked',
      bookingDate: parsePlainDate(row.booking_date),
      remittanceInformation: row.remittance_information,
      evidence: row.evidence,
      ...(row.end_to_end_id === null ? {} : { endToEndId: row.end_to_end_id }),
      ...(row.reference === null ? {} : { accountServicerReference: row.reference }),
      ...(row.counterparty_account === null
        ? {}
        : { counterparty: { account: row.counterparty_account } }),
    },
  }));
}

export interface KnownLink {
  readonly entryId: EntryId;
  readonly paymentId: PaymentId;
  readonly role: 'settlement' | 'return';
  readonly creditorName: string;
  readonly amount: Money;
}

/** Links that entries have already. */
export async function loadLinks(
  client: Queryable,
  orgId: string,
  entryIds: readonly EntryId[],
): Promise<KnownLink[]> {
  const { rows } = await client.query<{
    entry_id: EntryId;
    payment_id: PaymentId;
    payment_role: 'settlement' | 'return';
    creditor: Creditor;
    instructed_minor_units: string;
    currency: string;
  }>({
    name: 'load-payment-links',
    text: `SELECT e.entry_id, e.payment_id, e.payment_role, p.creditor, p.instructed_minor_units,
                  p.currency
           FROM entry e JOIN payment p ON p.org_id = e.org_id AND p.payment_id = e.payment_id
           WHERE e.org_id = $1 AND e.entry_id = ANY($2::text[]) AND e.payment_role IS NOT NULL`,
    values: [orgId, entryIds],
  });
  return rows.map((row) => ({
    entryId: row.entry_id,
    paymentId: row.payment_id,
    role: row.payment_role,
    creditorName: row.creditor.name,
    amount: money(BigInt(row.instructed_minor_units), row.currency),
  }));
}

/** A settled payment whose own debit was taken back by the bank. */
export async function saveReversal(
  client: Queryable,
  orgId: string,
  link: KnownLink,
  now: Date,
): Promise<void> {
  await client.query(
    `UPDATE payment SET return_entry_id = coalesce(return_entry_id, $3),
       next_at = least(next_at, $4), woken_at = $4
     WHERE org_id = $1 AND payment_id = $2`,
    [orgId, link.paymentId, link.entryId, now],
  );
}

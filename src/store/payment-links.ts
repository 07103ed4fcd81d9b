import type { ClientBase } from 'pg';
import type { EntryId, PaymentId } from '#core/ids.ts';
import { money } from '#core/money.ts';
import type { LinkablePayment, PaymentLink } from '#core/payment-links.ts';
import type { Creditor, PaymentState } from '#core/payments.ts';

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
}

const WAITING_MAX = 2_000;

/** Payments of an account that wait for their debit, and those whose references an entry names. */
export async function loadLinkable(
  client: Queryable,
  place: { readonly orgId: string; readonly accountId: string },
  named: { readonly references: readonly string[]; readonly bankReferences: readonly string[] },
): Promise<LinkablePayment[]> {
  const { rows } = await client.query<LinkableRow>({
    name: 'load-linkable-payments',
    text: `(SELECT payment_id, end_to_end_id, bank_reference, instructed_minor_units, currency,
                   creditor, state, settlement_entry_id
            FROM payment WHERE org_id = $1 AND account_id = $2 AND settlement_entry_id IS NULL
              AND state IN ('submitting', 'submitted', 'unknown', 'confirmed')
            ORDER BY payment_id LIMIT ${WAITING_MAX})
           UNION
           (SELECT payment_id, end_to_end_id, bank_reference, instructed_minor_units, currency,
                   creditor, state, settlement_entry_id
            FROM payment WHERE org_id = $1 AND account_id = $2 AND first_sent_at IS NOT NULL
              AND (end_to_end_id = ANY($3::text[]) OR bank_reference = ANY($4::text[])))`,
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
  }));
}

/** Ties an entry to a payment, both ways, and wakes the payment's story. */
export async function saveLink(
  client: Queryable,
  place: { readonly orgId: string; readonly entryId: EntryId },
  { payment, role }: Pick<PaymentLink, 'payment' | 'role'>,
  now: Date,
): Promise<void> {
  await client.query(
    `UPDATE entry SET payment_id = $3, payment_role = $4
     WHERE org_id = $1 AND entry_id = $2 AND payment_id IS NULL`,
    [place.orgId, place.entryId, payment.paymentId, role],
  );
  const column = role === 'settlement' ? 'settlement_entry_id' : 'return_entry_id';
  await client.query(
    `UPDATE payment SET ${column} = coalesce(${column}, $3), next_at = least(next_at, $4),
       woken_at = $4, debit_missing_since = NULL
     WHERE org_id = $1 AND payment_id = $2`,
    [place.orgId, payment.paymentId, place.entryId, now],
  );
}

export interface KnownLink {
  readonly entryId: EntryId;
  readonly paymentId: PaymentId;
  readonly role: 'settlement' | 'return';
  readonly creditorName: string;
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
  }>({
    name: 'load-payment-links',
    text: `SELECT e.entry_id, e.payment_id, e.payment_role, p.creditor
           FROM entry e JOIN payment p ON p.org_id = e.org_id AND p.payment_id = e.payment_id
           WHERE e.org_id = $1 AND e.entry_id = ANY($2::text[])`,
    values: [orgId, entryIds],
  });
  return rows.map((row) => ({
    entryId: row.entry_id,
    paymentId: row.payment_id,
    role: row.payment_role,
    creditorName: row.creditor.name,
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

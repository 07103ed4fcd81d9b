import type { Pool } from 'pg';
import { parsePlainDate } from '#core/dates.ts';
import { money } from '#core/money.ts';
import type { Creditor } from '#core/payments.ts';
import { closeKeys, insertItems } from '#store/expected-items.ts';
import type { NewItem } from '#store/expected-items.ts';
import type { Queryable } from '#store/grants.ts';
import { requireMatchSettings } from '#store/match-settings.ts';
import { inTransaction } from '#store/transaction.ts';
import { prepareItem } from './line-keys.ts';

interface PaymentRow {
  org_id: string;
  payment_id: string;
  account_id: string;
  creditor: Creditor;
  instructed_minor_units: string;
  currency: string;
  remittance_information: string;
  requested_execution_date: string;
  end_to_end_id: string;
}

const COLUMNS = `p.org_id, p.payment_id, p.account_id, p.creditor, p.instructed_minor_units,
  p.currency, p.remittance_information, p.end_to_end_id,
  p.requested_execution_date::text AS requested_execution_date`;
const SWEEP_MAX = 500;

/** The debits of some payments are expected, whatever else is: their entries are here. */
export async function expectDebitsOf(
  client: Queryable,
  orgId: string,
  paymentIds: readonly string[],
  now: Date,
): Promise<void> {
  if (paymentIds.length === 0) return;
  const { rows } = await client.query<PaymentRow>({
    name: 'load-payments-to-expect',
    text: `SELECT ${COLUMNS} FROM payment p
           WHERE p.org_id = $1 AND p.payment_id = ANY($2::text[])
             AND NOT EXISTS (SELECT FROM expected_item i
               WHERE i.org_id = p.org_id AND i.payment_id = p.payment_id)
           ORDER BY p.payment_id`,
    values: [orgId, paymentIds],
  });
  await addPayments(client, orgId, rows, now);
}

/**
 * Expects the debit of every payment that a bank may have, and expects it no more where the payment
 * ended without one. Run by the worker, so that no payment ever waits for matching.
 */
export async function expectPayments(pool: Pool, now: Date): Promise<number> {
  const { rows } = await pool.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payment p
     WHERE p.state IN ('submitting', 'submitted', 'unknown', 'confirmed')
       AND NOT EXISTS (SELECT FROM expected_item i
         WHERE i.org_id = p.org_id AND i.payment_id = p.payment_id)
     ORDER BY p.org_id, p.payment_id LIMIT ${SWEEP_MAX}`,
  );
  const orgIds = [...new Set(rows.map((row) => row.org_id))];
  for (const orgId of orgIds) {
    const own = rows.filter((row) => row.org_id === orgId);
    await inTransaction(pool, (client) => addPayments(client, orgId, own, now));
  }
  await forgetFailed(pool, now);
  return rows.length;
}

async function addPayments(
  client: Queryable,
  orgId: string,
  rows: readonly PaymentRow[],
  now: Date,
): Promise<void> {
  if (rows.length === 0) return;
  // Only looked at: payments of one company must not wait for each other's settings.
  await requireMatchSettings(client, orgId, now);
  const items = rows.map((row) => prepareItem(toItem(row)));
  await insertItems(client, { orgId, createdBy: 'system', now }, items);
}

function toItem(row: PaymentRow): NewItem {
  return {
    kind: 'payment',
    creditDebitIndicator: 'debit',
    source: 'payment',
    sourceKey: row.payment_id,
    counterpartyName: row.creditor.name,
    counterpartyAccount: row.creditor.account,
    amount: money(BigInt(row.instructed_minor_units), row.currency),
    dueOn: parsePlainDate(row.requested_execution_date),
    endToEndId: row.end_to_end_id,
    description: row.remittance_information,
    accountId: row.account_id,
    paymentId: row.payment_id,
  };
}

async function forgetFailed(pool: Pool, now: Date): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ org_id: string; item_id: string }>(
      `UPDATE expected_item i SET state = 'cancelled', closed_at = $1, changed_at = $1,
         version = i.version + 1
       FROM (SELECT o.org_id, o.item_id FROM expected_item o
             JOIN payment p ON p.org_id = o.org_id AND p.payment_id = o.payment_id
             WHERE o.state = 'open' AND o.kind = 'payment' AND o.settled_minor_units = 0
               AND p.state IN ('rejected', 'voided', 'cancelled', 'declined', 'expired')
               AND p.settlement_entry_id IS NULL
             ORDER BY o.org_id, o.item_id LIMIT ${SWEEP_MAX} FOR UPDATE OF o SKIP LOCKED) f
       WHERE i.org_id = f.org_id AND i.item_id = f.item_id
       RETURNING i.org_id, i.item_id`,
      [now],
    );
    for (const { org_id: orgId, item_id: itemId } of rows) await closeKeys(client, orgId, [itemId]);
  });
}

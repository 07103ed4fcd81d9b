import type { Pool } from 'pg';
import { parseId } from '#core/ids.ts';
import type { OrgId } from '#core/ids.ts';
import type { AlertKind } from '#core/events.ts';
import { money, moneyText } from '#core/money.ts';
import type { Metrics } from '#engine/metrics.ts';
import { closeAlarm, openAlarm } from '#store/alarms.ts';
import { inTransaction } from '#store/transaction.ts';
import { relinkDebits } from '../payment/link-entries.ts';
import { alertFact, saveFacts } from '../notification/announce.ts';
import type { Announcer, Ring } from '../notification/announce.ts';

/** A confirmed payment should show on the account by then, if the statement is known so far. */
const DEBIT_EXPECTED = '2 hours';
/** … and without a statement at the latest by then. */
const DEBIT_EXPECTED_AT_LATEST = '24 hours';
/** The statement must be known so long past the payment before its line counts as missing. */
const STATEMENT_MARGIN = '15 minutes';
/** A debit may be seen before its payment's answer; only older ones are strangers. */
const STRANGER_AFTER = '10 minutes';
const STRANGER_UNTIL = '2 days';
/** Money of a payment that the bank refused or took back should be on the account again by then. */
const RETURN_EXPECTED = '1 day';
const RETURN_UNTIL = '30 days';
const ROWS_MAX = 200;
const LOOK_AGAIN_MS = 60_000;

interface Row {
  org_id: string;
  subject_id: string;
  account_id: string;
  connection_id: string;
  account_name: string;
  connection_name: string;
  amount: string;
  currency: string;
  reference: string;
  creditor: string | null;
  since: Date | null;
}

/**
 * Looks for payments that the bank confirmed and whose debit does not appear, for those whose debit
 * was found after all, and for debits that nobody here asked for on accounts from which only
 * Cashbell pays. Each is told once when it begins; a missing debit also when it is found.
 */
export async function watchPayments(
  pool: Pool,
  announcer: Announcer,
  at: Date,
): Promise<readonly Ring[]> {
  const rings: Ring[] = [];
  const { connectorOf } = announcer;
  await relinkDebits(pool, new Date(at.getTime() - LOOK_AGAIN_MS), { now: at, connectorOf });
  for (const row of await loadMissing(pool, at)) {
    rings.push(...(await open(pool, announcer, 'payment.debitMissing', row, at)));
  }
  for (const row of await loadFound(pool)) {
    rings.push(...(await close(pool, announcer, row, at)));
  }
  for (const row of await loadStrangers(pool, at)) {
    rings.push(...(await open(pool, announcer, 'payment.debitUnexpected', row, at)));
  }
  return rings;
}

async function loadMissing(pool: Pool, at: Date): Promise<Row[]> {
  const { rows } = await pool.query<Row>(
    `SELECT p.org_id, p.payment_id AS subject_id, p.account_id, p.connection_id,
            a.name AS account_name, c.name AS connection_name,
            p.instructed_minor_units AS amount, p.currency, p.end_to_end_id AS reference,
            p.creditor->>'name' AS creditor, p.confirmed_at AS since
     FROM payment p
     JOIN account a ON a.org_id = p.org_id AND a.account_id = p.account_id
     JOIN connection c ON c.org_id = p.org_id AND c.connection_id = p.connection_id
     WHERE p.state = 'confirmed' AND p.settlement_entry_id IS NULL
       AND p.debit_missing_since IS NULL
       AND (p.confirmed_at < $1::timestamptz - $3::interval
         OR p.confirmed_at < $1::timestamptz - $2::interval
           AND a.complete_as_of > p.confirmed_at + $4::interval)
     LIMIT ${ROWS_MAX}`,
    [at, DEBIT_EXPECTED, DEBIT_EXPECTED_AT_LATEST, STATEMENT_MARGIN],
  );
  return rows;
}

async function loadFound(pool: Pool): Promise<Row[]> {
  const { rows } = await pool.query<Row>(
    `SELECT p.org_id, p.payment_id AS subject_id, p.account_id, p.connection_id,
            a.name AS account_name, c.name AS connection_name,
            p.instructed_minor_units AS amount, p.currency, p.end_to_end_id AS reference,
            p.creditor->>'name' AS creditor, p.confirmed_at AS since
     FROM alarm l
     JOIN payment p ON p.org_id = l.org_id AND p.payment_id = l.subject_id
     JOIN account a ON a.org_id = p.org_id AND a.account_id = p.account_id
     JOIN connection c ON c.org_id = p.org_id AND c.connection_id = p.connection_id
     WHERE l.kind = 'payment.debitMissing' AND l.closed_at IS NULL
       AND (p.settlement_entry_id IS NOT NULL OR p.state <> 'confirmed')
     LIMIT ${ROWS_MAX}`,
  );
  return rows;
}

async function loadStrangers(pool: Pool, at: Date): Promise<Row[]> {
  // Fees carry the reference of their payment and are no strangers. A line of at least its whole amount
  // that does not settle it is one: a second debit, or another amount than was ordered. So is the debit
  // of a payment that the bank did not execute, when it does not come back.
  const { rows } = await pool.query<Row>(
    `SELECT e.org_id, e.entry_id AS subject_id, e.account_id, a.connection_id,
            a.name AS account_name, c.name AS connection_name,
            e.amount_minor_units AS amount, e.currency,
            left(e.remittance_information, 80) AS reference,
            NULL::text AS creditor, NULL::timestamptz AS since
     FROM account a
     JOIN connection c ON c.org_id = a.org_id AND c.connection_id = a.connection_id
     JOIN entry e ON e.org_id = a.org_id AND e.account_id = a.account_id
     WHERE a.expects_only_our_debits AND e.credit_debit_indicator = 'debit'
       AND e.state = 'booked' AND e.payment_id IS NULL
       AND e.seen_at < $1::timestamptz - $2::interval
       AND e.seen_at > $1::timestamptz - $3::interval
       AND CASE WHEN e.booked_at IS NULL THEN e.booking_date >= (a.ring_from AT TIME ZONE a.zone)::date
                ELSE e.booked_at > a.ring_from END
       AND NOT EXISTS (SELECT FROM alarm l WHERE l.org_id = e.org_id
         AND l.kind = 'payment.debitUnexpected' AND l.subject_id = e.entry_id)
       AND NOT EXISTS (SELECT FROM payment p WHERE p.org_id = e.org_id
         AND p.account_id = e.account_id AND p.first_sent_at > $1::timestamptz - interval '40 days'
         AND strpos(regexp_replace(e.remittance_information, '\\s', '', 'g'), p.end_to_end_id) > 0)
     UNION ALL
     SELECT e.org_id, e.entry_id, e.account_id, a.connection_id, a.name, c.name,
            e.amount_minor_units, e.currency, left(e.remittance_information, 80), NULL, NULL
     FROM entry e
     JOIN payment p ON p.org_id = e.org_id AND p.payment_id = e.payment_id
     JOIN account a ON a.org_id = e.org_id AND a.account_id = e.account_id
     JOIN connection c ON c.org_id = a.org_id AND c.connection_id = a.connection_id
     WHERE e.payment_id IS NOT NULL AND e.payment_role IS NULL
       AND e.credit_debit_indicator = 'debit' AND e.state IN ('booked', 'corrected')
       AND e.currency = p.currency AND e.amount_minor_units >= p.instructed_minor_units
       AND e.seen_at > $1::timestamptz - $3::interval
       AND NOT EXISTS (SELECT FROM alarm l WHERE l.org_id = e.org_id
         AND l.kind = 'payment.debitUnexpected' AND l.subject_id = e.entry_id)
     UNION ALL
     SELECT e.org_id, e.entry_id, e.account_id, a.connection_id, a.name, c.name,
            e.amount_minor_units, e.currency, left(e.remittance_information, 80), NULL, NULL
     FROM payment p
     JOIN entry e ON e.org_id = p.org_id AND e.entry_id = p.settlement_entry_id
     JOIN account a ON a.org_id = e.org_id AND a.account_id = e.account_id
     JOIN connection c ON c.org_id = a.org_id AND c.connection_id = a.connection_id
     WHERE p.settlement_entry_id IS NOT NULL AND p.return_entry_id IS NULL
       AND p.state IN ('rejected', 'returned')
       AND p.state_since < $1::timestamptz - $4::interval
       AND p.state_since > $1::timestamptz - $5::interval
       AND NOT EXISTS (SELECT FROM alarm l WHERE l.org_id = e.org_id
         AND l.kind = 'payment.debitUnexpected' AND l.subject_id = e.entry_id)
     LIMIT ${ROWS_MAX}`,
    [at, STRANGER_AFTER, STRANGER_UNTIL, RETURN_EXPECTED, RETURN_UNTIL],
  );
  return rows;
}

async function open(
  pool: Pool,
  announcer: Announcer,
  kind: 'payment.debitMissing' | 'payment.debitUnexpected',
  row: Row,
  at: Date,
): Promise<readonly Ring[]> {
  const orgId = parseId('org', row.org_id);
  const details = detailsOf(row);
  return inTransaction(pool, async (client, transaction) => {
    if (kind === 'payment.debitMissing') {
      await client.query(
        'UPDATE payment SET debit_missing_since = $3 WHERE org_id = $1 AND payment_id = $2',
        [row.org_id, row.subject_id, at],
      );
    }
    const place = { orgId, kind, subjectId: row.subject_id };
    if (!(await openAlarm(client, place, details, at))) return [];
    return saveFacts(transaction, announcer, [factOf(orgId, kind, row, at)], at);
  });
}

async function close(
  pool: Pool,
  announcer: Announcer,
  row: Row,
  at: Date,
): Promise<readonly Ring[]> {
  const orgId = parseId('org', row.org_id);
  return inTransaction(pool, async (client, transaction) => {
    const place = { orgId, kind: 'payment.debitMissing', subjectId: row.subject_id };
    if (!(await closeAlarm(client, place, at))) return [];
    return saveFacts(transaction, announcer, [factOf(orgId, 'payment.debitFound', row, at)], at);
  });
}

function factOf(orgId: OrgId, kind: AlertKind, row: Row, at: Date) {
  const fact = alertFact({
    kind,
    accountId: parseId('acc', row.account_id),
    connectionId: parseId('con', row.connection_id),
    subject: `${row.connection_name} · ${row.account_name}`,
    details: detailsOf(row),
    atMs: at.getTime(),
  });
  return { orgId, fact };
}

function detailsOf(row: Row) {
  return {
    amount: moneyText(money(BigInt(row.amount), row.currency)),
    reference: row.reference,
    ...(row.creditor === null ? {} : { creditor: row.creditor }),
    ...(row.since === null ? {} : { since: row.since.toISOString() }),
  };
}

const OPEN_STATES = [
  'awaitingApproval',
  'authorised',
  'blocked',
  'submitting',
  'submitted',
  'unknown',
  'confirmed',
] as const;

/** Counts payments that have not ended, for `/metrics`. */
export async function observePayments(pool: Pool, metrics: Metrics): Promise<void> {
  const { rows } = await pool.query<{ state: string; count: string; questions: string }>(
    `SELECT state, count(*)::text AS count, count(decision_since)::text AS questions
     FROM payment WHERE state = ANY($1::text[]) GROUP BY state`,
    [OPEN_STATES],
  );
  const counts = new Map(rows.map(({ state, count }) => [state, Number(count)]));
  for (const state of OPEN_STATES) metrics.payments.set({ state }, counts.get(state) ?? 0);
  metrics.paymentQuestions.set(rows.reduce((sum, { questions }) => sum + Number(questions), 0));
}

import type { Pool } from 'pg';
import { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import { formatDecimal, money, parseMoney } from '#core/money.ts';
import type { EntriesQuery, EntryDetailWire, EntryWire } from '../contract/movements.ts';
import { entryStates } from '../contract/movements.ts';
import type { Page } from './page.ts';
import { ID_PLACE, NUMBER_PLACE, parseCursor, timeText, toPage } from './page.ts';

type Entry = z.infer<typeof EntryWire>;
type EntryDetail = z.infer<typeof EntryDetailWire>;

interface EntryRow {
  entry_id: string;
  account_id: string;
  version: number;
  state: string;
  credit_debit_indicator: string;
  amount_minor_units: string;
  currency: string;
  booking_date: string;
  remittance_information: string;
  sources: string[];
  position: string;
  balance_after_minor_units: string | null;
  booked_at: Date | null;
  seen_at: Date;
  report: unknown;
  told_at: Date | null;
}

const SELECT = `
  SELECT e.entry_id, e.account_id, e.version, e.state, e.credit_debit_indicator,
    e.amount_minor_units, e.currency, e.booking_date, e.remittance_information, e.sources,
    e.position, e.balance_after_minor_units, e.booked_at, e.seen_at, v.report,
    (SELECT max(n.told_at) FROM notice n WHERE n.org_id = e.org_id AND n.subject_id = e.entry_id
       AND n.subject_version = e.version) AS told_at
  FROM entry e
  LEFT JOIN entry_version v ON v.org_id = e.org_id AND v.entry_id = e.entry_id
                           AND v.version = e.version`;

/** The parts of a stored report that the API shows beside the entry's own columns. */
const Report = z.object({
  counterparty: z
    .object({
      name: z.string().optional(),
      account: z.string().optional(),
      agent: z.string().optional(),
    })
    .optional(),
  valueDate: z.string().optional(),
  accountServicerReference: z.string().optional(),
  endToEndId: z.string().optional(),
  creditorReference: z.string().optional(),
});
const NO_REPORT: z.infer<typeof Report> = {};

const State = z.enum(entryStates);
const Direction = z.enum(['credit', 'debit']);

function toEntry(row: EntryRow): Entry {
  const read = Report.safeParse(row.report);
  return {
    ...(read.success ? read.data : NO_REPORT),
    entryId: row.entry_id,
    accountId: row.account_id,
    version: row.version,
    state: State.parse(row.state),
    direction: Direction.parse(row.credit_debit_indicator),
    amount: formatDecimal(money(BigInt(row.amount_minor_units), row.currency)),
    currency: row.currency,
    bookingDate: row.booking_date,
    remittanceInformation: row.remittance_information,
    sources: row.sources,
    bookedAt: timeText(row.booked_at),
    seenAt: row.seen_at.toISOString(),
    toldAt: timeText(row.told_at),
    balanceAfter:
      row.balance_after_minor_units === null
        ? undefined
        : {
            amount: formatDecimal(money(BigInt(row.balance_after_minor_units), row.currency)),
            currency: row.currency,
          },
  };
}

/**
 * Entries of an organisation, newest first. Of one account they come in the account's own order;
 * of all, in the order in which their ids were made. Both read an index from the cursor on.
 */
export async function listEntries(
  pool: Pool,
  orgId: string,
  query: z.infer<typeof EntriesQuery>,
): Promise<Page<Entry>> {
  const { accountId } = query;
  const byAccount = accountId !== undefined;
  const place = parseCursor(query.cursor, byAccount ? NUMBER_PLACE : ID_PLACE);
  const order = byAccount ? 'e.position' : 'e.entry_id';
  const cursorType = byAccount ? 'bigint' : 'text';
  const { rows } = await pool.query<EntryRow>(
    `${SELECT}
     WHERE e.org_id = $1
       AND ($2::${cursorType} IS NULL OR ${order} < $2)
       AND ($3::text IS NULL OR e.account_id = $3)
       AND ($4::text IS NULL OR e.credit_debit_indicator = $4)
       AND ($5::text IS NULL OR e.state = $5)
       AND ($6::text IS NULL OR e.currency = $6)
       AND ($7::date IS NULL OR e.booking_date >= $7)
       AND ($8::date IS NULL OR e.booking_date <= $8)
       AND ($9::numeric IS NULL OR e.amount_minor_units >= $9)
       AND ($10::numeric IS NULL OR e.amount_minor_units <= $10)
       AND ($11::text IS NULL OR e.remittance_information ILIKE $11
            OR EXISTS (SELECT FROM unnest(e.evidence) known WHERE known ILIKE $11))
     ORDER BY ${order} DESC LIMIT $12`,
    [
      orgId,
      place ?? null,
      accountId ?? null,
      query.direction ?? null,
      query.state ?? null,
      query.currency ?? null,
      query.from ?? null,
      query.to ?? null,
      minorUnits(query.minAmount, query.currency),
      minorUnits(query.maxAmount, query.currency),
      query.text === undefined ? null : `%${escapeLike(query.text)}%`,
      query.limit + 1,
    ],
  );
  return toPage(rows, query, {
    toItem: toEntry,
    placeOf: (row) => (byAccount ? row.position : row.entry_id),
  });
}

function minorUnits(amount: string | undefined, currency: string | undefined): string | null {
  if (amount === undefined || currency === undefined) return null;
  return parseMoney(amount, currency).amountMinorUnits.toString();
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

interface VersionRow {
  version: number;
  state: string;
  amount_minor_units: string;
  currency: string;
  source: string;
  inbound_id: string | null;
  seen_at: Date;
  report: unknown;
}

const ReportRecord = z.record(z.string(), z.unknown());

/** One entry with all its versions, oldest first. */
export async function getEntry(pool: Pool, orgId: string, entryId: string): Promise<EntryDetail> {
  const { rows } = await pool.query<EntryRow>(`${SELECT} WHERE e.org_id = $1 AND e.entry_id = $2`, [
    orgId,
    entryId,
  ]);
  const [row] = rows;
  if (!row) throw new CashbellError('api.notFound', { what: 'entry', id: entryId.slice(0, 60) });
  const versions = await pool.query<VersionRow>(
    `SELECT version, state, amount_minor_units, currency, source, inbound_id, seen_at, report
     FROM entry_version WHERE org_id = $1 AND entry_id = $2 ORDER BY version`,
    [orgId, entryId],
  );
  return {
    ...toEntry(row),
    versions: versions.rows.map((version) => ({
      version: version.version,
      state: State.parse(version.state),
      amount: formatDecimal(money(BigInt(version.amount_minor_units), version.currency)),
      currency: version.currency,
      source: version.source,
      inboundId: version.inbound_id ?? undefined,
      seenAt: version.seen_at.toISOString(),
      report: ReportRecord.parse(version.report),
    })),
  };
}

import type { ClientBase } from 'pg';
import { parsePlainDate } from '#core/dates.ts';
import { decideIdentity } from '#core/entry-identity.ts';
import type { IdentityDecision, KnownEntry, SourcedReport } from '#core/entry-identity.ts';
import type { EntryState } from '#core/events.ts';
import { parseId } from '#core/ids.ts';
import type { AccountId, EntryId, InboundId, OrgId } from '#core/ids.ts';
import { formatDecimal, money } from '#core/money.ts';
import type { CreditDebitIndicator, EntryReport, EntrySource } from '#core/statements.ts';
import { newId } from '#secret/ids.ts';
import type { Transaction } from './transaction.ts';

/** What one source reports of one account at one time. */
export interface AccountReports {
  readonly orgId: OrgId;
  readonly accountId: AccountId;
  readonly source: EntrySource;
  readonly reports: readonly (SourcedReport & { readonly inboundId?: InboundId })[];
  readonly completeDays: ReadonlySet<string>;
  readonly seenAt: Date;
}

/** A version that was written: a new entry, or a change of one. */
export interface RecordedVersion {
  readonly orgId: OrgId;
  readonly accountId: AccountId;
  readonly entryId: EntryId;
  readonly version: number;
  readonly state: EntryState;
  readonly report: EntryReport;
  readonly source: EntrySource;
  readonly seenAt: Date;
  readonly previous?: KnownEntry;
}

export interface RecordOutcome {
  readonly versions: readonly RecordedVersion[];
  /** Booked lines that a complete statement no longer shows. */
  readonly vanished: readonly (KnownEntry & { readonly accountId: AccountId })[];
}

/**
 * Records reports inside the caller's transaction: decides what is new, what changed and what is a
 * repetition, and writes entries, keys and versions. The accounts stay locked until the commit, so
 * that two sources of one account never decide at the same time.
 */
export async function recordReports(
  transaction: Transaction,
  batch: readonly AccountReports[],
): Promise<RecordOutcome> {
  const { client } = transaction;
  // Sent together, done one after the other: what is known is read under the lock.
  const [positions, known] = await Promise.all([
    lockAccounts(client, batch),
    loadKnown(client, batch),
  ]);
  const writes = new EntryWrites();
  const versions: RecordedVersion[] = [];
  const vanished: (KnownEntry & { accountId: AccountId })[] = [];
  for (const reports of batch) {
    const decisions = decideIdentity({
      source: reports.source,
      reports: reports.reports,
      known: known.get(accountKey(reports)) ?? [],
      completeDays: reports.completeDays,
    });
    for (const decision of decisions) {
      if (decision.kind === 'vanished') {
        vanished.push({ ...decision.entry, accountId: reports.accountId });
      } else {
        const version = writes.add(decision, reports, positions);
        if (version) versions.push(version);
      }
    }
  }
  transaction.write(writes.flush(client));
  transaction.write(savePositions(client, positions));
  return { versions, vanished };
}

function accountKey(place: { readonly orgId: string; readonly accountId: string }): string {
  return `${place.orgId}/${place.accountId}`;
}

interface AccountPosition {
  readonly orgId: string;
  readonly accountId: string;
  readonly first: bigint;
  next: bigint;
}
type Positions = Map<string, AccountPosition>;

async function lockAccounts(
  client: ClientBase,
  batch: readonly AccountReports[],
): Promise<Positions> {
  const { rows } = await client.query<{
    org_id: string;
    account_id: string;
    next_position: string;
  }>({
    name: 'lock-accounts',
    // Always in the same order, so that two batches cannot wait for each other.
    text: `SELECT org_id, account_id, next_position FROM account
           WHERE (org_id, account_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
           ORDER BY org_id, account_id FOR NO KEY UPDATE`,
    values: [batch.map(({ orgId }) => orgId), batch.map(({ accountId }) => accountId)],
  });
  return new Map(
    rows.map((row) => {
      const first = BigInt(row.next_position);
      const place = { orgId: row.org_id, accountId: row.account_id };
      return [accountKey(place), { ...place, first, next: first }];
    }),
  );
}

async function savePositions(client: ClientBase, positions: Positions): Promise<void> {
  const moved = [...positions.values()].filter(({ first, next }) => next !== first);
  if (moved.length === 0) return;
  await client.query({
    name: 'save-positions',
    text: `UPDATE account a SET next_position = p.next
           FROM unnest($1::text[], $2::text[], $3::bigint[]) AS p (org_id, account_id, next)
           WHERE a.org_id = p.org_id AND a.account_id = p.account_id`,
    values: [
      moved.map(({ orgId }) => orgId),
      moved.map(({ accountId }) => accountId),
      moved.map(({ next }) => next.toString()),
    ],
  });
}

interface KnownRow {
  org_id: string;
  account_id: string;
  entry_id: string;
  version: number;
  state: EntryState;
  credit_debit_indicator: CreditDebitIndicator;
  amount_minor_units: string;
  currency: string;
  booking_date: string;
  remittance_information: string;
  evidence: string[];
  sources: EntrySource[];
  balance_after_minor_units: string | null;
  keys: string[];
}

const KNOWN_SQL = `
WITH report AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::date[])
    AS r (org_id, account_id, indicator, amount, day)
), found AS (
  SELECT k.org_id, k.entry_id
  FROM unnest($6::text[], $7::text[], $8::text[]) AS u (org_id, account_id, key)
  JOIN entry_key k USING (org_id, account_id, key)
  UNION
  SELECT e.org_id, e.entry_id FROM report r JOIN entry e
    ON e.org_id = r.org_id AND e.account_id = r.account_id
   AND e.booking_date BETWEEN r.day - 3 AND r.day + 3
   AND e.amount_minor_units = r.amount AND e.credit_debit_indicator = r.indicator
  UNION
  SELECT e.org_id, e.entry_id
  FROM unnest($9::text[], $10::text[], $11::date[]) AS c (org_id, account_id, day)
  JOIN entry e ON e.org_id = c.org_id AND e.account_id = c.account_id AND e.booking_date = c.day
)
SELECT e.org_id, e.account_id, e.entry_id, e.version, e.state, e.credit_debit_indicator,
       e.amount_minor_units, e.currency, e.booking_date, e.remittance_information, e.evidence,
       e.sources, e.balance_after_minor_units,
       ARRAY(SELECT k.key FROM entry_key k
             WHERE k.org_id = e.org_id AND k.entry_id = e.entry_id) AS keys
FROM found f JOIN entry e USING (org_id, entry_id)
ORDER BY e.position`;

async function loadKnown(
  client: ClientBase,
  batch: readonly AccountReports[],
): Promise<Map<string, KnownEntry[]>> {
  const reports = batch.flatMap((place) => place.reports.map((sourced) => ({ place, ...sourced })));
  const keys = reports.flatMap(({ place, report, messageKey }) => [
    ...(report.uniqueKey === undefined ? [] : [{ place, key: `unique:${report.uniqueKey}` }]),
    ...(messageKey === undefined ? [] : [{ place, key: `message:${messageKey}` }]),
  ]);
  const days = batch.flatMap((place) => [...place.completeDays].map((day) => ({ place, day })));
  const { rows } = await client.query<KnownRow>({
    name: 'load-known',
    text: KNOWN_SQL,
    values: [
      reports.map(({ place }) => place.orgId),
      reports.map(({ place }) => place.accountId),
      reports.map(({ report }) => report.creditDebitIndicator),
      reports.map(({ report }) => report.amount.amountMinorUnits.toString()),
      reports.map(({ report }) => report.bookingDate.toString()),
      keys.map(({ place }) => place.orgId),
      keys.map(({ place }) => place.accountId),
      keys.map(({ key }) => key),
      days.map(({ place }) => place.orgId),
      days.map(({ place }) => place.accountId),
      days.map(({ day }) => day),
    ],
  });
  const byAccount = new Map<string, KnownEntry[]>();
  for (const row of rows) {
    const key = accountKey({ orgId: row.org_id, accountId: row.account_id });
    byAccount.set(key, [...(byAccount.get(key) ?? []), toKnown(row)]);
  }
  return byAccount;
}

function toKnown(row: KnownRow): KnownEntry {
  return {
    entryId: row.entry_id,
    version: row.version,
    state: row.state,
    creditDebitIndicator: row.credit_debit_indicator,
    amount: money(BigInt(row.amount_minor_units), row.currency),
    bookingDate: parsePlainDate(row.booking_date),
    remittanceInformation: row.remittance_information,
    evidence: row.evidence,
    sources: row.sources,
    keys: row.keys,
    ...(row.balance_after_minor_units === null
      ? {}
      : { balanceAfterMinorUnits: BigInt(row.balance_after_minor_units) }),
  };
}

interface EntryRow {
  readonly orgId: OrgId;
  readonly entryId: string;
  readonly accountId: AccountId;
  readonly version: number;
  readonly state: EntryState;
  readonly report: EntryReport;
  readonly sources: readonly string[];
  readonly evidence: readonly string[];
  readonly position: bigint;
  readonly seenAt: Date;
}

/** Collects the rows of one batch, so that each table is written once. */
class EntryWrites {
  readonly #inserts: EntryRow[] = [];
  readonly #updates: EntryRow[] = [];
  readonly #keys: { orgId: string; accountId: string; key: string; entryId: string }[] = [];
  readonly #versions: (RecordedVersion & { readonly inboundId?: string | undefined })[] = [];

  add(
    decision: Exclude<IdentityDecision, { kind: 'vanished' }>,
    place: AccountReports,
    positions: Positions,
  ): RecordedVersion | undefined {
    if (decision.kind === 'new') return this.#addNew(decision, place, positions);
    const { entry } = decision;
    if (decision.kind === 'withdrawn') {
      return this.#addVersion(place, entry, 'withdrawn', withdrawnReport(entry), []);
    }
    if (decision.kind === 'changed') {
      const { state, report, addedKeys } = decision;
      return this.#addVersion(place, entry, state, report, addedKeys);
    }
    const isNewSource = !entry.sources.includes(place.source);
    this.#addKeys(place, entry.entryId, decision.addedKeys);
    if (isNewSource || decision.addedKeys.length > 0) {
      this.#updates.push(rowOf(place, entry, entry.state, decision.report, entry.version));
    }
    return undefined;
  }

  #addNew(
    decision: Extract<IdentityDecision, { kind: 'new' }>,
    place: AccountReports,
    positions: Positions,
  ): RecordedVersion {
    const position = positions.get(accountKey(place));
    if (!position) throw new Error(`account ${place.accountId} was not locked`);
    const entryId = newId('ent');
    const { report, keys, state } = decision;
    this.#inserts.push({
      orgId: place.orgId,
      entryId,
      accountId: place.accountId,
      version: 1,
      state,
      report,
      sources: [place.source],
      evidence: report.evidence,
      position: position.next,
      seenAt: place.seenAt,
    });
    position.next += 1n;
    this.#addKeys(place, entryId, keys);
    return this.#pushVersion(place, { entryId, version: 1, state, report });
  }

  #addVersion(
    place: AccountReports,
    entry: KnownEntry,
    state: EntryState,
    report: EntryReport,
    addedKeys: readonly string[],
  ): RecordedVersion {
    const version = entry.version + 1;
    this.#updates.push(rowOf(place, entry, state, report, version));
    this.#addKeys(place, entry.entryId, addedKeys);
    const entryId = parseId('ent', entry.entryId);
    return this.#pushVersion(place, { entryId, version, state, report, previous: entry });
  }

  #pushVersion(
    place: AccountReports,
    change: Pick<RecordedVersion, 'entryId' | 'version' | 'state' | 'report'> & {
      readonly previous?: KnownEntry;
    },
  ): RecordedVersion {
    const { orgId, accountId, source, seenAt } = place;
    const version: RecordedVersion = { orgId, accountId, source, seenAt, ...change };
    const inboundId = place.reports.find(({ report }) => report === change.report)?.inboundId;
    this.#versions.push({ ...version, inboundId });
    return version;
  }

  #addKeys(place: AccountReports, entryId: string, keys: readonly string[]): void {
    const { orgId, accountId } = place;
    for (const key of keys) this.#keys.push({ orgId, accountId, key, entryId });
  }

  /** Sends all writes at once; the connection keeps their order. */
  async flush(client: ClientBase): Promise<void> {
    await Promise.all([
      insertEntries(client, this.#inserts),
      updateEntries(client, this.#updates),
      insertKeys(client, this.#keys),
      insertVersions(client, this.#versions),
    ]);
  }
}

function withdrawnReport(entry: KnownEntry): EntryReport {
  return {
    creditDebitIndicator: entry.creditDebitIndicator,
    amount: entry.amount,
    status: 'pending',
    bookingDate: entry.bookingDate,
    remittanceInformation: entry.remittanceInformation,
    evidence: entry.evidence,
  };
}

function rowOf(
  place: AccountReports,
  entry: KnownEntry,
  state: EntryState,
  report: EntryReport,
  version: number,
): EntryRow {
  return {
    orgId: place.orgId,
    entryId: entry.entryId,
    accountId: place.accountId,
    version,
    state,
    // What both sources said stays: the first narrative, and the evidence of either.
    report: version === entry.version ? { ...report, amount: entry.amount } : report,
    sources: [...new Set([...entry.sources, place.source])],
    evidence: [...new Set([...entry.evidence, ...report.evidence])],
    position: 0n,
    seenAt: place.seenAt,
  };
}

async function insertEntries(client: ClientBase, rows: readonly EntryRow[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query({
    name: 'insert-entries',
    text: `INSERT INTO entry (org_id, entry_id, account_id, version, state,
             credit_debit_indicator, amount_minor_units, currency, booking_date,
             remittance_information, evidence, sources, position, balance_after_minor_units,
             booked_at, seen_at)
           SELECT r.org_id, r.entry_id, r.account_id, r.version, r.state, r.indicator, r.amount,
                  r.currency, r.day, r.remittance,
                  ARRAY(SELECT jsonb_array_elements_text(r.evidence)),
                  ARRAY(SELECT jsonb_array_elements_text(r.sources)),
                  r.position, r.balance_after, r.booked_at, r.seen_at
           FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[],
                       $7::numeric[], $8::text[], $9::date[], $10::text[], $11::jsonb[],
                       $12::jsonb[], $13::bigint[], $14::numeric[], $15::timestamptz[],
                       $16::timestamptz[])
             AS r (org_id, entry_id, account_id, version, state, indicator, amount, currency, day,
                   remittance, evidence, sources, position, balance_after, booked_at, seen_at)`,
    values: entryColumns(rows),
  });
}

function entryColumns(rows: readonly EntryRow[]): unknown[] {
  return [
    rows.map((row) => row.orgId),
    rows.map((row) => row.entryId),
    rows.map((row) => row.accountId),
    rows.map((row) => row.version),
    rows.map((row) => row.state),
    rows.map((row) => row.report.creditDebitIndicator),
    rows.map((row) => row.report.amount.amountMinorUnits.toString()),
    rows.map((row) => row.report.amount.currency),
    rows.map((row) => row.report.bookingDate.toString()),
    rows.map((row) => row.report.remittanceInformation),
    rows.map((row) => JSON.stringify(row.evidence)),
    rows.map((row) => JSON.stringify(row.sources)),
    rows.map((row) => row.position.toString()),
    rows.map((row) => row.report.balanceAfter?.amountMinorUnits.toString() ?? null),
    rows.map((row) => row.report.bookedAt?.toString() ?? null),
    rows.map((row) => row.seenAt),
  ];
}

async function updateEntries(client: ClientBase, rows: readonly EntryRow[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query({
    name: 'update-entries',
    text: `UPDATE entry e SET
             version = r.version, state = r.state, credit_debit_indicator = r.indicator,
             amount_minor_units = r.amount,
             -- What was matched with more than is left is freed by whoever matches, who is told so.
             matched_minor_units = least(e.matched_minor_units, r.amount),
             match_state = CASE WHEN e.amount_minor_units = r.amount
                 AND r.state NOT IN ('reversed', 'withdrawn') THEN e.match_state
               WHEN e.match_state = 'exempt' THEN 'exempt' END,
             booking_date = CASE WHEN e.version = r.version THEN e.booking_date ELSE r.day END,
             remittance_information = CASE WHEN e.version = r.version
               THEN e.remittance_information ELSE r.remittance END,
             evidence = ARRAY(SELECT jsonb_array_elements_text(r.evidence)),
             sources = ARRAY(SELECT jsonb_array_elements_text(r.sources)),
             balance_after_minor_units = coalesce(r.balance_after, e.balance_after_minor_units),
             booked_at = coalesce(r.booked_at, e.booked_at)
           FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[],
                       $7::numeric[], $8::text[], $9::date[], $10::text[], $11::jsonb[],
                       $12::jsonb[], $13::bigint[], $14::numeric[], $15::timestamptz[],
                       $16::timestamptz[])
             AS r (org_id, entry_id, account_id, version, state, indicator, amount, currency, day,
                   remittance, evidence, sources, position, balance_after, booked_at, seen_at)
           WHERE e.org_id = r.org_id AND e.entry_id = r.entry_id`,
    values: entryColumns(rows),
  });
}

async function insertKeys(
  client: ClientBase,
  keys: readonly { orgId: string; accountId: string; key: string; entryId: string }[],
): Promise<void> {
  if (keys.length === 0) return;
  await client.query({
    name: 'insert-keys',
    text: `INSERT INTO entry_key (org_id, account_id, key, entry_id)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
           ON CONFLICT (org_id, account_id, key) DO NOTHING`,
    values: [
      keys.map(({ orgId }) => orgId),
      keys.map(({ accountId }) => accountId),
      keys.map(({ key }) => key),
      keys.map(({ entryId }) => entryId),
    ],
  });
}

async function insertVersions(
  client: ClientBase,
  versions: readonly (RecordedVersion & { readonly inboundId?: string | undefined })[],
): Promise<void> {
  if (versions.length === 0) return;
  await client.query({
    name: 'insert-versions',
    text: `INSERT INTO entry_version (org_id, entry_id, version, state, amount_minor_units,
             currency, source, report, inbound_id, seen_at)
           SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::numeric[],
             $6::text[], $7::text[], $8::jsonb[], $9::text[], $10::timestamptz[])`,
    values: [
      versions.map(({ orgId }) => orgId),
      versions.map(({ entryId }) => entryId),
      versions.map(({ version }) => version),
      versions.map(({ state }) => state),
      versions.map(({ report }) => report.amount.amountMinorUnits.toString()),
      versions.map(({ report }) => report.amount.currency),
      versions.map(({ source }) => source),
      versions.map(({ report }) => reportJson(report)),
      versions.map(({ inboundId }) => inboundId ?? null),
      versions.map(({ seenAt }) => seenAt),
    ],
  });
}

/** JSON of a report: amounts as decimal text with their currency, dates and moments as ISO text. */
function reportJson(report: EntryReport): string {
  const { amount, balanceAfter, ...rest } = report;
  return JSON.stringify({
    ...rest,
    amount: { value: formatDecimal(amount), currency: amount.currency },
    ...(balanceAfter
      ? { balanceAfter: { value: formatDecimal(balanceAfter), currency: balanceAfter.currency } }
      : {}),
  });
}

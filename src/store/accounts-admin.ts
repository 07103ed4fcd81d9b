import type { ClientBase } from 'pg';
import type { Connector } from '#connectors/contract.ts';
import type { Instant } from '#core/dates.ts';
import { dayIn, instantFromMs, startOfDay } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { AccountId, ConnectionId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import type { CurrencyCode, Money } from '#core/money.ts';
import { money, parseCurrency } from '#core/money.ts';
import { newId } from '#secret/ids.ts';
import type { Actor, AdminServices } from './orgs.ts';
import { changeSettings, invalidField, isUniqueViolation, parseName, toInstant } from './orgs.ts';

/** A balance with its moment: no figure without "as of" (ask 60). */
export interface StatedBalance {
  readonly type: string;
  readonly amount: Money;
  readonly asOf: Instant;
  readonly source: string;
}

export interface AccountRecord {
  readonly accountId: AccountId;
  readonly connectionId: ConnectionId;
  readonly number: string;
  readonly name: string;
  readonly currency: CurrencyCode;
  readonly zone: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Only Cashbell pays from it: a debit without a payment of ours is an alarm. */
  readonly expectsOnlyOurDebits: boolean;
  readonly identifiers: readonly string[];
  /** Every movement booked before this moment is known. */
  readonly completeAsOf: Instant | undefined;
  readonly gapSince: Instant | undefined;
  readonly staleSince: Instant | undefined;
  readonly balances: readonly StatedBalance[];
  readonly poll: AccountPoll | undefined;
  /** Median of the last hundred entries: from the bank's booking until we saw it. */
  readonly bankDelayMs: number | undefined;
  /** Median of the last hundred notices: from seeing it until DingTalk had it. */
  readonly tellDelayMs: number | undefined;
  readonly createdAt: Instant;
}

export interface AccountPoll {
  readonly nextAt: Instant;
  readonly intervalSeconds: number;
  readonly failures: number;
  readonly lastCode: string | undefined;
  readonly lastSuccessAt: Instant | undefined;
}

interface AccountRow {
  account_id: string;
  connection_id: string;
  number: string;
  name: string;
  currency: string;
  zone: string;
  settings: Record<string, string>;
  expects_only_our_debits: boolean;
  complete_as_of: Date | null;
  gap_since: Date | null;
  stale_since: Date | null;
  created_at: Date;
  identifiers: string[];
  balances: { type: string; amount: string; currency: string; asOf: string; source: string }[];
  next_at: Date | null;
  interval_seconds: number | null;
  failures: number | null;
  last_code: string | null;
  last_success_at: Date | null;
  bank_delay_ms: number | null;
  tell_delay_ms: number | null;
}

// Amounts leave as text: a JSON number would round them.
const SELECT = `
  SELECT a.account_id, a.connection_id, a.number, a.name, a.currency, a.zone, a.settings,
    a.expects_only_our_debits, a.complete_as_of, a.gap_since, a.stale_since, a.created_at,
    ARRAY(SELECT i.identifier FROM account_identifier i
          WHERE i.org_id = a.org_id AND i.account_id = a.account_id ORDER BY 1) AS identifiers,
    COALESCE((
      SELECT jsonb_agg(jsonb_build_object('type', b.type, 'amount', b.amount_minor_units::text,
               'currency', b.currency, 'asOf', b.as_of, 'source', b.source) ORDER BY b.type)
      FROM (SELECT DISTINCT ON (type) * FROM balance
            WHERE org_id = a.org_id AND account_id = a.account_id
            ORDER BY type, as_of DESC) b
    ), '[]') AS balances,
    p.next_at, p.interval_seconds, p.failures, p.last_code, p.last_success_at,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM seen_at - booked_at))
       * 1000
     FROM (SELECT seen_at, booked_at FROM entry
           WHERE org_id = a.org_id AND account_id = a.account_id
           ORDER BY position DESC LIMIT 100) recent
     WHERE booked_at IS NOT NULL) AS bank_delay_ms,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM told_at - seen_at))
       * 1000
     FROM (SELECT n.told_at, v.seen_at
           FROM (SELECT org_id, entry_id FROM entry
                 WHERE org_id = a.org_id AND account_id = a.account_id
                 ORDER BY position DESC LIMIT 100) e
           JOIN notice n ON n.org_id = e.org_id AND n.subject_id = e.entry_id
           JOIN entry_version v ON v.org_id = n.org_id AND v.entry_id = n.subject_id
                                AND v.version = n.subject_version
           WHERE n.told_at IS NOT NULL) told) AS tell_delay_ms
  FROM account a
  JOIN connection c ON c.org_id = a.org_id AND c.connection_id = a.connection_id
  LEFT JOIN poll p ON p.org_id = a.org_id AND p.account_id = a.account_id`;

function toRecord(row: AccountRow): AccountRecord {
  return {
    accountId: parseId('acc', row.account_id),
    connectionId: parseId('con', row.connection_id),
    number: row.number,
    name: row.name,
    currency: parseCurrency(row.currency),
    zone: row.zone,
    settings: row.settings,
    expectsOnlyOurDebits: row.expects_only_our_debits,
    identifiers: row.identifiers,
    completeAsOf: toInstant(row.complete_as_of),
    gapSince: toInstant(row.gap_since),
    staleSince: toInstant(row.stale_since),
    balances: row.balances.map(({ type, amount, currency, asOf, source }) => ({
      type,
      amount: money(BigInt(amount), currency),
      asOf: instantFromMs(Date.parse(asOf)),
      source,
    })),
    poll: toPoll(row),
    bankDelayMs: row.bank_delay_ms === null ? undefined : Math.round(row.bank_delay_ms),
    tellDelayMs: row.tell_delay_ms === null ? undefined : Math.round(row.tell_delay_ms),
    createdAt: instantFromMs(row.created_at.getTime()),
  };
}

function toPoll(row: AccountRow): AccountPoll | undefined {
  if (row.next_at === null || row.interval_seconds === null) return undefined;
  return {
    nextAt: instantFromMs(row.next_at.getTime()),
    intervalSeconds: row.interval_seconds,
    failures: row.failures ?? 0,
    lastCode: row.last_code ?? undefined,
    lastSuccessAt: toInstant(row.last_success_at),
  };
}

/** Accounts of an organisation, or of one connection, with balances, freshness and delays. */
export async function listAccounts(
  services: Pick<AdminServices, 'pool'>,
  scope: { readonly orgId: string; readonly connectionId?: string | undefined },
): Promise<AccountRecord[]> {
  const { rows } = await services.pool.query<AccountRow>(
    `${SELECT} WHERE a.org_id = $1 AND c.state <> 'removed'
       AND ($2::text IS NULL OR a.connection_id = $2) ORDER BY a.account_id`,
    [scope.orgId, scope.connectionId ?? null],
  );
  return rows.map(toRecord);
}

export async function getAccount(
  services: Pick<AdminServices, 'pool'>,
  scope: { readonly orgId: string; readonly accountId: string },
): Promise<AccountRecord> {
  return readAccount(services.pool, scope);
}

async function readAccount(
  client: Pick<ClientBase, 'query'>,
  { orgId, accountId }: { readonly orgId: string; readonly accountId: string },
): Promise<AccountRecord> {
  const { rows } = await client.query<AccountRow>(
    `${SELECT} WHERE a.org_id = $1 AND a.account_id = $2`,
    [orgId, accountId],
  );
  const [row] = rows;
  if (!row)
    throw new CashbellError('api.notFound', { what: 'account', id: accountId.slice(0, 60) });
  return toRecord(row);
}

export interface AccountInput {
  readonly orgId: string;
  readonly connectionId: string;
  /** The connector of that connection: gives zone, identifiers and poll plan. */
  readonly connector: Connector;
  readonly number: string;
  readonly name: string;
  readonly currency: string;
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** How many whole days back the first statement reaches; default 1. */
  readonly historyDays?: number | undefined;
}

const HISTORY_DAYS_DEFAULT = 1;

/** Adds an account under a connection, plans its polls, and says under which names pushes arrive. */
export async function addAccount(
  services: AdminServices,
  input: AccountInput,
  actor: Actor,
): Promise<AccountRecord> {
  const { orgId, connectionId, connector } = input;
  const accountId = newId('acc');
  const number = parseAccountNumber(input.number);
  const name = parseName(input.name);
  const currency = parseCurrency(input.currency);
  const settings = input.settings ?? {};
  const historyDays = parseHistoryDays(input.historyDays, connector);
  return changeSettings(services, { orgId, actor }, async (client) => {
    const { rows } = await client.query<{ connector: string }>(
      `SELECT connector FROM connection
       WHERE org_id = $1 AND connection_id = $2 AND state <> 'removed'`,
      [orgId, connectionId],
    );
    if (rows[0]?.connector !== connector.id) {
      throw new CashbellError('connection.notFound', { id: connectionId.slice(0, 60) });
    }
    try {
      await client.query(
        `INSERT INTO account (org_id, account_id, connection_id, number, name, currency, zone,
                              settings)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          orgId,
          accountId,
          connectionId,
          number,
          name,
          currency,
          connector.traits.zone,
          JSON.stringify(settings),
        ],
      );
      const identifiers = connector.identifiersOf({ number, currency }, settings);
      await writeIdentifiers(client, { orgId, connectionId, accountId }, identifiers);
    } catch (cause) {
      throw toConflict(cause);
    }
    if (connector.exchanges.fetchStatement) {
      const { zone, poll } = connector.traits;
      const today = dayIn(services.now(), zone);
      await client.query(
        `INSERT INTO poll (org_id, account_id, connection_id, next_at, interval_seconds,
                           proven_until)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [
          orgId,
          accountId,
          connectionId,
          services.now().toString(),
          poll.intervalSeconds,
          startOfDay(today.subtract({ days: historyDays }), zone).toString(),
        ],
      );
    }
    const result = await readAccount(client, { orgId, accountId });
    const after = toAudit(result);
    return { result, audit: { action: 'account.added', subject: accountId, after } };
  });
}

/** Renames an account or changes its settings; the number stays, because entries hang on it. */
export async function changeAccount(
  services: AdminServices,
  change: {
    readonly orgId: string;
    readonly accountId: string;
    readonly connector: Connector;
    readonly name?: string | undefined;
    readonly settings?: Readonly<Record<string, string>> | undefined;
    readonly expectsOnlyOurDebits?: boolean | undefined;
  },
  actor: Actor,
): Promise<AccountRecord> {
  const { orgId, accountId, connector } = change;
  return changeSettings(services, { orgId, actor }, async (client) => {
    const before = await readAccount(client, change);
    const name = change.name === undefined ? before.name : parseName(change.name);
    const settings = change.settings ?? before.settings;
    await client.query(
      `UPDATE account SET name = $3, settings = $4, expects_only_our_debits = $5
       WHERE org_id = $1 AND account_id = $2`,
      [
        orgId,
        accountId,
        name,
        JSON.stringify(settings),
        change.expectsOnlyOurDebits ?? before.expectsOnlyOurDebits,
      ],
    );
    await client.query('DELETE FROM account_identifier WHERE org_id = $1 AND account_id = $2', [
      orgId,
      accountId,
    ]);
    const place = { orgId, connectionId: before.connectionId, accountId };
    try {
      await writeIdentifiers(client, place, connector.identifiersOf(before, settings));
    } catch (cause) {
      throw toConflict(cause);
    }
    const result = await readAccount(client, change);
    const audit = {
      action: 'account.changed',
      subject: accountId,
      before: toAudit(before),
      after: toAudit(result),
    };
    return { result, audit };
  });
}

async function writeIdentifiers(
  client: Pick<ClientBase, 'query'>,
  place: { readonly orgId: string; readonly connectionId: string; readonly accountId: string },
  identifiers: readonly string[],
): Promise<void> {
  await client.query(
    `INSERT INTO account_identifier (org_id, connection_id, identifier, account_id)
     SELECT $1, $2, identifier, $4 FROM unnest($3::text[]) identifier`,
    [place.orgId, place.connectionId, [...new Set(identifiers)], place.accountId],
  );
}

function toConflict(cause: unknown): unknown {
  if (!isUniqueViolation(cause)) return cause;
  return new CashbellError(
    'api.conflict',
    { field: 'number', problem: 'this connection already has an account with this number' },
    { cause },
  );
}

/** Spaces and hyphens are how people write a number; the bank wants it without, so we say so. */
function parseAccountNumber(text: string): string {
  if (/^[0-9A-Za-z._:-]{1,64}$/.test(text) && !/^\d+(-\d+)+$/.test(text)) return text;
  if (/^[\d\s-]+$/.test(text)) {
    throw invalidField(
      'number',
      `write it without spaces and hyphens: ${text.replace(/[\s-]/g, '')}`,
    );
  }
  throw invalidField('number', 'must be the account number or id as the bank knows it');
}

function parseHistoryDays(days: number | undefined, connector: Connector): number {
  if (days === undefined) return HISTORY_DAYS_DEFAULT;
  const most = connector.traits.poll.historyDaysMax;
  if (Number.isInteger(days) && days >= 0 && days <= most) return days;
  throw invalidField('historyDays', `must be a whole number from 0 to ${most} at this bank`);
}

function toAudit(record: AccountRecord): unknown {
  const { number, name, currency, zone, settings, identifiers, connectionId } = record;
  const { expectsOnlyOurDebits } = record;
  return {
    connectionId,
    number,
    name,
    currency,
    zone,
    settings,
    identifiers,
    expectsOnlyOurDebits,
  };
}

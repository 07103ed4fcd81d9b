import { CashbellError } from '#core/errors.ts';
import type { MatchState } from '#core/events.ts';
import { money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { CreditDebitIndicator } from '#core/statements.ts';
import { changeAudited, oneOf } from './audited.ts';
import type { Queryable } from './grants.ts';
import { requireGrant } from './grants.ts';
import { ENTRY_IS_OPEN } from './match-lines.ts';
import { changeMatchStates } from './matches.ts';
import { loadSuggestionsOf } from './matches-of-entries.ts';
import { holdLines, settleLines } from './match-locks.ts';
import type { AdminServices } from './orgs.ts';
import { invalidField } from './orgs.ts';
import type { PersonActor } from './persons.ts';
import { requirePerson } from './persons.ts';

export type BreakSide = 'entry' | 'item';

/** A line that nothing, or not enough, belongs to: what people look after. */
export interface Break {
  readonly side: BreakSide;
  readonly lineId: string;
  readonly direction: CreditDebitIndicator;
  readonly amount: Money;
  readonly open: Money;
  /** The entry's booking day; the item's due day, else the day on which it was written down. */
  readonly day: string;
  readonly ageDays: number;
  readonly accountId: string | undefined;
  readonly matchState: MatchState | undefined;
  /** Number of the document, or what the bank wrote. */
  readonly text: string;
  readonly counterpartyName: string | undefined;
  readonly ownerId: string | undefined;
  readonly ownerName: string | undefined;
  readonly note: string;
}

interface BreakRow {
  side: BreakSide;
  line_id: string;
  credit_debit_indicator: CreditDebitIndicator;
  amount_minor_units: string;
  open_minor_units: string;
  currency: string;
  day: string;
  age_days: number;
  account_id: string | null;
  match_state: MatchState | null;
  text: string;
  counterparty_name: string | null;
  owner_id: string | null;
  owner_name: string | null;
  note: string | null;
}

function toBreak(row: BreakRow): Break {
  return {
    side: row.side,
    lineId: row.line_id,
    direction: row.credit_debit_indicator,
    amount: money(BigInt(row.amount_minor_units), row.currency),
    open: money(BigInt(row.open_minor_units), row.currency),
    day: row.day,
    ageDays: row.age_days,
    accountId: row.account_id ?? undefined,
    matchState: row.match_state ?? undefined,
    text: row.text,
    counterpartyName: row.counterparty_name ?? undefined,
    ownerId: row.owner_id ?? undefined,
    ownerName: row.owner_name ?? undefined,
    note: row.note ?? '',
  };
}

export interface BreakQuery {
  readonly orgId: string;
  readonly side: BreakSide;
  readonly accountId?: string | undefined;
  readonly ownerId?: string | undefined;
  /** Ages count to this day. */
  readonly today: string;
  /** Only what is so old at least. */
  readonly olderThanDays?: number | undefined;
  /** Place after which the page begins: day and id of the last line. */
  readonly after?: { readonly day: string; readonly lineId: string } | undefined;
  readonly limit: number;
}

const OWNER = `LEFT JOIN match_break b ON b.org_id = $1 AND b.line_id = q.line_id
  LEFT JOIN person p ON p.org_id = b.org_id AND p.person_id = b.owner_id`;

const ENTRY_BREAKS = `SELECT 'entry' AS side, e.entry_id AS line_id, e.credit_debit_indicator,
    e.amount_minor_units, e.amount_minor_units - e.matched_minor_units AS open_minor_units,
    e.currency, e.booking_date AS day, e.account_id, e.match_state,
    e.remittance_information AS text, v.report->'counterparty'->>'name' AS counterparty_name
  FROM entry e LEFT JOIN entry_version v ON v.org_id = e.org_id AND v.entry_id = e.entry_id
    AND v.version = e.version
  WHERE e.org_id = $1 AND ${ENTRY_IS_OPEN} AND ($2::text IS NULL OR e.account_id = $2)`;

const ITEM_BREAKS = `SELECT 'item' AS side, i.item_id AS line_id, i.credit_debit_indicator,
    i.amount_minor_units, i.amount_minor_units - i.settled_minor_units AS open_minor_units,
    i.currency, coalesce(i.due_on, i.created_at::date) AS day, i.account_id,
    NULL::text AS match_state, coalesce(i.number, i.description) AS text, i.counterparty_name
  FROM expected_item i
  WHERE i.org_id = $1 AND i.state = 'open' AND ($2::text IS NULL OR i.account_id = $2)`;

/** Open lines of one side, the oldest first. */
export async function listBreaks(client: Queryable, query: BreakQuery): Promise<Break[]> {
  const { rows } = await client.query<BreakRow>(
    `SELECT q.*, q.day::text AS day, $3::date - q.day AS age_days, b.owner_id,
            p.name AS owner_name, b.note
     FROM (${query.side === 'entry' ? ENTRY_BREAKS : ITEM_BREAKS}) q ${OWNER}
     WHERE ($4::text IS NULL OR b.owner_id = $4)
       AND ($5::int IS NULL OR $3::date - q.day >= $5)
       AND ($6::date IS NULL OR (q.day, q.line_id) > ($6::date, $7::text))
     ORDER BY q.day, q.line_id LIMIT $8`,
    [
      query.orgId,
      query.accountId ?? null,
      query.today,
      query.ownerId ?? null,
      query.olderThanDays ?? null,
      query.after?.day ?? null,
      query.after?.lineId ?? null,
      query.limit,
    ],
  );
  return rows.map(toBreak);
}

export interface BreakNote {
  readonly lineId: string;
  /** `null` takes the owner away; absent leaves whoever it is. */
  readonly ownerId?: string | null | undefined;
  readonly note?: string | undefined;
}

/** Says who looks after an open line, and what is known of it. */
export async function noteBreak(
  services: AdminServices,
  by: PersonActor,
  change: BreakNote,
): Promise<void> {
  const { lineId, ownerId, note } = change;
  const side = sideOf(lineId);
  await changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const accountId = await accountOf(client, by.orgId, side, lineId);
    await requireGrant(client, { ...by, action: 'match.decide', accountId, at: services.now() });
    if (ownerId !== undefined && ownerId !== null) await requirePerson(client, by.orgId, ownerId);
    await client.query(
      `INSERT INTO match_break AS b (org_id, line_id, side, owner_id, note, changed_by, changed_at)
       VALUES ($1, $2, $3, $4, coalesce($5, ''), $6, $7)
       ON CONFLICT (org_id, line_id) DO UPDATE SET
         owner_id = CASE WHEN $8 THEN excluded.owner_id ELSE b.owner_id END,
         note = coalesce($5, b.note), changed_by = excluded.changed_by,
         changed_at = excluded.changed_at`,
      [
        by.orgId,
        lineId,
        side,
        ownerId ?? null,
        note ?? null,
        by.personId,
        new Date(services.now().epochMilliseconds),
        ownerId !== undefined,
      ],
    );
    return { result: undefined, audit: { action: 'break.noted', subject: lineId, after: change } };
  });
}

function sideOf(lineId: string): BreakSide {
  if (lineId.startsWith('ent_')) return 'entry';
  if (lineId.startsWith('itm_')) return 'item';
  throw new CashbellError('api.notFound', { what: 'line', id: lineId.slice(0, 60) });
}

async function accountOf(
  client: Queryable,
  orgId: string,
  side: BreakSide,
  lineId: string,
): Promise<string | undefined> {
  const { rows } = await client.query<{ account_id: string | null }>(
    side === 'entry'
      ? 'SELECT account_id FROM entry WHERE org_id = $1 AND entry_id = $2'
      : 'SELECT account_id FROM expected_item WHERE org_id = $1 AND item_id = $2',
    [orgId, lineId],
  );
  return oneOf(rows, side, lineId).account_id ?? undefined;
}

const REASON_MAX = 400;

/** Says that nothing belongs to an entry, such as interest or a bank's charge; or takes that back. */
export async function exemptEntry(
  services: AdminServices,
  by: PersonActor,
  exemption: { readonly entryId: string; readonly reason: string; readonly isExempt: boolean },
): Promise<void> {
  const { entryId, isExempt } = exemption;
  const reason = exemption.reason.trim();
  if (reason === '' || reason.length > REASON_MAX) {
    throw invalidField('reason', `must be 1 to ${REASON_MAX} characters`);
  }
  await changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = new Date(services.now().epochMilliseconds);
    const held = await holdLines(client, by.orgId, { entryIds: [entryId], itemIds: [] });
    const entry = held.entries.get(entryId);
    if (!entry) throw new CashbellError('api.notFound', { what: 'entry', id: entryId });
    const { accountId, isLocked, matchState } = entry;
    await requireGrant(client, { ...by, action: 'match.decide', accountId, at: services.now() });
    if (isLocked) throw new CashbellError('match.periodLocked', { match: entryId });
    const isUsed = matchState === 'matched' || matchState === 'partial';
    if (isUsed || (matchState === 'exempt') === isExempt) {
      throw new CashbellError('match.stateChanged', { state: matchState ?? 'open' });
    }
    const suggestions = await loadSuggestionsOf(client, by.orgId, [entryId]);
    const superseded = suggestions.map(({ matchId }) => matchId);
    await changeMatchStates(client, by.orgId, superseded, {
      state: 'superseded',
      by: by.personId,
      now,
    });
    await client.query('UPDATE entry SET match_state = $3 WHERE org_id = $1 AND entry_id = $2', [
      by.orgId,
      entryId,
      isExempt ? 'exempt' : null,
    ]);
    await client.query(
      `INSERT INTO match_break AS b
         (org_id, line_id, side, exempt_reason, changed_by, changed_at)
       VALUES ($1, $2, 'entry', $3, $4, $5)
       ON CONFLICT (org_id, line_id) DO UPDATE SET exempt_reason = excluded.exempt_reason,
         changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
      [by.orgId, entryId, isExempt ? reason : null, by.personId, now],
    );
    if (isExempt) await settleLines(client, by.orgId, { entryIds: [entryId], itemIds: [] }, now);
    const action = isExempt ? 'entry.exempted' : 'entry.exemptionEnded';
    return { result: undefined, audit: { action, subject: entryId, after: { reason } } };
  });
}

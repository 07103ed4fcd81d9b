import { dayIn } from '#core/dates.ts';
import { epochDayOf } from '#core/epoch-day.ts';
import type { Alias, BandRecord, MatchBasis, Refusal } from '#core/matches.ts';
import { newId } from '#secret/ids.ts';
import { changeAudited, oneOf } from './audited.ts';
import type { Queryable } from './grants.ts';
import { requireGrant } from './grants.ts';
import type { AdminServices } from './orgs.ts';
import { toInstant } from './orgs.ts';
import type { PersonActor } from './persons.ts';

/** What decisions taught: this writing at the bank is that party of our books. */
export interface StoredAlias {
  readonly aliasId: string;
  /** `name:`, `account:` or `text:` and what the bank writes, folded. */
  readonly bankKey: string;
  /** The folded name, or `#` and the number, of the party in our books. */
  readonly partyKey: string;
  readonly confirmed: number;
  readonly refused: number;
  readonly lastConfirmedAt: Date | undefined;
  readonly lastRefusedAt: Date | undefined;
}

interface AliasRow {
  alias_id: string;
  bank_key: string;
  counterparty_fold: string;
  confirmed: number;
  refused: number;
  last_confirmed_at: Date | null;
  last_refused_at: Date | null;
}

function toAlias(row: AliasRow): StoredAlias {
  return {
    aliasId: row.alias_id,
    bankKey: row.bank_key,
    partyKey: row.counterparty_fold,
    confirmed: row.confirmed,
    refused: row.refused,
    lastConfirmedAt: row.last_confirmed_at ?? undefined,
    lastRefusedAt: row.last_refused_at ?? undefined,
  };
}

/** Aliases of an organisation: all of them, or those of some writings. */
export async function loadAliases(
  client: Queryable,
  orgId: string,
  bankKeys?: readonly string[],
): Promise<StoredAlias[]> {
  if (bankKeys?.length === 0) return [];
  const { rows } = await client.query<AliasRow>({
    name: 'load-aliases',
    text: `SELECT alias_id, bank_key, counterparty_fold, confirmed, refused, last_confirmed_at,
                  last_refused_at
           FROM match_alias
           WHERE org_id = $1 AND removed_at IS NULL
             AND ($2::text[] IS NULL OR bank_key = ANY($2::text[]))
           ORDER BY alias_id`,
    values: [orgId, bankKeys ?? null],
  });
  return rows.map(toAlias);
}

/** An alias as the engine weighs it; all its refusals count from the newest. */
export function toEngineAlias(alias: StoredAlias): Alias | undefined {
  const end = alias.bankKey.indexOf(':');
  const kind = alias.bankKey.slice(0, end);
  if (kind !== 'name' && kind !== 'account' && kind !== 'text') return undefined;
  const refusedOn = alias.lastRefusedAt ? dayOf(alias.lastRefusedAt) : 0;
  return {
    kind,
    text: alias.bankKey.slice(end + 1),
    counterpartyKey: alias.partyKey,
    confirmations: alias.confirmed,
    refusedOn: Array.from({ length: alias.refused }, () => refusedOn),
  };
}

function dayOf(date: Date): number {
  return epochDayOf(dayIn(toInstant(date), 'UTC'));
}

/** A writing of the bank and the party that a decision said it is, or is not. */
export interface AliasNote {
  readonly bankKey: string;
  readonly partyKey: string;
}

/** Counts what a person's decision says about writings. */
export async function noteAliases(
  client: Queryable,
  orgId: string,
  notes: readonly AliasNote[],
  decision: { readonly isRight: boolean; readonly now: Date },
): Promise<void> {
  const once = new Map(notes.map((note) => [`${note.bankKey}\n${note.partyKey}`, note]));
  if (once.size === 0) return;
  const sorted = [...once.entries()].sort(([left], [right]) => (left < right ? -1 : 1));
  const [count, at] = decision.isRight
    ? ['confirmed', 'last_confirmed_at']
    : ['refused', 'last_refused_at'];
  await client.query(
    `INSERT INTO match_alias AS a (org_id, alias_id, bank_key, counterparty_fold, ${count}, ${at})
     SELECT $1, r.alias_id, r.bank_key, r.party_key, 1, $5
     FROM unnest($2::text[], $3::text[], $4::text[]) AS r (alias_id, bank_key, party_key)
     ON CONFLICT (org_id, bank_key, counterparty_fold) DO UPDATE SET
       ${count} = CASE WHEN a.removed_at IS NULL THEN a.${count} + 1 ELSE 1 END,
       ${at} = excluded.${at}, removed_at = NULL`,
    [
      orgId,
      sorted.map(() => newId('als')),
      sorted.map(([, { bankKey }]) => bankKey),
      sorted.map(([, { partyKey }]) => partyKey),
      decision.now,
    ],
  );
}

/** Forgets what was learnt of a writing. */
export async function removeAlias(
  services: AdminServices,
  by: PersonActor,
  aliasId: string,
): Promise<void> {
  await changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    await requireGrant(client, { ...by, action: 'match.undo', at: services.now() });
    const { rows } = await client.query<AliasRow>(
      `UPDATE match_alias SET removed_at = $3, confirmed = 0, refused = 0
       WHERE org_id = $1 AND alias_id = $2 AND removed_at IS NULL
       RETURNING alias_id, bank_key, counterparty_fold, confirmed, refused, last_confirmed_at,
         last_refused_at`,
      [by.orgId, aliasId, new Date(services.now().epochMilliseconds)],
    );
    const { bankKey, partyKey } = toAlias(oneOf(rows, 'alias', aliasId));
    const audit = { action: 'match.aliasRemoved', subject: aliasId, before: { bankKey, partyKey } };
    return { result: undefined, audit };
  });
}

/** What people said no to, for some entries or for all: a system's own correction is no opinion. */
export async function loadRefusals(
  client: Queryable,
  orgId: string,
  entryIds?: readonly string[],
): Promise<Refusal[]> {
  if (entryIds?.length === 0) return [];
  const { rows } = await client.query<{ entry_id: string; item_id: string; at: Date }>({
    name: entryIds ? 'load-refusals-of' : 'load-refusals',
    text: `SELECT l.entry_id, l.item_id, max(coalesce(m.undone_at, m.decided_at)) AS at
           FROM match m JOIN match_leg l ON l.org_id = m.org_id AND l.match_id = m.match_id
           WHERE m.org_id = $1 AND m.state IN ('refused', 'undone') AND l.role = 'allocation'
             AND coalesce(m.undone_by, m.decided_by) <> 'system'
             AND coalesce(m.undone_at, m.decided_at) > $2
             ${entryIds ? 'AND l.entry_id = ANY($3::text[])' : ''}
           GROUP BY l.entry_id, l.item_id`,
    values: [orgId, new Date(Date.now() - REFUSAL_MAX_MS), ...(entryIds ? [entryIds] : [])],
  });
  return rows.map((row) => ({
    entryId: row.entry_id,
    itemId: row.item_id,
    refusedOn: dayOf(row.at),
  }));
}

/** By then a refusal weighs a sixteenth and is as good as forgotten. */
const REFUSAL_MAX_MS = 720 * 86_400_000;

/** People's decisions by band of probability. */
export async function loadBands(client: Queryable, orgId: string): Promise<BandRecord[]> {
  const { rows } = await client.query<{
    basis: MatchBasis;
    band: number;
    right_count: number;
    wrong_count: number;
  }>({
    name: 'load-bands',
    text: `SELECT basis, band, right_count, wrong_count FROM match_band WHERE org_id = $1
           ORDER BY basis, band`,
    values: [orgId],
  });
  return rows.map((row) => ({
    basis: row.basis,
    band: row.band,
    right: row.right_count,
    wrong: row.wrong_count,
  }));
}

/** Counts one decision in its band; `delta` -1 takes one back. */
export async function noteBand(
  client: Queryable,
  orgId: string,
  note: { readonly basis: MatchBasis; readonly band: number; readonly isRight: boolean },
  delta: 1 | -1 = 1,
): Promise<void> {
  const column = note.isRight ? 'right_count' : 'wrong_count';
  await client.query(
    `INSERT INTO match_band AS b (org_id, basis, band, ${column})
     VALUES ($1, $2, $3, greatest($4, 0))
     ON CONFLICT (org_id, basis, band) DO UPDATE SET ${column} = greatest(b.${column} + $4, 0)`,
    [orgId, note.basis, note.band, delta],
  );
}

import { createHash } from 'node:crypto';
import type { Instant } from '#core/dates.ts';
import type { MatchId, MatchRunId, OrgId } from '#core/ids.ts';
import type { MatchReason } from '#core/match-reasons.ts';
import type { MatchAlternative, MatchBasis, MatchKind } from '#core/matches.ts';
import { money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import { newId } from '#secret/ids.ts';
import type { Queryable } from './grants.ts';
import { toInstant } from './orgs.ts';

export const storedMatchStates = [
  'suggested',
  'standing',
  'refused',
  'undone',
  'superseded',
] as const;
export type StoredMatchState = (typeof storedMatchStates)[number];
export type StoredMatchBasis = MatchBasis | 'person';
export type LegRole = 'allocation' | 'netting' | 'transfer' | 'fee' | 'exchange' | 'tolerance';

/** A part of a match: so much of an entry for so much of an item, or what is left between them. */
export interface MatchLeg {
  readonly role: LegRole;
  readonly entryId?: string | undefined;
  readonly itemId?: string | undefined;
  readonly otherEntryId?: string | undefined;
  readonly entryAmount?: Money | undefined;
  readonly itemAmount?: Money | undefined;
  readonly residual?: Money | undefined;
  readonly rate?: string | undefined;
  readonly rateSource?: string | undefined;
  readonly toleranceRuleId?: string | undefined;
}

/** A match that is about to be written. */
export interface NewMatch {
  readonly runId?: string | undefined;
  readonly kind: MatchKind;
  readonly state: 'suggested' | 'standing';
  readonly basis: StoredMatchBasis;
  readonly decision: 'automatic' | 'person' | 'none';
  readonly probability?: number | undefined;
  readonly reasons: readonly MatchReason[];
  readonly whyNotAutomatic?: MatchReason | undefined;
  readonly alternatives: readonly MatchAlternative[];
  readonly decidedBy?: string | undefined;
  readonly reversesMatchId?: string | undefined;
  readonly legs: readonly MatchLeg[];
}

/** A match as our database holds it. */
export interface StoredMatch {
  readonly orgId: OrgId;
  readonly matchId: MatchId;
  readonly runId: MatchRunId | undefined;
  readonly kind: MatchKind;
  readonly state: StoredMatchState;
  readonly basis: StoredMatchBasis;
  readonly decision: 'automatic' | 'person' | 'none';
  readonly probability: number | undefined;
  readonly suggestedProbability: number | undefined;
  readonly reasons: readonly MatchReason[];
  readonly whyNotAutomatic: MatchReason | undefined;
  readonly alternatives: readonly MatchAlternative[];
  readonly decidedBy: string | undefined;
  readonly decidedAt: Instant | undefined;
  readonly undoneBy: string | undefined;
  readonly undoneAt: Instant | undefined;
  readonly undoReason: string | undefined;
  readonly reversesMatchId: string | undefined;
  readonly version: number;
  readonly createdAt: Instant;
  readonly legs: readonly MatchLeg[];
}

export interface MatchRow {
  org_id: OrgId;
  match_id: MatchId;
  run_id: MatchRunId | null;
  kind: MatchKind;
  state: StoredMatchState;
  basis: StoredMatchBasis;
  decision: 'automatic' | 'person' | 'none';
  probability: string | null;
  suggested_probability: string | null;
  reasons: MatchReason[];
  why_not_automatic: MatchReason | null;
  alternatives: MatchAlternative[];
  decided_by: string | null;
  decided_at: Date | null;
  undone_by: string | null;
  undone_at: Date | null;
  undo_reason: string | null;
  reverses_match_id: string | null;
  version: number;
  created_at: Date;
}

interface LegRow {
  match_id: string;
  role: LegRole;
  entry_id: string | null;
  item_id: string | null;
  other_entry_id: string | null;
  entry_minor_units: string | null;
  entry_currency: string | null;
  item_minor_units: string | null;
  item_currency: string | null;
  residual_minor_units: string | null;
  residual_currency: string | null;
  rate: string | null;
  rate_source: string | null;
  tolerance_rule_id: string | null;
}

/** Columns of a match `m`. */
export const MATCH_COLUMNS = `m.org_id, m.match_id, m.run_id, m.kind, m.state, m.basis, m.decision,
  m.probability, m.suggested_probability, m.reasons, m.why_not_automatic, m.alternatives,
  m.decided_by, m.decided_at, m.undone_by, m.undone_at, m.undo_reason, m.reverses_match_id,
  m.version, m.created_at`;

function toMatch(row: MatchRow, legs: readonly MatchLeg[]): StoredMatch {
  const share = (text: string | null): number | undefined =>
    text === null ? undefined : Number(text);
  return {
    orgId: row.org_id,
    matchId: row.match_id,
    runId: row.run_id ?? undefined,
    kind: row.kind,
    state: row.state,
    basis: row.basis,
    decision: row.decision,
    probability: share(row.probability),
    suggestedProbability: share(row.suggested_probability),
    reasons: row.reasons,
    whyNotAutomatic: row.why_not_automatic ?? undefined,
    alternatives: row.alternatives,
    decidedBy: row.decided_by ?? undefined,
    decidedAt: toInstant(row.decided_at),
    undoneBy: row.undone_by ?? undefined,
    undoneAt: toInstant(row.undone_at),
    undoReason: row.undo_reason ?? undefined,
    reversesMatchId: row.reverses_match_id ?? undefined,
    version: row.version,
    createdAt: toInstant(row.created_at),
    legs,
  };
}

function toLeg(row: LegRow): MatchLeg {
  const amount = (units: string | null, currency: string | null): Money | undefined =>
    units === null || currency === null ? undefined : money(BigInt(units), currency);
  return {
    role: row.role,
    entryId: row.entry_id ?? undefined,
    itemId: row.item_id ?? undefined,
    otherEntryId: row.other_entry_id ?? undefined,
    entryAmount: amount(row.entry_minor_units, row.entry_currency),
    itemAmount: amount(row.item_minor_units, row.item_currency),
    residual: amount(row.residual_minor_units, row.residual_currency),
    rate: row.rate ?? undefined,
    rateSource: row.rate_source ?? undefined,
    toleranceRuleId: row.tolerance_rule_id ?? undefined,
  };
}

/** Adds the legs of rows that a question found, in its order. */
export async function withLegs(
  client: Queryable,
  orgId: string,
  rows: readonly MatchRow[],
): Promise<StoredMatch[]> {
  if (rows.length === 0) return [];
  const { rows: legRows } = await client.query<LegRow>({
    name: 'load-match-legs',
    text: `SELECT match_id, role, entry_id, item_id, other_entry_id, entry_minor_units,
                  entry_currency, item_minor_units, item_currency, residual_minor_units,
                  residual_currency, rate, rate_source, tolerance_rule_id
           FROM match_leg WHERE org_id = $1 AND match_id = ANY($2::text[]) ORDER BY match_id, leg`,
    values: [orgId, rows.map((row) => row.match_id)],
  });
  const legs = new Map<string, MatchLeg[]>();
  for (const row of legRows) {
    const list = legs.get(row.match_id) ?? [];
    if (list.length === 0) legs.set(row.match_id, list);
    list.push(toLeg(row));
  }
  return rows.map((row) => toMatch(row, legs.get(row.match_id) ?? []));
}

/** Matches by their ids, locked for a change, in one order. */
export async function lockMatches(
  client: Queryable,
  orgId: string,
  matchIds: readonly string[],
): Promise<StoredMatch[]> {
  const { rows } = await client.query<MatchRow>(
    `SELECT ${MATCH_COLUMNS} FROM match m
     WHERE m.org_id = $1 AND m.match_id = ANY($2::text[]) ORDER BY m.match_id FOR UPDATE`,
    [orgId, matchIds],
  );
  return withLegs(client, orgId, rows);
}

/** Matches by their ids, in the order of the ids; those that are not there are left out. */
export async function loadMatches(
  client: Queryable,
  orgId: string,
  matchIds: readonly string[],
): Promise<StoredMatch[]> {
  const { rows } = await client.query<MatchRow>(
    `SELECT ${MATCH_COLUMNS} FROM match m
     WHERE m.org_id = $1 AND m.match_id = ANY($2::text[]) ORDER BY m.match_id`,
    [orgId, matchIds],
  );
  return withLegs(client, orgId, rows);
}

/** One match, or nothing. */
export async function getMatch(
  client: Queryable,
  orgId: string,
  matchId: string,
): Promise<StoredMatch | undefined> {
  return (await loadMatches(client, orgId, [matchId]))[0];
}

/** Lines and amounts as one word: equal for an equal match, whatever the order. */
export function signatureOf({ kind, legs }: Pick<NewMatch, 'kind' | 'legs'>): string {
  const parts = legs.map((leg) =>
    [
      leg.role,
      leg.entryId,
      leg.itemId,
      leg.otherEntryId,
      leg.entryAmount?.amountMinorUnits.toString(),
      leg.itemAmount?.amountMinorUnits.toString(),
      leg.residual?.amountMinorUnits.toString(),
    ].join(' '),
  );
  return createHash('sha256')
    .update([kind, ...parts.toSorted()].join('\n'))
    .digest('base64url')
    .slice(0, 22);
}

/** Writes matches with their legs; what they use up is counted by `settleLines` after it. */
export async function insertMatches(
  client: Queryable,
  orgId: string,
  matches: readonly NewMatch[],
  now: Date,
): Promise<readonly MatchId[]> {
  if (matches.length === 0) return [];
  const ids = matches.map(() => newId('mat'));
  const json = (value: unknown): string | null =>
    value === undefined ? null : JSON.stringify(value);
  const share = ({ probability }: NewMatch): string | null => probability?.toFixed(6) ?? null;
  const isDecided = ({ state }: NewMatch): boolean => state === 'standing';
  await client.query({
    name: 'insert-matches',
    text: `INSERT INTO match (org_id, match_id, run_id, kind, state, basis, decision, probability,
             reasons, why_not_automatic, alternatives, suggested_probability, decided_by, decided_at,
             reverses_match_id, signature, created_at)
           SELECT $1, r.match_id, r.run_id, r.kind, r.state, r.basis, r.decision, r.probability,
                  r.reasons, r.why, r.alternatives, r.suggested, r.decided_by,
                  CASE WHEN r.state = 'standing' THEN $2::timestamptz END, r.reverses, r.signature,
                  $2
           FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                       $9::numeric[], $10::jsonb[], $11::jsonb[], $12::jsonb[], $13::numeric[],
                       $14::text[], $15::text[], $16::text[])
             AS r (match_id, run_id, kind, state, basis, decision, probability, reasons, why,
                   alternatives, suggested, decided_by, reverses, signature)`,
    values: [
      orgId,
      now,
      ids,
      matches.map(({ runId }) => runId ?? null),
      matches.map(({ kind }) => kind),
      matches.map(({ state }) => state),
      matches.map(({ basis }) => basis),
      matches.map(({ decision }) => decision),
      matches.map(share),
      matches.map(({ reasons }) => json(reasons)),
      matches.map(({ whyNotAutomatic }) => json(whyNotAutomatic)),
      matches.map(({ alternatives }) => json(alternatives)),
      matches.map((match) => (isDecided(match) ? null : share(match))),
      matches.map(({ decidedBy }) => decidedBy ?? null),
      matches.map(({ reversesMatchId }) => reversesMatchId ?? null),
      matches.map(signatureOf),
    ],
  });
  await insertLegs(
    client,
    orgId,
    matches.flatMap(({ legs }, place) => numbered(legs, ids[place])),
  );
  return ids;
}

function numbered(legs: readonly MatchLeg[], matchId = '') {
  return legs.map((leg, place) => ({ leg, number: place + 1, matchId }));
}

async function insertLegs(
  client: Queryable,
  orgId: string,
  legs: readonly { readonly leg: MatchLeg; readonly number: number; readonly matchId: string }[],
): Promise<void> {
  const units = (amount: Money | undefined): string | null =>
    amount?.amountMinorUnits.toString() ?? null;
  await client.query({
    name: 'insert-match-legs',
    text: `INSERT INTO match_leg (org_id, match_id, leg, role, entry_id, item_id, other_entry_id,
             entry_minor_units, entry_currency, item_minor_units, item_currency,
             residual_minor_units, residual_currency, rate, rate_source, tolerance_rule_id)
           SELECT $1, r.* FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::text[],
             $7::text[], $8::numeric[], $9::text[], $10::numeric[], $11::text[], $12::numeric[],
             $13::text[], $14::text[], $15::text[], $16::text[]) AS r`,
    values: [
      orgId,
      legs.map(({ matchId }) => matchId),
      legs.map(({ number }) => number),
      legs.map(({ leg }) => leg.role),
      legs.map(({ leg }) => leg.entryId ?? null),
      legs.map(({ leg }) => leg.itemId ?? null),
      legs.map(({ leg }) => leg.otherEntryId ?? null),
      legs.map(({ leg }) => units(leg.entryAmount)),
      legs.map(({ leg }) => leg.entryAmount?.currency ?? null),
      legs.map(({ leg }) => units(leg.itemAmount)),
      legs.map(({ leg }) => leg.itemAmount?.currency ?? null),
      legs.map(({ leg }) => units(leg.residual)),
      legs.map(({ leg }) => leg.residual?.currency ?? null),
      legs.map(({ leg }) => leg.rate ?? null),
      legs.map(({ leg }) => leg.rateSource ?? null),
      legs.map(({ leg }) => leg.toleranceRuleId ?? null),
    ],
  });
}

/** Moves matches to another state, with who did it and when. */
export async function changeMatchStates(
  client: Queryable,
  orgId: string,
  matchIds: readonly string[],
  change: {
    readonly state: StoredMatchState;
    readonly by: string;
    readonly now: Date;
    readonly reason?: string | undefined;
    readonly isDecision?: boolean;
  },
): Promise<void> {
  if (matchIds.length === 0) return;
  const isUndone = change.state === 'undone';
  await client.query({
    name: 'change-match-states',
    text: `UPDATE match SET state = $3, version = version + 1,
             decision = CASE WHEN $7 THEN 'person' ELSE decision END,
             decided_by = CASE WHEN $7 THEN $4 ELSE decided_by END,
             decided_at = CASE WHEN $7 THEN $5 ELSE decided_at END,
             undone_by = CASE WHEN $8 THEN $4 ELSE undone_by END,
             undone_at = CASE WHEN $8 THEN $5 ELSE undone_at END,
             undo_reason = CASE WHEN $8 THEN $6 ELSE undo_reason END
           WHERE org_id = $1 AND match_id = ANY($2::text[])`,
    values: [
      orgId,
      matchIds,
      change.state,
      change.by,
      change.now,
      change.reason ?? null,
      change.isDecision ?? false,
      isUndone,
    ],
  });
}

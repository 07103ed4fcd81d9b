import type { ClientBase } from 'pg';
import type {
  ClaimAct,
  ClaimEnding,
  ClaimLife,
  ClaimParty,
  ClaimState,
  ClaimSubject,
} from '#core/claims.ts';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { AccountId, ClaimId, DestinationId, EntryId, OrgId } from '#core/ids.ts';
import { parseId } from '#core/ids.ts';
import type { Language } from '#core/languages.ts';
import { oneOf } from './audited.ts';
import type { Queryable } from './grants.ts';
import { parseLanguage, toInstant } from './orgs.ts';

/** A receipt that is asked about, as it stands. */
export interface Claim {
  readonly orgId: OrgId;
  readonly claimId: ClaimId;
  /** What people call it. */
  readonly number: number;
  readonly entryId: EntryId;
  readonly accountId: AccountId;
  readonly destinationId: DestinationId;
  readonly language: Language;
  readonly version: number;
  readonly life: ClaimLife;
  readonly matchId: string | undefined;
  readonly settledBy: string | undefined;
  readonly ending: ClaimEnding | undefined;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
}

export interface ClaimRow {
  org_id: string;
  claim_id: string;
  number: number;
  entry_id: string;
  account_id: string;
  destination_id: string;
  language: string;
  state: ClaimState;
  version: number;
  claimed_by: string | null;
  claimed_for: ClaimSubject | null;
  note: string | null;
  claimed_at: Date | null;
  rivals: ClaimParty[];
  due_at: Date | null;
  reminders: number;
  match_id: string | null;
  settled_by: string | null;
  closed_because: ClaimEnding | null;
  created_at: Date;
  changed_at: Date;
}

export const CLAIM_COLUMNS = `c.org_id, c.claim_id, c.number, c.entry_id, c.account_id,
  c.destination_id, c.language, c.state, c.version, c.claimed_by, c.claimed_for, c.note,
  c.claimed_at, c.rivals, c.due_at, c.reminders, c.match_id, c.settled_by, c.closed_because,
  c.created_at, c.changed_at`;

export function toClaim(row: ClaimRow): Claim {
  return {
    orgId: parseId('org', row.org_id),
    claimId: parseId('clm', row.claim_id),
    number: row.number,
    entryId: parseId('ent', row.entry_id),
    accountId: parseId('acc', row.account_id),
    destinationId: parseId('dst', row.destination_id),
    language: parseLanguage(row.language),
    version: row.version,
    life: {
      state: row.state,
      parties: [...firstParty(row), ...row.rivals],
      reminders: row.reminders,
      dueAtMs: row.due_at?.getTime(),
    },
    matchId: row.match_id ?? undefined,
    settledBy: row.settled_by ?? undefined,
    ending: row.closed_because ?? undefined,
    createdAt: toInstant(row.created_at),
    changedAt: toInstant(row.changed_at),
  };
}

function firstParty({ claimed_by, claimed_for, note, claimed_at }: ClaimRow): ClaimParty[] {
  if (claimed_by === null || claimed_at === null) return [];
  const party = {
    personId: claimed_by,
    subject: claimed_for ?? { text: '', items: [] },
    atMs: claimed_at.getTime(),
  };
  return [note === null ? party : { ...party, note }];
}

/** Names a claim by its id or by its number. */
export interface ClaimRef {
  readonly orgId: string;
  readonly claim: string | number;
}

/** A claim; its row is locked until the end of the transaction when that is asked for. */
export async function findClaim(
  client: Queryable,
  { orgId, claim }: ClaimRef,
  isLocked = false,
): Promise<Claim | undefined> {
  const { rows } = await client.query<ClaimRow>(
    `SELECT ${CLAIM_COLUMNS} FROM claim c
     WHERE c.org_id = $1 AND ${typeof claim === 'number' ? 'c.number' : 'c.claim_id'} = $2
     ${isLocked ? 'FOR UPDATE' : ''}`,
    [orgId, claim],
  );
  const [row] = rows;
  return row && toClaim(row);
}

export async function requireClaim(
  client: Queryable,
  ref: ClaimRef,
  isLocked = false,
): Promise<Claim> {
  const found = await findClaim(client, ref, isLocked);
  if (found) return found;
  throw new CashbellError('api.notFound', { what: 'claim', id: String(ref.claim).slice(0, 60) });
}

/** Claims of an organisation, newest first. */
export async function listClaims(
  client: Queryable,
  scope: {
    readonly orgId: string;
    readonly states?: readonly ClaimState[] | undefined;
    readonly accountId?: string | undefined;
    /** Claims with a smaller number. */
    readonly before?: number | undefined;
    readonly limit: number;
  },
): Promise<Claim[]> {
  const { rows } = await client.query<ClaimRow>(
    `SELECT ${CLAIM_COLUMNS} FROM claim c
     WHERE c.org_id = $1 AND ($2::text[] IS NULL OR c.state = ANY($2))
       AND ($3::text IS NULL OR c.account_id = $3) AND ($4::int IS NULL OR c.number < $4)
     ORDER BY c.number DESC LIMIT $5`,
    [scope.orgId, scope.states ?? null, scope.accountId ?? null, scope.before ?? null, scope.limit],
  );
  return rows.map(toClaim);
}

export interface NewClaim {
  readonly orgId: string;
  readonly claimId: ClaimId;
  readonly entryId: string;
  readonly accountId: string;
  readonly destinationId: string;
  readonly language: Language;
  readonly life: ClaimLife;
}

/**
 * Asks about a receipt; undefined when it is asked about already. The caller holds the row of the
 * organisation, so that numbers have no gap and no double.
 */
export async function insertClaim(
  client: ClientBase,
  claim: NewClaim,
  at: Date,
): Promise<Claim | undefined> {
  const { life } = claim;
  const { rows } = await client.query<ClaimRow>(
    `INSERT INTO claim AS c (org_id, claim_id, number, entry_id, account_id, destination_id,
       language, state, reminders, due_at, created_at, changed_at)
     SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $10
     FROM claim WHERE org_id = $1
     ON CONFLICT (org_id, entry_id) DO NOTHING RETURNING ${CLAIM_COLUMNS}`,
    [
      claim.orgId,
      claim.claimId,
      claim.entryId,
      claim.accountId,
      claim.destinationId,
      claim.language,
      life.state,
      life.reminders,
      dateOf(life.dueAtMs),
      at,
    ],
  );
  const [row] = rows;
  return row && toClaim(row);
}

/** What changes beside the life of a claim. */
export interface ClaimChange {
  readonly life: ClaimLife;
  readonly isCardChanged: boolean;
  readonly matchId?: string | undefined;
  readonly settledBy?: string | undefined;
  readonly ending?: ClaimEnding | undefined;
}

export async function saveClaim(
  client: ClientBase,
  { orgId, claimId }: Pick<Claim, 'orgId' | 'claimId'>,
  change: ClaimChange,
  at: Date,
): Promise<Claim> {
  const { life } = change;
  const [first, ...rivals] = life.parties;
  const { rows } = await client.query<ClaimRow>(
    `UPDATE claim c SET state = $3, version = c.version + $4, claimed_by = $5, claimed_for = $6,
       note = $7, claimed_at = $8, rivals = $9, due_at = $10, reminders = $11, match_id = $12,
       settled_by = $13, closed_because = $14, changed_at = $15
     WHERE c.org_id = $1 AND c.claim_id = $2 RETURNING ${CLAIM_COLUMNS}`,
    [
      orgId,
      claimId,
      life.state,
      change.isCardChanged ? 1 : 0,
      first?.personId ?? null,
      first ? JSON.stringify(first.subject) : null,
      first?.note ?? null,
      dateOf(first?.atMs),
      JSON.stringify(rivals),
      dateOf(life.dueAtMs),
      life.reminders,
      change.matchId ?? null,
      change.settledBy ?? null,
      change.ending ?? null,
      at,
    ],
  );
  return toClaim(oneOf(rows, 'claim', claimId));
}

function dateOf(atMs: number | undefined): Date | null {
  return atMs === undefined ? null : new Date(atMs);
}

/** A line of a claim's diary. */
export interface ClaimActLine {
  readonly number: number;
  readonly act: ClaimAct;
  readonly personId: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly at: Instant;
}

interface ActRow {
  number: number;
  act: ClaimAct;
  person_id: string | null;
  details: Record<string, unknown>;
  at: Date;
}

/** Adds a line to the diary. The key of a press or message stands in it once. */
export async function appendClaimAct(
  client: ClientBase,
  { orgId, claimId }: Pick<Claim, 'orgId' | 'claimId'>,
  line: {
    readonly act: ClaimAct;
    readonly personId?: string | undefined;
    readonly details?: Readonly<Record<string, unknown>>;
    readonly eventKey?: string | undefined;
  },
  at: Date,
): Promise<void> {
  await client.query(
    `INSERT INTO claim_act (org_id, claim_id, number, act, person_id, details, event_key, at)
     SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7
     FROM claim_act WHERE org_id = $1 AND claim_id = $2`,
    [
      orgId,
      claimId,
      line.act,
      line.personId ?? null,
      JSON.stringify(line.details ?? {}),
      line.eventKey ?? null,
      at,
    ],
  );
}

export async function listClaimActs(
  client: Queryable,
  { orgId, claimId }: { readonly orgId: string; readonly claimId: string },
): Promise<ClaimActLine[]> {
  const { rows } = await client.query<ActRow>(
    `SELECT number, act, person_id, details, at FROM claim_act
     WHERE org_id = $1 AND claim_id = $2 ORDER BY number`,
    [orgId, claimId],
  );
  return rows.map(toActLine);
}

function toActLine({ person_id, at, ...row }: ActRow): ClaimActLine {
  return { ...row, personId: person_id ?? undefined, at: toInstant(at) };
}

/** What a press or message did already. */
export async function findActByEvent(
  client: Queryable,
  orgId: string,
  eventKey: string,
): Promise<ClaimActLine | undefined> {
  const { rows } = await client.query<ActRow>(
    `SELECT number, act, person_id, details, at FROM claim_act
     WHERE org_id = $1 AND event_key = $2`,
    [orgId, eventKey],
  );
  const [row] = rows;
  return row && toActLine(row);
}

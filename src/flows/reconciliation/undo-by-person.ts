import { CashbellError } from '#core/errors.ts';
import { bandOf } from '#reconciliation/decision.ts';
import { changeAudited } from '#store/audited.ts';
import type { Queryable } from '#store/grants.ts';
import { requireGrant } from '#store/grants.ts';
import { noteBand } from '#store/match-aliases.ts';
import { holdLines, settleLines } from '#store/match-locks.ts';
import { getRun, markRunUndone } from '#store/match-runs.ts';
import type { MatchRun } from '#store/match-runs.ts';
import { changeMatchStates, insertMatches } from '#store/matches.ts';
import type { StoredMatch } from '#store/matches.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { PersonActor } from '#store/persons.ts';
import { onItemsChanged } from './add-items.ts';
import { auditOf, requireMatch } from './decide-match.ts';
import { isInLockedPeriod, linesOf, undoMatches } from './undo-matches.ts';

export interface UndoRequest {
  readonly reason: string;
  /** Where the period is locked: the match stays in its books, and another takes it back today. */
  readonly isReversal?: boolean | undefined;
}

/**
 * Takes one match back. Its entries and items are open again, and that they do not belong together is
 * remembered. A match of a locked period can only be reversed, which counts from today on.
 */
export async function undoMatch(
  services: AdminServices,
  by: PersonActor,
  matchId: string,
  request: UndoRequest,
): Promise<StoredMatch> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = new Date(services.now().epochMilliseconds);
    const seen = await requireMatch(client, by.orgId, matchId);
    const held = await holdLines(client, by.orgId, linesOf([seen]));
    await requireAccounts(client, services, by, [...held.entries.values()]);
    if (isInLockedPeriod(seen, held) && request.isReversal === true) {
      const result = await reverse(client, by, seen, now);
      return { result, audit: auditOf('match.reversed', result) };
    }
    const scope = { orgId: by.orgId, by: by.personId, now, reason: request.reason };
    const [match] = await undoMatches(client, scope, [matchId], { onLocked: 'refuse' });
    if (!match) throw new CashbellError('match.stateChanged', { state: seen.state });
    await unlearn(client, by.orgId, match);
    await onItemsChanged(client, { orgId: by.orgId, createdBy: by.personId, now });
    const result = await requireMatch(client, by.orgId, matchId);
    return { result, audit: auditOf('match.undone', result) };
  });
}

/** Takes everything back that a run has made and that still stands; all of it or nothing. */
export async function undoRun(
  services: AdminServices,
  by: PersonActor,
  runId: string,
  { reason }: Pick<UndoRequest, 'reason'>,
): Promise<{ readonly run: MatchRun; readonly undone: number }> {
  return changeAudited(services, { orgId: by.orgId, actor: by.personId }, async (client) => {
    const now = new Date(services.now().epochMilliseconds);
    const before = await getRun(client, by.orgId, runId);
    if (before.undoneAt) throw new CashbellError('match.stateChanged', { state: 'undone' });
    const { rows } = await client.query<{ match_id: string; state: string }>(
      `SELECT match_id, state FROM match
       WHERE org_id = $1 AND run_id = $2 AND state IN ('standing', 'suggested')
       ORDER BY match_id`,
      [by.orgId, runId],
    );
    const idsOf = (state: string): string[] =>
      rows.filter((row) => row.state === state).map((row) => row.match_id);
    const accounts = await accountsOf(client, by.orgId, runId);
    await requireAccounts(client, services, by, accounts);
    const scope = { orgId: by.orgId, by: by.personId, now, reason };
    const undone = await undoMatches(client, scope, idsOf('standing'), { onLocked: 'refuse' });
    await dropSuggestions(client, by, idsOf('suggested'), now);
    for (const match of undone) await unlearn(client, by.orgId, match);
    await onItemsChanged(client, { orgId: by.orgId, createdBy: by.personId, now });
    const run = await markRunUndone(client, by.orgId, runId, { personId: by.personId, now });
    const audit = {
      action: 'match.runUndone',
      subject: runId,
      after: { reason, matches: undone.map(({ matchId }) => matchId) },
    };
    return { result: { run, undone: undone.length }, audit };
  });
}

async function accountsOf(
  client: Queryable,
  orgId: string,
  runId: string,
): Promise<{ readonly accountId: string }[]> {
  const { rows } = await client.query<{ account_id: string }>(
    `SELECT DISTINCT e.account_id
     FROM match m JOIN match_leg l ON l.org_id = m.org_id AND l.match_id = m.match_id
     JOIN entry e ON e.org_id = l.org_id AND e.entry_id = l.entry_id
     WHERE m.org_id = $1 AND m.run_id = $2`,
    [orgId, runId],
  );
  return rows.map((row) => ({ accountId: row.account_id }));
}

async function requireAccounts(
  client: Queryable,
  services: AdminServices,
  by: PersonActor,
  lines: readonly { readonly accountId: string }[],
): Promise<void> {
  const accountIds = new Set(lines.map(({ accountId }) => accountId));
  const at = services.now();
  for (const accountId of accountIds) {
    await requireGrant(client, { ...by, action: 'match.undo', accountId, at });
  }
  if (accountIds.size === 0) await requireGrant(client, { ...by, action: 'match.undo', at });
}

async function dropSuggestions(
  client: Queryable,
  by: PersonActor,
  matchIds: readonly string[],
  now: Date,
): Promise<void> {
  if (matchIds.length === 0) return;
  const change = { state: 'superseded', by: by.personId, now } as const;
  await changeMatchStates(client, by.orgId, matchIds, change);
  const { rows } = await client.query<{ entry_id: string }>(
    `SELECT DISTINCT entry_id FROM match_leg
     WHERE org_id = $1 AND match_id = ANY($2::text[]) AND entry_id IS NOT NULL ORDER BY entry_id`,
    [by.orgId, matchIds],
  );
  const entryIds = rows.map((row) => row.entry_id);
  const held = await holdLines(client, by.orgId, { entryIds, itemIds: [] });
  const open = entryIds.filter((id) => held.entries.get(id)?.isLocked === false);
  await settleLines(client, by.orgId, { entryIds: open, itemIds: [] }, now);
}

/** What was decided alone and taken back counts as wrong in its band; a yes taken back is none. */
async function unlearn(client: Queryable, orgId: string, match: StoredMatch): Promise<void> {
  const { basis, decision, probability, suggestedProbability } = match;
  if (basis === 'person') return;
  if (suggestedProbability !== undefined && decision === 'person') {
    const band = bandOf(suggestedProbability);
    await noteBand(client, orgId, { basis, band, isRight: true }, -1);
    await noteBand(client, orgId, { basis, band, isRight: false });
  } else if (probability !== undefined) {
    await noteBand(client, orgId, { basis, band: bandOf(probability), isRight: false });
  }
}

/** Another match with the same lines that counts against the first, dated today. */
async function reverse(
  client: Queryable,
  by: PersonActor,
  match: StoredMatch,
  now: Date,
): Promise<StoredMatch> {
  const { rowCount } = await client.query(
    `SELECT FROM match WHERE org_id = $1 AND reverses_match_id = $2 AND state = 'standing'`,
    [by.orgId, match.matchId],
  );
  if (match.state !== 'standing' || match.reversesMatchId !== undefined || rowCount !== 0) {
    throw new CashbellError('match.stateChanged', { state: match.state });
  }
  const reversal = {
    kind: match.kind,
    state: 'standing' as const,
    basis: 'person' as const,
    decision: 'person' as const,
    reasons: [],
    alternatives: [],
    decidedBy: by.personId,
    reversesMatchId: match.matchId,
    legs: match.legs,
  };
  const [matchId] = await insertMatches(client, by.orgId, [reversal], now);
  await settleLines(client, by.orgId, linesOf([match]), now);
  await onItemsChanged(client, { orgId: by.orgId, createdBy: by.personId, now });
  return requireMatch(client, by.orgId, matchId ?? '');
}

import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { CashbellError } from '#core/errors.ts';
import type { EntryLine, ItemLine, OpenLine, ProposedMatch } from '#core/matches.ts';
import { appendAudit } from '#store/audit.ts';
import type { Directory } from '#store/directory.ts';
import type { Queryable } from '#store/grants.ts';
import type { LineScope } from '#store/match-lines.ts';
import { loadOpenEntries, loadOpenItems } from '#store/match-lines.ts';
import { finishRun, startRun } from '#store/match-runs.ts';
import type { MatchRun, MatchRunKind, RunCounts } from '#store/match-runs.ts';
import { getMatchSettings } from '#store/match-settings.ts';
import type { StoredMatchSettings } from '#store/match-settings.ts';
import { signatureOf } from '#store/matches.ts';
import { inTransaction } from '#store/transaction.ts';
import { loadMatchContext } from './knowledge.ts';
import { matchApart } from './match-apart.ts';
import { demote } from './match-entries.ts';
import { postMatches, toLegs } from './post-matches.ts';

export interface RunDeps {
  readonly pool: Pool;
  readonly directory: Directory;
}

/** What a run finds, before anything is written: the same for a look and for posting. */
export interface RunProposal {
  readonly matches: readonly ProposedMatch[];
  readonly open: readonly OpenLine[];
  readonly entries: ReadonlyMap<string, EntryLine>;
  readonly items: ReadonlyMap<string, ItemLine>;
  readonly stored: StoredMatchSettings;
  /** Of all matches with their amounts: who posts what was shown names it. */
  readonly digest: string;
}

/** Computes what would be matched among everything that is open, and writes nothing. */
export async function previewMatching(
  deps: RunDeps,
  scope: LineScope,
  now: Date,
): Promise<RunProposal> {
  const org = await deps.directory.org(scope.orgId);
  const read = await inTransaction(deps.pool, async (client) => {
    // One picture of the books, however long it takes to read them.
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const stored = await getMatchSettings(client, scope.orgId);
    const entries = await loadOpenEntries(client, scope);
    const items = await loadOpenItems(client, scope);
    const context = await loadMatchContext(client, org, stored, { now });
    return { stored, entries, items, context };
  });
  const { entries, items, stored, context } = read;
  const result = await matchApart(entries, items, context.settings, context.knowledge);
  const matches = result.matches.map((match) =>
    demote(match, stored, context.settings, NOTHING_CUT),
  );
  const lines = {
    entries: new Map(entries.map((line) => [line.id, line])),
    items: new Map(items.map((line) => [line.id, line])),
  };
  return { ...lines, matches, open: result.open, stored, digest: digestOf(matches, lines) };
}

const NOTHING_CUT: ReadonlySet<string> = new Set();

function digestOf(
  matches: readonly ProposedMatch[],
  lines: Pick<RunProposal, 'entries' | 'items'>,
): string {
  const words = matches.map((match) => {
    const legs = toLegs(match, lines);
    return `${match.decision} ${signatureOf({ kind: match.kind, legs })}`;
  });
  return createHash('sha256').update(words.toSorted().join('\n')).digest('base64url').slice(0, 22);
}

export interface RunRequest extends LineScope {
  readonly kind: MatchRunKind;
  readonly startedBy: string;
  readonly now: Date;
  /** Post only if exactly this was shown. */
  readonly digest?: string | undefined;
}

export interface RunOutcome {
  /** Absent where a run of the worker found nothing to write. */
  readonly run: MatchRun | undefined;
  readonly counts: RunCounts;
}

/** Matches so many lines in one transaction that a ring hardly waits for a row. */
const CHUNK = 100;
const UNKNOWN_CHUNK = 5_000;

/**
 * Matches everything that is open and writes it, computed exactly as a preview is. It posts in portions,
 * so that rings go on meanwhile; all of it is one run and can be taken back as one.
 */
export async function runMatching(deps: RunDeps, request: RunRequest): Promise<RunOutcome> {
  const { orgId, now, startedBy } = request;
  const proposal = await previewMatching(deps, request, now);
  if (request.digest !== undefined && request.digest !== proposal.digest) {
    throw new CashbellError('match.stateChanged', { state: proposal.digest });
  }
  const counts = { ...emptyCounts(proposal) };
  if (request.kind === 'import' && proposal.matches.length === 0) {
    await markUnknown(deps.pool, orgId, proposal);
    return { run: undefined, counts };
  }
  const { accountId } = request;
  const settings = { ...settingsOf(proposal.stored), accountId, digest: proposal.digest };
  const runId = await startRun(deps.pool, orgId, { kind: request.kind, settings, startedBy, now });
  for (const matches of toChunks(proposal.matches)) {
    const lookedAt = [...new Set(matches.flatMap(({ entryIds }) => entryIds))];
    const posted = await inTransaction(deps.pool, (client) =>
      postMatches(client, { orgId, now, runId, by: startedBy }, { ...proposal, matches, lookedAt }),
    );
    counts.automatic += posted.standing;
    counts.suggested += posted.suggested;
    counts.skipped += posted.skipped;
  }
  await markUnknown(deps.pool, orgId, proposal);
  const run = await inTransaction(deps.pool, async (client) => {
    const end = await finishRun(client, orgId, runId, { counts, now });
    await appendAudit(client, {
      orgId,
      actor: startedBy,
      action: 'match.run',
      subject: runId,
      after: { kind: request.kind, accountId, ...counts },
    });
    return end;
  });
  return { run, counts };
}

function emptyCounts({ entries, items, open }: RunProposal) {
  return {
    entries: entries.size,
    items: items.size,
    automatic: 0,
    suggested: 0,
    open: open.filter(({ side }) => side === 'entry').length,
    skipped: 0,
  };
}

function settingsOf(stored: StoredMatchSettings): Record<string, unknown> {
  const { statedPrecision, isAutomatic, daysBefore, daysAfter, version } = stored;
  return { statedPrecision, isAutomatic, daysBefore, daysAfter, version };
}

/** Portions of matches; those that share a line stay together, since the second needs the first. */
export function toChunks(matches: readonly ProposedMatch[]): ProposedMatch[][] {
  const groupOf = new Map<string, ProposedMatch[]>();
  const groups = new Set<ProposedMatch[]>();
  for (const match of matches) {
    let group: ProposedMatch[] = [match];
    groups.add(group);
    for (const id of [...match.entryIds, ...match.itemIds]) {
      const other = groupOf.get(id);
      if (other && other !== group) {
        const [large, small] = other.length >= group.length ? [other, group] : [group, other];
        for (const each of small) {
          large.push(each);
          for (const line of [...each.entryIds, ...each.itemIds]) groupOf.set(line, large);
        }
        groups.delete(small);
        group = large;
      }
      groupOf.set(id, group);
    }
  }
  const chunks: ProposedMatch[][] = [];
  for (const group of groups) {
    const last = chunks.at(-1);
    if (last && last.length + group.length <= CHUNK) last.push(...group);
    else chunks.push([...group]);
  }
  return chunks;
}

/** What was looked at in vain is unknown now, and suggestions for it are of yesterday. */
async function markUnknown(pool: Pool, orgId: string, proposal: RunProposal): Promise<void> {
  const matched = new Set(proposal.matches.flatMap(({ entryIds }) => entryIds));
  const others = [...proposal.entries.keys()].filter((id) => !matched.has(id));
  for (let from = 0; from < others.length; from += UNKNOWN_CHUNK) {
    const entryIds = others.slice(from, from + UNKNOWN_CHUNK);
    const outdated = await findOutdated(pool, orgId, entryIds);
    await inTransaction(pool, async (client) => {
      await client.query(
        `UPDATE entry SET match_state = CASE WHEN matched_minor_units > 0 THEN 'partial'
                                             ELSE 'unknown' END
         WHERE org_id = $1 AND entry_id = ANY($2::text[]) AND match_state IS NULL
           AND state IN ('booked', 'corrected')`,
        [orgId, entryIds],
      );
      if (outdated.length === 0) return;
      const scope = { orgId, now: new Date(), by: 'system' };
      await postMatches(client, scope, { ...proposal, matches: [], lookedAt: outdated });
    });
  }
}

async function findOutdated(
  client: Queryable,
  orgId: string,
  entryIds: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ entry_id: string }>(
    `SELECT entry_id FROM entry
     WHERE org_id = $1 AND entry_id = ANY($2::text[]) AND match_state = 'suggested'`,
    [orgId, entryIds],
  );
  return rows.map((row) => row.entry_id);
}

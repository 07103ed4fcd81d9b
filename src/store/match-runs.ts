import type { Instant } from '#core/dates.ts';
import type { MatchRunId } from '#core/ids.ts';
import { newId } from '#secret/ids.ts';
import { oneOf } from './audited.ts';
import type { Queryable } from './grants.ts';
import { toInstant } from './orgs.ts';

export type MatchRunKind = 'run' | 'import' | 'person';

/** How many of each a run made, and what it left. */
export interface RunCounts {
  readonly entries: number;
  readonly items: number;
  readonly automatic: number;
  readonly suggested: number;
  readonly open: number;
  /** Lines that changed between looking and posting; the next run looks at them again. */
  readonly skipped: number;
}

/** Matches that were made together, and can be taken back together. */
export interface MatchRun {
  readonly runId: MatchRunId;
  readonly kind: MatchRunKind;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly counts: Partial<RunCounts>;
  readonly startedBy: string;
  readonly startedAt: Instant;
  readonly finishedAt: Instant | undefined;
  readonly undoneAt: Instant | undefined;
  readonly undoneBy: string | undefined;
}

interface RunRow {
  run_id: MatchRunId;
  kind: MatchRunKind;
  settings: Record<string, unknown>;
  counts: Partial<RunCounts>;
  started_by: string;
  started_at: Date;
  finished_at: Date | null;
  undone_at: Date | null;
  undone_by: string | null;
}

const COLUMNS =
  'run_id, kind, settings, counts, started_by, started_at, finished_at, undone_at, undone_by';

function toRun(row: RunRow): MatchRun {
  return {
    runId: row.run_id,
    kind: row.kind,
    settings: row.settings,
    counts: row.counts,
    startedBy: row.started_by,
    startedAt: toInstant(row.started_at),
    finishedAt: toInstant(row.finished_at),
    undoneAt: toInstant(row.undone_at),
    undoneBy: row.undone_by ?? undefined,
  };
}

/** Writes down that a run began. */
export async function startRun(
  client: Queryable,
  orgId: string,
  run: {
    readonly kind: MatchRunKind;
    readonly settings: Readonly<Record<string, unknown>>;
    readonly startedBy: string;
    readonly now: Date;
  },
): Promise<MatchRunId> {
  const runId = newId('run');
  await client.query(
    `INSERT INTO match_run (org_id, run_id, kind, settings, started_by, started_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [orgId, runId, run.kind, JSON.stringify(run.settings), run.startedBy, run.now],
  );
  return runId;
}

/** Writes down what a run made. */
export async function finishRun(
  client: Queryable,
  orgId: string,
  runId: string,
  end: { readonly counts: RunCounts; readonly now: Date },
): Promise<MatchRun> {
  const { rows } = await client.query<RunRow>(
    `UPDATE match_run SET counts = $3, finished_at = $4 WHERE org_id = $1 AND run_id = $2
     RETURNING ${COLUMNS}`,
    [orgId, runId, JSON.stringify(end.counts), end.now],
  );
  return toRun(oneOf(rows, 'match run', runId));
}

export async function getRun(client: Queryable, orgId: string, runId: string): Promise<MatchRun> {
  const { rows } = await client.query<RunRow>(
    `SELECT ${COLUMNS} FROM match_run WHERE org_id = $1 AND run_id = $2`,
    [orgId, runId],
  );
  return toRun(oneOf(rows, 'match run', runId));
}

/** Runs, the newest first. */
export async function listRuns(
  client: Queryable,
  orgId: string,
  page: { readonly before?: string | undefined; readonly limit: number },
): Promise<MatchRun[]> {
  const { rows } = await client.query<RunRow>(
    `SELECT ${COLUMNS} FROM match_run
     WHERE org_id = $1 AND ($2::text IS NULL OR run_id < $2) ORDER BY run_id DESC LIMIT $3`,
    [orgId, page.before ?? null, page.limit],
  );
  return rows.map(toRun);
}

/** Marks a run as taken back. */
export async function markRunUndone(
  client: Queryable,
  orgId: string,
  runId: string,
  by: { readonly personId: string; readonly now: Date },
): Promise<MatchRun> {
  const { rows } = await client.query<RunRow>(
    `UPDATE match_run SET undone_at = $4, undone_by = $3
     WHERE org_id = $1 AND run_id = $2 RETURNING ${COLUMNS}`,
    [orgId, runId, by.personId, by.now],
  );
  return toRun(oneOf(rows, 'match run', runId));
}

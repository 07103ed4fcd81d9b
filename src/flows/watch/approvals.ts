import type { Pool } from 'pg';
import type { ErrorCode } from '#core/errors.ts';
import { errorCodes } from '#core/errors.ts';
import { instantFromMs } from '#core/dates.ts';
import { parseId } from '#core/ids.ts';
import { closeAlarm, openAlarm } from '#store/alarms.ts';
import { inTransaction } from '#store/transaction.ts';
import { alertFact, saveFacts } from '../notification/announce.ts';
import type { Announcer, Ring } from '../notification/announce.ts';

interface TroubleRow {
  org_id: string;
  subject_id: string;
  subject: string;
  since: Date | null;
  code: string | null;
  field: string | null;
  problem: string | null;
  is_trouble: boolean;
}

/**
 * Apps that hear nothing or whose forms cannot be listed, and forms that were changed; beside them
 * those with an open alarm that are well again. Only what payments depend on counts.
 */
const TROUBLE_SQL = `
WITH trouble AS (
  SELECT s.org_id, s.app_id AS subject_id, a.name AS subject, s.down_since AS since,
         s.last_code AS code, NULL::text AS field, NULL::text AS problem
  FROM dingtalk_stream s JOIN dingtalk_app a USING (org_id, app_id)
  WHERE a.event_mode = 'stream' AND a.removed_at IS NULL
    AND s.down_since < $1::timestamptz - interval '5 minutes'
    AND EXISTS (SELECT FROM approval_form f WHERE f.org_id = s.org_id AND f.app_id = s.app_id
                  AND f.state <> 'removed')
  UNION ALL
  SELECT f.org_id, f.app_id, a.name, f.swept_until, f.last_code, NULL, NULL
  FROM approval_form f JOIN dingtalk_app a USING (org_id, app_id)
  WHERE f.state <> 'removed' AND a.removed_at IS NULL AND f.failures >= 3
  UNION ALL
  SELECT f.org_id, f.process_code, f.name, f.checked_at, 'approval.formMismatch',
         f.problem ->> 'field', f.problem ->> 'problem'
  FROM approval_form f WHERE f.state = 'broken'
), now AS (
  SELECT DISTINCT ON (org_id, subject_id) *, true AS is_trouble FROM trouble
  ORDER BY org_id, subject_id, since
)
SELECT * FROM now
UNION ALL
SELECT m.org_id, m.subject_id, coalesce(a.name, f.name, ''), m.opened_at, NULL, NULL, NULL, false
FROM alarm m
LEFT JOIN dingtalk_app a ON a.org_id = m.org_id AND a.app_id = m.subject_id
LEFT JOIN approval_form f ON f.org_id = m.org_id AND f.process_code = m.subject_id
WHERE m.kind = 'approvals.unreachable' AND m.closed_at IS NULL
  AND NOT EXISTS (SELECT FROM now n WHERE n.org_id = m.org_id AND n.subject_id = m.subject_id)
LIMIT 500`;

/** Tells once when approvals cannot be read, and once when they can again. */
export async function watchApprovals(
  pool: Pool,
  announcer: Announcer,
  at: Date,
): Promise<readonly Ring[]> {
  const { rows } = await pool.query<TroubleRow>(TROUBLE_SQL, [at]);
  const rings: Ring[] = [];
  for (const row of rows) rings.push(...(await turn(pool, announcer, row, at)));
  return rings;
}

async function turn(
  pool: Pool,
  announcer: Announcer,
  row: TroubleRow,
  at: Date,
): Promise<readonly Ring[]> {
  const orgId = parseId('org', row.org_id);
  const place = { orgId, kind: 'approvals.unreachable', subjectId: row.subject_id };
  const { since, field, problem } = row;
  const details = {
    ...(since ? { since: instantFromMs(since.getTime()).toString() } : {}),
    ...(field === null ? {} : { field }),
    ...(problem === null ? {} : { problem }),
  };
  return inTransaction(pool, async (client, transaction) => {
    const isTold = row.is_trouble
      ? await openAlarm(client, place, details, at)
      : (await closeAlarm(client, place, at)) !== undefined;
    if (!isTold) return [];
    const code = row.is_trouble && isErrorCode(row.code) ? row.code : undefined;
    const fact = alertFact({
      kind: row.is_trouble ? 'approvals.unreachable' : 'approvals.reachable',
      subject: row.subject,
      details: row.is_trouble ? details : {},
      ...(code === undefined ? {} : { code }),
      atMs: at.getTime(),
    });
    return saveFacts(transaction, announcer, [{ orgId, fact }], at);
  });
}

function isErrorCode(text: string | null): text is ErrorCode {
  return text !== null && Object.hasOwn(errorCodes, text);
}

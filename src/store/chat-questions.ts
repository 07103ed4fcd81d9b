import type { Pool } from 'pg';
import type { Instant } from '#core/dates.ts';

/** A question as it came, and how many came before it from the same person. */
export interface NotedQuestion {
  /** It was answered before: the push was told again. */
  readonly isAnswered: boolean;
  readonly inLastMinute: number;
  readonly inLastDay: number;
  /** Somebody was told lately that it is too much, or that the month is short. */
  readonly isToldLately: boolean;
}

export interface QuestionPlace {
  readonly orgId: string;
  readonly eventKey: string;
}

/** Notes that somebody asks, once for each push, and counts what the person asked before. */
export async function noteQuestion(
  pool: Pool,
  question: QuestionPlace & {
    readonly personId: string;
    readonly kind: string;
    readonly at: Instant;
  },
): Promise<NotedQuestion> {
  const { orgId, eventKey, personId, kind, at } = question;
  await pool.query(
    `INSERT INTO chat_question (org_id, event_key, person_id, kind, state, asked_at)
     VALUES ($1, $2, $3, $4, 'asked', $5) ON CONFLICT DO NOTHING`,
    [orgId, eventKey, personId, kind, at.toString()],
  );
  const { rows } = await pool.query<{
    answered: boolean;
    minute: number;
    day: number;
    told: boolean;
  }>(
    `SELECT coalesce(bool_or(event_key = $2 AND state <> 'asked'), false) AS answered,
            count(*) FILTER (WHERE event_key <> $2 AND state = 'answered'
              AND asked_at > $4::timestamptz - interval '1 minute')::int AS minute,
            count(*) FILTER (WHERE event_key <> $2 AND state = 'answered')::int AS day,
            coalesce(bool_or(event_key <> $2 AND state IN ('limited', 'spared')
              AND asked_at > $4::timestamptz - interval '1 hour'), false) AS told
     FROM chat_question
     WHERE org_id = $1 AND person_id = $3 AND asked_at > $4::timestamptz - interval '1 day'`,
    [orgId, eventKey, personId, at.toString()],
  );
  const [row] = rows;
  return {
    isAnswered: row?.answered ?? false,
    inLastMinute: row?.minute ?? 0,
    inLastDay: row?.day ?? 0,
    isToldLately: row?.told ?? false,
  };
}

/** Notes what became of a question. */
export async function closeQuestion(
  pool: Pool,
  { orgId, eventKey }: QuestionPlace,
  state: 'answered' | 'limited' | 'spared',
): Promise<void> {
  await pool.query(`UPDATE chat_question SET state = $3 WHERE org_id = $1 AND event_key = $2`, [
    orgId,
    eventKey,
    state,
  ]);
}

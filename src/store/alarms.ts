import type { ClientBase } from 'pg';
import type { ErrorDetails } from '#core/errors.ts';
import { newId } from '#secret/ids.ts';

export interface AlarmPlace {
  readonly orgId: string;
  readonly kind: string;
  /** What is concerned: a connection, an account or a destination. */
  readonly subjectId: string;
}

/** Opens an alarm; false when it is open already, so that it is told once. */
export async function openAlarm(
  client: Pick<ClientBase, 'query'>,
  place: AlarmPlace,
  details: ErrorDetails,
  at: Date,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO alarm (org_id, alarm_id, kind, subject_id, opened_at, details)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (org_id, kind, subject_id) WHERE closed_at IS NULL DO NOTHING`,
    [place.orgId, newId('alm'), place.kind, place.subjectId, at, JSON.stringify(details)],
  );
  return rowCount === 1;
}

/** Closes an alarm; the moment it was opened, or undefined when none was open. */
export async function closeAlarm(
  client: Pick<ClientBase, 'query'>,
  place: AlarmPlace,
  at: Date,
): Promise<Date | undefined> {
  const { rows } = await client.query<{ opened_at: Date }>(
    `UPDATE alarm SET closed_at = $4
     WHERE org_id = $1 AND kind = $2 AND subject_id = $3 AND closed_at IS NULL
     RETURNING opened_at`,
    [place.orgId, place.kind, place.subjectId, at],
  );
  return rows[0]?.opened_at;
}

import type { Pool } from 'pg';
import type { DirectoryConnection } from './directory.ts';

/** Keeps what a bank's call taught, such as the minify dialect that matched; known things stay. */
export async function saveLearned(
  pool: Pool,
  connection: Pick<DirectoryConnection, 'orgId' | 'connectionId' | 'learned'>,
  learned: Readonly<Record<string, string>>,
): Promise<boolean> {
  const isKnown = Object.entries(learned).every(
    ([key, value]) => connection.learned[key] === value,
  );
  if (isKnown) return false;
  await pool.query(
    // The other processes notice by the version.
    `WITH raised AS (
       UPDATE org SET settings_version = settings_version + 1 WHERE org_id = $1
     )
     UPDATE connection SET learned = learned || $3::jsonb
     WHERE org_id = $1 AND connection_id = $2`,
    [connection.orgId, connection.connectionId, JSON.stringify(learned)],
  );
  return true;
}

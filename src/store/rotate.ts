import type { Pool } from 'pg';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import { appendAudit } from './audit.ts';
import { sealedColumns } from './services.ts';
import type { Services } from './services.ts';
import { inTransaction } from './transaction.ts';

export interface RotateOptions {
  /** Rows that are sealed anew in one statement. */
  readonly batch: number;
  /** Who wants it; stands in the audit. */
  readonly actor: string;
  /** Called after each batch with the rows so far. */
  readonly onProgress?: (resealed: number) => void;
}

export interface KeyRotation {
  /** Generation that seals from now on. */
  readonly generation: number;
  readonly resealed: number;
  /** Rows that their own key does not open; while there are any, no old key is retired. */
  readonly unreadable: number;
  /** An earlier rotation had not come to its end, and this run finished it. */
  readonly wasResumed: boolean;
}

interface SealedTable {
  readonly column: (typeof sealedColumns)[keyof typeof sealedColumns];
  readonly table: string;
  readonly field: string;
  /** SQL for the row's id as it went into the seal. */
  readonly rowId: string;
}

/** Where each sealed column stands, and which id its rows are sealed for. */
const sealedTables: Readonly<Record<keyof typeof sealedColumns, SealedTable>> = {
  secret: {
    column: sealedColumns.secret,
    table: 'secret',
    field: 'sealed',
    rowId: 'secret_id',
  },
  inbound: {
    column: sealedColumns.inbound,
    table: 'inbound',
    field: 'sealed',
    rowId: 'inbound_id',
  },
  bankSession: {
    column: sealedColumns.bankSession,
    table: 'session',
    field: 'sealed_token',
    rowId: 'connection_id',
  },
  appToken: {
    column: sealedColumns.appToken,
    table: 'dingtalk_app',
    field: 'sealed_token',
    rowId: 'app_id',
  },
  apiAnswer: {
    column: sealedColumns.apiAnswer,
    table: 'api_answer',
    field: 'sealed_answer',
    rowId: "holder_id || '/' || idempotency_key",
  },
  dingtalkEvent: {
    column: sealedColumns.dingtalkEvent,
    table: 'dingtalk_event',
    field: 'sealed_data',
    rowId: 'event_key',
  },
  reportFile: {
    column: sealedColumns.reportFile,
    table: 'report_file',
    field: 'sealed',
    rowId: "report_id || '/' || format",
  },
};

/**
 * Rotates an organisation's data key while everything runs: a new generation seals from now on, old
 * rows are sealed anew in batches, and both keys open until the end. A run that was cut off is
 * finished by the next one (ask 72). A process that has not heard of the new key yet may still seal
 * with the old one for half a minute; such rows stay readable and move with the next rotation.
 */
export async function rotateDataKey(
  services: Services,
  orgId: string,
  options: RotateOptions,
): Promise<KeyRotation> {
  const { pool, keyring } = services;
  if (!Number.isInteger(options.batch) || options.batch < 1) {
    throw new CashbellError('api.invalid', { field: 'batch', problem: 'must be 1 or more' });
  }
  // Makes the first key where there is none yet.
  await keyring.currentKey(orgId);
  const { rows } = await pool.query<{ generation: number }>(
    'SELECT generation FROM data_key WHERE org_id = $1 AND retired_at IS NULL ORDER BY generation',
    [orgId],
  );
  const newest = rows.at(-1)?.generation;
  const wasResumed = rows.length > 1 && newest !== undefined;
  const generation = wasResumed ? newest : await keyring.rotate(orgId);
  let resealed = 0;
  let unreadable = 0;
  for (const table of Object.values(sealedTables)) {
    const scope = { orgId, generation, batch: options.batch, table };
    let after = '';
    for (;;) {
      const page = await resealPage(services, scope, after);
      resealed += page.resealed;
      unreadable += page.unreadable;
      if (page.last === undefined) break;
      after = page.last;
      options.onProgress?.(resealed);
    }
  }
  await finish(pool, orgId, { generation, resealed, unreadable, wasResumed }, options.actor);
  return { generation, resealed, unreadable, wasResumed };
}

interface PageScope {
  readonly orgId: string;
  readonly generation: number;
  readonly batch: number;
  readonly table: SealedTable;
}

/** Seals the next rows of other generations anew; `last` is absent after the last page. */
async function resealPage(
  { pool, keyring }: Services,
  { orgId, generation, batch, table: { table, field, rowId, column } }: PageScope,
  after: string,
): Promise<{ resealed: number; unreadable: number; last?: string }> {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(generation);
  const { rows } = await pool.query<{ row_id: string; sealed: Buffer }>(
    `SELECT ${rowId} AS row_id, ${field} AS sealed FROM ${table}
     WHERE org_id = $1 AND ${rowId} > $2 AND ${field} IS NOT NULL
       AND substring(${field} FROM 2 FOR 4) <> $3
     ORDER BY ${rowId} LIMIT $4`,
    [orgId, after, head, batch],
  );
  const last = rows.at(-1)?.row_id;
  if (last === undefined) return { resealed: 0, unreadable: 0 };
  const fresh: { rowId: string; old: Buffer; sealed: Buffer }[] = [];
  for (const row of rows) {
    const place = { orgId, column, rowId: row.row_id };
    try {
      const plain = await keyring.unseal(row.sealed, place);
      fresh.push({ rowId: row.row_id, old: row.sealed, sealed: await keyring.seal(plain, place) });
    } catch (error) {
      if (!isCashbellError(error, 'secret.unsealFailed')) throw error;
    }
  }
  // A row that was written meanwhile keeps what was written.
  const { rowCount } = await pool.query(
    `UPDATE ${table} t SET ${field} = f.sealed
     FROM unnest($2::text[], $3::bytea[], $4::bytea[]) AS f (row_id, old, sealed)
     WHERE t.org_id = $1 AND ${rowId} = f.row_id AND t.${field} = f.old`,
    [
      orgId,
      fresh.map((row) => row.rowId),
      fresh.map((row) => row.old),
      fresh.map((row) => row.sealed),
    ],
  );
  return { resealed: rowCount ?? 0, unreadable: rows.length - fresh.length, last };
}

async function finish(
  pool: Pool,
  orgId: string,
  rotation: KeyRotation,
  actor: string,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    if (rotation.unreadable === 0) {
      await client.query(
        `UPDATE data_key SET retired_at = now()
         WHERE org_id = $1 AND generation < $2 AND retired_at IS NULL`,
        [orgId, rotation.generation],
      );
    }
    const after = { ...rotation };
    await appendAudit(client, { orgId, actor, action: 'dataKey.rotated', subject: orgId, after });
  });
}

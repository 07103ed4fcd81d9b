import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { OrgId } from '#core/ids.ts';
import type { Queryable } from './grants.ts';
import { toInstant } from './orgs.ts';

export interface ImportCounts {
  readonly rowsRead: number;
  readonly rowsTaken: number;
  /** Known before, changed ones among them. */
  readonly rowsKnown: number;
  readonly rowsRefused: number;
}

/** A file that was taken. */
export interface ItemImport extends ImportCounts {
  readonly orgId: OrgId;
  readonly importId: string;
  readonly fileName: string;
  readonly digest: string;
  /** How it was read: columns, formats, answers. */
  readonly mapping: unknown;
  /** Rows that were left out, the first of them. */
  readonly problems: unknown;
  readonly createdBy: string;
  readonly createdAt: Instant;
}

export interface ItemImportRow {
  org_id: OrgId;
  import_id: string;
  file_name: string;
  digest: Buffer;
  mapping: unknown;
  rows_read: number;
  rows_taken: number;
  rows_known: number;
  rows_refused: number;
  problems: unknown;
  created_by: string;
  created_at: Date;
}

export const IMPORT_COLUMNS = `m.org_id, m.import_id, m.file_name, m.digest, m.mapping, m.rows_read,
  m.rows_taken, m.rows_known, m.rows_refused, m.problems, m.created_by, m.created_at`;

export function toItemImport(row: ItemImportRow): ItemImport {
  return {
    orgId: row.org_id,
    importId: row.import_id,
    fileName: row.file_name,
    digest: row.digest.toString('hex'),
    mapping: row.mapping,
    rowsRead: row.rows_read,
    rowsTaken: row.rows_taken,
    rowsKnown: row.rows_known,
    rowsRefused: row.rows_refused,
    problems: row.problems,
    createdBy: row.created_by,
    createdAt: toInstant(row.created_at),
  };
}

export async function insertImport(
  client: Queryable,
  taken: Omit<ItemImport, 'createdAt'>,
  now: Date,
): Promise<void> {
  await client.query(
    `INSERT INTO item_import (org_id, import_id, file_name, digest, mapping, rows_read, rows_taken,
       rows_known, rows_refused, problems, created_by, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      taken.orgId,
      taken.importId,
      taken.fileName,
      Buffer.from(taken.digest, 'hex'),
      JSON.stringify(taken.mapping),
      taken.rowsRead,
      taken.rowsTaken,
      taken.rowsKnown,
      taken.rowsRefused,
      JSON.stringify(taken.problems),
      taken.createdBy,
      now,
    ],
  );
}

/** The newest import of exactly this file. */
export async function findImportByDigest(
  client: Queryable,
  orgId: string,
  digest: string,
): Promise<ItemImport | undefined> {
  const { rows } = await client.query<ItemImportRow>(
    `SELECT ${IMPORT_COLUMNS} FROM item_import m
     WHERE m.org_id = $1 AND m.digest = $2 ORDER BY m.import_id DESC LIMIT 1`,
    [orgId, Buffer.from(digest, 'hex')],
  );
  const [row] = rows;
  return row && toItemImport(row);
}

export async function getImport(
  client: Queryable,
  orgId: string,
  importId: string,
): Promise<ItemImport> {
  const { rows } = await client.query<ItemImportRow>(
    `SELECT ${IMPORT_COLUMNS} FROM item_import m WHERE m.org_id = $1 AND m.import_id = $2`,
    [orgId, importId],
  );
  const [row] = rows;
  if (row) return toItemImport(row);
  throw new CashbellError('api.notFound', { what: 'import', id: importId.slice(0, 60) });
}

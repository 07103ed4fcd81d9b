import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { Queryable } from './grants.ts';
import { toInstant } from './orgs.ts';

/** How files with these names of columns are read. */
export interface StoredMapping<Mapping = unknown> {
  readonly mappingId: string;
  readonly name: string;
  readonly mapping: Mapping;
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly usedAt: Instant;
}

interface MappingRow<Mapping> {
  mapping_id: string;
  name: string;
  mapping: Mapping;
  created_by: string;
  created_at: Date;
  used_at: Date;
}

const COLUMNS = 'mapping_id, name, mapping, created_by, created_at, used_at';

function toMapping<Mapping>(row: MappingRow<Mapping>): StoredMapping<Mapping> {
  return {
    mappingId: row.mapping_id,
    name: row.name,
    mapping: row.mapping,
    createdBy: row.created_by,
    createdAt: toInstant(row.created_at),
    usedAt: toInstant(row.used_at),
  };
}

export async function findMapping<Mapping>(
  client: Queryable,
  orgId: string,
  headDigest: Buffer,
): Promise<StoredMapping<Mapping> | undefined> {
  const { rows } = await client.query<MappingRow<Mapping>>(
    `SELECT ${COLUMNS} FROM import_mapping WHERE org_id = $1 AND header_digest = $2`,
    [orgId, headDigest],
  );
  const [row] = rows;
  return row && toMapping(row);
}

/** A mapping by its id or, where it is the only one so called, its name. */
export async function getMapping<Mapping>(
  client: Queryable,
  orgId: string,
  wish: string,
): Promise<StoredMapping<Mapping>> {
  const { rows } = await client.query<MappingRow<Mapping>>(
    `SELECT ${COLUMNS} FROM import_mapping
     WHERE org_id = $1 AND (mapping_id = $2 OR name = $2) ORDER BY used_at DESC`,
    [orgId, wish],
  );
  const [row, another] = rows;
  if (row && (!another || row.mapping_id === wish)) return toMapping(row);
  throw new CashbellError('api.notFound', { what: 'mapping', id: wish.slice(0, 60) });
}

export async function listMappings(client: Queryable, orgId: string): Promise<StoredMapping[]> {
  const { rows } = await client.query<MappingRow<unknown>>(
    `SELECT ${COLUMNS} FROM import_mapping WHERE org_id = $1 ORDER BY used_at DESC LIMIT 500`,
    [orgId],
  );
  return rows.map(toMapping);
}

/** Remembers how files of this kind are read; the newest way counts. */
export async function saveMapping(
  client: Queryable,
  scope: { readonly orgId: string; readonly actor: string; readonly now: Date },
  mapping: {
    readonly mappingId: string;
    readonly name: string;
    readonly headDigest: Buffer;
    readonly mapping: unknown;
  },
): Promise<void> {
  await client.query(
    `INSERT INTO import_mapping (org_id, mapping_id, name, header_digest, mapping, created_by,
       created_at, used_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
     ON CONFLICT (org_id, header_digest) DO UPDATE
       SET mapping = EXCLUDED.mapping, used_at = EXCLUDED.used_at`,
    [
      scope.orgId,
      mapping.mappingId,
      mapping.name,
      mapping.headDigest,
      JSON.stringify(mapping.mapping),
      scope.actor,
      scope.now,
    ],
  );
}

/** Forgets a mapping; the next file of its kind is asked about anew. */
export async function removeMapping(
  client: Queryable,
  orgId: string,
  mappingId: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    'DELETE FROM import_mapping WHERE org_id = $1 AND mapping_id = $2',
    [orgId, mappingId],
  );
  return rowCount === 1;
}

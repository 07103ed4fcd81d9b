// Writes the schema as text: `node bin/run.mjs tools/dump-schema.ts` after a change of migrations, reviewed as a diff.
// pg_dump does not come with the embedded server, and its output differs between versions; this one does not.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { startTestServer, withDatabase } from '../tests/support/test-server.ts';
import { root } from './steps.ts';

/** The file that the schema is compared with. */
export const goldenSchema = join(root, 'tests/golden/schema.sql');

/** What asks the database; a pool and a client are one. */
export interface Queryable {
  query(text: string): Promise<{ rows: Record<string, unknown>[] }>;
}

/** Tables of libraries, whose shape is theirs. */
const ours = `n.nspname = 'public' AND c.relname NOT LIKE 'kysely_migration%'`;

const tablesQuery = `
  SELECT c.oid::int8 AS id, c.relname AS name, c.relkind AS kind,
         CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid, true) END AS definition
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${ours} AND c.relkind IN ('r', 'p', 'v', 'm', 'S') ORDER BY c.relname`;

const columnsQuery = `
  SELECT c.oid::int8 AS id,
         a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
           || CASE WHEN co.collname <> 'default' THEN ' COLLATE ' || quote_ident(co.collname) ELSE '' END
           || CASE WHEN a.attgenerated <> '' THEN ' GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ')'
                   WHEN d.oid IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) ELSE '' END
           || CASE WHEN a.attidentity <> '' THEN ' GENERATED AS IDENTITY' ELSE '' END
           || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END AS line
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation co ON co.oid = a.attcollation
   WHERE ${ours} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
   ORDER BY c.relname, a.attnum`;

// PostgreSQL 18 lists NOT NULL among the constraints, earlier ones do not; the columns say it already.
const constraintsQuery = `
  SELECT c.oid::int8 AS id,
         'CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid) AS line
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${ours} AND k.contype IN ('p', 'u', 'f', 'c', 'x')
   ORDER BY c.relname, array_position('{p,u,f,c,x}'::text[], k.contype::text), k.conname`;

const indexesQuery = `
  SELECT c.oid::int8 AS id, pg_get_indexdef(i.indexrelid) || ';' AS line
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_class x ON x.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${ours} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
   ORDER BY c.relname, x.relname`;

const triggersQuery = `
  SELECT c.oid::int8 AS id, pg_get_triggerdef(t.oid) || ';' AS line
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${ours} AND NOT t.tgisinternal ORDER BY c.relname, t.tgname`;

const functionsQuery = `
  SELECT pg_get_functiondef(p.oid) AS line
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname = 'public'
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
   ORDER BY p.proname, p.oid`;

const typesQuery = `
  SELECT 'TYPE ' || t.typname || ' ' || CASE t.typtype
           WHEN 'e' THEN 'ENUM ' || (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                                       FROM pg_enum e WHERE e.enumtypid = t.oid)
           ELSE 'DOMAIN ' || format_type(t.typbasetype, t.typtypmod) END AS line
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE n.nspname = 'public' AND t.typtype IN ('e', 'd') ORDER BY t.typname`;

const extensionsQuery = `SELECT 'EXTENSION ' || extname AS line FROM pg_extension
   WHERE extname <> 'plpgsql' ORDER BY extname`;

/** Describes tables, constraints, indexes, triggers and functions, in an order that does not change by itself. */
export async function dumpSchema(database: Queryable): Promise<string> {
  const read = async (query: string) => (await database.query(query)).rows;
  const tables = await read(tablesQuery);
  const columns = linesByTable(await read(columnsQuery));
  const constraints = linesByTable(await read(constraintsQuery));
  const after = [await read(indexesQuery), await read(triggersQuery)].map(linesByTable);
  const loose = [...(await read(extensionsQuery)), ...(await read(typesQuery))];
  const parts = loose.map(({ line }) => `${String(line)};\n`);
  for (const { id, name, kind, definition } of tables) {
    const key = String(id);
    if (kind === 'r' || kind === 'p') {
      const inside = [...(columns.get(key) ?? []), ...(constraints.get(key) ?? [])];
      parts.push(`TABLE ${String(name)} (\n${inside.map((line) => `  ${line}`).join(',\n')}\n);\n`);
    } else {
      const word = kind === 'S' ? 'SEQUENCE' : 'VIEW';
      const text = typeof definition === 'string' ? ` AS${definition.trimEnd()}` : '';
      parts.push(`${word} ${String(name)}${text}\n`);
    }
    for (const lines of after) parts.push(...(lines.get(key) ?? []).map((line) => `${line}\n`));
    parts.push('\n');
  }
  for (const { line } of await read(functionsQuery)) parts.push(`${String(line).trimEnd()}\n\n`);
  return `${parts.join('').trimEnd()}\n`;
}

function linesByTable(rows: readonly Record<string, unknown>[]): Map<string, string[]> {
  const lines = new Map<string, string[]>();
  for (const { id, line } of rows) {
    const key = String(id);
    lines.set(key, [...(lines.get(key) ?? []), String(line)]);
  }
  return lines;
}

async function writeGolden(): Promise<void> {
  const server = await startTestServer();
  const client = new pg.Client({ connectionString: withDatabase(server.url, server.template) });
  try {
    await client.connect();
    mkdirSync(dirname(goldenSchema), { recursive: true });
    writeFileSync(goldenSchema, await dumpSchema(client));
    process.stdout.write(`${goldenSchema} written\n`);
  } finally {
    await client.end();
    await server.stop();
  }
}

if (import.meta.main) await writeGolden();

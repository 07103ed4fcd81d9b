import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dumpSchema, goldenSchema } from '../tools/dump-schema.ts';
import { type TestDatabase, createTestDatabase } from './support/database.ts';

/** Tables that belong to the installation and not to an organisation, and why. */
const installationTables: Readonly<Record<string, string>> = {
  instance: 'one row about the installation itself',
  worker: 'processes serve all organisations',
  migration_checksum: 'history of the schema',
  kysely_migration: 'history of the schema, kept by Kysely',
  kysely_migration_lock: 'lock of the migrations, kept by Kysely',
};

/** Unique indexes of tenant tables, their keys and foreign keys, with the first column of each. */
const leadingColumns = `
  SELECT c.relname AS "table", x.relname AS name,
         coalesce((SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0]),
                  'an expression') AS leading
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid AND c.relkind IN ('r', 'p')
    JOIN pg_class x ON x.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = 'public' AND i.indisunique
  UNION ALL
  SELECT c.relname, k.conname, a.attname
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
   WHERE n.nspname = 'public' AND k.contype = 'f'
   ORDER BY 1, 2`;

const tablesWithoutKey = `
  SELECT c.relname AS "table"
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
     AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')
   ORDER BY 1`;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

test('schema: it is the reviewed one (after a change: node bin/run.mjs tools/dump-schema.ts)', async () => {
  expect(await dumpSchema(database.pool)).toBe(readFileSync(goldenSchema, 'utf8'));
});

test('schema: org_id leads every key and reference of tenant data', async () => {
  const { rows } = await database.pool.query(leadingColumns);
  const wrong = rows.filter(
    ({ table, leading }) => leading !== 'org_id' && !(table in installationTables),
  );
  expect(wrong).toEqual([]);
});

test('schema: every table has a primary key', async () => {
  const { rows } = await database.pool.query(tablesWithoutKey);
  expect(rows).toEqual([]);
});

test('schema: no sequence is shared', async () => {
  const { rows } = await database.pool.query(
    `SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND relkind = 'S'`,
  );
  expect(rows).toEqual([]);
});

test('schema: the tables of the installation exist', async () => {
  const { rows } = await database.pool.query(
    `SELECT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND relkind IN ('r', 'p')`,
  );
  const names = rows.map(({ name }) => name);
  expect(Object.keys(installationTables).filter((name) => !names.includes(name))).toEqual([]);
});

test('schema: the rule finds a key that starts with another column', async () => {
  await database.pool.query(
    'CREATE TABLE planted (id text PRIMARY KEY, org_id text REFERENCES org); DROP TABLE IF EXISTS nothing',
  );
  const { rows } = await database.pool.query(leadingColumns);
  await database.pool.query('DROP TABLE planted');
  expect(rows).toContainEqual({ table: 'planted', name: 'planted_pkey', leading: 'id' });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmptyDatabase } from '#tests/database.ts';
import { expect, onTestFinished, test } from 'vitest';
import { migrate, readMigrations, requireMigrated } from './migrate.ts';

const first = { '0001-first.sql': 'CREATE TABLE one (a int);\nINSERT INTO one VALUES (1);\n' };
const second = { '0002-second.sql': 'ALTER TABLE one ADD COLUMN b int;\n' };

function makeFolder(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'cashbell-migrations-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

async function makeDatabase() {
  const database = await createEmptyDatabase();
  onTestFinished(() => database.drop());
  return database;
}

test('migrate: runs what is missing, in order, once', async () => {
  const { url, pool } = await makeDatabase();
  expect(await migrate({ url, folder: makeFolder(first) })).toEqual(['0001-first']);
  const folder = makeFolder({ ...first, ...second });
  await expect(requireMigrated({ url, folder })).rejects.toThrow(/lacks 0002-second/);
  expect(await migrate({ url, folder })).toEqual(['0002-second']);
  expect(await migrate({ url, folder })).toEqual([]);
  await requireMigrated({ url, folder });
  const { rows } = await pool.query('SELECT * FROM one');
  expect(rows).toEqual([{ a: 1, b: null }]);
});

test('migrate: of several at once one does it', async () => {
  const { url } = await makeDatabase();
  const folder = makeFolder({ ...first, ...second });
  const runs = await Promise.all([1, 2, 3, 4].map(() => migrate({ url, folder })));
  expect(runs.flat().toSorted()).toEqual(['0001-first', '0002-second']);
});

test('migrate: a failing file leaves nothing of its batch', async () => {
  const { url, pool } = await makeDatabase();
  const folder = makeFolder({ ...first, '0002-bad.sql': 'CREATE TABLE two (a int); SELECT 1/0;' });
  await expect(migrate({ url, folder })).rejects.toThrow(/0002-bad failed.*division by zero/);
  const { rows } = await pool.query(`SELECT to_regclass('one') AS one, to_regclass('two') AS two`);
  expect(rows).toEqual([{ one: null, two: null }]);
  expect(await migrate({ url, folder: makeFolder(first) })).toEqual(['0001-first']);
});

test('migrate: an edited file is refused, other line ends are not', async () => {
  const { url } = await makeDatabase();
  await migrate({ url, folder: makeFolder(first) });
  const edited = makeFolder({ '0001-first.sql': 'CREATE TABLE one (a bigint);\n' });
  await expect(migrate({ url, folder: edited })).rejects.toMatchObject({
    code: 'database.migrationChanged',
    message: expect.stringContaining('0001-first differs'),
  });
  const onWindows = makeFolder({
    '0001-first.sql': first['0001-first.sql'].replaceAll('\n', '\r\n'),
  });
  expect(await migrate({ url, folder: onWindows })).toEqual([]);
});

test('migrate: a database of a newer program is refused', async () => {
  const { url } = await makeDatabase();
  await migrate({ url, folder: makeFolder({ ...first, ...second }) });
  const older = makeFolder(first);
  for (const attempt of [migrate, requireMigrated]) {
    await expect(attempt({ url, folder: older })).rejects.toMatchObject({
      code: 'database.newerThanCode',
      message: expect.stringContaining('0002-second'),
    });
  }
});

test('migrate: a renamed file is refused', async () => {
  const { url } = await makeDatabase();
  await migrate({ url, folder: makeFolder(first) });
  const renamed = makeFolder({ '0001-other.sql': first['0001-first.sql'] });
  await expect(migrate({ url, folder: renamed })).rejects.toMatchObject({
    code: 'database.migrationChanged',
  });
});

test.each([
  [{ ...first, '0003-gap.sql': '' }],
  [{ ...first, '0001-twice.sql': '' }],
  [{ 'first.sql': '' }],
])('migrate: files that are not numbered one by one are refused', (files) => {
  expect(() => readMigrations(makeFolder(files))).toThrow(/numbered without gaps/);
});

test('migrate: the files of this program are in order', () => {
  expect(readMigrations().length).toBeGreaterThan(0);
});

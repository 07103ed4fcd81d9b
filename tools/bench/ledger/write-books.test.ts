import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeBooks } from './make-books.ts';
import { toCsv, writeBooks } from './write-books.ts';

test('a cell with a comma, a quote or a new line is quoted', () => {
  const rows = [{ id: '1', text: 'INV 1, INV 2' }, { id: '2', text: 'said "yes"\n' }, { id: '3' }];
  expect(toCsv(rows)).toBe('id,text\r\n1,"INV 1, INV 2"\r\n2,"said ""yes""\n"\r\n3,\r\n');
});

test('the truth has a file of its own beside the two', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cashbell-books-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const books = makeBooks({ seed: 3, rows: 60 });
  const files = await writeBooks(books, join(folder, 'deep'));
  expect(await readFile(files.bank, 'utf8')).toBe(toCsv(books.bank));
  expect(await readFile(files.ledger, 'utf8')).toBe(toCsv(books.ledger));
  expect(JSON.parse(await readFile(files.truth, 'utf8'))).toEqual(books.truth);
});

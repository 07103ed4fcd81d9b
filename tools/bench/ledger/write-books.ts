import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Books, Row } from './make-books.ts';

/** Where the three files of a run are. */
export interface BookFiles {
  readonly bank: string;
  readonly ledger: string;
  readonly truth: string;
}

/** Writes the two files and, apart from them, the truth into a folder. */
export async function writeBooks(books: Books, folder: string): Promise<BookFiles> {
  await mkdir(folder, { recursive: true });
  const files = {
    bank: join(folder, 'bank.csv'),
    ledger: join(folder, 'ledger.csv'),
    truth: join(folder, 'truth.json'),
  };
  await writeFile(files.bank, toCsv(books.bank));
  await writeFile(files.ledger, toCsv(books.ledger));
  await writeFile(files.truth, `${JSON.stringify(books.truth, undefined, 2)}\n`);
  return files;
}

/** RFC 4180, with the names of the columns in the first line. */
export function toCsv(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))];
  return lines.map((cells) => `${cells.map(toCell).join(',')}\r\n`).join('');
}

function toCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

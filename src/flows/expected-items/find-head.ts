import { createHash } from 'node:crypto';
import { countKnownRoles, foldColumnName } from './column-roles.ts';
import { LINES_ABOVE_MAX, isEmptyCell, textOf, unreadable } from './import-table.ts';
import type { ImportRow, ImportTable } from './import-table.ts';
import type { ImportAnswers, ImportQuestion } from './import-words.ts';

/** The row that names the columns, and what stands below it. */
export interface TableHead {
  readonly row: number;
  readonly headers: readonly string[];
  readonly body: readonly ImportRow[];
  /** Of the names in their order, folded: files of one kind have the same. */
  readonly digest: Buffer;
}

const NAMES_MIN = 2;
const CHOICES_MAX = 10;

/**
 * Finds the row that names the columns: the one with the most names that we know, at least two.
 * Titles, periods and company names above it are passed over. Where no row has them, people say.
 */
export function findHead(table: ImportTable, answers: ImportAnswers): TableHead | ImportQuestion {
  const candidates = table.rows.slice(0, LINES_ABOVE_MAX);
  if (candidates.length === 0) throw unreadable('it is empty');
  const wish = answers['headerRow'];
  if (wish !== undefined) {
    const place = table.rows.findIndex(({ number }) => String(number) === wish.trim());
    if (place < 0) throw unreadable(`it has no row ${wish.slice(0, 12)}`);
    return headAt(table, place);
  }
  const scores = candidates.map(({ cells }) => countKnownRoles(cells.map(textOf)));
  const best = Math.max(...scores);
  if (best >= NAMES_MIN) return headAt(table, scores.indexOf(best));
  return questionOf(candidates);
}

function headAt({ rows }: ImportTable, place: number): TableHead {
  const row = rows[place];
  if (!row) throw unreadable('it is empty');
  const headers = row.cells.map(textOf);
  return {
    row: row.number,
    headers,
    body: rows.slice(place + 1).filter(({ cells }) => !cells.every(isEmptyCell)),
    digest: digestOf(headers),
  };
}

function digestOf(headers: readonly string[]): Buffer {
  const names = headers.map(foldColumnName);
  while (names.at(-1) === '') names.pop();
  return createHash('sha256').update(JSON.stringify(names)).digest();
}

function questionOf(candidates: readonly ImportRow[]): ImportQuestion {
  const filled = candidates.filter(
    ({ cells }) => cells.filter((cell) => !isEmptyCell(cell)).length >= NAMES_MIN,
  );
  if (filled.length === 0) throw unreadable('it has no rows with several columns');
  const options = filled.slice(0, CHOICES_MAX).map(({ number, cells }) => ({
    answer: String(number),
    example: cells
      .map(textOf)
      .filter((text) => text !== '')
      .slice(0, 8)
      .join(' · ')
      .slice(0, 160),
  }));
  return { key: 'headerRow', code: 'headerRow', values: {}, options };
}

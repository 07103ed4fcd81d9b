import { CsvError, parse } from 'csv-parse/sync';
import { countKnownRoles } from './column-roles.ts';
import {
  COLUMNS_MAX,
  LINES_ABOVE_MAX,
  ROWS_MAX,
  toText,
  tooManyRows,
  unreadable,
} from './import-table.ts';
import type { ImportRow, ImportTable } from './import-table.ts';
import type { DecodedText } from './decode-text.ts';

const delimiters = [',', ';', '\t', '|'] as const;
/** A quotation mark that is never closed must not swallow the file without a word. */
const RECORD_CHARACTERS_MAX = 256 * 1024;

/** Reads delimited text. Row numbers are line numbers of the file. */
export function readCsv({ text, encoding }: DecodedText, wish: string | undefined): ImportTable {
  // Excel reads and writes this line of its own.
  const excel = /^\ufeff?sep=(.)\r?\n/.exec(text);
  const body = excel ? text.slice(excel[0].length) : text;
  const delimiter = wish ?? excel?.[1] ?? chooseDelimiter(body);
  const linesBefore = excel ? 1 : 0;
  return { kind: 'csv', encoding, delimiter, rows: parseRows(body, delimiter, linesBefore) };
}

/**
 * The delimiter under which the head has the most names that we know; where none has any, the one
 * that cuts the first lines into the most equal number of columns.
 */
function chooseDelimiter(text: string): string {
  const head = text.slice(0, 64 * 1024).split(/\r\n|\n|\r/, LINES_ABOVE_MAX);
  const scored = delimiters.map((delimiter) => {
    const split = head.map((line) => splitPlain(line, delimiter));
    const names = Math.max(0, ...split.map(countKnownRoles));
    return { delimiter, names, cuts: commonCuts(split.map(({ length }) => length)) };
  });
  const [best] = scored.toSorted(
    (left, right) => right.names - left.names || right.cuts - left.cuts,
  );
  return best?.delimiter ?? ',';
}

/** How many lines have the number of columns that most of those with several have. */
function commonCuts(lengths: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const length of lengths) {
    if (length > 1) counts.set(length, (counts.get(length) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

function splitPlain(line: string, delimiter: string): string[] {
  return line.split(delimiter).map((name) => name.replace(/^\s*"(.*)"\s*$/, '$1'));
}

function parseRows(text: string, delimiter: string, linesBefore: number): ImportRow[] {
  try {
    const rows: ImportRow[] = [];
    parse(text, {
      delimiter,
      bom: true,
      relax_column_count: true,
      // People write 12" pipes into their notes; only a mark that opens a cell quotes.
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: RECORD_CHARACTERS_MAX,
      on_record: (record: string[], { lines }) => {
        if (rows.length > ROWS_MAX + LINES_ABOVE_MAX) throw tooManyRows();
        rows.push(toRow(record, lines + linesBefore));
        return null;
      },
    });
    return rows;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? ` in line ${error['lines']}` : '';
    throw unreadable(`its quotation marks or separators do not fit${line}`, error);
  }
}

function toRow(record: readonly string[], lastLine: number): ImportRow {
  if (record.length > COLUMNS_MAX) throw unreadable(`more than ${COLUMNS_MAX} columns`);
  const breaks = record.reduce((sum, text) => sum + countBreaks(text), 0);
  return { number: lastLine - breaks, cells: record.map(toText) };
}

function countBreaks(text: string): number {
  return text.includes('\n') || text.includes('\r') ? (text.match(/\r\n|\n|\r/g)?.length ?? 0) : 0;
}

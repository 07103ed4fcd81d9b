import { CsvError, parse } from 'csv-parse/sync';
import { countKnownHeaders } from './columns.ts';
import {
  COLUMNS_MAX,
  LINES_ABOVE_MAX,
  ROWS_MAX,
  toCell,
  tooManyRows,
  unreadable,
} from './table.ts';
import type { Table, TableRow } from './table.ts';

export interface CsvOptions {
  /** WHATWG name such as `gb18030`; absent: found out. */
  readonly encoding?: string | undefined;
  readonly delimiter?: string | undefined;
}

const delimiters = [',', ';', '\t', '|'] as const;
/** What spreadsheet programs of our countries write when they do not write Unicode. */
const oldEncodings = [
  'gb18030',
  'big5',
  'shift_jis',
  'euc-kr',
  'windows-874',
  'windows-1256',
  'windows-1258',
  'windows-1252',
] as const;

/** Reads delimited text. Row numbers are line numbers of the file. */
export function readCsv(bytes: Uint8Array, options: CsvOptions): Table {
  const text = decode(bytes, options.encoding);
  if (text.includes('\0')) throw unreadable('it is not text');
  const { delimiter, body, linesBefore } = chooseDelimiter(text, options.delimiter);
  return { rows: parseRows(body, delimiter).map((row) => later(row, linesBefore)) };
}

function later(row: TableRow, lines: number): TableRow {
  return lines === 0 ? row : { ...row, number: row.number + lines };
}

function decode(bytes: Uint8Array, wish: string | undefined): string {
  if (wish !== undefined) return decodeAs(bytes, wish);
  const marked = encodingOfMark(bytes);
  if (marked !== undefined) return decodeAs(bytes, marked);
  return tryDecode(bytes, 'utf-8') ?? guessOld(bytes);
}

/** The byte order mark that Excel puts in front of Unicode text. */
function encodingOfMark([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return undefined;
}

function decodeAs(bytes: Uint8Array, encoding: string): string {
  const text = tryDecode(bytes, encoding);
  if (text !== undefined) return text;
  throw unreadable(`it is not ${encoding.slice(0, 30)}; save it as UTF-8`);
}

/** The text, or undefined when the bytes are no such text, or we know no such encoding. */
function tryDecode(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Chooses the old encoding in which the head of the table reads as column names that we know. The
 * letters of a name cannot tell; when no head does, guessing would change what people wrote.
 */
function guessOld(bytes: Uint8Array): string {
  const readings = oldEncodings.flatMap((encoding) => {
    const text = tryDecode(bytes, encoding);
    return text === undefined ? [] : [{ text, known: knownNonAscii(text) }];
  });
  const best = readings.toSorted((left, right) => right.known - left.known)[0];
  if (best && best.known > 0) return best.text;
  throw unreadable('its letters are not Unicode; save it as UTF-8, or name its encoding');
}

function knownNonAscii(text: string): number {
  const head = text.split(/\r?\n/, LINES_ABOVE_MAX);
  const counts = head.flatMap((line) =>
    delimiters.map((delimiter) =>
      // Names in plain letters read the same in every encoding and prove nothing.
      countKnownHeaders(line.split(delimiter).filter((name) => /[^\x00-\x7f]/.test(name))),
    ),
  );
  return Math.max(0, ...counts);
}

/** Takes the delimiter with which the head of the table has the most names that we know. */
function chooseDelimiter(
  text: string,
  wish: string | undefined,
): { readonly delimiter: string; readonly body: string; readonly linesBefore: number } {
  // Excel reads and writes this line of its own.
  const excel = /^sep=(.)\r?\n/.exec(text);
  const body = excel ? text.slice(excel[0].length) : text;
  const linesBefore = excel ? 1 : 0;
  const named = wish ?? excel?.[1];
  if (named !== undefined) return { delimiter: named, body, linesBefore };
  const head = body.split(/\r?\n/, LINES_ABOVE_MAX);
  const scored = delimiters.map((delimiter) => ({
    delimiter,
    score: Math.max(...head.map((line) => countKnownHeaders(splitPlain(line, delimiter)))),
  }));
  const best = scored.toSorted((left, right) => right.score - left.score)[0];
  return { delimiter: best?.delimiter ?? ',', body, linesBefore };
}

function splitPlain(line: string, delimiter: string): string[] {
  return line.split(delimiter).map((name) => name.replace(/^\s*"(.*)"\s*$/, '$1'));
}

function parseRows(text: string, delimiter: string): TableRow[] {
  try {
    const rows: TableRow[] = [];
    parse(text, {
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      // A quotation mark that is never closed must not swallow the file without a word.
      max_record_size: 64 * 1024,
      on_record: (record: string[], { lines }) => {
        if (rows.length > ROWS_MAX + LINES_ABOVE_MAX) throw tooManyRows();
        rows.push(toRow(record, lines));
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

function toRow(record: readonly string[], lastLine: number): TableRow {
  if (record.length > COLUMNS_MAX) throw unreadable(`more than ${COLUMNS_MAX} columns`);
  const breaks = record.reduce((sum, text) => sum + (text.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
  return { number: lastLine - breaks, cells: record.map(toCell) };
}

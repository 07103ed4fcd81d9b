import type { CurrencyCode } from '#core/money.ts';
import { columnOf, countKnownHeaders, foldHeader, paymentColumns } from './columns.ts';
import type { PaymentColumn } from './columns.ts';
import { currencyNamed, readCell } from './read-cell.ts';
import type { CellOptions } from './read-cell.ts';
import { LINES_ABOVE_MAX, ROWS_MAX, tooManyRows, unreadable } from './table.ts';
import type { Table, TableRow, Trouble } from './table.ts';

/** One thing that is wrong with an upload. Row 0 is the file as a whole. */
export interface BatchProblem extends Trouble {
  readonly row: number;
  readonly column: string;
}

/** A payment as its row says, every field in the one form that the API takes. */
export interface BatchRow {
  readonly row: number;
  readonly fields: Readonly<Partial<Record<PaymentColumn, string>>>;
  readonly problems: readonly BatchProblem[];
}

export interface RowOptions extends CellOptions {
  /** Headers of the file by our column, where they are none that we know. */
  readonly columns?: Readonly<Partial<Record<PaymentColumn, string>>> | undefined;
  /** Headers that are meant to be passed over. */
  readonly ignoredColumns?: readonly string[] | undefined;
}

export interface ReadRows {
  readonly rows: readonly BatchRow[];
  /** What is wrong with the head of the table; then there are no rows. */
  readonly problems: readonly BatchProblem[];
}

/** Understands a table as payments. Nothing is guessed: what can be read in two ways is a problem. */
export function readRows(table: Table, options: RowOptions): ReadRows {
  const head = findHead(table, options);
  const problems = problemsOfHead(head);
  if (problems.length > 0) return { rows: [], problems };
  const body = table.rows
    .slice(head.place + 1)
    .filter(({ cells }) => cells.some(({ text, trouble }) => text !== '' || trouble));
  if (body.length > ROWS_MAX) throw tooManyRows();
  if (body.length === 0) throw unreadable('there is no payment below the names of the columns');
  return { rows: body.map((row) => readRow(row, head, options)), problems: [] };
}

interface Head {
  readonly place: number;
  readonly row: number;
  /** By place in a row; undefined: passed over. */
  readonly columns: readonly (PaymentColumn | undefined)[];
  readonly headers: readonly string[];
  readonly unknown: readonly string[];
  readonly troubles: readonly (Trouble | undefined)[];
}

function findHead(table: Table, options: RowOptions): Head {
  const candidates = table.rows.slice(0, LINES_ABOVE_MAX + 1);
  const meaningOf = meaningBy(options);
  const place = candidates.findIndex(({ cells }) => {
    const headers = cells.map(({ text }) => text);
    const mapped = headers.filter((header) => meaningOf(header) !== undefined).length;
    return Math.max(mapped, countKnownHeaders(headers)) >= 2;
  });
  const row = candidates[place];
  if (!row) {
    const known = paymentColumns.join(', ');
    throw unreadable(`no row names the columns; it must have names such as ${known}`);
  }
  const headers = row.cells.map(({ text }) => text);
  const ignored = new Set((options.ignoredColumns ?? []).map(foldHeader));
  const columns = headers.map(meaningOf);
  const unknown = headers.filter(
    (header, index) =>
      header !== '' && columns[index] === undefined && !ignored.has(foldHeader(header)),
  );
  const troubles = row.cells.map(({ trouble }) => trouble);
  return { place, row: row.number, columns, headers, unknown, troubles };
}

/** What a header means: by the caller's word, else by its name, unless it is to be passed over. */
function meaningBy({ columns = {}, ignoredColumns = [] }: RowOptions) {
  const named = new Map<string, PaymentColumn>();
  for (const column of paymentColumns) {
    const header = columns[column];
    if (header !== undefined) named.set(foldHeader(header), column);
  }
  const ignored = new Set(ignoredColumns.map(foldHeader));
  const taken = new Set(named.values());
  return (header: string): PaymentColumn | undefined => {
    const folded = foldHeader(header);
    const own = named.get(folded);
    if (own) return own;
    const known = ignored.has(folded) ? undefined : columnOf(header);
    // A column that the caller has placed elsewhere is not taken from another as well.
    return known !== undefined && taken.has(known) ? undefined : known;
  };
}

function problemsOfHead(head: Head): BatchProblem[] {
  const at = (column: string, problem: string, fix: string): BatchProblem => {
    return { row: head.row, column, problem, fix };
  };
  // A date that is passed over because its name was mistyped would pay at once.
  const fix = 'rename it, say which one it is, or say that it is passed over';
  const problems = head.unknown.map((header) =>
    at(header.slice(0, 60), 'is no column that we know', fix),
  );
  head.troubles.forEach((trouble, index) => {
    if (trouble) problems.push(at(String(index + 1), trouble.problem, trouble.fix));
  });
  for (const column of paymentColumns) {
    const used = head.headers.filter((_header, index) => head.columns[index] === column);
    if (used.length > 1) {
      const words = used.map((header) => header.slice(0, 40)).join(', ');
      problems.push(at(column, `stands there more than once (${words})`, 'leave only one of them'));
    }
  }
  const has = (column: PaymentColumn): boolean => head.columns.includes(column);
  if (!has('amount')) problems.push(at('amount', 'is missing', 'add the column'));
  if (!has('beneficiaryId') && !has('creditorAccount')) {
    problems.push(at('creditorAccount', 'is missing', 'add the column'));
  }
  return problems;
}

function readRow(row: TableRow, head: Head, options: RowOptions): BatchRow {
  const problems: BatchProblem[] = [];
  const fields: Partial<Record<PaymentColumn, string>> = {};
  if (row.trouble) problems.push({ row: row.number, column: '', ...row.trouble });
  const currency = currencyOf(row, head, options);
  row.cells.forEach((cell, index) => {
    const column = head.columns[index];
    if (column === undefined) {
      const isNamed = (head.headers[index] ?? '') !== '';
      if (isNamed || (cell.text === '' && !cell.trouble)) return;
      const fix = 'check the separators and quotation marks of this row, or name the column';
      const problem = 'has a value in a column without a name';
      problems.push({ row: row.number, column: `${index + 1}`, problem, fix });
      return;
    }
    const read = readCell(column, cell, { ...options, currency });
    if (typeof read === 'string') fields[column] = read;
    else if (read) problems.push({ row: row.number, column, ...read });
  });
  return { row: row.number, fields, problems };
}

/** The currency in which the row's amount is written; a wrong one is told with its own cell. */
function currencyOf(row: TableRow, head: Head, { currency }: RowOptions): CurrencyCode {
  const text = row.cells[head.columns.indexOf('currency')]?.text ?? '';
  return text.toUpperCase() === currency || text === ''
    ? currency
    : (currencyNamed(text) ?? currency);
}

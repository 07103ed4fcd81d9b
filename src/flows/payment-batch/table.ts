import { CashbellError } from '#core/errors.ts';

/** What stands in one cell of a file. */
export interface Cell {
  /** Exactly as text; numbers and days of a workbook in plain form, `1250.5` and `2026-11-23`. */
  readonly text: string;
  /** The file says that it is a number, so that a point in it can only be the decimal point. */
  readonly isNumber?: boolean;
  /** Why this cell must not be used, such as a formula. */
  readonly trouble?: Trouble;
}

/** What is wrong, and what to do about it. */
export interface Trouble {
  readonly problem: string;
  readonly fix: string;
}

export interface TableRow {
  /** As people see it in their editor, from 1. */
  readonly number: number;
  readonly cells: readonly Cell[];
  /** Why this row as a whole must not be used. */
  readonly trouble?: Trouble;
}

/** What an uploaded file holds, before anything of it is understood. */
export interface Table {
  readonly rows: readonly TableRow[];
}

export const FILE_BYTES_MAX = 5 * 1024 * 1024;
/** Rows of payments that one batch may have. */
export const ROWS_MAX = 2_000;
/** Lines above the head of the table that are passed over, such as a title. */
export const LINES_ABOVE_MAX = 10;
export const COLUMNS_MAX = 64;
export const CELL_CHARACTERS_MAX = 2_000;

/** A file that cannot be read as a table at all. */
export function unreadable(problem: string, cause?: unknown): CashbellError {
  return new CashbellError('batch.fileUnreadable', { field: 'file', problem }, { cause });
}

/** Refuses what is too long for any field of a payment before it is looked at. */
export function toCell(text: string): Cell {
  const trimmed = text.trim();
  if (trimmed.startsWith('=')) {
    return { text: '', trouble: { problem: 'is a formula', fix: 'write its result as a value' } };
  }
  if (trimmed.length > CELL_CHARACTERS_MAX) {
    const problem = `has more than ${CELL_CHARACTERS_MAX} characters`;
    return { text: '', trouble: { problem, fix: 'shorten it' } };
  }
  return { text: trimmed };
}

export function tooManyRows(): CashbellError {
  return unreadable(`more than ${ROWS_MAX} payments in one file; split it`);
}

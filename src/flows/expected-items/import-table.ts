import { CashbellError } from '#core/errors.ts';
import type { ItemProblemCode } from './import-words.ts';

/** A cell whose kind the file itself states: only workbooks do. Everything else is plain text. */
export interface TypedCell {
  /** `number` in plain form such as `1250.5`, `day` as `2026-11-23`. */
  readonly kind: 'number' | 'day' | 'trouble';
  readonly text: string;
  /** Why this cell must not be used, such as a formula without a value. */
  readonly code?: ItemProblemCode;
}

/** Text as it stands in the file, trimmed, or a typed cell. Most are text: fifty thousand rows fit. */
export type ImportCell = string | TypedCell;

export interface ImportRow {
  /** As people see it in their editor, from 1. */
  readonly number: number;
  readonly cells: readonly ImportCell[];
  readonly isHidden?: boolean;
}

/** What a file holds, before anything of it is understood. */
export interface ImportTable {
  readonly rows: readonly ImportRow[];
  readonly kind: 'csv' | 'xlsx';
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly sheet?: string;
  /** From which day a workbook counts its days. */
  readonly dayNumbering?: 'excel1900' | 'excel1904';
}

export const FILE_BYTES_MAX = 32 * 1024 * 1024;
export const ROWS_MAX = 100_000;
export const COLUMNS_MAX = 128;
export const CELL_CHARACTERS_MAX = 4_000;
/** Lines above the names of the columns, such as a title, a period and a company. */
export const LINES_ABOVE_MAX = 30;

/** A file that cannot be read as a table at all. */
export function unreadable(problem: string, cause?: unknown): CashbellError {
  return new CashbellError('import.fileUnreadable', { field: 'file', problem }, { cause });
}

/** An answer that no question of this file takes. */
export function unfitAnswer(key: string, answer: string): CashbellError {
  const problem = `cannot be "${answer.slice(0, 60)}"`;
  return new CashbellError('api.invalid', { field: `answers.${key}`, problem });
}

export function tooManyRows(): CashbellError {
  return unreadable(`more than ${ROWS_MAX} rows in one file; split it`);
}

export function textOf(cell: ImportCell | undefined): string {
  if (cell === undefined) return '';
  return typeof cell === 'string' ? cell : cell.text;
}

export function isEmptyCell(cell: ImportCell | undefined): boolean {
  return textOf(cell) === '' && (typeof cell !== 'object' || cell.kind !== 'trouble');
}

/**
 * One line without control characters, in composed form. A text that begins with `=` stays what it
 * is: data. Nothing here is ever computed.
 */
export function toText(text: string): ImportCell {
  const plain = text
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b\ufeff]+/g, ' ')
    .trim()
    .normalize('NFC');
  if (plain.length <= CELL_CHARACTERS_MAX) return plain;
  return { kind: 'trouble', text: plain.slice(0, 60), code: 'textTooLong' };
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReportCell, ReportTable } from '#core/report-document.ts';
import { cutText, isRightToLeft } from '#i18n/format.ts';
import {
  type CellStyle,
  directText,
  lettersOf,
  type PageText,
  withLetters,
  writeCell,
} from './pdf-cells.ts';
import { type ColumnPlan, type ColumnWish, measureColumns } from './pdf-columns.ts';
import { breakLongWords } from './pdf-widths.ts';

/** A table as the template takes it. */
export interface TablePart {
  readonly kind: 'table';
  readonly columns: readonly {
    readonly title: PageText;
    readonly width: number;
    readonly align: 'left' | 'right';
  }[];
  readonly size: number;
  readonly gap: number;
  readonly rows: readonly (readonly PageText[])[];
  readonly totals: readonly (readonly PageText[])[];
  /** Goes on in the next run, on a page of its own. */
  readonly isContinued?: boolean;
}

/** A table whose cells are formatted, before it is known how wide the page is. */
export interface WrittenTable {
  readonly title: PageText | null;
  readonly empty: PageText;
  readonly titles: readonly PageText[];
  readonly aligns: readonly ('left' | 'right')[];
  readonly rows: readonly (readonly PageText[])[];
  readonly totals: readonly (readonly PageText[])[];
  readonly wishes: readonly ColumnWish[];
}

/** Formatting gives the event loop back after so many rows: a bank may be waiting for an answer. */
const ROWS_PER_TURN = 500;
/** Longer than any narrative of a bank; a cell longer than pages would end nowhere. */
const CELL_MAX = 2000;
/** The head stands on every page again and must leave room for rows. */
const HEAD_MAX = 60;

/** Formats the cells of a table and measures its columns. */
export async function writeTable(table: ReportTable, style: CellStyle): Promise<WrittenTable> {
  const { language } = style;
  // A row always has as many cells as there are columns, or the rows below it would shift.
  const write = (row: readonly (ReportCell | null)[]): readonly PageText[] =>
    table.columns.map((_, column) => cut(writeCell(row[column] ?? null, style), CELL_MAX));
  const rows: (readonly PageText[])[] = [];
  for (const [index, row] of table.rows.entries()) {
    if (index % ROWS_PER_TURN === ROWS_PER_TURN - 1) await nextTurn();
    rows.push(write(row));
  }
  const totals = (table.totals ?? []).map(write);
  const titles = table.columns.map((column) => cut(directText(column.title, language), HEAD_MAX));
  const kinds = table.columns.map((_, column) => kindOf(table, column));
  return {
    title: table.title === undefined ? null : directText(table.title, language),
    empty: directText(table.empty, language),
    titles,
    aligns: table.columns.map(({ align }, column) => sideOf(align, kinds[column], style)),
    rows,
    totals,
    wishes: measureColumns(
      table.columns,
      titles,
      [...totals, ...rows],
      (column) => kinds[column] === 'text' || kinds[column] === undefined,
    ),
  };
}

function cut(text: PageText, lettersMax: number): PageText {
  const letters = lettersOf(text);
  return letters.length <= lettersMax ? text : withLetters(text, cutText(letters, lettersMax));
}

function kindOf(table: ReportTable, column: number): ReportCell['kind'] | undefined {
  for (const row of table.rows) {
    const kind = row[column]?.kind;
    if (kind !== undefined) return kind;
  }
  return undefined;
}

function isNumeric(kind: ReportCell['kind'] | undefined): boolean {
  return kind === 'money' || kind === 'count' || kind === 'share' || kind === 'rate';
}

/** Digits stand below digits of their own place, so numbers end at the right in every language. */
function sideOf(
  align: 'start' | 'end' | undefined,
  kind: ReportCell['kind'] | undefined,
  { language }: CellStyle,
): 'left' | 'right' {
  if (isNumeric(kind) && align !== 'start') return 'right';
  return (align === 'end') === isRightToLeft(language) ? 'left' : 'right';
}

/** Gives a table its widths; its cells are fitted later (`fitTable`). */
export function tablePart(written: WrittenTable, { widths, size, gap }: ColumnPlan): TablePart {
  return {
    kind: 'table',
    columns: written.titles.map((title, index) => ({
      title,
      width: widths[index] ?? 0,
      align: written.aligns[index] ?? 'left',
    })),
    size,
    gap,
    rows: written.rows,
    totals: written.totals,
  };
}

/** Gives words that are wider than their column places to break at. */
export function fitTable(table: TablePart): TablePart {
  const fit = (row: readonly PageText[]): readonly PageText[] =>
    row.map((cell, index) => fitCell(cell, widthOf(table, index), table.size));
  return {
    ...table,
    columns: table.columns.map((column, index) => ({
      ...column,
      title: fitCell(column.title, widthOf(table, index), table.size),
    })),
    rows: table.rows.map(fit),
    totals: table.totals.map(fit),
  };
}

function widthOf({ columns, gap }: TablePart, column: number): number {
  return (columns[column]?.width ?? 0) - gap;
}

/** Gives the words of a text that are wider than its place something to break at. */
export function fitCell(cell: PageText, width: number, size: number): PageText {
  const letters = lettersOf(cell);
  const fitting = breakLongWords(letters, width, size);
  return fitting === letters ? cell : withLetters(cell, fitting);
}

import type { Cell as SheetCell, CellValue, Sheet } from 'hucre/xlsx';
import { refuseBomb } from './refuse-bomb.ts';
import {
  COLUMNS_MAX,
  LINES_ABOVE_MAX,
  ROWS_MAX,
  toCell,
  tooManyRows,
  unreadable,
} from './table.ts';
import type { Cell, Table, TableRow, Trouble } from './table.ts';

/** What all parts of a workbook may take together when they are unpacked. */
const UNPACKED_BYTES_MAX = 24 * 1024 * 1024;
/** A number of a workbook is exact up to so many digits; what is longer was cut already. */
const EXACT_DIGITS = 15;
/** All rows, so that what lies far below is seen and not passed over in silence. */
const READ_RANGE = 'A1:BL1048576';

/** Reads the one visible sheet of an XLSX workbook, or the one that is named. */
export async function readXlsx(bytes: Uint8Array, sheetName: string | undefined): Promise<Table> {
  refuseBomb(bytes, { unpackedBytesMax: UNPACKED_BYTES_MAX, refuse: unreadable });
  const sheets = await readSheets(bytes);
  const sheet = chooseSheet(sheets, sheetName);
  refuseHiddenColumns(sheet);
  const rows = sheet.rows
    .map((values, index) => toRow(sheet, values, index))
    .filter(({ cells }) => cells.some(({ text, trouble }) => text !== '' || trouble));
  if (rows.length > ROWS_MAX + LINES_ABOVE_MAX) throw tooManyRows();
  return { rows };
}

async function readSheets(bytes: Uint8Array): Promise<readonly Sheet[]> {
  // A tenth of a second to load: only who reads a workbook pays for it.
  const { readXlsx: read } = await import('hucre/xlsx');
  try {
    const { sheets } = await read(bytes, { range: READ_RANGE });
    return sheets;
  } catch (error) {
    throw unreadable('it is no XLSX workbook, or it is damaged', error);
  }
}

function chooseSheet(sheets: readonly Sheet[], name: string | undefined): Sheet {
  if (name !== undefined) {
    const named = sheets.find((sheet) => sheet.name === name);
    if (named) return named;
    throw unreadable(`it has no sheet "${name.slice(0, 60)}"`);
  }
  const visible = sheets.filter(
    (sheet) => sheet.hidden !== true && sheet.veryHidden !== true && hasContent(sheet),
  );
  const [only, another] = visible;
  if (!only) throw unreadable('it is empty');
  if (another) {
    const known = visible.map((sheet) => sheet.name.slice(0, 40)).join(', ');
    throw unreadable(`it has several sheets (${known}); name one of them, or leave only one`);
  }
  return only;
}

/** Who looks at the sheet does not see them, so nobody may be paid by what they say. */
function refuseHiddenColumns({ rows, columns = [] }: Sheet): void {
  const hidden = columns.findIndex(
    (column, index) => column?.hidden === true && rows.some((row) => (row[index] ?? '') !== ''),
  );
  if (hidden >= 0) throw unreadable(`column ${hidden + 1} is hidden; show it, or delete it`);
}

function hasContent({ rows }: Sheet): boolean {
  return rows.some((row) => row.some((value) => value !== null && value !== ''));
}

function toRow(sheet: Sheet, values: readonly CellValue[], index: number): TableRow {
  const cells = values
    .slice(0, COLUMNS_MAX)
    .map((value, column) => readCell(value, sheet.cells?.get(`${index},${column}`)));
  const isHidden = sheet.rowDefs?.get(index)?.hidden === true;
  const trouble = { problem: 'is hidden', fix: 'show the row, or delete it' };
  return { number: index + 1, cells, ...(isHidden ? { trouble } : {}) };
}

function readCell(value: CellValue, detail: SheetCell | undefined): Cell {
  if (detail?.formula !== undefined || detail?.type === 'formula') {
    return troubled('is a formula', 'copy the cells and paste them as values');
  }
  if (detail?.type === 'error') return troubled('holds an error', 'write a value');
  if (value === null) return { text: '' };
  if (value instanceof Date) return readDate(value);
  if (typeof value === 'number') return readNumber(value);
  return toCell(String(value));
}

function troubled(problem: string, fix: string): Cell {
  return { text: '', trouble: { problem, fix } satisfies Trouble };
}

function readDate(date: Date): Cell {
  if (Number.isNaN(date.getTime())) return troubled('is no day', 'write it as 2026-11-23');
  return { text: date.toISOString().slice(0, 10) };
}

/**
 * A number cell is a binary number whose shortest decimal text is what the sheet shows, up to fifteen
 * digits. Behind them the workbook itself has rounded, so the amount that somebody meant is lost.
 */
function readNumber(value: number): Cell {
  const text = String(value);
  const digits = text.replace(/[-.]/g, '').replace(/^0+/, '').length;
  if (/e/i.test(text) || !Number.isFinite(value) || digits > EXACT_DIGITS) {
    return troubled(
      `is a number with more than ${EXACT_DIGITS} digits, which a workbook rounds`,
      'format the column as text and write it again',
    );
  }
  return { text, isNumber: true };
}

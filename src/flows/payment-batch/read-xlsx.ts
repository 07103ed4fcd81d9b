import type { CashbellError } from '#core/errors.ts';
import type { Cell as SheetCell, CellValue, Sheet } from 'hucre/xlsx';
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
const PARTS_MAX = 400;
/** A number of a workbook is exact up to so many digits; what is longer was cut already. */
const EXACT_DIGITS = 15;
/** All rows, so that what lies far below is seen and not passed over in silence. */
const READ_RANGE = 'A1:BL1048576';

/** Reads the one visible sheet of an XLSX workbook, or the one that is named. */
export async function readXlsx(bytes: Uint8Array, sheetName: string | undefined): Promise<Table> {
  refuseBomb(bytes);
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

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const LARGE = 0xffffffff;
/** Bit of an entry that says: the sizes stand behind the data. */
const SIZES_BEHIND = 8;

/**
 * Refuses an archive by its directory before anything of it is unpacked. A part that unpacks to more
 * than its entry says is cut off by the reader, so the sum of the entries bounds the whole.
 */
function refuseBomb(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  const parts = view.getUint16(end + 10, true);
  if (parts > PARTS_MAX) throw unreadable('the workbook has too many parts');
  let place = view.getUint32(end + 16, true);
  let sum = 0;
  for (let part = 0; part < parts; part += 1) {
    requireMark(view, place, DIRECTORY_ENTRY, 46);
    sum += unpackedSizeOf(view, place);
    if (sum > UNPACKED_BYTES_MAX) throw tooLarge();
    place +=
      46 +
      view.getUint16(place + 28, true) +
      view.getUint16(place + 30, true) +
      view.getUint16(place + 32, true);
  }
}

/** Size of a part as its entry says; sizes that are hidden, missing or told twice are refused. */
function unpackedSizeOf(view: DataView, place: number): number {
  const packed = view.getUint32(place + 20, true);
  const unpacked = view.getUint32(place + 24, true);
  const local = view.getUint32(place + 42, true);
  requireMark(view, local, LOCAL_HEADER, 30);
  const again = view.getUint32(local + 22, true);
  const isBehind = (view.getUint16(place + 8, true) & SIZES_BEHIND) !== 0;
  const isHidden = packed === LARGE || unpacked === LARGE;
  // Nothing packs to two bytes; a larger part of no size could unpack to anything.
  const isMissing = (unpacked === 0 && packed > 2) || (isBehind && packed === 0);
  const isToldTwice = again !== unpacked && again !== 0;
  if (isHidden || isMissing || isToldTwice) throw tooLarge();
  return unpacked;
}

function requireMark(view: DataView, place: number, mark: number, length: number): void {
  if (place + length <= view.byteLength && view.getUint32(place, true) === mark) return;
  throw unreadable('it is no XLSX workbook, or it is damaged');
}

function tooLarge(): CashbellError {
  return unreadable('the workbook is too large when it is unpacked');
}

function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - 65_557);
  for (let place = view.byteLength - 22; place >= first; place -= 1) {
    if (view.getUint32(place, true) === END_OF_DIRECTORY) return place;
  }
  throw unreadable('it is no XLSX workbook, or it is damaged');
}

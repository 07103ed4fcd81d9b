import type { Cell as SheetCell, CellValue, Sheet, Workbook } from 'hucre/xlsx';
import { refuseBomb } from '../payment-batch/refuse-bomb.ts';
import {
  COLUMNS_MAX,
  LINES_ABOVE_MAX,
  ROWS_MAX,
  isEmptyCell,
  toText,
  tooManyRows,
  unreadable,
} from './import-table.ts';
import type { ImportCell, ImportRow, ImportTable } from './import-table.ts';
import type { ImportQuestion, ItemProblemCode } from './import-words.ts';

/** What all parts of a workbook may take together when they are unpacked. */
const UNPACKED_BYTES_MAX = 128 * 1024 * 1024;
/** A number of a workbook is exact up to so many digits; what is longer was cut already. */
const EXACT_DIGITS = 15;
/** All rows, so that what lies far below is seen and not passed over in silence. */
const READ_RANGE = 'A1:DX1048576';

/** A workbook with several filled sheets asks which one is meant. */
export type ReadWorkbook = ImportTable | ImportQuestion;

/** Reads the one visible sheet of an XLSX workbook, or the one that is named. */
export async function readXlsx(
  bytes: Uint8Array,
  sheetName: string | undefined,
): Promise<ReadWorkbook> {
  refuseBomb(bytes, { unpackedBytesMax: UNPACKED_BYTES_MAX, refuse: unreadable });
  const { sheets, dateSystem } = await readWorkbook(bytes);
  const sheet = chooseSheet(sheets, sheetName);
  if ('options' in sheet) return sheet;
  const rows: ImportRow[] = [];
  sheet.rows.forEach((values, index) => {
    const row = toRow(sheet, values, index);
    if (row.cells.every(isEmptyCell)) return;
    if (rows.length > ROWS_MAX + LINES_ABOVE_MAX) throw tooManyRows();
    rows.push(row);
  });
  const dayNumbering = dateSystem === '1904' ? 'excel1904' : 'excel1900';
  return { kind: 'xlsx', sheet: sheet.name, dayNumbering, rows };
}

async function readWorkbook(bytes: Uint8Array): Promise<Workbook> {
  // A tenth of a second to load: only who reads a workbook pays for it.
  const { readXlsx: read } = await import('hucre/xlsx');
  try {
    return await read(bytes, { range: READ_RANGE });
  } catch (error) {
    throw unreadable('it is no XLSX workbook, or it is damaged', error);
  }
}

function chooseSheet(sheets: readonly Sheet[], name: string | undefined): Sheet | ImportQuestion {
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
  if (!another) return only;
  const options = visible.map((sheet) => ({ answer: sheet.name, example: exampleOf(sheet) }));
  return { key: 'sheet', code: 'sheet', values: {}, options };
}

function exampleOf({ rows }: Sheet): string {
  const row = rows.find((values) => values.some((value) => value !== null && value !== '')) ?? [];
  const words = row.filter((value) => value !== null && value !== '').map(String);
  return words.slice(0, 6).join(' · ').slice(0, 120);
}

function hasContent({ rows }: Sheet): boolean {
  return rows.some((row) => row.some((value) => value !== null && value !== ''));
}

function toRow(sheet: Sheet, values: readonly CellValue[], index: number): ImportRow {
  const cells = values
    .slice(0, COLUMNS_MAX)
    .map((value, column) => readCell(value, sheet.cells?.get(`${index},${column}`)));
  const isHidden = sheet.rowDefs?.get(index)?.hidden === true;
  return { number: index + 1, cells, ...(isHidden ? { isHidden } : {}) };
}

/** Of a formula only the value that the workbook has kept counts; nothing is computed here. */
function readCell(value: CellValue, detail: SheetCell | undefined): ImportCell {
  if (detail?.type === 'error') return troubled('errorCell', '');
  const isFormula = detail?.formula !== undefined || detail?.type === 'formula';
  const kept = isFormula ? (detail?.formulaResult ?? value) : value;
  if (kept === null || kept === undefined) {
    return isFormula ? troubled('formulaWithoutValue', '') : '';
  }
  if (kept instanceof Date) return readDate(kept);
  if (typeof kept === 'number') return readNumber(kept);
  return toText(String(kept));
}

function troubled(code: ItemProblemCode, text: string): ImportCell {
  return { kind: 'trouble', text, code };
}

function readDate(date: Date): ImportCell {
  if (Number.isNaN(date.getTime())) return troubled('dayUnreadable', '');
  return { kind: 'day', text: date.toISOString().slice(0, 10) };
}

/**
 * A number cell is a binary number of which a workbook shows fifteen digits: what a sum leaves behind
 * them is noise. Whole numbers that are longer were cut by the workbook itself, so what somebody
 * meant is lost.
 */
function readNumber(value: number): ImportCell {
  const text = String(Number(value.toPrecision(EXACT_DIGITS)));
  if (/e/i.test(text) || !Number.isFinite(value) || Math.abs(value) >= 10 ** EXACT_DIGITS) {
    return troubled('tooManyDigits', String(value));
  }
  return { kind: 'number', text };
}

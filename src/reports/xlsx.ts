import type { Cell, CellStyle, CellValue, WriteSheet } from 'hucre/xlsx';
import type {
  ReportCell,
  ReportColumn,
  ReportDocument,
  ReportSection,
  ReportTable,
} from '#core/report-document.ts';
import { translate } from '#i18n/messages.ts';
import type { SheetCell } from './xlsx-cell.ts';
import { safeText, toSheetCell } from './xlsx-cell.ts';

/**
 * Writes a report as a workbook: a sheet with what it is and its figures, then one sheet for each
 * table, whose first row is its header and stays in sight. The same document gives the same bytes.
 */
export async function toXlsx(document: ReportDocument): Promise<Uint8Array> {
  // A tenth of a second to load: only who writes a workbook pays for it.
  const { writeXlsx } = await import('hucre/xlsx');
  const names = new SheetNames();
  const sheets = [summarySheet(document, names)];
  for (const section of document.sections) {
    for (const table of section.tables ?? []) {
      if (table.rows.length > 0) sheets.push(...tableSheets(document, section, table, names));
    }
  }
  const madeAt = new Date(document.madeAt.epochMilliseconds);
  return writeXlsx({
    sheets,
    properties: {
      title: safeText(document.title),
      creator: 'Cashbell',
      company: safeText(document.organisation),
      created: madeAt,
      modified: madeAt,
    },
  });
}

const HEADER: CellStyle = {
  numFmt: '@',
  font: { bold: true },
  fill: { type: 'pattern', pattern: 'solid', fgColor: { rgb: 'E8ECF1' } },
  border: { bottom: { style: 'thin' } },
  alignment: { wrapText: true, vertical: 'center' },
};
const TITLE: CellStyle = { numFmt: '@', font: { bold: true, size: 14 } };
const HEADING: CellStyle = { numFmt: '@', font: { bold: true, size: 12 } };
const NOTE: CellStyle = { numFmt: '@', font: { color: { rgb: '5A6472' } } };
const LABEL: CellStyle = { numFmt: '@' };

/** Width of an ordinary column in characters. */
const COLUMN_WIDTH = 16;
const SUMMARY_WIDTHS = [44, 28, 60] as const;
/** Excel's limit is 1,048,576 rows; the header stands on each sheet. */
const ROWS_MAX = 1_000_000;

function view(document: ReportDocument): Pick<WriteSheet, 'view'> {
  return { view: { rightToLeft: document.isRightToLeft } };
}

/** What the report is and what it knows, its figures, and everything said in words. */
function summarySheet(document: ReportDocument, names: SheetNames): WriteSheet {
  const { language, zone } = document;
  const sheet = new SheetRows();
  sheet.add([{ value: safeText(document.title), style: TITLE }]);
  const fact = (
    key: 'report.organisation' | 'report.knownAt' | 'report.madeAt' | 'report.zone' | 'report.id',
    cell: ReportCell,
  ): void => {
    const label = { value: translate(language, key), style: LABEL };
    sheet.add([label, atStart(toSheetCell(cell, zone))]);
  };
  fact('report.organisation', { kind: 'text', text: document.organisation });
  fact('report.knownAt', { kind: 'moment', at: document.asOf });
  fact('report.madeAt', { kind: 'moment', at: document.madeAt });
  fact('report.zone', { kind: 'code', text: zone });
  if (document.reportId !== undefined) fact('report.id', { kind: 'code', text: document.reportId });
  for (const section of document.sections) addSection(sheet, section, zone);
  return {
    ...sheet.toSheet(),
    ...view(document),
    name: names.take(translate(language, 'report.summary')),
    columns: SUMMARY_WIDTHS.map((width) => ({ width })),
  };
}

function addSection(sheet: SheetRows, section: ReportSection, zone: string): void {
  sheet.add([]);
  sheet.add([{ value: safeText(section.title), style: HEADING }]);
  for (const note of section.notes ?? []) sheet.add([{ value: safeText(note), style: NOTE }]);
  for (const { label, cell, note } of section.figures ?? []) {
    const said = note === undefined ? [] : [{ value: safeText(note), style: NOTE }];
    sheet.add([{ value: safeText(label), style: LABEL }, toSheetCell(cell, zone), ...said]);
  }
  for (const { title, rows, empty } of section.tables ?? []) {
    if (rows.length > 0) continue;
    const what = title === undefined ? empty : `${title}: ${empty}`;
    sheet.add([{ value: safeText(what), style: NOTE }]);
  }
}

function atStart({ value, style }: SheetCell): SheetCell {
  return { value, style: { ...style, alignment: { ...style.alignment, horizontal: 'left' } } };
}

/** One table, on more than one sheet when it is longer than a sheet. */
function tableSheets(
  document: ReportDocument,
  section: ReportSection,
  table: ReportTable,
  names: SheetNames,
): WriteSheet[] {
  const sheets: WriteSheet[] = [];
  for (let start = 0; start < table.rows.length; start += ROWS_MAX) {
    const isLast = start + ROWS_MAX >= table.rows.length;
    sheets.push(
      tableSheet(document, {
        name: names.take(table.title ?? section.title),
        columns: table.columns,
        rows: table.rows.slice(start, start + ROWS_MAX),
        totals: isLast ? (table.totals ?? []) : [],
      }),
    );
  }
  return sheets;
}

interface SheetTable {
  readonly name: string;
  readonly columns: readonly ReportColumn[];
  readonly rows: ReportTable['rows'];
  readonly totals: NonNullable<ReportTable['totals']>;
}

function tableSheet(document: ReportDocument, table: SheetTable): WriteSheet {
  const { zone } = document;
  // Cells of a column look alike; only those that do not are listed one by one.
  const usual = table.columns.map((_column, index) => toSheetCell(firstOf(table, index), zone));
  const sheet = new SheetRows(usual.map(({ style }) => style));
  sheet.add(table.columns.map((column) => headerCell(column)));
  for (const row of table.rows) sheet.add(row.map((cell) => toSheetCell(cell, zone)));
  for (const row of table.totals) sheet.add(row.map((cell) => totalCell(cell, zone)));
  const lastColumn = letterOf(table.columns.length - 1);
  return {
    ...sheet.toSheet(),
    ...view(document),
    name: table.name,
    columns: table.columns.map(({ width = 1 }, index) => ({
      width: Math.round(COLUMN_WIDTH * width),
      style: usual[index]?.style ?? LABEL,
    })),
    freezePane: { rows: 1 },
    autoFilter: { range: `A1:${lastColumn}${table.rows.length + 1}` },
    pageSetup: { orientation: 'landscape', fitToPage: true, fitToWidth: 1, fitToHeight: 0 },
  };
}

/** The first value of a column: what the others of the column look like. */
function firstOf({ rows }: SheetTable, column: number): ReportCell | null {
  for (const row of rows.slice(0, LOOKED_AT_MAX)) {
    const cell = row[column];
    if (cell) return cell;
  }
  return null;
}

const LOOKED_AT_MAX = 100;

function headerCell({ title, align }: ReportColumn): SheetCell {
  const alignment = { ...HEADER.alignment, ...(align === 'end' ? RIGHT : {}) };
  return { value: safeText(title), style: { ...HEADER, alignment } };
}

const RIGHT = { horizontal: 'right' } as const;

function totalCell(cell: ReportCell | null, zone: string): SheetCell {
  const { value, style } = toSheetCell(cell, zone);
  return { value, style: { ...style, font: { bold: true }, border: { top: { style: 'thin' } } } };
}

/** Rows as the library takes them: values, and the cells that differ from their column. */
class SheetRows {
  readonly #rows: CellValue[][] = [];
  readonly #cells = new Map<string, Partial<Cell>>();
  readonly #usual: readonly string[];

  constructor(usual: readonly CellStyle[] = []) {
    this.#usual = usual.map((style) => JSON.stringify(style));
  }

  add(cells: readonly SheetCell[]): void {
    const row = this.#rows.length;
    cells.forEach(({ value, style }, column) => {
      // What is empty needs no format.
      if (value === null || keyOf(style) === this.#usual[column]) return;
      this.#cells.set(`${row},${column}`, { value, style });
    });
    this.#rows.push(cells.map(({ value }) => value));
  }

  toSheet(): Pick<WriteSheet, 'rows' | 'cells'> {
    return { rows: this.#rows, cells: this.#cells };
  }
}

const keys = new WeakMap<CellStyle, string>();

function keyOf(style: CellStyle): string {
  let key = keys.get(style);
  if (key === undefined) {
    key = JSON.stringify(style);
    keys.set(style, key);
  }
  return key;
}

/** Names of sheets: at most 31 characters, without signs that formulas need, each once. */
class SheetNames {
  readonly #taken = new Set<string>(['history']);

  take(title: string): string {
    const plain = safeText(title)
      .replaceAll(/[[\]:*?/\\]/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/^[\s']+|[\s']+$/g, '');
    const base = plain === '' ? 'Sheet' : plain;
    for (let number = 1; ; number += 1) {
      const mark = number === 1 ? '' : ` ${number}`;
      const name = `${[...base]
        .slice(0, SHEET_NAME_MAX - mark.length)
        .join('')
        .slice(0, SHEET_NAME_MAX - mark.length)
        .trimEnd()}${mark}`;
      if (this.#taken.has(name.toLowerCase())) continue;
      this.#taken.add(name.toLowerCase());
      return name;
    }
  }
}

const SHEET_NAME_MAX = 31;

function letterOf(column: number): string {
  const rest = column % 26;
  const letter = String.fromCodePoint(65 + rest);
  return column < 26 ? letter : `${letterOf(Math.floor(column / 26) - 1)}${letter}`;
}

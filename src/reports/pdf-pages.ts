import { setImmediate as nextTurn } from 'node:timers/promises';
import { dayIn } from '#core/dates.ts';
import type { Language } from '#core/languages.ts';
import type {
  ReportCell,
  ReportChart,
  ReportDocument,
  ReportFigure,
  ReportSection,
  ReportTable,
} from '#core/report-document.ts';
import { formatDateTime } from '#i18n/format.ts';
import { translate } from '#i18n/messages.ts';
import {
  type CellStyle,
  directText,
  lettersOf,
  type PageText,
  withLetters,
  writeCell,
} from './pdf-cells.ts';
import {
  type ColumnPlan,
  type ColumnWish,
  fitsWell,
  measureColumns,
  planColumns,
} from './pdf-columns.ts';
import { breakLongWords, STRONG, textWidth } from './pdf-widths.ts';

/** What the template `report.typ` is given: everything formatted, in reading order. */
export interface Pages extends PageFrame {
  readonly parts: readonly PagePart[];
}

/** What stands around the content of every page. */
export interface PageFrame {
  readonly title: string;
  readonly organisation: string;
  readonly organisationLine: PageText;
  readonly asOf: string;
  readonly made: string;
  readonly reference: PageText | null;
  /** Holds `{page}` and `{pages}`. */
  readonly page: string;
  readonly direction: 'ltr' | 'rtl';
  readonly lang: string;
  readonly language: Language;
  readonly region: string | null;
  readonly fonts: readonly string[];
  readonly date: { readonly year: number; readonly month: number; readonly day: number };
  readonly flipped: boolean;
  /** Margin at the sides, in points. */
  readonly margin: number;
}

export type PagePart =
  | { readonly kind: 'title' | 'newPage' }
  | { readonly kind: 'heading'; readonly level: 1 | 2; readonly text: PageText }
  | { readonly kind: 'notes'; readonly notes: readonly PageText[] }
  | FiguresPart
  | { readonly kind: 'empty'; readonly text: PageText }
  | { readonly kind: 'charts'; readonly columns: 1 | 2; readonly charts: readonly PageChart[] }
  | TablePart;

/** Cards side by side; `size` is the one of the values, in points. */
export interface FiguresPart {
  readonly kind: 'figures';
  readonly columns: number;
  readonly size: number;
  readonly figures: readonly PageFigure[];
}

export interface PageFigure {
  readonly label: PageText;
  readonly value: PageText;
  readonly note: PageText | null;
}

/** A chart that is still to be drawn; the process that makes the pages does it (`pdf-charts.ts`). */
export interface PageChart {
  readonly chart: ReportChart;
  readonly width: number;
  readonly height: number;
}

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
}

/** A4 in points. */
const SHORT_SIDE = 595.28;
const LONG_SIDE = 841.89;
const MARGIN = 42;
const FIGURE_COLUMNS = [4, 3, 2];
const FIGURE_SIZE_MAX = 13;
const FIGURE_SIZE_GOOD = 10.5;
const FIGURE_SIZE_MIN = 7;
/** Insets of a card and the gap to the next one. */
const CARD_INSETS = 24;
const CHART_HEIGHT = 130;
/** As the template has it between two charts. */
const CHART_GAP = 14;
/** Formatting gives the event loop back after so many rows: a bank may be waiting for an answer. */
const ROWS_PER_TURN = 500;

/** Formats a report for the pages. */
export async function layOutPages(
  document: ReportDocument,
  fonts: (language: Language) => readonly string[],
): Promise<Pages> {
  const style = { language: document.language, zone: document.zone };
  const tables = new Map<ReportTable, WrittenTable>();
  for (const table of document.sections.flatMap((section) => section.tables ?? [])) {
    tables.set(table, await writeTable(table, document, style));
  }
  const flipped = ![...tables.values()].every(({ wishes }) =>
    fitsWell(wishes, SHORT_SIDE - 2 * MARGIN),
  );
  const width = (flipped ? LONG_SIDE : SHORT_SIDE) - 2 * MARGIN;
  return {
    ...frameOf(document, fonts(document.language), flipped),
    parts: [
      { kind: 'title' },
      ...document.sections.flatMap((section) => partsOf(section, tables, style, width)),
    ],
  };
}

function frameOf(document: ReportDocument, fonts: readonly string[], flipped: boolean): PageFrame {
  const { language, zone, reportId } = document;
  const [lang = 'en', region] = language.split('-');
  const { year, month, day } = dayIn(document.madeAt, 'UTC');
  return {
    title: clean(document.title, language),
    organisation: clean(document.organisation, language),
    organisationLine: directText(document.organisation, language),
    asOf: translate(language, 'report.asOf', {
      asOf: formatDateTime(language, document.asOf, zone),
    }),
    made: translate(language, 'report.made', {
      at: formatDateTime(language, document.madeAt, zone),
    }),
    reference:
      reportId === undefined ? null : writeCell({ kind: 'code', text: reportId }, document),
    page: translate(language, 'report.page', { page: '{page}', pages: '{pages}' }),
    direction: document.isRightToLeft ? 'rtl' : 'ltr',
    lang,
    language,
    region: region ?? null,
    fonts,
    date: { year, month, day },
    flipped,
    margin: MARGIN,
  };
}

function clean(text: string, language: Language): string {
  return lettersOf(directText(text, language));
}

function partsOf(
  section: ReportSection,
  tables: ReadonlyMap<ReportTable, WrittenTable>,
  style: CellStyle,
  width: number,
): readonly PagePart[] {
  const parts: PagePart[] = [];
  if (section.isNewPage === true) parts.push({ kind: 'newPage' });
  parts.push({ kind: 'heading', level: 1, text: directText(section.title, style.language) });
  if (section.notes !== undefined && section.notes.length > 0) {
    parts.push({
      kind: 'notes',
      notes: section.notes.map((note) => directText(note, style.language)),
    });
  }
  if (section.figures !== undefined && section.figures.length > 0) {
    parts.push(figuresPart(section.figures, style, width));
  }
  if (section.charts !== undefined && section.charts.length > 0) {
    parts.push(chartsPart(section.charts, width));
  }
  for (const table of section.tables ?? []) {
    if (table.title !== undefined) {
      parts.push({ kind: 'heading', level: 2, text: directText(table.title, style.language) });
    }
    const written = tables.get(table);
    if (written === undefined || written.rows.length === 0) {
      parts.push({ kind: 'empty', text: directText(table.empty, style.language) });
    } else parts.push(tablePart(written, planColumns(written.wishes, width)));
  }
  return parts;
}

function figuresPart(
  figures: readonly ReportFigure[],
  style: CellStyle,
  width: number,
): FiguresPart {
  const written = figures.map(({ label, cell, note }) => ({
    label: directText(label, style.language),
    value: writeCell(cell, style),
    note: note === undefined ? null : directText(note, style.language),
  }));
  const widest = Math.max(...written.map(({ value }) => textWidth(lettersOf(value), STRONG)));
  const room = (columns: number): number => width / columns - CARD_INSETS;
  // Fewer cards in a row before the letters of the values get small.
  const columns = Math.min(
    figures.length,
    FIGURE_COLUMNS.find((count) => widest * FIGURE_SIZE_GOOD <= room(count)) ?? 2,
  );
  const size = Math.min(FIGURE_SIZE_MAX, room(columns) / widest);
  return { kind: 'figures', columns, size: Math.max(size, FIGURE_SIZE_MIN), figures: written };
}

/** One chart takes the width of the page, several stand in pairs. */
function chartsPart(charts: readonly ReportChart[], width: number): PagePart {
  const columns = charts.length === 1 ? 1 : 2;
  const place = { width: (width - (columns - 1) * CHART_GAP) / columns, height: CHART_HEIGHT };
  return { kind: 'charts', columns, charts: charts.map((chart) => ({ chart, ...place })) };
}

/** A table whose cells are formatted, before it is known how wide the page is. */
interface WrittenTable {
  readonly titles: readonly PageText[];
  readonly aligns: readonly ('left' | 'right')[];
  readonly rows: readonly (readonly PageText[])[];
  readonly totals: readonly (readonly PageText[])[];
  readonly wishes: readonly ColumnWish[];
}

async function writeTable(
  table: ReportTable,
  document: ReportDocument,
  style: CellStyle,
): Promise<WrittenTable> {
  const titles = table.columns.map((column) => directText(column.title, style.language));
  const rows: (readonly PageText[])[] = [];
  for (const [index, row] of table.rows.entries()) {
    if (index % ROWS_PER_TURN === ROWS_PER_TURN - 1) await nextTurn();
    rows.push(row.map((cell) => writeCell(cell, style)));
  }
  const totals = (table.totals ?? []).map((row) => row.map((cell) => writeCell(cell, style)));
  const kinds = table.columns.map((_, column) => kindOf(table, column));
  return {
    titles,
    aligns: table.columns.map((column, index) =>
      sideOf(column.align ?? (isNumeric(kinds[index]) ? 'end' : 'start'), kinds[index], document),
    ),
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
  align: 'start' | 'end',
  kind: ReportCell['kind'] | undefined,
  document: ReportDocument,
): 'left' | 'right' {
  if (isNumeric(kind) && align === 'end') return 'right';
  return (align === 'end') === document.isRightToLeft ? 'left' : 'right';
}

function tablePart(written: WrittenTable, plan: ColumnPlan): TablePart {
  const { widths, size, gap } = plan;
  const fit = (row: readonly PageText[]): readonly PageText[] =>
    row.map((cell, index) => fitCell(cell, (widths[index] ?? 0) - gap, size));
  return {
    kind: 'table',
    columns: written.titles.map((title, index) => ({
      title: fitCell(title, (widths[index] ?? 0) - gap, size),
      width: widths[index] ?? 0,
      align: written.aligns[index] ?? 'left',
    })),
    size,
    gap,
    rows: written.rows.map(fit),
    totals: written.totals.map(fit),
  };
}

function fitCell(cell: PageText, width: number, size: number): PageText {
  const letters = lettersOf(cell);
  const fitting = breakLongWords(letters, width, size);
  return fitting === letters ? cell : withLetters(cell, fitting);
}

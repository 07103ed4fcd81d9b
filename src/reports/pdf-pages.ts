import { dayIn } from '#core/dates.ts';
import type { Language } from '#core/languages.ts';
import type {
  ReportChart,
  ReportDocument,
  ReportFigure,
  ReportSection,
} from '#core/report-document.ts';
import { formatDateTime } from '#i18n/format.ts';
import { translate } from '#i18n/messages.ts';
import { type CellStyle, directText, lettersOf, type PageText, writeCell } from './pdf-cells.ts';
import { fitsWell, planColumns } from './pdf-columns.ts';
import { fitCell, type TablePart, tablePart, type WrittenTable, writeTable } from './pdf-tables.ts';
import { STRONG, textWidth } from './pdf-widths.ts';

/** A report formatted for the pages, in reading order. */
export interface Pages {
  readonly frame: PageFrame;
  readonly groups: readonly PageGroup[];
}

/** Pages that lie the same way. */
export interface PageGroup {
  readonly flipped: boolean;
  readonly parts: readonly PagePart[];
}

/** What stands around the content of every page. */
export interface PageFrame {
  readonly title: string;
  readonly organisation: string;
  /** Title and organisation as they are shown; `title` is told to whoever opens the file. */
  readonly titleLine: PageText;
  readonly organisationLine: PageText;
  readonly asOf: string;
  readonly made: string;
  readonly reference: PageText | null;
  /** Below a table that goes on where nobody would look for it. */
  readonly continued: string;
  /** Holds `{page}` and `{pages}`. */
  readonly page: string;
  readonly direction: 'ltr' | 'rtl';
  readonly lang: string;
  readonly language: Language;
  readonly region: string | null;
  readonly fonts: readonly string[];
  readonly date: { readonly year: number; readonly month: number; readonly day: number };
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

/** A4 in points. */
const SHORT_SIDE = 595.28;
const LONG_SIDE = 841.89;
const MARGIN = 42;
/** Sizes of letters as the template has them, the largest of each. */
const TITLE_SIZE = 20;
const HEADING_SIZE = 13;
const NOTE_SIZE = 8.5;
const FIGURE_COLUMNS = [4, 3, 2];
const FIGURE_SIZE_MAX = 13;
const FIGURE_SIZE_GOOD = 9.5;
const FIGURE_SIZE_MIN = 7;
/** Insets of a card and the gap to the next one. */
const CARD_INSETS = 24;
const CHART_HEIGHT = 130;
/** As the template has it between two charts. */
const CHART_GAP = 14;

/** Formats a report for the pages; a section lies as its tables need it. */
export async function layOutPages(
  document: ReportDocument,
  fonts: (language: Language) => readonly string[],
): Promise<Pages> {
  const style = { language: document.language, zone: document.zone };
  const groups: { flipped: boolean; parts: PagePart[] }[] = [];
  for (const section of document.sections) {
    const tables: WrittenTable[] = [];
    for (const table of section.tables ?? []) tables.push(await writeTable(table, style));
    const previous = groups.at(-1);
    const flipped = tables.length === 0 ? (previous?.flipped ?? false) : mustFlip(tables);
    const parts = partsOf(section, tables, style, contentWidth(flipped));
    if (previous?.flipped === flipped) previous.parts.push(...parts);
    else
      groups.push({
        flipped,
        parts: [...(previous ? [] : [{ kind: 'title' } as const]), ...parts],
      });
  }
  if (groups.length === 0) groups.push({ flipped: false, parts: [{ kind: 'title' }] });
  return { frame: frameOf(document, fonts(document.language)), groups };
}

function mustFlip(tables: readonly WrittenTable[]): boolean {
  return !tables.every(({ wishes }) => fitsWell(wishes, contentWidth(false)));
}

function contentWidth(flipped: boolean): number {
  return (flipped ? LONG_SIDE : SHORT_SIDE) - 2 * MARGIN;
}

function frameOf(document: ReportDocument, fonts: readonly string[]): PageFrame {
  const { language, zone, reportId } = document;
  const [lang = 'en', region] = language.split('-');
  const { year, month, day } = dayIn(document.madeAt, 'UTC');
  return {
    title: clean(document.title, language),
    organisation: clean(document.organisation, language),
    titleLine: line(document.title, language, TITLE_SIZE),
    organisationLine: line(document.organisation, language, TITLE_SIZE / 2),
    asOf: translate(language, 'report.asOf', {
      asOf: formatDateTime(language, document.asOf, zone),
    }),
    made: translate(language, 'report.made', {
      at: formatDateTime(language, document.madeAt, zone),
    }),
    reference:
      reportId === undefined ? null : writeCell({ kind: 'code', text: reportId }, document),
    continued: translate(language, 'report.continued'),
    page: translate(language, 'report.page', { page: '{page}', pages: '{pages}' }),
    direction: document.isRightToLeft ? 'rtl' : 'ltr',
    lang,
    language,
    region: region ?? null,
    fonts,
    date: { year, month, day },
    margin: MARGIN,
  };
}

/** A text of its own on a page that stands; one that lies has only more room. */
function line(text: string, language: Language, size: number): PageText {
  return fitCell(directText(text, language), contentWidth(false) / STRONG, size);
}

function clean(text: string, language: Language): string {
  return lettersOf(directText(text, language));
}

function partsOf(
  section: ReportSection,
  tables: readonly WrittenTable[],
  style: CellStyle,
  width: number,
): readonly PagePart[] {
  const parts: PagePart[] = [];
  if (section.isNewPage === true) parts.push({ kind: 'newPage' });
  parts.push({
    kind: 'heading',
    level: 1,
    text: line(section.title, style.language, HEADING_SIZE),
  });
  if (section.notes !== undefined && section.notes.length > 0) {
    parts.push({
      kind: 'notes',
      notes: section.notes.map((note) => line(note, style.language, NOTE_SIZE)),
    });
  }
  if (section.figures !== undefined && section.figures.length > 0) {
    parts.push(figuresPart(section.figures, style, width));
  }
  if (section.charts !== undefined && section.charts.length > 0) {
    parts.push(chartsPart(section.charts, width));
  }
  for (const table of tables) {
    if (table.title !== null)
      parts.push({
        kind: 'heading',
        level: 2,
        text: fitCell(table.title, width / STRONG, HEADING_SIZE),
      });
    parts.push(
      table.rows.length === 0
        ? { kind: 'empty', text: table.empty }
        : tablePart(table, planColumns(table.wishes, width)),
    );
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
  // Fewer cards in a row before the letters of the values get small; four stand in pairs, not 3 + 1.
  const fitting = FIGURE_COLUMNS.find((count) => widest * FIGURE_SIZE_GOOD <= room(count)) ?? 2;
  const columns = figures.length === 4 && fitting === 3 ? 2 : Math.min(figures.length, fitting);
  const size = Math.max(Math.min(FIGURE_SIZE_MAX, room(columns) / widest), FIGURE_SIZE_MIN);
  const cards = written.map(({ label, value, note }) => ({
    label: fitCell(label, room(columns), NOTE_SIZE),
    value: fitCell(value, room(columns) / STRONG, size),
    note: note === null ? null : fitCell(note, room(columns), NOTE_SIZE),
  }));
  return { kind: 'figures', columns, size, figures: cards };
}

/** One chart takes the width of the page, several stand in pairs. */
function chartsPart(charts: readonly ReportChart[], width: number): PagePart {
  const columns = charts.length === 1 ? 1 : 2;
  const place = { width: (width - (columns - 1) * CHART_GAP) / columns, height: CHART_HEIGHT };
  return { kind: 'charts', columns, charts: charts.map((chart) => ({ chart, ...place })) };
}

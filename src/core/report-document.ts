import type { Instant, PlainDate } from './dates.ts';
import type { Language } from './languages.ts';
import type { Money } from './money.ts';

/**
 * A report before it takes the form of a spreadsheet or of pages. It says what stands where and of
 * which kind each value is; texts are in the reader's language already, values are not formatted.
 */
export interface ReportDocument {
  readonly title: string;
  /** Whose report it is: the organisation's name. */
  readonly organisation: string;
  readonly language: Language;
  readonly isRightToLeft: boolean;
  /** IANA zone in which moments are written. */
  readonly zone: string;
  /** Everything that was known at this moment, and nothing that came later. */
  readonly asOf: Instant;
  /** When this copy was made; stands in the footer, not in the figures. */
  readonly madeAt: Instant;
  /** Names the report among all others; the same as-of and settings give the same report again. */
  readonly reportId?: string;
  readonly sections: readonly ReportSection[];
}

/** A part of a report: its own sheet in a spreadsheet, its own heading on the page. */
export interface ReportSection {
  readonly title: string;
  /** Sentences above the content, such as where rates come from. */
  readonly notes?: readonly string[];
  /** The few numbers that a reader looks for first. */
  readonly figures?: readonly ReportFigure[];
  readonly charts?: readonly ReportChart[];
  readonly tables?: readonly ReportTable[];
  /** Begins on a new page. */
  readonly isNewPage?: boolean;
}

export interface ReportFigure {
  readonly label: string;
  readonly cell: ReportCell;
  /** Said below it in small print, such as its own as-of. */
  readonly note?: string;
}

export interface ReportTable {
  readonly title?: string;
  readonly columns: readonly ReportColumn[];
  /** Each row has one cell per column; `null` is an empty cell. */
  readonly rows: readonly (readonly (ReportCell | null)[])[];
  /** Sums below the table, shown as such. */
  readonly totals?: readonly (readonly (ReportCell | null)[])[];
  /** Said instead of the table when it has no rows. */
  readonly empty: string;
}

export interface ReportColumn {
  readonly title: string;
  /** Share of the width; 1 is an ordinary column. */
  readonly width?: number;
  readonly align?: 'start' | 'end';
}

/** One value with its kind, so that a spreadsheet gets numbers and a page gets formatted text. */
export type ReportCell =
  | { readonly kind: 'text'; readonly text: string; readonly isStrong?: boolean }
  /** Numbers of accounts and references: never read as numbers, always left to right. */
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'money'; readonly money: Money; readonly withCurrency?: boolean }
  | { readonly kind: 'date'; readonly date: PlainDate }
  | { readonly kind: 'moment'; readonly at: Instant }
  | { readonly kind: 'count'; readonly count: number }
  /** 0.987 is 98.7 %. */
  | { readonly kind: 'share'; readonly share: number; readonly decimals?: number }
  /** An exchange rate as decimal text, never rounded here. */
  | { readonly kind: 'rate'; readonly rate: string };

/** A picture of numbers. Values are only drawn; the exact ones stand in a table beside it. */
export interface ReportChart {
  readonly kind: 'line' | 'bar' | 'stackedBar' | 'pie';
  readonly title: string;
  /** Labels of the horizontal axis: days or names; of a pie its slices. */
  readonly categories: readonly string[];
  readonly series: readonly {
    readonly name: string;
    /** One value per category in units of the axis; `null` is a gap. */
    readonly values: readonly (number | null)[];
  }[];
  /** Unit of the vertical axis, such as `IDR, millions`. */
  readonly unit?: string;
}

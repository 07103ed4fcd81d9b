import type { ReportColumn } from '#core/report-document.ts';
import { lettersOf, type PageText } from './pdf-cells.ts';
import { STRONG, textWidth, widestWord } from './pdf-widths.ts';

/** How the columns of a table share the width of the page. */
export interface ColumnPlan {
  /** Widths in points, room between columns included. */
  readonly widths: readonly number[];
  /** Size of letters in points; tables of many columns get smaller ones. */
  readonly size: number;
  /** Room between columns in points. */
  readonly gap: number;
}

/** What a column of content asks for, at one point of letter size. */
export interface ColumnWish {
  /** Widest piece that must not be broken. */
  readonly least: number;
  /** Widest cell on one line. */
  readonly most: number;
  readonly share: number;
}

const SIZES = [8.5, 8, 7.5, 7, 6.5] as const;
const SMALLEST = 6.5;
const GAP = 8;
/** Words of running text may be broken when they are longer than this, at one point of size. */
const WORD_MAX = 9;
/** Rows beyond these widen no column: their long words are broken instead. */
const ROWS_LOOKED_AT = 2000;

/** Measures what each column needs. */
export function measureColumns(
  columns: readonly ReportColumn[],
  titles: readonly PageText[],
  rows: readonly (readonly PageText[])[],
  isBreakable: (column: number) => boolean,
): readonly ColumnWish[] {
  return columns.map((column, index) => {
    const title = lettersOf(titles[index] ?? '');
    let least = Math.min(widestWord(title, STRONG), WORD_MAX);
    let most = textWidth(title, STRONG);
    for (const row of rows.slice(0, ROWS_LOOKED_AT)) {
      const letters = lettersOf(row[index] ?? '');
      const whole = textWidth(letters, STRONG);
      most = Math.max(most, whole);
      const needed = isBreakable(index) ? Math.min(widestWord(letters, STRONG), WORD_MAX) : whole;
      least = Math.max(least, needed);
    }
    return { least, most, share: column.width ?? 1 };
  });
}

/** Whether the columns stand on a page of this width in letters that read well. */
export function fitsWell(wishes: readonly ColumnWish[], width: number): boolean {
  const size = SIZES[1];
  const room = width - GAP * wishes.length;
  const least = sum(wishes.map((wish) => wish.least)) * size;
  const most = sum(wishes.map((wish) => wish.most)) * size;
  return least <= room && most <= room * 1.25;
}

/** Shares the width: first what must be, then to those who would be broken, then as asked. */
export function planColumns(wishes: readonly ColumnWish[], width: number): ColumnPlan {
  const room = width - GAP * wishes.length;
  const least = sum(wishes.map((wish) => wish.least));
  const size = SIZES.find((points) => least * points <= room) ?? SMALLEST;
  return {
    widths: shareRoom(wishes, room / size).map((content) => content * size + GAP),
    size,
    gap: GAP,
  };
}

function shareRoom(wishes: readonly ColumnWish[], room: number): readonly number[] {
  const least = sum(wishes.map((wish) => wish.least));
  // Too narrow even for the smallest letters: everybody gives, and long words are broken.
  if (least >= room) return wishes.map((wish) => (wish.least / least) * room);
  const wanted = sum(wishes.map((wish) => wish.most - wish.least));
  const spare = room - least;
  if (wanted >= spare) {
    return wishes.map((wish) => wish.least + ((wish.most - wish.least) / wanted) * spare);
  }
  const shares = sum(wishes.map((wish) => wish.share));
  return wishes.map((wish) => wish.most + (wish.share / shares) * (spare - wanted));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

import type { Shared, Terminal } from './context.ts';

/** Writes a result: JSON for programs on one line, or text for people. */
export function print(
  terminal: Terminal,
  { json }: Pick<Shared, 'json'>,
  value: unknown,
  toText: () => string,
): void {
  terminal.write(`${json ? JSON.stringify(value) : toText()}\n`);
}

export interface Column<Row> {
  readonly title: string;
  readonly read: (row: Row) => string | undefined;
  readonly align?: 'right';
}

/** A plain table: columns as wide as their widest cell, two spaces between, no lines. */
export function toTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  whenEmpty: string,
): string {
  if (rows.length === 0) return whenEmpty;
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => column.read(row) ?? '–')),
  ];
  const widths = columns.map((_column, index) =>
    Math.max(...cells.map((line) => widthOf(line[index] ?? ''))),
  );
  return cells
    .map((line) =>
      line
        .map((cell, index) => {
          const fill = ' '.repeat((widths[index] ?? 0) - widthOf(cell));
          return columns[index]?.align === 'right' ? fill + cell : cell + fill;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/gu;

/** Columns that a text takes on a terminal; Chinese characters take two. */
function widthOf(text: string): number {
  return [...text].length + (text.match(WIDE)?.length ?? 0);
}

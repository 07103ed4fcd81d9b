import type { PageGroup, PagePart } from './pdf-pages.ts';
import type { TablePart } from './pdf-tables.ts';

/**
 * Rows that are laid out at once. The compiler keeps about 60 KB per row until it has finished, so
 * a long report is laid out in runs and joined (`pdf-join.ts`).
 */
export const ROWS_PER_RUN = 2500;

/** Divides a report into runs of bounded length; long tables are cut, each run starts a page. */
export function cutRuns(
  groups: readonly PageGroup[],
  rowsPerRun = ROWS_PER_RUN,
): readonly (readonly PageGroup[])[] {
  const runs: PageGroup[][] = [[]];
  let room = rowsPerRun;
  for (const group of groups) {
    let parts: PagePart[] = [];
    for (const piece of group.parts.flatMap((part) => cutPart(part, rowsPerRun))) {
      const rows = rowsOf(piece);
      if (rows > room && rows > 0) {
        // A heading goes with what it is the heading of.
        const kept = trailingHeadings(parts);
        addGroup(runs, group.flipped, parts.slice(0, parts.length - kept.length));
        runs.push([]);
        room = rowsPerRun;
        parts = [...kept];
      }
      room -= rows;
      parts.push(piece);
    }
    addGroup(runs, group.flipped, parts);
  }
  return runs.filter((run) => run.length > 0);
}

function addGroup(runs: PageGroup[][], flipped: boolean, parts: readonly PagePart[]): void {
  if (parts.length > 0) runs.at(-1)?.push({ flipped, parts });
}

function trailingHeadings(parts: readonly PagePart[]): readonly PagePart[] {
  const last = parts.findLastIndex((part) => part.kind !== 'heading' && part.kind !== 'notes');
  return parts.slice(last + 1);
}

function rowsOf(part: PagePart): number {
  return part.kind === 'table' ? part.rows.length : 0;
}

function cutPart(part: PagePart, rowsPerRun: number): readonly PagePart[] {
  if (part.kind !== 'table' || part.rows.length <= rowsPerRun) return [part];
  const slices: TablePart[] = [];
  for (let from = 0; from < part.rows.length; from += rowsPerRun) {
    const rows = part.rows.slice(from, from + rowsPerRun);
    const isLast = from + rowsPerRun >= part.rows.length;
    slices.push(isLast ? { ...part, rows } : { ...part, rows, totals: [], isContinued: true });
  }
  return slices;
}

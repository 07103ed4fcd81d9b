import type { Board, Side } from './board.ts';
import { isInWindow, isWhole, mayMeet, spend } from './board.ts';

/** Pairs of one class of equal amounts that are compared; more are cut to the nearest days. */
const PAIRS_MAX = 4096;
const NEIGHBOURS_MAX = 16;

/** Untouched lines of one amount, currency and direction, on both sides. */
export interface EqualClass {
  readonly entries: readonly number[];
  readonly items: readonly number[];
  /** Too many to compare each with each; what was left out makes nothing unique. */
  readonly isCut: boolean;
  readonly pairs: readonly (readonly [entry: number, item: number])[];
}

/** Goes through all amounts that occur on both sides, in ascending order. */
export function forEachEqualClass(board: Board, visit: (each: EqualClass) => void): void {
  const [entries, items] = [sortByAmount(board.entries), sortByAmount(board.items)];
  let [left, right] = [0, 0];
  while (left < entries.length && right < items.length) {
    const order = compareKeys(board.entries, entries[left] ?? 0, board.items, items[right] ?? 0);
    if (order < 0) left += 1;
    else if (order > 0) right += 1;
    else {
      const leftEnd = endOfRun(board.entries, entries, left);
      const rightEnd = endOfRun(board.items, items, right);
      const lines = {
        entries: [...entries.subarray(left, leftEnd)],
        items: [...items.subarray(right, rightEnd)],
      };
      visit({ ...lines, ...pairsOf(board, lines) });
      left = leftEnd;
      right = rightEnd;
    }
  }
}

function sortByAmount(side: Side<never> | Board['entries'] | Board['items']): Int32Array {
  const open: number[] = [];
  for (let place = 0; place < side.lines.length; place += 1) {
    if (isWhole(side, place)) open.push(place);
  }
  return Int32Array.from(open).sort(
    (left, right) => compareKeys(side, left, side, right) || left - right,
  );
}

type Amounts = Pick<Board['entries'], 'currency' | 'isCredit' | 'left'>;

function compareKeys(one: Amounts, left: number, other: Amounts, right: number): number {
  return (
    (one.left[left] ?? 0) - (other.left[right] ?? 0) ||
    (one.currency[left] ?? 0) - (other.currency[right] ?? 0) ||
    (one.isCredit[left] ?? 0) - (other.isCredit[right] ?? 0)
  );
}

function endOfRun(side: Amounts, order: Int32Array, start: number): number {
  let end = start + 1;
  while (end < order.length && compareKeys(side, order[start] ?? 0, side, order[end] ?? 0) === 0) {
    end += 1;
  }
  return end;
}

function pairsOf(
  board: Board,
  { entries, items }: Pick<EqualClass, 'entries' | 'items'>,
): Pick<EqualClass, 'pairs' | 'isCut'> {
  const pairs: (readonly [number, number])[] = [];
  const may = (entry: number, item: number): boolean =>
    isInWindow(board, entry, item) && mayMeet(board, entry, item);
  if (entries.length * items.length <= PAIRS_MAX) {
    for (const entry of entries)
      for (const item of items) if (may(entry, item)) pairs.push([entry, item]);
    return { pairs, isCut: !spend(board.work, pairs.length) };
  }
  const byDay = items.toSorted(
    (left, right) => (board.items.day[left] ?? 0) - (board.items.day[right] ?? 0) || left - right,
  );
  for (const entry of entries) {
    if (!spend(board.work, NEIGHBOURS_MAX)) break;
    const start = placeOfDay(board, byDay, board.entries.day[entry] ?? 0);
    for (const item of byDay.slice(
      Math.max(0, start - NEIGHBOURS_MAX / 2),
      start + NEIGHBOURS_MAX / 2,
    )) {
      if (may(entry, item)) pairs.push([entry, item]);
    }
  }
  return { pairs, isCut: true };
}

function placeOfDay({ items }: Board, byDay: readonly number[], day: number): number {
  let [low, high] = [0, byDay.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items.day[byDay[middle] ?? 0] ?? 0) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

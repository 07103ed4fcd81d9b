import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { Board } from './board.ts';
import { isInWindow, isWhole, mayMeet } from './board.ts';
import type { Evidence } from './evidence.ts';
import { foldLine } from './fold-text.ts';
import type { KeyTies } from './key-ties.ts';
import type { RelatedLines } from './related-lines.ts';

const POOLS_MAX = 4;
const POOL_LINES_MAX = 60;
const NAMED_SHARE = 0.55;
const COMPARED_MAX = 120;

/** Lines that may add up to one line, and why they are looked at together. */
export interface Pool {
  /** The nearest in time first. */
  readonly lines: readonly number[];
  /** The one line names the counterparty or a common key of the pool. */
  readonly isNamed: boolean;
  readonly reasons: readonly MatchReason[];
}

export interface PoolTools {
  readonly evidence: Evidence;
  readonly ties: KeyTies;
  readonly related: RelatedLines;
}

/** Items that an entry may settle together: of a common key, or of one counterparty. */
export function itemPoolsOf(board: Board, tools: PoolTools, entry: number): readonly Pool[] {
  const may = (item: number): boolean =>
    canJoin(board, entry, item) && isSmaller(board, entry, item);
  const pools = keyPools(board, tools, entry, may);
  const groups = new Map<
    string,
    { lines: number[]; share: number; reasons: readonly MatchReason[] }
  >();
  let compared = 0;
  for (const { place } of tools.related.find(entry)) {
    if (compared >= COMPARED_MAX || !may(place)) continue;
    compared += 1;
    const { nameShare, reasons } = tools.evidence.compare(entry, place);
    const party = partyOf(board, place);
    const group = groups.get(party) ?? { lines: [], share: 0, reasons: [] };
    group.lines.push(place);
    if (nameShare > group.share) {
      group.share = nameShare;
      group.reasons = reasons.filter(({ code }) => !code.startsWith('day'));
    }
    groups.set(party, group);
  }
  const ranked = [...groups.entries()].toSorted(
    ([left, one], [right, other]) => other.share - one.share || (left < right ? -1 : 1),
  );
  for (const [party, { lines, share, reasons }] of ranked.slice(0, POOLS_MAX)) {
    const isNamed = share >= NAMED_SHARE && party !== '';
    pools.push({ lines: nearest(board, entry, lines), isNamed, reasons });
  }
  return pools;
}

/** Items that carry one key which the entry carries too, such as a customer's virtual account. */
function keyPools(
  board: Board,
  { ties }: PoolTools,
  entry: number,
  may: (item: number) => boolean,
): Pool[] {
  const byKey = new Map<string, number[]>();
  for (const { key, item, isOwn } of ties.byEntry.get(entry) ?? []) {
    if (isOwn || !may(item)) continue;
    const lines = byKey.get(key.text);
    if (lines) lines.push(item);
    else byKey.set(key.text, [item]);
  }
  return [...byKey].flatMap(([key, lines]) =>
    lines.length < 2
      ? []
      : [
          {
            lines: nearest(board, entry, lines),
            isNamed: true,
            reasons: [reason('referenceEqual', { key: key.replace(/^[=#]/, '') })],
          },
        ],
  );
}

/** Entries that may settle an item in parts. */
export function entryPoolsOf(board: Board, tools: PoolTools, item: number): readonly Pool[] {
  const lines: number[] = [];
  let share = 0;
  let reasons: readonly MatchReason[] = [];
  let compared = 0;
  for (const { place } of tools.related.find(item)) {
    if (compared >= COMPARED_MAX) break;
    if (!canJoin(board, place, item) || isSmaller(board, place, item)) continue;
    compared += 1;
    const compares = tools.evidence.compare(place, item);
    if (compares.nameShare < NAMED_SHARE) continue;
    lines.push(place);
    if (compares.nameShare > share) {
      share = compares.nameShare;
      reasons = compares.reasons.filter(({ code }) => !code.startsWith('day'));
    }
  }
  const day = board.items.day[item] ?? 0;
  const apart = (entry: number): number => Math.abs((board.entries.day[entry] ?? 0) - day);
  const sorted = lines.toSorted((left, right) => apart(left) - apart(right) || left - right);
  return lines.length < 2
    ? []
    : [{ lines: sorted.slice(0, POOL_LINES_MAX), isNamed: true, reasons }];
}

function canJoin(board: Board, entry: number, item: number): boolean {
  return (
    isWhole(board.entries, entry) &&
    isWhole(board.items, item) &&
    board.entries.currency[entry] === board.items.currency[item] &&
    mayMeet(board, entry, item) &&
    isInWindow(board, entry, item)
  );
}

function isSmaller({ entries, items }: Board, entry: number, item: number): boolean {
  return (items.left[item] ?? 0) < (entries.left[entry] ?? 0) * 1.05;
}

/** The counterparty as the item's side knows it. */
export function partyOf({ items }: Board, item: number): string {
  const line = items.lines[item];
  if (line?.counterpartyKey !== undefined) return `=${line.counterpartyKey}`;
  if (line?.counterpartyName !== undefined) return foldLine(line.counterpartyName);
  return line?.counterpartyAccount ?? '';
}

function nearest({ entries, items }: Board, entry: number, lines: readonly number[]): number[] {
  const day = entries.day[entry] ?? 0;
  const apart = (item: number): number => Math.abs((items.day[item] ?? 0) - day);
  return lines
    .toSorted((left, right) => apart(left) - apart(right) || left - right)
    .slice(0, POOL_LINES_MAX);
}

import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { Board } from './board.ts';
import { isInWindow, isWhole, mayMeet } from './board.ts';
import type { Evidence } from './evidence.ts';
import type { KeyTies } from './key-ties.ts';
import type { Mentions } from './mentions.ts';
import type { Parties } from './parties.ts';
import type { PartyNames } from './party-names.ts';
import type { RelatedLines } from './related-lines.ts';
import { saysCredited } from './reversal-words.ts';

const POOLS_MAX = 4;
const POOL_LINES_MAX = 60;
const NAMED_SHARE = 0.55;

/** Lines that may add up to one line, and why they are looked at together. */
export interface Pool {
  /** The nearest in time first. */
  readonly lines: readonly number[];
  /** Those whose numbers the one line writes. */
  readonly mentioned: ReadonlySet<number>;
  /** The one line names the counterparty or a common key of the pool. */
  readonly isNamed: boolean;
  readonly reasons: readonly MatchReason[];
}

export interface PoolTools {
  readonly evidence: Evidence;
  readonly ties: KeyTies;
  readonly related: RelatedLines;
  readonly parties: Parties;
  readonly mentions: Mentions;
  readonly names: PartyNames;
}

interface Group {
  lines: readonly number[];
  share: number;
  reasons: readonly MatchReason[];
}

/** Items that an entry may settle together: of a common key, or of one counterparty. */
export function itemPoolsOf(
  board: Board,
  tools: PoolTools,
  entry: number,
  isMentionedOnly: boolean,
): readonly Pool[] {
  const groups = [...keyGroups(board, tools, entry), ...partyGroups(board, tools, entry)]
    .toSorted((left, right) => right.share - left.share)
    .slice(0, POOLS_MAX);
  return groups.flatMap(({ lines, share, reasons }) => {
    const looked = isMentionedOnly
      ? lines.filter((item) => tools.mentions.has(entry, item))
      : lines;
    const joined = looked.filter((item) => canJoin(board, tools, entry, item));
    if (joined.length < 2) return [];
    const mentioned = new Set(joined.filter((item) => tools.mentions.has(entry, item)));
    const isNamed = share >= NAMED_SHARE;
    return [{ lines: nearest(board, entry, joined, mentioned), mentioned, isNamed, reasons }];
  });
}

/** Items that carry one key which the entry carries too, such as a customer's virtual account. */
function keyGroups(board: Board, { ties }: PoolTools, entry: number): readonly Group[] {
  const byKey = new Map<string, number[]>();
  for (const { key, item, isOwn } of ties.byEntry.get(entry) ?? []) {
    if (isOwn || !isWhole(board.items, item)) continue;
    const lines = byKey.get(key.text);
    if (lines) lines.push(item);
    else byKey.set(key.text, [item]);
  }
  return [...byKey].map(([key, lines]) => ({
    lines,
    share: 1,
    reasons: [reason('referenceEqual', { key: key.replace(/^[=#]/, '') })],
  }));
}

/** All items of the counterparties that the entry names, by name or by one of their numbers. */
function partyGroups(board: Board, tools: PoolTools, entry: number): readonly Group[] {
  const { parties, ties, names, related } = tools;
  const groups = new Map<number, Group>();
  for (const { item, isOwn, key } of ties.byEntry.get(entry) ?? []) {
    const party = parties.partyOf(item);
    if (!isOwn || party < 0) continue;
    const reasons = [reason(key.code, { key: key.text.replace(/^[=#]/, '') })];
    groups.set(party, { lines: parties.itemsOf(party), share: 1.1, reasons });
  }
  for (const { party, share } of names.find(entry)) {
    if (groups.has(party)) continue;
    const lines = parties.itemsOf(party);
    groups.set(party, { lines, share, reasons: nameReasons(board, lines[0] ?? 0, share) });
  }
  if (parties.hasAll) return [...groups.values()];
  const unnamed = related.find(entry).map(({ place }) => place);
  return [...groups.values(), { lines: unnamed, share: 0.3, reasons: [] }];
}

const EQUAL_SHARE = 0.75;

function nameReasons({ items }: Board, item: number, share: number): readonly MatchReason[] {
  const name = items.lines[item]?.counterpartyName ?? '';
  return [reason(share >= EQUAL_SHARE ? 'counterpartyEqual' : 'counterpartySimilar', { name })];
}

/** Entries that may settle an item in parts. */
export function entryPoolsOf(board: Board, tools: PoolTools, item: number): readonly Pool[] {
  const { ties, names, parties } = tools;
  const tied = new Set(
    (ties.byItem.get(item) ?? []).filter(({ isOwn }) => isOwn).map(({ entry }) => entry),
  );
  const party = parties.partyOf(item);
  const named = names
    .entriesOf(party)
    .filter(
      (entry) =>
        isPartOf(board, tools, entry, item) && !tied.has(entry) && !namesOther(tools, entry, item),
    );
  const lines = [...[...tied].filter((entry) => isPartOf(board, tools, entry, item)), ...named];
  if (lines.length < 2) return [];
  const day = board.items.day[item] ?? 0;
  const apart = (entry: number): number => Math.abs((board.entries.day[entry] ?? 0) - day);
  const sorted = lines.toSorted(
    (left, right) =>
      Number(tied.has(right)) - Number(tied.has(left)) ||
      apart(left) - apart(right) ||
      left - right,
  );
  const shares = named.map(
    (entry) => names.find(entry).find((each) => each.party === party)?.share ?? 0,
  );
  const share = Math.max(0, ...shares);
  return [
    {
      lines: sorted.slice(0, POOL_LINES_MAX),
      mentioned: new Set(lines.filter((entry) => tied.has(entry))),
      isNamed: share >= NAMED_SHARE || tied.size > 0,
      reasons: nameReasons(board, item, share),
    },
  ];
}

function isPartOf(board: Board, tools: PoolTools, entry: number, item: number): boolean {
  const isSmaller = (board.entries.left[entry] ?? 0) < (board.items.left[item] ?? 0);
  return isSmaller && mayMeet(board, entry, item) && canJoin(board, tools, entry, item);
}

function namesOther({ ties }: PoolTools, entry: number, item: number): boolean {
  const own = (ties.byEntry.get(entry) ?? []).filter(({ isOwn }) => isOwn);
  return own.length > 0 && own.every((tie) => tie.item !== item);
}

/** Same direction; or the other one for a credit note, which is deducted. */
function canJoin(board: Board, tools: PoolTools, entry: number, item: number): boolean {
  const { entries, items } = board;
  if (!isWhole(entries, entry) || !isWhole(items, item)) return false;
  if (entries.currency[entry] !== items.currency[item]) return false;
  if (!isInWindow(board, entry, item) && !tools.mentions.has(entry, item)) return false;
  if (mayMeet(board, entry, item)) return true;
  const line = items.lines[item];
  if (!line || entries.isCredit[entry] === items.isCredit[item]) return false;
  if (line.accountId !== undefined && line.accountId !== entries.lines[entry]?.accountId)
    return false;
  return line.isReversal === true || saysCredited(`${line.text} ${line.number ?? ''}`);
}

/** Mentioned ones first, then by distance in time; a pool is no longer than can be searched. */
function nearest(
  { entries, items }: Board,
  entry: number,
  lines: readonly number[],
  mentioned: ReadonlySet<number>,
): number[] {
  const day = entries.day[entry] ?? 0;
  const apart = (item: number): number => Math.abs((items.day[item] ?? 0) - day);
  return lines
    .toSorted(
      (left, right) =>
        Number(mentioned.has(right)) - Number(mentioned.has(left)) ||
        apart(left) - apart(right) ||
        left - right,
    )
    .slice(0, POOL_LINES_MAX);
}

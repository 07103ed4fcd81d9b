import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { Board } from './board.ts';
import { isSameLeft, isUnused, isWhole } from './board.ts';
import type { Difference, Differences } from './difference.ts';
import { dayReason } from './evidence.ts';
import { explainExchange } from './exchange.ts';
import type { KeyTies, Tie } from './key-ties.ts';
import { isStrong } from './key-ties.ts';
import type { Leg } from './propose.ts';
import { amountText, lineOf, propose } from './propose.ts';

/** More lines tied together than this are no payment that anybody could follow. */
const COMPONENT_MAX = 60;

/**
 * Decides what keys and amounts say together: one to one, one entry for all items it names, all
 * entries that name one item, and whole groups whose sums agree. Nothing with a rival.
 */
export function settleByKeys(board: Board, ties: KeyTies, differences: Differences): void {
  const entries = [...ties.byEntry.keys()].toSorted((left, right) => left - right);
  const items = [...ties.byItem.keys()].toSorted((left, right) => left - right);
  for (const entry of entries) pairEqual(board, ties, entry);
  for (const entry of entries) settleNamed(board, ties, entry);
  for (const item of items) settleInstalments(board, ties, item);
  for (const entry of entries) settleComponent(board, ties, entry);
  for (const entry of entries) learnFees(board, ties, entry, differences);
  for (const entry of entries) settleDifferent(board, ties, entry, differences);
}

/** Ties of an entry to items that nothing has used yet. */
export function openTiesOf(board: Board, ties: KeyTies, entry: number): readonly Tie[] {
  return (ties.byEntry.get(entry) ?? []).filter(({ item }) => isUnused(board.items, item));
}

export function openTiesTo(board: Board, ties: KeyTies, item: number): readonly Tie[] {
  return (ties.byItem.get(item) ?? []).filter(({ entry }) => isUnused(board.entries, entry));
}

export function keyReason({ key }: Tie): MatchReason {
  return reason(key.code, { key: key.text.replace(/^[=#]/, '') });
}

function pairEqual(board: Board, ties: KeyTies, entry: number): void {
  if (!isUnused(board.entries, entry)) return;
  const equal = openTiesOf(board, ties, entry).filter(({ item }) => isSameLeft(board, entry, item));
  const own = equal.filter(({ isOwn }) => isOwn);
  const [tie] = own.length > 0 ? own : equal;
  if (!tie || (own.length > 0 ? own : equal).length > 1) return;
  const isRivalled = openTiesTo(board, ties, tie.item).some(
    (other) =>
      other.entry !== entry &&
      (other.isOwn || !tie.isOwn) &&
      isSameLeft(board, other.entry, other.item),
  );
  if (isRivalled) return;
  propose(board, {
    kind: 'single',
    basis: 'exactKey',
    legs: [wholeLeg(board, entry, tie.item)],
    probability: 1,
    isUnique: true,
    reasons: [keyReason(tie), reason('amountEqual'), dayReason(board, entry, tie.item)],
  });
}

export function wholeLeg({ entries, items }: Board, entry: number, item: number): Leg {
  return { entry, item, entryUnits: entries.left[entry] ?? 0, itemUnits: items.left[item] ?? 0 };
}

function settleNamed(board: Board, ties: KeyTies, entry: number): void {
  if (!isWhole(board.entries, entry)) return;
  const named = ownTies(board, ties, entry);
  if (named.length < 2 || isClaimedByAnother(board, ties, entry, named)) return;
  if (sumItems(board, named) !== board.entries.left[entry]) return;
  propose(board, {
    kind: 'batch',
    basis: 'exactKey',
    legs: named.map(({ item }) => itemLeg(board, entry, item)),
    probability: 1,
    isUnique: true,
    reasons: batchReasons(board, entry, named),
  });
}

export function ownTies(board: Board, ties: KeyTies, entry: number): readonly Tie[] {
  const { currency } = lineOf(board.entries, entry).amount;
  return openTiesOf(board, ties, entry).filter(
    ({ item, isOwn }) => isOwn && lineOf(board.items, item).amount.currency === currency,
  );
}

/** Another entry of the same amount names one of the items too: the bank may have told it twice. */
export function isClaimedByAnother(
  board: Board,
  ties: KeyTies,
  entry: number,
  named: readonly Tie[],
): boolean {
  const amount = board.entries.left[entry];
  return named.some(({ item }) =>
    openTiesTo(board, ties, item).some(
      (other) => other.entry !== entry && other.isOwn && board.entries.left[other.entry] === amount,
    ),
  );
}

export function sumItems({ items }: Board, ties: readonly Tie[]): number {
  return ties.reduce((sum, { item }) => sum + (items.left[item] ?? 0), 0);
}

/** An item that is settled wholly, in the entry's own currency. */
export function itemLeg({ items }: Board, entry: number, item: number): Leg {
  const units = items.left[item] ?? 0;
  return { entry, item, entryUnits: units, itemUnits: units };
}

export function batchReasons(board: Board, entry: number, named: readonly Tie[]): MatchReason[] {
  const keys = named.map(({ item, key }) => board.items.lines[item]?.number ?? key.text);
  const amount = amountText(lineOf(board.entries, entry), sumItems(board, named));
  return [
    reason('invoiceNumbers', { count: String(named.length), keys: keys.slice(0, 8).join(', ') }),
    reason('subsetSum', { count: String(named.length), amount }),
  ];
}

function settleInstalments(board: Board, ties: KeyTies, item: number): void {
  if (!isWhole(board.items, item)) return;
  const { currency } = lineOf(board.items, item).amount;
  const parts = openTiesTo(board, ties, item).filter(
    ({ isOwn, entry }) => isOwn && lineOf(board.entries, entry).amount.currency === currency,
  );
  if (parts.length < 2) return;
  const isOnly = parts.every(({ entry }) => ownTies(board, ties, entry).length === 1);
  const sum = parts.reduce((all, { entry }) => all + (board.entries.left[entry] ?? 0), 0);
  if (!isOnly || sum !== board.items.left[item]) return;
  const [tie] = parts;
  if (!tie) return;
  propose(board, {
    kind: 'split',
    basis: 'exactKey',
    legs: parts.map(({ entry }) => entryLeg(board, entry, item)),
    probability: 1,
    isUnique: true,
    reasons: [
      keyReason(tie),
      reason('instalments', {
        count: String(parts.length),
        amount: amountText(lineOf(board.items, item), sum),
      }),
    ],
  });
}

/** An entry that is used wholly, in the item's own currency. */
export function entryLeg({ entries }: Board, entry: number, item: number): Leg {
  const units = entries.left[entry] ?? 0;
  return { entry, item, entryUnits: units, itemUnits: units };
}

/** Several entries and several items that name each other, and whose sums agree. */
function settleComponent(board: Board, ties: KeyTies, start: number): void {
  if (!isWhole(board.entries, start) || ownTies(board, ties, start).length < 2) return;
  const entries = new Set([start]);
  const items = new Set<number>();
  for (const entry of entries) {
    for (const { item } of ownTies(board, ties, entry)) {
      items.add(item);
      for (const tie of openTiesTo(board, ties, item)) {
        if (tie.isOwn && ownTies(board, ties, tie.entry).length > 0) entries.add(tie.entry);
      }
    }
    if (entries.size + items.size > COMPONENT_MAX) return;
  }
  if (entries.size < 2 || Math.min(...entries) !== start) return;
  const legs = flow(board, [...entries], [...items]);
  if (!legs) return;
  propose(board, {
    kind: 'manyToMany',
    basis: 'exactKey',
    legs,
    probability: 1,
    isUnique: true,
    reasons: [
      reason('flow', { entries: String(entries.size), items: String(items.size) }),
      reason('amountEqual'),
    ],
  });
}

/** Oldest to oldest, until both sides are used up; nothing when the sums differ. */
export function flow(
  board: Board,
  entries: readonly number[],
  items: readonly number[],
): readonly Leg[] | undefined {
  const sides = [
    { side: board.entries, places: entries },
    { side: board.items, places: items },
  ];
  const [left = [], right = []] = sides.map(({ side, places }) =>
    places
      .toSorted((one, other) => (side.day[one] ?? 0) - (side.day[other] ?? 0) || one - other)
      .map((place) => ({ place, units: side.left[place] ?? 0 })),
  );
  const sum = (list: typeof left): number => list.reduce((all, { units }) => all + units, 0);
  if (sum(left) !== sum(right)) return undefined;
  const legs: Leg[] = [];
  let place = 0;
  for (const entry of left) {
    while (entry.units > 0) {
      const item = right[place];
      if (!item) return undefined;
      const units = Math.min(entry.units, item.units);
      legs.push({ entry: entry.place, item: item.place, entryUnits: units, itemUnits: units });
      entry.units -= units;
      item.units -= units;
      if (item.units === 0) place += 1;
    }
  }
  return legs;
}

/** A key ties these two and nothing else: what is missing is taken for a fee, and counted. */
function learnFees(board: Board, ties: KeyTies, entry: number, differences: Differences): void {
  const tie = onlyTie(board, ties, entry);
  if (!tie || !isStrong(tie) || !isOfOneCurrency(board, tie)) return;
  const lost = lossOf(board, tie);
  const item = board.items.left[tie.item] ?? 0;
  if (lost > 0 && lost <= board.settings.plausibleFeeShare * item)
    differences.learnFee(entry, lost);
}

function lossOf({ entries, items }: Board, { entry, item }: Tie): number {
  const gap = (items.left[item] ?? 0) - (entries.left[entry] ?? 0);
  return entries.isCredit[entry] === 1 ? gap : -gap;
}

export function isOfOneCurrency({ entries, items }: Board, { entry, item }: Tie): boolean {
  return entries.currency[entry] === items.currency[item];
}

/** The one item that a whole entry names, when that item is named by no other entry. */
export function onlyTie(board: Board, ties: KeyTies, entry: number): Tie | undefined {
  if (!isWhole(board.entries, entry)) return undefined;
  const named = openTiesOf(board, ties, entry).filter(({ isOwn }) => isOwn);
  const [tie] = named;
  if (!tie || named.length > 1) return undefined;
  const others = openTiesTo(board, ties, tie.item).filter(({ isOwn }) => isOwn);
  return others.length === 1 ? tie : undefined;
}

/** A difference that a bound, a known fee, a rule or the bank's own rate explains. */
function settleDifferent(
  board: Board,
  ties: KeyTies,
  entry: number,
  differences: Differences,
): void {
  const tie = onlyTie(board, ties, entry);
  if (tie) {
    const found = isOfOneCurrency(board, tie)
      ? differences.explain({
          entry,
          items: [tie.item],
          entryUnits: board.entries.left[entry] ?? 0,
          itemUnits: board.items.left[tie.item] ?? 0,
        })
      : explainExchange(board, entry, tie.item);
    if (found) proposeDifferent(board, [tie], found);
    return;
  }
  if (!isWhole(board.entries, entry)) return;
  const named = ownTies(board, ties, entry);
  if (named.length < 2 || isClaimedByAnother(board, ties, entry, named)) return;
  const found = differences.explain({
    entry,
    items: named.map(({ item }) => item),
    entryUnits: board.entries.left[entry] ?? 0,
    itemUnits: sumItems(board, named),
  });
  if (found) proposeDifferent(board, named, found);
}

/** The whole entry for all of the items, with the difference as a leg of its own. */
function proposeDifferent(board: Board, named: readonly Tie[], found: Difference): void {
  const [first] = named;
  if (!first) return;
  const { entry } = first;
  const isBatch = named.length > 1;
  propose(board, {
    kind: isBatch ? 'batch' : 'single',
    basis: found.residuals.some(({ kind }) => kind === 'tolerance') ? 'rule' : 'exactKey',
    legs: spread(
      board,
      entry,
      named.map(({ item }) => item),
    ),
    residuals: found.residuals,
    probability: found.why ? 0.98 : 1,
    isUnique: true,
    reasons: [
      ...(isBatch ? batchReasons(board, entry, named) : [keyReason(first)]),
      ...found.reasons,
      dayReason(board, entry, first.item),
    ],
    ...(found.why ? { why: found.why } : {}),
  });
}

/** The items wholly; the first bears what the entry is short of or has too much. */
export function spread({ entries, items }: Board, entry: number, places: readonly number[]): Leg[] {
  let rest = entries.left[entry] ?? 0;
  const legs = places.map((item) => {
    const itemUnits = items.left[item] ?? 0;
    return { entry, item, entryUnits: itemUnits, itemUnits };
  });
  for (const { itemUnits } of legs.slice(1)) rest -= itemUnits;
  return legs.map((leg, place) => (place === 0 ? { ...leg, entryUnits: rest } : leg));
}

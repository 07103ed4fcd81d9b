import { reason } from '#core/match-reasons.ts';
import type {
  EntryLine,
  ItemLine,
  MatchKnowledge,
  MatchResult,
  MatchSettings,
  OpenLine,
  ProposedMatch,
} from '#core/matches.ts';

/**
 * Finds what belongs together between bank entries and expected items. Pure: the same lines in any
 * order give the same matches, and the work is bounded whatever the amounts are.
 */
export function matchLines(
  entries: readonly EntryLine[],
  items: readonly ItemLine[],
  _settings: MatchSettings,
  _knowledge: MatchKnowledge,
): MatchResult {
  const byKey = new Map<string, ItemLine[]>();
  for (const item of items) {
    for (const key of item.references) byKey.set(key, [...(byKey.get(key) ?? []), item]);
  }
  const matches: ProposedMatch[] = [];
  const used = new Set<string>();
  for (const entry of entries.toSorted(byId)) {
    const found = new Set(entry.references.flatMap((key) => byKey.get(key) ?? []));
    const [item] = found;
    if (!item || found.size !== 1 || used.has(item.id) || !isSame(entry, item)) continue;
    used.add(item.id).add(entry.id);
    matches.push(toMatch(entry, item));
  }
  const open: OpenLine[] = [
    ...entries.filter(({ id }) => !used.has(id)).map(({ id }) => toOpen('entry', id)),
    ...items.filter(({ id }) => !used.has(id)).map(({ id }) => toOpen('item', id)),
  ];
  return {
    matches,
    open,
    stats: {
      entries: entries.length,
      items: items.length,
      automatic: matches.length,
      suggested: 0,
      open: open.length,
      work: entries.length + items.length,
    },
  };
}

function toMatch(entry: EntryLine, item: ItemLine): ProposedMatch {
  const allocation = {
    entryId: entry.id,
    itemId: item.id,
    entryAmount: entry.amount,
    itemAmount: item.amount,
  };
  return {
    kind: 'single',
    basis: 'exactKey',
    decision: 'automatic',
    entryIds: [entry.id],
    itemIds: [item.id],
    allocations: [allocation],
    residuals: [],
    probability: 1,
    isUnique: true,
    reasons: [reason('referenceEqual')],
    alternatives: [],
  };
}

function toOpen(side: OpenLine['side'], id: string): OpenLine {
  return { side, id, reason: reason('open.noCandidate') };
}

function isSame(entry: EntryLine, item: ItemLine): boolean {
  return (
    entry.direction === item.direction &&
    entry.amount.currency === item.amount.currency &&
    entry.amount.amountMinorUnits === item.amount.amountMinorUnits
  );
}

function byId(left: EntryLine, right: EntryLine): number {
  return left.id < right.id ? -1 : 1;
}

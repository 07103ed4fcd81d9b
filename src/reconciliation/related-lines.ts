import type { Board } from './board.ts';
import { isWhole, spend } from './board.ts';
import type { Parties } from './parties.ts';
import type { WordTable } from './words.ts';

/** A word that so many lines have leads nowhere. */
const POSTINGS_MAX = 300;
const RELATED_MAX = 200;

/** Finds items that name no counterparty by the words that they share with an entry. */
export interface RelatedLines {
  /** Places with what the shared words say together, the strongest first. */
  readonly find: (entry: number) => readonly Related[];
}

export interface Related {
  readonly place: number;
  readonly weight: number;
}

export function createRelatedLines(board: Board, table: WordTable, parties: Parties): RelatedLines {
  if (parties.hasAll) return { find: () => [] };
  const postings = createPostings(board, table, parties);
  const { starts, words } = table.entries;
  return {
    find: (entry) => {
      const weights = new Map<number, number>();
      for (const word of words.subarray(starts[entry] ?? 0, starts[entry + 1] ?? 0)) {
        const items = postings.get(word);
        if (!items || items.length > POSTINGS_MAX || !spend(board.work, items.length)) continue;
        for (const item of items) {
          if (!isWhole(board.items, item)) continue;
          weights.set(item, (weights.get(item) ?? 0) + table.weightOf(word));
        }
      }
      return [...weights]
        .map(([place, weight]) => ({ place, weight }))
        .toSorted((left, right) => right.weight - left.weight || left.place - right.place)
        .slice(0, RELATED_MAX);
    },
  };
}

function createPostings(
  board: Board,
  { items: { starts, words, counts } }: WordTable,
  parties: Parties,
): ReadonlyMap<number, readonly number[]> {
  const postings = new Map<number, number[]>();
  for (let item = 0; item < board.items.lines.length; item += 1) {
    if (parties.partyOf(item) >= 0 || !isWhole(board.items, item)) continue;
    for (const word of words.subarray(starts[item] ?? 0, starts[item + 1] ?? 0)) {
      if ((counts[word] ?? 0) > POSTINGS_MAX * 4) continue;
      const known = postings.get(word);
      if (known) known.push(item);
      else postings.set(word, [item]);
    }
  }
  return postings;
}

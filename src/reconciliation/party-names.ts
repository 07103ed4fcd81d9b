import type { Nicknames } from './nicknames.ts';
import type { Parties } from './parties.ts';
import type { WordTable } from './words.ts';

const POSTINGS_MAX = 400;
const CANDIDATES_MAX = 40;
const WEIGHT_MIN = 0.5;

/** Which counterparty of all an entry names best. */
export interface PartyNames {
  /** How well an entry names the party it names best, 0 … 1. */
  readonly bestShareOf: (entry: number) => number;
}

/** Compares an entry with every party that shares a telling word with it. */
export function createPartyNames(
  sources: { readonly table: WordTable; readonly parties: Parties; readonly nicknames: Nicknames },
  shareOf: (entry: number, words: Iterable<number>) => number,
): PartyNames {
  const { table, parties, nicknames } = sources;
  const writings: (readonly number[])[] = [];
  const byWord = new Map<number, number[]>();
  const add = (words: readonly number[]): void => {
    if (words.length === 0) return;
    for (const word of words) {
      if (table.weightOf(word) < WEIGHT_MIN) continue;
      const known = byWord.get(word);
      if (known) known.push(writings.length);
      else byWord.set(word, [writings.length]);
    }
    writings.push(words);
  };
  for (let party = 0; party < parties.count; party += 1) {
    const [item = 0] = parties.itemsOf(party);
    const { starts, nameEnds, words } = table.items;
    add([...words.subarray(starts[item] ?? 0, nameEnds[item] ?? 0)]);
    for (const nickname of nicknames.wordsOf(party)) add(nickname);
  }
  const known = new Map<number, number>();
  return {
    bestShareOf: (entry) => {
      let best = known.get(entry);
      if (best === undefined) {
        best = findBest(entry, { table, byWord, writings, shareOf });
        known.set(entry, best);
      }
      return best;
    },
  };
}

function findBest(
  entry: number,
  tools: {
    readonly table: WordTable;
    readonly byWord: ReadonlyMap<number, readonly number[]>;
    readonly writings: readonly (readonly number[])[];
    readonly shareOf: (entry: number, words: Iterable<number>) => number;
  },
): number {
  const { table, byWord, writings, shareOf } = tools;
  const { starts, words } = table.entries;
  const weights = new Map<number, number>();
  for (const word of words.subarray(starts[entry] ?? 0, starts[entry + 1] ?? 0)) {
    const found = byWord.get(word);
    if (!found || found.length > POSTINGS_MAX) continue;
    for (const writing of found) {
      weights.set(writing, (weights.get(writing) ?? 0) + table.weightOf(word));
    }
  }
  const ranked = [...weights].toSorted(
    ([one, left], [other, right]) => right - left || one - other,
  );
  let best = 0;
  for (const [writing] of ranked.slice(0, CANDIDATES_MAX)) {
    best = Math.max(best, shareOf(entry, writings[writing] ?? []));
  }
  return best;
}

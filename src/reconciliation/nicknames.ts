import type { Board } from './board.ts';
import { foldLine } from './fold-text.ts';
import type { Parties } from './parties.ts';
import type { WordTable } from './words.ts';

/** How often a writing must stand beside a party's numbers before it is taken for its name. */
const SEEN_MIN = 1;

/**
 * Names under which the bank shows a party, learnt in this run from matches that a key has decided:
 * a bank writes in another script, or short, what the ledger writes in full.
 */
export interface Nicknames {
  /** The party that a counterparty of an entry was seen as; -1 when it is unknown or torn. */
  readonly find: (name: string) => number;
  /** The words of each name of a party. */
  readonly wordsOf: (party: number) => readonly (readonly number[])[];
}

export function learnNicknames(board: Board, parties: Parties, table: WordTable): Nicknames {
  const entryPlaces = new Map(board.entries.lines.map(({ id }, place) => [id, place]));
  const itemPlaces = new Map(board.items.lines.map(({ id }, place) => [id, place]));
  const seen = new Map<string, Map<number, number>>();
  for (const match of board.matches) {
    if (match.decision !== 'automatic') continue;
    const parted = new Set(match.itemIds.map((id) => parties.partyOf(itemPlaces.get(id) ?? -1)));
    const [party = -1] = parted;
    if (parted.size !== 1 || party < 0) continue;
    for (const id of match.entryIds) {
      const name = board.entries.lines[entryPlaces.get(id) ?? -1]?.counterpartyName;
      if (name !== undefined && name !== '') count(seen, foldLine(name), party);
    }
  }
  const byName = new Map<string, number>();
  const byParty = new Map<number, (readonly number[])[]>();
  for (const [name, counts] of seen) {
    const [[party, times] = [-1, 0], second] = [...counts].toSorted(
      ([, left], [, right]) => right - left,
    );
    if (times < SEEN_MIN || second !== undefined) continue;
    byName.set(name, party);
    byParty.set(party, [...(byParty.get(party) ?? []), table.wordsOf(name)]);
  }
  return {
    find: (name) => byName.get(foldLine(name)) ?? -1,
    wordsOf: (party) => byParty.get(party) ?? [],
  };
}

function count(seen: Map<string, Map<number, number>>, name: string, party: number): void {
  const counts = seen.get(name) ?? new Map<number, number>();
  counts.set(party, (counts.get(party) ?? 0) + 1);
  seen.set(name, counts);
}

import type { Board, Side } from './board.ts';
import { isWhole, spend } from './board.ts';
import type { EvidenceSources } from './evidence.ts';
import type { WordSide } from './words.ts';

/** A word that so many lines have leads nowhere. */
const POSTINGS_MAX = 3000;
const RELATED_MAX = 400;

/** Finds lines of one side by words that they share with a line of the other. */
export interface RelatedLines {
  /** Places with what the shared words say together, the strongest first. */
  readonly find: (place: number) => readonly Related[];
}

export interface Related {
  readonly place: number;
  readonly weight: number;
}

/** Looks from lines of `from` to untouched lines of `to`. */
export function createRelatedLines(
  board: Board,
  { table, parties, nicknames }: EvidenceSources,
  direction: 'toItems' | 'toEntries',
): RelatedLines {
  const nicknamesOf = (item: number): readonly number[] =>
    nicknames.wordsOf(parties.partyOf(item)).flat();
  const [from, to]: [WordSide, WordSide] =
    direction === 'toItems' ? [table.entries, table.items] : [table.items, table.entries];
  const side: Side<never> | Board['entries'] | Board['items'] =
    direction === 'toItems' ? board.items : board.entries;
  const postings = createPostings(to, side, direction === 'toItems' ? nicknamesOf : none);
  return {
    find: (place) => {
      const weights = new Map<number, number>();
      const words = new Set(
        from.words.subarray(from.starts[place] ?? 0, from.starts[place + 1] ?? 0),
      );
      if (direction === 'toEntries') for (const word of nicknamesOf(place)) words.add(word);
      for (const word of words) {
        const lines = postings.get(word);
        if (!lines || lines.length > POSTINGS_MAX || !spend(board.work, lines.length)) continue;
        const weight = table.weightOf(word);
        for (const line of lines) {
          if (isWhole(side, line)) weights.set(line, (weights.get(line) ?? 0) + weight);
        }
      }
      return [...weights]
        .map(([line, weight]) => ({ place: line, weight }))
        .toSorted((left, right) => right.weight - left.weight || left.place - right.place)
        .slice(0, RELATED_MAX);
    },
  };
}

function none(): readonly number[] {
  return [];
}

function createPostings(
  { starts, words, counts }: WordSide,
  side: Parameters<typeof isWhole>[0],
  moreWordsOf: (line: number) => readonly number[],
): ReadonlyMap<number, readonly number[]> {
  const postings = new Map<number, number[]>();
  for (let line = 0; line < side.lines.length; line += 1) {
    if (!isWhole(side, line)) continue;
    const own = words.subarray(starts[line] ?? 0, starts[line + 1] ?? 0);
    for (const word of new Set([...own, ...moreWordsOf(line)])) {
      const known = postings.get(word);
      if (known) known.push(line);
      else if ((counts[word] ?? 0) <= POSTINGS_MAX * 2) postings.set(word, [line]);
    }
  }
  return postings;
}

import type { Board } from './board.ts';
import { foldLine } from './fold-text.ts';

/** Items by their counterparty, as their own side knows it. */
export interface Parties {
  /** The number of an item's party; -1 when it names none. */
  readonly partyOf: (item: number) => number;
  readonly itemsOf: (party: number) => readonly number[];
  readonly count: number;
}

export function createParties({ items }: Board): Parties {
  const parties = new Int32Array(items.lines.length).fill(-1);
  const numbers = new Map<string, number>();
  const members: number[][] = [];
  items.lines.forEach((line, item) => {
    const key = partyKeyOf(line);
    if (key === '') return;
    let party = numbers.get(key);
    if (party === undefined) {
      party = members.length;
      numbers.set(key, party);
      members.push([]);
    }
    members[party]?.push(item);
    parties[item] = party;
  });
  return {
    partyOf: (item) => parties[item] ?? -1,
    itemsOf: (party) => members[party] ?? [],
    count: members.length,
  };
}

function partyKeyOf(line: Board['items']['lines'][number]): string {
  if (line.counterpartyKey !== undefined) return `=${line.counterpartyKey}`;
  if (line.counterpartyName !== undefined) return foldLine(line.counterpartyName);
  return line.counterpartyAccount ?? '';
}

import type { Board } from './board.ts';
import { foldLine } from './fold-text.ts';
import { foldAliasText } from './memory.ts';

/** Items by their counterparty, as their own side knows it. */
export interface Parties {
  /** The number of an item's party; -1 when it names none. */
  readonly partyOf: (item: number) => number;
  readonly itemsOf: (party: number) => readonly number[];
  readonly count: number;
  /** Every item names its party. */
  readonly hasAll: boolean;
  /** The party of a key of the organisation, or of an account; -1 when there is none. */
  readonly withKey: (counterpartyKey: string) => number;
  readonly withAccount: (account: string) => number;
}

export function createParties({ items }: Board): Parties {
  const parties = new Int32Array(items.lines.length).fill(-1);
  const numbers = new Map<string, number>();
  const members: number[][] = [];
  const accounts = new Map<string, number>();
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
    if (line.counterpartyAccount) {
      const account = foldAliasText('account', line.counterpartyAccount);
      // An account of two parties, such as a collecting bank's, names neither.
      const before = accounts.get(account) ?? party;
      accounts.set(account, before === party ? party : -1);
    }
  });
  return {
    partyOf: (item) => parties[item] ?? -1,
    itemsOf: (party) => members[party] ?? [],
    count: members.length,
    hasAll: !parties.includes(-1),
    withKey: (key) => numbers.get(`=${key}`) ?? -1,
    withAccount: (account) => accounts.get(account) ?? -1,
  };
}

function partyKeyOf(line: Board['items']['lines'][number]): string {
  if (line.counterpartyKey !== undefined) return `=${line.counterpartyKey}`;
  if (line.counterpartyName !== undefined) return foldLine(line.counterpartyName);
  return line.counterpartyAccount ?? '';
}

import type { Board } from './board.ts';
import { isWhole } from './board.ts';
import { findAlias } from './entry-alias.ts';
import { foldAliasText } from './memory.ts';
import type { Nicknames } from './nicknames.ts';
import type { Parties } from './parties.ts';
import type { WordTable } from './words.ts';

const POSTINGS_MAX = 600;
const CANDIDATES_MAX = 40;
const FOUND_MAX = 6;
const WEIGHT_MIN = 0.5;
const SHARE_MIN = 0.3;

/** Which counterparties an entry names, by all that is known of them. */
export interface PartyNames {
  /** The best named first. */
  readonly find: (entry: number) => readonly NamedParty[];
  /** Entries that nothing has used and that name a party; made when first asked. */
  readonly entriesOf: (party: number) => readonly number[];
}

export interface NamedParty {
  readonly party: number;
  /** How much of the name stands there, 0 … 1. */
  readonly share: number;
}

export interface NameSources {
  readonly table: WordTable;
  readonly parties: Parties;
  readonly nicknames: Nicknames;
}

export function createPartyNames(board: Board, sources: NameSources): PartyNames {
  const index = indexNames(sources);
  const known = new Map<number, readonly NamedParty[]>();
  const find = (entry: number): readonly NamedParty[] => {
    let found = known.get(entry);
    if (found === undefined) {
      found = findParties(board, sources, index, entry);
      known.set(entry, found);
    }
    return found;
  };
  let byParty: ReadonlyMap<number, readonly number[]> | undefined;
  return {
    find,
    entriesOf: (party) => {
      byParty ??= groupEntries(board, find);
      return byParty.get(party) ?? [];
    },
  };
}

interface NameIndex {
  readonly byWord: ReadonlyMap<number, readonly number[]>;
  readonly writings: readonly { readonly party: number; readonly words: readonly number[] }[];
}

function indexNames({ table, parties, nicknames }: NameSources): NameIndex {
  const writings: { party: number; words: readonly number[] }[] = [];
  const byWord = new Map<number, number[]>();
  const add = (party: number, words: readonly number[]): void => {
    for (const word of words) {
      if (table.weightOf(word) < WEIGHT_MIN) continue;
      const known = byWord.get(word);
      if (known) known.push(writings.length);
      else byWord.set(word, [writings.length]);
    }
    writings.push({ party, words });
  };
  for (let party = 0; party < parties.count; party += 1) {
    const [item = 0] = parties.itemsOf(party);
    const { starts, nameEnds, words } = table.items;
    add(party, [...words.subarray(starts[item] ?? 0, nameEnds[item] ?? 0)]);
    for (const nickname of nicknames.wordsOf(party)) add(party, nickname);
  }
  return { byWord, writings };
}

function findParties(
  board: Board,
  { table, parties, nicknames }: NameSources,
  { byWord, writings }: NameIndex,
  entry: number,
): readonly NamedParty[] {
  const line = board.entries.lines[entry];
  const shares = new Map<number, number>();
  const alias = board.memory.hasAliases ? findAlias(board.memory, line) : undefined;
  if (alias !== undefined) shares.set(parties.withKey(alias), 1);
  const nickname =
    line?.counterpartyName === undefined ? -1 : nicknames.find(line.counterpartyName);
  if (nickname >= 0) shares.set(nickname, 1);
  const account = line?.counterpartyAccount;
  if (account) shares.set(parties.withAccount(foldAliasText('account', account)), 1);
  shares.delete(-1);
  for (const writing of listWritings(table, byWord, entry)) {
    const { party = -1, words = [] } = writings[writing] ?? {};
    const share = shareOf(table, entry, words).share;
    if (share >= SHARE_MIN && share > (shares.get(party) ?? 0)) shares.set(party, share);
  }
  return [...shares]
    .map(([party, share]) => ({ party, share }))
    .toSorted((left, right) => right.share - left.share || left.party - right.party)
    .slice(0, FOUND_MAX);
}

/** Writings that share telling words with the entry, those with the most first. */
function listWritings(
  table: WordTable,
  byWord: ReadonlyMap<number, readonly number[]>,
  entry: number,
): readonly number[] {
  const { starts, words } = table.entries;
  const weights = new Map<number, number>();
  for (const word of words.subarray(starts[entry] ?? 0, starts[entry + 1] ?? 0)) {
    const found = byWord.get(word);
    if (!found || found.length > POSTINGS_MAX) continue;
    for (const writing of found) {
      weights.set(writing, (weights.get(writing) ?? 0) + table.weightOf(word));
    }
  }
  return [...weights]
    .toSorted(([one, left], [other, right]) => right - left || one - other)
    .slice(0, CANDIDATES_MAX)
    .map(([writing]) => writing);
}

function groupEntries(
  board: Board,
  find: (entry: number) => readonly NamedParty[],
): ReadonlyMap<number, readonly number[]> {
  const byParty = new Map<number, number[]>();
  for (let entry = 0; entry < board.entries.lines.length; entry += 1) {
    if (!isWhole(board.entries, entry)) continue;
    for (const { party } of find(entry)) {
      const known = byParty.get(party);
      if (known) known.push(entry);
      else byParty.set(party, [entry]);
    }
  }
  return byParty;
}

export interface SharedName {
  readonly share: number;
  /** What the shared words say together, in log odds. */
  readonly weight: number;
  readonly isEmpty: boolean;
}

/** How much of a name stands on an entry, each word by its rarity. */
export function shareOf(table: WordTable, entry: number, words: Iterable<number>): SharedName {
  let all = 0;
  let shared = 0;
  let missing = 0;
  let skipped = 0;
  for (const word of words) {
    const weight = table.weightOf(word) + 0.01;
    const held = weight * holds(table, entry, word);
    all += weight;
    shared += held;
    // A bank cuts names at the end; a word that is missing before others is another name.
    if (held === 0) missing += weight;
    else {
      skipped += missing;
      missing = 0;
    }
  }
  const known = Math.max(0, shared - skipped);
  return { share: all === 0 ? 0 : known / all, weight: known, isEmpty: all === 0 };
}

const PREFIX_MIN = 4;

/** 1 when the entry has the word, a part of it for a cut or mistyped one. */
function holds(table: WordTable, entry: number, word: number): number {
  const { starts, words } = table.entries;
  const end = starts[entry + 1] ?? 0;
  for (let place = starts[entry] ?? 0; place < end; place += 1) {
    if (words[place] === word) return 1;
  }
  const text = table.textOf(word);
  if (text.length < PREFIX_MIN) return 0;
  for (let place = starts[entry] ?? 0; place < end; place += 1) {
    if (isCutOrMistyped(text, table.textOf(words[place] ?? 0))) return 0.8;
  }
  return 0;
}

function isCutOrMistyped(text: string, other: string): boolean {
  if (other.length < PREFIX_MIN || text.charCodeAt(0) !== other.charCodeAt(0)) return false;
  if (text.startsWith(other) || other.startsWith(text)) return true;
  return text.length >= 5 && isOneSlip(text, other);
}

/** One letter changed, added, left out, or two neighbours exchanged. */
export function isOneSlip(left: string, right: string): boolean {
  const [long, short] = left.length >= right.length ? [left, right] : [right, left];
  if (long === short || long.length - short.length > 1) return false;
  let place = 0;
  while (place < short.length && long.charCodeAt(place) === short.charCodeAt(place)) place += 1;
  const rest = (text: string, from: number): string => text.slice(from);
  if (long.length > short.length) return rest(long, place + 1) === rest(short, place);
  if (rest(long, place + 1) === rest(short, place + 1)) return true;
  return (
    long[place] === short[place + 1] &&
    long[place + 1] === short[place] &&
    rest(long, place + 2) === rest(short, place + 2)
  );
}

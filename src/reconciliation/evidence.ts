import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { Board } from './board.ts';
import { daysAfter } from './board.ts';
import { foldAliasText } from './memory.ts';
import type { DayModel } from './day-model.ts';
import { findAlias } from './entry-alias.ts';
import type { NameSources, PartyNames } from './party-names.ts';
import { isOneSlip, shareOf } from './party-names.ts';
import type { WordSide, WordTable } from './words.ts';

const TEXT_MAX = 9;
/** Shared words repeat each other: the second says less than the first. */
const WORD_DISCOUNT = 0.7;
const NAME_EQUAL_SHARE = 0.75;
const NAME_SIMILAR_SHARE = 0.4;
/** So much better named is another party, not this one. */
const BETTER_SHARE = 0.12;
const NAME_STRANGER = -3;
const NAME_UNSEEN = -0.7;
const ACCOUNT_SAME = 5;
const ACCOUNT_OTHER = -1.5;
const ALIAS_SAME = 5;
const NICKNAME_SAME = 4.5;

/** What speaks for and against a pair of lines besides its amount, in natural log odds. */
export interface Comparison {
  /** All of it, days included. */
  readonly weight: number;
  readonly dayWeight: number;
  readonly nameShare: number;
  readonly isStranger: boolean;
  readonly reasons: readonly MatchReason[];
}

export interface Evidence {
  readonly compare: (entry: number, item: number) => Comparison;
}

export interface EvidenceSources extends NameSources {
  readonly days: DayModel;
  readonly names: PartyNames;
}

export function createEvidence(board: Board, sources: EvidenceSources): Evidence {
  const { table, days } = sources;
  return {
    compare: (entry, item) => {
      const name = compareNames(board, sources, entry, item);
      const text = compareTexts(table, entry, item);
      const account = compareAccounts(board, entry, item);
      const dayWeight = days.weightOf(daysAfter(board, entry, item));
      return {
        weight: Math.min(TEXT_MAX, name.weight + text.weight + account.weight) + dayWeight,
        dayWeight,
        nameShare: name.share,
        isStranger: name.weight <= NAME_STRANGER,
        reasons: [
          ...name.reasons,
          ...text.reasons,
          ...account.reasons,
          dayReason(board, entry, item),
        ],
      };
    },
  };
}

export function dayReason(board: Board, entry: number, item: number): MatchReason {
  const days = daysAfter(board, entry, item);
  return days === 0 ? reason('dayEqual') : reason('dayApart', { days: String(Math.abs(days)) });
}

interface Part {
  readonly weight: number;
  readonly reasons: readonly MatchReason[];
}

const NOTHING: Part = { weight: 0, reasons: [] };

/** How much of the item's name stands on the entry, each word by its rarity. */
function compareNames(
  board: Board,
  sources: EvidenceSources,
  entry: number,
  item: number,
): Part & { readonly share: number } {
  const { entries, items, memory } = board;
  const { table, parties, nicknames } = sources;
  const name = items.lines[item]?.counterpartyName ?? '';
  const entryName = entries.lines[entry]?.counterpartyName;
  const key = items.lines[item]?.counterpartyKey;
  const alias =
    key !== undefined && memory.hasAliases ? findAlias(memory, entries.lines[entry]) : undefined;
  if (alias !== undefined) {
    return alias === key
      ? { weight: ALIAS_SAME, share: 1, reasons: [reason('aliasConfirmed', { name })] }
      : { weight: NAME_STRANGER, share: 0, reasons: [] };
  }
  const party = parties.partyOf(item);
  const known = entryName === undefined ? -1 : nicknames.find(entryName);
  if (known >= 0 && known === party) {
    return { weight: NICKNAME_SAME, share: 1, reasons: [reason('counterpartyEqual', { name })] };
  }
  const [start, end] = [table.items.starts[item] ?? 0, table.items.nameEnds[item] ?? 0];
  let best = shareOf(table, entry, table.items.words.subarray(start, end));
  if (best.share < NAME_EQUAL_SHARE) {
    for (const words of nicknames.wordsOf(party)) {
      const other = shareOf(table, entry, words);
      if (other.share > best.share) best = other;
    }
  }
  const { share, weight, isEmpty } = best;
  // Another party is named better than this one.
  if (share > 0 && share < 1 && (sources.names.find(entry)[0]?.share ?? 0) > share + BETTER_SHARE) {
    return { weight: NAME_STRANGER, share: 0, reasons: [] };
  }
  if (isEmpty) return { ...NOTHING, share: 0 };
  if (share >= NAME_SIMILAR_SHARE) {
    const code = share >= NAME_EQUAL_SHARE ? 'counterpartyEqual' : 'counterpartySimilar';
    return { weight: weight * WORD_DISCOUNT, share, reasons: [reason(code, { name })] };
  }
  // The bank's name is known to stand for somebody else.
  if (known >= 0) return { weight: NAME_STRANGER, share, reasons: [] };
  const isNamed = entryName !== undefined && entryName !== '';
  return { weight: share > 0.15 ? 0 : isNamed ? NAME_STRANGER : NAME_UNSEEN, share, reasons: [] };
}

/** Words that both have beside the item's name. */
function compareTexts(table: WordTable, entry: number, item: number): Part {
  const { items, entries } = table;
  let weight = 0;
  let best = -1;
  let slip: { readonly written: string; readonly expected: string } | undefined;
  const end = items.starts[item + 1] ?? 0;
  for (let place = items.nameEnds[item] ?? 0; place < end; place += 1) {
    const word = items.words[place] ?? 0;
    if (has(entries, entry, word)) {
      weight += table.weightOf(word);
      if (best < 0 || table.weightOf(word) > table.weightOf(best)) best = word;
      continue;
    }
    const written = findSlippedNumber(table, entry, word);
    if (written !== undefined) slip = { written, expected: table.textOf(word) };
  }
  const reasons: MatchReason[] = [];
  if (best >= 0 && table.weightOf(best) > 1) {
    reasons.push(reason('textSimilar', { words: table.textOf(best) }));
  }
  if (slip) reasons.push(reason('digitsTransposed', slip));
  return { weight: weight * WORD_DISCOUNT + (slip ? 2 : 0), reasons };
}

function has({ starts, words }: WordSide, line: number, word: number): boolean {
  const end = starts[line + 1] ?? 0;
  for (let place = starts[line] ?? 0; place < end; place += 1) {
    if (words[place] === word) return true;
  }
  return false;
}

const DIGITS_MIN = 4;

/** A number of the entry that is the item's with one slip of the pen. */
function findSlippedNumber(table: WordTable, entry: number, word: number): string | undefined {
  const expected = table.textOf(word);
  if (!isLongNumber(expected)) return undefined;
  // Leading zeros are left out, so that an exchanged one makes the number shorter.
  const { starts, words } = table.entries;
  const end = starts[entry + 1] ?? 0;
  for (let place = starts[entry] ?? 0; place < end; place += 1) {
    const other = table.textOf(words[place] ?? 0);
    if (isLongNumber(other) && isOneSlip(expected, other)) return other;
  }
  return undefined;
}

function isLongNumber(text: string): boolean {
  let digits = 0;
  for (const letter of text) if (letter >= '0' && letter <= '9') digits += 1;
  return digits >= DIGITS_MIN && !/^(19|20)\d\d$/.test(text);
}

function compareAccounts({ entries, items }: Board, entry: number, item: number): Part {
  const left = entries.lines[entry]?.counterpartyAccount;
  const right = items.lines[item]?.counterpartyAccount;
  if (left === undefined || right === undefined || left === '' || right === '') return NOTHING;
  const isSame = foldAliasText('account', left) === foldAliasText('account', right);
  return isSame
    ? { weight: ACCOUNT_SAME, reasons: [reason('counterpartyAccount')] }
    : { weight: ACCOUNT_OTHER, reasons: [] };
}

import type {
  EntryLine,
  ItemLine,
  MatchKnowledge,
  MatchResult,
  MatchSettings,
  ProposedMatch,
} from '#core/matches.ts';
import { createAmountChance } from './amount-chance.ts';
import { searchWithFee } from './batch-fee.ts';
import { settleMany } from './batch-stage.ts';
import type { Board } from './board.ts';
import { createBoard, listOpen } from './board.ts';
import { learnDays } from './day-samples.ts';
import { createDifferences } from './difference.ts';
import { createEvidence } from './evidence.ts';
import { suggestDifferent } from './difference-stage.ts';
import { settleByKeys } from './key-stage.ts';
import { createMentions } from './mentions.ts';
import { netEntries, netItems } from './netting-stage.ts';
import { learnNicknames } from './nicknames.ts';
import { suggestParts } from './part-stage.ts';
import { createParties } from './parties.ts';
import { createPartyNames } from './party-names.ts';
import { settleTransfers } from './transfer-stage.ts';
import { settleByLinkage } from './link-stage.ts';
import { findKeyTies } from './key-ties.ts';
import { settleLinkedPayments } from './payment-stage.ts';
import type { Pool } from './pools.ts';
import { entryPoolsOf, itemPoolsOf } from './pools.ts';
import { readItems } from './read-items.ts';
import { createRelatedLines } from './related-lines.ts';
import { settleSingles } from './single-stage.ts';
import { tellDuplicates } from './duplicates.ts';
import { createWordTable } from './words.ts';

/** First what is more likely than not; what is left over is suggested last. */
const LIKELY = 0.5;
const POSSIBLE = 0.2;

/**
 * Finds what belongs together between bank entries and expected items. Pure: the same lines in any
 * order give the same matches, and the work is bounded whatever the amounts are.
 */
export function matchLines(
  entries: readonly EntryLine[],
  items: readonly ItemLine[],
  settings: MatchSettings,
  knowledge: MatchKnowledge,
): MatchResult {
  const read = readItems(entries, items);
  const board = createBoard(entries, read.items, settings, knowledge);
  settleLinkedPayments(board);
  const ties = findKeyTies(board);
  netItems(board, ties);
  netEntries(board, ties);
  const differences = createDifferences(board);
  settleByKeys(board, ties, differences);
  settleTransfers(board);
  if (settings.mayScore) settleByEvidence(board, { ties, differences }, read.isLikenessOnly);
  return toResult(board);
}

/** Everything that no key decides: by words, days, and sums. */
function settleByEvidence(
  board: Board,
  known: {
    readonly ties: ReturnType<typeof findKeyTies>;
    readonly differences: ReturnType<typeof createDifferences>;
  },
  isLikenessOnly: boolean,
): void {
  const { ties } = known;
  const table = createWordTable(board.entries.lines, board.items.lines);
  const parties = createParties(board);
  if (isLikenessOnly) settleByLinkage(board);
  const days = learnDays(board);
  const chance = createAmountChance(board);
  const mentions = createMentions(board, ties);
  const learn = () => {
    const nicknames = learnNicknames(board, parties, table);
    const names = createPartyNames(board, { table, parties, nicknames });
    const evidence = createEvidence(board, { table, days, parties, nicknames, names });
    return { ...known, evidence, chance, parties, mentions, names };
  };
  settleSingles(board, { ...learn(), probabilityMin: LIKELY, isLast: false });
  // What was found tells how banks write the names of parties.
  const tools = { ...learn(), related: createRelatedLines(board, table, parties) };
  const withFee = (entry: number, pool: Pool) =>
    searchWithFee(board, known.differences, entry, pool);
  // What an entry writes down is little work and hardly ever wrong: it comes before all searching.
  for (const isMentionedOnly of [true, false]) {
    settleMany(board, 'batch', {
      ...tools,
      searchWithFee: withFee,
      poolsOf: (entry) => itemPoolsOf(board, tools, entry, isMentionedOnly),
      probabilityMin: POSSIBLE,
    });
  }
  settleMany(board, 'split', {
    ...tools,
    searchWithFee: withFee,
    poolsOf: (item) => entryPoolsOf(board, tools, item),
    probabilityMin: POSSIBLE,
  });
  suggestParts(board, tools);
  suggestDifferent(board, { ...tools, probabilityMin: LIKELY });
  settleSingles(board, { ...tools, probabilityMin: POSSIBLE, isLast: true });
}

function toResult(board: Board): MatchResult {
  tellDuplicates(board);
  const open = listOpen(board);
  const automatic = board.matches.filter(({ decision }) => decision === 'automatic').length;
  return {
    matches: board.matches.toSorted(byLines),
    open,
    stats: {
      entries: board.entries.lines.length,
      items: board.items.lines.length,
      automatic,
      suggested: board.matches.length - automatic,
      open: open.length,
      work: board.work.spent,
    },
  };
}

function byLines(left: ProposedMatch, right: ProposedMatch): number {
  const [one, other] = [keyOf(left), keyOf(right)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function keyOf({ entryIds: [entry = ''], itemIds: [item = ''] }: ProposedMatch): string {
  return `${entry}\n${item}`;
}

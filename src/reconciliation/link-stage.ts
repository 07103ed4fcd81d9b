import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { Board, Side } from './board.ts';
import { isWhole, mayMeet } from './board.ts';
import { logOdds, percentOf } from './decision.ts';
import { dayReason } from './evidence.ts';
import { wholeLeg } from './key-stage.ts';
import { linkRecords } from './linkage/link-records.ts';
import type { LinkedPair, LinkRecord } from './linkage/link-types.ts';
import type { DraftResidual } from './propose.ts';
import { amountText, lineOf, propose } from './propose.ts';

const DELAY_DAYS = { min: -5, max: 35 };
const AMOUNT_RATIO = { min: 0.9, max: 1.1 };
const PROBABILITY_MIN = 0.5;

/**
 * Pairs lines of two books that write the same movements in their own words, amounts changed by
 * fees or rates: no counterparties, no invoices, only likeness, learnt from the lines themselves.
 */
export function settleByLinkage(board: Board): void {
  const [entries, items] = [listOpen(board.entries), listOpen(board.items)];
  if (entries.length === 0 || items.length === 0) return;
  const { pairs } = linkRecords(
    items.map((item) => toRecord(board.items, item)),
    entries.map((entry) => toRecord(board.entries, entry)),
    { delayDays: DELAY_DAYS, amountRatio: AMOUNT_RATIO, probabilityMin: PROBABILITY_MIN },
  );
  for (const pair of pairs) {
    const [entry, item] = [entries[pair.right] ?? 0, items[pair.left] ?? 0];
    if (!mayMeet(board, entry, item)) continue;
    proposePair(board, { entry, item, pair }, (rival) => ({
      entries: [entries[rival.right] ?? 0],
      items: [items[rival.left] ?? 0],
      probability: rival.probability,
    }));
  }
}

function listOpen(side: Side<never> | Board['entries'] | Board['items']): readonly number[] {
  const open: number[] = [];
  for (let place = 0; place < side.lines.length; place += 1) {
    if (isWhole(side, place)) open.push(place);
  }
  return open;
}

function toRecord(side: Board['entries'] | Board['items'], place: number): LinkRecord {
  const line = lineOf<Board['entries']['lines'][number] | Board['items']['lines'][number]>(
    side,
    place,
  );
  const { id, text, references, counterpartyName, counterpartyAccount, amount } = line;
  const number = 'number' in line ? (line.number ?? '') : '';
  return {
    id,
    day: side.day[place] ?? 0,
    amount: (side.isCredit[place] === 1 ? 1 : -1) * (side.left[place] ?? 0),
    currency: amount.currency,
    text: [text, number, ...references].filter((part) => part !== '').join(' '),
    ...(counterpartyName ? { name: counterpartyName } : {}),
    ...(counterpartyAccount ? { account: counterpartyAccount } : {}),
  };
}

interface Linked {
  readonly entry: number;
  readonly item: number;
  readonly pair: LinkedPair;
}

function proposePair(
  board: Board,
  { entry, item, pair }: Linked,
  toAlternative: (rival: LinkedPair['rivals'][number]) => {
    readonly entries: readonly number[];
    readonly items: readonly number[];
    readonly probability: number;
  },
): void {
  const { probability, margin, rivals } = pair;
  const residual = residualOf(board, entry, item);
  propose(board, {
    kind: 'single',
    basis: 'score',
    legs: [wholeLeg(board, entry, item)],
    residuals: residual ? [residual] : [],
    probability,
    isUnique: rivals.length === 0,
    reasons: reasonsOf(board, { entry, item, pair }),
    why: residual
      ? reason('why.amountUnexplained', {
          amount: amountText(lineOf(board.entries, entry), Math.abs(residual.units)),
        })
      : board.decider.objectTo({
          basis: 'score',
          probability,
          margin: Math.min(margin, logOdds(probability)),
        }),
    alternatives: rivals.map(toAlternative),
  });
}

function residualOf(board: Board, entry: number, item: number): DraftResidual | undefined {
  const gap = (board.entries.left[entry] ?? 0) - (board.items.left[item] ?? 0);
  if (gap === 0) return undefined;
  const units = board.entries.isCredit[entry] === 1 ? gap : -gap;
  const isFee =
    -units > 0 && -units <= board.settings.plausibleFeeShare * (board.items.left[item] ?? 0);
  return { kind: isFee ? 'fee' : 'tolerance', units, entry, item };
}

function reasonsOf(board: Board, { entry, item, pair }: Linked): readonly MatchReason[] {
  const [entryUnits, itemUnits] = [board.entries.left[entry] ?? 0, board.items.left[item] ?? 0];
  const line = lineOf(board.entries, entry);
  const words = lineOf(board.items, item).text.slice(0, 40);
  const hasText = pair.levels.some(({ field, weight }) => field === 'text' && weight > 1);
  return [
    entryUnits === itemUnits
      ? reason('amountEqual')
      : reason('amountDiffers', {
          entry: amountText(line, entryUnits),
          item: amountText(line, itemUnits),
        }),
    ...(hasText && words !== '' ? [reason('textSimilar', { words })] : []),
    dayReason(board, entry, item),
    reason('probability', { percent: percentOf(pair.probability) }),
  ];
}

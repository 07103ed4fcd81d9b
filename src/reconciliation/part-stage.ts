import { reason } from '#core/match-reasons.ts';
import type { Board } from './board.ts';
import { isWhole, mayMeet } from './board.ts';
import { dayReason } from './evidence.ts';
import { keyReason, openTiesTo, ownTies } from './key-stage.ts';
import { isStrong } from './key-ties.ts';
import type { PoolTools } from './pools.ts';
import type { DraftResidual, Leg } from './propose.ts';
import { amountText, lineOf, propose } from './propose.ts';

const PROBABILITY = 0.95;

/** Several entries that name one item without adding up to it: instalments short of fees, or of more to come. */
export function suggestParts(board: Board, tools: PoolTools): void {
  const { ties } = tools;
  const items = [...ties.byItem.keys()].toSorted((left, right) => left - right);
  for (const item of items) {
    if (!isWhole(board.items, item)) continue;
    const parts = openTiesTo(board, ties, item).filter(
      (tie) =>
        isStrong(tie) &&
        board.entries.currency[tie.entry] === board.items.currency[item] &&
        (board.entries.left[tie.entry] ?? 0) < (board.items.left[item] ?? 0) &&
        ownTies(board, ties, tie.entry).length === 1,
    );
    const [tie] = parts;
    if (!tie) continue;
    const entries = [...parts.map(({ entry }) => entry), ...listMentioned(board, tools, item)];
    if (entries.length < 2) continue;
    const legs = toPartLegs(board, entries, item);
    if (!legs) continue;
    const missing = (board.items.left[item] ?? 0) - legs.settled;
    const line = lineOf(board.items, item);
    const amount = amountText(line, missing === 0 ? legs.fee : missing);
    propose(board, {
      kind: 'split',
      basis: 'score',
      legs: legs.legs,
      residuals: legs.residuals,
      probability: PROBABILITY,
      isUnique: true,
      reasons: [
        keyReason(tie),
        reason('instalments', {
          count: String(entries.length),
          amount: amountText(line, legs.settled),
        }),
        dayReason(board, tie.entry, item),
      ],
      why:
        missing === 0 ? reason('why.feeUnproven', { amount }) : reason('why.partial', { amount }),
    });
  }
}

/** Entries of the counterparty that write only the end of the item's number, and no other number. */
function listMentioned(
  board: Board,
  { ties, parties, names, mentions }: PoolTools,
  item: number,
): readonly number[] {
  return names
    .entriesOf(parties.partyOf(item))
    .filter(
      (entry) =>
        isWhole(board.entries, entry) &&
        board.entries.currency[entry] === board.items.currency[item] &&
        (board.entries.left[entry] ?? 0) < (board.items.left[item] ?? 0) &&
        mayMeet(board, entry, item) &&
        !(ties.byEntry.get(entry) ?? []).some(({ isOwn }) => isOwn) &&
        mentions.has(entry, item),
    );
}

interface PartLegs {
  readonly legs: readonly Leg[];
  readonly residuals: readonly DraftResidual[];
  readonly settled: number;
  readonly fee: number;
}

/** What is missing is a fee where it is small, and a part to come where it is not. */
function toPartLegs(board: Board, entries: readonly number[], item: number): PartLegs | undefined {
  const { left } = board.entries;
  const sum = entries.reduce((all, entry) => all + (left[entry] ?? 0), 0);
  const whole = board.items.left[item] ?? 0;
  const sign = board.items.isCredit[item] === 1 ? 1 : -1;
  const gap = sign * (whole - sum);
  const isFee = gap > 0 && gap <= board.settings.plausibleFeeShare * whole;
  if (!isFee && sum > whole) return undefined;
  const legs = entries.map((entry): Leg => {
    const units = left[entry] ?? 0;
    return { entry, item, entryUnits: units, itemUnits: units };
  });
  if (!isFee) return { legs, residuals: [], settled: sum, fee: 0 };
  const [first, ...others] = legs;
  if (!first) return undefined;
  const settledFirst = { ...first, itemUnits: first.itemUnits + sign * gap };
  return {
    legs: [settledFirst, ...others],
    residuals: [{ kind: 'fee', units: -gap, entry: first.entry, item }],
    settled: whole,
    fee: gap,
  };
}

import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { Board } from './board.ts';
import type { DraftResidual } from './propose.ts';
import { amountText, lineOf } from './propose.ts';

/** A fee is believed once it was seen so often. */
export const FEE_SEEN_MIN = 3;

/** What lies between what came and what should have come, and whether that is agreed. */
export interface Difference {
  readonly residuals: readonly DraftResidual[];
  readonly reasons: readonly MatchReason[];
  /** Nothing when rules or experience explain it. */
  readonly why?: MatchReason;
}

/** Knows which differences are explained. */
export interface Differences {
  /**
   * Explains why an entry moved `entryUnits` for items of `itemUnits` together, both of the entry's
   * currency; nothing when no fee, bound or rule does. The residual falls on the first item.
   */
  readonly explain: (asked: DifferenceAsked) => Difference | undefined;
  /** Counts a fee seen on a pair that its key has tied. */
  readonly learnFee: (entry: number, feeUnits: number) => void;
  /** Fees seen on an entry's account in its currency, the most usual first. */
  readonly feesOf: (entry: number) => readonly SeenFee[];
  /** Also those of other accounts in this currency. */
  readonly feesNear: (entry: number) => readonly SeenFee[];
}

export interface SeenFee {
  readonly units: number;
  readonly seen: number;
}

export interface DifferenceAsked {
  readonly entry: number;
  readonly items: readonly number[];
  readonly entryUnits: number;
  readonly itemUnits: number;
}

export function createDifferences(board: Board): Differences {
  const learnt = new Map<string, Map<number, number>>();
  const feesOf = (entry: number): readonly SeenFee[] => listFees(board, learnt, entry);
  return {
    feesOf,
    feesNear: (entry) => {
      const { currency } = lineOf(board.entries, entry).amount;
      const near = [...learnt].filter(([key]) => key.endsWith(` ${currency}`));
      return near.flatMap(([, fees]) => [...fees].map(([units, seen]) => ({ units, seen })));
    },
    learnFee: (entry, feeUnits) => {
      const key = feeKeyOf(board, entry);
      const counts = learnt.get(key) ?? new Map<number, number>();
      counts.set(feeUnits, (counts.get(feeUnits) ?? 0) + 1);
      learnt.set(key, counts);
    },
    explain: (asked) => {
      if (Number.isNaN(asked.entryUnits) || Number.isNaN(asked.itemUnits)) return undefined;
      return (
        explainBounds(board, asked) ??
        explainFee(board, asked, feesOf(asked.entry)) ??
        explainTolerance(board, asked) ??
        explainPlausibleFee(board, asked)
      );
    },
  };
}

function feeKeyOf({ entries }: Board, entry: number): string {
  const { accountId, amount } = lineOf(entries, entry);
  return `${accountId} ${amount.currency}`;
}

function listFees(
  board: Board,
  learnt: ReadonlyMap<string, ReadonlyMap<number, number>>,
  entry: number,
): readonly SeenFee[] {
  const { accountId, amount } = lineOf(board.entries, entry);
  const fees = new Map(learnt.get(feeKeyOf(board, entry)));
  for (const profile of board.settings.feeProfiles) {
    if (profile.currency !== amount.currency) continue;
    if (profile.accountId !== undefined && profile.accountId !== accountId) continue;
    const units = Number(profile.feeMinorUnits);
    fees.set(units, (fees.get(units) ?? 0) + profile.seen);
  }
  return [...fees]
    .map(([units, seen]) => ({ units, seen }))
    .toSorted((left, right) => right.seen - left.seen || left.units - right.units);
}

/** From the organisation's view: negative is what it lost. */
function signedFor(board: Board, { entry, entryUnits, itemUnits }: DifferenceAsked): number {
  return board.entries.isCredit[entry] === 1 ? entryUnits - itemUnits : itemUnits - entryUnits;
}

function explainBounds(board: Board, asked: DifferenceAsked): Difference | undefined {
  const [item] = asked.items;
  if (item === undefined || asked.items.length !== 1) return undefined;
  const line = lineOf(board.items, item);
  const { min, max } = line.bounds ?? {};
  if (!min || !max) return undefined;
  const entryUnits = BigInt(asked.entryUnits);
  if (entryUnits < min.amountMinorUnits || entryUnits > max.amountMinorUnits) return undefined;
  const values = {
    min: amountText(line, Number(min.amountMinorUnits)),
    max: amountText(line, Number(max.amountMinorUnits)),
  };
  const units = signedFor(board, asked);
  return {
    residuals: [{ kind: 'tolerance', units, entry: asked.entry, item }],
    reasons: [reason('amountWithinBounds', values)],
  };
}

function explainFee(
  board: Board,
  asked: DifferenceAsked,
  fees: readonly SeenFee[],
): Difference | undefined {
  const units = signedFor(board, asked);
  const [item = 0] = asked.items;
  const isKnown = fees.some((fee) => fee.units === -units && fee.seen >= FEE_SEEN_MIN);
  if (!isKnown) return undefined;
  const amount = amountText(lineOf(board.entries, asked.entry), -units);
  return {
    residuals: [{ kind: 'fee', units, entry: asked.entry, item }],
    reasons: [reason('feeKnown', { amount })],
  };
}

function explainTolerance(board: Board, asked: DifferenceAsked): Difference | undefined {
  const units = signedFor(board, asked);
  const line = lineOf(board.entries, asked.entry);
  const found = board.tolerances.find({
    accountId: line.accountId,
    currency: line.amount.currency,
    day: line.bookingDay,
    residual: Math.abs(units),
    expected: asked.itemUnits,
  });
  if (found.outcome === 'none') return undefined;
  const [item = 0] = asked.items;
  const { ruleId } = found;
  const amount = amountText(line, Math.abs(units));
  return {
    residuals: [{ kind: 'tolerance', units, entry: asked.entry, item, ruleId }],
    reasons: [reason('tolerance', { amount })],
    ...(found.outcome === 'capSpent' ? { why: reason('why.toleranceSpent', { amount }) } : {}),
  };
}

/** Small enough for a bank's fee, but nobody has confirmed it. */
function explainPlausibleFee(board: Board, asked: DifferenceAsked): Difference | undefined {
  const units = signedFor(board, asked);
  if (units >= 0 || -units > board.settings.plausibleFeeShare * asked.itemUnits) return undefined;
  const [item = 0] = asked.items;
  const amount = amountText(lineOf(board.entries, asked.entry), -units);
  return {
    residuals: [{ kind: 'fee', units, entry: asked.entry, item }],
    reasons: [reason('feePlausible', { amount })],
    why: reason('why.feeUnproven', { amount }),
  };
}

/** The same digits in another order, or two neighbours exchanged: a slip of the pen. */
export function isTransposed(left: number, right: number): boolean {
  if (left === right || (left - right) % 9 !== 0) return false;
  const [one, other] = [String(left), String(right)];
  if (one.length !== other.length) return false;
  let different = 0;
  for (let place = 0; place < one.length; place += 1)
    if (one[place] !== other[place]) different += 1;
  return different === 2 && [...one].toSorted().join('') === [...other].toSorted().join('');
}

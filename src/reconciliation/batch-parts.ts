import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type { Board } from './board.ts';
import type { Pool } from './pools.ts';
import type { Draft, DraftAlternative, Leg } from './propose.ts';
import { amountText, lineOf } from './propose.ts';

/** A number that the line writes speaks so much for a set that holds it, and against one that does not. */
const MENTION_WEIGHT = 8;

/** One entry for many items (`batch`), or many entries for one item (`split`). */
export type ManyKind = 'batch' | 'split';

/** A way in which lines of the pool add up to the one line. */
export interface Found {
  readonly draft: Draft;
  readonly isMentioned: boolean;
  readonly lines: readonly number[];
  readonly one: number;
}

export interface Ranked {
  readonly lines: readonly number[];
  readonly share: number;
  /** 1 for a subset that nothing marks out; small for all of the pool or neighbours in time. */
  readonly looseness: number;
  /** Mentioned lines in it, and those left out. */
  readonly mentioned: number;
  readonly missed: number;
}

/** People pay what they write, what is oldest, what came together, or all: such subsets are likelier. */
export function rank(
  days: Int32Array,
  solutions: readonly (readonly number[])[],
  { mentioned, lines: pool }: Pool,
): readonly Ranked[] {
  const weighed = solutions.map((lines) => {
    const all = lines.map((line) => days[line] ?? 0);
    const span = Math.max(...all) - Math.min(...all);
    const isAll = lines.length === pool.length;
    const looseness = isAll ? 0.02 : span === 0 ? 0.1 : span <= 7 ? 0.3 : 1;
    const within = lines.filter((line) => mentioned.has(line)).length;
    const missed = mentioned.size - within;
    const weight = MENTION_WEIGHT ** (within - missed) / looseness / (1 + span / 30);
    return { lines, looseness, mentioned: within, missed, weight };
  });
  const sum = weighed.reduce((total, { weight }) => total + weight, 0);
  return weighed
    .map(({ weight, ...ranked }) => ({ ...ranked, share: weight / sum }))
    .toSorted((left, right) => right.share - left.share || compareLists(left.lines, right.lines));
}

function compareLists(left: readonly number[], right: readonly number[]): number {
  for (let place = 0; place < Math.min(left.length, right.length); place += 1) {
    const order = (left[place] ?? 0) - (right[place] ?? 0);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Whole lines on the many side; fees and credit notes come off what the first ones get. */
export function toLegs(
  board: Board,
  kind: ManyKind,
  {
    one,
    lines,
    fee,
  }: { readonly one: number; readonly lines: readonly number[]; readonly fee: number },
): Pick<Draft, 'legs' | 'residuals'> {
  if (kind === 'split') return toSplitLegs(board, { one, lines, fee });
  const { entries, items } = board;
  const isCredit = entries.isCredit[one];
  const isSame = (line: number): boolean => items.isCredit[line] === isCredit;
  let off = lines.reduce((sum, line) => sum + (isSame(line) ? 0 : (items.left[line] ?? 0)), 0);
  off += isCredit === 1 ? fee : 0;
  let extra = isCredit === 1 ? 0 : fee;
  const legs = lines.map((line): Leg => {
    const itemUnits = items.left[line] ?? 0;
    if (!isSame(line)) return { entry: one, item: line, entryUnits: 0, itemUnits };
    const less = Math.min(off, itemUnits);
    off -= less;
    const entryUnits = itemUnits - less + extra;
    extra = 0;
    return { entry: one, item: line, entryUnits, itemUnits };
  });
  const [item = 0] = lines.filter(isSame);
  return { legs, residuals: fee === 0 ? [] : [{ kind: 'fee', units: -fee, entry: one, item }] };
}

function toSplitLegs(
  { entries }: Board,
  {
    one,
    lines,
    fee,
  }: { readonly one: number; readonly lines: readonly number[]; readonly fee: number },
): Pick<Draft, 'legs' | 'residuals'> {
  const legs = lines.map((entry): Leg => {
    const entryUnits = entries.left[entry] ?? 0;
    const itemUnits = entries.isCredit[entry] === 1 ? entryUnits + fee : entryUnits - fee;
    return { entry, item: one, entryUnits, itemUnits };
  });
  const residuals = lines.map((entry) => ({ kind: 'fee' as const, units: -fee, entry, item: one }));
  return { legs, residuals: fee === 0 ? [] : residuals };
}

export function sumReasons(
  board: Board,
  kind: ManyKind,
  one: number,
  lines: readonly number[],
): MatchReason[] {
  const line = kind === 'batch' ? lineOf(board.entries, one) : lineOf(board.items, one);
  const amount = amountText(line, Number(line.amount.amountMinorUnits));
  const values = { count: String(lines.length), amount };
  return [reason(kind === 'batch' ? 'subsetSum' : 'instalments', values)];
}

export function toAlternative(
  kind: ManyKind,
  one: number,
  lines: readonly number[],
  probability: number,
): DraftAlternative {
  return kind === 'batch'
    ? { entries: [one], items: lines, probability }
    : { entries: lines, items: [one], probability };
}

import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type {
  EntryLine,
  ItemLine,
  MatchKnowledge,
  MatchSettings,
  OpenLine,
  ProposedMatch,
} from '#core/matches.ts';
import type { Money } from '#core/money.ts';
import type { Decider } from './decision.ts';
import { createDecider } from './decision.ts';
import type { Memory } from './memory.ts';
import { createMemory } from './memory.ts';
import type { ToleranceLedger } from './tolerance.ts';
import { createToleranceLedger } from './tolerance.ts';

/**
 * What all stages share: the lines by their place in the order of ids, what is left of each, and
 * what was found. Amounts are whole numbers of minor units in doubles, exact up to 2^53; a line
 * beyond that has `NaN` left, compares with nothing, and is matched by exact key alone.
 */
export interface Board {
  readonly entries: Side<EntryLine>;
  readonly items: Side<ItemLine>;
  readonly settings: MatchSettings;
  readonly knowledge: MatchKnowledge;
  readonly decider: Decider;
  readonly memory: Memory;
  readonly tolerances: ToleranceLedger;
  readonly work: WorkMeter;
  readonly matches: ProposedMatch[];
  /** Days from item to entry of each automatic match of two lines. */
  readonly delays: number[];
  /** Why a line that stays open does, where a stage knows more than "nothing fits". */
  readonly openReasons: Map<string, MatchReason>;
}

export interface Side<Line> {
  readonly lines: readonly Line[];
  /** Minor units that no match of this run has used. */
  readonly left: Float64Array;
  /** 1 once a match of this run has used a part. */
  readonly isTouched: Uint8Array;
  /** 1 credit, 0 debit. */
  readonly isCredit: Uint8Array;
  /** The day by which a line is compared; for an item the day on which it should appear. */
  readonly day: Int32Array;
  /** Place of the currency among those on the board. */
  readonly currency: Uint8Array;
}

/** Counts steps of search instead of time, so that the same input always ends at the same place. */
export interface WorkMeter {
  spent: number;
  readonly max: number;
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

export function createBoard(
  entries: readonly EntryLine[],
  items: readonly ItemLine[],
  settings: MatchSettings,
  knowledge: MatchKnowledge,
): Board {
  const currencies = new Map<string, number>();
  return {
    entries: createSide(sortById(entries), currencies, (entry) => entry.bookingDay),
    items: createSide(sortById(items), currencies, dayOfItem(settings.asOf)),
    settings,
    knowledge,
    decider: createDecider(settings, knowledge),
    memory: createMemory(settings, knowledge),
    tolerances: createToleranceLedger(settings.tolerances, knowledge.toleranceUses),
    work: { spent: 0, max: settings.workMax },
    matches: [],
    delays: [],
    openReasons: new Map(),
  };
}

function dayOfItem(asOf: number) {
  return (item: ItemLine): number => item.dueDay ?? item.issuedDay ?? asOf;
}

interface AnyLine {
  readonly id: string;
  readonly amount: Money;
  readonly direction: 'credit' | 'debit';
}

function sortById<Line extends AnyLine>(lines: readonly Line[]): readonly Line[] {
  const sorted = isSorted(lines)
    ? lines
    : lines.toSorted((left, right) => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0));
  for (let place = 1; place < sorted.length; place += 1) {
    if (sorted[place]?.id === sorted[place - 1]?.id) {
      throw new Error(`two lines have the id ${String(sorted[place]?.id)}`);
    }
  }
  return sorted;
}

function isSorted(lines: readonly AnyLine[]): boolean {
  for (let place = 1; place < lines.length; place += 1) {
    if ((lines[place - 1]?.id ?? '') > (lines[place]?.id ?? '')) return false;
  }
  return true;
}

function createSide<Line extends AnyLine>(
  lines: readonly Line[],
  currencies: Map<string, number>,
  dayOf: (line: Line) => number,
): Side<Line> {
  const side = {
    lines,
    left: new Float64Array(lines.length),
    isTouched: new Uint8Array(lines.length),
    isCredit: new Uint8Array(lines.length),
    day: new Int32Array(lines.length),
    currency: new Uint8Array(lines.length),
  };
  lines.forEach((line, place) => {
    const { amountMinorUnits, currency } = line.amount;
    if (amountMinorUnits < 0n) throw new Error(`the amount of ${line.id} is negative`);
    side.left[place] = amountMinorUnits > SAFE ? Number.NaN : Number(amountMinorUnits);
    side.isCredit[place] = line.direction === 'credit' ? 1 : 0;
    side.day[place] = dayOf(line);
    let index = currencies.get(currency);
    if (index === undefined) {
      index = currencies.size;
      currencies.set(currency, index);
    }
    side.currency[place] = index;
  });
  return side;
}

/** Nothing of the line has been used, and there is something. */
export function isWhole(side: Side<AnyLine>, place: number): boolean {
  return (side.left[place] ?? 0) > 0 && side.isTouched[place] === 0;
}

/** Money of a line's currency; `NaN` is the whole of a line beyond 2^53. */
export function moneyOf(line: AnyLine, minorUnits: number): Money {
  const { amount } = line;
  if (Number.isNaN(minorUnits)) return amount;
  const whole = BigInt(minorUnits);
  return whole === amount.amountMinorUnits
    ? amount
    : { amountMinorUnits: whole, currency: amount.currency };
}

/** As `isWhole`, for lines beyond 2^53 too: only what compares whole amounts may ask this. */
export function isUnused(side: Side<AnyLine>, place: number): boolean {
  return !((side.left[place] ?? 0) <= 0) && side.isTouched[place] === 0;
}

/** Whether both sides have the same amount left, of the same currency. */
export function isSameLeft(board: Board, entry: number, item: number): boolean {
  const { entries, items } = board;
  if (entries.currency[entry] !== items.currency[item]) return false;
  const [left, right] = [entries.left[entry] ?? 0, items.left[item] ?? 0];
  if (!Number.isNaN(left) || !Number.isNaN(right)) return left === right;
  return (
    entries.lines[entry]?.amount.amountMinorUnits === items.lines[item]?.amount.amountMinorUnits
  );
}

/** Whether an item may be settled by an entry at all: direction, account, and days. */
export function mayMeet(board: Board, entry: number, item: number): boolean {
  const { entries, items } = board;
  if (entries.isCredit[entry] !== items.isCredit[item]) return false;
  const account = items.lines[item]?.accountId;
  return account === undefined || account === entries.lines[entry]?.accountId;
}

/** Days from the item's day to the entry's; negative when the entry came first. */
export function daysAfter(board: Board, entry: number, item: number): number {
  return (board.entries.day[entry] ?? 0) - (board.items.day[item] ?? 0);
}

export function isInWindow(board: Board, entry: number, item: number): boolean {
  const days = daysAfter(board, entry, item);
  const { early, late } = board.settings.windowDays;
  return days >= -early && days <= late;
}

/** Takes steps from the meter; false once all are spent. */
export function spend(work: WorkMeter, steps: number): boolean {
  work.spent += steps;
  return work.spent <= work.max;
}

/** Records a match and takes its amounts from the lines. */
export function accept(board: Board, match: ProposedMatch, uses: Uses): void {
  for (const [place, used] of uses.entries) take(board.entries, place, used);
  for (const [place, used] of uses.items) take(board.items, place, used);
  board.matches.push(match);
  const [[entry = 0] = [], [item = 0] = []] = [uses.entries[0], uses.items[0]];
  if (match.kind === 'single' && match.decision === 'automatic') {
    board.delays.push(daysAfter(board, entry, item));
  }
}

/** Minor units used by place of the line. */
export interface Uses {
  readonly entries: readonly (readonly [place: number, used: number])[];
  readonly items: readonly (readonly [place: number, used: number])[];
}

function take(side: Side<AnyLine>, place: number, used: number): void {
  const left = side.left[place] ?? 0;
  side.isTouched[place] = 1;
  // A line beyond 2^53 is only ever used whole.
  if (Number.isNaN(left)) {
    side.left[place] = 0;
    return;
  }
  if (used < 0 || used > left) throw new Error(`${String(side.lines[place]?.id)} is used twice`);
  side.left[place] = left - used;
}

/** What no match has touched, with the reason. */
export function listOpen(board: Board): OpenLine[] {
  const touched = new Set<string>();
  for (const { entryIds, itemIds } of board.matches) {
    for (const id of entryIds) touched.add(`e${id}`);
    for (const id of itemIds) touched.add(`i${id}`);
  }
  const nothing = reason('open.noCandidate');
  const toOpen = (side: OpenLine['side'], id: string): OpenLine => ({
    side,
    id,
    reason: board.openReasons.get(`${side}:${id}`) ?? nothing,
  });
  const open: OpenLine[] = [];
  for (const { id } of board.entries.lines)
    if (!touched.has(`e${id}`)) open.push(toOpen('entry', id));
  for (const { id } of board.items.lines) if (!touched.has(`i${id}`)) open.push(toOpen('item', id));
  return open;
}

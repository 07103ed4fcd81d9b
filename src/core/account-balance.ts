import { dayIn } from './dates.ts';
import type { Instant, PlainDate } from './dates.ts';
import { orderLines } from './continuity.ts';
import type { EntryState } from './events.ts';
import type { Money } from './money.ts';
import type { BalanceType, CreditDebitIndicator } from './statements.ts';

/** A movement as far as a balance needs it. */
export interface BalanceLine {
  readonly state: EntryState;
  readonly creditDebitIndicator: CreditDebitIndicator;
  readonly amount: Money;
  readonly bookingDate: PlainDate;
  readonly bookedAt: Instant | undefined;
  readonly seenAt: Instant;
  readonly balanceAfter: Money | undefined;
}

/** A balance and what it rests on. */
export interface KnownBalance {
  readonly minorUnits: bigint;
  /** The moment for which it holds, as far as known; else the day. */
  readonly at: Instant | undefined;
  readonly day: PlainDate;
  /** `running`: the bank said it behind a movement; `stated`: as a balance; `available`: only what may be spent. */
  readonly basis: 'running' | 'stated' | 'available';
  /** Movements that came after what the bank said and were added by us. */
  readonly added: number;
}

/** Whether a movement changed the balance: what is pending has not yet, what was taken back no longer. */
export function countsInBalance({ state }: Pick<BalanceLine, 'state'>): boolean {
  return state === 'booked' || state === 'corrected';
}

/** The movement with its sign, seen from the account's owner. */
export function signedUnits(line: Pick<BalanceLine, 'creditDebitIndicator' | 'amount'>): bigint {
  const units = line.amount.amountMinorUnits;
  return line.creditDebitIndicator === 'credit' ? units : -units;
}

/**
 * The balance at the end of the lines, from the newest thing the bank said: the running balance behind
 * one of the last lines, or a stated balance. Undefined where it said nothing; nothing is guessed.
 */
export function balanceAtEnd(
  lines: readonly BalanceLine[],
  stated: readonly { readonly type: BalanceType; readonly amount: Money; readonly at: Instant }[],
  zone: string,
): KnownBalance | undefined {
  const counted = lines.filter(countsInBalance);
  const running = runningBalance(counted);
  const booked = newest(stated.filter(({ type }) => bookedTypes.has(type)));
  const fromBooked = booked && statedBalance(counted, { ...booked, zone, basis: 'stated' });
  const found = newer(running, fromBooked);
  if (found) return found;
  const available = newest(stated.filter(({ type }) => !bookedTypes.has(type)));
  return available && statedBalance(counted, { ...available, zone, basis: 'available' });
}

const bookedTypes: ReadonlySet<BalanceType> = new Set([
  'openingBooked',
  'closingBooked',
  'interimBooked',
]);

function newest<Stated extends { readonly at: Instant }>(
  stated: readonly Stated[],
): Stated | undefined {
  return stated.reduce<Stated | undefined>(
    (best, one) => (best && best.at.epochMilliseconds >= one.at.epochMilliseconds ? best : one),
    undefined,
  );
}

/** What a bank said behind a line is stronger than what it said of the same day. */
function newer(
  running: KnownBalance | undefined,
  stated: KnownBalance | undefined,
): KnownBalance | undefined {
  if (!running || !stated) return running ?? stated;
  const days = running.day.until(stated.day).days;
  if (days !== 0) return days > 0 ? stated : running;
  if (running.added === 0) return running;
  return stated.added < running.added ? stated : running;
}

function runningBalance(lines: readonly BalanceLine[]): KnownBalance | undefined {
  let later = 0n;
  let added = 0;
  for (const day of byDay(lines).toReversed()) {
    const ordered = orderDay(day);
    const index = ordered.findLastIndex(({ balanceAfter }) => balanceAfter !== undefined);
    const anchor = ordered[index];
    const after = index < 0 ? ordered : ordered.slice(index + 1);
    later += sum(after);
    added += after.length;
    if (anchor?.balanceAfter) {
      return {
        minorUnits: anchor.balanceAfter.amountMinorUnits + later,
        at: anchor.bookedAt,
        day: anchor.bookingDate,
        basis: 'running',
        added,
      };
    }
  }
  return undefined;
}

function statedBalance(
  lines: readonly BalanceLine[],
  said: {
    readonly amount: Money;
    readonly at: Instant;
    readonly zone: string;
    readonly basis: 'stated' | 'available';
  },
): KnownBalance {
  const day = dayIn(said.at, said.zone);
  const after = lines.filter((line) => isAfter(line, said.at, day));
  return {
    minorUnits: said.amount.amountMinorUnits + sum(after),
    at: said.at,
    day,
    basis: said.basis,
    added: after.length,
  };
}

/** Of the same day only the bank's own moment of booking tells; without one it is in the balance. */
function isAfter(line: BalanceLine, at: Instant, day: PlainDate): boolean {
  const days = day.until(line.bookingDate).days;
  if (days !== 0) return days > 0;
  return line.bookedAt !== undefined && line.bookedAt.epochMilliseconds > at.epochMilliseconds;
}

function sum(lines: readonly BalanceLine[]): bigint {
  return lines.reduce((total, line) => total + signedUnits(line), 0n);
}

function byDay(lines: readonly BalanceLine[]): BalanceLine[][] {
  const days = new Map<string, BalanceLine[]>();
  for (const line of lines) {
    const key = line.bookingDate.toString();
    const known = days.get(key);
    if (known) known.push(line);
    else days.set(key, [line]);
  }
  return [...days.entries()]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, day]) => day);
}

/** Lines of a day in the order of their running balances. */
function orderDay(day: readonly BalanceLine[]): BalanceLine[] {
  const reports = day.map((line, index) => ({
    creditDebitIndicator: line.creditDebitIndicator,
    amount: line.amount,
    status: 'booked' as const,
    bookingDate: line.bookingDate,
    remittanceInformation: String(index),
    evidence: [],
    ...(line.bookedAt ? { bookedAt: line.bookedAt } : {}),
    ...(line.balanceAfter ? { balanceAfter: line.balanceAfter } : {}),
  }));
  return orderLines(reports).flatMap(({ remittanceInformation }) => {
    const line = day[Number(remittanceInformation)];
    return line ? [line] : [];
  });
}

/**
 * The balance before the first line, from the first running balance that the bank said. Undefined
 * where it said none.
 */
export function balanceAtStart(lines: readonly BalanceLine[]): bigint | undefined {
  let earlier = 0n;
  for (const day of byDay(lines.filter(countsInBalance))) {
    for (const line of orderDay(day)) {
      earlier += signedUnits(line);
      if (line.balanceAfter) return line.balanceAfter.amountMinorUnits - earlier;
    }
  }
  return undefined;
}

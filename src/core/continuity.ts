import type { EntryReport } from './statements.ts';

/** A place where the running balance does not follow from the line before. */
export interface BalanceGap {
  /** Index of the line in front of which something is missing. */
  readonly index: number;
  readonly expectedMinorUnits: bigint;
  readonly statedMinorUnits: bigint;
}

/**
 * Puts statement lines into the order in which they were booked. Banks list newest first; some
 * shuffle. Where every line states the balance after it, the chain of balances is the order;
 * otherwise the bank's own order counts, turned round when it is newest first.
 */
export function orderLines(
  lines: readonly EntryReport[],
  openingMinorUnits?: bigint,
): EntryReport[] {
  const oldestFirst = isNewestFirst(lines) ? lines.toReversed() : [...lines];
  if (findGaps(oldestFirst, openingMinorUnits).length === 0) return oldestFirst;
  return chainByBalance(oldestFirst, openingMinorUnits) ?? oldestFirst;
}

function isNewestFirst(lines: readonly EntryReport[]): boolean {
  const first = lines.at(0);
  const last = lines.at(-1);
  if (!first || !last || first === last) return false;
  if (first.bookedAt && last.bookedAt && !first.bookedAt.equals(last.bookedAt)) {
    return first.bookedAt.epochMilliseconds > last.bookedAt.epochMilliseconds;
  }
  const days = first.bookingDate.until(last.bookingDate).days;
  if (days !== 0) return days < 0;
  // All on one moment: the order in which the balances chain tells.
  return findGaps(lines).length > 0 && findGaps(lines.toReversed()).length === 0;
}

function signed(line: EntryReport): bigint {
  const units = line.amount.amountMinorUnits;
  return line.creditDebitIndicator === 'credit' ? units : -units;
}

function balanceBefore(line: EntryReport): bigint | undefined {
  return line.balanceAfter && line.balanceAfter.amountMinorUnits - signed(line);
}

/** Finds the breaks in the chain of balances; lines without a balance are skipped with the chain. */
export function findGaps(lines: readonly EntryReport[], openingMinorUnits?: bigint): BalanceGap[] {
  const gaps: BalanceGap[] = [];
  let before = openingMinorUnits;
  lines.forEach((line, index) => {
    if (line.status !== 'booked') return;
    const stated = balanceBefore(line);
    if (stated === undefined) {
      before = before === undefined ? undefined : before + signed(line);
      return;
    }
    if (before !== undefined && before !== stated) {
      gaps.push({ index, expectedMinorUnits: before, statedMinorUnits: stated });
    }
    before = line.balanceAfter?.amountMinorUnits;
  });
  return gaps;
}

function chainByBalance(
  lines: readonly EntryReport[],
  openingMinorUnits?: bigint,
): EntryReport[] | undefined {
  if (lines.some((line) => line.balanceAfter === undefined)) return undefined;
  const starts = new Map<bigint, EntryReport[]>();
  for (const line of lines) {
    const before = balanceBefore(line);
    if (before !== undefined) starts.set(before, [...(starts.get(before) ?? []), line]);
  }
  const ends = new Set(lines.map((line) => line.balanceAfter?.amountMinorUnits));
  const opening = openingMinorUnits ?? [...starts.keys()].find((before) => !ends.has(before));
  if (opening === undefined) return undefined;
  const chain: EntryReport[] = [];
  let balance = opening;
  for (;;) {
    const next = starts.get(balance)?.shift();
    if (!next?.balanceAfter) break;
    chain.push(next);
    balance = next.balanceAfter.amountMinorUnits;
  }
  return chain.length === lines.length ? chain : undefined;
}

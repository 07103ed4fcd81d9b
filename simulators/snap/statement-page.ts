import type { Account, Movement } from './books.ts';
import { numberSetting, strike, textSetting } from './faults.ts';
import type { FaultName } from './faults.ts';
import type { ServiceCall } from './inbound.ts';

/** The moments that a statement covers; the end belongs to it. */
export interface Range {
  readonly from: Date;
  readonly to: Date;
}

/** One page of a statement, newest row first. */
export interface StatementPage {
  readonly range: Range;
  /** All booked rows of the range, oldest first: totals and balances are of the whole range. */
  readonly booked: readonly Movement[];
  readonly startingBalance: bigint;
  readonly endingBalance: bigint;
  readonly rows: readonly Movement[];
  readonly hasMore: boolean;
  readonly lastRecordAt: Date | undefined;
}

/** Reads the first page of a range, and applies the faults that a statement can have. */
export function readPage(call: ServiceCall, account: Account, range: Range): StatementPage {
  const newest = newestShown(call, account, range);
  const shown = account.booked.filter(({ at }) => at >= range.from && at <= newest);
  correctNewest(call, account, shown);
  const first = shown[0];
  const before = first && account.booked[account.booked.indexOf(first) - 1];
  const startingBalance = first
    ? (before?.balanceAfter ?? account.opening)
    : balanceAt(account, range.from);
  const pending = account.pending.filter(({ at }) => at >= range.from && at <= newest);
  const newestFirst = inOrderOfTime([...shown, ...pending]).reverse();
  const length = pageLength(call, account, newestFirst);
  const page = newestFirst.slice(0, length);
  return {
    range,
    booked: shown,
    startingBalance,
    endingBalance: shown.at(-1)?.balanceAfter ?? startingBalance,
    rows: disturbed(call, account, page),
    hasMore: length < newestFirst.length,
    lastRecordAt: page.at(-1)?.at,
  };
}

function struck(call: ServiceCall, account: Account, name: FaultName) {
  const scope = { bank: call.profile.bank, service: call.service, account: account.account };
  return strike(call.world.faults, name, scope);
}

/** The end of what is shown: that of the range, or earlier while the statement lags behind. */
function newestShown(call: ServiceCall, account: Account, range: Range): Date {
  const lag = struck(call, account, 'statementLag');
  if (!lag) return range.to;
  const end = call.world.clock.now().getTime() - numberSetting(lag, 'ms', 900_000);
  return new Date(Math.min(end, range.to.getTime()));
}

function correctNewest(call: ServiceCall, account: Account, shown: readonly Movement[]): void {
  const newest = shown.at(-1);
  if (!newest) return;
  const fault = struck(call, account, 'correctedLine');
  if (!fault) return;
  const field = textSetting(fault, 'field', 'remark') === 'amount' ? 'amount' : 'remark';
  call.world.books.correct(newest, field);
}

/** Oldest first; a pending row stands among the booked ones at its own time. */
export function inOrderOfTime(rows: readonly Movement[]): Movement[] {
  return rows.toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

function balanceAt(account: Account, at: Date): bigint {
  const before = account.booked.findLast((movement) => movement.at < at);
  return before?.balanceAfter ?? account.opening;
}

/**
 * How many rows make the page. A second is never split and a page spans two seconds at least, so
 * that asking on from `lastRecordDateTime`, which belongs to the range, always gets further.
 */
function pageLength(call: ServiceCall, account: Account, rows: readonly Movement[]): number {
  const fault = struck(call, account, 'pageSize');
  const size = fault ? numberSetting(fault, 'size', 3) : call.profile.statementRows;
  if (rows.length <= size) return rows.length;
  // BCA has no pages: what does not fit is simply not there (A13).
  if (call.profile.bank === 'bca') return size;
  const second = (index: number): number => Math.floor((rows[index]?.at.getTime() ?? 0) / 1000);
  let length = size;
  while (length < rows.length && pageEndsBadly(length, second)) length += 1;
  return length;
}

function pageEndsBadly(length: number, second: (index: number) => number): boolean {
  return second(length) === second(length - 1) || second(0) === second(length - 1);
}

function disturbed(call: ServiceCall, account: Account, page: Movement[]): Movement[] {
  const middle = Math.floor(page.length / 2);
  let rows = page;
  if (rows.length > 2 && struck(call, account, 'statementGap')) rows = rows.toSpliced(middle, 1);
  const twice = rows[middle] ?? rows[0];
  if (twice && struck(call, account, 'statementDuplicateLine')) {
    rows = rows.toSpliced(middle, 0, twice);
  }
  if (struck(call, account, 'shuffledOrder')) rows = shuffled(rows, call);
  return rows;
}

function shuffled(rows: readonly Movement[], call: ServiceCall): Movement[] {
  const keyed = rows.map((row) => ({ row, key: call.world.random.next() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ row }) => row);
}

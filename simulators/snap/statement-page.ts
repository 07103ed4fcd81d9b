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
  const shown = account.booked.filter((movement) => isShown(call, account, movement, range));
  correctNewest(call, account, shown);
  const first = shown[0];
  const before = first && account.booked[account.booked.indexOf(first) - 1];
  const startingBalance = first
    ? (before?.balanceAfter ?? account.opening)
    : balanceAt(account, range.from);
  const pending = account.pending.filter((movement) => inRange(movement, range));
  const newestFirst = [...shown, ...pending].reverse();
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

function inRange(movement: Movement, range: Range): boolean {
  return movement.at >= range.from && movement.at <= range.to;
}

function isShown(call: ServiceCall, account: Account, movement: Movement, range: Range): boolean {
  if (!inRange(movement, range)) return false;
  const lag = call.world.faults.list().find((fault) => fault.name === 'statementLag');
  if (!lag) return true;
  const age = call.world.clock.now().getTime() - movement.at.getTime();
  if (age >= numberSetting(lag, 'ms', 900_000)) return true;
  return struck(call, account, 'statementLag') === undefined;
}

function correctNewest(call: ServiceCall, account: Account, shown: readonly Movement[]): void {
  const newest = shown.at(-1);
  if (!newest) return;
  const fault = struck(call, account, 'correctedLine');
  if (!fault) return;
  const field = textSetting(fault, 'field', 'remark') === 'amount' ? 'amount' : 'remark';
  call.world.books.correct(newest, field);
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

import {
  balanceAtEnd,
  balanceAtStart,
  countsInBalance,
  signedUnits,
} from '#core/account-balance.ts';
import type { PlainDate } from '#core/dates.ts';
import { startOfDay } from '#core/dates.ts';
import { findOpenBefore, loadMatches } from '#store/report-matches.ts';
import type { KnownMatch } from '#store/report-matches.ts';
import { loadMovements, loadStatedBalances } from '#store/report-movements.ts';
import type { KnownMovement, StatedBalance } from '#store/report-movements.ts';
import { endOfDays } from './report-context.ts';
import type { ReportContext } from './report-context.ts';
import type { ReportAccount } from './report-view.ts';

/** An account over the days of a report, as it was known at the as-of. */
export interface AccountPeriod {
  readonly account: ReportAccount;
  readonly movements: readonly KnownMovement[];
  readonly matches: ReadonlyMap<string, KnownMatch>;
  /** From before the time and open at the as-of, where somebody asks for it. */
  readonly openBefore: readonly KnownMovement[];
  readonly opening: bigint | undefined;
  readonly inUnits: bigint;
  readonly outUnits: bigint;
  /** Opening plus movements; without an opening there is none. */
  readonly closing: bigint | undefined;
  /** What the bank itself said for the end of the time. */
  readonly stated: bigint | undefined;
  /** Stated less computed; undefined where there is nothing to compare. */
  readonly difference: bigint | undefined;
  readonly pending: number;
  readonly reversed: number;
  /** Something of it may not be shown, so neither may what it could be computed from. */
  readonly isMasked: boolean;
}

/** So many of the last movements before the time are looked at for a balance. */
const LOOK_BACK = 2_000;

export async function loadAccountPeriod(
  context: ReportContext,
  account: ReportAccount,
  options: { readonly withOpenBefore?: boolean } = {},
): Promise<AccountPeriod> {
  const { client, view, asOf, from, to } = context;
  const scope = { orgId: view.orgId, accountId: account.accountId, asOf, from, to };
  const movements = await loadMovements(client, scope);
  const matches = new Map(await loadMatches(client, scope));
  const earlier = options.withOpenBefore === true ? await openBeforeOf(context, account) : [];
  for (const { movement, match } of earlier) if (match) matches.set(movement.entryId, match);
  const counted = movements.filter(countsInBalance);
  const inUnits = sum(counted, 'credit');
  const outUnits = sum(counted, 'debit');
  const before = await openingOf(context, account);
  const derived = before === undefined ? balanceAtStart(movements) : undefined;
  const opening = before ?? derived;
  const stated = await closingOf(context, account, movements);
  const closing = opening === undefined ? undefined : opening + inUnits - outUnits;
  // One running balance alone would be compared with itself.
  const hasTwo =
    derived === undefined || counted.filter((line) => line.balanceAfter !== undefined).length > 1;
  const isComparable = closing !== undefined && stated !== undefined && hasTwo;
  return {
    account,
    movements,
    matches,
    openBefore: earlier.map(({ movement }) => movement),
    opening,
    inUnits,
    outUnits,
    closing: closing ?? stated,
    stated,
    difference: isComparable ? stated - closing : undefined,
    pending: movements.filter(({ state }) => state === 'pending').length,
    reversed: movements.filter(({ state }) => state === 'reversed').length,
    isMasked: movements.some(({ amount }) => !account.mayShow(amount.amountMinorUnits)),
  };
}

/** What was left over from before the time, as it stood at the as-of. */
async function openBeforeOf(
  { client, view, asOf, from }: ReportContext,
  { accountId }: ReportAccount,
): Promise<{ readonly movement: KnownMovement; readonly match: KnownMatch | undefined }[]> {
  const place = { orgId: view.orgId, accountId, asOf };
  const entryIds = await findOpenBefore(client, { ...place, before: from });
  if (entryIds.length === 0) return [];
  const scope = { ...place, to: from.subtract({ days: 1 }), entryIds };
  const matches = await loadMatches(client, scope);
  const movements = await loadMovements(client, scope);
  return movements.filter(countsInBalance).flatMap((movement) => {
    const match = matches.get(movement.entryId);
    const { standing } = standingOf(movement, match);
    return standing === 'matched' || standing === 'exempt' ? [] : [{ movement, match }];
  });
}

function sum(movements: readonly KnownMovement[], indicator: 'credit' | 'debit'): bigint {
  return movements.reduce(
    (total, line) =>
      line.creditDebitIndicator === indicator ? total + line.amount.amountMinorUnits : total,
    0n,
  );
}

/** The balance at the end of the day before, from what the bank said of that time. */
async function openingOf(
  { client, view, asOf, from }: ReportContext,
  account: ReportAccount,
): Promise<bigint | undefined> {
  const lines = await loadMovements(client, {
    orgId: view.orgId,
    accountId: account.accountId,
    asOf,
    to: from.subtract({ days: 1 }),
    newest: LOOK_BACK,
  });
  const until = startOfDay(from, account.zone);
  const stated = await loadStatedBalances(client, { orgId: view.orgId, asOf, until });
  const whole = lines.length < LOOK_BACK ? lines : withoutFirstDay(lines);
  return balanceAtEnd(whole, bookedOf(stated, account), account.zone)?.minorUnits;
}

/** The oldest day of a cut list may have lost some of its lines. */
function withoutFirstDay(lines: readonly KnownMovement[]): readonly KnownMovement[] {
  const first = lines[0]?.bookingDate;
  return lines.filter(({ bookingDate }) => first === undefined || !bookingDate.equals(first));
}

function bookedOf(stated: readonly StatedBalance[], { accountId }: ReportAccount) {
  return stated.filter((one) => one.accountId === accountId && one.type.endsWith('Booked'));
}

/** What the bank said within the time, brought to its end; what it said before does not count. */
async function closingOf(
  context: ReportContext,
  account: ReportAccount,
  movements: readonly KnownMovement[],
): Promise<bigint | undefined> {
  const { client, view, asOf, from } = context;
  const until = endOfDays(context, account.zone);
  const stated = await loadStatedBalances(client, { orgId: view.orgId, asOf, until });
  const start = startOfDay(from, account.zone).epochMilliseconds;
  const within = bookedOf(stated, account).filter(({ at }) => at.epochMilliseconds > start);
  return balanceAtEnd(movements, within, account.zone)?.minorUnits;
}

/** Where a movement stands against what was expected. */
export type MatchStanding = 'matched' | 'partial' | 'suggested' | 'open' | 'exempt';

export function standingOf(
  movement: KnownMovement,
  match: KnownMatch | undefined,
): { readonly standing: MatchStanding; readonly openUnits: bigint } {
  const total = movement.amount.amountMinorUnits;
  if (!match) return { standing: 'open', openUnits: total };
  if (match.isWholly || match.matchedMinorUnits >= total) {
    return { standing: 'matched', openUnits: 0n };
  }
  const openUnits = total - match.matchedMinorUnits;
  if (match.matchedMinorUnits > 0n) return { standing: 'partial', openUnits };
  if (match.isExempt) return { standing: 'exempt', openUnits: 0n };
  return { standing: match.isSuggested ? 'suggested' : 'open', openUnits };
}

/** Balance at the end of each day, oldest first; days without a movement keep the one before. */
export function balancesByDay(
  opening: bigint,
  movements: readonly KnownMovement[],
  days: readonly PlainDate[],
): bigint[] {
  const changes = new Map<string, bigint>();
  for (const line of movements.filter(countsInBalance)) {
    const key = line.bookingDate.toString();
    changes.set(key, (changes.get(key) ?? 0n) + signedUnits(line));
  }
  let balance = opening;
  return days.map((day) => {
    balance += changes.get(day.toString()) ?? 0n;
    return balance;
  });
}

/** All days of a time, first and last included. */
export function daysBetween(from: PlainDate, to: PlainDate): PlainDate[] {
  const length = from.until(to).days + 1;
  return Array.from({ length }, (_, offset) => from.add({ days: offset }));
}

/** Questions for movements: service 14 and, where a contract has no 14, service 12 (A10.2, A10.3). */
import {
  addMs,
  dayIn,
  formatWithOffset,
  type Instant,
  msBetween,
  parseInstant,
  startOfDay,
} from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import type { EntryReport, StatementPage } from '#core/statements.ts';
import type { StatementQuery } from '../contract.ts';
import { readAnswer } from '../reading.ts';
import {
  assertSameAccount,
  assertSameCurrency,
  toEntry,
  toHistoryEntry,
  toStatementBalances,
  withoutSharedKeys,
} from './mapping.ts';
import type { SnapProfile } from './profile.ts';
import { HistoryWire, type Statement, StatementWire } from './wire.ts';

type Body = Readonly<Record<string, unknown>>;
type Precision = SnapProfile['timestampPrecision'];

/**
 * Where to go on. SNAP gives `lastRecordDateTime`, which newest-first banks mean as the new end and
 * oldest-first ones as the new beginning; `delivered` counts the lines of that very moment that
 * have come already, because the border is inclusive.
 */
interface Cursor {
  readonly side: 'from' | 'to';
  readonly moment: Instant;
  readonly delivered: number;
}

function parseCursor(text: string): Cursor {
  const parts = /^(from|to) (\S+) (\d{1,5})$/.exec(text);
  if (!parts) throw new CashbellError('connector.answerUnreadable', { what: 'cursor' });
  const [, side, moment = '', delivered = '0'] = parts;
  return {
    side: side === 'from' ? 'from' : 'to',
    moment: parseInstant(moment),
    delivered: Number(delivered),
  };
}

function formatCursor({ side, moment, delivered }: Cursor): string {
  return `${side} ${moment.toString()} ${delivered}`;
}

/** Dates of service 14. BCA takes whole days by their midnights, the last one included (A13). */
export function toStatementWindow(
  profile: SnapProfile,
  precision: Precision,
  query: StatementQuery,
): Body {
  const { zone } = profile.traits;
  if (profile.statement.window === 'moments') {
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    const from = cursor?.side === 'from' ? cursor.moment : query.from;
    const to = cursor?.side === 'to' ? cursor.moment : query.to;
    return {
      fromDateTime: formatWithOffset(from, zone, precision),
      toDateTime: formatWithOffset(to, zone, precision),
    };
  }
  const first = dayIn(query.from, zone);
  // An end at midnight means the day before: tomorrow must not be asked for.
  const end = msBetween(query.from, query.to) > 0 ? addMs(query.to, -1) : query.to;
  return {
    fromDateTime: formatWithOffset(startOfDay(first, zone), zone),
    toDateTime: formatWithOffset(startOfDay(dayIn(end, zone), zone), zone),
  };
}

/** A page of service 14, oldest line first. */
export function parseStatement(
  profile: SnapProfile,
  response: HttpResponse,
  query: StatementQuery,
  now: Instant,
): StatementPage {
  const { zone } = profile.traits;
  const wire = readAnswer(StatementWire, response);
  assertSameAccount(wire.accountNo, query.account);
  if (wire.detailData.length >= (profile.statement.entriesMax ?? Number.POSITIVE_INFINITY)) {
    throw new CashbellError('connector.answerUnreadable', { what: 'windowTooLarge' });
  }
  const listed = wire.detailData.map((entry) => toEntry(entry, zone));
  assertSameCurrency(listed, query.account.currency);
  const next = profile.statement.window === 'moments' ? findNext(wire, listed, query) : undefined;
  return {
    entries: oldestFirst(withoutSharedKeys(dropDelivered(listed, query))),
    balances: query.cursor === undefined ? toStatementBalances(wire, zone, now) : [],
    ...(next === undefined ? {} : { nextCursor: formatCursor(next) }),
  };
}

/** Newest-first answers are turned; a tie keeps the bank's order, turned as well. */
function oldestFirst(entries: readonly EntryReport[]): readonly EntryReport[] {
  return isNewestFirst(entries) ? entries.toReversed() : entries;
}

function isNewestFirst(entries: readonly EntryReport[]): boolean {
  const first = entries.at(0)?.bookedAt;
  const last = entries.at(-1)?.bookedAt;
  return first === undefined || last === undefined || msBetween(first, last) <= 0;
}

/** Lines of the border moment came with the page before; only lines without key need it. */
function dropDelivered(entries: readonly EntryReport[], query: StatementQuery): EntryReport[] {
  if (query.cursor === undefined) return [...entries];
  const { moment, delivered } = parseCursor(query.cursor);
  let left = delivered;
  return entries.filter((entry) => {
    if (left === 0 || !isAt(entry, moment)) return true;
    left -= 1;
    return entry.uniqueKey !== undefined;
  });
}

function isAt(entry: EntryReport, moment: Instant): boolean {
  return entry.bookedAt !== undefined && msBetween(entry.bookedAt, moment) === 0;
}

function findNext(
  wire: Statement,
  listed: readonly EntryReport[],
  query: StatementQuery,
): Cursor | undefined {
  if (wire.hasMore?.trim().toUpperCase() !== 'Y') return undefined;
  const last = listed.at(-1)?.bookedAt;
  const moment =
    wire.lastRecordDateTime === undefined ? last : parseInstant(wire.lastRecordDateTime);
  const side = isNewestFirst(listed) ? 'to' : 'from';
  const before = query.cursor === undefined ? undefined : parseCursor(query.cursor);
  const edge = before?.moment ?? (side === 'to' ? query.to : query.from);
  const step = moment === undefined ? 0 : msBetween(moment, edge) * (side === 'to' ? 1 : -1);
  // A border that does not move would ask for the same page for ever, and skipping it would lose
  // lines without a word.
  if (moment === undefined || step < 0 || (step === 0 && before !== undefined)) {
    throw new CashbellError('connector.answerUnreadable', { what: 'pagingStandsStill' });
  }
  return { side, moment, delivered: listed.filter((entry) => isAt(entry, moment)).length };
}

const HISTORY_PAGE_SIZE = 50;
/** `pageNumber` has two digits. */
const HISTORY_PAGE_LAST = 99;

/** Body of service 12; the standard names no account, so it stands in `additionalInfo`. */
export function toHistoryWindow(zone: string, precision: Precision, query: StatementQuery): Body {
  return {
    fromDateTime: formatWithOffset(query.from, zone, precision),
    toDateTime: formatWithOffset(query.to, zone, precision),
    pageSize: String(HISTORY_PAGE_SIZE),
    pageNumber: query.cursor ?? '0',
    additionalInfo: { accountNo: query.account.number },
  };
}

/** A page of service 12. */
export function parseHistory(
  zone: string,
  response: HttpResponse,
  query: StatementQuery,
): StatementPage {
  const wire = readAnswer(HistoryWire, response);
  const entries = wire.detailData.map((entry) => toHistoryEntry(entry, zone));
  assertSameCurrency(entries, query.account.currency);
  const page = { entries: oldestFirst(withoutSharedKeys(entries)), balances: [] };
  if (wire.detailData.length < HISTORY_PAGE_SIZE) return page;
  const next = Number(query.cursor ?? '0') + 1;
  if (next > HISTORY_PAGE_LAST) {
    throw new CashbellError('connector.answerUnreadable', { what: 'windowTooLarge' });
  }
  return { ...page, nextCursor: String(next) };
}

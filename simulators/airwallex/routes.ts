import type { Clock } from '../lib/clock.ts';
import type { Faults } from '../lib/faults.ts';
import type { Random } from '../lib/random.ts';
import type { Bank } from './bank.ts';
import type { Book, Movement } from './book.ts';
import { WireError, invalid, notFound } from './errors.ts';
import { faultSetting, strikesPath } from './faults.ts';
import { asRecord, parseJsonKeepingDigits } from './json.ts';
import type { Json } from './json.ts';
import { cutPage, isInside, parseDepositWindow, parseHistoryWindow } from './paging.ts';
import { parsePage, parsePageSize, parseWindow } from './paging.ts';
import type { Page } from './paging.ts';
import type { Partner } from './partner.ts';
import * as shapes from './shapes.ts';

/** What a route is given. */
export interface Call {
  readonly path: string;
  /** What the brackets of the route's pattern matched. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body: Json;
  /** Called when the company is given exactly this answer. */
  readonly told?: () => void;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly answer: (call: Call) => Json;
  readonly status?: number;
  /** Hears which answer the company was really given. */
  readonly told?: (body: Json) => void;
}

interface Surroundings {
  readonly book: Book;
  readonly bank: Bank;
  readonly partner: () => Partner;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly random: Random;
  /** The calls of further parts of the bank. */
  readonly further: readonly Route[];
}

/** Makes the calls that need a token: reading, and the sandbox's own deposits. */
export function createRoutes(
  surroundings: Surroundings,
): (method: string, url: URL, body: string) => Answer {
  const routes = [
    ...readingRoutes(surroundings),
    ...simulationRoutes(surroundings),
    ...surroundings.further,
  ];
  return (method, url, body) => {
    for (const route of routes) {
      const match = route.path.exec(url.pathname);
      if (!match || route.method !== method) continue;
      const call = { path: url.pathname, id: match[1] ?? '', query: url.searchParams, body };
      const answered = route.answer(call);
      const { told } = route;
      return {
        status: route.status ?? 200,
        body: answered,
        ...(told ? { told: () => told(answered) } : {}),
      };
    }
    throw notFound(`The requested endpoint ${method} ${url.pathname} does not exist.`);
  };
}

function readingRoutes({ book, clock, faults, random }: Surroundings): Route[] {
  const lists = createLists({ faults, random });
  const newestFirst = <T>(items: readonly T[]): T[] => items.toReversed();
  const ofGlobalAccount = (id: string) => {
    const wallet = book.wallets.find(({ globalAccountId }) => globalAccountId === id);
    if (!wallet) throw notFound(`No global account ${id}.`);
    return wallet;
  };
  const deposits = (): Movement[] =>
    book.movements.filter(({ creditDebitIndicator }) => creditDebitIndicator === 'credit');

  return [
    {
      method: 'GET',
      path: /^\/api\/v1\/balances\/current$/,
      answer: () => book.wallets.map(shapes.toBalance),
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/balances\/history$/,
      answer: ({ path, query }) => {
        const window = parseHistoryWindow(query, clock.now());
        const currency = query.get('currency');
        const lines = newestFirst(book.balanceLines).filter(
          ({ postedAt, posting }) =>
            isInside(postedAt, window) && isOrAny(posting.movement.wallet.currency, currency),
        );
        return lists.byCursor(path, query, lines.map(shapes.toBalanceLine));
      },
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/financial_transactions$/,
      answer: ({ path, query }) => {
        const window = parseWindow(query, { from: 'from_created_at', to: 'to_created_at' });
        const status = oneOfParameter(query, 'status', ['PENDING', 'SETTLED']);
        const sourceId = query.get('source_id');
        const postings = newestFirst(sourceId ? book.postingsOf(sourceId) : book.postings).filter(
          (posting) =>
            isInside(posting.createdAt, window) &&
            isOrAny(posting.movement.wallet.currency, query.get('currency')) &&
            isOrAny(posting.status, status) &&
            isOrAny(shapes.batchIdOf(posting), query.get('batch_id')),
        );
        return lists.byNumber(path, query, postings, shapes.toFinancialTransaction);
      },
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/financial_transactions\/([^/]+)$/,
      answer: ({ id }) => {
        const posting = book.postings.find((candidate) => candidate.id === id);
        if (!posting) throw notFound(`No financial transaction ${id}.`);
        return shapes.toFinancialTransaction(posting);
      },
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/deposits$/,
      answer: ({ path, query }) => {
        const window = parseDepositWindow(query, clock.now());
        const statuses = ['PENDING', 'SETTLED', 'REJECTED', 'REVERSED'] as const;
        const status = oneOfParameter(query, 'status', statuses);
        const found = newestFirst(deposits()).filter(
          (deposit) =>
            isInside(deposit.createdAt, window) &&
            isOrAny(deposit.status, status) &&
            isOrAny(deposit.wallet.currency, query.get('currency')) &&
            isOrAny(deposit.wallet.globalAccountId, query.get('global_account_id')),
        );
        return lists.byNumber(path, query, found, shapes.toDeposit);
      },
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/deposits\/([^/]+)$/,
      answer: ({ id }) => shapes.toDeposit(findDeposit(book, id)),
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/global_accounts$/,
      answer: ({ path, query }) =>
        lists.byNumber(path, query, book.wallets, shapes.toGlobalAccount),
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/global_accounts\/([^/]+)$/,
      answer: ({ id }) => shapes.toGlobalAccount(ofGlobalAccount(id)),
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/global_accounts\/([^/]+)\/transactions$/,
      answer: ({ id, path, query }) => {
        const window = parseWindow(query, { from: 'from_created_at', to: 'to_created_at' });
        const lines = ofGlobalAccount(id)
          .movements.filter(({ creditDebitIndicator }) => creditDebitIndicator === 'credit')
          .flatMap((movement) => sidesOf(movement).map((side) => ({ movement, side })))
          .filter(({ movement, side }) =>
            isInside(shapes.globalAccountTime(movement, side), window),
          )
          .toReversed();
        return lists.byNumber(path, query, lines, ({ movement, side }) =>
          shapes.toGlobalAccountTransaction(movement, side),
        );
      },
    },
  ];
}

/** The calls that only the sandbox has. */
function simulationRoutes({ book, bank, partner }: Surroundings): Route[] {
  const inSandbox = (path: string): void => {
    if (partner().environment !== 'sandbox') throw notFound(`${path} exists in the sandbox only.`);
  };
  const step =
    (act: (movement: Movement) => void) =>
    ({ id, path }: Call): Json => {
      inSandbox(path);
      const deposit = findDeposit(book, id);
      try {
        act(deposit);
      } catch (error) {
        throw new WireError(400, 'invalid_status_for_operation', {
          message: error instanceof Error ? error.message : String(error),
        });
      }
      return shapes.toDeposit(deposit);
    };
  return [
    {
      method: 'POST',
      path: /^\/api\/v1\/simulation\/deposit\/create$/,
      status: 201,
      answer: ({ path, body }) => {
        inSandbox(path);
        return shapes.toDeposit(bank.simulateDeposit(parseBody(body)));
      },
    },
    {
      method: 'POST',
      path: /^\/api\/v1\/simulation\/deposits\/([^/]+)\/settle$/,
      answer: step((deposit) => bank.book(deposit)),
    },
    {
      method: 'POST',
      path: /^\/api\/v1\/simulation\/deposits\/([^/]+)\/reject$/,
      answer: step((deposit) => bank.reject(deposit)),
    },
    {
      method: 'POST',
      path: /^\/api\/v1\/simulation\/deposits\/([^/]+)\/reverse$/,
      answer: step((deposit) => bank.reverse(deposit)),
    },
  ];
}

/** The two ways in which Airwallex cuts lists, with the faults that spoil them. */
function createLists({ faults, random }: { faults: Faults; random: Random }) {
  const sizeOf = (path: string, asked: number): number => {
    const fault = strikesPath(faults, 'pageSize', path);
    return fault ? Math.max(1, Math.min(asked, faultSetting(fault, 'size', 3))) : asked;
  };
  const ordered = <T>(path: string, items: T[]): T[] => {
    if (!strikesPath(faults, 'shuffledOrder', path)) return items;
    return items
      .map((item) => ({ item, weight: random.next() }))
      .toSorted((one, other) => one.weight - other.weight)
      .map(({ item }) => item);
  };
  return {
    byNumber<T>(
      path: string,
      query: URLSearchParams,
      items: readonly T[],
      toJson: (item: T) => Json,
    ): Json {
      const asked: Page = parsePage(query);
      const page = cutPage(items, { ...asked, size: sizeOf(path, asked.size) });
      return { has_more: page.hasMore, items: ordered(path, page.items).map(toJson) };
    },
    byCursor(path: string, query: URLSearchParams, items: readonly Json[]): Json {
      const size = sizeOf(path, parsePageSize(query));
      const start = parseCursor(query.get('page'));
      const end = start + size;
      return {
        items: ordered(path, items.slice(start, end)),
        page_after: end < items.length ? formatCursor(end) : undefined,
        page_before: start > 0 ? formatCursor(Math.max(0, start - size)) : undefined,
      };
    },
  };
}

/** The cursor is opaque to the company: here it is the number of items before the page. */
export function formatCursor(offset: number): string {
  return Buffer.from(`offset:${offset}`).toString('base64url');
}

/** Reads a cursor; the walk may begin without one. */
export function parseCursor(text: string | null): number {
  // The guide lets the walk begin with page=0.
  if (text === null || text === '' || text === '0') return 0;
  const match = /^offset:(\d+)$/.exec(Buffer.from(text, 'base64url').toString());
  if (!match) throw invalid('page', 'page must come from page_before or page_after');
  return Number(match[1]);
}

function sidesOf(movement: Movement): ('CREDIT' | 'DEBIT')[] {
  return movement.status === 'REVERSED' ? ['CREDIT', 'DEBIT'] : ['CREDIT'];
}

/** Whether a filter, if there is one, lets a value pass. */
export function isOrAny(value: string, wanted: string | null): boolean {
  return wanted === null || wanted === '' || value === wanted;
}

/** Reads a parameter that knows only certain values. */
export function oneOfParameter(
  query: URLSearchParams,
  name: string,
  values: readonly string[],
): string | null {
  const value = query.get(name);
  if (value && !values.includes(value)) {
    throw invalid(name, `${name} must be one of ${values.join(', ')}`);
  }
  return value;
}

function findDeposit(book: Book, id: string): Movement {
  const deposit = book.deposit(id);
  if (!deposit) throw notFound(`No deposit ${id}.`);
  return deposit;
}

/** Reads a body in which amounts may be numbers, each of them as its text. */
function parseBody(body: string): Readonly<Record<string, unknown>> {
  return readBody(body, parseJsonKeepingDigits);
}

/** Reads a body in which amounts have to be texts. */
export function parseTextBody(body: string): Readonly<Record<string, unknown>> {
  return readBody(body, (text) => JSON.parse(text));
}

function readBody(
  body: string,
  parse: (text: string) => unknown,
): Readonly<Record<string, unknown>> {
  try {
    return asRecord(parse(body));
  } catch {
    throw new WireError(400, 'malformed_request', { message: 'The body is not valid JSON.' });
  }
}

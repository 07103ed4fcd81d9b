import type { Clock } from '../lib/clock.ts';
import type { Bank } from './bank.ts';
import { parseBody } from './body.ts';
import type { Book, Movement } from './book.ts';
import { WireError, notFound } from './errors.ts';
import type { Json } from './json.ts';
import type { Lists } from './lists.ts';
import { isInside, isOrAny, oneOfParameter, parseWindow } from './paging.ts';
import { parseDepositWindow, parseHistoryWindow } from './paging.ts';
import type { Partner } from './partner.ts';
import type { Answer, Call, Route } from './route.ts';
import * as shapes from './shapes.ts';

interface Surroundings {
  readonly book: Book;
  readonly bank: Bank;
  readonly partner: () => Partner;
  readonly clock: Clock;
  readonly lists: Lists;
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

function readingRoutes({ book, clock, lists }: Surroundings): Route[] {
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
        return lists.byCursor(path, query, lines, shapes.toBalanceLine);
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

function sidesOf(movement: Movement): ('CREDIT' | 'DEBIT')[] {
  return movement.status === 'REVERSED' ? ['CREDIT', 'DEBIT'] : ['CREDIT'];
}

function findDeposit(book: Book, id: string): Movement {
  const deposit = book.deposit(id);
  if (!deposit) throw notFound(`No deposit ${id}.`);
  return deposit;
}

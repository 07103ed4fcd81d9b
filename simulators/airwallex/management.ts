import type { AccountView, MovementOrder } from '../lib/bank.ts';
import type { Clock } from '../lib/clock.ts';
import type { Faults } from '../lib/faults.ts';
import { toAccountView } from './account-view.ts';
import { shownFaults } from './bank.ts';
import type { Bank } from './bank.ts';
import type { Book, Movement } from './book.ts';
import { AIRWALLEX_FAULTS } from './faults.ts';
import { asRecord } from './json.ts';
import type { Partner } from './partner.ts';
import type { TransferDesk } from './transfers/transfer-desk.ts';
import type { Webhooks } from './webhooks.ts';
import type { Wire } from './wire.ts';

interface Surroundings {
  readonly seed: number;
  readonly book: Book;
  readonly bank: Bank;
  readonly desk: TransferDesk;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly webhooks: Webhooks;
  readonly wire: Wire;
  readonly accounts: () => AccountView[];
  readonly partner: { get(): Partner; set(change: unknown): void };
}

export interface Management {
  manage(method: string, path: string, body: unknown): Promise<unknown>;
  stop(): void;
}

const GENERATE_MAX = 200_000;

/** Makes the management calls below `/_sim/`; a wrong one throws with the reason. */
export function createManagement(surroundings: Surroundings): Management {
  const { book, bank, desk, clock, faults, webhooks, wire, partner } = surroundings;
  const generators = new Set<NodeJS.Timeout>();

  const clockView = () => ({ now: clock.now().toISOString(), offsetMs: clock.offsetMs() });

  const state = (query: URLSearchParams) => ({
    simulator: 'airwallex',
    seed: surroundings.seed,
    clock: clockView(),
    faults: shownFaults(faults),
    accounts: accountsOf(query),
    ...desk.management.view(query),
    calls: wire.calls(),
    counts: {
      ...wire.counts(),
      movements: book.movements.length,
      callbacks: webhooks.counts(),
    },
  });

  /** With a query the balances come without all the movements, which are most of the answer. */
  function accountsOf(query: URLSearchParams): AccountView[] {
    if (query.size === 0) return surroundings.accounts();
    return book.wallets.map((wallet) => toAccountView(wallet, []));
  }

  const listFaults = () => ({ active: shownFaults(faults), known: AIRWALLEX_FAULTS });

  function generateEvenly(order: { count: number; account?: string }, perSecond: number): void {
    const startedAt = performance.now();
    let done = 0;
    const timer = setInterval(
      () => {
        const due = Math.min(
          order.count,
          Math.ceil(((performance.now() - startedAt) / 1000) * perSecond),
        );
        bank.generate({ ...order, count: due - done });
        done = due;
        if (done < order.count) return;
        clearInterval(timer);
        generators.delete(timer);
      },
      Math.max(5, Math.min(1_000 / perSecond, 1_000)),
    );
    generators.add(timer);
  }

  function generate(body: unknown): unknown {
    const wish = asRecord(body);
    const { count, perSecond, account } = wish;
    if (!isWhole(count) || count < 1 || count > GENERATE_MAX) {
      throw new Error(`count must be a whole number from 1 to ${GENERATE_MAX}`);
    }
    const order = {
      count,
      ...(typeof account === 'string' ? { account: book.wallet(account).id } : {}),
      ...(wish['push'] === false ? { push: false } : {}),
    };
    if (perSecond === undefined) {
      return { count, references: bank.generate(order).map(({ reference }) => reference) };
    }
    if (typeof perSecond !== 'number' || !(perSecond > 0)) {
      throw new Error('perSecond must be a number above zero');
    }
    generateEvenly(order, perSecond);
    return { count, perSecond };
  }

  function setFault(body: unknown): unknown {
    const { name, count, probability, ...settings } = asRecord(body);
    if (typeof name !== 'string') throw new Error('name must be text');
    faults.set({
      ...settings,
      name,
      ...(isWhole(count) ? { count } : {}),
      ...(typeof probability === 'number' ? { probability } : {}),
    });
    return listFaults();
  }

  function setClock(body: unknown): unknown {
    const { offsetMs } = asRecord(body);
    if (!isWhole(offsetMs)) throw new Error('offsetMs must be a whole number');
    clock.setOffsetMs(offsetMs);
    return clockView();
  }

  function act(reference: string, verb: string): unknown {
    const movement = book.movement(reference);
    if (movement.transfer || movement.isFee) return actOnTransfer(movement, verb);
    if (verb === 'book') bank.book(movement);
    else if (verb === 'reject') bank.reject(movement);
    // What has not settled yet cannot be recalled, only refused; the page has one button for both.
    else if (verb === 'reverse' && movement.status === 'PENDING') bank.reject(movement);
    else if (verb === 'reverse') bank.reverse(movement);
    else if (verb === 'push') bank.push(movement);
    else return undefined;
    return { reference, status: movement.status };
  }

  /** The debit of a transfer changes only together with the transfer. */
  function actOnTransfer(movement: Movement, verb: string): unknown {
    const { reference } = movement;
    const transfer = desk.transfers.ofMovement(movement);
    if (!transfer) throw new Error(`${reference} is a fee; a fee stays with the bank`);
    const path = [transfer.id, verb === 'reverse' ? 'fail' : verb];
    const order = { query: new URLSearchParams(), body: undefined };
    const answer = desk.management.manage('POST', path, order);
    return answer && { reference, status: movement.status };
  }

  const calls: Readonly<Record<string, (body: unknown, query: URLSearchParams) => unknown>> = {
    'GET state': (_body, query) => state(query),
    'GET partner': () => partner.get(),
    'PUT partner': (body) => {
      partner.set(body);
      return partner.get();
    },
    'GET callbacks': () => ({ callbacks: webhooks.records(), counts: webhooks.counts() }),
    'GET clock': clockView,
    'POST clock': setClock,
    'GET faults': listFaults,
    'POST faults': setFault,
    'DELETE faults': (body) => {
      const { name } = asRecord(body);
      faults.clear(typeof name === 'string' ? name : undefined);
      return listFaults();
    },
    'POST generate': generate,
    'POST movements': (body) => ({ reference: bank.move(parseOrder(body)).reference }),
  };

  return {
    async manage(method, path, body) {
      const [pathname = '', search = ''] = path.split('?', 2);
      const query = new URLSearchParams(search);
      const [collection = '', name = '', verb = '', ...rest] = pathname
        .replace(/^\/+|\/+$/g, '')
        .split('/')
        .map(decodeURIComponent);
      if (collection === 'transfers') {
        return desk.management.manage(method, [name, verb, ...rest], { query, body });
      }
      if (rest.length > 0) return undefined;
      if (method === 'DELETE' && collection === 'faults' && name !== '' && verb === '') {
        return calls['DELETE faults']?.({ name }, query);
      }
      if (method === 'POST' && collection === 'movements' && verb !== '') return act(name, verb);
      return name === '' ? calls[`${method} ${collection}`]?.(body, query) : undefined;
    },
    stop() {
      for (const timer of generators) clearInterval(timer);
      generators.clear();
    },
  };
}

/** Reads a movement order; a wrong member is refused by name. */
export function parseOrder(body: unknown): MovementOrder {
  const order = asRecord(body);
  const { account, creditDebitIndicator, amount, remark, counterparty, status, push } = order;
  if (typeof account !== 'string') throw new Error('account must be text');
  if (creditDebitIndicator !== 'credit' && creditDebitIndicator !== 'debit') {
    throw new Error('creditDebitIndicator must be credit or debit');
  }
  if (typeof amount !== 'string') throw new Error('amount must be decimal text');
  if (status !== undefined && status !== 'pending' && status !== 'booked') {
    throw new Error('status must be pending or booked');
  }
  return {
    account,
    creditDebitIndicator,
    amount,
    ...(typeof remark === 'string' ? { remark } : {}),
    ...(typeof counterparty === 'string' && counterparty !== '' ? { counterparty } : {}),
    ...(status === undefined ? {} : { status }),
    ...(typeof push === 'boolean' ? { push } : {}),
  };
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

import { asRecord } from '../json.ts';
import { failureOf } from './failures.ts';
import type { Progress } from './progress.ts';
import { changeSettings } from './settings.ts';
import type { TransferSettings } from './settings.ts';
import type { TransferBook } from './transfer-book.ts';
import { viewTransfer } from './transfer-view.ts';
import type { TransferView } from './transfer-view.ts';
import type { Transfer, TransferStatus } from './transfer.ts';

/** The management calls below `/_sim/transfers`, and what `/_sim/state` shows of transfers. */
export interface TransferManagement {
  manage(method: string, path: readonly string[], order: ManagementOrder): unknown;
  /** Transfers accepted after `since`, or changed after `changedSince`; all without either. */
  view(query: URLSearchParams): TransferPage;
}

export interface TransferPage {
  readonly transferCount: number;
  readonly transferRevision: number;
  readonly transfers: readonly TransferView[];
}

interface ManagementOrder {
  readonly query: URLSearchParams;
  readonly body: unknown;
}

interface Surroundings {
  readonly transfers: TransferBook;
  readonly progress: Progress;
  readonly settings: { get(): TransferSettings; set(settings: TransferSettings): void };
  readonly tellAgain: (transfer: Transfer) => void;
}

/** What a person at the bank can do to a transfer. */
const VERBS: Readonly<Record<string, TransferStatus>> = {
  overdue: 'OVERDUE',
  process: 'PROCESSING',
  send: 'SENT',
  pay: 'PAID',
  fail: 'FAILED',
  return: 'FAILED',
  cancel: 'CANCELLED',
};

/** Makes the management calls of transfers; a wrong one throws with the reason. */
export function createTransferManagement(surroundings: Surroundings): TransferManagement {
  const { transfers, progress, settings, tellAgain } = surroundings;

  function view(query: URLSearchParams): TransferPage {
    const since = wholeParameter(query, 'since') ?? 0;
    const changedSince = wholeParameter(query, 'changedSince') ?? 0;
    const limit = wholeParameter(query, 'limit');
    // The sequence is the place in the list, so that what was read before costs nothing.
    const found = transfers.transfers
      .slice(since)
      .filter(({ revision }) => revision > changedSince)
      .slice(0, limit);
    return {
      transferCount: transfers.transfers.length,
      transferRevision: transfers.revision(),
      transfers: found.map(viewTransfer),
    };
  }

  function act(name: string, verb: string, body: unknown): unknown {
    const transfer = transfers.find(name);
    if (!transfer) throw new Error(`no transfer ${name}`);
    const status = VERBS[verb];
    if (verb === 'push') tellAgain(transfer);
    else if (status === undefined) return undefined;
    else {
      const type = asRecord(body)['failureType'] ?? 'BENEFICIARY_BANK_RETURNED';
      if (verb === 'return' && transfer.status !== 'PAID') {
        throw new Error(`transfer ${name} is ${transfer.status}; only a paid one comes back`);
      }
      progress.lead(transfer, status, status === 'FAILED' ? failureOf(type) : undefined);
    }
    return viewTransfer(transfer);
  }

  return {
    view,
    manage(method, [name = '', verb = '', ...rest], { query, body }) {
      if (rest.length > 0) return undefined;
      if (name === 'progress' && verb === '') {
        if (method === 'POST' || method === 'PUT') {
          settings.set(changeSettings(settings.get(), body));
          progress.resume();
        } else if (method !== 'GET') return undefined;
        return settings.get();
      }
      if (method === 'GET' && name === '') return view(query);
      if (method === 'GET' && verb === '') {
        const transfer = transfers.find(name);
        return transfer && { ...viewTransfer(transfer), history: transfer.history };
      }
      return method === 'POST' && verb !== '' ? act(name, verb, body) : undefined;
    },
  };
}

function wholeParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${name} must be a whole number`);
  return Number(text);
}

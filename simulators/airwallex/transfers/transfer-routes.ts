import type { Clock } from '../../lib/clock.ts';
import { parseTextBody } from '../body.ts';
import type { Wallet } from '../book.ts';
import { WireError, invalid, notFound } from '../errors.ts';
import { asRecord } from '../json.ts';
import type { Json } from '../json.ts';
import type { Lists } from '../lists.ts';
import { isInside, isOrAny, oneOfParameter, parseWindow } from '../paging.ts';
import type { Partner } from '../partner.ts';
import type { Call, Route } from '../route.ts';
import type { BeneficiaryBook } from './beneficiary-book.ts';
import { failureOf } from './failures.ts';
import { readOrder } from './order.ts';
import type { CheckedOrder } from './order.ts';
import type { Progress } from './progress.ts';
import type { TransferSettings } from './settings.ts';
import type { TransferBook } from './transfer-book.ts';
import { toTransfer } from './transfer-json.ts';
import { TRANSFER_STATUSES } from './transfer.ts';
import type { Failure, Transfer, TransferStatus } from './transfer.ts';

interface Surroundings {
  readonly wallets: readonly Wallet[];
  readonly transfers: TransferBook;
  readonly beneficiaries: BeneficiaryBook;
  readonly progress: Progress;
  readonly settings: () => TransferSettings;
  readonly partner: () => Partner;
  readonly clock: Clock;
  readonly lists: Lists;
}

/** Makes the calls below `/api/v1/transfers` and the sandbox's transition. */
export function createTransferRoutes(surroundings: Surroundings): Route[] {
  const { transfers, progress } = surroundings;
  const find = (id: string): Transfer => {
    const transfer = transfers.find(id);
    if (transfer?.id !== id) throw notFound(`No transfer ${id}.`);
    return transfer;
  };
  return [
    {
      method: 'POST',
      path: /^\/api\/v1\/transfers\/validate$/,
      answer: ({ body }) => {
        check(surroundings, body);
        return {};
      },
    },
    {
      method: 'POST',
      path: /^\/api\/v1\/transfers\/create$/,
      status: 201,
      answer: ({ body }) => {
        const transfer = transfers.accept(check(surroundings, body));
        // What is answered is how the transfer was when it came in, however fast it goes on.
        const answer = toTransfer(transfer);
        progress.begin(transfer);
        return answer;
      },
      told: (body) => transfers.markAnswered(idOf(body)),
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/transfers$/,
      answer: (call) => list(surroundings, call),
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/transfers\/([^/]+)$/,
      answer: ({ id }) => toTransfer(find(id)),
    },
    {
      method: 'POST',
      path: /^\/api\/v1\/transfers\/([^/]+)\/cancel$/,
      answer: ({ id }) => {
        lead(progress, find(id), 'CANCELLED');
        return {};
      },
    },
    {
      method: 'POST',
      path: /^\/api\/v1\/transfers\/([^/]+)\/confirm_funding$/,
      answer: ({ id }) => {
        const transfer = find(id);
        lead(progress, transfer, 'PROCESSING');
        return toTransfer(transfer);
      },
    },
    {
      method: 'POST',
      path: /^\/api\/v1\/simulation\/transfers\/([^/]+)\/transition$/,
      answer: ({ id, path, body }) => {
        if (surroundings.partner().environment !== 'sandbox') {
          throw notFound(`${path} exists in the sandbox only.`);
        }
        const transfer = find(id);
        transition(progress, transfer, parseTextBody(body));
        return toTransfer(transfer);
      },
    },
  ];
}

/** Checks a body and refuses a request id that has made a transfer before. */
function check(surroundings: Surroundings, text: string): CheckedOrder {
  const { wallets, transfers, beneficiaries, settings, clock } = surroundings;
  const body = parseTextBody(text);
  const requestId = body['request_id'];
  const known = typeof requestId === 'string' ? transfers.ofRequest(requestId) : undefined;
  if (known) throw duplicate(known);
  return readOrder(body, {
    wallets,
    fees: settings().fees,
    today: clock.now().toISOString().slice(0, 10),
    beneficiary: (id) => beneficiaries.find(id)?.beneficiary,
  });
}

/** The refusal of a used request id; it names the transfer that has it. */
function duplicate({ id, order: { requestId } }: Transfer): WireError {
  return new WireError(400, 'duplicate_request_id', {
    message: `Transfer ${id} already has the request ID ${requestId}; a new transfer needs a new one.`,
    source: 'request_id',
    details: { id, request_id: requestId },
  });
}

function list({ transfers, settings, clock, lists }: Surroundings, { path, query }: Call): Json {
  const window = parseWindow(query, { from: 'from_created_at', to: 'to_created_at' });
  const status = oneOfParameter(query, 'status', TRANSFER_STATUSES);
  const visibleUntilMs = clock.now().getTime() - settings().visibilityMs;
  const requestId = query.get('request_id');
  const ofRequest = requestId ? transfers.ofRequest(requestId) : undefined;
  const candidates = requestId ? (ofRequest ? [ofRequest] : []) : transfers.transfers.toReversed();
  const found = candidates.filter(
    (transfer) =>
      transfer.acceptedAtMs <= visibleUntilMs &&
      isInside(transfer.createdAt, window) &&
      isOrAny(transfer.status, status) &&
      isOrAny(transfer.shortReferenceId, query.get('short_reference_id')) &&
      isOrAny(transfer.quote.transferCurrency, query.get('transfer_currency')),
  );
  return lists.byCursor(path, query, found, toTransfer);
}

function transition(
  progress: Progress,
  transfer: Transfer,
  body: Readonly<Record<string, unknown>>,
): void {
  const next = TRANSFER_STATUSES.find((status) => status === body['next_status']);
  if (!next || next === 'SCHEDULED') {
    throw invalid(
      'next_status',
      `next_status must be one of ${TRANSFER_STATUSES.slice(1).join(', ')}`,
    );
  }
  lead(progress, transfer, next, next === 'FAILED' ? readFailure(body) : undefined);
}

function readFailure(body: Readonly<Record<string, unknown>>): Failure {
  try {
    return failureOf(body['failure_type'] ?? 'OTHER');
  } catch (error) {
    throw invalid('failure_type', error instanceof Error ? error.message : String(error));
  }
}

function lead(
  progress: Progress,
  transfer: Transfer,
  status: TransferStatus,
  failure?: Failure,
): void {
  try {
    progress.lead(transfer, status, failure);
  } catch (error) {
    throw new WireError(400, 'invalid_status_for_operation', {
      message: error instanceof Error ? error.message : String(error),
      source: 'transfer',
    });
  }
}

function idOf(body: Json): string {
  const id = asRecord(body)['id'];
  return typeof id === 'string' ? id : '';
}

import { createHash } from 'node:crypto';
import { CashbellError } from '#core/errors.ts';
import type { BatchId, OrgId } from '#core/ids.ts';
import { addMoney, formatDecimal, money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import { foldAccount, foldName, paymentPurposes, paymentRails } from '#core/payments.ts';
import type { PaymentPurpose, PaymentRail } from '#core/payments.ts';
import { newId } from '#secret/ids.ts';
import { appendAudit } from '#store/audit.ts';
import { parseName } from '#store/orgs.ts';
import { findBatchByDigest, getBatch, insertBatch } from '#store/payment-batches.ts';
import type { PaymentBatch } from '#store/payment-batches.ts';
import type { Transaction } from '#store/transaction.ts';
import { placeOf } from '../payment/payment-deps.ts';
import type { PaymentDeps } from '../payment/payment-deps.ts';
import { checkInput, requireMaker } from '../payment/payment-input.ts';
import type { PaymentInput } from '../payment/payment-input.ts';
import { requestPayments } from '../payment/request-payments.ts';
import type { PaymentRequest, RequestProblem } from '../payment/request-payments.ts';
import type { BatchProblem, BatchRow } from './read-rows.ts';

/** Payments that somebody wants to ask for together. */
export interface BatchUpload {
  readonly orgId: OrgId;
  readonly accountId: string;
  readonly name: string;
  readonly fileName?: string | undefined;
  readonly rows: readonly BatchRow[];
  readonly maker: string;
  /** What rows that say nothing of it are for. */
  readonly defaultPurpose: PaymentPurpose;
  /** Ask for the rows that are right and leave the others out; else all or nothing. */
  readonly isOnlyValid?: boolean | undefined;
  /** The same payments were uploaded before, and are meant once more. */
  readonly isRepeated?: boolean | undefined;
  readonly isDraft?: boolean | undefined;
}

/** What would come of an upload; nothing is written yet. */
export interface BatchCheck {
  readonly problems: readonly BatchProblem[];
  /** Rows that are right, in the order of the file. */
  readonly requests: readonly PaymentRequest[];
  /** Sum of the rows that are right. */
  readonly total: Money;
  readonly contentDigest: string;
  /** The same payments were uploaded before. */
  readonly repeats: PaymentBatch | undefined;
}

/** Told at times how many rows have been looked at. */
export type OnProgress = (done: number, all: number) => void;

const SIDE_BY_SIDE = 8;

/** Checks every row of an upload before anything is asked for approval. */
export async function checkBatch(
  deps: PaymentDeps,
  upload: BatchUpload,
  onProgress: OnProgress = () => undefined,
): Promise<BatchCheck> {
  return checkAs(deps, upload, newId('bat'), onProgress);
}

/**
 * Asks for all payments of an upload in one transaction, or for none: a row that is not right stops
 * the whole unless the caller leaves it out, and so does an upload that was made before.
 */
export async function createBatch(
  deps: PaymentDeps,
  upload: BatchUpload,
  onProgress: OnProgress = () => undefined,
): Promise<{ readonly batch: PaymentBatch; readonly check: BatchCheck }> {
  const batchId = newId('bat');
  const check = await checkAs(deps, upload, batchId, onProgress);
  const isRefused = check.problems.length > 0 && upload.isOnlyValid !== true;
  if (isRefused || check.requests.length === 0) throw new BatchRefused(check.problems);
  const { orgId, accountId, maker } = upload;
  await requireMaker(deps.services.pool, {
    orgId,
    maker,
    accountId,
    amount: check.total,
    at: deps.now(),
  });
  await requestPayments(deps, check.requests, (transaction) =>
    writeBatch(transaction, deps, { upload, batchId, check }),
  );
  return { batch: await getBatch(deps.services.pool, { orgId, batchId }), check };
}

/** An upload with rows that are not right; it carries all of them, where one sentence names one. */
export class BatchRefused extends CashbellError {
  readonly problems: readonly BatchProblem[];

  constructor(problems: readonly BatchProblem[]) {
    const [first] = problems;
    const { row = 0, column = '', problem = 'there is no payment', fix = '' } = first ?? {};
    const words = fix === '' ? problem : `${problem}; ${fix}`;
    super('batch.rowInvalid', { row, field: column, problem: words, count: problems.length });
    this.problems = problems;
  }
}

async function writeBatch(
  { client }: Transaction,
  deps: PaymentDeps,
  { upload, batchId, check }: { upload: BatchUpload; batchId: BatchId; check: BatchCheck },
): Promise<void> {
  const { orgId, accountId, maker, fileName } = upload;
  const { contentDigest, total, requests } = check;
  // Taken before the look, so that of two equal uploads at once the second sees the first.
  await client.query('SELECT FROM org WHERE org_id = $1 FOR NO KEY UPDATE', [orgId]);
  const before = await findBatchByDigest(client, { orgId, contentDigest });
  if (before && upload.isRepeated !== true) {
    const date = before.createdAt.toString().slice(0, 10);
    throw new CashbellError('batch.repeated', { batch: before.batchId, date });
  }
  const name = parseName(upload.name);
  const itemCount = requests.length;
  await insertBatch(
    client,
    { orgId, batchId, name, accountId, fileName, contentDigest, maker, itemCount, total },
    new Date(deps.now().epochMilliseconds),
  );
  await appendAudit(client, {
    orgId,
    actor: maker,
    action: 'batch.uploaded',
    subject: batchId,
    after: {
      name,
      accountId,
      itemCount,
      total: formatDecimal(total),
      currency: total.currency,
      contentDigest,
      leftOut: upload.rows.length - itemCount,
      ...(before ? { repeats: before.batchId } : {}),
    },
  });
}

async function checkAs(
  deps: PaymentDeps,
  upload: BatchUpload,
  batchId: BatchId,
  onProgress: OnProgress,
): Promise<BatchCheck> {
  const place = await placeOf(deps, upload);
  const problems: BatchProblem[] = [];
  const right: RightRow[] = [];
  for (let first = 0; first < upload.rows.length; first += SIDE_BY_SIDE) {
    const some = upload.rows.slice(first, first + SIDE_BY_SIDE);
    const checked = await Promise.all(some.map((row) => checkRow(deps, upload, batchId, row)));
    for (const row of checked) {
      if ('request' in row) right.push(row);
      else problems.push(...row.problems);
    }
    onProgress(Math.min(first + SIDE_BY_SIDE, upload.rows.length), upload.rows.length);
  }
  const { kept, doubled } = withoutDoubles(right);
  problems.push(...doubled);
  const contentDigest = digestOfRows(upload);
  return {
    problems: problems.toSorted((left, another) => left.row - another.row),
    requests: kept.map(({ request }) => request),
    total: kept.reduce(
      (sum, { request }) => addMoney(sum, request.instructedAmount),
      money(0n, place.account.currency),
    ),
    contentDigest,
    repeats: await findBatchByDigest(deps.services.pool, { orgId: upload.orgId, contentDigest }),
  };
}

interface RightRow {
  readonly row: number;
  readonly request: PaymentRequest;
  /** The same for rows that would pay the same once more. */
  readonly likeness: string;
}

async function checkRow(
  deps: PaymentDeps,
  upload: BatchUpload,
  batchId: BatchId,
  { row, fields, problems }: BatchRow,
): Promise<RightRow | { readonly problems: readonly BatchProblem[] }> {
  if (problems.length > 0) return { problems };
  if (fields.amount === undefined) {
    const missing = { problem: 'is missing', fix: 'write the amount, or delete the row' };
    return { problems: [{ row, column: 'amount', ...missing }] };
  }
  const input: PaymentInput = {
    ...fields,
    accountId: upload.accountId,
    amount: fields.amount,
    purpose: asPurpose(fields.purpose) ?? upload.defaultPurpose,
    remittanceInformation: fields.remittanceInformation ?? '',
    rail: asRail(fields.rail),
  };
  const checked = await checkInput(deps, input, {
    orgId: upload.orgId,
    source: 'file',
    sourceKey: `${batchId}:${row}`,
    maker: upload.maker,
    batch: { batchId, item: row },
    state: upload.isDraft === true ? 'draft' : 'awaitingApproval',
  });
  if (!checked.isValid)
    return { problems: checked.problems.map((one) => toBatchProblem(row, one)) };
  const { creditor } = checked.checked.payment;
  const { instructedAmount, remittanceInformation, requestedExecutionDate } = checked.request;
  const likeness = JSON.stringify([
    foldAccount(creditor.account),
    foldAccount(creditor.agent ?? ''),
    formatDecimal(instructedAmount),
    foldName(remittanceInformation),
    requestedExecutionDate?.toString() ?? '',
  ]);
  return { row, request: checked.request, likeness };
}

function asPurpose(text: string | undefined): PaymentPurpose | undefined {
  return paymentPurposes.find((purpose) => purpose === text);
}

function asRail(text: string | undefined): PaymentRail | undefined {
  return paymentRails.find((rail) => rail === text);
}

/** What to do about a field that only the bank's rules or the book could find wrong. */
const FIXES: Readonly<Record<string, string>> = {
  beneficiary: 'register the account and have a second person confirm it, or correct the row',
  creditorName: 'correct the name or the account',
  requestedExecutionDate: 'correct the day',
};
const FIX = 'correct it in the row';

function toBatchProblem(row: number, { field, problem }: RequestProblem): BatchProblem {
  return { row, column: field, problem, fix: FIXES[field] ?? FIX };
}

/** Rows that would pay the same once more are problems; the first of them stays. */
function withoutDoubles(rows: readonly RightRow[]): {
  readonly kept: readonly RightRow[];
  readonly doubled: readonly BatchProblem[];
} {
  const firsts = new Map<string, number>();
  const kept: RightRow[] = [];
  const doubled: BatchProblem[] = [];
  for (const row of rows) {
    const first = firsts.get(row.likeness);
    if (first === undefined) {
      firsts.set(row.likeness, row.row);
      kept.push(row);
      continue;
    }
    doubled.push({
      row: row.row,
      column: '',
      problem: `pays the same as row ${first}: creditor, amount, day and text are equal`,
      fix: 'delete one of them, or give them different texts if both are meant',
    });
  }
  return { kept, doubled };
}

/**
 * Tells the same payments again, whatever the file is called, however it was saved and in which order
 * its rows stand.
 */
function digestOfRows({ accountId, rows, defaultPurpose }: BatchUpload): string {
  const lines = rows.map(({ fields }) =>
    JSON.stringify(
      Object.entries({ purpose: defaultPurpose, ...fields }).toSorted(([left], [right]) =>
        left < right ? -1 : 1,
      ),
    ),
  );
  const text = JSON.stringify(['upload-1', accountId, ...lines.toSorted()]);
  return createHash('sha256').update(text).digest('hex');
}

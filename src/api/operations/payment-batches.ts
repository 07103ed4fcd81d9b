import type { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import { readValues, readUpload } from '#flows/payment-batch/read-upload.ts';
import type { UploadOptions } from '#flows/payment-batch/read-upload.ts';
import { paymentColumns } from '#flows/payment-batch/columns.ts';
import type { PaymentColumn } from '#flows/payment-batch/columns.ts';
import { readWaiting } from '#flows/payment-batch/decide-batch.ts';
import { BatchRefused, checkBatch, createBatch } from '#flows/payment-batch/upload-batch.ts';
import type { BatchCheck, BatchUpload, OnProgress } from '#flows/payment-batch/upload-batch.ts';
import { placeOf } from '#flows/payment/payment-deps.ts';
import type { PaymentDeps } from '#flows/payment/payment-deps.ts';
import { countBatch } from '#store/payment-batches.ts';
import type { PaymentBatch } from '#store/payment-batches.ts';
import type {
  BatchDetailWire,
  BatchFileQuery,
  BatchNew,
  BatchResultWire,
  BatchWire,
} from '../contract/payment-batches.ts';
import { toMoneyWire } from './payments.ts';
import { problemsError } from './refusal.ts';

type FileWish = z.infer<typeof BatchFileQuery>;
type Wish = Omit<z.infer<typeof BatchNew>, 'rows'>;

/** Who uploads, and for which organisation. */
export interface Uploader {
  readonly orgId: string;
  readonly maker: string;
  readonly onProgress?: OnProgress;
}

/** A batch out of rows that a program sends. */
export async function uploadRows(
  deps: PaymentDeps,
  { rows, ...wish }: z.infer<typeof BatchNew>,
  uploader: Uploader,
): Promise<z.infer<typeof BatchResultWire>> {
  const { account } = await placeOf(deps, { ...wish, orgId: uploader.orgId });
  return finish(deps, toUpload(wish, readValues(rows, account.currency), uploader), wish, uploader);
}

/** A batch out of a file that people made. */
export async function uploadFile(
  deps: PaymentDeps,
  bytes: Uint8Array,
  wish: FileWish,
  uploader: Uploader,
): Promise<z.infer<typeof BatchResultWire>> {
  const { account } = await placeOf(deps, { ...wish, orgId: uploader.orgId });
  const options: UploadOptions = {
    currency: account.currency,
    encoding: wish.encoding,
    delimiter: wish.delimiter,
    decimalMark: wish.decimalMark,
    sheet: wish.sheet,
    columns: readColumns(wish.columns),
    ignoredColumns: splitList(wish.ignore),
  };
  const rows = await readUpload(bytes, options);
  return finish(deps, toUpload(wish, rows, uploader), wish, uploader);
}

function toUpload(wish: Wish, rows: BatchUpload['rows'], { orgId, maker }: Uploader): BatchUpload {
  return {
    orgId: parseId('org', orgId),
    accountId: wish.accountId,
    name: wish.name ?? wish.fileName ?? 'Batch',
    fileName: wish.fileName,
    rows,
    maker,
    defaultPurpose: wish.purpose,
    isOnlyValid: wish.onlyValid,
    isRepeated: wish.repeat,
    isDraft: wish.draft,
  };
}

async function finish(
  deps: PaymentDeps,
  upload: BatchUpload,
  { dryRun }: Pick<Wish, 'dryRun'>,
  { onProgress }: Uploader,
): Promise<z.infer<typeof BatchResultWire>> {
  if (dryRun) return toResult(await checkBatch(deps, upload, onProgress), undefined);
  try {
    const { batch, check } = await createBatch(deps, upload, onProgress);
    return toResult(check, await toBatchWire(deps, batch));
  } catch (error) {
    if (!(error instanceof BatchRefused)) throw error;
    throw withAllProblems(error);
  }
}

/** The refusal as everything here is refused: each problem with its place. */
function withAllProblems(refused: BatchRefused): CashbellError {
  return problemsError(
    'batch.rowInvalid',
    refused.problems.map(({ row, column, problem, fix }) => ({
      field: column === '' ? `row ${row}` : `row ${row} · ${column}`,
      problem: fix === '' ? problem : `${problem}; ${fix}`,
    })),
    refused.details,
  );
}

function toResult(
  check: BatchCheck,
  batch: z.infer<typeof BatchWire> | undefined,
): z.infer<typeof BatchResultWire> {
  return {
    batch,
    validRows: check.requests.length,
    total: toMoneyWire(check.total),
    problems: check.problems.map((problem) => ({ ...problem })),
    repeats: check.repeats?.batchId,
  };
}

export async function toBatchWire(
  deps: Pick<PaymentDeps, 'services'>,
  batch: PaymentBatch,
): Promise<z.infer<typeof BatchWire>> {
  const { orgId: _org, contentDigest: _digest, total, createdAt, ...rest } = batch;
  const counts = await countBatch(deps.services.pool, batch);
  return {
    ...rest,
    total: toMoneyWire(total),
    createdAt: createdAt.toString(),
    counts: counts.map(({ sum, ...count }) => ({ ...count, sum: toMoneyWire(sum) })),
  };
}

export async function toBatchDetail(
  deps: Pick<PaymentDeps, 'services'>,
  batch: PaymentBatch,
): Promise<z.infer<typeof BatchDetailWire>> {
  const { total, ...waiting } = await readWaiting(deps, batch);
  return {
    ...(await toBatchWire(deps, batch)),
    waiting: { ...waiting, total: toMoneyWire(total) },
  };
}

/** Reads `amount=Betrag,creditorAccount=Konto`. */
function readColumns(text: string | undefined): Partial<Record<PaymentColumn, string>> | undefined {
  if (text === undefined) return undefined;
  const columns: Partial<Record<PaymentColumn, string>> = {};
  for (const pair of splitList(text)) {
    const [name = '', ...header] = pair.split('=');
    const column = paymentColumns.find((one) => one === name.trim());
    if (!column || header.length === 0) {
      throw new CashbellError('api.invalid', {
        field: 'columns',
        problem: `"${pair.slice(0, 60)}" must be one of ${paymentColumns.join(', ')} with a header, as amount=Betrag`,
      });
    }
    columns[column] = header.join('=').trim();
  }
  return columns;
}

function splitList(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((part) => part.trim() !== '');
}

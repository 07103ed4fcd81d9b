import { createHash } from 'node:crypto';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { BatchId, OrgId, PaymentId } from '#core/ids.ts';
import type { Money } from '#core/money.ts';
import { money } from '#core/money.ts';
import type { PaymentState } from '#core/payments.ts';
import type { Queryable } from './grants.ts';
import { toInstant } from './orgs.ts';

/** Payments that were asked for together. */
export interface PaymentBatch {
  readonly orgId: OrgId;
  readonly batchId: BatchId;
  readonly name: string;
  readonly accountId: string;
  readonly fileName: string | undefined;
  readonly contentDigest: string;
  readonly maker: string;
  readonly itemCount: number;
  readonly total: Money;
  readonly createdAt: Instant;
}

export interface BatchRow {
  org_id: OrgId;
  batch_id: BatchId;
  name: string;
  account_id: string;
  file_name: string | null;
  content_digest: string;
  maker: string;
  item_count: number;
  total_minor_units: string;
  currency: string;
  created_at: Date;
}

export const BATCH_COLUMNS = `b.org_id, b.batch_id, b.name, b.account_id, b.file_name,
  b.content_digest, b.maker, b.item_count, b.total_minor_units, b.currency, b.created_at`;

export function toBatch(row: BatchRow): PaymentBatch {
  return {
    orgId: row.org_id,
    batchId: row.batch_id,
    name: row.name,
    accountId: row.account_id,
    fileName: row.file_name ?? undefined,
    contentDigest: row.content_digest,
    maker: row.maker,
    itemCount: row.item_count,
    total: money(BigInt(row.total_minor_units), row.currency),
    createdAt: toInstant(row.created_at),
  };
}

export async function insertBatch(
  client: Queryable,
  batch: Omit<PaymentBatch, 'createdAt'>,
  now: Date,
): Promise<void> {
  await client.query(
    `INSERT INTO payment_batch (org_id, batch_id, name, account_id, file_name, content_digest, maker,
       item_count, total_minor_units, currency, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      batch.orgId,
      batch.batchId,
      batch.name,
      batch.accountId,
      batch.fileName ?? null,
      batch.contentDigest,
      batch.maker,
      batch.itemCount,
      batch.total.amountMinorUnits.toString(),
      batch.total.currency,
      now,
    ],
  );
}

export async function getBatch(
  client: Queryable,
  { orgId, batchId }: { readonly orgId: string; readonly batchId: string },
): Promise<PaymentBatch> {
  const { rows } = await client.query<BatchRow>(
    `SELECT ${BATCH_COLUMNS} FROM payment_batch b WHERE org_id = $1 AND batch_id = $2`,
    [orgId, batchId],
  );
  const [row] = rows;
  if (row) return toBatch(row);
  throw new CashbellError('api.notFound', { what: 'payment batch', id: batchId.slice(0, 60) });
}

/** The newest upload of the same payments. */
export async function findBatchByDigest(
  client: Queryable,
  { orgId, contentDigest }: Pick<PaymentBatch, 'orgId' | 'contentDigest'>,
): Promise<PaymentBatch | undefined> {
  const { rows } = await client.query<BatchRow>(
    `SELECT ${BATCH_COLUMNS} FROM payment_batch b
     WHERE org_id = $1 AND content_digest = $2 ORDER BY batch_id DESC LIMIT 1`,
    [orgId, contentDigest],
  );
  const [row] = rows;
  return row && toBatch(row);
}

/** A payment of a batch, as far as people who decide about all of them need it. */
export interface BatchItem {
  readonly item: number;
  readonly paymentId: PaymentId;
  readonly digest: string;
  readonly state: PaymentState;
  readonly amount: Money;
}

/** Payments of a batch by item, of one state only when asked so. */
export async function loadBatchItems(
  client: Queryable,
  scope: {
    readonly orgId: string;
    readonly batchId: string;
    readonly state?: PaymentState | undefined;
  },
): Promise<BatchItem[]> {
  const { rows } = await client.query<{
    item: number;
    payment_id: PaymentId;
    digest: string;
    state: PaymentState;
    minor_units: string;
    currency: string;
  }>(
    `SELECT batch_item AS item, payment_id, digest, state, instructed_minor_units AS minor_units,
       currency
     FROM payment WHERE org_id = $1 AND batch_id = $2 AND ($3::text IS NULL OR state = $3)
     ORDER BY batch_item`,
    [scope.orgId, scope.batchId, scope.state ?? null],
  );
  return rows.map(({ payment_id: paymentId, minor_units: units, currency, ...row }) => ({
    ...row,
    paymentId,
    amount: money(BigInt(units), currency),
  }));
}

/** What one word about all these payments is bound to: each item's payment and its own digest. */
export function digestOfItems(items: readonly BatchItem[]): string {
  const parts = items
    .toSorted((left, right) => left.item - right.item)
    .map(({ item, paymentId, digest }) => [item, paymentId, digest]);
  return createHash('sha256')
    .update(JSON.stringify(['batch-1', parts]))
    .digest('hex');
}

/** How many payments of a batch stand in which state, and their sum. */
export interface BatchCount {
  readonly state: PaymentState;
  readonly count: number;
  readonly sum: Money;
}

export async function countBatch(
  client: Queryable,
  { orgId, batchId }: { readonly orgId: string; readonly batchId: string },
): Promise<BatchCount[]> {
  const { rows } = await client.query<{
    state: PaymentState;
    count: number;
    sum: string;
    currency: string;
  }>(
    `SELECT state, count(*)::integer AS count, sum(instructed_minor_units)::text AS sum, currency
     FROM payment WHERE org_id = $1 AND batch_id = $2 GROUP BY state, currency ORDER BY state`,
    [orgId, batchId],
  );
  return rows.map(({ sum, currency, ...row }) => ({ ...row, sum: money(BigInt(sum), currency) }));
}

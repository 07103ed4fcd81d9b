import type { CurrencyCode } from '#core/money.ts';
import { paymentColumns } from './columns.ts';
import type { PaymentColumn } from './columns.ts';
import { currencyNamed, readCell } from './read-cell.ts';
import { readTable } from './read-payment-file.ts';
import type { FileOptions } from './read-payment-file.ts';
import { readRows } from './read-rows.ts';
import type { BatchProblem, BatchRow, RowOptions } from './read-rows.ts';

export type UploadOptions = FileOptions & RowOptions;

/** Reads a file as rows of payments; what is wrong with its head stands in for all rows. */
export async function readUpload(
  bytes: Uint8Array,
  options: UploadOptions,
): Promise<readonly BatchRow[]> {
  const { rows, problems } = readRows(await readTable(bytes, options), options);
  const [first] = problems;
  return first ? [{ row: first.row, fields: {}, problems }] : rows;
}

/** Rows that arrive as values rather than as a file, counted from 1. */
export function readValues(
  rows: readonly Partial<Readonly<Record<PaymentColumn, string | undefined>>>[],
  currency: CurrencyCode,
): readonly BatchRow[] {
  return rows.map((values, index) => readRowOfValues(values, index + 1, currency));
}

function readRowOfValues(
  values: Partial<Readonly<Record<PaymentColumn, string | undefined>>>,
  row: number,
  currency: CurrencyCode,
): BatchRow {
  const fields: Partial<Record<PaymentColumn, string>> = {};
  const problems: BatchProblem[] = [];
  for (const column of paymentColumns) {
    const text = (values[column] ?? '').trim();
    // Programs write a point before the decimals and nothing between thousands.
    const cell = { text, isNumber: column === 'amount' };
    const own = column === 'amount' ? currencyOf(values.currency, currency) : currency;
    const read = readCell(column, cell, { currency: own });
    if (typeof read === 'string') fields[column] = read;
    else if (read) problems.push({ row, column, ...read });
  }
  return { row, fields, problems };
}

function currencyOf(text: string | undefined, own: CurrencyCode): CurrencyCode {
  return text === undefined || text === '' ? own : (currencyNamed(text) ?? own);
}

import { negateMoney } from '#core/money.ts';
import type { FileRow, LineFile } from './match-lines.ts';

/** How much oftener amounts must agree under another reading before the plain one is given up. */
const CLEARLY = 1.5;

/**
 * Ledgers write signs their own way: money in as debit of the bank account, or no signs at all. The
 * reading under which most amounts occur in the bank's file is taken; the plain one when in doubt.
 */
export function alignSigns(ledger: LineFile, bank: LineFile): LineFile {
  const wanted = new Map<string, number>();
  for (const row of bank.rows) count(wanted, keyOf(row, 1n));
  const plain = overlap(ledger, wanted, (row) => keyOf(row, 1n));
  const flipped = overlap(ledger, wanted, (row) => keyOf(row, -1n));
  const isUnsigned = ledger.rows.every(({ amount }) => amount.amountMinorUnits >= 0n);
  if (isUnsigned && plain > 0 && flipped > 0 && bank.rows.some(isNegative)) {
    return mapRows(ledger, (row) =>
      wanted.has(keyOf(row, -1n)) && !wanted.has(keyOf(row, 1n)) ? negate(row) : row,
    );
  }
  return flipped > plain * CLEARLY ? mapRows(ledger, negate) : ledger;
}

function keyOf({ amount }: FileRow, sign: bigint): string {
  return `${amount.amountMinorUnits * sign} ${amount.currency}`;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Lines of the ledger that find their amount at the bank, each line of the bank used once. */
function overlap(
  { rows }: LineFile,
  wanted: ReadonlyMap<string, number>,
  read: (row: FileRow) => string,
): number {
  const counts = new Map<string, number>();
  for (const row of rows) count(counts, read(row));
  let both = 0;
  for (const [key, times] of counts) both += Math.min(times, wanted.get(key) ?? 0);
  return both;
}

function isNegative({ amount }: FileRow): boolean {
  return amount.amountMinorUnits < 0n;
}

function negate(row: FileRow): FileRow {
  return { ...row, amount: negateMoney(row.amount) };
}

function mapRows(file: LineFile, change: (row: FileRow) => FileRow): LineFile {
  return { ...file, rows: file.rows.map(change) };
}

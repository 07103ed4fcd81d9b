import { parse } from 'csv-parse/sync';
import type { EntryLine, ItemLine } from '#core/matches.ts';
import type { Money } from '#core/money.ts';
import { negateMoney, parseMoney } from '#core/money.ts';
import { isCashbellError } from '#core/errors.ts';
import { UsageError } from './context.ts';
import type { ColumnRole, Columns } from './match-columns.ts';
import { recogniseColumns } from './match-columns.ts';
import type { DayOrder, DecimalMark } from './match-values.ts';
import { detectDayOrder, detectDecimalMark, readAmount, readDay } from './match-values.ts';

/** A file of lines as text, before it is known what its signs mean. */
export interface LineFile {
  readonly name: string;
  readonly columns: Columns;
  readonly rows: readonly FileRow[];
}

export interface FileRow {
  /** The file's own id, or the number of the row. */
  readonly id: string;
  readonly day: number;
  readonly dueDay: number | undefined;
  /** Signed as written: positive came in, unless the file means it otherwise. */
  readonly amount: Money;
  readonly read: (role: ColumnRole) => string | undefined;
  readonly readAll: (role: ColumnRole) => readonly string[];
}

const DELIMITERS = [',', ';', '\t', '|'] as const;
/** Header rows may stand below a title and the account's name. */
const HEADER_ROWS_MAX = 15;

/** Reads a CSV file of any bank or ledger: columns by their names, numbers and days as written. */
export function readLineFile(
  file: { readonly name: string; readonly bytes: Uint8Array },
  fallbackCurrency: string,
): LineFile {
  const text = decode(file.bytes);
  const records = readRecords(file.name, text);
  const { columns, start } = findHeader(file.name, records);
  const body = records.slice(start).filter((record) => record.some((cell) => cell.trim() !== ''));
  const style = detectStyle(columns, body);
  const seen = new Map<string, number>();
  const rows = body.flatMap((record, place) => {
    const where = { name: file.name, row: start + place + 1 };
    const row = readRow({ columns, record, where, style, fallbackCurrency });
    return row === undefined ? [] : [{ ...row, id: toUniqueId(seen, row.id) }];
  });
  return { name: file.name, columns, rows };
}

/** Text in UTF-8 or UTF-16; what is neither is read as GB18030, which older Chinese banks write. */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

function readRecords(name: string, text: string): string[][] {
  const head = text
    .slice(0, 20_000)
    .split(/\r?\n/)
    .slice(0, HEADER_ROWS_MAX + 5);
  const delimiter = DELIMITERS.map((mark) => ({
    mark,
    columns: Math.max(
      ...head.map(
        (line) => recogniseColumns(line.split(mark).map((cell) => cell.replaceAll('"', ''))).size,
      ),
    ),
  })).toSorted((left, right) => right.columns - left.columns)[0]?.mark;
  try {
    return parse(text, {
      delimiter: delimiter ?? ',',
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: false,
    });
  } catch (error) {
    throw new UsageError(`${name} is no CSV file: ${error instanceof Error ? error.message : ''}`);
  }
}

function findHeader(
  name: string,
  records: readonly string[][],
): { readonly columns: Columns; readonly start: number } {
  for (const [place, record] of records.slice(0, HEADER_ROWS_MAX).entries()) {
    const columns = recogniseColumns(record);
    const hasAmount = columns.has('amount') || columns.has('debit') || columns.has('credit');
    if (hasAmount && (columns.has('date') || columns.has('dueDate')))
      return { columns, start: place + 1 };
  }
  throw new UsageError(
    `${name} needs a header row that names at least a date and an amount (or debit and credit). ` +
      `Its first row is: ${(records[0] ?? []).join(', ').slice(0, 200)}`,
  );
}

interface Style {
  readonly mark: DecimalMark;
  readonly order: DayOrder;
}

function detectStyle(columns: Columns, body: readonly string[][]): Style {
  const cellsOf = (roles: readonly ColumnRole[]): string[] =>
    roles
      .flatMap((role) => columns.get(role) ?? [])
      .flatMap((place) => body.map((row) => row[place] ?? ''));
  return {
    mark: detectDecimalMark(cellsOf(['amount', 'debit', 'credit'])),
    order: detectDayOrder(cellsOf(['date', 'dueDate'])),
  };
}

interface RowInput {
  readonly columns: Columns;
  readonly record: readonly string[];
  readonly where: { readonly name: string; readonly row: number };
  readonly style: Style;
  readonly fallbackCurrency: string;
}

/** Nothing for a row without an amount, such as a subtotal or the statement's last line. */
function readRow({
  columns,
  record,
  where,
  style,
  fallbackCurrency,
}: RowInput): FileRow | undefined {
  const readAll = (role: ColumnRole): readonly string[] =>
    (columns.get(role) ?? []).flatMap((place) => {
      const cell = (record[place] ?? '').trim();
      return cell === '' ? [] : [cell];
    });
  const read = (role: ColumnRole): string | undefined => readAll(role)[0];
  const decimal = readDecimal(read, style.mark);
  const dayText = read('date') ?? read('dueDate');
  if (decimal === undefined && dayText === undefined) return undefined;
  const day = dayText === undefined ? undefined : readDay(dayText, style.order);
  if (decimal === undefined || day === undefined) {
    const column = decimal === undefined ? 'amount' : 'date';
    const text = (decimal === undefined ? read('amount') : dayText) ?? '';
    throw new UsageError(
      `${where.name}, row ${where.row}: "${text.slice(0, 40)}" is no ${column}.`,
    );
  }
  const due = read('dueDate');
  return {
    id: read('id') ?? String(where.row),
    day,
    dueDay: due === undefined ? undefined : readDay(due, style.order),
    amount: toMoney(decimal, read('currency') ?? fallbackCurrency, where),
    read,
    readAll,
  };
}

function readDecimal(
  read: (role: ColumnRole) => string | undefined,
  mark: DecimalMark,
): string | undefined {
  const amount = read('amount');
  if (amount !== undefined) {
    const decimal = readAmount(amount, mark);
    return decimal !== undefined && isDebitWord(read('indicator')) ? withSign(decimal) : decimal;
  }
  const [debit, credit] = [read('debit'), read('credit')].map((text) =>
    text === undefined ? undefined : readAmount(text, mark),
  );
  if (credit !== undefined && !/^-?0*\.?0*$/.test(credit)) return credit;
  return debit === undefined ? credit : withSign(debit);
}

function withSign(decimal: string): string {
  return decimal.startsWith('-') ? decimal : `-${decimal}`;
}

function isDebitWord(text: string | undefined): boolean {
  return (
    text !== undefined &&
    /^(d|db|dr|dbit|debit|debet|out|-|借|支出|nợ|เดบิต|مدين)$/i.test(text.trim())
  );
}

function toMoney(decimal: string, currency: string, { name, row }: RowInput['where']): Money {
  try {
    return parseMoney(decimal, currency);
  } catch (error) {
    if (!isCashbellError(error)) throw error;
    throw new UsageError(
      `${name}, row ${row}: ${decimal} ${currency.slice(0, 12)} is no amount (${error.code}).`,
    );
  }
}

/** Files repeat ids now and then; the second is told apart by its number. */
function toUniqueId(seen: Map<string, number>, id: string): string {
  const before = seen.get(id) ?? 0;
  seen.set(id, before + 1);
  return before === 0 ? id : `${id}#${before + 1}`;
}

export function toEntryLines({ rows }: LineFile): readonly EntryLine[] {
  return rows.map((row) => ({
    id: row.id,
    accountId: row.read('account') ?? '',
    direction: row.amount.amountMinorUnits < 0n ? 'debit' : 'credit',
    amount: absolute(row.amount),
    bookingDay: row.day,
    text: row.readAll('text').join(' '),
    counterpartyName: row.read('counterparty'),
    counterpartyAccount: row.read('counterpartyAccount'),
    references: [...row.readAll('reference'), ...row.readAll('number')],
  }));
}

export function toItemLines({ rows }: LineFile): readonly ItemLine[] {
  return rows.map((row) => ({
    id: row.id,
    direction: row.amount.amountMinorUnits < 0n ? 'debit' : 'credit',
    amount: absolute(row.amount),
    issuedDay: row.day,
    dueDay: row.dueDay,
    number: row.read('number'),
    counterpartyName: row.read('counterparty'),
    counterpartyKey: row.read('counterpartyKey'),
    counterpartyAccount: row.read('counterpartyAccount'),
    references: row.readAll('reference'),
    text: row.readAll('text').join(' '),
  }));
}

function absolute(amount: Money): Money {
  return amount.amountMinorUnits < 0n ? negateMoney(amount) : amount;
}

import { parsePlainDate } from '#core/dates.ts';
import type { PlainDate } from '#core/dates.ts';
import { exponentOf, formatDecimal, parseMoney } from '#core/money.ts';
import type { CurrencyCode, Money } from '#core/money.ts';
import { isCreditorReference } from '#reconciliation/key-forms.ts';
import type { AssignedColumn } from './assign-roles.ts';
import type { DateContext } from './date-formats.ts';
import { dayOfNumber, isDayNumber, readDayText } from './date-formats.ts';
import type { Formats } from './decide-formats.ts';
import { textOf } from './import-table.ts';
import type { ImportCell, ImportRow } from './import-table.ts';
import type { ColumnRole, ItemProblem, ItemProblemCode, ItemSide } from './import-words.ts';
import { bareAmount, currencyNamedBy, decimalUnder, fitsCurrency } from './number-formats.ts';
import { isTotalWord, sideNamed } from './side-words.ts';

/** A document as its row says it. */
export interface ItemDraft {
  readonly row: number;
  readonly side: ItemSide;
  /** It gives back: what is expected flows the other way. */
  readonly isCredit: boolean;
  readonly number?: string | undefined;
  readonly counterpartyName?: string | undefined;
  readonly counterpartyKey?: string | undefined;
  readonly counterpartyAccount?: string | undefined;
  /** The whole document, or its upper bound. */
  readonly amount: Money;
  readonly amountMin?: Money | undefined;
  /** What of it is still to come, where the file says so. May be nothing. */
  readonly open?: Money | undefined;
  readonly dueOn?: PlainDate | undefined;
  readonly issuedOn?: PlainDate | undefined;
  readonly creditorReference?: string | undefined;
  readonly virtualAccount?: string | undefined;
  readonly description: string;
}

/** What an amount below zero means: a document that gives back, or money the other way. */
export const negativeMeanings = ['creditNote', 'direction', 'refuse'] as const;
export type NegativeMeaning = (typeof negativeMeanings)[number];

export interface RowContext {
  readonly columns: readonly AssignedColumn[];
  readonly formats: Formats;
  readonly dates: DateContext;
  /** Days that were read already: files repeat them. */
  readonly days: Map<string, PlainDate>;
  /** Currency of rows that name none. */
  readonly currency: CurrencyCode | undefined;
  readonly side: ItemSide | undefined;
  readonly negatives: NegativeMeaning;
}

export type ReadItemRow =
  | { readonly kind: 'item'; readonly draft: ItemDraft }
  | { readonly kind: 'refused'; readonly problems: readonly ItemProblem[] }
  /** A row of sums below or between the documents. */
  | { readonly kind: 'total' };

/** Reads a row as a document. Everything wrong with it is told at once, by column. */
export function readItemRow(row: ImportRow, context: RowContext): ReadItemRow {
  const reader = openRow(row, context);
  if (isTotalRow(row, reader)) return { kind: 'total' };
  if (row.isHidden === true) reader.refuse(undefined, 'hiddenRow');
  const amounts = readAmounts(reader, context);
  const side = readSide(reader, context, amounts?.isNegative === true);
  const words = {
    row: row.number,
    number: reader.text('number'),
    counterpartyName: reader.text('counterparty'),
    counterpartyKey: reader.text('counterpartyKey'),
    counterpartyAccount: reader.text('counterpartyAccount'),
    dueOn: readDay(reader, 'dueDate', context),
    issuedOn: readDay(reader, 'issuedDate', context),
    creditorReference: readReference(reader),
    virtualAccount: reader.text('virtualAccount'),
    description: reader.text('text') ?? '',
  };
  refuseStrays(row, context.columns, reader);
  if (!hasAnything(words)) reader.refuse(undefined, 'nothingToRecognise');
  if (!amounts || !side || reader.problems.length > 0) {
    return { kind: 'refused', problems: reader.problems };
  }
  const { isNegative, ...money } = amounts;
  const isCredit = isNegative && context.negatives === 'creditNote';
  return { kind: 'item', draft: { ...words, ...money, side, isCredit } };
}

interface RowReader {
  readonly problems: readonly ItemProblem[];
  /** The cell of a role, or nothing when the file has no such column or it is empty. */
  readonly cell: (role: ColumnRole) => ImportCell | undefined;
  /** Its text, where nothing is wrong with it. */
  readonly text: (role: ColumnRole) => string | undefined;
  readonly refuse: (
    role: ColumnRole | undefined,
    code: ItemProblemCode,
    values?: Readonly<Record<string, string>>,
  ) => undefined;
}

const SHOWN_MAX = 60;

function openRow(row: ImportRow, { columns }: RowContext): RowReader {
  const problems: ItemProblem[] = [];
  const told = new Set<ColumnRole>();
  const columnOf = (role: ColumnRole): AssignedColumn | undefined =>
    columns.find((column) => column.role === role);
  const refuse: RowReader['refuse'] = (role, code, values = {}) => {
    const column = role === undefined ? undefined : columnOf(role);
    const name = column && column.header !== '' ? column.header : (role ?? '');
    problems.push({ row: row.number, column: name.slice(0, SHOWN_MAX), code, values });
    return undefined;
  };
  const cell = (role: ColumnRole): ImportCell | undefined => {
    const column = columnOf(role);
    const found = column && row.cells[column.place];
    if (found === undefined || found === '') return undefined;
    if (typeof found === 'string' || found.kind !== 'trouble') return found;
    // It is looked at for several fields, and told once.
    if (told.has(role)) return undefined;
    told.add(role);
    return refuse(role, found.code ?? 'errorCell', { text: found.text.slice(0, SHOWN_MAX) });
  };
  const text = (role: ColumnRole): string | undefined => {
    const found = textOf(cell(role));
    return found === '' ? undefined : found;
  };
  return { problems, cell, text, refuse };
}

/** A word of sums where documents have their number or name. */
function isTotalRow({ cells }: ImportRow, reader: RowReader): boolean {
  const first = cells.map(textOf).filter((text) => text !== '');
  const number = reader.text('number');
  const isNamed = first.slice(0, 3).some(isTotalWord);
  return isNamed && (number === undefined || isTotalWord(number)) && reader.problems.length === 0;
}

interface ReadAmounts {
  readonly amount: Money;
  readonly amountMin: Money | undefined;
  readonly open: Money | undefined;
  readonly isNegative: boolean;
}

const amountOrder = ['amount', 'amountMax', 'openAmount', 'amountMin'] as const;
type AmountRole = (typeof amountOrder)[number];

interface SignedMoney {
  readonly money: Money;
  readonly isNegative: boolean;
}

function readAmounts(reader: RowReader, context: RowContext): ReadAmounts | undefined {
  const currency = readCurrency(reader, context);
  if (!currency) return undefined;
  const read = new Map<AmountRole, SignedMoney>();
  for (const role of amountOrder) {
    const found = readAmount(reader, role, { currency, mark: context.formats.decimalMark.format });
    if (found) read.set(role, found);
  }
  const whole = read.get('amount') ?? read.get('amountMax') ?? read.get('openAmount');
  const min = read.get('amountMin')?.money;
  const open = read.get('openAmount')?.money;
  if (!whole) {
    return reader.problems.length > 0 ? undefined : reader.refuse('amount', 'amountMissing');
  }
  const { money: amount, isNegative } = whole;
  if (amount.amountMinorUnits === 0n) return reader.refuse('amount', 'amountZero');
  if (isNegative && context.negatives === 'refuse')
    return reader.refuse('amount', 'amountNegative');
  if (min && min.amountMinorUnits > amount.amountMinorUnits) {
    return reader.refuse('amountMin', 'boundsTurned');
  }
  if (open && open.amountMinorUnits > amount.amountMinorUnits) {
    return reader.refuse('openAmount', 'openAboveAmount', { text: formatDecimal(amount) });
  }
  return { amount, amountMin: min, open, isNegative };
}

/** By the row's own column, by what stands beside its amount, or the one that the file has. */
function readCurrency(reader: RowReader, context: RowContext): CurrencyCode | undefined {
  const text = reader.text('currency');
  const named = text === undefined ? undefined : currencyNamedBy(text);
  if (text !== undefined && !named) {
    return reader.refuse('currency', 'currencyUnknown', { text: text.slice(0, SHOWN_MAX) });
  }
  const signs = amountOrder.flatMap((role) => {
    const bare = bareAmount(textOf(reader.cell(role)));
    const currency = bare && currencyNamedBy(bare.sign);
    return currency ? [currency] : [];
  });
  const [sign] = signs;
  if (sign && signs.concat(named ?? []).some((one) => one !== sign)) {
    return reader.refuse('currency', 'currencyContradicts', { text: sign });
  }
  return named ?? sign ?? context.currency ?? reader.refuse('currency', 'currencyMissing');
}

function readAmount(
  reader: RowReader,
  role: AmountRole,
  { currency, mark }: { readonly currency: CurrencyCode; readonly mark: '.' | ',' },
): SignedMoney | undefined {
  const cell = reader.cell(role);
  if (cell === undefined) return undefined;
  const text = textOf(cell);
  const bare = typeof cell === 'string' ? bareAmount(cell) : numberOf(text);
  const decimal = bare && decimalUnder(bare.digits, typeof cell === 'string' ? mark : '.');
  if (!bare || decimal === undefined) {
    return reader.refuse(role, 'amountUnreadable', { text: text.slice(0, SHOWN_MAX) });
  }
  const exponent = exponentOf(currency);
  if (!fitsCurrency(decimal, exponent)) {
    return reader.refuse(role, 'tooManyDecimals', { text, currency, count: String(exponent) });
  }
  if (decimal.replace('.', '').length > DIGITS_MAX) {
    return reader.refuse(role, 'tooManyDigits', { text: text.slice(0, SHOWN_MAX) });
  }
  return { money: parseMoney(cut(decimal, exponent), currency), isNegative: bare.isNegative };
}

const DIGITS_MAX = 24;

function numberOf(text: string) {
  return { digits: text.replace('-', ''), isNegative: text.startsWith('-'), sign: '' };
}

/** Without decimals behind those of the currency; they are zeros. */
function cut(decimal: string, exponent: number): string {
  const [whole = '', fraction = ''] = decimal.split('.');
  return fraction === '' || exponent === 0 ? whole : `${whole}.${fraction.slice(0, exponent)}`;
}

function readSide(
  reader: RowReader,
  { side, negatives }: RowContext,
  isNegative: boolean,
): ItemSide | undefined {
  const text = reader.text('direction');
  if (text !== undefined) {
    return (
      sideNamed(text) ??
      reader.refuse('direction', 'directionUnknown', { text: text.slice(0, SHOWN_MAX) })
    );
  }
  if (negatives === 'direction') return isNegative ? 'payable' : 'receivable';
  return side ?? reader.refuse('direction', 'directionMissing');
}

function readDay(
  reader: RowReader,
  role: 'dueDate' | 'issuedDate',
  context: RowContext,
): PlainDate | undefined {
  const cell = reader.cell(role);
  if (cell === undefined) return undefined;
  const kind = typeof cell === 'string' ? 'text' : cell.kind;
  const key = `${role}/${kind}/${textOf(cell)}`;
  const known = context.days.get(key);
  if (known) return known;
  const day = readDayAnew(reader, role, cell, context);
  if (day) context.days.set(key, day);
  return day;
}

function readDayAnew(
  reader: RowReader,
  role: 'dueDate' | 'issuedDate',
  cell: ImportCell,
  { formats, dates, columns }: RowContext,
): PlainDate | undefined {
  const text = textOf(cell);
  const shown = { text: text.slice(0, SHOWN_MAX) };
  if (typeof cell === 'object' && cell.kind === 'day') return parseNear(reader, role, text, dates);
  if (isDayNumber(text)) {
    const day = formats.dayNumbers && dayOfNumber(text, formats.dayNumbers, dates);
    return day === undefined ? reader.refuse(role, 'dayImplausible', shown) : parsePlainDate(day);
  }
  const place = columns.find((column) => column.role === role)?.place ?? -1;
  const format = formats.dates.get(place)?.format ?? 'yyyy-MM-dd';
  const reading = readDayText(text, format, dates);
  switch (reading.kind) {
    case 'day':
      return parsePlainDate(reading.day);
    case 'zoned':
      return reader.refuse(role, 'dayHasZone', shown);
    case 'implausible':
      return reader.refuse(role, 'dayImplausible', shown);
    case 'unreadable':
      return reader.refuse(role, 'dayUnreadable', { ...shown, format });
  }
}

/** A workbook's own day, which its writer may have typed with a Buddhist year or a slip. */
function parseNear(
  reader: RowReader,
  role: 'dueDate' | 'issuedDate',
  text: string,
  dates: DateContext,
): PlainDate | undefined {
  const reading = readDayText(text, 'yyyy-MM-dd', dates);
  if (reading.kind === 'day') return parsePlainDate(reading.day);
  return reader.refuse(role, 'dayImplausible', { text });
}

/** A reference that begins as ISO 11649 must have the right check digits: a slip would never match. */
function readReference(reader: RowReader): string | undefined {
  const text = reader.text('creditorReference');
  if (text === undefined) return undefined;
  const compact = text.replace(/\s/g, '').toUpperCase();
  if (!/^RF\d{2}[0-9A-Z]+$/.test(compact)) return text;
  return isCreditorReference(compact)
    ? compact
    : reader.refuse('creditorReference', 'referenceInvalid', { text: text.slice(0, SHOWN_MAX) });
}

/** A value beyond the named columns says that separators or quotation marks are wrong. */
function refuseStrays(
  { cells }: ImportRow,
  columns: readonly AssignedColumn[],
  reader: RowReader,
): void {
  const stray = cells
    .slice(columns.length)
    .map(textOf)
    .find((text) => text !== '');
  if (stray !== undefined) {
    reader.refuse(undefined, 'strayValue', { text: stray.slice(0, SHOWN_MAX) });
  }
}

function hasAnything(words: {
  readonly number?: string | undefined;
  readonly counterpartyName?: string | undefined;
  readonly counterpartyKey?: string | undefined;
  readonly counterpartyAccount?: string | undefined;
  readonly creditorReference?: string | undefined;
  readonly virtualAccount?: string | undefined;
  readonly description: string;
}): boolean {
  const { description, ...keys } = words;
  const known = [
    keys.number,
    keys.counterpartyName,
    keys.counterpartyKey,
    keys.counterpartyAccount,
    keys.creditorReference,
    keys.virtualAccount,
  ];
  return description !== '' || known.some((text) => text !== undefined);
}

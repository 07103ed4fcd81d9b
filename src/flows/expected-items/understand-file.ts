import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PlainDate } from '#core/dates.ts';
import type { CurrencyCode } from '#core/money.ts';
import { assignRoles } from './assign-roles.ts';
import type { AssignedColumn } from './assign-roles.ts';
import { foldColumnName, sideOfHeader } from './column-roles.ts';
import { decideFormats } from './decide-formats.ts';
import type { Formats } from './decide-formats.ts';
import { decodeText } from './decode-text.ts';
import { findHead } from './find-head.ts';
import type { TableHead } from './find-head.ts';
import {
  FILE_BYTES_MAX,
  ROWS_MAX,
  textOf,
  tooManyRows,
  unfitAnswer,
  unreadable,
} from './import-table.ts';
import type { ImportRow, ImportTable } from './import-table.ts';
import { itemSides } from './import-words.ts';
import type {
  ImportAnswers,
  ImportMapping,
  ImportQuestion,
  ItemProblem,
  ItemSide,
} from './import-words.ts';
import { currencyNamedBy } from './number-formats.ts';
import { readCsv } from './read-csv.ts';
import { negativeMeanings, readItemRow } from './read-item-row.ts';
import type { ItemDraft, NegativeMeaning, RowContext } from './read-item-row.ts';
import { readXlsx } from './read-xlsx.ts';

export interface UnderstandOptions {
  readonly answers: ImportAnswers;
  readonly today: PlainDate;
  /** Currencies of the organisation's accounts, from which people choose. */
  readonly currencies: readonly CurrencyCode[];
  /** How files with these names of columns were read before. */
  readonly recall: (headDigest: Buffer) => Promise<ImportMapping | undefined>;
}

/** A file as it was understood: what to ask, or its documents and what is wrong with the others. */
export interface Understanding {
  readonly table: ImportTable | undefined;
  readonly head: TableHead | undefined;
  readonly columns: readonly AssignedColumn[];
  readonly formats: Formats | undefined;
  readonly side: ItemSide | undefined;
  readonly currency: CurrencyCode | undefined;
  readonly questions: readonly ImportQuestion[];
  readonly drafts: readonly ItemDraft[];
  readonly problems: readonly ItemProblem[];
  /** Rows below the head, rows of sums left out. */
  readonly rowCount: number;
  readonly refusedRows: number;
  readonly totalRows: number;
  /** To be remembered, when the file is taken. */
  readonly mapping: ImportMapping;
  readonly isMappingKnown: boolean;
}

/**
 * Understands a file as documents, by evidence over all of its rows. Where the evidence leaves a
 * choice it asks, and an answer counts for this file; what was answered before for files with the
 * same names of columns settles only what is open.
 */
export async function understandFile(
  bytes: Uint8Array,
  options: UnderstandOptions,
): Promise<Understanding> {
  const table = await readTable(bytes, options);
  if ('question' in table) return asking([table.question], options);
  const head = findHead(table, options.answers);
  if ('options' in head) return asking([head], options, table);
  if (head.body.length > ROWS_MAX) throw tooManyRows();
  if (head.body.length === 0) throw unreadable('there is no row below the names of the columns');
  const mapping = await options.recall(head.digest);
  return understandRows({ table, head, mapping, options });
}

async function readTable(
  bytes: Uint8Array,
  options: UnderstandOptions,
): Promise<ImportTable | { readonly question: ImportQuestion }> {
  const { answers } = options;
  if (bytes.byteLength === 0) throw unreadable('it is empty');
  if (bytes.byteLength > FILE_BYTES_MAX) {
    throw unreadable(`it has more than ${FILE_BYTES_MAX / 1024 / 1024} MB; split it`);
  }
  if (startsWith(bytes, [0x50, 0x4b, 0x03, 0x04])) {
    const read = await readXlsx(bytes, answers['sheet']);
    return 'options' in read ? { question: read } : read;
  }
  if (startsWith(bytes, [0xd0, 0xcf, 0x11, 0xe0])) {
    throw unreadable('it is an old or encrypted workbook; save it as XLSX without a password');
  }
  if (startsWith(bytes, [0x25, 0x50, 0x44, 0x46])) throw unreadable('it is a PDF, and no table');
  const decoding = decodeText(bytes, answers['encoding']);
  if (decoding.kind === 'known') return readCsv(decoding.decoded, answers['delimiter']);
  const before = await recallEncoding(
    decoding.readings.map((one) => readCsv(one, answers['delimiter'])),
    options,
  );
  return before ?? { question: decoding.question };
}

/** The letters under which the names of the columns are those of a file that was read before. */
async function recallEncoding(
  tables: readonly ImportTable[],
  { answers, recall }: UnderstandOptions,
): Promise<ImportTable | undefined> {
  for (const table of tables) {
    const head = findHead(table, answers);
    const mapping = 'options' in head ? undefined : await recall(head.digest);
    if (mapping?.answers['encoding'] === table.encoding) return table;
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, place) => bytes[place] === byte);
}

function asking(
  questions: readonly ImportQuestion[],
  { answers }: UnderstandOptions,
  table?: ImportTable,
): Understanding {
  return {
    table,
    head: undefined,
    columns: [],
    formats: undefined,
    side: undefined,
    currency: undefined,
    questions,
    drafts: [],
    problems: [],
    rowCount: 0,
    refusedRows: 0,
    totalRows: 0,
    mapping: { columns: {}, answers },
    isMappingKnown: false,
  };
}

async function understandRows(input: {
  readonly table: ImportTable;
  readonly head: TableHead;
  readonly mapping: ImportMapping | undefined;
  readonly options: UnderstandOptions;
}): Promise<Understanding> {
  const { table, head, mapping, options } = input;
  const { answers, today } = options;
  const remembered = mapping?.answers ?? {};
  const assigned = assignRoles(head, answers, mapping);
  const { columns } = assigned;
  const questions = [...assigned.questions];
  const wishes = { answers, remembered };
  const currency = decideCurrency(head, columns, wishes, options, questions);
  const context = { today, isThai: isThai(head) };
  const decided = await decideFormats({
    table,
    head,
    columns,
    answers,
    remembered,
    context,
    currencyOf: currencyOfRow(columns, currency),
  });
  const { formats } = decided;
  questions.push(...decided.questions);
  const negatives = decideNegatives(formats, columns, wishes, questions);
  const side = decideSide(columns, wishes, negatives, questions);
  const read = await readRows(head.body, {
    columns,
    formats,
    dates: context,
    days: new Map(),
    currency,
    side,
    negatives: negatives ?? 'refuse',
  });
  return {
    table,
    head,
    columns,
    formats,
    side,
    currency,
    questions,
    ...read,
    mapping: toMapping(columns, table, { ...remembered, ...answers }),
    isMappingKnown: mapping !== undefined,
  };
}

function isThai({ headers, body }: TableHead): boolean {
  const sample = body.slice(0, 200).flatMap(({ cells }) => cells.map(textOf));
  return [...headers, ...sample].some((text) => /[\u0e01-\u0e5b]/.test(text));
}

interface Wishes {
  readonly answers: ImportAnswers;
  readonly remembered: ImportAnswers;
}

/** The currency of rows that name none: in the header of an amount, or as people say. */
function decideCurrency(
  head: TableHead,
  columns: readonly AssignedColumn[],
  { answers, remembered }: Wishes,
  { currencies }: UnderstandOptions,
  questions: ImportQuestion[],
): CurrencyCode | undefined {
  const answer = answers['currency'];
  if (answer !== undefined) {
    const named = currencyNamedBy(answer);
    if (!named) throw unfitAnswer('currency', answer);
    return named;
  }
  const inHeader = currencyOfHeaders(columns);
  if (inHeader) return inHeader;
  const before = currencyNamedBy(remembered['currency'] ?? '');
  if (before) return before;
  const missing = head.body.find((row) => currencyOfRow(columns, undefined)(row) === undefined);
  // A column of currencies that is empty somewhere is a slip in that row, not a habit of the file.
  if (!missing || columns.some(({ role }) => role === 'currency')) return undefined;
  questions.push({
    key: 'currency',
    code: 'currency',
    values: { row: String(missing.number) },
    options: currencies.map((currency) => ({ answer: currency, example: currency })),
  });
  return undefined;
}

function currencyOfHeaders(columns: readonly AssignedColumn[]): CurrencyCode | undefined {
  const named = columns
    .filter(({ role }) => role !== undefined && amountNames.has(role))
    .flatMap(({ header }) => header.split(/[\s()（）[\]/,.:_-]+/))
    .map((word) =>
      /^[A-Z]{3}$|^Rp$|^HK\$$|^RM$|^RMB$/.test(word) ? currencyNamedBy(word) : undefined,
    )
    .filter((currency) => currency !== undefined);
  const [only] = named;
  return only && named.every((one) => one === only) ? only : undefined;
}

const amountNames: ReadonlySet<string> = new Set([
  'amount',
  'openAmount',
  'amountMin',
  'amountMax',
]);

function currencyOfRow(columns: readonly AssignedColumn[], byDefault: CurrencyCode | undefined) {
  const place = columns.find(({ role }) => role === 'currency')?.place ?? -1;
  const amounts = columns.filter(({ role }) => role !== undefined && amountNames.has(role));
  return ({ cells }: ImportRow): CurrencyCode | undefined => {
    const named = currencyNamedBy(textOf(cells[place]));
    if (named) return named;
    for (const column of amounts) {
      const sign = textOf(cells[column.place]).replace(/[\d.,'’\s()+-]/g, '');
      const currency = sign === '' ? undefined : currencyNamedBy(sign);
      if (currency) return currency;
    }
    return byDefault;
  };
}

function decideNegatives(
  { hasNegatives }: Formats,
  columns: readonly AssignedColumn[],
  { answers, remembered }: Wishes,
  questions: ImportQuestion[],
): NegativeMeaning | undefined {
  const answer = answers['negativeAmounts'];
  const chosen = negativeMeanings.find((one) => one === (answer ?? remembered['negativeAmounts']));
  if (answer !== undefined && !chosen) throw unfitAnswer('negativeAmounts', answer);
  if (chosen || !hasNegatives) return chosen;
  const hasDirection = columns.some(({ role }) => role === 'direction');
  const options = negativeMeanings.filter((one) => !hasDirection || one !== 'direction');
  questions.push({
    key: 'negativeAmounts',
    code: 'negativeAmounts',
    values: {},
    options: options.map((one) => ({ answer: one, example: '' })),
  });
  return undefined;
}

/** Whose documents these are: each row says it, or the name of the other side's column does. */
function decideSide(
  columns: readonly AssignedColumn[],
  { answers, remembered }: Wishes,
  negatives: NegativeMeaning | undefined,
  questions: ImportQuestion[],
): ItemSide | undefined {
  const answer = answers['direction'];
  const wished = itemSides.find((side) => side === answer);
  if (answer !== undefined && !wished) throw unfitAnswer('direction', answer);
  if (wished) return wished;
  const sides = new Set(
    columns
      .filter(({ role }) => role === 'counterparty' || role === 'counterpartyKey')
      .map(({ header }) => sideOfHeader(header))
      .filter((side) => side !== undefined),
  );
  const [byHeader] = sides.size === 1 ? sides : [];
  const before = itemSides.find((side) => side === remembered['direction']);
  const hasDirection = columns.some(({ role }) => role === 'direction');
  if (byHeader ?? before) return byHeader ?? before;
  if (hasDirection || negatives === 'direction') return undefined;
  const options = itemSides.map((side) => ({ answer: side, example: '' }));
  questions.push({ key: 'direction', code: 'direction', values: {}, options });
  return undefined;
}

/** Rows that are read before others have their turn: bells ring while a file is understood. */
const ROWS_AT_ONCE = 500;

async function readRows(rows: readonly ImportRow[], context: RowContext) {
  const drafts: ItemDraft[] = [];
  const problems: ItemProblem[] = [];
  let refusedRows = 0;
  let totalRows = 0;
  for (const [index, row] of rows.entries()) {
    if (index % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await nextTurn();
    const read = readItemRow(row, context);
    if (read.kind === 'item') drafts.push(read.draft);
    else if (read.kind === 'total') totalRows += 1;
    else {
      refusedRows += 1;
      problems.push(...read.problems);
    }
  }
  return { drafts, problems, refusedRows, totalRows, rowCount: rows.length - totalRows };
}

/** Answers of this file alone are not remembered: which sheet, which row. */
const notRemembered: ReadonlySet<string> = new Set(['sheet', 'headerRow']);

function toMapping(
  columns: readonly AssignedColumn[],
  table: ImportTable,
  answers: ImportAnswers,
): ImportMapping {
  const roles = columns
    .filter(({ header }) => header !== '')
    .map(({ header, role }) => [foldColumnName(header), role ?? 'ignore'] as const);
  const kept = Object.entries(answers).filter(
    ([key]) => !notRemembered.has(key) && !key.startsWith('column.'),
  );
  const encoding = table.encoding === undefined ? {} : { encoding: table.encoding };
  return {
    columns: Object.fromEntries(roles),
    answers: { ...Object.fromEntries(kept), ...encoding },
  };
}

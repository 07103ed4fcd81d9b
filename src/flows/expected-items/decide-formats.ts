import { setImmediate as nextTurn } from 'node:timers/promises';
import { exponentOf } from '#core/money.ts';
import type { CurrencyCode } from '#core/money.ts';
import type { AssignedColumn } from './assign-roles.ts';
import { dateFormats, dayNumberings, dayOfNumber, dayUnder, isDayNumber } from './date-formats.ts';
import type { DateContext, DateFormat, DayNumbering } from './date-formats.ts';
import { weighFormats } from './evidence.ts';
import type { Verdict, Witness } from './evidence.ts';
import type { TableHead } from './find-head.ts';
import { unfitAnswer } from './import-table.ts';
import type { ImportTable } from './import-table.ts';
import { amountRoles, dateRoles } from './import-words.ts';
import type { ImportAnswers, ImportQuestion } from './import-words.ts';
import { bareAmount, decimalMarks, decimalUnder, fitsCurrency } from './number-formats.ts';
import type { BareAmount, DecimalMark } from './number-formats.ts';

/** How a format came to be chosen, for those who look at the first rows. */
export interface ChosenFormat<Format extends string> {
  readonly format: Format;
  /** `same`: every way of reading gives the same. */
  readonly basis: 'answer' | 'proven' | 'same' | 'mapping' | 'otherColumn';
  /** The row that proves it. */
  readonly witness?: Witness;
}

export interface Formats {
  /** By place of the column. */
  readonly dates: ReadonlyMap<number, ChosenFormat<DateFormat>>;
  readonly dayNumbers: DayNumbering | undefined;
  readonly decimalMark: ChosenFormat<DecimalMark>;
  readonly hasNegatives: boolean;
}

export interface FormatInput {
  readonly table: ImportTable;
  readonly head: TableHead;
  readonly columns: readonly AssignedColumn[];
  readonly answers: ImportAnswers;
  /** Answers that were given for files of this kind; they decide only what is open. */
  readonly remembered: ImportAnswers;
  readonly context: DateContext;
  /** Currency of a row, where it can be told. */
  readonly currencyOf: (
    cells: TableHead['body'][number],
    amount: BareAmount,
  ) => CurrencyCode | undefined;
}

/** Decides date and number formats by all rows together, and asks where they leave a choice. */
export async function decideFormats(input: FormatInput): Promise<{
  readonly formats: Formats;
  readonly questions: readonly ImportQuestion[];
}> {
  const questions: ImportQuestion[] = [];
  const dates = decideDates(input, questions);
  const dayNumbers = decideDayNumbers(input, questions);
  const { values, hasNegatives } = await amountValues(input);
  const decimalMark = decideDecimalMark(input, values, questions);
  return { formats: { dates, dayNumbers, decimalMark, hasNegatives }, questions };
}

function decideDates(
  input: FormatInput,
  questions: ImportQuestion[],
): ReadonlyMap<number, ChosenFormat<DateFormat>> {
  const { answers, remembered, context } = input;
  const answer = answerOf(answers, 'dateFormat', dateFormats);
  const chosen = new Map<number, ChosenFormat<DateFormat>>();
  const open: { readonly column: AssignedColumn; readonly verdict: Verdict<DateFormat> }[] = [];
  for (const column of columnsOf(input, dateRoles)) {
    const values = textsAt(input.head, column.place);
    const verdict = weighFormats(values, dateFormats, ({ text }, format) =>
      dayUnder(text, format, context),
    );
    const known = answer ? ({ format: answer, basis: 'answer' } as const) : chosenBy(verdict);
    // Nothing is written there in words of any format: each row tells for itself.
    if (verdict.kind === 'unreadable') continue;
    if (known) chosen.set(column.place, known);
    else open.push({ column, verdict });
  }
  const proven = new Set(
    [...chosen.values()].filter(({ basis }) => basis === 'proven').map(({ format }) => format),
  );
  const [byOthers] = proven.size === 1 ? proven : [];
  for (const { column, verdict } of open) {
    const settled = settleDate(verdict, byOthers, remembered);
    if (settled) chosen.set(column.place, settled);
    else if (!questions.some(({ key }) => key === 'dateFormat')) {
      questions.push(dateQuestion(column, verdict, context));
    }
  }
  return chosen;
}

/** One program writes one file: what another column proves holds here, if it can. */
function settleDate(
  verdict: Verdict<DateFormat>,
  byOthers: DateFormat | undefined,
  remembered: ImportAnswers,
): ChosenFormat<DateFormat> | undefined {
  if (verdict.kind !== 'ambiguous') return undefined;
  if (byOthers && verdict.formats.includes(byOthers)) {
    return { format: byOthers, basis: 'otherColumn' };
  }
  const before = verdict.formats.find((format) => format === remembered['dateFormat']);
  return before ? { format: before, basis: 'mapping' } : undefined;
}

function chosenBy<Format extends string>(
  verdict: Verdict<Format>,
): ChosenFormat<Format> | undefined {
  if (verdict.kind === 'proven') {
    return { format: verdict.format, basis: 'proven', witness: verdict.witness };
  }
  return verdict.kind === 'same' ? { format: verdict.format, basis: 'same' } : undefined;
}

function dateQuestion(
  column: AssignedColumn,
  verdict: Verdict<DateFormat>,
  context: DateContext,
): ImportQuestion {
  const { text, row } = 'witness' in verdict ? verdict.witness : { text: '', row: 0 };
  const formats = 'formats' in verdict ? verdict.formats : dateFormats;
  return {
    key: 'dateFormat',
    code: 'dateFormat',
    values: { column: column.header, row: String(row), text },
    options: formats.map((format) => ({
      answer: format,
      example: `${text} → ${dayUnder(text, format, context) ?? '–'}`,
    })),
  };
}

function decideDayNumbers(
  input: FormatInput,
  questions: ImportQuestion[],
): DayNumbering | undefined {
  const { answers, remembered, context, head, table } = input;
  const answer = answerOf(answers, 'dayNumbers', dayNumberings);
  if (answer ?? table.dayNumbering) return answer ?? table.dayNumbering;
  const values = columnsOf(input, dateRoles)
    .flatMap(({ place }) => textsAt(head, place))
    .filter(({ text }) => isDayNumber(text));
  const verdict = weighFormats(values, dayNumberings, ({ text }, numbering) =>
    dayOfNumber(text, numbering, context),
  );
  if (verdict.kind === 'unreadable') return undefined;
  const known = chosenBy(verdict)?.format;
  const before = dayNumberings.find((one) => one === remembered['dayNumbers']);
  if (known ?? before) return known ?? before;
  const { text } = 'witness' in verdict ? verdict.witness : { text: '' };
  questions.push({
    key: 'dayNumbers',
    code: 'dayNumbers',
    values: { text },
    options: dayNumberings.map((numbering) => ({
      answer: numbering,
      example: `${text} → ${dayOfNumber(text, numbering, context) ?? '–'}`,
    })),
  });
  return undefined;
}

/** Rows that are read before others have their turn. */
const ROWS_AT_ONCE = 2_000;

interface AmountValue extends Witness {
  readonly digits: string;
  readonly exponent: number | undefined;
}

/** Every written amount once for each currency, and whether any is below zero. */
async function amountValues({ head, columns, currencyOf }: FormatInput): Promise<{
  readonly values: readonly AmountValue[];
  readonly hasNegatives: boolean;
}> {
  const places = columnsOf({ columns }, amountRoles).map(({ place }) => place);
  const values = new Map<string, AmountValue>();
  let hasNegatives = false;
  for (const [index, row] of head.body.entries()) {
    if (index % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await nextTurn();
    for (const place of places) {
      const cell = row.cells[place];
      if (typeof cell === 'object') {
        hasNegatives ||= cell.kind === 'number' && cell.text.startsWith('-');
        continue;
      }
      const bare = cell === undefined || cell === '' ? undefined : bareAmount(cell);
      if (!bare || cell === undefined) continue;
      hasNegatives ||= bare.isNegative;
      const currency = currencyOf(row, bare);
      const exponent = currency && exponentOf(currency);
      const key = `${bare.digits}/${exponent ?? ''}`;
      if (!values.has(key)) {
        values.set(key, { row: row.number, text: cell, digits: bare.digits, exponent });
      }
    }
  }
  return { values: [...values.values()], hasNegatives };
}

function decideDecimalMark(
  { answers, remembered }: FormatInput,
  values: readonly AmountValue[],
  questions: ImportQuestion[],
): ChosenFormat<DecimalMark> {
  const answer = answerOf(answers, 'decimalMark', decimalMarks);
  if (answer) return { format: answer, basis: 'answer' };
  const verdict = weighFormats(values, decimalMarks, readAmount);
  const known = chosenBy(verdict);
  if (known) return known;
  if (verdict.kind === 'unreadable') return { format: '.', basis: 'same' };
  const before = decimalMarks.find((mark) => mark === remembered['decimalMark']);
  if (verdict.kind === 'ambiguous' && before) return { format: before, basis: 'mapping' };
  const witness = 'witness' in verdict ? verdict.witness : { row: 0, text: '' };
  const value = values.find(({ row, text }) => row === witness.row && text === witness.text);
  questions.push({
    key: 'decimalMark',
    code: 'decimalMark',
    values: { text: witness.text, row: String(witness.row) },
    options: decimalMarks.map((mark) => ({
      answer: mark,
      example: `${witness.text} → ${(value && readAmount(value, mark)) ?? '–'}`,
    })),
  });
  return { format: '.', basis: 'same' };
}

function readAmount({ digits, exponent }: AmountValue, mark: DecimalMark): string | undefined {
  const decimal = decimalUnder(digits, mark);
  if (decimal === undefined) return undefined;
  if (exponent !== undefined && !fitsCurrency(decimal, exponent)) return undefined;
  // Trailing zeros are no difference: 1250.00 and 1250 are one amount.
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}

function answerOf<Answer extends string>(
  answers: ImportAnswers,
  key: string,
  known: readonly Answer[],
): Answer | undefined {
  const text = answers[key];
  if (text === undefined) return undefined;
  const found = known.find((one) => one.toLowerCase() === text.trim().toLowerCase());
  if (found) return found;
  throw unfitAnswer(key, text);
}

function columnsOf(
  { columns }: Pick<FormatInput, 'columns'>,
  roles: readonly string[],
): readonly AssignedColumn[] {
  return columns.filter(({ role }) => role !== undefined && roles.includes(role));
}

/** Every different text of a column with the first row in which it stands. */
function textsAt({ body }: TableHead, place: number): Witness[] {
  const seen = new Map<string, Witness>();
  for (const { number, cells } of body) {
    const cell = cells[place];
    if (typeof cell !== 'string' || cell === '' || seen.has(cell)) continue;
    seen.set(cell, { row: number, text: cell });
  }
  return [...seen.values()];
}

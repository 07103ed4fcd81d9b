/** What a column of a file may hold. */
export const columnRoles = [
  'number',
  'counterparty',
  'counterpartyKey',
  'counterpartyAccount',
  'amount',
  'amountMin',
  'amountMax',
  'openAmount',
  'currency',
  'dueDate',
  'issuedDate',
  'direction',
  'creditorReference',
  'virtualAccount',
  'text',
] as const;
export type ColumnRole = (typeof columnRoles)[number];

export const amountRoles = ['amount', 'amountMin', 'amountMax', 'openAmount'] as const;
export const dateRoles = ['dueDate', 'issuedDate'] as const;

/** Whose document it is: ours to a customer, or a supplier's to us. */
export const itemSides = ['receivable', 'payable'] as const;
export type ItemSide = (typeof itemSides)[number];

/** Why a row is refused; the sentence is `items.problem.<code>`. */
export const itemProblemCodes = [
  'amountMissing',
  'amountUnreadable',
  'amountZero',
  'amountNegative',
  'tooManyDecimals',
  'tooManyDigits',
  'boundsTurned',
  'openAboveAmount',
  'currencyMissing',
  'currencyUnknown',
  'currencyContradicts',
  'dayUnreadable',
  'dayImplausible',
  'dayHasZone',
  'directionUnknown',
  'directionMissing',
  'referenceInvalid',
  'nothingToRecognise',
  'textTooLong',
  'formulaWithoutValue',
  'errorCell',
  'hiddenRow',
  'strayValue',
  'rowRepeated',
  'numberRepeated',
] as const;
export type ItemProblemCode = (typeof itemProblemCodes)[number];

/** One thing that is wrong with one row. */
export interface ItemProblem {
  readonly row: number;
  /** Header of the column, as it stands in the file; empty: the row as a whole. */
  readonly column: string;
  readonly code: ItemProblemCode;
  readonly values: Readonly<Record<string, string>>;
}

/** What only people can say of a file; the sentence is `items.question.<code>`. */
export const questionCodes = [
  'encoding',
  'sheet',
  'headerRow',
  'column',
  'dateFormat',
  'dayNumbers',
  'decimalMark',
  'currency',
  'direction',
  'negativeAmounts',
] as const;
export type QuestionCode = (typeof questionCodes)[number];

export interface QuestionOption {
  /** What is given back, as in `--answer dateFormat=dd/MM/yyyy`. */
  readonly answer: string;
  /** What the file would say then: data of the file, in no language of ours. */
  readonly example: string;
}

/** Asked where the file proves nothing; never answered by guessing. */
export interface ImportQuestion {
  /** Name of the answer: the code, or `column.amount`. */
  readonly key: string;
  readonly code: QuestionCode;
  readonly values: Readonly<Record<string, string>>;
  readonly options: readonly QuestionOption[];
}

/** Answers by the key of their question. */
export type ImportAnswers = Readonly<Record<string, string>>;

/** How a file was understood, so that the next one of its kind asks nothing. */
export interface ImportMapping {
  /** Header as compared → role, or `ignore`. */
  readonly columns: Readonly<Record<string, ColumnRole | 'ignore'>>;
  readonly answers: ImportAnswers;
}

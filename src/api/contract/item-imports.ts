import { z } from 'zod';
import { changeChoices, importChoices } from '#core/item-changes.ts';
import { IdText, MoneyWire, Time } from './common.ts';

/** Answers to what a file asks: `answer=dateFormat=dd/MM/yyyy`, once for each. */
const answer = z.union([z.string().max(300), z.array(z.string().max(300)).max(40)]).optional();

export const ImportCheckQuery = z.object({
  answer,
  /** Id or name of a mapping; absent: the one that is remembered for these names of columns. */
  mapping: z.string().max(140).optional(),
});

export const ImportQuery = ImportCheckQuery.extend({
  fileName: z.string().max(200).optional(),
  /** `refuseAll`: one bad row stops the whole file. */
  choice: z.enum(importChoices).default('refuseAll'),
  changes: z.enum(changeChoices).default('propose'),
});

/** What only people can say of a file. */
export const ImportQuestionWire = z.object({
  key: z.string().meta({ examples: ['dateFormat'] }),
  question: z.string(),
  options: z.array(
    z.object({
      answer: z.string().meta({ examples: ['dd/MM/yyyy'] }),
      /** What the file says then. */
      example: z.string(),
    }),
  ),
});

export const ImportProblemWire = z.object({
  row: z.number().int(),
  column: z.string(),
  code: z.string(),
  problem: z.string(),
});

/** A row as it is understood. */
export const UnderstoodRowWire = z.object({
  row: z.number().int(),
  direction: z.enum(['receivable', 'payable']),
  kind: z.string(),
  number: z.string().optional(),
  counterpartyName: z.string().optional(),
  counterpartyKey: z.string().optional(),
  counterpartyAccount: z.string().optional(),
  amount: MoneyWire,
  amountMin: MoneyWire.optional(),
  open: MoneyWire.optional(),
  issuedOn: z.string().optional(),
  dueOn: z.string().optional(),
  creditorReference: z.string().optional(),
  virtualAccount: z.string().optional(),
  description: z.string(),
});

/** Why something is read as it is; `proof` is the row that leaves no other way. */
const basis = z.object({
  basis: z.string(),
  proof: z.object({ row: z.number().int(), text: z.string() }).optional(),
});

export const ImportCheckWire = z.object({
  format: z.object({
    kind: z.enum(['csv', 'xlsx']).optional(),
    encoding: z.string().optional(),
    delimiter: z.string().optional(),
    sheet: z.string().optional(),
    headerRow: z.number().int().optional(),
    decimalMark: basis.extend({ mark: z.enum(['.', ',']) }).optional(),
    dates: z.array(basis.extend({ column: z.string(), format: z.string() })),
    currency: z.string().optional(),
    direction: z.enum(['receivable', 'payable']).optional(),
  }),
  columns: z.array(
    z.object({
      header: z.string(),
      /** Absent: passed over. */
      role: z.string().optional(),
      roleName: z.string().optional(),
      basis: z.enum(['answer', 'mapping', 'header', 'content', 'none']),
    }),
  ),
  questions: z.array(ImportQuestionWire),
  rowsRead: z.number().int(),
  rowsGood: z.number().int(),
  rowsRefused: z.number().int(),
  /** Rows of sums, which are left out. */
  rowsOfTotals: z.number().int(),
  /** By currency and direction, of the good rows. */
  totals: z.array(
    z.object({
      direction: z.enum(['credit', 'debit']),
      count: z.number().int(),
      sum: MoneyWire,
    }),
  ),
  /** The first rows as understood. */
  preview: z.array(UnderstoodRowWire),
  /** The first of them. */
  problems: z.array(ImportProblemWire),
  isMappingKnown: z.boolean(),
});

const counts = {
  rowsRead: z.number().int(),
  rowsTaken: z.number().int(),
  rowsKnown: z.number().int(),
  rowsRefused: z.number().int(),
};

export const ItemImportWire = z.object({
  importId: IdText,
  fileName: z.string(),
  digest: z.string(),
  ...counts,
  problems: z.array(ImportProblemWire),
  createdBy: z.string(),
  createdAt: Time,
});

export const ImportResultWire = z.object({
  /** The import that took the rows; of a file that was taken before, that one. */
  importId: IdText.optional(),
  /** Exactly this file was taken before. */
  isRepeated: z.boolean(),
  ...counts,
  changes: z.array(
    z.object({
      row: z.number().int(),
      changeId: IdText,
      itemId: IdText,
      rule: z.string(),
      explanation: z.string(),
      isApplied: z.boolean(),
      before: z.record(z.string(), z.string()),
      after: z.record(z.string(), z.string()),
    }),
  ),
  problems: z.array(ImportProblemWire),
});

export const ImportMappingWire = z.object({
  mappingId: IdText,
  name: z.string(),
  mapping: z.unknown(),
  createdBy: z.string(),
  createdAt: Time,
  usedAt: Time,
});
export const ImportCancellationWire = z.object({
  cancelled: z.number().int(),
  /** Something is matched to them, so they stay. */
  kept: z.number().int(),
});

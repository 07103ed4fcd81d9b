import { z } from 'zod';
import { paymentPurposes, paymentStates } from '#core/payments.ts';
import { Day, IdText, MoneyWire, Name, PageQuery, Time } from './common.ts';
import { CancellationWire } from './payments.ts';

/** A row as text; what is wrong with it is told with all others, not one by one. */
const Cell = z.string().max(2_000).optional();
export const BatchRowNew = z.strictObject({
  beneficiaryId: Cell,
  creditorName: Cell,
  creditorAccount: Cell,
  creditorAgent: Cell,
  amount: Cell.meta({ examples: ['1250000.00'] }),
  currency: Cell,
  purpose: Cell,
  remittanceInformation: Cell,
  requestedExecutionDate: Cell.meta({ examples: ['2026-11-27'] }),
  rail: Cell,
});

const options = {
  accountId: IdText,
  name: Name.optional(),
  fileName: z.string().max(200).optional(),
  /** What rows that say nothing of it are for. */
  purpose: z.enum(paymentPurposes).default('other'),
};

export const BatchNew = z.strictObject({
  ...options,
  rows: z.array(BatchRowNew).min(1).max(2_000),
  /** Only tells what would come of it. */
  dryRun: z.boolean().default(false),
  /** Leaves out rows that are not right; else one of them stops all. */
  onlyValid: z.boolean().default(false),
  /** The same payments were uploaded before, and are meant once more. */
  repeat: z.boolean().default(false),
  draft: z.boolean().default(false),
});

const Switch = z.stringbool().default(false);

/** The same for a file, in the query. */
export const BatchFileQuery = z.strictObject({
  ...options,
  dryRun: Switch,
  onlyValid: Switch,
  repeat: Switch,
  draft: Switch,
  /** Of text that is not UTF-8, such as `gb18030`. */
  encoding: z.string().max(30).optional(),
  delimiter: z.string().length(1).optional(),
  decimalMark: z.enum(['.', ',']).optional(),
  /** Of a workbook with several. */
  sheet: z.string().max(60).optional(),
  /** Headers that we do not know, such as `amount=Betrag,creditorAccount=Konto`. */
  columns: z.string().max(1_000).optional(),
  /** Headers that are passed over, separated by commas. */
  ignore: z.string().max(1_000).optional(),
});

export const BatchProblemWire = z.object({
  /** As people see it in their editor; 0 is the file as a whole. */
  row: z.number().int(),
  column: z.string(),
  problem: z.string(),
  fix: z.string(),
});

export const BatchWire = z.object({
  batchId: IdText,
  name: z.string(),
  accountId: IdText,
  fileName: z.string().optional(),
  maker: z.string(),
  itemCount: z.number().int(),
  total: MoneyWire,
  createdAt: Time,
  /** How many of its payments stand where, and their sum. */
  counts: z.array(
    z.object({ state: z.enum(paymentStates), count: z.number().int(), sum: MoneyWire }),
  ),
});

export const BatchDetailWire = BatchWire.extend({
  /** What one word to the batch would cover; `approvalDigest` is what that word must name. */
  waiting: z.object({
    count: z.number().int(),
    total: MoneyWire,
    approvalDigest: z.string().optional(),
  }),
});

export const BatchResultWire = z.object({
  /** Absent after a dry run. */
  batch: BatchWire.optional(),
  validRows: z.number().int(),
  total: MoneyWire,
  problems: z.array(BatchProblemWire),
  /** The batch that asked for the same payments before. */
  repeats: IdText.optional(),
});

export const BatchesQuery = PageQuery.extend({ accountId: IdText.optional() });

export const BatchAnswerNew = z.strictObject({
  /** `approvalDigest` of the batch as it was shown; another one is refused. */
  digest: z.string().min(1).max(128),
  remark: z.string().max(400).optional(),
});

export const BatchAnswerWire = z.object({ decided: z.number().int(), total: MoneyWire });

export const BatchCancellationWire = z.object({
  cancelled: z.number().int(),
  bankAsked: z.number().int(),
  /** Payments that cannot be taken back, with the sentence that says why. */
  kept: z.array(z.object({ paymentId: IdText, item: z.number().int(), reason: z.string() })),
  note: CancellationWire.shape.note,
});

export const BankHolidayWire = z.object({
  country: z.string().length(2),
  day: Day,
  /** True: banks do business although it is a weekend or a holiday. */
  isOpen: z.boolean(),
  name: z.string().max(120).default(''),
});

export const BankHolidaysNew = z.strictObject({
  items: z.array(BankHolidayWire.strict()).min(1).max(1_000),
});

export const BankCalendarQuery = z.object({
  country: z.string().length(2),
  year: z.coerce.number().int().min(2000).max(2199).optional(),
});

export const BankCalendarWire = z.object({
  country: z.string(),
  year: z.number().int(),
  /** Weekdays on which banks rest: 1 Monday … 7 Sunday. */
  weekend: z.array(z.number().int()),
  /** What our calendar of this country does not know, in the caller's language. */
  warning: z.string().optional(),
  items: z.array(
    z.object({
      day: Day,
      isOpen: z.boolean(),
      name: z.string(),
      source: z.enum(['calendar', 'organisation']),
    }),
  ),
});

import { z } from 'zod';
import { languages } from '#core/languages.ts';
import { reportFormats, reportKinds, reportPeriods } from '#core/reports.ts';
import { Day, IdText, Name, PageQuery, Time } from './common.ts';

const Currency = z
  .string()
  .length(3)
  .meta({ examples: ['IDR'] });
/** Decimal text, never a JSON number. */
const Rate = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,12})?$/)
  .meta({ examples: ['16250.50'] });
const Zone = z
  .string()
  .max(60)
  .meta({ examples: ['Asia/Jakarta'] });

const about = {
  report: z.enum(reportKinds),
  /** Absent: all accounts that the maker may read. */
  accountIds: z.array(IdText).min(1).max(500).optional(),
  /** A time in words, or `from` and `to`; absent: what is usual for the report. */
  period: z.enum(reportPeriods).optional(),
  from: Day.optional(),
  to: Day.optional(),
  /** Currency of the converted total. */
  currency: Currency.optional(),
  formats: z.array(z.enum(reportFormats)).min(1).max(2).optional(),
  language: z.enum(languages).optional(),
  zone: Zone.optional(),
};

export const ReportNew = z.strictObject({
  ...about,
  /** Only what was known at this moment; absent: now. */
  asOf: Time.optional(),
  /** A group or a person of the DingTalk app that gets it as a card and files. */
  destinationId: IdText.optional(),
});

const SettledWire = z.object({
  accountIds: z.array(IdText).optional(),
  from: Day,
  to: Day,
  currency: Currency.optional(),
});

export const ReportFileWire = z.object({
  format: z.enum(reportFormats),
  fileName: z.string(),
  bytes: z.number().int(),
  sha256: z.string(),
  /** Files are kept for a time; the same order makes them again. */
  isGone: z.boolean(),
});

export const ReportWire = z.object({
  reportId: IdText,
  report: z.enum(reportKinds),
  settings: SettledWire,
  formats: z.array(z.enum(reportFormats)),
  language: z.enum(languages),
  zone: Zone,
  asOf: Time,
  state: z.enum(['making', 'ready', 'failed']),
  /** Why it failed, in the caller's language. */
  problem: z.string().optional(),
  code: z.string().optional(),
  destinationId: IdText.optional(),
  scheduleId: IdText.optional(),
  dueAt: Time.optional(),
  requestedBy: z.string(),
  createdAt: Time,
  readyAt: Time.optional(),
});

export const ReportDetailWire = ReportWire.extend({ files: z.array(ReportFileWire) });

export const ReportsQuery = PageQuery.extend({ report: z.enum(reportKinds).optional() });

export const ReportScheduleNew = z.strictObject({
  ...about,
  name: Name,
  rule: z
    .string()
    .max(200)
    .meta({ examples: ['FREQ=DAILY'] }),
  /** Time of day in the zone. */
  at: z.string().meta({ examples: ['08:30'] }),
  /** Country whose bank days count: what falls on a closed day is made on the next open one. */
  calendar: z
    .string()
    .length(2)
    .meta({ examples: ['ID'] })
    .optional(),
  startsOn: Day.optional(),
  destinationId: IdText,
});

export const ReportScheduleWire = z.object({
  scheduleId: IdText,
  name: z.string(),
  report: z.enum(reportKinds),
  settings: z.object({
    accountIds: z.array(IdText).optional(),
    period: z.enum(reportPeriods).optional(),
    from: Day.optional(),
    to: Day.optional(),
    currency: Currency.optional(),
  }),
  formats: z.array(z.enum(reportFormats)),
  language: z.enum(languages),
  zone: Zone,
  rule: z.string(),
  at: z.string(),
  calendar: z.string().optional(),
  startsOn: Day,
  destinationId: IdText,
  state: z.enum(['active', 'paused', 'removed']),
  nextAt: Time.optional(),
  lastAt: Time.optional(),
  createdBy: z.string(),
  createdAt: Time,
});

export const ExchangeRateNew = z.strictObject({
  /** One unit of it is so many of `quote`. */
  base: Currency,
  quote: Currency,
  rate: Rate,
  /** Where it comes from, as the report will say it. */
  source: z.string().min(1).max(120),
  /** For which moment it holds; absent: now. */
  asOf: Time.optional(),
});

export const ExchangeRateWire = z.object({
  base: Currency,
  quote: Currency,
  rate: Rate,
  source: z.string(),
  asOf: Time,
});

import { z } from 'zod';
import { Day, IdText, MoneyWire, PageQuery, Time } from './common.ts';

export const entryStates = ['pending', 'booked', 'corrected', 'reversed', 'withdrawn'] as const;

const Decimal = z.string().regex(/^\d{1,24}(\.\d{1,9})?$/);

export const EntriesQuery = PageQuery.extend({
  accountId: IdText.optional(),
  direction: z.enum(['credit', 'debit']).optional(),
  state: z.enum(entryStates).optional(),
  currency: z.string().length(3).optional(),
  /** First and last booking date, both included. */
  from: Day.optional(),
  to: Day.optional(),
  /** Both included; need `currency`. */
  minAmount: Decimal.optional(),
  maxAmount: Decimal.optional(),
  /** Part of the remittance information or of a reference. */
  text: z.string().min(2).max(100).optional(),
}).refine(
  ({ minAmount, maxAmount, currency }) =>
    currency !== undefined || (minAmount === undefined && maxAmount === undefined),
  { path: ['currency'], message: 'is needed together with minAmount or maxAmount' },
);

export const CounterpartyWire = z.object({
  name: z.string().optional(),
  account: z.string().optional(),
  agent: z.string().optional(),
});

export const EntryWire = z.object({
  entryId: IdText,
  accountId: IdText,
  version: z.number().int(),
  state: z.enum(entryStates),
  direction: z.enum(['credit', 'debit']),
  ...MoneyWire.shape,
  bookingDate: Day,
  valueDate: Day.optional(),
  counterparty: CounterpartyWire.optional(),
  remittanceInformation: z.string(),
  accountServicerReference: z.string().optional(),
  endToEndId: z.string().optional(),
  creditorReference: z.string().optional(),
  balanceAfter: MoneyWire.optional(),
  sources: z.array(z.string()),
  bookedAt: Time.optional(),
  seenAt: Time,
  /** When the last destination was told of the latest version. */
  toldAt: Time.optional(),
});

export const EntryVersionWire = z.object({
  version: z.number().int(),
  state: z.enum(entryStates),
  ...MoneyWire.shape,
  source: z.string(),
  inboundId: IdText.optional(),
  seenAt: Time,
  /** The whole report as we understood it. */
  report: z.record(z.string(), z.unknown()),
});

export const EntryDetailWire = EntryWire.extend({ versions: z.array(EntryVersionWire) });

export const inboundStates = ['stored', 'processed', 'quarantined', 'refused'] as const;

export const InboundQuery = PageQuery.extend({
  state: z.enum(inboundStates).optional(),
  connectionId: IdText.optional(),
});

export const InboundWire = z.object({
  inboundId: IdText,
  connectionId: IdText,
  receivedAt: Time,
  subpath: z.string(),
  remoteAddress: z.string(),
  state: z.enum(inboundStates),
  verifiedBy: z.string().optional(),
  refusalCode: z.string().optional(),
  /** Why, in the caller's language. */
  refusal: z.string().optional(),
  refusalDetails: z.record(z.string(), z.unknown()).optional(),
  problem: z.string().optional(),
  attempts: z.number().int(),
  processedAt: Time.optional(),
  digest: z.string(),
});

export const InboundDetailWire = InboundWire.extend({
  /** Without values that prove somebody; absent when the body is no longer kept. */
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
});

export const ReplayNew = z.strictObject({
  connectionId: IdText.optional(),
  /** Every quarantined message of the organisation. */
  all: z.literal(true).optional(),
});

export const ReplayWire = z.object({ replayed: z.number().int() });

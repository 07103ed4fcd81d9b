import { z } from 'zod';
import { matchReasonCodes } from '#core/match-reasons.ts';
import { Day, IdText, MoneyWire, PageQuery, Time } from './common.ts';

/** What belongs together, why, and who decided it. */

const matchKinds = [
  'single',
  'batch',
  'split',
  'manyToMany',
  'netting',
  'transfer',
  'payment',
] as const;
const matchStates = ['suggested', 'standing', 'refused', 'undone', 'superseded'] as const;
const bases = ['exactKey', 'uniqueSubset', 'score', 'memory', 'rule', 'person'] as const;

export const ReasonWire = z.object({
  code: z.enum(matchReasonCodes),
  values: z.record(z.string(), z.string()),
  /** The reason in the caller's language. */
  text: z.string(),
});

/** A line on either side of a match, as far as the caller may see it. */
export const MatchedEntryWire = z.object({
  entryId: IdText,
  accountId: IdText,
  direction: z.enum(['credit', 'debit']),
  bookingDate: Day,
  amount: MoneyWire.optional(),
  counterpartyName: z.string().optional(),
  remittanceInformation: z.string().optional(),
});
export const MatchedItemWire = z.object({
  itemId: IdText,
  kind: z.string(),
  direction: z.enum(['credit', 'debit']),
  number: z.string().optional(),
  dueOn: Day.optional(),
  amount: MoneyWire.optional(),
  counterpartyName: z.string().optional(),
});

export const MatchLegWire = z.object({
  role: z.enum(['allocation', 'netting', 'transfer', 'fee', 'exchange', 'tolerance']),
  entry: MatchedEntryWire.optional(),
  item: MatchedItemWire.optional(),
  otherEntryId: IdText.optional(),
  /** How much of the entry is used, and how much of the item it settles. */
  entryAmount: MoneyWire.optional(),
  itemAmount: MoneyWire.optional(),
  /** What is between them, from the organisation's view: a fee that was kept from it is negative. */
  residual: MoneyWire.optional(),
  rate: z.string().optional(),
  rateSource: z.string().optional(),
  toleranceRuleId: IdText.optional(),
});

const Alternative = z.object({
  entryIds: z.array(z.string()),
  itemIds: z.array(z.string()),
  probability: z.number(),
});

const proposal = {
  kind: z.enum(matchKinds),
  basis: z.enum(bases),
  probability: z.number().optional(),
  reasons: z.array(ReasonWire),
  whyNotAutomatic: ReasonWire.optional(),
  alternatives: z.array(Alternative),
  legs: z.array(MatchLegWire),
  /** Amounts, names and reasons are left out: the caller may not read this account, or so much. */
  isMasked: z.boolean(),
};

export const MatchWire = z.object({
  matchId: IdText,
  runId: IdText.optional(),
  state: z.enum(matchStates),
  decision: z.enum(['automatic', 'person', 'none']),
  ...proposal,
  decidedBy: z.string().optional(),
  decidedAt: Time.optional(),
  undoneBy: z.string().optional(),
  undoneAt: Time.optional(),
  undoReason: z.string().optional(),
  reversesMatchId: IdText.optional(),
  version: z.number().int(),
  createdAt: Time,
});

export const ProposalWire = z.object({
  decision: z.enum(['automatic', 'suggested']),
  ...proposal,
});

export const MatchesQuery = PageQuery.extend({
  state: z.enum(matchStates).optional(),
  kind: z.enum(matchKinds).optional(),
  accountId: IdText.optional(),
  runId: IdText.optional(),
  entryId: IdText.optional(),
  itemId: IdText.optional(),
});

export const MatchNew = z.strictObject({
  allocations: z
    .array(
      z.strictObject({
        entryId: IdText,
        itemId: IdText,
        /** So much of the entry, in its currency. */
        entryAmount: MoneyWire,
        /** So much of the item, in its currency; absent: the same. */
        itemAmount: MoneyWire.optional(),
      }),
    )
    .min(1)
    .max(500),
});

const Reason = z.string().trim().min(1).max(400);
export const MatchUndo = z.strictObject({
  reason: Reason,
  /** In a locked period: leave the match there, and take it back by another of today. */
  isReversal: z.boolean().optional(),
});
export const WithReason = z.strictObject({ reason: Reason });

export const RunScopeNew = z.strictObject({ accountId: IdText.optional() });
export const RunNew = RunScopeNew.extend({
  /** Of the preview that was looked at: anything else is not posted. */
  digest: z.string().max(60).optional(),
});

const RunCounts = z.object({
  entries: z.number().int(),
  items: z.number().int(),
  automatic: z.number().int(),
  suggested: z.number().int(),
  open: z.number().int(),
  skipped: z.number().int(),
});
export const MatchRunWire = z.object({
  runId: IdText,
  kind: z.enum(['run', 'import', 'person']),
  settings: z.record(z.string(), z.unknown()),
  counts: RunCounts.partial(),
  startedBy: z.string(),
  startedAt: Time,
  finishedAt: Time.optional(),
  undoneAt: Time.optional(),
  undoneBy: z.string().optional(),
});
export const PreviewWire = z.object({
  digest: z.string(),
  counts: RunCounts,
  /** The first of them; the counts are of all. */
  matches: z.array(ProposalWire),
});

export const BreakWire = z.object({
  side: z.enum(['entry', 'item']),
  lineId: IdText,
  direction: z.enum(['credit', 'debit']),
  amount: MoneyWire.optional(),
  open: MoneyWire.optional(),
  day: Day,
  ageDays: z.number().int(),
  accountId: IdText.optional(),
  matchState: z.enum(['partial', 'suggested', 'unknown']).optional(),
  text: z.string().optional(),
  counterpartyName: z.string().optional(),
  ownerId: IdText.optional(),
  ownerName: z.string().optional(),
  note: z.string(),
  isMasked: z.boolean(),
});
export const BreaksQuery = PageQuery.extend({
  side: z.enum(['entry', 'item']).default('entry'),
  accountId: IdText.optional(),
  ownerId: IdText.optional(),
  olderThanDays: z.coerce.number().int().min(0).max(10_000).optional(),
});
export const BreakNoteNew = z.strictObject({
  ownerId: IdText.nullable().optional(),
  note: z.string().trim().max(400).optional(),
});

const Share = z.number().min(0).max(1);
const AgreementWire = z.object({
  proposed: z.number().int(),
  right: z.number().int(),
  precision: Share.optional(),
  precisionAtLeast: Share,
});
export const EvaluationWire = z.object({
  statedPrecision: Share,
  decided: z.object({
    automaticStanding: z.number().int(),
    automaticUndone: z.number().int(),
    suggestedConfirmed: z.number().int(),
    suggestedRefused: z.number().int(),
    byHand: z.number().int(),
  }),
  replay: z.object({
    entries: z.number().int(),
    items: z.number().int(),
    pairs: z.number().int(),
    recall: Share.optional(),
    f1: Share.optional(),
    automatic: AgreementWire,
    all: AgreementWire,
    calibration: z.array(
      z.object({
        from: Share,
        to: Share,
        count: z.number().int(),
        estimated: Share,
        right: Share,
      }),
    ),
    calibrationError: Share.optional(),
  }),
});

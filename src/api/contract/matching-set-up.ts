import { z } from 'zod';
import { Day, IdText, MoneyWire, Name, Time } from './common.ts';

/** How an organisation matches, what it lets pass, and which periods are closed. */

const settings = {
  /** Share of what is decided alone that must be right, such as 0.995. */
  statedPrecision: z.number(),
  /** False: everything is only suggested. */
  isAutomatic: z.boolean(),
  /** How long before and after its due day an item may be paid. */
  daysBefore: z.number().int(),
  daysAfter: z.number().int(),
  /** Texts around an invoice number, such as `PAY-{number}`. */
  paymentCodeTemplates: z.array(z.string().min(1).max(60)),
};

export const MatchSettingsWire = z.object({
  ...settings,
  version: z.number().int(),
  changedBy: z.string(),
  changedAt: Time.optional(),
});
export const MatchSettingsChange = z.strictObject(settings).partial();

export const AliasWire = z.object({
  aliasId: IdText,
  /** `name:`, `account:` or `text:` and what the bank writes, folded. */
  bankKey: z.string(),
  /** The party of the books: its folded name, or `#` and its number. */
  partyKey: z.string(),
  confirmed: z.number().int(),
  refused: z.number().int(),
  lastConfirmedAt: Time.optional(),
  lastRefusedAt: Time.optional(),
});

export const ToleranceWire = z.object({
  ruleId: IdText,
  name: z.string(),
  accountId: IdText.optional(),
  /** The largest difference of one match. */
  limit: MoneyWire,
  /** And at most this share of the item. */
  shareMax: z.number().optional(),
  /** All differences of one booking day together. */
  dailyCap: MoneyWire,
  ledgerAccount: z.string(),
  state: z.enum(['proposed', 'active', 'removed']),
  proposedBy: z.string(),
  proposedAt: Time,
  confirmedBy: z.string().optional(),
  confirmedAt: Time.optional(),
  removedBy: z.string().optional(),
  removedAt: Time.optional(),
});
export const ToleranceNew = z.strictObject({
  name: Name,
  accountId: IdText.optional(),
  limit: MoneyWire,
  shareMax: z.number().positive().max(1).optional(),
  dailyCap: MoneyWire,
  ledgerAccount: Name,
});

export const PeriodLockWire = z.object({
  lockId: IdText,
  accountId: IdText,
  lockedUntil: Day,
  reason: z.string(),
  lockedBy: z.string(),
  lockedAt: Time,
  reopenedBy: z.string().optional(),
  reopenedAt: Time.optional(),
  reopenReason: z.string().optional(),
});
export const PeriodLockNew = z.strictObject({
  accountId: IdText,
  until: Day,
  reason: z.string().trim().min(1).max(400),
});
export const WithAll = z.object({ all: z.stringbool().default(false) });

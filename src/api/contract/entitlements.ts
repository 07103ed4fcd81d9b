import { z } from 'zod';
import { grantActions } from '#core/grants.ts';
import { limitPeriods } from '#core/payment-limits.ts';
import { paymentPurposes } from '#core/payments.ts';
import { IdText, MoneyWire, Time } from './common.ts';

/** Who may do what around paying, and how much: every change needs two people. */

const proposalDecisions = ['confirmed', 'refused', 'withdrawn'] as const;

export const GrantWire = z.object({
  grantId: IdText,
  personId: IdText,
  personName: z.string(),
  action: z.enum(grantActions),
  accountId: IdText.optional(),
  amountMax: MoneyWire.optional(),
  state: z.enum(['proposed', 'active', 'refused', 'removed']),
  proposedBy: z.string(),
  confirmedBy: z.string().optional(),
  /** Made by the operator on the machine, because nobody else could. */
  isBootstrap: z.boolean(),
  delegatedBy: z.string().optional(),
  validFrom: Time.optional(),
  validUntil: Time.optional(),
  createdAt: Time,
  decidedAt: Time.optional(),
  removedAt: Time.optional(),
});

export const GrantNew = z.strictObject({
  personId: IdText,
  action: z.enum(grantActions),
  accountId: IdText.optional(),
  amountMax: MoneyWire.optional(),
  validUntil: Time.optional(),
});

/** Lends a right of one's own during an absence. */
export const GrantDelegation = z.strictObject({
  toPersonId: IdText,
  validFrom: Time.optional(),
  validUntil: Time,
});

export const GrantQuery = z.object({
  personId: IdText.optional(),
  withEnded: z.stringbool().default(false),
});

export const LimitWire = z.object({
  limitId: IdText,
  accountId: IdText.optional(),
  connector: z.string().optional(),
  purpose: z.enum(paymentPurposes).optional(),
  maker: z.string().optional(),
  period: z.enum(limitPeriods),
  amountMax: MoneyWire,
  countMax: z.number().int().optional(),
  state: z.enum(['proposed', 'active', 'refused', 'removed']),
  replacesLimitId: IdText.optional(),
  isRemoval: z.boolean(),
  proposedBy: z.string(),
  proposedAt: Time,
  decidedBy: z.string().optional(),
  decidedAt: Time.optional(),
  /** Of an active limit of a day or month: what was sent in it until now. */
  used: z.object({ amount: z.string(), count: z.number().int() }).optional(),
});

export const LimitNew = z.strictObject({
  accountId: IdText.optional(),
  connector: z.string().max(60).optional(),
  purpose: z.enum(paymentPurposes).optional(),
  maker: z.string().max(80).optional(),
  period: z.enum(limitPeriods),
  amountMax: MoneyWire,
  countMax: z.number().int().min(0).max(1_000_000).optional(),
  replacesLimitId: IdText.optional(),
});

export const PaymentSettingsWire = z.object({
  coolOffHours: z.number().int(),
});

export const PaymentSettingsVersionWire = PaymentSettingsWire.extend({
  version: z.number().int(),
  proposedBy: z.string(),
  proposedAt: Time,
  decision: z.enum(proposalDecisions).optional(),
  decidedBy: z.string().optional(),
  decidedAt: Time.optional(),
});

export const PaymentSettingsState = z.object({
  inForce: PaymentSettingsWire,
  versions: z.array(PaymentSettingsVersionWire),
});

export const PaymentSettingsNew = z.strictObject({ coolOffHours: z.number().int() });

export const PaymentStopWire = z.object({
  stopId: IdText,
  /** Absent: every account. */
  accountId: IdText.optional(),
  reason: z.string(),
  pulledBy: z.string(),
  pulledAt: Time,
  releaseProposedBy: z.string().optional(),
  releaseProposedAt: Time.optional(),
  releasedBy: z.string().optional(),
  releasedAt: Time.optional(),
});

export const PaymentStopNew = z.strictObject({
  accountId: IdText.optional(),
  reason: z.string().min(1).max(400),
});

/** Who the caller is, and what they hold. */
export const MeWire = z.object({
  orgId: IdText,
  actor: z.string(),
  personId: IdText.optional(),
  scopes: z.array(z.string()),
  grants: z.array(GrantWire),
});

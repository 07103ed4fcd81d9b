import { z } from 'zod';
import { paymentPurposes } from '#core/payments.ts';
import { IdText, MoneyWire, Name, Time } from './common.ts';

/** Forms of DingTalk through which payments are asked for, and who must agree. */

const formFields = [
  'creditorName',
  'creditorAccount',
  'creditorAgent',
  'amount',
  'currency',
  'debtorAccount',
  'purpose',
  'remittanceInformation',
  'requestedExecutionDate',
  'attachments',
  'reference',
] as const;

const ProcessCode = z.string().min(1).max(128);

export const FormProblemWire = z.object({
  field: z.string(),
  control: z.string().optional(),
  problem: z.string(),
});

export const ApprovalFormWire = z.object({
  processCode: ProcessCode,
  appId: IdText,
  name: z.string(),
  kind: z.enum(['own', 'mapped']),
  state: z.enum(['active', 'broken', 'removed']),
  /** Why it is broken: requests through it are not paid until it was checked again. */
  problem: z.object({ field: z.string(), problem: z.string() }).optional(),
  mapping: z.unknown(),
  approvalsRequired: z.number().int(),
  checkedAt: Time,
  sweptUntil: Time,
  createdAt: Time,
});

/** Nothing was stored where there are problems. */
export const ApprovalFormResult = z.object({
  form: ApprovalFormWire.optional(),
  problems: z.array(FormProblemWire),
});

export const ApprovalFormNew = z.strictObject({
  appId: IdText.optional(),
  name: Name.optional(),
  approvalsRequired: z.number().int().min(1).max(20).optional(),
});

const FieldWish = z.strictObject({
  /** Id, alias or label of the control. */
  control: z.string().min(1).max(128).optional(),
  /** What each choice of a select means: an account id, a purpose, a currency, a bank code. */
  options: z.record(z.string(), z.string().max(128)).optional(),
  fixed: z.string().min(1).max(128).optional(),
});

export const ApprovalFormMap = ApprovalFormNew.extend({
  /** Each row of this table is a payment. */
  table: z.string().min(1).max(128).optional(),
  fields: z.partialRecord(z.enum(formFields), FieldWish),
});

const Control = z.object({
  id: z.string(),
  type: z.string(),
  label: z.string(),
  bizAlias: z.string().optional(),
  isRequired: z.boolean(),
  options: z.array(z.string()),
});

export const FormControlsWire = z.object({
  title: z.string(),
  controls: z.array(Control.extend({ children: z.array(Control) })),
});

const RuleNodeWire = z.strictObject({
  /** AND: all of them; OR: one of them; NONE: the only one. */
  action: z.enum(['AND', 'OR', 'NONE']),
  persons: z.array(IdText).min(1).max(50),
});

export const ApprovalRuleNew = z.strictObject({
  /** The first rule that fits, by this number, holds. */
  ordinal: z.number().int().min(0).max(100_000),
  accountId: IdText.optional(),
  purpose: z.enum(paymentPurposes).optional(),
  currency: z.string().length(3).optional(),
  amountFrom: MoneyWire.optional(),
  /** Not included. */
  amountBelow: MoneyWire.optional(),
  via: z.enum(['dingtalk', 'local']),
  nodes: z.array(RuleNodeWire).min(1).max(20),
  approvalsRequired: z.number().int().min(1).max(20).default(1),
});

export const ApprovalRuleWire = ApprovalRuleNew.extend({
  ruleId: IdText,
  state: z.enum(['proposed', 'active', 'removed']),
  proposedBy: z.string(),
  confirmedBy: z.string().optional(),
  removalProposedBy: z.string().optional(),
  createdAt: Time,
});

const RuleProblemWire = z.object({
  ruleId: z.string(),
  field: z.string(),
  problem: z.string(),
  kind: z.enum(['impossible', 'doubtful']),
});

export const ApprovalRuleMade = ApprovalRuleWire.extend({ doubts: z.array(RuleProblemWire) });

export const ApprovalRulesCheckWire = z.object({
  problems: z.array(RuleProblemWire),
  /** Payments that cannot be asked for, because no rule says who approves them. */
  gaps: z.array(z.object({ accountId: IdText, purpose: z.string(), amounts: z.string() })),
});

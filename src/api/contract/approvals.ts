import { z } from 'zod';
import { IdText, Time } from './common.ts';

export const ApprovalWire = z.object({
  approvalId: IdText,
  person: z.string(),
  decision: z.enum(['agreed', 'declined']),
  via: z.enum(['dingtalk', 'local']),
  digest: z.string(),
  remark: z.string().optional(),
  decidedAt: Time,
});

export const ApprovalNew = z.strictObject({
  /** Digest of the payment as it was shown; another one is refused. */
  digest: z.string().min(1).max(128),
  remark: z.string().max(400).optional(),
});

const decisionChoices = ['executed', 'notExecuted', 'sendAgain', 'waive'] as const;

export const DecisionWire = z.object({
  decisionId: IdText,
  paymentId: IdText,
  choice: z.enum(decisionChoices),
  waivedCode: z.string().optional(),
  reason: z.string(),
  evidence: z.unknown(),
  proposedBy: z.string(),
  proposedAt: Time,
  outcome: z.enum(['confirmed', 'refused', 'overtaken']).optional(),
  decidedBy: z.string().optional(),
  decidedAt: Time.optional(),
});

export const DecisionNew = z.strictObject({
  choice: z.enum(decisionChoices),
  /** For `waive`: the check that shall not hold this payment back. */
  waivedCode: z.string().max(60).optional(),
  reason: z.string().min(1).max(400),
});

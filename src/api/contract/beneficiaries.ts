import { z } from 'zod';
import { creditorAccountSchemes } from '#core/payments.ts';
import { IdText, Time } from './common.ts';

const creditorKinds = ['individual', 'organisation', 'government'] as const;
const nameMatches = ['matched', 'close', 'noMatch', 'unsupported', 'pending'] as const;

export const CreditorWire = z.object({
  name: z.string(),
  account: z.string().meta({ examples: ['1234567890'] }),
  scheme: z.enum(creditorAccountSchemes),
  agent: z
    .string()
    .optional()
    .meta({ examples: ['CENAIDJA'] }),
  agentName: z.string().optional(),
  country: z.string().meta({ examples: ['ID'] }),
  address: z.string().optional(),
  email: z.string().optional(),
  kind: z.enum(creditorKinds).optional(),
  isResident: z.boolean().optional(),
});

export const BeneficiaryNew = z.strictObject({
  name: z.string().min(1).max(200),
  country: z.string().max(10),
  scheme: z.enum(creditorAccountSchemes).optional(),
  account: z.string().min(1).max(100),
  /** BIC or the national code of the bank. */
  agent: z.string().max(40).optional(),
  agentName: z.string().max(200).optional(),
  address: z.string().max(400).optional(),
  email: z.string().max(254).optional(),
  kind: z.enum(creditorKinds).optional(),
  isResident: z.boolean().optional(),
});

/** What changes; everything else stays. Nothing holds before a second person confirms. */
export const BeneficiaryPatch = BeneficiaryNew.partial();

export const RemarkWire = z.object({ field: z.string(), problem: z.string() });

export const NameCheckWire = z.object({
  match: z.enum(nameMatches),
  /** The name that the bank holds, whole. */
  nameAtBank: z.string().optional(),
  checkedAt: Time,
});

export const NameCheckResult = NameCheckWire.extend({
  /** Why it compares so. */
  reason: z.string(),
  askedThrough: IdText.optional(),
});

export const BeneficiaryVersionWire = z.object({
  version: z.number().int(),
  kind: z.enum(['register', 'change', 'retire']),
  creditor: CreditorWire,
  isAccountChanged: z.boolean(),
  warnings: z.array(RemarkWire),
  proposedBy: z.string(),
  proposedAt: Time,
  decision: z.enum(['confirmed', 'refused', 'withdrawn']).optional(),
  decidedBy: z.string().optional(),
  decidedAt: Time.optional(),
  nameCheck: NameCheckWire.optional(),
  isMismatchAccepted: z.boolean(),
});

export const BeneficiaryWire = z.object({
  beneficiaryId: IdText,
  version: z.number().int(),
  state: z.enum(['proposed', 'active', 'retired']),
  creditor: CreditorWire,
  /** Payments wait until then. */
  usableFrom: Time.optional(),
  nameCheck: NameCheckWire.optional(),
  createdAt: Time,
  /** A change that waits for a second person; confirm it by its version. */
  open: BeneficiaryVersionWire.optional(),
});

export const BeneficiaryConfirmation = z.strictObject({
  /** Says that the bank's other name was seen and taken. */
  isMismatchAccepted: z.boolean().default(false),
});

export const NameCheckNew = z.strictObject({
  /** Ask through this account only. */
  accountId: IdText.optional(),
});

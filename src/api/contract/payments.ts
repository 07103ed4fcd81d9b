import { z } from 'zod';
import { rolls } from '#core/bank-calendar.ts';
import {
  chargeBearers,
  creditorAccountSchemes,
  paymentPurposes,
  paymentRails,
  paymentStates,
} from '#core/payments.ts';
import { ApprovalWire, DecisionWire } from './approvals.ts';
import { Day, IdText, MoneyWire, PageQuery, Time } from './common.ts';

/** Decimal text, never a JSON number: those round. */
export const AmountText = z
  .string()
  .max(40)
  .regex(/^\d{1,24}(\.\d{1,9})?$/)
  .meta({ examples: ['1250000.00'] });

/** What is paid, to whom: the same in a single payment, a recurring one and a row of a batch. */
const payment = {
  /** A registered payee by its id, or by its account and, where that is not enough, its bank. */
  beneficiaryId: IdText.optional(),
  creditorName: z.string().max(140).optional(),
  creditorAccount: z.string().min(1).max(64).optional(),
  creditorAgent: z.string().max(40).optional(),
  amount: AmountText,
  /** Absent: the paying account's. */
  currency: z.string().length(3).optional(),
  purpose: z.enum(paymentPurposes),
  remittanceInformation: z.string().max(140).default(''),
  /** Absent: the first way of the bank that takes it. */
  rail: z.enum(paymentRails).optional(),
  chargeBearer: z.enum(chargeBearers).optional(),
};

export const PaymentNew = z.strictObject({
  accountId: IdText,
  ...payment,
  /** The bank's local day; absent: as soon as it is approved. */
  requestedExecutionDate: Day.optional(),
  /** Moves the day when banks are closed on it; absent: the way of payment waits by itself. */
  roll: z.enum(rolls).optional(),
  /** Written down without asking anybody; `submit` sends it for approval. */
  draft: z.boolean().default(false),
});

export const RecurringTemplateWire = z.strictObject(payment);

const bankWords = {
  bankReference: z.string().optional(),
  bankCode: z.string().optional(),
  bankMessage: z.string().optional(),
};

export const CreditorWire = z.object({
  name: z.string(),
  account: z.string(),
  scheme: z.enum(creditorAccountSchemes).optional(),
  agent: z.string().optional(),
  agentName: z.string().optional(),
  country: z.string(),
});

export const PaymentWire = z.object({
  paymentId: IdText,
  accountId: IdText,
  connectionId: IdText,
  environment: z.enum(['sandbox', 'production']),
  state: z.enum(paymentStates),
  stateSince: Time,
  /** Why it stands where it stands: our code, and its sentence in the caller's language. */
  reasonCode: z.string().optional(),
  reason: z.string().optional(),
  /** People must decide, since then, because the bank cannot tell. */
  decisionSince: Time.optional(),
  creditor: CreditorWire,
  beneficiaryId: IdText.optional(),
  beneficiaryVersion: z.number().int().optional(),
  ...MoneyWire.shape,
  purpose: z.enum(paymentPurposes),
  remittanceInformation: z.string(),
  rail: z.enum(paymentRails),
  chargeBearer: z.enum(chargeBearers),
  requestedExecutionDate: Day,
  notBefore: Time,
  /** While it has not left: when the bank takes it at the earliest, by its days and hours. */
  opensAt: Time.optional(),
  /** On the statement and at the bank it is found by this. */
  endToEndId: z.string(),
  /** What an approval must name. */
  digest: z.string(),
  source: z.enum(['dingtalkForm', 'api', 'cli', 'file', 'recurring']),
  maker: z.string(),
  approvalVia: z.enum(['dingtalk', 'local']),
  approvalsRequired: z.number().int(),
  processInstanceId: z.string().optional(),
  batchId: IdText.optional(),
  batchItem: z.number().int().optional(),
  recurrenceId: IdText.optional(),
  transferStatus: z.string().optional(),
  ...bankWords,
  fee: MoneyWire.optional(),
  firstSentAt: Time.optional(),
  settlementEntryId: IdText.optional(),
  returnEntryId: IdText.optional(),
  createdAt: Time,
});

export const AttemptWire = z.object({
  attemptId: IdText,
  number: z.number().int(),
  state: z.string(),
  externalId: z.string().optional(),
  intendedAt: Time,
  sentAt: Time.optional(),
  answeredAt: Time.optional(),
  bankReference: z.string().optional(),
  bankCode: z.string().optional(),
  code: z.string().optional(),
  /** What every check saw just before. */
  evidence: z.unknown(),
});

/** One line of a payment's life. */
export const PaymentStepWire = z.object({
  number: z.number().int(),
  at: Time,
  happening: z.string(),
  state: z.enum(paymentStates),
  actor: z.string(),
  code: z.string().optional(),
  /** The sentence of the code, in the caller's language. */
  reason: z.string().optional(),
});

export const PaymentDetailWire = PaymentWire.extend({
  attempts: z.array(AttemptWire),
  approvals: z.array(ApprovalWire),
  decisions: z.array(DecisionWire),
  steps: z.array(PaymentStepWire),
});

export const PaymentsQuery = PageQuery.extend({
  state: z.enum(paymentStates).optional(),
  accountId: IdText.optional(),
  batchId: IdText.optional(),
  recurrenceId: IdText.optional(),
  maker: z.string().max(80).optional(),
  /** Asked for at or after it, and before it. */
  from: Time.optional(),
  to: Time.optional(),
  /** The creditor's account as a whole, or part of a name, text or reference. */
  text: z.string().min(2).max(100).optional(),
});

export const CancelNew = z.strictObject({ remark: z.string().max(400).optional() });

export const CancellationWire = z.object({
  /** `bankAsked`: the bank was asked to stop it; its word decides. */
  outcome: z.enum(['cancelled', 'bankAsked']),
  /** What else is to be known or done, in the caller's language. */
  note: z.string().optional(),
  bankAnswer: z.object({ status: z.string(), ...bankWords }).optional(),
  payment: PaymentWire,
});

export const StatementLineWire = z.object({
  entryId: IdText,
  bookingDate: Day,
  ...MoneyWire.shape,
  remittanceInformation: z.string(),
  accountServicerReference: z.string().optional(),
  bookedAt: Time.optional(),
});

export const ProofWire = z.object({
  paymentId: IdText,
  state: z.enum(paymentStates),
  asOf: Time,
  environment: z.enum(['sandbox', 'production']),
  debtorAccount: z.object({ name: z.string(), number: z.string(), bank: z.string() }),
  creditor: CreditorWire,
  ...MoneyWire.shape,
  remittanceInformation: z.string(),
  endToEndId: z.string(),
  /** The bank's own words, never translated. */
  bank: z
    .object({
      status: z.string().optional(),
      ...bankWords,
      fee: MoneyWire.optional(),
      sentAt: Time.optional(),
    })
    .optional(),
  /** The debit as the account's statement shows it. */
  debit: StatementLineWire.optional(),
  /** The credit that brought it back. */
  returned: StatementLineWire.optional(),
  /** All of it as plain text, in the caller's language. */
  text: z.string(),
});

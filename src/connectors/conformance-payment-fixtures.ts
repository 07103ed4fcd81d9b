import { z } from 'zod';
import { parseInstant, parsePlainDate } from '#core/dates.ts';
import { parseMoney } from '#core/money.ts';
import {
  chargeBearers,
  creditorAccountSchemes,
  paymentPurposes,
  paymentRails,
  type TransferInstruction,
} from '#core/payments.ts';
import { ResponseSchema } from './conformance-fixtures.ts';
import type { CreditorQuestion, TransferQuestion } from './contract.ts';
import { loadJson } from './test-vectors.ts';

/** What `vectors/<connector>/payments.json` holds: the bank's side of paying, made by hand. */
const Creditor = z.strictObject({
  name: z.string(),
  account: z.string(),
  scheme: z.enum(creditorAccountSchemes),
  agent: z.string().exactOptional(),
  agentName: z.string().exactOptional(),
  country: z.string(),
  address: z.string().exactOptional(),
  kind: z.enum(['individual', 'organisation', 'government']).exactOptional(),
  isResident: z.boolean().exactOptional(),
});
const Instruction = z.strictObject({
  endToEndId: z.string(),
  rail: z.enum(paymentRails),
  debtorAccount: z.strictObject({ number: z.string(), currency: z.string() }),
  creditor: Creditor,
  instructedAmount: z.strictObject({ amount: z.string(), currency: z.string() }),
  chargeBearer: z.enum(chargeBearers),
  purpose: z.enum(paymentPurposes),
  remittanceInformation: z.string(),
  requestedExecutionDate: z.string(),
});
/** Members that are other than those of the file's instruction; null takes one away. */
const Change = z.record(z.string(), z.unknown());
const Body = z.record(z.string(), z.unknown());
/** How an answer reads, or the code of the error that it is. */
const Answer = z.strictObject({
  title: z.string(),
  response: ResponseSchema,
  expected: z.record(z.string(), z.unknown()).optional(),
  code: z.string().optional(),
});
const Asked = { method: z.enum(['GET', 'POST']), path: z.string(), body: Body.optional() };

export const PaymentFixtureSchema = z.strictObject({
  title: z.string().min(1),
  source: z.string().min(1),
  instruction: Instruction,
  transfers: z
    .array(
      z.strictObject({
        title: z.string(),
        change: Change,
        service: z.string(),
        ...Asked,
        answers: z.array(Answer).min(1),
      }),
    )
    .min(1),
  inquiries: z.array(
    z.strictObject({
      title: z.string(),
      change: Change,
      externalId: z.string(),
      sentAt: z.string(),
      bankReference: z.string().exactOptional(),
      ...Asked,
      answers: z.array(Answer).min(1),
    }),
  ),
  names: z.array(
    z.strictObject({
      title: z.string(),
      change: Change,
      isAmountKnown: z.boolean(),
      isFollowedByTransfer: z.boolean(),
      ...Asked,
      answers: z.array(
        z.strictObject({
          title: z.string(),
          response: ResponseSchema,
          name: z.string().nullable().optional(),
          code: z.string().optional(),
        }),
      ),
    }),
  ),
  refused: z.array(z.strictObject({ change: Change, field: z.string() })).min(5),
});

export type PaymentFixture = z.infer<typeof PaymentFixtureSchema>;
export type PaymentAnswer = z.infer<typeof Answer>;

export function loadPaymentFixture(id: string): PaymentFixture {
  return PaymentFixtureSchema.parse(loadJson(`${id}/payments.json`));
}

/** The file's instruction with a change, whose names are paths such as `creditor.account`. */
export function toInstruction(
  fixture: PaymentFixture,
  change: Readonly<Record<string, unknown>>,
): TransferInstruction {
  const changed: Record<string, unknown> = { ...fixture.instruction };
  for (const [path, value] of Object.entries(change)) {
    const [name = '', member] = path.split('.');
    if (member === undefined) {
      changed[name] = value;
      continue;
    }
    const { [member]: _left, ...rest } = z.record(z.string(), z.unknown()).parse(changed[name]);
    changed[name] = value === null ? rest : { ...rest, [member]: value };
  }
  const wire = Instruction.parse(changed);
  return {
    ...wire,
    instructedAmount: parseMoney(wire.instructedAmount.amount, wire.instructedAmount.currency),
    requestedExecutionDate: parsePlainDate(wire.requestedExecutionDate),
  };
}

export function toTransferQuestion(
  fixture: PaymentFixture,
  inquiry: PaymentFixture['inquiries'][number],
): TransferQuestion {
  const { externalId, bankReference } = inquiry;
  return {
    instruction: toInstruction(fixture, inquiry.change),
    externalId,
    sentAt: parseInstant(inquiry.sentAt),
    ...(bankReference === undefined ? {} : { bankReference }),
  };
}

export function toCreditorQuestion(
  fixture: PaymentFixture,
  inquiry: PaymentFixture['names'][number],
): CreditorQuestion {
  const instruction = toInstruction(fixture, inquiry.change);
  const { creditor, debtorAccount, instructedAmount, endToEndId } = instruction;
  return {
    creditor,
    debtorAccount,
    ...(inquiry.isAmountKnown ? { amount: instructedAmount } : {}),
    ...(inquiry.isFollowedByTransfer ? { endToEndId } : {}),
  };
}

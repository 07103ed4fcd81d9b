/** Bodies of Airwallex, field names untouched (B2). Numbers arrive here as text (reading.ts). */
import { z } from 'zod';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

export const LoginWire = z.looseObject({
  token: z.string().min(1),
  expires_at: z.string().min(1),
});

export const ErrorWire = z.looseObject({ code: z.string(), message: text });

export const BalancesWire = z.array(
  z.looseObject({
    currency: z.string(),
    available_amount: z.string(),
    total_amount: text,
  }),
);

export const TransactionWire = z.looseObject({
  id: z.string().min(1),
  source_id: text,
  source_type: text,
  transaction_type: text,
  amount: z.string(),
  net: text,
  currency: z.string(),
  status: z.string().min(1),
  description: text,
  batch_id: text,
  created_at: z.string().min(1),
  settled_at: text,
});

export type Transaction = z.infer<typeof TransactionWire>;

export const TransactionsWire = z.looseObject({
  has_more: z.boolean(),
  items: z.array(TransactionWire),
});

/** The payer is a name in some versions, an object in others. */
const PayerWire = z.union([
  z.string().transform((name) => ({ name, account: undefined, agent: undefined })),
  z
    .looseObject({
      name: text,
      payer_name: text,
      account_number: text,
      bank_name: text,
      bank_details: z
        .looseObject({ account_number: text, bank_name: text })
        .nullish()
        .transform((value) => value ?? undefined),
    })
    .transform((payer) => ({
      name: payer.name ?? payer.payer_name,
      account: payer.account_number ?? payer.bank_details?.account_number,
      agent: payer.bank_name ?? payer.bank_details?.bank_name,
    })),
]);

export const DepositWire = z.looseObject({
  id: z.string().min(1),
  amount: z.string(),
  currency: z.string(),
  status: text,
  reference: text,
  provider_transaction_id: text,
  payer: PayerWire.nullish().transform((value) => value ?? undefined),
  payer_name: text,
  created_at: text,
  settled_at: text,
});

export type Deposit = z.infer<typeof DepositWire>;

/** A webhook. `data` holds the object, in older versions itself, in newer ones below `object`. */
export const EventWire = z.looseObject({
  id: z.string().min(1).max(200),
  name: z.string().min(1),
  account_id: text,
  accountId: text,
  created_at: text,
  data: z
    .looseObject({ object: z.unknown().optional() })
    .nullish()
    .transform((data) => data?.object ?? data ?? undefined),
});

export type Event = z.infer<typeof EventWire>;

/** A transfer, in answers, lists and webhooks (B2). */
export const TransferWire = z.looseObject({
  id: z.string().min(1),
  request_id: text,
  short_reference_id: text,
  status: z.string().min(1),
  source_currency: text,
  transfer_amount: text,
  transfer_currency: text,
  amount_beneficiary_receives: text,
  fee_amount: text,
  fee_currency: text,
  failure_type: text,
  failure_reason: text,
  beneficiary: z
    .looseObject({
      bank_details: z
        .looseObject({ account_number: text, iban: text })
        .nullish()
        .transform((value) => value ?? undefined),
    })
    .nullish()
    .transform((value) => value ?? undefined),
});

export type Transfer = z.infer<typeof TransferWire>;

export const TransfersWire = z.looseObject({
  items: z.array(TransferWire),
  has_more: z.boolean().optional(),
});

/** Answer to a cancellation that succeeded. */
export const EmptyWire = z.strictObject({});

/** Field errors of a refused or validated transfer: which member, by which rule. */
export const ValidationWire = z.looseObject({
  code: z.string(),
  message: text,
  errors: z
    .array(z.looseObject({ source: text, code: text, message: text }))
    .nullish()
    .transform((value) => value ?? []),
});

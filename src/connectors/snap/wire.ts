/** Bodies of SNAP, field names untouched (A5, A10). Numbers arrive here as text (reading.ts). */
import { z } from 'zod';

/** Text that a bank may leave out, send as null or send empty. */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

export const StatusWire = z.looseObject({ responseCode: z.string(), responseMessage: text });

export const AmountWire = z.looseObject({ value: z.string(), currency: z.string() });

const amount = AmountWire.nullish().transform((value) => value ?? undefined);

/** A10.1 and A10.3 show arrays, BCA's samples single objects. */
function oneOrMany<T extends z.ZodType>(schema: T) {
  return z
    .union([z.array(schema), schema.transform((one) => [one])])
    .nullish()
    .transform((value) => value ?? []);
}

/** A5.1. `expiresIn` is text at most banks, a number at some. */
export const TokenWire = z.looseObject({
  accessToken: z.string().min(1).max(2048),
  expiresIn: z.string().regex(/^\d{1,6}$/),
});

/** A10.1. */
export const BalanceWire = z.looseObject({
  accountNo: text,
  accountInfos: oneOrMany(
    z.looseObject({
      balanceType: text,
      amount,
      availableBalance: amount,
      ledgerBalance: amount,
      status: text,
    }),
  ),
});

const DatedAmountWire = z.looseObject({ value: z.string(), currency: z.string(), dateTime: text });
const datedAmount = DatedAmountWire.nullish().transform((value) => value ?? undefined);

/** `[{"amount":{…}}]` in the standard, `{"amount":{…}}` or the bare amount elsewhere. */
const EndAmountWire = oneOrMany(
  z.union([z.looseObject({ amount: AmountWire }).transform((one) => one.amount), AmountWire]),
);

/** A10.3. */
export const StatementEntryWire = z.looseObject({
  amount: AmountWire,
  transactionDate: z.string().min(1),
  remark: text,
  type: z.string().min(1),
  transactionId: text,
  /** BRI from v1.1. */
  referenceNo: text,
  transactionDetailStatus: text,
  detailBalance: z
    .looseObject({ endAmount: EndAmountWire })
    .nullish()
    .transform((value) => value ?? undefined),
  /** BCA puts the balance after the entry here. */
  endAmount: EndAmountWire,
});

export type StatementEntry = z.infer<typeof StatementEntryWire>;

export const StatementWire = z.looseObject({
  accountNo: text,
  hasMore: text,
  lastRecordDateTime: text,
  balance: oneOrMany(z.looseObject({ startingBalance: datedAmount, endingBalance: datedAmount })),
  detailData: z
    .array(StatementEntryWire)
    .nullish()
    .transform((value) => value ?? []),
});

export type Statement = z.infer<typeof StatementWire>;

/** A10.2. */
export const HistoryEntryWire = z.looseObject({
  dateTime: z.string().min(1),
  amount: AmountWire,
  remark: text,
  status: z.string().min(1),
  type: z.string().min(1),
  additionalInfo: z
    .looseObject({ referenceNo: text, transactionId: text })
    .nullish()
    .transform((value) => value ?? undefined),
});

export type HistoryEntry = z.infer<typeof HistoryEntryWire>;

export const HistoryWire = z.looseObject({
  detailData: z
    .array(HistoryEntryWire)
    .nullish()
    .transform((value) => value ?? []),
});

/** A12.1: what the bank asks our token service. */
export const TokenRequestWire = z.looseObject({ grantType: z.literal('client_credentials') });

const reason = z.unknown().optional();
const info = z.record(z.string(), z.unknown()).nullish();

/** Ids of a virtual account; the leading spaces of `partnerServiceId` are part of it (A10.8). */
const virtualAccount = {
  partnerServiceId: z.string().min(1).max(8),
  customerNo: z.string().min(1).max(20),
  virtualAccountNo: z.string().min(1).max(28),
};

/** Service 25 (A10.8). */
export const VaPaymentWire = z.looseObject({
  ...virtualAccount,
  virtualAccountName: text,
  trxId: text,
  paymentRequestId: z.string().min(1).max(128),
  paidAmount: AmountWire,
  totalAmount: amount,
  trxDateTime: text,
  referenceNo: text,
  journalNum: text,
  flagAdvise: text,
  sourceBankCode: text,
  billDetails: z.array(z.unknown()).nullish(),
  additionalInfo: info,
});

export type VaPayment = z.infer<typeof VaPaymentWire>;

/** Service 34 (A10.8, A14.1). BRI puts the amount into `additionalInfo`. */
export const VaNotificationWire = z.looseObject({
  ...virtualAccount,
  virtualAccountName: text,
  inquiryRequestId: text,
  paymentRequestId: z.string().min(1).max(128),
  partnerReferenceNo: text,
  referenceNo: text,
  trxDateTime: text,
  paymentStatus: text,
  paymentFlagReason: reason,
  paidAmount: amount,
  additionalInfo: info,
});

export type VaNotification = z.infer<typeof VaNotificationWire>;

/** Service 52 (A10.9). BRI spells two ids in its own way. */
export const QrNotificationWire = z.looseObject({
  originalReferenceNo: z.string().min(1).max(64),
  originalPartnerReferenceNo: text,
  latestTransactionStatus: z.string().min(1),
  transactionStatusDesc: text,
  customerNumber: text,
  destinationNumber: text,
  amount: AmountWire,
  bankCode: text,
  externalStoreId: text,
  externalStoreID: text,
  merchantId: text,
  additionalInfo: info,
});

export type QrNotification = z.infer<typeof QrNotificationWire>;

/** A10.5. The standard's own sample of service 17 writes `sourceAccount`. */
export const TransferWire = z.looseObject({
  responseCode: z.string(),
  responseMessage: text,
  referenceNo: text,
  partnerReferenceNo: text,
  amount,
  beneficiaryAccountNo: text,
  sourceAccountNo: text,
  sourceAccount: text,
  traceNo: text,
  transactionStatus: text,
  transactionStatusDesc: text,
  additionalInfo: z
    .looseObject({ bifastId: text })
    .nullish()
    .transform((value) => value ?? undefined),
});

/** A10.6. */
export const TransferStatusWire = z.looseObject({
  responseCode: z.string(),
  responseMessage: text,
  originalReferenceNo: text,
  originalPartnerReferenceNo: text,
  amount,
  beneficiaryAccountNo: text,
  sourceAccountNo: text,
  referenceNumber: text,
  latestTransactionStatus: text,
  transactionStatusDesc: text,
});

/** A10.4. BCA's table spells `benefiaryAccountName`, its sample `beneficiaryAccountName` (A13). */
export const NameWire = z.looseObject({
  responseCode: z.string(),
  beneficiaryAccountNo: text,
  beneficiaryAccountName: text,
  benefiaryAccountName: text,
});

/** Services 75 and 76 (A10.7). */
export const TransferNoticeWire = z.looseObject({
  originalPartnerReferenceNo: text,
  originalReferenceNo: text,
  originalExternalId: text,
  latestTransactionStatus: z.string().min(1),
  transactionStatusDesc: text,
  amount,
  beneficiaryAccountNo: z.string().min(1),
  sourceAccountNo: z.string().min(1),
  additionalInfo: info,
});

export type TransferNoticeWire = z.infer<typeof TransferNoticeWire>;

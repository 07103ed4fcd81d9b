/** Bodies that SNAP banks push: virtual accounts, QR, rejected transfers (A10.7–A10.9, A12, A14.1). */
import { dayIn, type Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { EntryReport, EntryStatus } from '#core/statements.ts';
import type { z } from 'zod';
import type { TransferNotice } from '../contract.ts';
import { headerOf, placeOf } from '../reading.ts';
import { collapse, presentText, toAmount, toBooking, toEvidence, trimZeros } from './mapping.ts';
import { transferStatusTable } from './payment-answers.ts';
import {
  AmountWire,
  type QrNotification,
  QrNotificationWire,
  TransferNoticeWire,
  type VaNotification,
  VaNotificationWire,
  type VaPayment,
  VaPaymentWire,
} from './wire.ts';

/** Services that a bank calls at our side, by their code (A9). */
export type InboundServiceCode = '25' | '34' | '52' | '73' | '75' | '76';

/** What a body says, once it is authentic. */
export interface InboundBody {
  readonly messageKey: string;
  readonly accountIdentifiers: readonly string[];
  /** Fields of the answer beside code and message. */
  readonly echo: Readonly<Record<string, unknown>>;
  /** Fields of the answer when the account is not ours. */
  readonly refusedEcho: Readonly<Record<string, unknown>>;
  /** Reads the movement; a throw means quarantine. */
  readonly readEntry: (zone: string, receivedAt: Instant) => EntryReport | undefined;
  /** Reads what became of a transfer of ours; a throw means quarantine. */
  readonly readTransfer?: () => TransferNotice;
  readonly note?: string;
}

type Headers = Readonly<Record<string, string>>;

/** Reads a body by its service; a missing or malformed field is named in the thrown details. */
export function readInboundBody(
  service: Exclude<InboundServiceCode, '73'>,
  json: unknown,
  headers: Headers,
): InboundBody {
  switch (service) {
    case '25':
      return fromPayment(readBody(VaPaymentWire, json));
    case '34':
      return fromNotification(readBody(VaNotificationWire, json));
    case '52':
      return fromQr(readBody(QrNotificationWire, json), headers);
    case '75':
    case '76':
      return fromTransferNotice(service, readBody(TransferNoticeWire, json));
  }
}

function readBody<T>(schema: z.ZodType<T>, json: unknown): T {
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const isMissing = issue?.code === 'invalid_type' && fieldOf(json, issue.path) === undefined;
  throw new CashbellError('inbound.unparseable', {
    field: placeOf(read.error),
    kind: isMissing ? 'missing' : 'format',
  });
}

function fieldOf(json: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = json;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([name]) => name === String(key))?.[1];
  }
  return value;
}

interface VirtualAccount {
  readonly partnerServiceId: string;
  readonly customerNo: string;
  readonly virtualAccountNo: string;
}

/** The number first, then the company code: the narrower one decides where both are known. */
function virtualAccountIdentifiers(wire: VirtualAccount): string[] {
  return [`va:${wire.virtualAccountNo.trim()}`, `va:${wire.partnerServiceId.trim()}`];
}

/** Texts that a statement may repeat; the customer number also without its leading zeros. */
function virtualAccountEvidence(wire: VirtualAccount): string[] {
  const { virtualAccountNo, customerNo } = wire;
  return [virtualAccountNo, customerNo, trimZeros(customerNo.trim())];
}

function fromPayment(wire: VaPayment): InboundBody {
  const ids = pickPresent(wire, [
    'partnerServiceId',
    'customerNo',
    'virtualAccountNo',
    'virtualAccountName',
    'paymentRequestId',
    'paidAmount',
    'totalAmount',
    'trxDateTime',
    'referenceNo',
  ]);
  return {
    messageKey: `25:${wire.paymentRequestId}`,
    accountIdentifiers: virtualAccountIdentifiers(wire),
    echo: {
      virtualAccountData: {
        paymentFlagReason: { english: 'Success', indonesia: 'Sukses' },
        ...ids,
        paymentFlagStatus: '00',
        billDetails: wire.billDetails ?? [],
      },
      additionalInfo: {},
    },
    refusedEcho: {
      virtualAccountData: {
        paymentFlagReason: { english: 'Bill not found', indonesia: 'Tagihan tidak ditemukan' },
        ...ids,
        paymentFlagStatus: '01',
      },
      additionalInfo: {},
    },
    readEntry: (zone, receivedAt) => ({
      creditDebitIndicator: 'credit',
      amount: toAmount(wire.paidAmount),
      status: 'booked',
      ...bookingOf(wire.trxDateTime, zone, receivedAt),
      ...counterpartyOf(wire.virtualAccountName, undefined, wire.sourceBankCode),
      remittanceInformation: narrativeOf(wire),
      ...referenceOf(wire.referenceNo),
      creditorReference: wire.virtualAccountNo.trim(),
      evidence: toEvidence([
        wire.referenceNo,
        wire.paymentRequestId,
        wire.trxId,
        wire.journalNum,
        ...virtualAccountEvidence(wire),
      ]),
    }),
  };
}

/** Payment states of service 34, as far as they were seen; blank means paid (A14.1). */
export const vaNotificationStatusTable: Readonly<Record<string, EntryStatus | 'none'>> = {
  '': 'booked',
  '00': 'booked',
  SUCCESS: 'booked',
  SUCCESSFUL: 'booked',
  PAID: 'booked',
  PENDING: 'pending',
  FAILED: 'none',
};

function fromNotification(wire: VaNotification): InboundBody {
  const word = wire.paymentStatus?.trim().toUpperCase() ?? '';
  const amount = notifiedAmount(wire);
  const ids = pickPresent(wire, [
    'partnerServiceId',
    'customerNo',
    'virtualAccountNo',
    'inquiryRequestId',
    'paymentRequestId',
    'partnerReferenceNo',
    'trxDateTime',
    'paymentStatus',
  ]);
  const isWithoutMovement = amount === undefined || vaNotificationStatusTable[word] === 'none';
  return {
    messageKey: `34:${wire.paymentRequestId}${word === '' ? '' : `:${word}`}`,
    accountIdentifiers: virtualAccountIdentifiers(wire),
    echo: { virtualAccountData: ids, additionalInfo: {} },
    refusedEcho: { virtualAccountData: ids, additionalInfo: {} },
    readEntry: (zone, receivedAt) => {
      const status = vaNotificationStatusTable[word];
      if (status === undefined) throw unknownState('paymentStatus', word);
      if (status === 'none' || amount === undefined) return undefined;
      return {
        creditDebitIndicator: 'credit',
        amount: toAmount(amount),
        status,
        ...bookingOf(wire.trxDateTime, zone, receivedAt),
        ...counterpartyOf(wire.virtualAccountName, undefined, undefined),
        remittanceInformation: narrativeOf(wire),
        // BRI names nothing but the payment request (A14.1).
        ...referenceOf(wire.referenceNo ?? wire.partnerReferenceNo ?? wire.paymentRequestId),
        creditorReference: wire.virtualAccountNo.trim(),
        evidence: toEvidence([
          wire.referenceNo,
          wire.paymentRequestId,
          wire.inquiryRequestId,
          wire.partnerReferenceNo,
          ...virtualAccountEvidence(wire),
        ]),
        ...(word === '' ? {} : { bankStatus: word }),
      };
    },
    ...(isWithoutMovement ? { note: `payment notification without a movement (${word})` } : {}),
  };
}

/** The standard gives service 34 no amount; banks put it into `paidAmount` or `additionalInfo`. */
function notifiedAmount(wire: VaNotification): z.infer<typeof AmountWire> | undefined {
  if (wire.paidAmount !== undefined) return wire.paidAmount;
  for (const name of ['paymentAmount', 'paidAmount', 'amount']) {
    const value = wire.additionalInfo?.[name];
    const object = AmountWire.safeParse(value);
    if (object.success) return object.data;
    if (typeof value === 'string' && value.trim() !== '') return { value, currency: 'IDR' };
  }
  return undefined;
}

type QrState = { readonly status: EntryStatus; readonly isReversed?: true };

/** Transaction states (A11). A failed or cancelled one takes back what was pending. */
export const qrStatusTable: Readonly<Record<string, QrState>> = {
  '00': { status: 'booked' },
  '01': { status: 'pending' },
  '02': { status: 'pending' },
  '03': { status: 'pending' },
  '04': { status: 'booked', isReversed: true },
  '05': { status: 'pending', isReversed: true },
  '06': { status: 'pending', isReversed: true },
};

function fromQr(wire: QrNotification, headers: Headers): InboundBody {
  const state = wire.latestTransactionStatus.trim();
  const merchants = [
    textIn(wire.additionalInfo, 'merchantId'),
    wire.merchantId,
    wire.externalStoreId,
    wire.externalStoreID,
    // BCA sends the merchant as X-PARTNER-ID (A13).
    headerOf(headers, 'x-partner-id'),
  ];
  const destination = presentText(wire.destinationNumber);
  const partnerReference = presentText(wire.originalPartnerReferenceNo);
  return {
    messageKey: `52:${wire.originalReferenceNo}:${state}`,
    accountIdentifiers: [
      ...new Set(merchants.map(presentText).flatMap((id) => (id === undefined ? [] : `qr:${id}`))),
      ...(destination === undefined ? [] : [`account:${destination}`]),
    ],
    echo: {},
    refusedEcho: {},
    readEntry: (zone, receivedAt) => {
      const known = qrStatusTable[state];
      if (known === undefined) throw unknownState('latestTransactionStatus', state);
      const paidAt = textIn(wire.additionalInfo, 'paidTime');
      return {
        creditDebitIndicator: 'credit',
        amount: toAmount(wire.amount),
        ...known,
        ...bookingOf(paidAt, zone, receivedAt),
        ...counterpartyOf(undefined, wire.customerNumber, wire.bankCode),
        remittanceInformation: `QRIS ${partnerReference ?? wire.originalReferenceNo}`,
        ...referenceOf(wire.originalReferenceNo),
        ...(partnerReference === undefined ? {} : { creditorReference: partnerReference }),
        evidence: toEvidence([wire.originalReferenceNo, partnerReference]),
        bankStatus: state,
      };
    },
  };
}

/**
 * RTGS (76) and SKN (75) tell what became of a transfer after it was accepted; BCA calls only when
 * it was rejected (A10.7, A13). The time in the body is not needed, so its form cannot hurt.
 */
function fromTransferNotice(service: '75' | '76', wire: TransferNoticeWire): InboundBody {
  const state = wire.latestTransactionStatus.trim();
  const endToEndId = presentText(wire.originalPartnerReferenceNo);
  const bankReference = presentText(wire.originalReferenceNo);
  const reference = endToEndId ?? bankReference ?? presentText(wire.originalExternalId);
  return {
    messageKey: `${service}:${reference ?? wire.beneficiaryAccountNo}:${state}`,
    accountIdentifiers: [`account:${wire.sourceAccountNo.trim()}`],
    echo: {},
    refusedEcho: {},
    readEntry: () => undefined,
    readTransfer: () => {
      const status = transferStatusTable[state];
      if (status === undefined) throw unknownState('latestTransactionStatus', state);
      if (endToEndId === undefined && bankReference === undefined) {
        throw new CashbellError('inbound.unparseable', { field: 'originalPartnerReferenceNo' });
      }
      const message =
        textIn(wire.additionalInfo, 'rejectStatusEN') ?? presentText(wire.transactionStatusDesc);
      const amount = wire.amount === undefined ? undefined : toAmount(wire.amount);
      return {
        ...(endToEndId === undefined ? {} : { endToEndId }),
        ...(bankReference === undefined ? {} : { bankReference }),
        report: {
          status,
          bankCode: state,
          ...(bankReference === undefined ? {} : { bankReference }),
          ...(message === undefined ? {} : { bankMessage: message.slice(0, 160) }),
          ...(amount === undefined ? {} : { amount }),
        },
      };
    },
    note: `transfer ${reference ?? ''} is ${state}`,
  };
}

function unknownState(what: string, found: string): CashbellError {
  return new CashbellError('connector.statusUnknown', { what, found: found.slice(0, 40) });
}

/** Without a time of the bank the day of arrival counts, which is only the bank's day, no moment. */
function bookingOf(text: string | undefined, zone: string, receivedAt: Instant) {
  const present = presentText(text);
  return present === undefined
    ? { bookingDate: dayIn(receivedAt, zone) }
    : toBooking(present, zone);
}

function counterpartyOf(
  name: string | undefined,
  account: string | undefined,
  agent: string | undefined,
): Pick<EntryReport, 'counterparty'> {
  const known = {
    ...entryIfPresent('name', name),
    ...entryIfPresent('account', account),
    ...entryIfPresent('agent', agent),
  };
  return Object.keys(known).length === 0 ? {} : { counterparty: known };
}

function entryIfPresent<K extends string>(key: K, text: string | undefined) {
  const present = presentText(text);
  return present === undefined ? {} : { [key]: present };
}

function referenceOf(text: string | undefined): Pick<EntryReport, 'accountServicerReference'> {
  const present = presentText(text);
  return present === undefined ? {} : { accountServicerReference: present };
}

function narrativeOf(wire: VirtualAccount & { readonly virtualAccountName?: string | undefined }) {
  return collapse(`VA ${wire.virtualAccountNo.trim()} ${wire.virtualAccountName ?? ''}`);
}

function textIn(
  record: Readonly<Record<string, unknown>> | null | undefined,
  name: string,
): string | undefined {
  const value = record?.[name];
  return typeof value === 'string' ? value : undefined;
}

function pickPresent<T extends object>(wire: T, names: readonly (keyof T & string)[]) {
  return Object.fromEntries(
    names.flatMap((name) => (wire[name] === undefined ? [] : [[name, wire[name]]])),
  );
}

/** Payments for the golden files and tests of rendering: one for each way in which a card can look. */
import { parseInstant, parsePlainDate } from '#core/dates.ts';
import type { EntryFact, PaymentFact } from '#core/events.ts';
import { parseMoney } from '#core/money.ts';
import type { PaymentState } from '#core/payments.ts';
import { sampleEntry } from './render-samples.ts';

const at = parseInstant('2026-11-23T15:59:07+07:00');

const rupiah: PaymentFact = {
  kind: 'payment.changed',
  paymentId: 'pay_01sample0000000000000000000',
  version: 1,
  state: 'draft',
  at,
  accountId: 'acc_01sample0000000000000000000',
  connectionId: 'con_01sample0000000000000000000',
  bank: 'BCA',
  bankId: 'bca',
  environment: 'production',
  accountName: 'Operasional',
  accountNumber: '0613005878',
  zone: 'Asia/Jakarta',
  amount: parseMoney('15000000.00', 'IDR'),
  creditor: {
    name: 'PT MAJU JAYA',
    account: '5270098765',
    scheme: 'domestic',
    agent: 'BMRIIDJA',
    agentName: 'Bank Mandiri',
    country: 'ID',
  },
  purpose: 'supplier',
  rail: 'instant',
  remittanceInformation: 'INV-2026/117 PT MAJU JAYA',
  endToEndId: '20261123000000000417',
  requestedExecutionDate: parsePlainDate('2026-11-23'),
  maker: 'Siti Rahma',
  makerUserId: 'user01',
  approvers: [],
};

const approved = { ...rupiah, approvers: ['陈志明', 'Ahmad Zaki'] };
const sent = { ...approved, bankReference: '2026112312345600' };

/** What each state adds to the plain payment. */
const byState: Readonly<Record<PaymentState, PaymentFact>> = {
  draft: rupiah,
  awaitingApproval: rupiah,
  authorised: approved,
  blocked: {
    ...approved,
    code: 'payment.limitExceeded',
    details: {
      amount: 'IDR 15000000.00',
      limit: 'IDR 50000000.00',
      used: 'IDR 41250000.00',
      resets: '2026-11-24T00:00:00+07:00',
    },
  },
  submitting: approved,
  submitted: sent,
  unknown: { ...approved, code: 'payment.noAnswer' },
  confirmed: { ...sent, fee: parseMoney('2500.00', 'IDR') },
  settled: {
    ...sent,
    fee: parseMoney('2500.00', 'IDR'),
    settlementEntryId: 'ent_02sample0000000000000000000',
  },
  rejected: {
    ...approved,
    code: 'payment.bankRejected',
    bankCode: '4031814',
    bankMessage: 'Insufficient Funds',
  },
  returned: {
    ...sent,
    code: 'payment.returnedByBank',
    bankCode: '4041811',
    bankMessage: 'Invalid Account',
  },
  declined: {
    ...rupiah,
    code: 'payment.approvalDeclined',
    details: { by: '陈志明', remark: 'Faktur belum lengkap' },
  },
  expired: { ...rupiah, code: 'payment.approvalExpired' },
  cancelled: rupiah,
  voided: { ...approved, code: 'payment.contentChanged', details: { field: 'amount' } },
};

/** A payment of a supplier as it looks in a state. */
export function samplePayment(state: PaymentState): PaymentFact {
  const stated = byState[state];
  return { ...stated, state, version: 2 };
}

/** What no state alone shows: a day ahead, a new account, another name, a question, a sandbox. */
const specials: Readonly<Record<string, PaymentFact>> = {
  'authorised, for a later day': {
    ...approved,
    state: 'authorised',
    requestedExecutionDate: parsePlainDate('2026-11-25'),
    notBefore: parseInstant('2026-11-25T08:00:00+07:00'),
  },
  'awaitingApproval, account changed and another name at the bank': {
    ...rupiah,
    state: 'awaitingApproval',
    previousCreditorAccount: '1440012345',
    nameMatch: 'close',
    nameAtBank: 'PT MAJU JAYA ABADI',
  },
  'blocked, another name at the bank': {
    ...approved,
    state: 'blocked',
    code: 'payment.nameMismatch',
    nameMatch: 'noMatch',
    nameAtBank: 'BUDI SANTOSO',
    previousCreditorAccount: '1440012345',
  },
  'blocked, not enough money': {
    ...approved,
    state: 'blocked',
    code: 'payment.cashShort',
    details: {
      available: 'IDR 9750000.00',
      needed: 'IDR 22500000.00',
      asOf: '2026-11-23T15:58:00+07:00',
    },
  },
  'blocked until the bank opens': {
    ...approved,
    state: 'blocked',
    code: 'payment.railClosed',
    details: { opens: '2026-11-24T08:00:00+07:00' },
  },
  'unknown, people must decide': {
    ...approved,
    state: 'unknown',
    code: 'payment.decisionNeeded',
    question: {
      sentAt: parseInstant('2026-11-23T15:02:11+07:00'),
      attempts: 1,
      inquiries: 14,
      lastAnswer: '4041800 Transaction Not Found',
    },
  },
  'settled, of an Arabic creditor, sandbox': {
    ...sent,
    state: 'settled',
    environment: 'sandbox',
    bank: 'Airwallex',
    bankId: 'airwallex',
    accountName: 'Global',
    accountNumber: '',
    zone: 'Asia/Hong_Kong',
    amount: parseMoney('1234.567', 'KWD'),
    creditor: {
      name: 'شركة النور للتجارة',
      account: 'KW81CBKU0000000000001234560101',
      scheme: 'iban',
      agent: 'CBKUKWKW',
      country: 'KW',
    },
    remittanceInformation: 'دفعة الفاتورة INV-44 / 2026',
    rail: 'swift',
    fee: parseMoney('12.500', 'KWD'),
  },
};

/** The special payments, each under an id of its own. */
export const specialPayments: Readonly<Record<string, PaymentFact>> = Object.fromEntries(
  Object.entries(specials).map(([title, fact], index) => [
    title,
    { ...fact, paymentId: `pay_1${index}sample0000000000000000000` },
  ]),
);

/** The debit that settles a payment, or the credit that brings it back. */
export function sampleOfPayment(role: 'settlement' | 'return'): EntryFact {
  const entry = sampleEntry(role === 'settlement' ? 'debit' : 'credit', 'booked');
  const paymentId = 'pay_01sample0000000000000000000';
  return { ...entry, payment: { paymentId, role, creditorName: 'PT MAJU JAYA' } };
}

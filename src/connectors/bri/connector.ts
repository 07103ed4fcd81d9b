import { parsePlainDate } from '#core/dates.ts';
import { defineSnapConnector } from '../snap/connector.ts';
import { briPayments } from './payments.ts';

/** Bank Rakyat Indonesia, section A14. */
export const bri = defineSnapConnector({
  id: 'bri',
  displayName: 'BRI',
  documentation: 'https://developers.bri.co.id/id/docs',
  factsAsOf: parsePlainDate('2025-03-19'),
  traits: {
    country: 'ID',
    zone: 'Asia/Jakarta',
    // `partner.api.bri.co.id` is often quoted for production, yet unverified (A2).
    baseUrls: { sandbox: 'https://sandbox.partner.api.bri.co.id' },
    clockToleranceMs: 300_000,
    timeoutMs: 30_000,
    tlsMin: 'TLSv1.2',
    callBudget: { perMinute: 30 },
    poll: {
      intervalSeconds: 300,
      historyDaysMax: 365,
      windowDaysMax: 31,
      granularity: 'instant',
      overlapMinutes: 60,
      // "Wait at least 15 minutes after a transaction" (A14).
      settleMinutes: 15,
    },
    maintenance: [],
    hasUniqueEntryKey: true,
    hasRunningBalance: true,
    push: { covers: 'virtual account (BRIVA) and QRIS payments', repeats: false },
  },
  pathPrefix: '/snap',
  paths: {
    token: '/v1.0/access-token/b2b',
    balance: '/v1.0/balance-inquiry',
    statement: '/v1.0/bank-statement',
    history: '/v1.0/transaction-history-list',
  },
  timestampPrecision: 'millisecond',
  signatureEncoding: 'hex',
  query: 'asSent',
  hasPartnerReference: false,
  statement: { window: 'moments' },
  // Account services take nine digits; chance would collide at some 4,200 calls a day (A6).
  formatExternalId: (_now, sequence) => String(sequence % 1_000_000_000).padStart(9, '0'),
  payments: briPayments,
  inbound: {
    services: {
      '/access-token/b2b': '73',
      '/transfer-va/payment': '25',
      '/transfer-va/notify-payment-intrabank': '34',
      '/qr-mpm-notify': '52',
    },
    signatureWording: { token: 'stringToSign', message: 'Signature' },
    repeatedPayment: 'sameAnswer',
  },
});

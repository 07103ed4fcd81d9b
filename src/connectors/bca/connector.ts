import { formatWithOffset, parsePlainDate } from '#core/dates.ts';
import { defineSnapConnector } from '../snap/connector.ts';
import { bcaPayments } from './payments.ts';

const ZONE = 'Asia/Jakarta';

/** Bank Central Asia, section A13. */
export const bca = defineSnapConnector({
  id: 'bca',
  displayName: 'BCA',
  documentation: 'https://developer.bca.co.id/id/Dokumentasi',
  factsAsOf: parsePlainDate('2025-03-17'),
  traits: {
    country: 'ID',
    zone: ZONE,
    // The production host is issued at onboarding and not published (A2).
    baseUrls: { sandbox: 'https://sandbox.bca.co.id' },
    clockToleranceMs: 300_000,
    timeoutMs: 30_000,
    tlsMin: 'TLSv1.2',
    callBudget: { perMinute: 30 },
    poll: {
      intervalSeconds: 300,
      historyDaysMax: 31,
      windowDaysMax: 31,
      granularity: 'day',
      // "Yesterday once after 06:00" (A21): until seven, today's question covers yesterday too.
      overlapMinutes: 420,
      settleMinutes: 0,
    },
    maintenance: [],
    hasUniqueEntryKey: false,
    hasRunningBalance: true,
    push: { covers: 'virtual account and QRIS payments, rejected RTGS and SKN', repeats: true },
  },
  pathPrefix: '/openapi',
  paths: {
    token: '/v1.0/access-token/b2b',
    balance: '/v1.0/balance-inquiry',
    statement: '/v1.0/bank-statement',
    history: '/v1.0/transaction-history-list',
  },
  timestampPrecision: 'second',
  signatureEncoding: 'base64',
  query: 'sorted',
  hasPartnerReference: true,
  statement: { window: 'midnights', entriesMax: 9000 },
  // 17 digits of WIB time and 15 of sequence: 32, the most that transfers take (A6, A13).
  formatExternalId: (now, sequence) => {
    const moment = formatWithOffset(now, ZONE, 'millisecond').replace(/\D/g, '').slice(0, 17);
    return `${moment}${String(sequence).padStart(15, '0')}`;
  },
  payments: bcaPayments,
  inbound: {
    services: {
      '/access-token/b2b': '73',
      '/transfer-va/payment': '25',
      '/transfer-va/notify-payment-intrabank': '34',
      '/qr-mpm-notify': '52',
      '/transfer-rtgs/notify': '76',
      '/transfer-skn/notify': '75',
    },
    signatureWording: { token: '[Signature]', message: '[Signature]' },
    repeatedPayment: 'inconsistentRequest',
  },
  fields: {
    partnerId: { hint: 'CorporateID of KlikBCA Bisnis; sent as X-PARTNER-ID.' },
    channelId: {
      hint: '95051 for KlikBCA Bisnis services (balance and statement).',
      pattern: /^\d{5}$/,
    },
  },
});

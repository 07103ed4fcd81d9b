import { parsePlainDate } from '#core/dates.ts';
import { defineSnapConnector } from '../snap/connector.ts';
import { bniPayments } from './payments.ts';

/** Bank Negara Indonesia, section A15. */
export const bni = defineSnapConnector({
  id: 'bni',
  displayName: 'BNI',
  documentation: 'https://digitalservices.bni.co.id/documentation',
  factsAsOf: parsePlainDate('2025-06-30'),
  traits: {
    country: 'ID',
    zone: 'Asia/Jakarta',
    baseUrls: { sandbox: 'https://sandbox.bni.co.id', production: 'https://api.bni.co.id' },
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
      settleMinutes: 0,
    },
    maintenance: [],
    hasUniqueEntryKey: true,
    hasRunningBalance: true,
    push: { covers: 'virtual account and QRIS payments, where contracted', repeats: false },
  },
  // The token lives under another prefix than the services, so none is common.
  pathPrefix: '',
  paths: {
    token: '/snap/v1/access-token/b2b',
    balance: '/snap-service/v1/balance-inquiry',
    statement: '/snap-service/v1/bank-statement',
    history: '/snap-service/v1/transaction-history-list',
  },
  timestampPrecision: 'second',
  signatureEncoding: 'base64',
  query: 'asSent',
  // BNI's SDK sends a device id; it identifies the program, not a person.
  extraHeaders: () => ({ 'X-DEVICE-ID': 'cashbell' }),
  hasPartnerReference: true,
  statement: { window: 'moments' },
  // Nine digits and the unix time, as BNI's SDK forms it (A15).
  formatExternalId: (now, sequence) => {
    const digits = String(sequence % 1_000_000_000).padStart(9, '0');
    return `${digits}${Math.floor(now.epochMilliseconds / 1000)}`;
  },
  payments: bniPayments,
  inbound: {
    services: {
      '/access-token/b2b': '73',
      '/transfer-va/payment': '25',
      '/transfer-va/notify-payment-intrabank': '34',
      '/qr-mpm-notify': '52',
    },
    signatureWording: { token: '[Signature]', message: '[Signature]' },
    repeatedPayment: 'sameAnswer',
  },
  fields: {
    clientId: {
      hint: 'Client id, which starts with IDBNI; sent as X-CLIENT-KEY.',
      pattern: /^IDBNI[A-Za-z0-9+/]+={0,2}$/,
    },
    clientSecret: { hint: 'API secret of BNI, which is the HMAC key; not the client secret.' },
    partnerId: { hint: 'API key of BNI, sent as X-PARTNER-ID; not the client id.' },
  },
});

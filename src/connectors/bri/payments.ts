import { HOUR_MS, type SnapPayments } from '../snap/payment-profile.ts';

/** How BRI pays, section A14; lengths and mandatory members from BRI's portal pages. */
export const briPayments: SnapPayments = {
  ownAgent: 'BRINIDJA',
  accountDigits: [15, 15],
  // "15,2", where the standard has 16 (SKNBI page of the portal, 12 April 2022).
  amountDigits: 15,
  remark: { length: 50, charset: 'swift' },
  isAddressRequired: false,
  hasOptionalMembers: true,
  info: { deviceId: 'cashbell', channel: 'h2h' },
  rails: {
    intrabank: { service: '17', path: '/intrabank/snap/v1.0/transfer-intrabank' },
    // v1.0 is the switch with codes of three digits; v2.0 (22 September 2025) has BI-FAST and
    // answers with service code 81, which decides nothing here (A8.1).
    switch: {
      service: '18',
      path: '/interbank/snap/v1.0/transfer-interbank',
      agentForm: 'national',
    },
    instant: {
      service: '18',
      path: '/interbank/snap/v2.0/transfer-interbank',
      agentForm: 'national',
    },
    urgent: { service: '22', path: '/rtgs/snap/v2.0/transfer-rtgs', agentForm: 'national' },
    clearing: { service: '23', path: '/snap/v1.0/transfer-sknbi', agentForm: 'national' },
  },
  status: {
    path: '/snap/v1.0/transfer/status',
    // What times out during end of day can be checked by eight in the morning only (portal, API
    // Transaction Status Inquiry): a "not found" of the same evening proves nothing.
    visibilityMs: 12 * HOUR_MS,
    // BRI names none; the shortest that any bank does (F7).
    retentionDays: 31,
    date: 'moment',
  },
  nameInquiry: {
    internalPath: '/intrabank/snap/v1.0/account-inquiry-internal',
    externalPath: '/interbank/snap/v1.0/account-inquiry-external',
    agentForm: 'national',
  },
};

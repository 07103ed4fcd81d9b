import type { PaymentPurpose } from '#core/payments.ts';
import {
  BATCH_FINAL_MS,
  REAL_TIME_FINAL_MS,
  type SnapPayments,
  type SnapRail,
  VISIBILITY_MS,
} from '../snap/payment-profile.ts';
import { toAmountWire } from '../snap/payment-requests.ts';

/** BI-FAST: 01 investment, 02 transfer of wealth, 03 purchase, 99 other (A13). */
const purposeCodes: Readonly<Record<PaymentPurpose, string>> = {
  supplier: '03',
  salary: '99',
  tax: '99',
  utilities: '03',
  rent: '99',
  loan: '99',
  intercompany: '02',
  refund: '99',
  treasury: '02',
  other: '99',
};

const interbank: SnapRail = {
  service: '18',
  path: '/v2.0/transfer-interbank',
  agentForm: 'swiftOrNational',
  accountDigits: [1, 28],
  isBusinessDaysOnly: false,
  finalWithinMs: REAL_TIME_FINAL_MS,
  info: () => ({ transferType: '1' }),
};

const rtgs: SnapRail = {
  service: '22',
  path: '/v1.0/transfer-rtgs',
  agentForm: 'swift',
  accountDigits: [1, 34],
  isBusinessDaysOnly: true,
  finalWithinMs: BATCH_FINAL_MS,
};

/** How BCA pays, section A13. */
export const bcaPayments: SnapPayments = {
  ownAgent: 'CENAIDJA',
  accountDigits: [10, 10],
  amountDigits: 13,
  // Two fields of 18 characters, no special ones.
  remark: { length: 36, charset: 'plain' },
  isAddressRequired: true,
  hasOptionalMembers: false,
  rails: {
    intrabank: {
      service: '17',
      path: '/v1.0/transfer-intrabank',
      accountDigits: [10, 10],
      isBusinessDaysOnly: false,
      finalWithinMs: REAL_TIME_FINAL_MS,
      // `economicActivity` of a foreign beneficiary is the bank's own list, which is not published.
      isForResidentsOnly: true,
    },
    switch: interbank,
    instant: {
      ...interbank,
      accountDigits: [1, 34],
      info: ({ purpose }) => ({ transferType: '2', purposeCode: purposeCodes[purpose] }),
    },
    urgent: rtgs,
    clearing: { ...rtgs, service: '23', path: '/v1.0/transfer-skn' },
  },
  status: {
    path: '/v1.0/transfer/status',
    visibilityMs: VISIBILITY_MS,
    retentionDays: 31,
    date: 'midnight',
  },
  nameInquiry: {
    internalPath: '/v1.0/account-inquiry-internal',
    externalPath: '/v2.0/account-inquiry-external',
    agentForm: 'swiftOrNational',
    nameMax: 24,
    // BI-FAST (2) wants the amount beside the payer's account; without one the switcher (1) is asked.
    externalMembers: ({ amount, debtorAccount }) =>
      amount === undefined
        ? { additionalInfo: { inquiryService: '1' } }
        : {
            additionalInfo: {
              inquiryService: '2',
              sourceAccountNo: debtorAccount.number,
              amount: toAmountWire(amount),
              purposeCode: '99',
            },
          },
  },
};

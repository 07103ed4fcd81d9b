import type { PaymentPurpose } from '#core/payments.ts';
import type { SnapPayments } from '../snap/payment-profile.ts';
import { toAmountWire } from '../snap/payment-requests.ts';

/** BI-FAST: 01 investment, 02 transfer of wealth, 03 purchase; everything else is 99, other. */
const purposeCodes: Readonly<Partial<Record<PaymentPurpose, string>>> = {
  supplier: '03',
  utilities: '03',
  intercompany: '02',
  treasury: '02',
};
const OTHER = '99';

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
      path: '/openapi/v1.0/transfer-intrabank',
      // `economicActivity` of a foreign beneficiary is a list of the bank's that is not published.
      isForResidentsOnly: true,
    },
    switch: {
      service: '18',
      path: '/openapi/v2.0/transfer-interbank',
      agentForm: 'swiftOrNational',
      accountDigitsMax: 28,
      info: () => ({ transferType: '1' }),
    },
    instant: {
      service: '18',
      path: '/openapi/v2.0/transfer-interbank',
      agentForm: 'swiftOrNational',
      info: ({ purpose }) => ({ transferType: '2', purposeCode: purposeCodes[purpose] ?? OTHER }),
    },
    urgent: { service: '22', path: '/openapi/v1.0/transfer-rtgs', agentForm: 'swift' },
    clearing: { service: '23', path: '/openapi/v1.0/transfer-skn', agentForm: 'swift' },
  },
  status: { path: '/openapi/v1.0/transfer/status', retentionDays: 31, date: 'midnight' },
  nameInquiry: {
    internalPath: '/openapi/v1.0/account-inquiry-internal',
    externalPath: '/openapi/v2.0/account-inquiry-external',
    agentForm: 'swiftOrNational',
    nameMax: 24,
    // BI-FAST (2) wants amount and payer beside it; without an amount the switcher (1) is asked.
    externalInfo: ({ amount, debtorAccount }) =>
      amount === undefined
        ? { inquiryService: '1' }
        : {
            inquiryService: '2',
            sourceAccountNo: debtorAccount.number,
            amount: toAmountWire(amount),
            purposeCode: OTHER,
          },
  },
};

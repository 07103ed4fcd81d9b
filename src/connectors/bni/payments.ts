import type { SnapPayments } from '../snap/payment-profile.ts';
import { toAmountWire } from '../snap/payment-requests.ts';

/**
 * How BNI pays, section A15 and BNI's Node SDK. The SDK has no BI-FAST. Its own spellings `kodePos`
 * and `recieverPhone` are of optional members that we do not send.
 */
export const bniPayments: SnapPayments = {
  ownAgent: 'BNINIDJA',
  accountDigits: [1, 19],
  amountDigits: 16,
  remark: { length: 50, charset: 'swift' },
  isAddressRequired: false,
  hasOptionalMembers: true,
  rails: {
    intrabank: { service: '17', path: '/snap-service/v1/transfer-intrabank' },
    switch: { service: '18', path: '/snap-service/v1/transfer-interbank', agentForm: 'national' },
    urgent: { service: '22', path: '/snap-service/v1/transfer-rtgs', agentForm: 'swift' },
    clearing: { service: '23', path: '/snap-service/v1/transfer-skn', agentForm: 'swift' },
  },
  status: {
    path: '/snap-service/v1/transfer/status',
    // BNI names none; the shortest that any bank does (F7).
    retentionDays: 31,
    date: 'moment',
    members: ({ instruction }) => ({ amount: toAmountWire(instruction.instructedAmount) }),
  },
  nameInquiry: {
    internalPath: '/snap-service/v1/account-inquiry-internal',
    externalPath: '/snap-service/v1/account-inquiry-external',
    agentForm: 'swift',
  },
};

import type { Failure } from './transfer.ts';

/** The failure types that the sandbox's transition takes, with the code and words of a failure. */
const REASONS: Readonly<Record<string, string>> = {
  ACCOUNT_CLOSED: '90701: Account closed',
  ACCOUNT_CURRENCY_MISMATCH: '90702: Account currency mismatch',
  ACCOUNT_INACTIVE_OR_DORMANT: '90703: Account inactive or dormant',
  ACCOUNT_UNDER_RESTRICTION: '90704: Account under restriction',
  BENEFICIARY_BANK_RETURNED: '90802: Beneficiary bank returned',
  BENEFICIARY_NAME_MISMATCH: '90301: Beneficiary name mismatch',
  BENEFICIARY_REQUESTED: '90801: Beneficiary requested',
  CHANNEL_POLICY: '90901: Channel policy',
  CHANNEL_TIMEOUT: '90902: Channel timeout',
  CLIENT_REQUESTED: '90803: Client requested',
  DUPLICATION_RETURN: '90804: Duplication return',
  EXCEEDED_TRANSACTION_AMOUNT_OR_LIMIT: '90601: Exceeded transaction amount or limit',
  INSUFFICIENT_FUNDS: '90602: Insufficient funds',
  INVALID_ACCOUNT_NAME_OR_NUMBER: '90101: Invalid account name/number',
  INVALID_BANK_INFORMATION: '90201: Invalid bank information',
  INVALID_BANK_OR_BRANCH_CODE: '90202: Invalid bank or branch code',
  INVALID_BENEFICIARY_DETAILS: '90302: Invalid beneficiary details',
  INVALID_PAYMENT_PURPOSE: '90501: Invalid payment purpose',
  INVALID_SWIFT_BIC_CODE: '90204: Invalid SWIFT/BIC code',
  OTHER: '99902: Other',
  RECALL_REQUESTED: '90805: Recall requested',
  SYSTEM_ERROR: '99901: System error',
  UNABLE_TO_APPLY: '90806: Unable to apply',
};

/** The failure of a type; an unknown type is refused with the known ones. */
export function failureOf(type: unknown): Failure {
  const reason = typeof type === 'string' ? REASONS[type] : undefined;
  if (typeof type !== 'string' || reason === undefined) {
    throw new Error(`failure_type must be one of ${Object.keys(REASONS).join(', ')}`);
  }
  return { type, reason };
}

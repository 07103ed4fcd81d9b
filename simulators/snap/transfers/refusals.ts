import { Refusal } from '../refusal.ts';

/** The business cases of A8.2 that a transfer or an inquiry can end in. */
const CASES = {
  amountLimit: [403, '02', 'Exceeds Transaction Amount Limit'],
  suspectedFraud: [403, '03', 'Suspected Fraud'],
  activityCount: [403, '04', 'Activity Count Limit Exceeded'],
  doNotHonor: [403, '05', 'Do Not Honor'],
  notNow: [403, '06', 'Feature Not Allowed At This Time. [{reason}]'],
  dormant: [403, '09', 'Dormant Account'],
  insufficientFunds: [403, '14', 'Insufficient Funds'],
  notPermitted: [403, '15', 'Transaction Not Permitted. [{reason}]'],
  suspended: [403, '16', 'Suspend Transaction'],
  inactive: [403, '18', 'Inactive Card/Account/Customer'],
  accountLimit: [403, '23', 'Account Limit Exceed'],
  notFound: [404, '01', 'Transaction Not Found'],
  routing: [404, '02', 'Invalid Routing'],
  companyLimit: [404, '02', 'Amount Exceeds Company Limit'],
  bankNotSupported: [404, '03', 'Bank Not Supported By Switch'],
  invalidAccount: [404, '11', 'Invalid Card/Account/Customer [{reason}]/Virtual Account'],
  invalidAmount: [404, '13', 'Invalid Amount'],
  inconsistent: [404, '18', 'Inconsistent Request'],
  duplicateReference: [409, '01', 'Duplicate partnerReferenceNo'],
} as const;

export type RefusalName = keyof typeof CASES;

/** A no for a reason of business. `detail` is for the management interface only. */
export function refusal(
  service: string,
  name: RefusalName,
  words: { reason?: string; detail?: string } = {},
): Refusal {
  const [status, caseCode, pattern] = CASES[name];
  const message = pattern.replace('{reason}', words.reason ?? '');
  const hint = words.detail === undefined ? {} : { detail: words.detail };
  return new Refusal({ status, service, caseCode, message }, hint);
}

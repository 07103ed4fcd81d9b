import type { Fault, Faults } from '../lib/faults.ts';

/** Every fault that can be switched on, with what it does; settings are named in the sentence. */
export const FAULTS = {
  timeoutBeforeAccepting:
    'The call is never looked at: no answer for `ms` (60000), then the connection is cut.',
  timeoutAfterAccepting:
    'The call is carried out in full, but no answer comes for `ms` (60000), then the connection is cut.',
  slow: 'The call waits `ms` (3000) before it is carried out.',
  slowAnswer: 'The call is carried out at once, the answer comes `ms` (3000) later.',
  serverError:
    'A JSON error of the bank: `code` 00 General Error, 01 Internal Server Error (default), 02 External Server Error; `status` 500 or 504.',
  htmlError: 'A gateway answers in its place: `status` (502) with an HTML page.',
  throttle: '429xx00 Too Many Requests.',
  conflict: '409xx00 for a fresh X-EXTERNAL-ID; nothing is carried out.',
  conflictAfterAccepting:
    'A transfer is executed and answered 409xx00, as when a gateway repeats the call by itself.',
  errorAfterAccepting:
    'A transfer is executed and answered with an error: `status` 500 (default) or 504, `code` 01 (00 with 504).',
  htmlErrorAfterAccepting: 'A transfer is executed and a gateway answers a page: `status` (502).',
  inProgress:
    'A transfer is executed and answered 202xx00 with status 03; after `ms` (5000) its `outcome` is settled (default) or rejected.',
  tokenInvalidated: 'The bank forgets the token of the call and answers 401xx01.',
  answerFieldMissing: 'A success lacks `field` (referenceNo).',
  answerFieldWrong: 'A success has another value in `field` (amount): `value`, or a spoilt one.',
  suspectedFraud: 'A transfer is refused with 403xx03.',
  switchUnavailable: 'A transfer is refused with 404xx02; at BCA RTGS and SKN with 4041802 (A8.1).',
  returnAfterSuccess:
    'A successful transfer comes back after `ms` (5000): status 04 and a credit entry.',
  rejectAfterAcceptance:
    'RTGS or SKN is accepted and rejected `ms` (time of settling) later: status 06, the debit taken back, the company called.',
  noticeBeforeAnswer:
    'RTGS or SKN is rejected at once, and the company is called before the transfer is answered.',
  noticeMalformedDate: 'The date in a call of 75 or 76 ends with +07:000, as in a sample of BCA.',
  statusNotFound:
    'A status inquiry does not find transfers that are younger than `ms` (however old), though they were executed.',
  maintenance: 'The bank is closed: `as` html (default: 503 with a page) or code (403xx06).',
  ipNotAllowed: '401xx00 "Unauthorized. [Connection not allowed]", as for a foreign IP address.',
  unknownClient: '401xx00 "Unauthorized. [Unknown client]", as for an id of another environment.',
  tokenSignatureAlwaysWrong: 'The token service refuses every signature with 4017300.',
  serviceNotActivated: '403xx01: the service is not in the contract; `service` limits it to one.',
  pageSize: 'Pages of `size` (3) rows; at BCA, which has no pages, at most so many rows come.',
  shuffledOrder: 'The rows of a page come in random order.',
  statementGap: 'One row in the middle of a page is left out, so running balances do not chain.',
  statementDuplicateLine: 'One row of a page comes twice.',
  correctedLine:
    'The newest booked row changes for good: `field` remark (default) or amount (one rupiah more); strikes once when no count is given.',
  statementLag: 'Rows younger than `ms` (900000) are not in the statement yet (A14: 15 minutes).',
  duplicateCallback:
    'A call that was answered is made once more with the same body and X-EXTERNAL-ID.',
  lateCallback: 'The call to the company is made `ms` (5000) late.',
  reorderedCallbacks:
    'Calls wait until `size` (3) are together or `ms` (2000) passed, and leave in reverse order.',
  callbackBadSignature: 'The signature of the call is wrong.',
  callbackStaleTimestamp: 'The call is signed with a time `ms` (3600000) ago.',
  callbackFutureTimestamp: 'The call is signed with a time `ms` (3600000) ahead.',
  callbackReplayedExternalId: 'The call carries the X-EXTERNAL-ID of the call before it.',
  callbackUnknownAccount: 'The call is about a virtual account or account that nobody knows.',
  callbackNotJson: 'The signed body is not JSON.',
  callbackTooLarge: 'The signed body is padded to `bytes` (2097152).',
  callbackUnparseable: 'The body is authentic JSON, but its mandatory fields are missing.',
} as const;

export type FaultName = keyof typeof FAULTS;

/** What a fault may be limited to by its settings `bank`, `service`, `path` and `account`. */
export interface FaultScope {
  readonly bank: string;
  readonly service?: string;
  /** The standard's service, where the bank's codes name another; `service` may mean either. */
  readonly operation?: string | undefined;
  readonly path?: string;
  readonly account?: string;
}

/** Asks whether a fault strikes this call; one that is limited to another does not and is not used up. */
export function strike(faults: Faults, name: FaultName, scope: FaultScope): Fault | undefined {
  const set = faults.list().find((fault) => fault.name === name);
  if (!set) return undefined;
  for (const limit of ['bank', 'path', 'account'] as const) {
    const wanted = set.settings[limit];
    if (wanted !== undefined && wanted !== scope[limit]) return undefined;
  }
  const { service } = set.settings;
  if (service !== undefined && service !== scope.service && service !== scope.operation) {
    return undefined;
  }
  return faults.strikes(name);
}

/** A number among a fault's settings, or its default. */
export function numberSetting(fault: Fault, name: string, fallback: number): number {
  const value = fault.settings[name];
  return typeof value === 'number' && value >= 0 ? value : fallback;
}

/** A text among a fault's settings, or its default. */
export function textSetting(fault: Fault, name: string, fallback: string): string {
  const value = fault.settings[name];
  return typeof value === 'string' ? value : fallback;
}

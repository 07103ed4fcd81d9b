/** Response codes of SNAP, sections A8.1 and A8.2. */
import { CashbellError, type ErrorCode, type ErrorDetails } from '#core/errors.ts';
import { bodyText, type HttpResponse } from '#core/http.ts';
import { retryAfterSeconds, tryParseJson, withoutSecrets } from '../reading.ts';
import { secretsOf, type SnapConfig } from './config.ts';
import { StatusWire } from './wire.ts';

/** A response code in its parts: HTTP status, service, case. */
export interface ResponseCode {
  readonly status: string;
  readonly service: string;
  readonly case: string;
}

/** Reads seven digits; BCA's samples also send them as a number, which reads the same here. */
export function parseResponseCode(text: string): ResponseCode | undefined {
  const parts = /^(\d{3})(\d{2})(\d{2})$/.exec(text.trim());
  if (!parts) return undefined;
  const [, status = '', service = '', caseCode = ''] = parts;
  return { status, service, case: caseCode };
}

/**
 * Case table (A8.2), keyed by HTTP part and case code: banks send a service code that is not the
 * service's own (BCA answers 18 for 22 and 23, a partner 27 for 34), so it decides nothing.
 */
export const caseTable: Readonly<Record<string, ErrorCode | 'success'>> = {
  '200.00': 'success',
  // Still processing: nothing can be read from it yet.
  '202.00': 'bank.outcomeUnknown',
  '400.00': 'bank.badRequest',
  '400.01': 'bank.badRequest',
  '400.02': 'bank.badRequest',
  '401.00': 'bank.unauthorised',
  '401.01': 'bank.tokenInvalid',
  '401.02': 'bank.unauthorised',
  '401.03': 'bank.tokenInvalid',
  '401.04': 'bank.unauthorised',
  '403.00': 'bank.refused',
  '403.01': 'bank.notAllowed',
  '403.02': 'bank.refused',
  '403.03': 'bank.refused',
  '403.04': 'bank.refused',
  '403.05': 'bank.refused',
  // Cut-off or end of day: the bank sleeps.
  '403.06': 'bank.maintenance',
  '403.07': 'bank.refused',
  '403.08': 'bank.refused',
  '403.09': 'bank.refused',
  '403.10': 'bank.refused',
  '403.11': 'bank.refused',
  '403.12': 'bank.refused',
  '403.13': 'bank.refused',
  '403.14': 'bank.refused',
  '403.15': 'bank.refused',
  '403.16': 'bank.refused',
  '403.17': 'bank.refused',
  '403.18': 'bank.refused',
  '403.19': 'bank.notAllowed',
  '403.20': 'bank.refused',
  '403.21': 'bank.refused',
  '403.22': 'bank.refused',
  '403.23': 'bank.refused',
  '404.00': 'bank.outcomeUnknown',
  // "Transaction not found" proves absence only after a waiting time (A11).
  '404.01': 'bank.outcomeUnknown',
  '404.02': 'bank.unavailable',
  '404.03': 'bank.refused',
  '404.04': 'bank.refused',
  '404.05': 'bank.notAllowed',
  '404.06': 'bank.refused',
  '404.07': 'bank.refused',
  '404.08': 'bank.notAllowed',
  '404.09': 'bank.refused',
  '404.10': 'bank.refused',
  '404.11': 'bank.refused',
  '404.12': 'bank.refused',
  '404.13': 'bank.refused',
  '404.14': 'bank.refused',
  '404.15': 'bank.refused',
  '404.16': 'bank.notAllowed',
  '404.17': 'bank.refused',
  // One reference with two contents: never paid or failed by this alone (A8.2).
  '404.18': 'bank.outcomeUnknown',
  '404.19': 'bank.refused',
  '405.00': 'bank.badRequest',
  '405.01': 'bank.refused',
  // The new request was refused, the original may have run.
  '409.00': 'bank.outcomeUnknown',
  '409.01': 'bank.outcomeUnknown',
  '429.00': 'bank.throttled',
  '500.00': 'bank.outcomeUnknown',
  '500.01': 'bank.outcomeUnknown',
  '500.02': 'bank.outcomeUnknown',
  '504.00': 'bank.outcomeUnknown',
};

/** BCA writes this for an address that is not on its list, under 400 and under 401 (A5.1, E1). */
export const ADDRESS_REFUSED =
  /connection not allowed|ESB-14-019|\bip\b.*not (allowed|registered)/i;
const CLOSED = /maintenance|pemeliharaan|under construction/i;

/**
 * Tells a refusal from an answer. The response code decides where a JSON body has one, the HTTP
 * status where not (gateway or firewall).
 */
export function judgeSnap(response: HttpResponse, config: SnapConfig): CashbellError | undefined {
  const wire = StatusWire.safeParse(tryParseJson(bodyText(response.body)));
  const code = wire.success ? parseResponseCode(wire.data.responseCode) : undefined;
  if (!wire.success || code === undefined) return judgeStatus(response);
  const message = wire.data.responseMessage ?? '';
  const outcome = ADDRESS_REFUSED.test(message)
    ? 'bank.notAllowed'
    : (caseTable[`${code.status}.${code.case}`] ?? 'bank.outcomeUnknown');
  if (outcome === 'success' && response.status < 300) return undefined;
  // "Successful" under a status that says otherwise contradicts itself: nobody knows.
  return new CashbellError(outcome === 'success' ? 'bank.outcomeUnknown' : outcome, {
    responseCode: wire.data.responseCode,
    responseMessage: withoutSecrets(message, secretsOf(config)),
    service: code.service,
    ...detailsOf(response),
  });
}

/** An answer without a response code: it comes from something in front of the bank. */
function judgeStatus(response: HttpResponse): CashbellError {
  return new CashbellError(codeOfStatus(response), detailsOf(response));
}

function codeOfStatus({ status, body }: HttpResponse): ErrorCode {
  if (status >= 200 && status < 400) return 'connector.answerUnreadable';
  if (status === 401) return 'bank.unauthorised';
  if (status === 403) return 'bank.notAllowed';
  if (status === 408) return 'bank.outcomeUnknown';
  if (status === 429) return 'bank.throttled';
  if (status < 500) return 'bank.badRequest';
  return status === 503 || CLOSED.test(bodyText(body)) ? 'bank.maintenance' : 'bank.unavailable';
}

function detailsOf(response: HttpResponse): ErrorDetails {
  const seconds = retryAfterSeconds(response);
  return {
    status: response.status,
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  };
}

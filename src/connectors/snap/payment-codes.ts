/** What an answer to a payment call proves (A8.2, last column; A8.3). */
import { CashbellError, type ErrorCode, type ErrorDetails } from '#core/errors.ts';
import { bodyText, type HttpResponse } from '#core/http.ts';
import { tryParseJson, withoutSecrets } from '../reading.ts';
import { ADDRESS_REFUSED, judgeSnap, parseResponseCode, type ResponseCode } from './codes.ts';
import { secretsOf, type SnapConfig } from './config.ts';
import { StatusWire } from './wire.ts';

/**
 * Codes that promise a transfer was NOT executed, and success. Everything else is unknown: codes
 * for which A8.2 says so (202, 404.00, 404.02, 404.18, 409, 429, 5xx), those that have no meaning
 * on a transfer (OTP, cards, bills) and those nobody has written down.
 */
export const transferCaseTable: Readonly<Record<string, ErrorCode | 'success'>> = {
  '200.00': 'success',
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
  // Cut-off: not executed, and may be sent in the next window.
  '403.06': 'bank.maintenance',
  '403.07': 'bank.refused',
  '403.08': 'bank.refused',
  '403.09': 'bank.refused',
  '403.14': 'bank.refused',
  '403.15': 'bank.refused',
  '403.16': 'bank.refused',
  '403.17': 'bank.refused',
  '403.18': 'bank.refused',
  '403.19': 'bank.notAllowed',
  '403.20': 'bank.refused',
  '403.23': 'bank.refused',
  '404.03': 'bank.refused',
  '404.04': 'bank.refused',
  '404.08': 'bank.notAllowed',
  '404.09': 'bank.refused',
  '404.11': 'bank.refused',
  '404.13': 'bank.refused',
  '404.16': 'bank.notAllowed',
  '405.00': 'bank.badRequest',
  '405.01': 'bank.refused',
};

interface ReadCode {
  readonly code: ResponseCode;
  readonly details: ErrorDetails;
  readonly message: string;
}

/** The response code of an answer; `undefined` when it comes from something in front of the bank. */
function readCode(response: HttpResponse, config: SnapConfig): ReadCode | undefined {
  const wire = StatusWire.safeParse(tryParseJson(bodyText(response.body)));
  const code = wire.success ? parseResponseCode(wire.data.responseCode) : undefined;
  if (!wire.success || code === undefined) return undefined;
  const message = withoutSecrets(wire.data.responseMessage ?? '', secretsOf(config));
  const details = {
    responseCode: wire.data.responseCode,
    responseMessage: message,
    service: code.service,
    status: response.status,
  };
  return { code, details, message };
}

/** Judge of services 17, 18, 22 and 23: `undefined` means that the answer may be parsed. */
export function judgeTransfer(
  response: HttpResponse,
  config: SnapConfig,
): CashbellError | undefined {
  const read = readCode(response, config);
  if (read === undefined) {
    // A firewall's 403 or a gateway's 404 says nothing about what happened behind it.
    return new CashbellError('bank.outcomeUnknown', { status: response.status });
  }
  const outcome = outcomeOf(read, response.status);
  return outcome === 'success' ? undefined : new CashbellError(outcome, read.details);
}

function outcomeOf({ code, message }: ReadCode, status: number): ErrorCode | 'success' {
  const outcome = transferCaseTable[`${code.status}.${code.case}`] ?? 'bank.outcomeUnknown';
  if (outcome === 'success') return status === 200 ? 'success' : 'bank.outcomeUnknown';
  // The bank's own code decides, unless the status line speaks of a fault: then nobody knows.
  if (status >= 500 || status < 200) return 'bank.outcomeUnknown';
  const isRefused = outcome === 'bank.badRequest' || outcome === 'bank.unauthorised';
  return isRefused && ADDRESS_REFUSED.test(message) ? 'bank.notAllowed' : outcome;
}

/** Whether an answer is of one case, such as `404.01`, whatever service it names. */
export function isCase(response: HttpResponse, config: SnapConfig, wanted: string): boolean {
  const read = readCode(response, config);
  return read !== undefined && `${read.code.status}.${read.code.case}` === wanted;
}

/** Judge of an inquiry for which one case is an answer and not an error. */
export function judgeInquiry(
  response: HttpResponse,
  config: SnapConfig,
  answer: '404.01' | '404.11',
): CashbellError | undefined {
  const isAnswer = response.status < 500 && isCase(response, config, answer);
  return isAnswer ? undefined : judgeSnap(response, config);
}

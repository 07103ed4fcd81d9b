import type { CompanyAnswer } from './company-client.ts';
import { isObject } from './inbound.ts';

/** How a bank reads a company's answer: done, refused for good, or worth another try. */
export interface Verdict {
  readonly outcome: 'delivered' | 'refused' | 'failed';
  readonly responseCode: string | null;
}

/** Cases by which the company itself declines the payment: paid, unknown, expired, other content (A13.1). */
const DECLINED = ['12', '14', '18', '19'];

/**
 * Reads an answer as BCA does (A13.1): a payment counts only with a success code and its flag; a
 * repeated one is answered 4042518 with the flag of the first. Other services need the code alone.
 */
export function judge(service: string, answer: CompanyAnswer | undefined): Verdict {
  if (!answer) return { outcome: 'failed', responseCode: null };
  const body = parsed(answer.body);
  const code = body['responseCode'];
  // A sample of BCA has the code as a number (A13).
  const responseCode = typeof code === 'string' || typeof code === 'number' ? String(code) : null;
  if (responseCode === null) return { outcome: 'failed', responseCode };
  const flag = paymentFlag(body);
  if (responseCode === `200${service}00` || responseCode === `202${service}00`) {
    if (service !== '25') return { outcome: 'delivered', responseCode };
    if (flag === '00') return { outcome: 'delivered', responseCode };
    return { outcome: flag === '01' ? 'refused' : 'failed', responseCode };
  }
  if (responseCode === `404${service}18` && flag === '00') {
    return { outcome: 'delivered', responseCode };
  }
  const declined = responseCode.startsWith('404') && DECLINED.includes(responseCode.slice(5));
  return { outcome: declined ? 'refused' : 'failed', responseCode };
}

/** Whether the company says that the bank's token is no good (A8.2: case 01 and 03 of 401). */
export function refusesToken(verdict: Verdict): boolean {
  return /^401\d\d0[13]$/.test(verdict.responseCode ?? '');
}

function paymentFlag(body: Record<string, unknown>): unknown {
  const data = body['virtualAccountData'];
  return isObject(data) ? data['paymentFlagStatus'] : undefined;
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

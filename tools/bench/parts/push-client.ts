import { createHash, createHmac, sign } from 'node:crypto';
import type { Pool } from 'undici';

/** What a bank needs in order to call a company. */
export interface PushTarget {
  readonly origin: string;
  /** Path before the bank's own, such as `/hooks/con_…`. */
  readonly basePath: string;
  readonly clientKey: string;
  readonly secret: string;
  readonly bankPrivateKey: string;
}

export interface Payment {
  readonly reference: string;
  readonly companyCode: string;
  readonly customerNo: string;
  /** Whole rupiah. */
  readonly amount: number;
}

export interface SignedPush {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const PAYMENT_PATH = '/openapi/v1.0/transfer-va/payment';
const TOKEN_PATH = '/openapi/v1.0/access-token/b2b';
const WIB_OFFSET_MS = 7 * 3_600_000;

/** `yyyy-MM-ddTHH:mm:ss+07:00`, as BCA writes time (banks-snap-hk.md A13). */
export function wibTime(atMs: number): string {
  return `${new Date(atMs + WIB_OFFSET_MS).toISOString().slice(0, 19)}+07:00`;
}

/** Asks the company for a token as BCA does (A12.1): signed with the bank's own key. */
export async function fetchPushToken(pool: Pool, target: PushTarget): Promise<string> {
  const timestamp = wibTime(Date.now());
  const text = Buffer.from(`${target.clientKey}|${timestamp}`);
  const answer = await pool.request({
    method: 'POST',
    path: target.basePath + TOKEN_PATH,
    headers: {
      'content-type': 'application/json',
      'x-client-key': target.clientKey,
      'x-timestamp': timestamp,
      'x-signature': sign('sha256', text, target.bankPrivateKey).toString('base64'),
    },
    body: '{"grantType":"client_credentials"}',
  });
  const said: unknown = await answer.body.json();
  const token: unknown = Object(said).accessToken;
  if (typeof token !== 'string') throw new Error(`no token: ${JSON.stringify(said)}`);
  return token;
}

/** Writes and signs a virtual account payment (A10.8, A7.1 type 1), computed here from the text. */
export function signPush(target: PushTarget, token: string, payment: Payment): SignedPush {
  const now = Date.now();
  const timestamp = wibTime(now);
  const partnerServiceId = payment.companyCode.padStart(8, ' ');
  const customerNo = payment.customerNo.padStart(18, '0');
  const amount = { value: `${payment.amount}.00`, currency: 'IDR' };
  const body = JSON.stringify({
    partnerServiceId,
    customerNo,
    virtualAccountNo: partnerServiceId + customerNo,
    virtualAccountName: 'CV MAJU JAYA',
    paymentRequestId: payment.reference.replace('MV', '20261123').padEnd(30, '0'),
    channelCode: 6011,
    paidAmount: amount,
    totalAmount: amount,
    trxDateTime: timestamp,
    referenceNo: payment.reference,
    flagAdvise: 'N',
    subCompany: '00000',
    billDetails: [],
    additionalInfo: {},
  });
  const path = target.basePath + PAYMENT_PATH;
  const digest = createHash('sha256').update(body).digest('hex');
  const signed = `POST:${path}:${token}:${digest}:${timestamp}`;
  return {
    path,
    body,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'x-timestamp': timestamp,
      'x-signature': createHmac('sha512', target.secret).update(signed).digest('base64'),
      'x-partner-id': payment.companyCode,
      'x-external-id': payment.reference.slice(2).padStart(32, '7'),
      'channel-id': '95231',
    },
  };
}

/** Sends a push; the status and the bank's response code. */
export async function sendPush(pool: Pool, push: SignedPush): Promise<number> {
  const answer = await pool.request({
    method: 'POST',
    path: push.path,
    headers: { ...push.headers },
    body: push.body,
  });
  await answer.body.dump();
  return answer.statusCode;
}

export function referenceOf(number: number): string {
  return `MV${String(number).padStart(12, '0')}`;
}

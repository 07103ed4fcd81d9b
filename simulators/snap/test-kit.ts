import { createRequire } from 'node:module';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';
import { listen, readBody, sendJson } from '../lib/http.ts';
import type { BankCode } from './profiles.ts';
import { createSnapSimulator } from './simulator.ts';
import type { WorldOptions } from './world.ts';

/**
 * What the tests share: a simulator on a real socket, and a company whose every signature is made or
 * checked by published SDKs (A20), never by the simulator's own functions.
 */
interface Midtrans {
  getSymmetricSignatureHmacSh512(
    accessToken: string,
    requestBody: unknown,
    method: string,
    path: string,
    clientSecret: string,
    timeStamp: string,
  ): string;
  getAsymmetricSignatureSha256WithRsa(clientId: string, at: string, privateKey: unknown): string;
}

interface Doku {
  generateSignature(privateKey: unknown, clientId: string, timestamp: string): string;
  compareSignatures(signature: string, publicKey: string, clientId: string, at: string): boolean;
  generateSymmetricSignature(
    method: string,
    path: string,
    token: string,
    body: unknown,
    timestamp: string,
    secret: string,
  ): string;
}

const require = createRequire(import.meta.url);
export const midtrans: Midtrans = require('midtrans-client/lib/snapBi/snapBi.js');
export const doku: Doku = require('doku-nodejs-library/_services/tokenService.js');

/** Vector V1's throwaway key, published in the reference for exactly this. */
const v1Key: string = readFileSync(new URL('v1-test-key.b64', import.meta.url), 'utf8');
export const V1_PRIVATE_KEY = createPrivateKey({
  key: Buffer.from(v1Key, 'base64'),
  format: 'der',
  type: 'pkcs8',
}).export({ format: 'pem', type: 'pkcs8' });

export const PATHS = {
  bca: { token: '/openapi/v1.0/access-token/b2b', services: '/openapi/v1.0/' },
  bri: { token: '/snap/v1.0/access-token/b2b', services: '/snap/v1.0/' },
  bni: { token: '/snap/v1/access-token/b2b', services: '/snap-service/v1/' },
} as const;

export const ACCOUNTS = { bca: '1234567890', bri: '111231271284142', bni: '0115476117' } as const;

/** An answer as the tests look into it; they assert what they find. */
// oxlint-disable-next-line no-explicit-any -- each test would otherwise narrow what it is about to assert
export type Json = Record<string, any>;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

/** A running simulator with shorthand for its two interfaces. */
export class Bench {
  readonly simulator: ReturnType<typeof createSnapSimulator>;
  readonly url: string;
  #externalId = 100_000_000;
  #tokens = new Map<string, string>();

  constructor(simulator: ReturnType<typeof createSnapSimulator>, url: string) {
    this.simulator = simulator;
    this.url = url;
  }

  async manage(method: string, path: string, body?: unknown): Promise<Json> {
    return (await this.simulator.manage(method, path, body)) as Json;
  }

  async partner(bank: BankCode): Promise<Json> {
    return (await this.manage('GET', 'partners'))[bank];
  }

  async fault(name: string, settings: Json = {}): Promise<void> {
    await this.manage('POST', 'faults', { name, ...settings });
  }

  async now(): Promise<Date> {
    return new Date((await this.manage('GET', 'state'))['clock'].now);
  }

  /** A moment as the bank wants it in X-TIMESTAMP. */
  async timestamp(bank: BankCode, shiftMs = 0): Promise<string> {
    const wib = new Date((await this.now()).getTime() + shiftMs + 7 * 3_600_000).toISOString();
    return `${wib.slice(0, bank === 'bri' ? 23 : 19)}+07:00`;
  }

  async send(path: string, headers: Record<string, string>, body: string): Promise<Reply> {
    const response = await fetch(this.url + path, { method: 'POST', headers, body });
    const text = await response.text();
    const isJson = text.startsWith('{');
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : {},
    };
  }

  async requestToken(bank: BankCode, changes: Record<string, string> = {}): Promise<Reply> {
    const { clientId } = await this.partner(bank);
    const timestamp = changes['X-TIMESTAMP'] ?? (await this.timestamp(bank));
    const signature = doku.generateSignature(V1_PRIVATE_KEY, clientId, timestamp);
    const headers = {
      'Content-Type': 'application/json',
      'X-CLIENT-KEY': clientId,
      'X-TIMESTAMP': timestamp,
      'X-SIGNATURE': signature,
      ...changes,
    };
    return this.send(PATHS[bank].token, headers, '{"grantType":"client_credentials"}');
  }

  async token(bank: BankCode): Promise<string> {
    const known = this.#tokens.get(bank);
    if (known) return known;
    const { json } = await this.requestToken(bank);
    this.#tokens.set(bank, json['accessToken']);
    return json['accessToken'];
  }

  /** Calls a service signed by midtrans-client; `changes` replace headers afterwards. */
  async call(
    bank: BankCode,
    service: string,
    body: Json,
    changes: Record<string, string> = {},
  ): Promise<Reply> {
    const path = service.startsWith('/') ? service : PATHS[bank].services + service;
    const partner = await this.partner(bank);
    const token = await this.token(bank);
    const timestamp = changes['X-TIMESTAMP'] ?? (await this.timestamp(bank));
    const secret = bank === 'bni' ? partner['apiSecret'] : partner['clientSecret'];
    const base64 = midtrans.getSymmetricSignatureHmacSh512(
      token,
      body,
      'post',
      path,
      secret,
      timestamp,
    );
    this.#externalId += 1;
    const headers = {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${token}`,
      'X-TIMESTAMP': timestamp,
      'X-SIGNATURE': bank === 'bri' ? Buffer.from(base64, 'base64').toString('hex') : base64,
      'X-PARTNER-ID': bank === 'bni' ? partner['apiKey'] : partner['partnerId'],
      'X-EXTERNAL-ID': String(this.#externalId),
      'CHANNEL-ID': partner['channelId'],
      ...changes,
    };
    return this.send(path, headers, JSON.stringify(body));
  }

  balance(bank: BankCode, changes: Record<string, string> = {}): Promise<Reply> {
    const body = { partnerReferenceNo: '20250630000000000011', accountNo: ACCOUNTS[bank] };
    return this.call(bank, 'balance-inquiry', body, changes);
  }

  /** The statement of the last days; BCA from midnight to midnight. */
  async statement(bank: BankCode, changes: Json = {}, path = 'bank-statement'): Promise<Reply> {
    const { days = 14, ...fields } = changes;
    const from = await this.timestamp('bca', -days * 86_400_000);
    const to = await this.timestamp('bca');
    const midnight = (text: string): string => `${text.slice(0, 10)}T00:00:00+07:00`;
    return this.call(bank, path, {
      partnerReferenceNo: '20250630000000000014',
      accountNo: ACCOUNTS[bank],
      fromDateTime: bank === 'bca' ? midnight(from) : from,
      toDateTime: bank === 'bca' ? midnight(to) : to,
      ...fields,
    });
  }
}

/** Starts a simulator that stops with the test. */
export async function startBench(options: Partial<WorldOptions> = {}): Promise<Bench> {
  const simulator = createSnapSimulator({ seed: 7, ...options });
  const listening = await listen(simulator.wire, 0);
  onTestFinished(async () => {
    await simulator.stop();
    await listening.close();
  });
  return new Bench(simulator, listening.url);
}

export interface ReceivedCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

type Answering = (call: ReceivedCall) => { status: number; body: unknown } | 'hang';

/** A company's endpoints: it issues tokens, keeps what comes and answers as the test says. */
export class Company {
  readonly calls: ReceivedCall[] = [];
  readonly tokenCalls: ReceivedCall[] = [];
  answer: Answering = (call) => ({ status: 200, body: paid(call) });
  url = '';

  async start(): Promise<void> {
    const listening = await listen(async (request, response) => {
      const text = (await readBody(request)).toString();
      const call = { path: request.url ?? '', headers: request.headers, text };
      if (call.path.endsWith('/access-token/b2b')) {
        this.tokenCalls.push(call);
        const accessToken = `company-token-${this.tokenCalls.length}`;
        const fields = { accessToken, tokenType: 'Bearer', expiresIn: '900' };
        sendJson(response, 200, { responseCode: '2007300', responseMessage: 'OK', ...fields });
        return;
      }
      this.calls.push(call);
      const answer = this.answer(call);
      if (answer !== 'hang') sendJson(response, answer.status, answer.body);
    }, 0);
    onTestFinished(() => listening.close());
    this.url = listening.url;
  }
}

/** Services by a part of their path (A9). */
const SERVICES_BY_PATH = {
  '/transfer-va/payment': '25',
  'qr-mpm-notify': '52',
  '/transfer-skn/notify': '75',
  '/transfer-rtgs/notify': '76',
};

/** The answer of A10.10 to a payment, and of A10.7 and A10.8 to a notification. */
function paid(call: ReceivedCall): unknown {
  const found = Object.entries(SERVICES_BY_PATH).find(([part]) => call.path.includes(part));
  const service = found?.[1] ?? '34';
  return {
    responseCode: `200${service}00`,
    responseMessage: 'Successful',
    virtualAccountData: { paymentFlagStatus: '00' },
  };
}

/** A company at which the bank calls, below the prefix that a connection of the product has. */
export async function startCompany(
  bench: Bench,
  bank: BankCode,
  settings: Json = {},
): Promise<Company> {
  const company = new Company();
  await company.start();
  const callbackUrl = `${company.url}/hooks/conn_x`;
  await bench.manage('PUT', `partners/${bank}`, { callbackUrl, retryDelayMs: 1, ...settings });
  return company;
}

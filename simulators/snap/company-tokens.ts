import type { CompanyClient } from './company-client.ts';
import { isObject } from './inbound.ts';
import type { Partner } from './partners.ts';
import { PROFILES } from './profiles.ts';
import type { BankCode } from './profiles.ts';
import { signRsa, tokenStringToSign } from './signatures.ts';
import type { World } from './world.ts';

/** A token call that did not give a token. */
export interface NoToken {
  readonly status: number | 'no answer';
  readonly body: string;
}

interface Cached {
  readonly token: string;
  readonly expiresAt: number;
}

/** A token is dropped this long before its end, so that it does not expire on the way. */
const EARLY_MS = 30_000;

/** Tokens that companies gave to the banks (A12.1), kept until they end. */
export class CompanyTokens {
  readonly #world: World;
  readonly #client: CompanyClient;
  readonly #cached = new Map<BankCode, Cached>();
  readonly #asking = new Map<BankCode, Promise<string | NoToken>>();

  constructor(world: World, client: CompanyClient) {
    this.#world = world;
    this.#client = client;
  }

  /** The bank's token at its company; asks for one when there is none. */
  async get(bank: BankCode, baseUrl: string): Promise<string | NoToken> {
    const cached = this.#cached.get(bank);
    if (cached && cached.expiresAt > this.#world.clock.now().getTime()) return cached.token;
    const asking = this.#asking.get(bank) ?? this.#ask(bank, baseUrl);
    this.#asking.set(bank, asking);
    try {
      return await asking;
    } finally {
      this.#asking.delete(bank);
    }
  }

  /** Forgets a bank's token: the company refused it, or is another company now. */
  drop(bank: BankCode): void {
    this.#cached.delete(bank);
  }

  async #ask(bank: BankCode, baseUrl: string): Promise<string | NoToken> {
    const partner = this.#world.partners.of(bank);
    const timestamp = callbackTimestamp(bank, this.#world.clock.now());
    const { privateKey } = await this.#world.partners.bankKeys(bank);
    const text = tokenStringToSign(partner.callbackClientKey, timestamp);
    const answer = await this.#client.post(new URL(baseUrl + PROFILES[bank].tokenPath), {
      headers: {
        'Content-Type': 'application/json',
        'X-CLIENT-KEY': partner.callbackClientKey,
        'X-TIMESTAMP': timestamp,
        'X-SIGNATURE': await signRsa(privateKey, text, partner.callbackTokenEncoding),
      },
      body: Buffer.from('{"grantType":"client_credentials"}'),
      timeoutMs: partner.callbackTimeoutMs,
    });
    if (!answer) return { status: 'no answer', body: '' };
    const token = readToken(answer.body);
    if (answer.status !== 200 || !token) return answer;
    const expiresAt = this.#world.clock.now().getTime() + token.seconds * 1000 - EARLY_MS;
    this.#cached.set(bank, { token: token.text, expiresAt });
    return token.text;
  }
}

/** BRI's calls carry UTC with milliseconds, the others WIB with seconds (A7.5). */
export function callbackTimestamp(bank: BankCode, at: Date): string {
  return bank === 'bri' ? at.toISOString() : PROFILES[bank].printTimestamp(at);
}

/** The base URL of a company's endpoints without a slash at its end. */
export function companyBaseUrl(partner: Partner): string | undefined {
  return partner.callbackUrl?.replace(/\/+$/, '');
}

function readToken(body: string): { text: string; seconds: number } | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (!isObject(value) || typeof value['accessToken'] !== 'string') return undefined;
    const seconds = Number(value['expiresIn']);
    return { text: value['accessToken'], seconds: Number.isFinite(seconds) ? seconds : 0 };
  } catch {
    return undefined;
  }
}

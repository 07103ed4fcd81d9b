import type { webcrypto } from 'node:crypto';
import type { Random } from '../lib/random.ts';
import { DIALECTS } from './dialects.ts';
import type { Dialect } from './dialects.ts';
import { BANKS } from './profiles.ts';
import type { BankCode } from './profiles.ts';
import { generateBankKeys, importPublicKey } from './signatures.ts';
import type { BankKeys, SignatureEncoding } from './signatures.ts';

/** A company as one bank has it on file: who may call, and where the bank calls back. */
export interface Partner {
  clientId: string;
  publicKeyPem: string;
  clientSecret: string;
  partnerId: string;
  channelId: string;
  apiKey: string;
  apiSecret: string;
  environment: string;
  /** Base URL of the company's endpoints; no calls are made without it. */
  callbackUrl: string | null;
  /** Id that the company issued to the bank for the company's own token service. */
  callbackClientKey: string;
  callbackSecret: string;
  /** X-PARTNER-ID of the calls; by default what the bank would send (README). */
  callbackPartnerId: string | null;
  signatureType: 1 | 2;
  dialect: Dialect;
  /** Encoding of the RSA signature at the company's token service; BRI is seen with both (A7.4). */
  callbackTokenEncoding: SignatureEncoding;
  retryAttempts: number;
  retryDelayMs: number;
  callbackTimeoutMs: number;
  /** Remote addresses that may call; everybody when null. */
  allowedIps: readonly string[] | null;
}

/** What the management interface shows of a partner. */
export type PartnerView = Partner & { bank: BankCode; bankPublicKeyPem: string };

/** The public half of the throwaway key of vector V1: the default partner is reproducible with it. */
const V1_PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAw7bzSUI3vFewCWXDXI4y
4YMWjBayQYCz4dBUG1143Lz0oxR9VT+Eo1zLFcEnYNc3udlTZ+91pkayxcZJ7KYe
uwUQfnTu2JosGdDGsmuz9c/hiyWLODfKUwBqGtfdaNdn7yuwWaq7meSPSk+P//BM
gJ58WiOjdqpiW0ysy96cM2ySDwC3uuZ8lHgEjKCRmKySjNcCgda7GLya1UkF+tRo
0dVQxLTyE58YNwAXmZ8s/4/6c9PX2n+YJjpClf/6II59o91dLixiYYXbF2CIhjez
nWWsMLvn00OiYAQZXDmtHwly212my3cHzC55Bfh1wpk+nU4vs6kKYqhXPLAXJpEF
1QIDAQAB
-----END PUBLIC KEY-----
`;

type Check = (value: unknown) => boolean;
const isText: Check = (value) => typeof value === 'string' && value !== '';
const isCount: Check = (value) => Number.isInteger(value) && Number(value) >= 0;
const isUrlOrNull: Check = (value) =>
  value === null || (typeof value === 'string' && URL.canParse(value));
const isTextOrNull: Check = (value) => value === null || isText(value);

/** What each field takes; the sentence is what a caller with a wrong value reads. */
const CHECKS: Readonly<Record<keyof Partner, readonly [Check, string]>> = {
  clientId: [isText, 'text'],
  publicKeyPem: [isText, 'a PEM public key'],
  clientSecret: [isText, 'text'],
  partnerId: [isText, 'text'],
  channelId: [isText, 'text'],
  apiKey: [isText, 'text'],
  apiSecret: [isText, 'text'],
  environment: [isText, 'text'],
  callbackUrl: [isUrlOrNull, 'a URL or null'],
  callbackClientKey: [isText, 'text'],
  callbackSecret: [isText, 'text'],
  callbackPartnerId: [isTextOrNull, 'text or null'],
  signatureType: [(value) => value === 1 || value === 2, '1 or 2'],
  dialect: [(value) => DIALECTS.some((dialect) => dialect === value), DIALECTS.join(', ')],
  callbackTokenEncoding: [(value) => value === 'base64' || value === 'hex', 'base64 or hex'],
  retryAttempts: [isCount, 'a whole number'],
  retryDelayMs: [isCount, 'a whole number'],
  callbackTimeoutMs: [isCount, 'a whole number'],
  allowedIps: [(value) => value === null || Array.isArray(value), 'a list of addresses or null'],
};

/** The partners of the three banks. */
export class Partners {
  readonly #partners: Record<BankCode, Partner>;
  readonly #keys: Record<BankCode, Promise<BankKeys>>;
  readonly #publicKeys = new Map<string, webcrypto.CryptoKey>();

  constructor(random: Random) {
    this.#partners = {
      bca: defaultPartner('bca', random),
      bri: defaultPartner('bri', random),
      bni: defaultPartner('bni', random),
    };
    this.#keys = { bca: generateBankKeys(), bri: generateBankKeys(), bni: generateBankKeys() };
  }

  /** The company that a bank knows. */
  of(bank: BankCode): Readonly<Partner> {
    return this.#partners[bank];
  }

  /** The bank's own pair, made at start. */
  bankKeys(bank: BankCode): Promise<BankKeys> {
    return this.#keys[bank];
  }

  /** The key with which the company's token requests are verified. */
  async publicKey(bank: BankCode): Promise<webcrypto.CryptoKey> {
    const text = this.#partners[bank].publicKeyPem;
    const known = this.#publicKeys.get(text);
    if (known) return known;
    const key = await importPublicKey(text);
    this.#publicKeys.set(text, key);
    return key;
  }

  /** Puts the given fields on file and leaves the others; throws on an unknown or wrong field. */
  async put(bank: BankCode, fields: Readonly<Record<string, unknown>>): Promise<PartnerView> {
    for (const [name, value] of Object.entries(fields)) {
      if (!isPartnerField(name)) throw new Error(`unknown partner field "${name}"`);
      const [check, wanted] = CHECKS[name];
      if (!check(value)) throw new Error(`${name} must be ${wanted}`);
    }
    const partner = { ...this.#partners[bank], ...fields };
    this.#publicKeys.set(partner.publicKeyPem, await importPublicKey(partner.publicKeyPem));
    this.#partners[bank] = partner;
    return this.view(bank);
  }

  /** A partner with the bank's public key, as the management interface answers. */
  async view(bank: BankCode): Promise<PartnerView> {
    const { publicKeyPem } = await this.#keys[bank];
    return { ...this.#partners[bank], bank, bankPublicKeyPem: publicKeyPem };
  }

  /** All partners by bank. */
  async views(): Promise<Record<string, PartnerView>> {
    const entries = BANKS.map(async (bank) => [bank, await this.view(bank)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }
}

function isPartnerField(name: string): name is keyof Partner {
  return Object.hasOwn(CHECKS, name);
}

function defaultPartner(bank: BankCode, random: Random): Partner {
  return {
    clientId: bank === 'bni' ? 'IDBNIU0lNVUxBVE9S' : `${bank}-client-${random.digits(8)}`,
    publicKeyPem: V1_PUBLIC_KEY,
    clientSecret: `${bank}-secret-Test-Only-${random.digits(16)}`,
    partnerId: bank === 'bca' ? 'CONTOHDGNG' : `${bank}-partner-${random.digits(6)}`,
    // 95051 is KlikBCA Bisnis (A13); the others give each partner a number of its own.
    channelId: bank === 'bca' ? '95051' : random.digits(5),
    apiKey: `${bank}-api-key-${random.digits(8)}`,
    apiSecret: `${bank}-api-secret-Test-Only-${random.digits(16)}`,
    environment: 'sandbox',
    callbackUrl: null,
    callbackClientKey: `${bank}-at-company-${random.digits(8)}`,
    callbackSecret: `${bank}-callback-Test-Only-${random.digits(16)}`,
    callbackPartnerId: null,
    signatureType: 1,
    dialect: 'raw',
    // BRI's own mock writes the token signature in hex, others in base64 (A7.4).
    callbackTokenEncoding: bank === 'bri' ? 'hex' : 'base64',
    // BRI never retries (A14.1).
    retryAttempts: bank === 'bri' ? 0 : 3,
    retryDelayMs: 5000,
    callbackTimeoutMs: 10_000,
    allowedIps: null,
  };
}

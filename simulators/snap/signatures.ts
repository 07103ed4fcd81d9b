import type { webcrypto } from 'node:crypto';

/**
 * Signatures of the bank's side, by Web Crypto: another primitive than the product's, so that a
 * mistake in one cannot hide in the other (A5, A7).
 */
type Key = webcrypto.CryptoKey;

/** How signature bytes are written in a header (A7.4). */
export type SignatureEncoding = 'base64' | 'hex';

/** What the two kinds of transaction signature are computed over (A7.1, A7.2). */
export interface SignedParts {
  readonly method: string;
  /** Path and query as called, with every prefix. */
  readonly relativeUrl: string;
  /** Absent in type 2, which has no token. */
  readonly accessToken?: string;
  readonly bodyHash: string;
  readonly timestamp: string;
}

/** A key pair of the bank. */
export interface BankKeys {
  readonly privateKey: Key;
  /** SubjectPublicKeyInfo in PEM, as a bank hands it out (A7.6). */
  readonly publicKeyPem: string;
}

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const HMAC = { name: 'HMAC', hash: 'SHA-512' };
const RSA_2048_BYTES = 256;
const HMAC_SHA512_BYTES = 64;

/** Makes the bank's RSA-2048 pair. */
export async function generateBankKeys(): Promise<BankKeys> {
  const pair = (await crypto.subtle.generateKey(
    { ...RSA, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ['sign', 'verify'],
  )) as webcrypto.CryptoKeyPair;
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', pair.publicKey));
  return { privateKey: pair.privateKey, publicKeyPem: pem('PUBLIC KEY', spki) };
}

/** Reads a partner's public key; throws when it is not a SubjectPublicKeyInfo PEM of an RSA key. */
export async function importPublicKey(publicKeyPem: string): Promise<Key> {
  const match =
    /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(
      publicKeyPem,
    );
  if (!match) throw new Error('publicKeyPem must be PEM with the label PUBLIC KEY (A7.6)');
  const spki = Buffer.from(match[1] ?? '', 'base64');
  return crypto.subtle.importKey('spki', spki, RSA, false, ['verify']);
}

/** Lower-case hex SHA-256, as it stands in the string to sign. */
export async function bodyHash(body: Uint8Array): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(body))).toString('hex');
}

/** The string to sign of the token services: client key, vertical bar, timestamp (A5.1). */
export function tokenStringToSign(clientKey: string, timestamp: string): string {
  return `${clientKey}|${timestamp}`;
}

/** The string to sign of a transaction: type 1 with a token, type 2 without (A7.1). */
export function transactionStringToSign(parts: SignedParts): string {
  const token = parts.accessToken === undefined ? [] : [parts.accessToken];
  const words = [parts.method.toUpperCase(), parts.relativeUrl, ...token];
  return [...words, parts.bodyHash, parts.timestamp].join(':');
}

/** Verifies RSA-SHA256 in the one encoding that the bank takes. */
export async function verifyRsa(
  key: Key,
  text: string,
  signature: { text: string; encoding: SignatureEncoding },
): Promise<boolean> {
  const bytes = decodeStrictly(signature.text, signature.encoding, RSA_2048_BYTES);
  if (!bytes) return false;
  return crypto.subtle.verify(RSA.name, key, bytes, new TextEncoder().encode(text));
}

/** Verifies HMAC-SHA512 in the one encoding that the bank takes. */
export async function verifyHmac(
  secret: string,
  text: string,
  signature: { text: string; encoding: SignatureEncoding },
): Promise<boolean> {
  const bytes = decodeStrictly(signature.text, signature.encoding, HMAC_SHA512_BYTES);
  if (!bytes) return false;
  const key = await hmacKey(secret);
  return crypto.subtle.verify(HMAC.name, key, bytes, new TextEncoder().encode(text));
}

/** Signs with the bank's private key. */
export async function signRsa(
  key: Key,
  text: string,
  encoding: SignatureEncoding,
): Promise<string> {
  const bytes = await crypto.subtle.sign(RSA.name, key, new TextEncoder().encode(text));
  return Buffer.from(bytes).toString(encoding);
}

/** Signs with a shared secret, whose characters are the key: it is never decoded (A7.6). */
export async function signHmac(
  secret: string,
  text: string,
  encoding: SignatureEncoding,
): Promise<string> {
  const key = await hmacKey(secret);
  const bytes = await crypto.subtle.sign(HMAC.name, key, new TextEncoder().encode(text));
  return Buffer.from(bytes).toString(encoding);
}

const hmacKeys = new Map<string, Promise<Key>>();

function hmacKey(secret: string): Promise<Key> {
  const known = hmacKeys.get(secret);
  if (known) return known;
  const bytes = new TextEncoder().encode(secret);
  const key = crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign', 'verify']);
  hmacKeys.set(secret, key);
  return key;
}

/** A bank takes one spelling: no line breaks, no url-safe letters, no upper-case hex (A7.4, E2). */
function decodeStrictly(
  text: string,
  encoding: SignatureEncoding,
  size: number,
): Uint8Array<ArrayBuffer> | undefined {
  const bytes = Buffer.from(text, encoding);
  if (bytes.length !== size || bytes.toString(encoding) !== text) return undefined;
  return new Uint8Array(bytes);
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

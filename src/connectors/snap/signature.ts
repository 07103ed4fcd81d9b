/**
 * SNAP signatures, sections A5, A7 and A12 of the reference (Bank Indonesia, SNAP "Keamanan").
 * Keys and time stamps are arguments; nothing here knows a clock.
 */
import {
  constants,
  createHash,
  createHmac,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  timingSafeEqual,
  verify as verifyBytes,
} from 'node:crypto';

export type SignatureEncoding = 'base64' | 'hex';

/** What a transaction signature covers (A7.1). Without token it is the type 2 string. */
export interface SignedParts {
  readonly method: string;
  /** Everything after host and port: prefix, path and query (A7.2). */
  readonly target: string;
  readonly token?: string;
  /** 64 lower-case hex digits. */
  readonly bodyHash: string;
  readonly timestamp: string;
}

/** Lower-case hex SHA-256; of no body it is the hash of the empty string, not of `{}` (A7.2). */
export function hashBody(body: string | Uint8Array | undefined): string {
  return createHash('sha256')
    .update(body ?? '')
    .digest('hex');
}

/** String of the token call: a literal bar between the two (A5.1). */
export function formatTokenString(clientId: string, timestamp: string): string {
  return `${clientId}|${timestamp}`;
}

/** String of a transaction; the token part is left out in type 2 (A7.1). */
export function formatTransactionString(parts: SignedParts): string {
  const { method, target, token, bodyHash, timestamp } = parts;
  const session = token === undefined ? [] : [token];
  return [method.toUpperCase(), target, ...session, bodyHash, timestamp].join(':');
}

/** HMAC-SHA512 keyed with the characters of the secret, never with what they decode to (A7.6). */
export function hmacSha512(secret: string, text: string): Buffer {
  return createHmac('sha512', secret).update(text).digest();
}

/** RSASSA-PKCS1-v1_5 with SHA-256 (A5.1, A7.1 type 2). */
export function signRsaSha256(privateKey: string, text: string): Buffer {
  return signBytes('sha256', Buffer.from(text), {
    key: privateKey,
    padding: constants.RSA_PKCS1_PADDING,
  });
}

/** Verifies RSASSA-PKCS1-v1_5 with SHA-256 over bytes; also what Wise's webhooks use (B3). */
export function verifyRsaSha256(
  publicKey: KeyObject,
  signed: string | Uint8Array,
  signature: string,
): boolean {
  const bytes = decodeSignature(
    signature,
    (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8,
  );
  if (bytes === undefined) return false;
  const key = { key: publicKey, padding: constants.RSA_PKCS1_PADDING };
  return verifyBytes('sha256', Buffer.from(signed), key, bytes.decoded);
}

/** Verifies an HMAC-SHA512 in either encoding, in constant time. */
export function verifyHmacSha512(secret: string, text: string, signature: string): boolean {
  const bytes = decodeSignature(signature, HMAC_SHA512_BYTES);
  return bytes !== undefined && timingSafeEqual(bytes.decoded, hmacSha512(secret, text));
}

export const HMAC_SHA512_BYTES = 64;

/**
 * Decodes by shape: twice as many hex digits as bytes, or canonical base64 (A7.4). The decoded
 * bytes are compared, so upper-case hex passes and base64 of other letters never does.
 */
export function decodeSignature(
  text: string,
  length: number,
): { readonly decoded: Buffer; readonly encoding: SignatureEncoding } | undefined {
  if (length <= 0) return undefined;
  if (text.length === length * 2 && /^[0-9a-f]+$/i.test(text)) {
    return { decoded: Buffer.from(text, 'hex'), encoding: 'hex' };
  }
  const decoded = Buffer.from(text, 'base64');
  const isCanonical = decoded.length === length && decoded.toString('base64') === text;
  return isCanonical ? { decoded, encoding: 'base64' } : undefined;
}

/** Reads the bank's public key or certificate; `undefined` when it is none or not RSA. */
export function readPublicKey(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'rsa' ? key : undefined;
  } catch {
    return undefined;
  }
}

/**
 * BCA's rule for a query in the signed string: percent-encoded by RFC 3986 and sorted by name,
 * then by value (A7.2). The same text is sent, so both sides sign the same characters.
 */
export function sortQuery(target: string): string {
  const start = target.indexOf('?');
  if (start === -1) return target;
  const pairs = target
    .slice(start + 1)
    .split('&')
    .filter((pair) => pair !== '')
    .map(readPair)
    .sort(comparePairs)
    .map(([name, value]) => `${name}=${value}`);
  return `${target.slice(0, start)}?${pairs.join('&')}`;
}

function readPair(pair: string): [string, string] {
  const split = pair.indexOf('=');
  const name = split === -1 ? pair : pair.slice(0, split);
  const value = split === -1 ? '' : pair.slice(split + 1);
  return [encodeStrictly(name), encodeStrictly(value)];
}

function comparePairs(left: [string, string], right: [string, string]): number {
  if (left[0] !== right[0]) return left[0] < right[0] ? -1 : 1;
  if (left[1] === right[1]) return 0;
  return left[1] < right[1] ? -1 : 1;
}

/** Unreserved characters stay, all others become upper-case `%XX`; encoded ones are not doubled. */
function encodeStrictly(text: string): string {
  let plain = text;
  try {
    plain = decodeURIComponent(text);
  } catch {
    // A lone percent sign is a value like any other.
  }
  return encodeURIComponent(plain).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

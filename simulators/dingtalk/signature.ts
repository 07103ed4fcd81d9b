import type { webcrypto } from 'node:crypto';

/**
 * The custom robot's signature (dingtalk.md 1.2, `customize-robot-security-settings`), checked with
 * Web Crypto on purpose: the product signs with `node:crypto`, and two authors of one mistake would agree.
 */
export type SignatureKey = Promise<webcrypto.CryptoKey>;

const encoder = new TextEncoder();

/** Prepares the key once per robot; importing it for every message would cost more than checking. */
export function importSignatureKey(secret: string): SignatureKey {
  return crypto.subtle.importKey(
    'raw',
    encoder.encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['verify'],
  );
}

/** Whether `sign` is the base64 of HMAC-SHA256 over `timestamp "\n" secret`. */
export async function isSignedBy(
  key: SignatureKey,
  claim: { secret: string; timestamp: string; sign: string },
): Promise<boolean> {
  const bytes = decodeBase64(claim.sign);
  if (!bytes) return false;
  const text = encoder.encode(`${claim.timestamp}\n${claim.secret}`);
  return crypto.subtle.verify('HMAC', await key, bytes, text);
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  // An un-encoded "+" reaches us as a space; the real server refuses that too, so it is not repaired.
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) return undefined;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

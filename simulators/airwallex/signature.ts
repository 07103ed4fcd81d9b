import type { webcrypto } from 'node:crypto';

const encoder = new TextEncoder();
const keys = new Map<string, Promise<webcrypto.CryptoKey>>();

/**
 * Signs an event: lower-case hex of HMAC-SHA256 over timestamp and body, joined without a
 * separator. Web Crypto, because the product uses `node:crypto`.
 */
export async function signWebhook(
  secret: string,
  timestamp: string,
  body: string,
): Promise<string> {
  const key = await keyOf(secret);
  const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(timestamp + body));
  return Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function keyOf(secret: string): Promise<webcrypto.CryptoKey> {
  const known = keys.get(secret);
  if (known) return known;
  const key = crypto.subtle.importKey(
    'raw',
    encoder.encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  keys.set(secret, key);
  return key;
}

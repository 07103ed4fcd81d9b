import { createHmac, createSecretKey, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { DataKey } from '#secret/seal.ts';

const EXPIRY_BYTES = 6;
const CHANCE_BYTES = 10;
const MAC_BYTES = 16;

/**
 * Access tokens that we issue to banks which ask us for one before they call (SNAP A12). A token
 * proves itself: its end, chance and a MAC under a key derived from the organisation's data key, so
 * that every process can check it and none is stored.
 */
export function issueInboundToken(
  connectionId: string,
  key: DataKey,
  nowMs: number,
  lifetimeSeconds: number,
): string {
  const head = Buffer.alloc(EXPIRY_BYTES + CHANCE_BYTES);
  head.writeUIntBE(nowMs + lifetimeSeconds * 1000, 0, EXPIRY_BYTES);
  randomBytes(CHANCE_BYTES).copy(head, EXPIRY_BYTES);
  return Buffer.concat([head, macOf(connectionId, key, head)]).toString('base64url');
}

/** Whether we issued this token for this connection and it has not ended. */
export function isInboundToken(
  token: string,
  connectionId: string,
  key: DataKey,
  nowMs: number,
): boolean {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== EXPIRY_BYTES + CHANCE_BYTES + MAC_BYTES) return false;
  const head = bytes.subarray(0, EXPIRY_BYTES + CHANCE_BYTES);
  const mac = bytes.subarray(EXPIRY_BYTES + CHANCE_BYTES);
  if (!timingSafeEqual(mac, macOf(connectionId, key, head))) return false;
  return head.readUIntBE(0, EXPIRY_BYTES) > nowMs;
}

// Key objects, because Node takes them in a quarter of the time that it takes bare bytes.
const macKeys = new WeakMap<Buffer, KeyObject>();

function macOf(connectionId: string, { key }: DataKey, head: Uint8Array): Buffer {
  let macKey = macKeys.get(key);
  if (!macKey) {
    macKey = createSecretKey(
      Buffer.from(hkdfSync('sha256', key, '', 'cashbell inbound token', 32)),
    );
    macKeys.set(key, macKey);
  }
  return createHmac('sha256', macKey)
    .update(`${connectionId}\n`)
    .update(head)
    .digest()
    .subarray(0, MAC_BYTES);
}

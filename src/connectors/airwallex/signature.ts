/** Webhook signature of Airwallex (B2, vector V12): HMAC-SHA256 over `x-timestamp` and raw body. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** The two are joined without separator; the body is the bytes as they came. */
export function signWebhook(secret: string, timestamp: string, body: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(timestamp).update(body).digest();
}

/** Compares decoded bytes in constant time; hex in either case. */
export function verifyWebhook(
  secret: string,
  timestamp: string,
  body: Uint8Array,
  signature: string,
): boolean {
  if (!/^[0-9a-f]{64}$/i.test(signature)) return false;
  const claimed = Buffer.from(signature, 'hex');
  return timingSafeEqual(claimed, signWebhook(secret, timestamp, body));
}

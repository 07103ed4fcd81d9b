/**
 * Presses on cards that come by HTTP, and what is answered to a press (dingtalk.md section 3.5;
 * `event-callback-card`, `register-card-callback-address`).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Exchange } from './exchanges.ts';
import { accepted, post, read } from './exchanges.ts';

/** How far the clocks may be apart: the signature covers only the time stamp, never the body. */
const STAMP_MARGIN_MS = 5 * 60_000;

/** Headers of a press by HTTP. */
export const cardCallbackHeaders = {
  timestamp: 'x-ddpaas-signature-timestamp',
  signature: 'x-ddpaas-signature',
} as const;

/** base64(HMAC-SHA256(apiSecret, time stamp as decimal text)). */
export function signCardCallback(apiSecret: string, timestamp: string): string {
  return createHmac('sha256', apiSecret).update(timestamp).digest('base64');
}

/** Whether DingTalk made this call, and just now. Compares in constant time. */
export function isCardCallbackSigned(
  apiSecret: string,
  { timestamp, signature }: { readonly timestamp: string; readonly signature: string },
  nowMs: number,
): boolean {
  if (!/^\d{12,14}$/.test(timestamp)) return false;
  if (Math.abs(Number(timestamp) - nowMs) > STAMP_MARGIN_MS) return false;
  const expected = Buffer.from(signCardCallback(apiSecret, timestamp));
  const given = Buffer.from(signature.trim());
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** What is shown after a press: to everybody, and to the presser alone. */
export interface PressAnswer {
  readonly everybody?: Readonly<Record<string, string>>;
  readonly presser?: Readonly<Record<string, string>>;
}

/** The body of an answer to a press. Without the flags everything that is not named would be wiped. */
export function toPressBody({ everybody, presser }: PressAnswer): Record<string, unknown> {
  return {
    ...(everybody ? { cardData: { cardParamMap: everybody } } : {}),
    ...(presser ? { userPrivateData: { cardParamMap: presser } } : {}),
    ...(everybody || presser
      ? { cardUpdateOptions: { updateCardDataByKey: true, updatePrivateDataByKey: true } }
      : {}),
  };
}

const RegisteredWire = z.looseObject({ success: z.literal(true) });

/** Tells DingTalk where presses on our cards go. */
export const registerCardCallback: Exchange<
  {
    readonly token: string;
    readonly callbackRouteKey: string;
    readonly callbackUrl: string;
    readonly apiSecret: string;
  },
  undefined
> = {
  budget: 'api',
  host: 'api',
  request: ({ token, callbackRouteKey, callbackUrl, apiSecret }) =>
    post('/v1.0/card/callbacks/register', token, {
      callbackRouteKey,
      callbackUrl,
      apiSecret,
      // The address may have changed, and the secret is new with it.
      forceUpdate: true,
    }),
  parse: (response) => read(response, RegisteredWire, () => accepted(undefined)),
};

import type { Random } from '../lib/random.ts';
import type { CallbackOrder } from './callback-bodies.ts';
import { callbackTimestamp } from './company-tokens.ts';
import { writeBody } from './dialects.ts';
import type { OutgoingBody } from './dialects.ts';
import { numberSetting, strike } from './faults.ts';
import type { FaultName } from './faults.ts';
import { PROFILES } from './profiles.ts';
import type { BankCode } from './profiles.ts';
import { bodyHash, signHmac, signRsa, transactionStringToSign } from './signatures.ts';
import { wibDigits } from './times.ts';
import type { World } from './world.ts';

/** A signed call, ready to be posted. */
export interface CallbackMessage {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  readonly stringToSign: string;
  /** Faults that struck this message. */
  readonly faults: readonly FaultName[];
}

/** What a message is made from. */
export interface MessageParts {
  readonly bank: BankCode;
  readonly account: string;
  readonly order: CallbackOrder;
  readonly url: URL;
  readonly externalId: string;
  readonly repeated: boolean;
  /** Absent in signature type 2 (A7.1). */
  readonly accessToken: string | undefined;
}

const LETTERS_AND_DIGITS = 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789'.split('');
const DEFAULT_SHIFT_MS = 3_600_000;
const DEFAULT_TOO_LARGE_BYTES = 2 * 1024 * 1024;

/** Writes and signs a call as the partner's settings say, with the faults that strike it. */
export async function writeMessage(world: World, parts: MessageParts): Promise<CallbackMessage> {
  const { bank, order } = parts;
  const partner = world.partners.of(bank);
  const struck: FaultName[] = [];
  const scope = { bank, service: order.service, account: parts.account };
  const hit = (name: FaultName) => {
    const fault = strike(world.faults, name, scope);
    if (fault) struck.push(name);
    return fault;
  };
  const written = messageBody(world, parts, hit);
  const timestamp = callbackTimestamp(bank, messageTime(world, hit));
  const stringToSign = transactionStringToSign({
    method: 'POST',
    relativeUrl: parts.url.pathname + parts.url.search,
    ...(parts.accessToken === undefined ? {} : { accessToken: parts.accessToken }),
    bodyHash: await bodyHash(Buffer.from(written.hashed)),
    timestamp,
  });
  const signature = await sign(world, parts, stringToSign);
  return {
    headers: {
      'Content-Type': 'application/json',
      ...(parts.accessToken === undefined ? {} : { Authorization: `Bearer ${parts.accessToken}` }),
      'X-TIMESTAMP': timestamp,
      'X-SIGNATURE': hit('callbackBadSignature') ? spoiled(signature) : signature,
      'X-PARTNER-ID': partner.callbackPartnerId ?? order.partnerId,
      'X-EXTERNAL-ID': parts.externalId,
      'CHANNEL-ID': order.channelId,
    },
    body: Buffer.from(written.sent),
    stringToSign,
    faults: struck,
  };
}

type Hit = (name: FaultName) => ReturnType<typeof strike>;

function messageBody(
  world: World,
  { bank, order, repeated }: MessageParts,
  hit: Hit,
): OutgoingBody {
  if (hit('callbackNotJson')) return { sent: 'status=OK&amount=1', hashed: 'status=OK&amount=1' };
  let body = order.body(repeated);
  if (hit('callbackUnparseable')) body = { additionalInfo: {} };
  if (hit('callbackUnknownAccount')) body = strangersBody(body);
  const large = hit('callbackTooLarge');
  if (large) {
    const padding = 'x'.repeat(numberSetting(large, 'bytes', DEFAULT_TOO_LARGE_BYTES));
    body = { ...body, additionalInfo: { padding } };
  }
  return writeBody(body, world.partners.of(bank).dialect);
}

/** The same call about a virtual account, or for QR an account, that the company never had. */
function strangersBody(body: Record<string, unknown>): Record<string, unknown> {
  if (body['virtualAccountNo'] === undefined) return { ...body, destinationNumber: '9999999999' };
  const partnerServiceId = '   99999';
  const customerNo = '999999999999999999';
  return { ...body, partnerServiceId, customerNo, virtualAccountNo: partnerServiceId + customerNo };
}

function messageTime(world: World, hit: Hit): Date {
  const now = world.clock.now().getTime();
  const stale = hit('callbackStaleTimestamp');
  if (stale) return new Date(now - numberSetting(stale, 'ms', DEFAULT_SHIFT_MS));
  const future = hit('callbackFutureTimestamp');
  if (future) return new Date(now + numberSetting(future, 'ms', DEFAULT_SHIFT_MS));
  return new Date(now);
}

async function sign(world: World, { bank }: MessageParts, stringToSign: string): Promise<string> {
  const partner = world.partners.of(bank);
  const encoding = PROFILES[bank].signatureEncoding;
  if (partner.signatureType === 1) {
    return signHmac(partner.callbackSecret, stringToSign, encoding);
  }
  const { privateKey } = await world.partners.bankKeys(bank);
  return signRsa(privateKey, stringToSign, encoding);
}

/** Another signature of the same shape, so that only its value is wrong. */
function spoiled(signature: string): string {
  return (signature.startsWith('a') ? 'b' : 'a') + signature.slice(1);
}

/** X-EXTERNAL-ID of the bank's calls: digits, but twelve letters and digits at BRI (A14). */
export function callbackExternalId(bank: BankCode, at: Date, random: Random): string {
  switch (bank) {
    case 'bca':
      return wibDigits(at) + random.digits(15);
    case 'bri':
      return Array.from({ length: 12 }, () => random.pick(LETTERS_AND_DIGITS)).join('');
    case 'bni':
      return random.digits(9) + String(Math.floor(at.getTime() / 1000));
  }
}

/**
 * Encryption and signature of HTTP callbacks (dingtalk.md section 5.1 with vectors 10.2 and 10.3;
 * `http-callback-overview`, `callback-event-message-body-encryption-and-decryption`). Chance is an
 * argument; nothing here knows a clock.
 */
import { createCipheriv, createDecipheriv, createHash, timingSafeEqual } from 'node:crypto';

/** Blocks of the padding are 32 bytes, not the cipher's 16, so the cipher's own is switched off. */
const PADDING_BLOCK = 32;
const RANDOM_BYTES = 16;
const LENGTH_BYTES = 4;
const KEY_BYTES = 32;

/** What an administrator enters at DingTalk and here. */
export interface CallbackKeys {
  readonly token: string;
  /** 43 letters and digits. */
  readonly encodingAesKey: string;
}

/** What a callback's signature covers; stamps are opaque, seconds and milliseconds both occur. */
export interface CallbackEnvelope {
  readonly timestamp: string;
  readonly nonce: string;
  readonly encrypt: string;
}

/** SHA-1 over the four texts in the order of their bytes, as hex. */
export function signCallback(token: string, envelope: CallbackEnvelope): string {
  const { timestamp, nonce, encrypt } = envelope;
  const parts = [token, timestamp, nonce, encrypt].map((text) => Buffer.from(text, 'utf8'));
  return createHash('sha1')
    .update(Buffer.concat(parts.toSorted((left, right) => left.compare(right))))
    .digest('hex');
}

/** Compares in constant time. */
export function isCallbackSigned(
  token: string,
  envelope: CallbackEnvelope,
  signature: string,
): boolean {
  const expected = Buffer.from(signCallback(token, envelope));
  const given = Buffer.from(signature.trim().toLowerCase());
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** What was inside: the message, and for whom it was meant. */
export interface DecryptedCallback {
  readonly message: string;
  /** AppKey, CorpId or SuiteKey, depending on how the subscription was made. */
  readonly ownerKey: string;
}

/** Opens a callback; undefined when it was not made with this key. Call it on signed text only. */
export function decryptCallback(
  encodingAesKey: string,
  encrypt: string,
): DecryptedCallback | undefined {
  const padded = decipher(keyOf(encodingAesKey), encrypt);
  const padding = padded?.at(-1) ?? 0;
  if (!padded || padding < 1 || padding > PADDING_BLOCK || padding > padded.length)
    return undefined;
  if (!padded.subarray(-padding).every((byte) => byte === padding)) return undefined;
  const plain = padded.subarray(0, -padding);
  const start = RANDOM_BYTES + LENGTH_BYTES;
  if (plain.length < start) return undefined;
  const end = start + plain.readUInt32BE(RANDOM_BYTES);
  if (end > plain.length) return undefined;
  return {
    message: plain.subarray(start, end).toString('utf8'),
    ownerKey: plain.subarray(end).toString('utf8'),
  };
}

function decipher(key: Buffer, encrypt: string): Buffer | undefined {
  // Python's encoder leaves line ends in its base64.
  const sealed = Buffer.from(encrypt.replaceAll(/\s/g, ''), 'base64');
  if (sealed.length === 0 || sealed.length % PADDING_BLOCK !== 0) return undefined;
  const cipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(sealed), cipher.final()]);
}

/** Closes a message for DingTalk. */
export function encryptCallback(
  encodingAesKey: string,
  { message, ownerKey }: DecryptedCallback,
  random: Uint8Array,
): string {
  if (random.length !== RANDOM_BYTES) throw new RangeError('16 random bytes are needed');
  const key = keyOf(encodingAesKey);
  const text = Buffer.from(message, 'utf8');
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(text.length);
  const plain = Buffer.concat([random, length, text, Buffer.from(ownerKey, 'utf8')]);
  const padding = PADDING_BLOCK - (plain.length % PADDING_BLOCK);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([plain, Buffer.alloc(padding, padding)]);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
}

function keyOf(encodingAesKey: string): Buffer {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64');
  if (key.length !== KEY_BYTES) throw new RangeError('the AES key must have 43 letters and digits');
  return key;
}

/** Answer to every callback: only this text, encrypted, says that it arrived. */
export const CALLBACK_SUCCESS = 'success';

export interface CallbackAnswer {
  readonly msg_signature: string;
  /** With a capital S in answers. */
  readonly timeStamp: string;
  readonly nonce: string;
  readonly encrypt: string;
}

/** The encrypted `success` with stamps of our own. */
export function answerCallback(
  keys: CallbackKeys,
  own: {
    readonly ownerKey: string;
    readonly nowMs: number;
    readonly nonce: string;
    readonly random: Uint8Array;
  },
): CallbackAnswer {
  const { ownerKey, nowMs, nonce, random } = own;
  const message = CALLBACK_SUCCESS;
  const encrypt = encryptCallback(keys.encodingAesKey, { message, ownerKey }, random);
  const timestamp = String(nowMs);
  return {
    msg_signature: signCallback(keys.token, { timestamp, nonce, encrypt }),
    timeStamp: timestamp,
    nonce,
    encrypt,
  };
}

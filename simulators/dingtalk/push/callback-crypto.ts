import {
  createCipheriv,
  createDecipheriv,
  createHash,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/** What both sides of an HTTP callback share (dingtalk.md 5.1). */
export interface CallbackSecrets {
  readonly token: string;
  /** 43 letters and digits: base64 of 32 bytes without its last "=". */
  readonly aesKey: string;
  /** AppKey for subscriptions of the console, CorpId for those made by API. */
  readonly ownerKey: string;
}

/** The four values that travel together, whatever the place calls them. */
export interface Sealed {
  readonly timestamp: string;
  readonly nonce: string;
  readonly encrypt: string;
  readonly signature: string;
}

const BLOCK_BYTES = 32;
const RANDOM_BYTES = 16;
const LENGTH_BYTES = 4;
const SIGNATURE = /^[0-9a-f]{40}$/;

/** Encrypts and signs a message (dingtalk.md 5.1, `http-callback-overview`). */
export function seal(
  secrets: CallbackSecrets,
  order: { message: string; timestamp: string; nonce: string; random?: Uint8Array },
): Sealed {
  const { timestamp, nonce, message, random = randomBytes(RANDOM_BYTES) } = order;
  const encrypt = encryptMessage(secrets, message, random);
  return { timestamp, nonce, encrypt, signature: sign(secrets.token, timestamp, nonce, encrypt) };
}

function encryptMessage(secrets: CallbackSecrets, message: string, random: Uint8Array): string {
  const text = Buffer.from(message, 'utf8');
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(text.length);
  const plain = Buffer.concat([random, length, text, Buffer.from(secrets.ownerKey, 'utf8')]);
  // PKCS#7 over blocks of 32 bytes, not of the cipher's 16, and never none.
  const count = BLOCK_BYTES - (plain.length % BLOCK_BYTES);
  const key = keyOf(secrets);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([plain, Buffer.alloc(count, count)]);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
}

/** Why a sealed message was not accepted. */
export type Unsealed = { readonly message: string } | { readonly fault: string };

/** Checks the signature, then decrypts, then requires the owner: in this order. */
export function unseal(secrets: CallbackSecrets, sealed: Sealed): Unsealed {
  const { timestamp, nonce } = sealed;
  // The official Python sample ends its base64 with a newline (dingtalk.md 10.3).
  const encrypt = sealed.encrypt.replace(/\s+/g, '');
  const wanted = [encrypt, sealed.encrypt].map((text) =>
    sign(secrets.token, timestamp, nonce, text),
  );
  if (!wanted.some((signature) => isSame(signature, sealed.signature))) {
    return { fault: 'signature does not match' };
  }
  return decryptMessage(secrets, encrypt);
}

function isSame(wanted: string, given: string): boolean {
  if (!SIGNATURE.test(given)) return false;
  return timingSafeEqual(Buffer.from(wanted), Buffer.from(given));
}

function decryptMessage(secrets: CallbackSecrets, encrypt: string): Unsealed {
  const bytes = Buffer.from(encrypt, 'base64');
  if (bytes.length === 0 || bytes.length % BLOCK_BYTES !== 0) {
    return { fault: `encrypt is no whole number of blocks of ${BLOCK_BYTES} bytes` };
  }
  const key = keyOf(secrets);
  const cipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([cipher.update(bytes), cipher.final()]);
  const count = padded.at(-1) ?? 0;
  const end = padded.length - count;
  if (count < 1 || count > BLOCK_BYTES || !padded.subarray(end).every((byte) => byte === count)) {
    return { fault: 'padding is wrong' };
  }
  return readPlain(secrets, padded.subarray(0, end));
}

function readPlain(secrets: CallbackSecrets, plain: Buffer): Unsealed {
  const start = RANDOM_BYTES + LENGTH_BYTES;
  if (plain.length < start) return { fault: 'message is too short' };
  const end = start + plain.readUInt32BE(RANDOM_BYTES);
  if (end > plain.length) return { fault: 'length is beyond the end' };
  const owner = plain.subarray(end).toString('utf8');
  if (owner !== secrets.ownerKey) return { fault: 'ownerKey does not match' };
  return { message: plain.subarray(start, end).toString('utf8') };
}

/** Hex of SHA-1 over the four values in byte order, joined. */
export function sign(token: string, timestamp: string, nonce: string, encrypt: string): string {
  const parts = [token, timestamp, nonce, encrypt].map((part) => Buffer.from(part, 'utf8'));
  parts.sort((left, right) => Buffer.compare(left, right));
  return createHash('sha1').update(Buffer.concat(parts)).digest('hex');
}

function keyOf(secrets: CallbackSecrets): Buffer {
  return Buffer.from(`${secrets.aesKey}=`, 'base64');
}

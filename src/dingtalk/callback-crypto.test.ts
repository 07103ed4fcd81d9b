import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  answerCallback,
  decryptCallback,
  encryptCallback,
  isCallbackSigned,
  signCallback,
} from './callback-crypto.ts';

interface Input {
  readonly token: string;
  readonly encodingAesKey: string;
  readonly ownerKey: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly random: string;
  readonly message: string;
}
interface Vector {
  readonly title: string;
  readonly input: Input;
  readonly expected?: { readonly encrypt: string; readonly signature: string };
  readonly refused?: { readonly encrypt: string };
}

const file = new URL('../../vectors/dingtalk/callback-crypto.json', import.meta.url);
const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'));
const good = vectors.flatMap(({ title, input, expected }) =>
  expected ? [{ title, input, expected }] : [],
);
const [wrong] = vectors.filter(({ refused }) => refused !== undefined);

function encryptVector({ encodingAesKey, message, ownerKey, random }: Input): string {
  return encryptCallback(encodingAesKey, { message, ownerKey }, Buffer.from(random));
}

describe('callback crypto', () => {
  test('callback crypto: there are vectors of both directions, and a wrong one', () => {
    expect(good.length).toBeGreaterThanOrEqual(7);
    expect(wrong?.refused).toBeDefined();
  });

  test.each(good)('callback crypto: vector $title', ({ input, expected }) => {
    const { encodingAesKey, token, timestamp, nonce, message, ownerKey } = input;
    const envelope = { timestamp, nonce, encrypt: expected.encrypt };
    expect(encryptVector(input)).toBe(expected.encrypt);
    expect(signCallback(token, envelope)).toBe(expected.signature);
    expect(isCallbackSigned(token, envelope, expected.signature)).toBe(true);
    expect(decryptCallback(encodingAesKey, expected.encrypt)).toEqual({ message, ownerKey });
  });

  test.each(good)('callback crypto: $title with one thing changed is not signed', (vector) => {
    const { token, timestamp, nonce } = vector.input;
    const { encrypt, signature } = vector.expected;
    const envelope = { timestamp, nonce, encrypt };
    expect(isCallbackSigned(`${token}x`, envelope, signature)).toBe(false);
    expect(isCallbackSigned(token, { ...envelope, nonce: `${nonce}0` }, signature)).toBe(false);
    const other = { ...envelope, encrypt: `A${encrypt.slice(1)}` };
    expect(isCallbackSigned(token, other, signature)).toBe(encrypt.startsWith('A'));
    expect(isCallbackSigned(token, envelope, signature.slice(0, -1))).toBe(false);
    expect(isCallbackSigned(token, envelope, '')).toBe(false);
  });

  test('callback crypto: padding to blocks of 16 is neither made nor taken (N1)', () => {
    const encrypt = wrong?.refused?.encrypt ?? '';
    expect(encryptVector(wrong!.input)).not.toBe(encrypt);
    expect(decryptCallback(wrong!.input.encodingAesKey, encrypt)).toBeUndefined();
  });

  test('callback crypto: the signature sorts by bytes, not by a locale (10.3)', () => {
    const envelope = { timestamp: '1700', nonce: 'Zz', encrypt: '+x' };
    const expected = createHash('sha1').update('+x1700Zzabc').digest('hex');
    expect(signCallback('abc', envelope)).toBe(expected);
  });

  test('callback crypto: line ends in incoming base64 do not matter', () => {
    const [{ input, expected }] = good as [(typeof good)[number]];
    const broken = expected.encrypt.replace(/(.{20})/g, '$1\n');
    expect(decryptCallback(input.encodingAesKey, broken)?.message).toBe(input.message);
  });

  test.each([
    ['nothing', ''],
    ['a length that is no block', 'AAAA'],
    ['bytes of chance', Buffer.alloc(64, 7).toString('base64')],
  ])('callback crypto: %s is not decrypted', (_, encrypt) => {
    expect(decryptCallback('abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG', encrypt)).toBeUndefined();
  });

  test('callback crypto: the answer is a signed, encrypted success of its own stamps', () => {
    // Vector E1, with its random.
    const { input, expected } = good.find(({ title }) => title.includes('E1'))!;
    const answer = answerCallback(input, {
      ownerKey: input.ownerKey,
      nowMs: 1_700_000_000_000,
      nonce: 'nonce001',
      random: Buffer.from(input.random),
    });
    expect(answer).toEqual({
      msg_signature: expected.signature,
      timeStamp: '1700000000000',
      nonce: 'nonce001',
      encrypt: expected.encrypt,
    });
  });
});

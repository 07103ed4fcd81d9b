import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { seal, sign, unseal } from './callback-crypto.ts';
import type { CallbackSecrets, Sealed } from './callback-crypto.ts';

interface Vector {
  title: string;
  input: CallbackSecrets & {
    encodingAesKey: string;
    timestamp: string;
    nonce: string;
    random: string;
    message: string;
  };
  expected?: { encrypt: string; signature: string; padding: number };
  refused?: { encrypt: string };
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/dingtalk/callback-crypto.json', import.meta.url), 'utf8'),
) as Vector[];
const good = vectors.filter(({ expected }) => expected !== undefined);

function secretsOf({ input }: Vector): CallbackSecrets {
  return { token: input.token, aesKey: input.encodingAesKey, ownerKey: input.ownerKey };
}

function sealedOf(vector: Vector, change: Partial<Sealed> = {}): Sealed {
  const { timestamp, nonce } = vector.input;
  const { encrypt, signature } = vector.expected!;
  return { timestamp, nonce, encrypt, signature, ...change };
}

function sealVector({ input }: Vector, secrets: CallbackSecrets): Sealed {
  const { message, timestamp, nonce } = input;
  return seal(secrets, { message, timestamp, nonce, random: Buffer.from(input.random) });
}

describe('callback crypto agrees with the vectors of dingtalk.md 10.2 and 10.3', () => {
  test.each(good.map((vector) => [vector.title, vector] as const))('%s', (_title, vector) => {
    const { encrypt, signature } = vector.expected!;
    expect(sealVector(vector, secretsOf(vector))).toMatchObject({ encrypt, signature });
    expect(unseal(secretsOf(vector), sealedOf(vector))).toEqual({ message: vector.input.message });
  });

  test('padding to blocks of 16 is neither made nor taken', () => {
    const vector = vectors.find(({ refused }) => refused !== undefined)!;
    const secrets = secretsOf(vector);
    const { encrypt } = vector.refused!;
    expect(sealVector(vector, secrets).encrypt).not.toBe(encrypt);
    const { timestamp, nonce } = vector.input;
    const signature = sign(secrets.token, timestamp, nonce, encrypt);
    expect(unseal(secrets, { timestamp, nonce, encrypt, signature })).toHaveProperty('fault');
  });

  test('parts are sorted by their bytes, not by a locale', () => {
    expect(sign('abc', '1700', 'Zz', '+x')).toBe(
      createHash('sha1').update('+x1700Zzabc').digest('hex'),
    );
  });

  test('a foreign signature, owner or message is told apart', () => {
    const [vector] = good as [Vector];
    const secrets = secretsOf(vector);
    const faultOf = (own: CallbackSecrets, sealed: Sealed): unknown => unseal(own, sealed);
    expect(faultOf(secrets, sealedOf(vector, { nonce: 'other' }))).toEqual({
      fault: 'signature does not match',
    });
    expect(faultOf(secrets, sealedOf(vector, { signature: 'x' }))).toEqual({
      fault: 'signature does not match',
    });
    expect(faultOf({ ...secrets, ownerKey: 'dingother' }, sealedOf(vector))).toEqual({
      fault: 'ownerKey does not match',
    });
    const withNewline = sealedOf(vector, { encrypt: `${vector.expected!.encrypt}\n` });
    expect(unseal(secrets, withNewline)).toEqual({ message: vector.input.message });
  });
});

/** DingTalk's own package; right for ASCII only (dingtalk.md 9). */
const Encryptor = createRequire(import.meta.url)('dingtalk-encrypt') as new (
  token: string,
  aesKey: string,
  ownerKey: string,
) => {
  encrypt(random: string, text: string): string;
  decrypt(encrypt: string): string;
  getSignature(token: string, timestamp: string, nonce: string, encrypt: string): string;
};

test.each([
  ['success', 'success'],
  ['check_url', 'check-url'],
  ['pad-30', 'x'.repeat(30)],
])('dingtalk-encrypt and the simulator read each other: %s', (_title, message) => {
  const secrets = {
    token: 'TestToken123',
    aesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
    ownerKey: 'dingAppKey0001',
  };
  const theirs = new Encryptor(secrets.token, secrets.aesKey, secrets.ownerKey);
  const at = { timestamp: '1700000000000', nonce: 'nonce001' };
  const sealed = seal(secrets, { ...at, message });
  expect(theirs.decrypt(sealed.encrypt)).toBe(message);
  expect(theirs.getSignature(secrets.token, at.timestamp, at.nonce, sealed.encrypt)).toBe(
    sealed.signature,
  );
  const encrypt = theirs.encrypt('0123456789abcdef', message);
  const signature = theirs.getSignature(secrets.token, at.timestamp, at.nonce, encrypt);
  expect(unseal(secrets, { ...at, encrypt, signature })).toEqual({ message });
});

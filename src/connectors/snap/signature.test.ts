import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { loadVectors, toPrivatePem } from '../test-vectors.ts';
import { minify, minifyDialects, minifyLexically } from './minify.ts';
import { nameSignatureMistake, signatureMistakes } from './mistakes.ts';
import {
  decodeSignature,
  formatTokenString,
  formatTransactionString,
  hashBody,
  hmacSha512,
  readPublicKey,
  signRsaSha256,
  sortQuery,
  verifyHmacSha512,
  verifyRsaSha256,
} from './signature.ts';

const Rsa = { privateKeyPkcs8Der: z.array(z.string()), publicKey: z.string() };
const Request = z.looseObject({
  secret: z.string(),
  token: z.string(),
  method: z.string(),
  target: z.string(),
  timestamp: z.string(),
  body: z.string(),
  origin: z.string().optional(),
});
const Signed = z.looseObject({ bodyHash: z.string(), base64: z.string(), hex: z.string() });
const Mistakes = z.partialRecord(z.enum(signatureMistakes), z.string()).or(z.undefined());

const v1 = loadVectors(
  'snap/v1-token-signature.json',
  z.object({ ...Rsa, clientId: z.string(), timestamp: z.string() }),
  z.object({ signature: z.string() }),
);

describe.each(v1)('$title $input.timestamp', ({ input, expected }) => {
  const privatePem = toPrivatePem(input.privateKeyPkcs8Der);
  const text = formatTokenString(input.clientId, input.timestamp);
  const key = createPublicKey(input.publicKey);

  test('signing gives the published bytes', () => {
    expect(signRsaSha256(privatePem, text).toString('base64')).toBe(expected.signature);
  });

  test('verifying takes base64 and hex, and nothing that was changed', () => {
    const hex = Buffer.from(expected.signature, 'base64').toString('hex');
    expect(verifyRsaSha256(key, text, expected.signature)).toBe(true);
    expect(verifyRsaSha256(key, text, hex)).toBe(true);
    expect(verifyRsaSha256(key, text, hex.toUpperCase())).toBe(true);
    expect(verifyRsaSha256(key, `${text} `, expected.signature)).toBe(false);
    expect(verifyRsaSha256(key, text, flip(expected.signature))).toBe(false);
    expect(verifyRsaSha256(key, text, '')).toBe(false);
    expect(verifyRsaSha256(otherKey(), text, expected.signature)).toBe(false);
  });
});

const requests = [
  ...loadVectors('snap/v2-transaction-signature.json', Request, Signed),
  ...loadVectors('snap/v3-query-and-empty-body.json', Request, Signed),
  ...loadVectors('snap/v4-bri-hex.json', Request, Signed),
];

describe.each(requests)('$title', ({ input, expected }) => {
  const text = formatTransactionString({ ...input, bodyHash: hashBody(input.body) });

  test('signing gives the published bytes in both encodings', () => {
    expect(hashBody(input.body)).toBe(expected.bodyHash);
    const lower = { ...input, method: input.method.toLowerCase(), bodyHash: expected.bodyHash };
    expect(formatTransactionString(lower)).toBe(text);
    expect(hmacSha512(input.secret, text).toString('base64')).toBe(expected.base64);
    expect(hmacSha512(input.secret, text).toString('hex')).toBe(expected.hex);
  });

  test('verifying takes both encodings, and nothing that was changed', () => {
    expect(verifyHmacSha512(input.secret, text, expected.base64)).toBe(true);
    expect(verifyHmacSha512(input.secret, text, expected.hex)).toBe(true);
    // Base64 of other letters is another signature, whatever DOKU's SDK thinks (A7.4).
    expect(verifyHmacSha512(input.secret, text, expected.base64.toLowerCase())).toBe(false);
    expect(verifyHmacSha512(input.secret, text, flip(expected.base64))).toBe(false);
    expect(verifyHmacSha512(`${input.secret}\n`, text, expected.base64)).toBe(false);
    expect(verifyHmacSha512(input.secret, `${text} `, expected.base64)).toBe(false);
    expect(verifyHmacSha512(input.secret, text, '')).toBe(false);
  });

  const mistakes = Object.entries(Mistakes.parse(expected.mistakes) ?? {});
  test.each(mistakes)('the published wrong row %s is named and does not verify', (name, wrong) => {
    const { origin, ...rest } = input;
    const request = { ...rest, ...(origin === undefined ? {} : { origin }) };
    expect(nameSignatureMistake(request, wrong)).toBe(name);
    expect(verifyHmacSha512(input.secret, text, wrong)).toBe(false);
  });

  test('the right signature is no mistake', () => {
    const { origin, ...rest } = input;
    const request = { ...rest, ...(origin === undefined ? {} : { origin }) };
    expect(nameSignatureMistake(request, expected.base64)).toBe(undefined);
    expect(nameSignatureMistake(request, expected.hex)).toBe(undefined);
  });
});

test('V3: parameters are sorted and encoded before they are signed', () => {
  const [vector] = loadVectors(
    'snap/v3-query-and-empty-body.json',
    Request.extend({ unsortedTarget: z.string() }),
    Signed,
  );
  expect(sortQuery(vector?.input.unsortedTarget ?? '')).toBe(vector?.input.target);
});

test.each([
  ['/a', '/a'],
  ['/a?b=2&a=1&b=1', '/a?a=1&b=1&b=2'],
  ['/a?x=a b,c', '/a?x=a%20b%2Cc'],
  // Already encoded stays as it is; a lone percent sign is a character.
  ['/a?x=%20&y=100%', '/a?x=%20&y=100%25'],
  ['/a?x=-_.~!', '/a?x=-_.~%21'],
])('sortQuery: %s becomes %s', (target, sorted) => {
  expect(sortQuery(target)).toBe(sorted);
  expect(sortQuery(sorted)).toBe(sorted);
});

const legacy = loadVectors(
  'snap/v5-bca-legacy.json',
  Request.extend({ dialect: z.enum(minifyDialects) }),
  z.object({ bodyHash: z.string(), hex: z.string() }),
);

test.each(legacy)('$title', ({ input, expected }) => {
  const bytes = minify(Buffer.from(input.body), input.dialect);
  expect(hashBody(bytes)).toBe(expected.bodyHash);
  const text = formatTransactionString({ ...input, bodyHash: hashBody(bytes) });
  expect(createHmac('sha256', input.secret).update(text).digest('hex')).toBe(expected.hex);
  const plain = formatTransactionString({ ...input, bodyHash: hashBody(`${input.body} `) });
  expect(createHmac('sha256', input.secret).update(plain).digest('hex')).not.toBe(expected.hex);
});

test.each([
  ...loadVectors(
    'snap/v6-permata-legacy-token.json',
    z.looseObject({ secret: z.string(), text: z.string() }),
    z.object({ base64: z.string() }),
  ),
  ...loadVectors(
    'snap/v10-bri-legacy.json',
    z.looseObject({ secret: z.string(), text: z.string() }),
    z.object({ base64: z.string() }),
  ),
])('$title is reproducible, for a connector that will need it', ({ input, expected }) => {
  expect(createHmac('sha256', input.secret).update(input.text).digest('base64')).toBe(
    expected.base64,
  );
});

test('V7: Midtrans, symmetric', () => {
  const [vector] = loadVectors('snap/v7-midtrans.json', z.looseObject({}), z.looseObject({}));
  const input = Request.parse(vector?.input);
  const text = formatTransactionString({ ...input, bodyHash: hashBody(input.body) });
  expect(hmacSha512(input.secret, text).toString('base64')).toBe(vector?.expected.base64);
});

const Verification = z.looseObject({
  publicKey: z.string(),
  text: z.string(),
  signature: z.string(),
});
const foreign = [
  ...loadVectors('snap/v7-midtrans.json', z.looseObject({}), z.looseObject({})).slice(1),
  ...loadVectors('wise/v13-webhook.json', z.looseObject({}), z.looseObject({})),
].map(({ title, input }) => ({
  title,
  input: Verification.parse({ text: input.body, ...input }),
}));

test.each(foreign)('$title verifies, and nothing that was changed', ({ input }) => {
  const key = createPublicKey(input.publicKey);
  expect(verifyRsaSha256(key, input.text, input.signature)).toBe(true);
  expect(verifyRsaSha256(key, Buffer.from(input.text), input.signature)).toBe(true);
  expect(verifyRsaSha256(key, `${input.text}x`, input.signature)).toBe(false);
  expect(verifyRsaSha256(key, input.text, flip(input.signature))).toBe(false);
});

const typeTwo = loadVectors(
  'snap/v8-type-2.json',
  z.object({
    ...Rsa,
    method: z.string(),
    target: z.string(),
    timestamp: z.string(),
    body: z.string(),
  }),
  z.object({ text: z.string(), signature: z.string() }),
);
const sca = loadVectors(
  'wise/v9-sca.json',
  z.object({ ...Rsa, text: z.string() }),
  z.object({ signature: z.string() }),
);

test.each(typeTwo)('$title', ({ input, expected }) => {
  const text = formatTransactionString({ ...input, bodyHash: hashBody(input.body) });
  expect(text).toBe(expected.text);
  const pem = toPrivatePem(input.privateKeyPkcs8Der);
  expect(signRsaSha256(pem, text).toString('base64')).toBe(expected.signature);
});

test.each(sca)('$title', ({ input, expected }) => {
  const pem = toPrivatePem(input.privateKeyPkcs8Der);
  expect(signRsaSha256(pem, input.text).toString('base64')).toBe(expected.signature);
  const key = createPublicKey(input.publicKey);
  expect(verifyRsaSha256(key, input.text, expected.signature)).toBe(true);
  expect(verifyRsaSha256(key, input.text.toUpperCase(), expected.signature)).toBe(false);
});

const dialects = loadVectors(
  'snap/v11-minify-dialects.json',
  z.object({ body: z.string(), dialect: z.enum(minifyDialects) }),
  z.object({ text: z.string(), hash: z.string() }),
);

test.each(dialects)('$title', ({ input, expected }) => {
  const bytes = minify(Buffer.from(input.body), input.dialect);
  expect(Buffer.from(bytes ?? []).toString()).toBe(expected.text);
  expect(hashBody(bytes)).toBe(expected.hash);
});

test('minify: a lexical minify changes no value of any JSON', () => {
  fc.assert(
    fc.property(fc.json({ noUnicodeString: false }), fc.constantFrom(0, 1, 4), (json, indent) => {
      const value: unknown = JSON.parse(json);
      const pretty = JSON.stringify(value, undefined, indent);
      expect(minifyLexically(pretty)).toBe(JSON.stringify(value));
    }),
  );
});

test('decodeSignature: neither shortened, nor padded, nor mixed text passes', () => {
  const base64 = Buffer.alloc(64, 7).toString('base64');
  expect(decodeSignature(base64, 64)?.encoding).toBe('base64');
  for (const wrong of [
    base64.slice(0, -2),
    `${base64}=`,
    ` ${base64}`,
    `${base64}\n`,
    'zz'.repeat(64),
  ]) {
    expect(decodeSignature(wrong, 64)).toBe(undefined);
  }
  expect(decodeSignature('', 0)).toBe(undefined);
});

test('readPublicKey: garbage and keys of another kind are none', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  expect(readPublicKey(publicKey.export({ type: 'spki', format: 'pem' }).toString())).toBe(
    undefined,
  );
  expect(readPublicKey('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----')).toBe(
    undefined,
  );
});

// Witnesses: what other people's libraries compute for the same input (A20).
const require = createRequire(import.meta.url);
const Midtrans = z.custom<{
  getSymmetricSignatureHmacSh512: (...args: unknown[]) => string;
  getAsymmetricSignatureSha256WithRsa: (...args: unknown[]) => string;
}>();
const Doku = z.custom<{
  generateSymmetricSignature: (...args: unknown[]) => string;
  generateSignature: (...args: unknown[]) => string;
}>();

const PlainText = fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/);
const Body = fc.dictionary(PlainText, fc.oneof(fc.string(), fc.integer(), fc.boolean()));

describe('witness', () => {
  const midtrans = Midtrans.parse(require('midtrans-client/lib/snapBi/snapBi.js'));
  const doku = Doku.parse(require('doku-nodejs-library/_services/tokenService.js'));
  const pem = toPrivatePem(v1[0]?.input.privateKeyPkcs8Der ?? []);

  test('midtrans-client and doku agree with our transaction signature', () => {
    fc.assert(
      fc.property(PlainText, PlainText, PlainText, Body, (secret, token, path, body) => {
        const timestamp = '2025-06-30T10:15:30+07:00';
        const target = `/${path}`;
        const bodyHash = hashBody(JSON.stringify(body));
        const ours = hmacSha512(
          secret,
          formatTransactionString({ method: 'POST', target, token, bodyHash, timestamp }),
        ).toString('base64');
        expect(
          midtrans.getSymmetricSignatureHmacSh512(token, body, 'post', target, secret, timestamp),
        ).toBe(ours);
        expect(
          doku.generateSymmetricSignature('POST', target, token, body, timestamp, secret),
        ).toBe(ours);
      }),
    );
  });

  test('midtrans-client and doku agree with our token signature', () => {
    fc.assert(
      fc.property(PlainText, PlainText, (clientId, timestamp) => {
        const ours = signRsaSha256(pem, formatTokenString(clientId, timestamp)).toString('base64');
        expect(midtrans.getAsymmetricSignatureSha256WithRsa(clientId, timestamp, pem)).toBe(ours);
        expect(doku.generateSignature(pem, clientId, timestamp)).toBe(ours);
      }),
      { numRuns: 20 },
    );
  });
});

function flip(signature: string): string {
  const first = signature.startsWith('A') ? 'B' : 'A';
  return `${first}${signature.slice(1)}`;
}

function otherKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
}

import { expect, test } from 'vitest';
import { hashedText, writeBody } from './dialects.ts';
import {
  bodyHash,
  importPublicKey,
  tokenStringToSign,
  transactionStringToSign,
  verifyHmac,
  verifyRsa,
} from './signatures.ts';
import { createWorld } from './world.ts';

// All expected values are printed in reference/banks-snap-hk.md, A19; none comes from this folder.
const SECRET = 's3cr3t-Test-Only-0123456789abcdef';
const TOKEN = 'ZjM4YTFiLXRlc3QtdG9rZW4';

const V1 = [
  [
    '2025-06-30T10:15:30+07:00',
    'KwEODR9L9l7uDLa/DR7kyP6QsGjcKuPaGgTStvl4joIvm94WcKFTRDCEP1G+blkBgqgSz7a670q027lyTVIMn3YCxQsEC/14eANrI9wwqTJtxtUIvUEASYyl42RKIzagDpQuJoBJAyW1eJylyw0OEetEQWsiS9B7JHzcC/Tt6Wbe+87m67x6C6LDXayKTsBlK4Hem2gQkGxj6JuRc7uZFQXaFAWMAmGRmL2VAU1ptHmk3Ah5hx15d7QoL28x4amBHdO1pl+KQlrcSlx25ZwNNtm44m/qEiSSaIGmaMWkdx0xeXVmHd7lHkaihUH/SF1+ppD0m+K/laZqwjd1jy5DkA==',
  ],
  [
    '2025-06-30T10:15:30.250+07:00',
    'R+XN/dRtiB9vvo0NTRggyWqndNwrB51QEIUFMN78OgfeaKBxCmKVw7LACSZBtsehntgPfIYz/h5aFoOBuLhHTsi0kqGzsTKrJzlmcdYFi3mJFq5QQJph3E/2eXJ8AY1nfN4SHlm1Z4g0F2yeBEfW/IQ+pVlxycIribdZsegElGceKUCTchND6yjP4wyJesaOJTm++fg58Qcrd5dJk3PafWT657Dc6ssaM9TtzURt40nVV9u5DtqgM5COkR2POpGUG97ATdWJ8gT33vWKchmd+Jf7BoQlYuuF4MbOFv4BcyLWO4Z346U022ZMdTdTkv8QYQEl/sX8NsxS70zBVi2GoQ==',
  ],
] as const;

test.each(V1)(
  'signatures: V1 of %s is accepted, and for another moment refused',
  async (at, text) => {
    const world = createWorld({ seed: 1 });
    const key = await world.partners.publicKey('bca');
    const signature = { text, encoding: 'base64' as const };
    expect(await verifyRsa(key, tokenStringToSign('acme-treasury-0001', at), signature)).toBe(true);
    expect(await verifyRsa(key, tokenStringToSign('acme-treasury-0002', at), signature)).toBe(
      false,
    );
  },
);

test('signatures: V7 of Midtrans is accepted with the published public key', async () => {
  const key = await importPublicKey(`-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAlWbtlh3eM+bW3n5AFj42
wddC4L7tQqbLiCFbTv8K67yng9iwK5mEn+UMXiRhvB2JVWFafCPPxFamsiVG3Mjn
eGjC0BYgmpmw4qXnAnyO3nCdCuPtmZ3ljhKvSTPdWZxrcLi1Xa9V/+Pzb8hrjb5i
wMn6SZFNeMmZYgFKiSeueo6TPln2PoTqXCzs1HtsM8eUVe8GAsjJe/3dYl992nyX
OpG21GgNu8o5T3WOptPg6GdDTWkTWUu483yRbVVy04Pz4L8DDZTDv+WcsAViDn1r
A/jB1Auj/UGKx2ovGcBH/a/hor5TbABbODU6cPTHT54K3sSZtvZNV4eFDB1f/4wd
fwIDAQAB
-----END PUBLIC KEY-----`);
  const text =
    'WzW49tYIgKIBmBi/gVBHGLAkhEaZlXM11zcZxAiyHji6TLPjPbwLu3Z45it25AIeG0XDItcdTSkds47zFEMh6IP0PXPIP1+Ey4RmX/o2fuYRF/xBHvfvKnMmANMTS1axsXBSW3EHqYpbVrkCcqNnB3u+wu63us9WIhRZaWgxgQ2PJLaiVHIwgu9u7jxkWX7Bg4rerZH3RKdQfIJAAJsSN13efR7VdSAyzU7QaKjgislxrLqmesYNJkbD03XLjHdo6YWuzAVV7xdZRpLiGkIAkW7luXTBZYBO+4oENZAPQYzrLeN1qRY1Sr7BgLONCA2QA26BB6SYW4R7qofS9+RyOQ==';
  const signed = tokenStringToSign('G1234325-SNAP', '2024-03-01T08:27:49.024Z');
  expect(await verifyRsa(key, signed, { text, encoding: 'base64' })).toBe(true);
});

const V2_BODY =
  '{"partnerReferenceNo":"20250630000000000001","amount":{"value":"10000.00","currency":"IDR"},"beneficiaryAccountNo":"8010001575","remark":"Payment INV/2025/06 – Toko Café","sourceAccountNo":"1234567890","transactionDate":"2025-06-30T10:15:30+07:00","additionalInfo":{}}';

async function v2StringToSign(): Promise<string> {
  return transactionStringToSign({
    method: 'post',
    relativeUrl: '/openapi/v1.0/transfer-intrabank',
    accessToken: TOKEN,
    bodyHash: await bodyHash(Buffer.from(V2_BODY)),
    timestamp: '2025-06-30T10:15:30+07:00',
  });
}

test.each([
  [
    'base64',
    '/+/oCqD9zHWVaDwETPgXKaYujWSGFUqCtr5Z2m2wEjvNNWG7OE6MU94J8qZsfLvct0jhBtxxRBjK9fkckRz0dg==',
  ],
  [
    'hex',
    'ffefe80aa0fdcc7595683c044cf81729a62e8d6486154a82b6be59da6db0123bcd3561bb384e8c53de09f2a66c7cbbdcb748e106dc714418caf5f91c911cf476',
  ],
] as const)('signatures: V2 in %s is accepted in that encoding only', async (encoding, text) => {
  const other = encoding === 'hex' ? 'base64' : 'hex';
  const signed = await v2StringToSign();
  expect(await verifyHmac(SECRET, signed, { text, encoding })).toBe(true);
  expect(await verifyHmac(SECRET, signed, { text, encoding: other })).toBe(false);
  expect(await verifyHmac(SECRET, signed, { text: `${text}\n`, encoding })).toBe(false);
});

test.each([
  [
    'strip',
    'F+SygcTEKWIwVrV4oLvHPP8pNjAJqN/fO8M2cq0fEYyAPn8iQgrDSdj/uEwz9WX3Li6sapzFk94faEPRPOIACQ==',
  ],
  [
    'php_escaped',
    'SqohrUEIeT6W80ifJarloB+BVhVBGXmnHq9x8lm+InOiCWWv7W5Dq7OvYaphpsOq6Yh7r6JQ5AtwpeEsooDy3g==',
  ],
  [
    'upper_hex_hash',
    'yYSYze8UtPtRjRZzZL64NRACGjpFFDtY9cWv+AN9r10DBLvYFwwSeYzNRJ48GXskbSCNOD4lLgLIRwAEfDXrmA==',
  ],
  [
    'full_url',
    'HPwpyAiQA6Ybo0c6SkCJA7ohlus2FK9CZjKD4Z/ELuCYFb4YRpcXSzbi2+u2BDaSHeHvRKwQJCBsTvvow5i+Sg==',
  ],
  [
    'bearer_prefix',
    'CqZ6VMbGcp2uKrPH2IFbwZjgRi/NhV2s2gYEvhsVRODJ+udYCqF/mEPVXNFlGldO8/JLBzdNojY8ZoyAkIRBrQ==',
  ],
  [
    'secret_trailing_lf',
    'DmblMWgn4nnWlu2Zf6ZqgRe4ORyCr4Okjt5MuukUk2cRVUJ8jVtxwCRge2s0zLK+d7Gds8bzeXgkRRADcGBE+Q==',
  ],
  ['hmac_sha256', 'tiOPcUTyd/wM+QAD3pSr6VPVEahkTj1AIn/5LreiO1o='],
  [
    'no_token',
    '/5AK/06wxjL+R6/1cs3fyvbFQ0fQMWtqMR5v3dicQbhkWQ8V8M6v8mygIusc0eW6gtxR8mTsjEsVVBn0H5Xh5w==',
  ],
])('signatures: the mistake "%s" of V2 is refused', async (_mistake, text) => {
  expect(await verifyHmac(SECRET, await v2StringToSign(), { text, encoding: 'base64' })).toBe(
    false,
  );
});

test('signatures: V4 of BRI is accepted in hex', async () => {
  const body = Buffer.from('{"accountNo":"111231271284142"}');
  const signed = transactionStringToSign({
    method: 'POST',
    relativeUrl: '/snap/v1.0/balance-inquiry',
    accessToken: TOKEN,
    bodyHash: await bodyHash(body),
    timestamp: '2025-06-30T10:15:30.250+07:00',
  });
  const text =
    'bb309247e7fa4c06a233be3c41a1f3b4d39a6319d6574983d3db3a075c5b81891c66dd78553f993d82179f7c92de859d8c495552660807b9b0e74b081122f15e';
  expect(await verifyHmac(SECRET, signed, { text, encoding: 'hex' })).toBe(true);
});

const V11_INPUT =
  '{\r\n  "note": "a  b \\/ c\\u00e9 \\"x y\\"",\r\n  "n": 10000.00,\r\n  "big": 12345678901234567890\r\n}\r\n';

test.each([
  ['raw', '9866a9ea4e9a7b04fd49d1057201095c737ce5a0e3f7128cb1c4c892a3115568'],
  ['lexical', 'c44b509606ee03ea39160b968408083c1627adc990f0df7d021f680565acad8c'],
  ['reserialised', '1fdefa8df1795689a47c3f2f3095bfb9a552df4718d197e95dfe6cc8fc7c5b8c'],
  ['strip', '2f536ee6aad98204fa091cfaa0db5ab5ed0d7f7c20fab9d8c12a69b024af22ed'],
] as const)('dialects: %s hashes the body of V11 as printed', async (dialect, hash) => {
  expect(await bodyHash(Buffer.from(hashedText(V11_INPUT, dialect)))).toBe(hash);
});

test.each([
  ['lexical', ['raw', 'reserialised', 'strip']],
  ['reserialised', ['raw', 'lexical', 'strip']],
  ['strip', ['raw', 'lexical', 'reserialised']],
] as const)('dialects: a body sent for %s fits no other dialect', (dialect, others) => {
  const body = { partnerServiceId: '   12345', at: 'a/b c' };
  const { sent, hashed } = writeBody(body, dialect);
  expect(JSON.parse(sent)).toEqual(body);
  for (const other of others) {
    // Without escapes in it, a body for `lexical` reads the same when it is serialised anew.
    if (dialect === 'lexical' && other === 'reserialised') continue;
    expect(hashedText(sent, other)).not.toBe(hashed);
  }
});

test('dialects: a raw body is compact and hashed as it is', () => {
  const { sent, hashed } = writeBody({ a: [1, ' b '] }, 'raw');
  expect([sent, hashed]).toEqual(['{"a":[1," b "]}', '{"a":[1," b "]}']);
});

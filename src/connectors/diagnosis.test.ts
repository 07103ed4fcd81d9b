import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { addMs } from '#core/dates.ts';
import { findConnector } from './catalogue.ts';
import { loadFixture, toContext, toResponse } from './conformance-fixtures.ts';
import { diagnosisKeys } from './diagnosis.ts';

test('every diagnosis key has its two English sentences, and none is left over', () => {
  const text = readFileSync(new URL('diagnosis-texts.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z.A-Z]+)` \| (.+) \| (.+) \|$/gm)];
  expect(rows.map((row) => row[1])).toEqual([...diagnosisKeys]);
  for (const row of rows) expect(row[2]?.endsWith('.') && row[3]?.endsWith('.')).toBe(true);
});

interface Case {
  readonly bank?: string;
  readonly config?: Record<string, string>;
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  /** Ask about the token call instead of the balance call. */
  readonly isSession?: boolean;
}

const SIGNATURE = '{"responseCode":"4011100","responseMessage":"Unauthorized. [Signature]"}';
const code = (responseCode: string, responseMessage: string) =>
  JSON.stringify({ responseCode, responseMessage });

function diagnose({
  bank = 'bca',
  config,
  status = 401,
  body = SIGNATURE,
  headers = {},
  isSession,
}: Case) {
  const connector = findConnector(bank);
  const fixture = loadFixture(bank);
  const context = toContext(connector, fixture, config === undefined ? {} : { config });
  const response = toResponse({ status, headers, body });
  const error = connector.judge(response, context);
  const asked = connector.exchanges.fetchBalances?.request(fixture.account, context);
  const request = isSession
    ? connector.session?.request(context)
    : asked && connector.sign(asked, context);
  if (error === undefined || request === undefined) throw new Error('nothing to diagnose');
  return connector.diagnose?.(error, request, response, context) ?? [];
}

const secret = loadFixture('bca').config.clientSecret ?? '';
const privateKey = loadFixture('bca').config.privateKey ?? '';

test.each<[string, Case, object]>([
  // E2: what the bank calls "[Signature]" is nearly always in the value.
  [
    'a trailing line feed',
    { config: { clientSecret: `${secret}\n` } },
    {
      key: 'secret.trailingWhitespace',
      details: { field: 'clientSecret', position: 34, character: 'LINE FEED (U+000A)' },
    },
  ],
  [
    'a zero width space',
    { config: { clientSecret: `s\u200b${secret}` } },
    {
      key: 'secret.invisibleCharacter',
      details: { field: 'clientSecret', position: 2, character: 'ZERO WIDTH SPACE (U+200B)' },
    },
  ],
  [
    'l for 1',
    { config: { channelId: '9505l' } },
    {
      key: 'secret.lookalike',
      details: { field: 'channelId', position: 5, found: 'l', suggested: '1' },
    },
  ],
  [
    'a key with \\n in it',
    {
      config: {
        bankPublicKey: loadFixture('bca').config.bankPublicKey?.replaceAll('\n', '\\n') ?? '',
      },
    },
    { key: 'pem.damaged', details: { field: 'bankPublicKey', what: 'escapedNewlines' } },
  ],
  [
    'base64 where BRI wants hex',
    { bank: 'bri', config: { signatureEncoding: 'base64' } },
    { key: 'signature.encodingOverridden', details: { expected: 'hex', found: 'base64' } },
  ],
  [
    'another path',
    { config: { pathPrefix: '/api' } },
    {
      key: 'path.overridden',
      details: {
        service: 'token',
        expected: '/openapi/v1.0/access-token/b2b',
        found: '/api/v1.0/access-token/b2b',
      },
    },
  ],
  [
    'nothing found, transaction',
    {},
    { key: 'signature.secretWrong', details: { responseCode: '4011100' } },
  ],
  [
    'nothing found, token',
    { isSession: true, body: code('4017300', 'Unauthorized. [Signature]') },
    { key: 'signature.keyNotRegistered', details: { responseCode: '4017300' } },
  ],
  [
    'a client id of the other environment',
    {
      config: { otherEnvironmentClientId: 'bca-client-0001' },
      body: code('4017300', 'Unauthorized. [Unknown client]'),
    },
    { key: 'client.otherEnvironment', details: { field: 'clientId' } },
  ],
  [
    'an unknown client',
    { body: code('4017300', 'Unauthorized. [Unknown client]') },
    { key: 'client.unknown', details: { field: 'clientId' } },
  ],
  [
    'an address that is not allowed',
    { body: code('4017300', 'Unauthorized. [Connection not allowed]') },
    { key: 'ip.notAllowed', details: { responseCode: '4017300' } },
  ],
  [
    'a firewall',
    { status: 403, body: '<html>' },
    { key: 'ip.notAllowed', details: { status: 403 } },
  ],
  [
    'a service that is not activated',
    { status: 403, body: code('4031101', 'Feature Not Allowed') },
    { key: 'service.notActivated', details: { responseCode: '4031101' } },
  ],
  [
    'end of day',
    { status: 403, body: code('4031106', 'Feature Not Allowed At This Time') },
    { key: 'bank.maintenance', details: { status: 403 } },
  ],
  [
    'the form of the time stamp',
    { status: 400, body: code('4007301', 'Invalid Field Format X-TIMESTAMP') },
    { key: 'timestamp.format', details: { responseCode: '4007301' } },
  ],
  [
    'a page that is not there',
    { status: 404, body: 'not found' },
    { key: 'path.notFound', details: { status: 404 } },
  ],
  [
    'a used request id',
    { status: 409, body: code('4091100', 'Conflict') },
    { key: 'externalId.reused', details: { responseCode: '4091100' } },
  ],
  [
    'Airwallex credentials',
    { bank: 'airwallex', config: { apiKey: 'abcd ' }, body: '{"code":"credentials_invalid"}' },
    {
      key: 'secret.trailingWhitespace',
      details: { field: 'apiKey', position: 5, character: 'SPACE (U+0020)' },
    },
  ],
])('diagnose: %s comes first', (_title, one, cause) => {
  expect(diagnose(one)[0]).toEqual(cause);
});

test('diagnose: our own public key where the bank’s belongs', () => {
  const own = loadFixture('bca');
  const connector = findConnector('bca');
  const context = toContext(connector, own);
  const pem = connector.config.parse({ ...own.config, bankPublicKey: ownPublicKey() });
  const response = toResponse({ status: 401, headers: {}, body: SIGNATURE });
  const error = connector.judge(response, context);
  const request = { method: 'POST' as const, path: '/', headers: {} };
  const causes =
    error && connector.diagnose?.(error, request, response, { ...context, config: pem });
  expect(causes?.map((cause) => cause.key)).toContain('pem.ownKeyAsBanks');
});

test.each([
  [94, 'clock.slow'],
  [-94, 'clock.fast'],
])('diagnose: a bank clock %i s ahead of ours', (seconds, key) => {
  const connector = findConnector('bca');
  const { now } = toContext(connector, loadFixture('bca'));
  const stamp = addMs(now, seconds * 1000).toString();
  const causes = diagnose({ headers: { 'x-timestamp': stamp } });
  expect(causes).toContainEqual({ key, details: { seconds: 94 } });
  expect(diagnose({ headers: { 'x-timestamp': now.toString() } })).not.toContainEqual(
    expect.objectContaining({ key }),
  );
  expect(diagnose({ headers: { 'x-timestamp': 'yesterday' } }).length).toBeGreaterThan(0);
});

/** The public half of the fixture's private key. */
function ownPublicKey(): string {
  return createPublicKey(createPrivateKey(privateKey))
    .export({ type: 'spki', format: 'pem' })
    .toString();
}

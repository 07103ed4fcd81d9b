import { expect, test } from 'vitest';
import { parseInstant } from '#core/dates.ts';
import { bca } from '../bca/connector.ts';
import { bni } from '../bni/connector.ts';
import { bri } from '../bri/connector.ts';
import { loadFixture, toContext } from '../conformance-fixtures.ts';
import { SnapConfigSchema } from './config.ts';
import { formatTransactionString, hashBody, hmacSha512 } from './signature.ts';

function contextOf(changed: Record<string, string> = {}) {
  const fixture = loadFixture('bca');
  const config = SnapConfigSchema.parse({ ...fixture.config, ...changed });
  return { ...toContext(bca, fixture), config };
}

test('the path of the base address is signed, yet not part of the request', () => {
  const context = { ...contextOf(), basePath: '/gateway' };
  const request = { method: 'GET' as const, path: '/x?b=2&a=1', headers: {} };
  const signed = bca.sign(request, context);
  const timestamp = signed.headers['X-TIMESTAMP'] ?? '';
  const parts = { method: 'GET', target: '/gateway/x?a=1&b=2', bodyHash: hashBody('') };
  const text = formatTransactionString({ ...parts, token: context.token ?? '', timestamp });
  expect(signed.path).toBe('/x?a=1&b=2');
  expect(signed.headers['X-SIGNATURE']).toBe(
    hmacSha512(context.config.clientSecret, text).toString('base64'),
  );
});

test.each([
  [{}, '/openapi/v1.0/balance-inquiry'],
  [{ pathPrefix: '/api' }, '/api/v1.0/balance-inquiry'],
  [{ pathPrefix: '/api', balancePath: '/b' }, '/b'],
  [{ pathPrefix: '' }, '/openapi/v1.0/balance-inquiry'],
])('settings %j lead to %s', (changed, path) => {
  const account = { number: '1234567890', currency: 'IDR' };
  const request = bca.exchanges.fetchBalances?.request(account, contextOf(changed));
  expect(request?.path).toBe(path);
});

test.each(['openapi', 'https://bank.example', '/a b', '/a?b'])('%j is no path', (pathPrefix) => {
  expect(SnapConfigSchema.safeParse({ ...loadFixture('bca').config, pathPrefix }).success).toBe(
    false,
  );
});

test('a connection may change the form of the time stamp and the encoding', () => {
  const account = { number: '1234567890', currency: 'IDR' };
  const context = contextOf({ timestampPrecision: 'millisecond', signatureEncoding: 'hex' });
  const request = bca.exchanges.fetchBalances?.request(account, context);
  const signed = request && bca.sign(request, context);
  expect(signed?.headers['X-TIMESTAMP']).toBe('2025-06-30T12:00:00.000+07:00');
  expect(signed?.headers['X-SIGNATURE']).toMatch(/^[0-9a-f]{128}$/);
});

test('request ids have the form that each bank takes', () => {
  const now = parseInstant('2025-06-30T23:59:59.123Z');
  expect(bca.formatExternalId(now, 42)).toBe('20250701065959123000000000000042');
  expect(bri.formatExternalId(now, 42)).toBe('000000042');
  expect(bri.formatExternalId(now, 1_000_000_001)).toBe('000000001');
  expect(bni.formatExternalId(now, 42)).toBe('0000000421751327999');
});

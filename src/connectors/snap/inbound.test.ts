import { describe, expect, test } from 'vitest';
import { parseInstant } from '#core/dates.ts';
import { bca } from '../bca/connector.ts';
import { bri } from '../bri/connector.ts';
import { loadFixture, toCall, toInboundContext } from '../conformance-fixtures.ts';
import type { Connector, InboundVerdict } from '../contract.ts';
import { snapIdentifiersOf } from './connector.ts';
import { hashBody, hmacSha512 } from './signature.ts';

const connector: Connector = bca;
const fixture = loadFixture('bca');

function find(title: string) {
  const one = fixture.inbound?.find((each) => each.title.startsWith(title));
  if (one === undefined) throw new Error(title);
  return toCall(one);
}

function receive(title: string, context: Parameters<typeof toInboundContext>[2]): InboundVerdict {
  const verdict = connector.inbound?.receive(
    find(title),
    toInboundContext(connector, fixture, context),
  );
  if (verdict === undefined) throw new Error('no inbound');
  return verdict;
}

const STRIPPED = 'payment signed without any white space';
const RAW = 'virtual account payment';

describe('minify dialect', () => {
  test('in production the learned one alone passes, and the refusal names both', () => {
    const production = { environment: 'production' as const, learned: { inboundDialect: 'raw' } };
    expect(receive(RAW, production)).toMatchObject({ kind: 'accepted' });
    expect(receive(STRIPPED, production)).toMatchObject({
      kind: 'refused',
      reason: 'inbound.signatureInvalid',
      details: { what: 'dialectChanged', dialectPinned: 'raw', dialectFound: 'stripped' },
    });
  });

  test('in production the first message teaches it', () => {
    const context = { environment: 'production' as const };
    expect(receive(STRIPPED, context)).toMatchObject({ learned: { inboundDialect: 'stripped' } });
  });

  test('in the sandbox any passes and what matched is told', () => {
    const context = { learned: { inboundDialect: 'raw' } };
    expect(receive(STRIPPED, context)).toMatchObject({
      kind: 'accepted',
      verifiedBy: 'hmac-sha512 base64, stripped body',
      learned: { inboundDialect: 'stripped' },
    });
  });

  test('a stored word that is no dialect pins nothing', () => {
    const context = { environment: 'production' as const, learned: { inboundDialect: 'x' } };
    expect(receive(STRIPPED, context)).toMatchObject({ kind: 'accepted' });
  });
});

test('the nonce is the request id and the bank’s day, because ids begin anew each day', () => {
  const late = '2025-06-30T17:30:00Z';
  const call = find(RAW);
  const text = `POST:${call.target}:${fixture.issuedToken}:${hashBody(call.body)}:${late}`;
  const signature = hmacSha512(fixture.config.inboundSecret ?? '', text).toString('hex');
  const headers = { ...call.headers, 'x-timestamp': late, 'x-signature': signature };
  const context = toInboundContext(connector, fixture, { now: parseInstant(late) });
  expect(connector.inbound?.receive({ ...call, headers }, context)).toMatchObject({
    nonce: '20250630120000001:2025-07-01',
    replies: { accepted: { headers: { 'X-TIMESTAMP': '2025-07-01T00:30:00+07:00' } } },
  });
});

describe('kinds of signature', () => {
  const typeTwo = 'payment with signature type 2';
  const changed = (config: Record<string, string>) => ({
    config: connector.config.parse({ ...fixture.config, ...config }),
  });

  test('a connection can allow one kind only', () => {
    expect(receive(typeTwo, changed({ inboundSignature: 'symmetric' }))).toMatchObject({
      reason: 'inbound.signatureInvalid',
    });
    expect(receive(RAW, changed({ inboundSignature: 'asymmetric' }))).toMatchObject({
      reason: 'inbound.signatureInvalid',
    });
    expect(receive(typeTwo, changed({ inboundSignature: 'asymmetric' }))).toMatchObject({
      kind: 'accepted',
      verifiedBy: 'rsa-sha256 base64, raw body',
    });
  });

  test('without the key or the secret nothing passes', () => {
    expect(receive(typeTwo, changed({ bankPublicKey: '' }))).toMatchObject({ kind: 'refused' });
    expect(receive(RAW, changed({ inboundSecret: '' }))).toMatchObject({
      details: { what: 'inboundSecretMissing' },
    });
  });

  test('another partner id than the agreed one is refused', () => {
    expect(receive(RAW, changed({ inboundPartnerId: '54321' }))).toMatchObject({
      reason: 'inbound.clientUnknown',
    });
  });

  test('a sender’s known mistake is named in the stored reason, not in the answer', () => {
    const call = find(RAW);
    const text = `POST:${call.target}:Bearer ${fixture.issuedToken}:${hashBody(call.body)}:${call.headers['x-timestamp']}`;
    const signature = hmacSha512(fixture.config.inboundSecret ?? '', text).toString('base64');
    const headers = { ...call.headers, 'x-signature': signature };
    const verdict = connector.inbound?.receive(
      { ...call, headers },
      toInboundContext(connector, fixture),
    );
    expect(verdict).toMatchObject({ details: { mistake: 'tokenWithBearer' } });
    expect(verdict?.kind === 'refused' && verdict.reply.body).not.toContain('Bearer');
  });
});

describe('messages', () => {
  const parse = (bank: Connector, subpath: string, body: object, headers = {}) =>
    bank.inbound?.parse(
      {
        subpath,
        headers,
        body: new TextEncoder().encode(JSON.stringify(body)),
        receivedAt: parseInstant(fixture.now),
      },
      toInboundContext(bank, loadFixture(bank.id)),
    );
  const qr = {
    originalReferenceNo: 'QR000001',
    latestTransactionStatus: '00',
    amount: { value: '1000.00', currency: 'IDR' },
  };
  const va = {
    partnerServiceId: '   12345',
    customerNo: '1',
    virtualAccountNo: '   123451',
    paymentRequestId: 'P00001',
  };
  const NOTIFY = '/snap/v1.0/transfer-va/notify-payment-intrabank';

  test.each([
    ['00', 'booked', undefined],
    ['03', 'pending', undefined],
    ['04', 'booked', true],
    ['06', 'pending', true],
  ])('QR state %s is %s', (latestTransactionStatus, status, isReversed) => {
    const content = parse(bri, '/qr-mpm-notify', {
      ...qr,
      latestTransactionStatus,
      externalStoreID: 'S1',
    });
    expect(content?.movements[0]?.entry.status).toBe(status);
    expect(content?.movements[0]?.entry.isReversed).toBe(isReversed);
    expect(content?.movements[0]?.accountIdentifiers).toEqual(['qr:S1']);
  });

  test('a state that nobody knows goes to a person', () => {
    expect(() => parse(bri, '/qr-mpm-notify', { ...qr, latestTransactionStatus: '99' })).toThrow(
      /statusUnknown/,
    );
    const odd = { ...va, paymentStatus: 'HALF', additionalInfo: { paymentAmount: '1.00' } };
    expect(() => parse(bri, NOTIFY, odd)).toThrow(/statusUnknown/);
  });

  test('a notification without an amount, or of a failure, is a note and no money', () => {
    expect(parse(bri, NOTIFY, va)).toMatchObject({ movements: [], note: expect.any(String) });
    const failed = { ...va, paymentStatus: 'Failed', additionalInfo: { paymentAmount: '1.00' } };
    expect(parse(bri, NOTIFY, failed)).toMatchObject({ movements: [] });
  });

  test('a Buddhist year goes to a person', () => {
    const odd = { ...va, paidAmount: qr.amount, trxDateTime: '2568-06-30T10:15:30+07:00' };
    expect(() => parse(bca, '/transfer-va/payment', odd)).toThrow(/yearImplausible/);
  });

  test('identifiers of an account are its number, its companies and its merchants', () => {
    const settings = { virtualAccounts: '12345, 12346000001', qrMerchants: 'M1,' };
    expect(snapIdentifiersOf({ number: '1' }, settings)).toEqual([
      'account:1',
      'va:12345',
      'va:12346000001',
      'qr:M1',
    ]);
  });
});

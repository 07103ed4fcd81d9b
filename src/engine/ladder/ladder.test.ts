import { afterEach, describe, expect, test } from 'vitest';
import { instantFromMs } from '#core/dates.ts';
import { fingerprint } from '#secret/seal.ts';
import type { Transport } from '../transport.ts';
import { createTransport } from '../transport.ts';
import type { LadderInput, LadderResult } from './ladder.ts';
import { runLadder } from './ladder.ts';
import type { LadderNetwork, TlsFacts } from './network.ts';
import { systemNetwork } from './network.ts';
import type { Rung, RungName } from './rung.ts';
import type { BankFaults, FakeBank } from './test-bank.ts';
import { rightValues, startFakeBank, testBank } from './test-bank.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function makeTransport(): Transport {
  const transport = createTransport({ allowedPrivateHosts: ['*'], userAgent: 'cashbell-test' });
  closers.push(() => transport.close());
  return transport;
}

async function openBank(faults: BankFaults = {}): Promise<FakeBank> {
  const bank = await startFakeBank(faults);
  closers.push(() => bank.close());
  return bank;
}

function inputFor(baseUrl: string, change: Partial<LadderInput> = {}): LadderInput {
  let calls = 0;
  return {
    connector: testBank,
    environment: 'sandbox',
    baseUrl,
    values: rightValues,
    accounts: [{ number: '1234567890', currency: 'IDR' }],
    foreignFingerprints: new Set(),
    callback: { connectionId: 'con_test' },
    transport: makeTransport(),
    network: systemNetwork,
    allowedPrivateHosts: ['*'],
    now: () => instantFromMs(Date.now()),
    beginCall: (_service, now) => {
      calls += 1;
      const externalId = testBank.formatExternalId(now, calls);
      return Promise.resolve({ externalId, finish: () => Promise.resolve() });
    },
    ...change,
  };
}

function rungOf(result: LadderResult, name: RungName): Rung {
  const found = result.rungs.find((rung) => rung.name === name);
  if (!found) throw new Error(`no rung ${name}`);
  return found;
}

function statuses(result: LadderResult): string {
  return result.rungs.map((rung) => `${rung.name}:${rung.status}`).join(' ');
}

describe('ladder', () => {
  test('ladder: a right set-up is green with three calls', async () => {
    const bank = await openBank();
    const seen: string[] = [];
    const result = await runLadder(
      inputFor(bank.baseUrl, { onRung: (rung) => seen.push(rung.name) }),
    );
    expect(statuses(result)).toBe(
      'configuration:passed dns:passed tcp:passed tls:skipped clock:passed token:passed ' +
        'signature:passed permission:passed data:passed callback:skipped',
    );
    expect(result.isGreen).toBe(true);
    expect(bank.paths).toEqual(['/token', '/balance/1234567890', '/statement/1234567890']);
    expect(rungOf(result, 'data').received).toContain('interimBooked IDR 1250000.00');
    expect(seen).toHaveLength(10);
  });

  test('ladder: nothing that is stored or shown holds a secret or a token', async () => {
    const bank = await openBank({ secret: 'another-secret-9876' });
    const good = await openBank();
    for (const { baseUrl } of [bank, good]) {
      const text = JSON.stringify(await runLadder(inputFor(baseUrl)));
      expect(text).not.toContain(rightValues.clientSecret);
      expect(text).not.toContain('token-abcdef-123456');
      expect(text).toContain(fingerprint(rightValues.clientSecret));
    }
  });

  test.each([
    ['a trailing newline', 'right-secret-0123456789\n', 'secret.trailingWhitespace'],
    ['a leading space', ' right-secret-0123456789', 'secret.leadingWhitespace'],
    ['quotation marks', '"right-secret-0123456789"', 'secret.quoted'],
  ])('ladder: %s in a key is found without a call', async (_what, clientSecret, key) => {
    const bank = await openBank();
    const values = { ...rightValues, clientSecret };
    const result = await runLadder(inputFor(bank.baseUrl, { values }));
    expect(rungOf(result, 'configuration').findings.map((finding) => finding.key)).toContain(key);
    expect(rungOf(result, 'dns').status).toBe('skipped');
    expect(bank.paths).toEqual([]);
    expect(JSON.stringify(result)).not.toContain('right-secret');
  });

  test('ladder: all findings of the configuration are listed at once', async () => {
    const values = { clientId: 'CLIENTO1X', clientSecret: 'short ' };
    const result = await runLadder(inputFor('http://127.0.0.1:1', { values }));
    const fields = rungOf(result, 'configuration').findings.map((one) => one.details['field']);
    expect(new Set(fields)).toEqual(new Set(['clientId', 'clientSecret']));
  });

  test.each([
    ['production', 'http://127.0.0.1:1', 'config.loopbackInProduction'],
    ['production', 'https://sandbox.bank.example', 'config.addressOfOtherEnvironment'],
    ['sandbox', 'https://api.bank.example', 'config.addressOfOtherEnvironment'],
    ['sandbox', 'http://sandbox.bank.example', 'config.addressNotHttps'],
  ] as const)('ladder: %s with %s is refused', async (environment, baseUrl, key) => {
    const result = await runLadder(inputFor(baseUrl, { environment }));
    expect(rungOf(result, 'configuration').findings[0]).toMatchObject({ key, severity: 'failure' });
  });

  test('ladder: a key of the other environment is named by its fingerprint', async () => {
    const foreign = fingerprint(rightValues.clientSecret);
    const result = await runLadder(
      inputFor('http://127.0.0.1:1', { foreignFingerprints: new Set([foreign]) }),
    );
    expect(rungOf(result, 'configuration').findings).toEqual([
      expect.objectContaining({
        key: 'config.environmentMismatch',
        details: { field: 'clientSecret', fingerprint: foreign },
      }),
    ]);
  });

  test.each([
    ['slow', 94_000, 'clock.slow'],
    ['fast', -94_000, 'clock.fast'],
  ])(
    'ladder: a clock that is 94 s %s is the cause of a refusal',
    async (_w, clockOffsetMs, key) => {
      const bank = await openBank({ clockOffsetMs, status: 401 });
      const result = await runLadder(inputFor(bank.baseUrl));
      const [finding] = rungOf(result, 'clock').findings;
      expect(finding).toMatchObject({ key, severity: 'failure' });
      expect(Math.abs(Number(finding?.details['seconds']) - 94)).toBeLessThanOrEqual(1);
      expect(rungOf(result, 'token').status).toBe('skipped');
    },
  );

  test('ladder: a wrong clock that the bank still accepts is a warning', async () => {
    const bank = await openBank({ clockOffsetMs: 30_000 });
    const result = await runLadder(inputFor(bank.baseUrl));
    expect(rungOf(result, 'clock').status).toBe('warned');
    expect(result.isGreen).toBe(true);
  });

  test('ladder: a wrong secret fails the token, with the connector’s own diagnosis', async () => {
    const bank = await openBank({ secret: 'another-secret-9876' });
    const result = await runLadder(inputFor(bank.baseUrl));
    expect(rungOf(result, 'token')).toMatchObject({
      status: 'failed',
      findings: [{ key: 'test.secretWrong', code: 'bank.unauthorised' }],
    });
    expect(rungOf(result, 'signature').status).toBe('skipped');
    expect(bank.paths).toEqual(['/token']);
  });

  test.each([
    [401, 'signature', 'bank.unauthorised'],
    [403, 'permission', 'bank.notAllowed'],
    [503, 'signature', 'bank.maintenance'],
    [404, 'data', 'bank.badRequest'],
  ] as const)('ladder: HTTP %i on data fails at %s', async (status, name, code) => {
    const bank = await openBank({ status, isStatusForData: true });
    const result = await runLadder(inputFor(bank.baseUrl));
    expect(rungOf(result, name)).toMatchObject({ status: 'failed', findings: [{ code }] });
    expect(result.isGreen).toBe(false);
    expect(rungOf(result, name).sent).toContain('GET ');
  });

  test('ladder: a balance in another currency than the account’s fails', async () => {
    const bank = await openBank({ currency: 'USD' });
    const result = await runLadder(inputFor(bank.baseUrl));
    expect(rungOf(result, 'data').findings[0]).toMatchObject({
      key: 'data.currencyMismatch',
      details: { expected: 'IDR', received: 'USD' },
    });
  });

  test('ladder: an answer that is no JSON fails the data rung and shows what came', async () => {
    const bank = await openBank({ status: 200, isStatusForData: true, body: '<html>WAF</html>' });
    const result = await runLadder(inputFor(bank.baseUrl));
    expect(rungOf(result, 'data')).toMatchObject({ status: 'failed' });
    expect(rungOf(result, 'data').received).toContain('WAF');
  });

  test('ladder: without an account nothing is proven, and it says so', async () => {
    const bank = await openBank();
    const result = await runLadder(inputFor(bank.baseUrl, { accounts: [] }));
    expect(rungOf(result, 'signature').findings[0]?.key).toBe('data.accountMissing');
    expect(result.isGreen).toBe(false);
  });

  test('ladder: a closed port is told from a silent one', async () => {
    const bank = await openBank();
    await bank.close();
    const refused = await runLadder(inputFor(bank.baseUrl));
    expect(rungOf(refused, 'tcp').findings[0]?.key).toBe('tcp.refused');
    const silent = { ...systemNetwork, connect: () => Promise.reject(coded('ETIMEDOUT')) };
    const result = await runLadder(inputFor(bank.baseUrl, { network: silent }));
    expect(rungOf(result, 'tcp').findings[0]?.key).toBe('tcp.timeout');
  });
});

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

const goodFacts: TlsFacts = {
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  subject: 'sandbox.bank.example',
  issuer: 'Example CA',
  names: 'DNS:sandbox.bank.example',
  validFrom: 'Jan  1 00:00:00 2026 GMT',
  validTo: 'Jan  1 00:00:00 2099 GMT',
};

describe('ladder below HTTP', () => {
  const network = (change: Partial<LadderNetwork>): LadderNetwork => ({
    resolve: () => Promise.resolve(['93.184.216.34']),
    connect: () => Promise.resolve(),
    handshake: () => Promise.resolve(goodFacts),
    ...change,
  });
  const silentTransport = { send: () => Promise.reject(new Error('not asked')) };
  const run = (change: Partial<LadderNetwork>): Promise<LadderResult> =>
    runLadder(
      inputFor('https://sandbox.bank.example', {
        network: network(change),
        transport: silentTransport,
        allowedPrivateHosts: [],
      }),
    );

  test.each([
    ['ENOTFOUND', 'dns.notFound'],
    ['EAI_AGAIN', 'dns.noAnswer'],
  ])('ladder: name lookup ending in %s is %s', async (code, key) => {
    const result = await run({ resolve: () => Promise.reject(coded(code)) });
    expect(rungOf(result, 'dns').findings[0]?.key).toBe(key);
  });

  test('ladder: a bank behind a private address must be allowed by name', async () => {
    const result = await run({ resolve: () => Promise.resolve(['10.1.2.3']) });
    expect(rungOf(result, 'dns').findings[0]).toMatchObject({
      key: 'dns.privateAddress',
      details: { host: 'sandbox.bank.example', address: '10.1.2.3' },
    });
  });

  test.each([
    ['CERT_HAS_EXPIRED', 'tls.expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls.nameMismatch'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls.untrusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls.chainIncomplete'],
  ])('ladder: a certificate with %s is %s', async (distrust, key) => {
    const result = await run({ handshake: () => Promise.resolve({ ...goodFacts, distrust }) });
    expect(rungOf(result, 'tls')).toMatchObject({ status: 'failed', findings: [{ key }] });
  });

  test.each([
    ['ECONNRESET', 'tls.reset'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls.clientCertificateWanted'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls.protocol'],
  ])('ladder: a handshake ending in %s is %s', async (code, key) => {
    const result = await run({ handshake: () => Promise.reject(coded(code)) });
    expect(rungOf(result, 'tls').findings[0]?.key).toBe(key);
  });

  test('ladder: a certificate that ends soon is a warning', async () => {
    const validTo = new Date(Date.now() + 3 * 86_400_000).toUTCString();
    const result = await run({ handshake: () => Promise.resolve({ ...goodFacts, validTo }) });
    expect(rungOf(result, 'tls')).toMatchObject({
      status: 'warned',
      findings: [{ key: 'tls.expiresSoon' }],
    });
    expect(rungOf(result, 'token')).toMatchObject({ status: 'failed' });
  });
});

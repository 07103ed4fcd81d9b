import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findConnector } from '../../src/connectors/catalogue.ts';
import { instantFromMs } from '../../src/core/dates.ts';
import type { LadderInput, LadderResult } from '../../src/engine/ladder/ladder.ts';
import { runLadder } from '../../src/engine/ladder/ladder.ts';
import { systemNetwork } from '../../src/engine/ladder/network.ts';
import type { Rung, RungName } from '../../src/engine/ladder/rung.ts';
import type { Transport } from '../../src/engine/transport.ts';
import { createTransport } from '../../src/engine/transport.ts';
import type { Listening } from '../../simulators/lib/http.ts';
import { listen } from '../../simulators/lib/http.ts';
import type { SnapSimulator } from '../../simulators/snap/simulator.ts';
import { createSnapSimulator } from '../../simulators/snap/simulator.ts';

const banks = ['bca', 'bri', 'bni'] as const;
type Bank = (typeof banks)[number];

const accounts: Readonly<Record<Bank, string>> = {
  bca: '1234567890',
  bri: '111231271284142',
  bni: '0115476117',
};
/** BNI's client ids are the name of the application in base64 behind a prefix. */
const clientIds: Readonly<Record<Bank, string>> = {
  bca: 'client-bca',
  bri: 'client-bri',
  bni: 'IDBNIU0lNVUxBVE9S',
};
const otherKey = makeKey();
const key = makeKey();
const secret = 'f3a91c5e7b2d4860f3a91c5e7b2d4860';

let simulator: SnapSimulator;
let server: Listening;
let transport: Transport;

function makeKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return privateKey;
}

beforeAll(async () => {
  simulator = createSnapSimulator({ seed: 7 });
  server = await listen((request, response) => simulator.wire(request, response), 0);
  transport = createTransport({ allowedPrivateHosts: ['*'], userAgent: 'cashbell-test' });
  for (const bank of banks) {
    await simulator.manage('PUT', `partners/${bank}`, {
      clientId: clientIds[bank],
      clientSecret: secret,
      partnerId: 'DEMOCORPID',
      // BNI signs with the API secret and takes the API key for the partner id (A15).
      apiSecret: secret,
      apiKey: 'DEMOCORPID',
      channelId: '95051',
      publicKeyPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }),
    });
  }
});

beforeEach(async () => {
  await simulator.manage('DELETE', 'faults', undefined);
  await simulator.manage('POST', 'clock', { offsetMs: 0 });
});

afterAll(async () => {
  await transport.close();
  await simulator.stop();
  await server.close();
});

interface Change {
  readonly bank?: Bank;
  readonly values?: Readonly<Record<string, string>>;
  readonly account?: string;
}

let calls = 0;

function climb({ bank = 'bca', values = {}, account }: Change = {}): Promise<LadderResult> {
  const connector = findConnector(bank);
  const input: LadderInput = {
    connector,
    environment: 'sandbox',
    baseUrl: server.url,
    values: {
      clientId: clientIds[bank],
      clientSecret: secret,
      privateKey: key,
      partnerId: 'DEMOCORPID',
      channelId: '95051',
      ...values,
    },
    accounts: [{ number: account ?? accounts[bank], currency: 'IDR' }],
    foreignFingerprints: new Set(),
    callback: { connectionId: 'con_test', publicUrl: 'http://127.0.0.1:7420' },
    transport,
    network: systemNetwork,
    allowedPrivateHosts: ['*'],
    now: () => instantFromMs(Date.now()),
    beginCall: (_service, now) => {
      calls += 1;
      const externalId = connector.formatExternalId(now, calls);
      return Promise.resolve({ externalId, finish: () => Promise.resolve() });
    },
  };
  return runLadder(input);
}

function rungOf(result: LadderResult, name: RungName): Rung {
  const found = result.rungs.find((rung) => rung.name === name);
  if (!found) throw new Error(`no rung ${name}`);
  return found;
}

/** The first rung that does not hold, with what it found. */
function firstFailure(result: LadderResult): { name?: string; keys: string[] } {
  const rung = result.rungs.find((one) => one.status === 'failed');
  return {
    ...(rung ? { name: rung.name } : {}),
    keys: (rung?.findings ?? []).map((finding) => finding.key),
  };
}

describe('connection test against simulated banks', () => {
  test.each(banks)('connection test: %s is green with the right keys', async (bank) => {
    const result = await climb({ bank });
    expect(firstFailure(result)).toEqual({ keys: [] });
    expect(result.isGreen).toBe(true);
    expect(rungOf(result, 'data').received).toMatch(/IDR \d+\.\d\d/);
    expect(rungOf(result, 'data').received).toMatch(/entries/);
  });

  test.each([
    [
      'a trailing newline in the secret',
      { clientSecret: `${secret}\n` },
      'secret.trailingWhitespace',
    ],
    ['a leading space in the client id', { clientId: ' client-bca' }, 'secret.leadingWhitespace'],
    ['a letter O for a zero', { channelId: '95O51' }, 'secret.lookalike'],
    ['a letter l for a one', { channelId: '9505l' }, 'secret.lookalike'],
    ['a key with escaped newlines', { privateKey: key.replaceAll('\n', '\\n') }, 'pem.damaged'],
    ['a key that was cut off', { privateKey: key.slice(0, 900) }, 'pem.damaged'],
    [
      'a public key in the private field',
      { privateKey: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString() },
      'pem.wrongKind',
    ],
  ])('connection test: %s is found without a call', async (_what, values, expected) => {
    const before = calls;
    const result = await climb({ values });
    expect(firstFailure(result).name).toBe('configuration');
    expect(firstFailure(result).keys).toContain(expected);
    expect(calls).toBe(before);
  });

  test('connection test: another private key than the registered one', async () => {
    const { name, keys } = firstFailure(await climb({ values: { privateKey: otherKey } }));
    expect(name).toBe('token');
    expect(keys).toContain('signature.keyNotRegistered');
  });

  test('connection test: a client id that the bank does not know', async () => {
    const { name, keys } = firstFailure(await climb({ values: { clientId: 'client-none' } }));
    expect(name).toBe('token');
    expect(keys).toContain('client.unknown');
  });

  test('connection test: a wrong secret passes the token and fails the signature', async () => {
    const values = { clientSecret: secret.replace('f3', '3f') };
    const result = await climb({ values });
    expect(rungOf(result, 'token').status).toBe('passed');
    expect(firstFailure(result).name).toBe('signature');
    expect(firstFailure(result).keys).toContain('signature.secretWrong');
    expect(JSON.stringify(result)).not.toContain(values.clientSecret);
  });

  test('connection test: a wrong path is told from a wrong key', async () => {
    const { name, keys } = firstFailure(await climb({ values: { pathPrefix: '/openapi/v2' } }));
    expect(name).toBe('token');
    expect(keys.some((found) => found.startsWith('path.'))).toBe(true);
  });

  test('connection test: an address that the bank does not let in', async () => {
    await simulator.manage('POST', 'faults', { name: 'ipNotAllowed' });
    const { keys } = firstFailure(await climb());
    expect(keys[0]).toBe('ip.notAllowed');
  });

  test('connection test: a service that is not in the contract fails the permission', async () => {
    await simulator.manage('POST', 'faults', { name: 'serviceNotActivated' });
    const result = await climb();
    expect(rungOf(result, 'signature').status).toBe('passed');
    expect(firstFailure(result)).toEqual({ name: 'permission', keys: ['service.notActivated'] });
  });

  test('connection test: a bank that is closed is no fault of the keys', async () => {
    await simulator.manage('POST', 'faults', { name: 'maintenance' });
    const result = await climb();
    const failed = result.rungs.find((rung) => rung.status === 'failed');
    expect(failed?.findings[0]?.code).toMatch(/^bank\.(maintenance|unavailable)$/);
  });

  test('connection test: our clock is ten minutes slow', async () => {
    await simulator.manage('POST', 'clock', { offsetMs: 600_000 });
    const result = await climb();
    const [finding] = rungOf(result, 'clock').findings;
    expect(finding?.key).toBe('clock.slow');
    expect(Math.abs(Number(finding?.details['seconds']) - 600)).toBeLessThanOrEqual(2);
  });

  test('connection test: our clock is 94 s fast, which the bank still accepts', async () => {
    await simulator.manage('POST', 'clock', { offsetMs: -94_000 });
    const result = await climb();
    expect(rungOf(result, 'clock')).toMatchObject({
      status: 'warned',
      findings: [{ key: 'clock.fast' }],
    });
    expect(result.isGreen).toBe(true);
  });

  test('connection test: an account that the bank does not have', async () => {
    const result = await climb({ account: '9999999999' });
    expect(firstFailure(result).name).toBe('data');
  });

  test('connection test: a gateway in front of the bank shows what it answered', async () => {
    await simulator.manage('POST', 'faults', { name: 'htmlError' });
    const result = await climb();
    const failed = result.rungs.find((rung) => rung.status === 'failed');
    expect(failed?.received).toContain('HTTP 502');
  });
});

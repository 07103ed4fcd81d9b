import { expect, test } from 'vitest';
import { createClock } from '../lib/clock.ts';
import { ACCOUNTS, doku, PATHS, startBench, V1_PRIVATE_KEY, midtrans } from './test-kit.ts';

const BANKS = ['bca', 'bri', 'bni'] as const;

test.each([
  ['bca', 'bearer', '900'],
  ['bri', 'BearerToken', '899'],
  ['bni', 'Bearer', '900'],
] as const)(
  'token: %s accepts a request signed by doku and by midtrans',
  async (bank, type, ttl) => {
    const bench = await startBench();
    const reply = await bench.requestToken(bank);
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({ responseCode: '2007300', tokenType: type, expiresIn: ttl });
    const { clientId } = await bench.partner(bank);
    expect(reply.headers.get('x-client-key')).toBe(clientId);
    expect(reply.headers.get('x-simulated-by')).toBe('cashbell');
    const at = await bench.timestamp(bank);
    const signature = midtrans.getAsymmetricSignatureSha256WithRsa(clientId, at, V1_PRIVATE_KEY);
    const again = await bench.requestToken(bank, { 'X-TIMESTAMP': at, 'X-SIGNATURE': signature });
    expect(again.json['responseCode']).toBe('2007300');
  },
);

test('token: the published signature V1 opens the door at its moment', async () => {
  const clock = createClock();
  clock.setOffsetMs(Date.parse('2025-06-30T10:15:40+07:00') - Date.now());
  const bench = await startBench({ clock });
  await bench.manage('PUT', 'partners/bca', { clientId: 'acme-treasury-0001' });
  const reply = await bench.send(
    PATHS.bca.token,
    {
      'Content-Type': 'application/json',
      'X-CLIENT-KEY': 'acme-treasury-0001',
      'X-TIMESTAMP': '2025-06-30T10:15:30+07:00',
      'X-SIGNATURE':
        'KwEODR9L9l7uDLa/DR7kyP6QsGjcKuPaGgTStvl4joIvm94WcKFTRDCEP1G+blkBgqgSz7a670q027lyTVIMn3YCxQsEC/14eANrI9wwqTJtxtUIvUEASYyl42RKIzagDpQuJoBJAyW1eJylyw0OEetEQWsiS9B7JHzcC/Tt6Wbe+87m67x6C6LDXayKTsBlK4Hem2gQkGxj6JuRc7uZFQXaFAWMAmGRmL2VAU1ptHmk3Ah5hx15d7QoL28x4amBHdO1pl+KQlrcSlx25ZwNNtm44m/qEiSSaIGmaMWkdx0xeXVmHd7lHkaihUH/SF1+ppD0m+K/laZqwjd1jy5DkA==',
    },
    '{"grantType":"client_credentials"}',
  );
  expect(reply.json['responseCode']).toBe('2007300');
});

test('token: refusals carry the codes of A5.1', async () => {
  const bench = await startBench();
  const old = await bench.timestamp('bca', -400_000);
  const cases = [
    [{ 'X-CLIENT-KEY': '' }, '4007302', 'Invalid Mandatory Field [X-CLIENT-KEY]'],
    [
      { 'X-TIMESTAMP': '2025-06-30T10:15:30.250+07:00' },
      '4007301',
      'Invalid Field Format [X-TIMESTAMP]',
    ],
    [{ 'X-CLIENT-KEY': 'somebody' }, '4017300', 'Unauthorized. [Unknown client]'],
    [{ 'X-SIGNATURE': 'AAAA' }, '4017300', 'Unauthorized. [Signature]'],
    [{ 'X-TIMESTAMP': old }, '4017300', 'Unauthorized. [Signature]'],
    [{ 'Content-Type': 'text/plain' }, '4007300', 'Bad Request'],
  ] as const;
  for (const [changes, code, message] of cases) {
    const { status, json } = await bench.requestToken('bca', changes);
    expect([status, json['responseCode'], json['responseMessage']]).toEqual([
      Number(code.slice(0, 3)),
      code,
      message,
    ]);
  }
  const { calls } = await bench.manage('GET', 'state');
  expect(calls[3].expectedStringToSign).toMatch(/^bca-client-\d{8}\|/);
  expect(calls[4].detail).toContain('behind the bank');
});

test.each(BANKS)(
  'balance: %s accepts a call signed by midtrans and shows the account',
  async (bank) => {
    const bench = await startBench();
    const { status, json, headers } = await bench.balance(bank);
    expect([status, json['responseCode']]).toEqual([200, '2001100']);
    expect(json['accountNo']).toBe(ACCOUNTS[bank]);
    const infos = json['accountInfos'];
    expect(Array.isArray(infos)).toBe(bank !== 'bca');
    const info = Array.isArray(infos) ? infos[0] : infos;
    const { accounts } = await bench.manage('GET', 'state');
    const shown = accounts.find(({ account }: { account: string }) => account === ACCOUNTS[bank]);
    expect(info.availableBalance).toEqual({ value: shown.balance, currency: 'IDR' });
    expect(headers.get('x-timestamp')).toMatch(
      bank === 'bri' ? /\.\d{3}\+07:00$/ : /:\d\d\+07:00$/,
    );
  },
);

test('balance: a call signed by doku is accepted too', async () => {
  const bench = await startBench();
  const at = await bench.timestamp('bca');
  const body = { partnerReferenceNo: '1', accountNo: ACCOUNTS.bca };
  const { clientSecret } = await bench.partner('bca');
  const path = `${PATHS.bca.services}balance-inquiry`;
  const token = await bench.token('bca');
  const signature = doku.generateSymmetricSignature('POST', path, token, body, at, clientSecret);
  const changes = { 'X-TIMESTAMP': at, 'X-SIGNATURE': signature };
  const { json } = await bench.call('bca', 'balance-inquiry', body, changes);
  expect(json['responseCode']).toBe('2001100');
});

test('gate: BRI refuses base64, BNI the client secret, BCA a token of another bank', async () => {
  const bench = await startBench();
  const at = await bench.timestamp('bri');
  const body = { accountNo: ACCOUNTS.bri };
  const bri = await bench.partner('bri');
  const token = await bench.token('bri');
  const path = `${PATHS.bri.services}balance-inquiry`;
  const base64 = doku.generateSymmetricSignature(
    'POST',
    path,
    token,
    body,
    at,
    bri['clientSecret'],
  );
  const changes = { 'X-TIMESTAMP': at, 'X-SIGNATURE': base64 };
  const refused = await bench.call('bri', 'balance-inquiry', body, changes);
  expect(refused.json['responseCode']).toBe('4011100');
  const state = await bench.manage('GET', 'state');
  expect(state['calls'].at(-1).expectedStringToSign).toContain(`POST:${path}:${token}:`);
  const bni = await bench.partner('bni');
  const bniToken = await bench.token('bni');
  const bniPath = `${PATHS.bni.services}balance-inquiry`;
  const bniAt = await bench.timestamp('bni');
  for (const [secret, code] of [
    ['clientSecret', '4011100'],
    ['apiSecret', '2001100'],
  ] as const) {
    const fields = { accountNo: ACCOUNTS.bni };
    const signature = doku.generateSymmetricSignature(
      'POST',
      bniPath,
      bniToken,
      fields,
      bniAt,
      bni[secret],
    );
    const signed = { 'X-TIMESTAMP': bniAt, 'X-SIGNATURE': signature };
    const { json } = await bench.call('bni', 'balance-inquiry', fields, signed);
    expect(json['responseCode']).toBe(code);
  }
  const foreign = await bench.balance('bca', { Authorization: `Bearer ${token}` });
  expect(foreign.json).toMatchObject({
    responseCode: '4011101',
    responseMessage: 'Invalid Token (B2B)',
  });
});

test('gate: headers and bodies are checked with the codes of A8.2', async () => {
  const bench = await startBench();
  const code = async (changes: Record<string, string>) =>
    (await bench.balance('bca', changes)).json['responseCode'];
  expect(await code({ 'X-PARTNER-ID': '' })).toBe('4001102');
  expect(await code({ 'X-EXTERNAL-ID': '12ab' })).toBe('4001101');
  expect(await code({ 'CHANNEL-ID': '123456' })).toBe('4001101');
  expect(await code({ 'CHANNEL-ID': '95231' })).toBe('4011100');
  expect(await code({ 'X-PARTNER-ID': 'SOMEBODY' })).toBe('4011100');
  expect(await code({ Authorization: 'abc' })).toBe('4011101');
  expect(await code({ 'X-EXTERNAL-ID': '777' })).toBe('2001100');
  expect(await code({ 'X-EXTERNAL-ID': '777' })).toBe('4091100');
  const body = async (fields: Record<string, unknown>) =>
    (await bench.call('bca', 'balance-inquiry', fields)).json['responseCode'];
  expect(await body({ accountNo: ACCOUNTS.bca })).toBe('4001102');
  expect(await body({ partnerReferenceNo: '1', accountNo: '12 34' })).toBe('4001101');
  expect(await body({ partnerReferenceNo: '1', accountNo: '9999999999' })).toBe('4041111');
  expect(await body({ partnerReferenceNo: '1', accountNo: ACCOUNTS.bni })).toBe('4041111');
});

test('gate: an X-EXTERNAL-ID of BRI has nine digits, and is free again the next day', async () => {
  const bench = await startBench();
  expect((await bench.balance('bri', { 'X-EXTERNAL-ID': '12345678' })).json['responseCode']).toBe(
    '4001101',
  );
  expect((await bench.balance('bca', { 'X-EXTERNAL-ID': '5' })).json['responseCode']).toBe(
    '2001100',
  );
  await bench.manage('POST', 'clock', { offsetMs: 86_400_000 });
  const fresh = (await bench.requestToken('bca')).json['accessToken'];
  expect(fresh).toBeTypeOf('string');
  const expired = await bench.balance('bca', { 'X-EXTERNAL-ID': '5' });
  expect(expired.json['responseCode']).toBe('4011101');
});

test('clock: the headers show the clock of the bank, and a call of another hour is refused', async () => {
  const bench = await startBench();
  const before = await bench.timestamp('bca');
  await bench.manage('POST', 'clock', { offsetMs: 600_000 });
  const reply = await bench.requestToken('bca', { 'X-TIMESTAMP': before });
  expect(reply.json['responseCode']).toBe('4017300');
  const bankTime = Date.parse(reply.headers.get('x-timestamp') ?? '');
  expect(bankTime - Date.parse(before)).toBeGreaterThanOrEqual(600_000);
  expect(Date.parse(reply.headers.get('date') ?? '')).toBe(bankTime);
});

test('wire: other services of the standard answer 405, foreign paths are nobody’s', async () => {
  const bench = await startBench();
  const later = await bench.call('bca', 'transfer-va/status', {});
  expect(later.json['responseCode']).toBe('4052600');
  const elsewhere = await bench.call('bca', '/openapi/v2.0/transfer-intrabank', {});
  expect(elsewhere.json['responseCode']).toBe('4050000');
  expect(bench.simulator.handles('/openapi/v1.0/anything')).toBe(true);
  expect(bench.simulator.handles('/api/oauth/token')).toBe(false);
  expect((await bench.send('/api/oauth/token', {}, '')).status).toBe(404);
});

test('wire: only listed addresses may call where a list is kept', async () => {
  const bench = await startBench();
  await bench.manage('PUT', 'partners/bca', { allowedIps: ['203.0.113.7'] });
  const { json } = await bench.requestToken('bca');
  expect(json).toEqual({
    responseCode: '4017300',
    responseMessage: 'Unauthorized. [Connection not allowed]',
  });
});

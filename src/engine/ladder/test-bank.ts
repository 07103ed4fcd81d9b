import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Connector } from '#connectors/contract.ts';
import { defineConnector } from '#connectors/contract.ts';
import { parsePlainDate, parseInstant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { bodyText } from '#core/http.ts';
import { parseMoney } from '#core/money.ts';

/** A small bank of our own for the tests of the ladder: a token, then signed questions. */
const Config = z.object({
  clientId: z.string().regex(/^[A-Z0-9]{8}$/),
  clientSecret: z.string().min(12),
});
type Config = z.infer<typeof Config>;

const TokenWire = z.object({ accessToken: z.string() });
const BalanceWire = z.object({ amount: z.string(), currency: z.string() });
const EntriesWire = z.object({ entries: z.array(z.unknown()) });

const codes: Readonly<
  Record<number, 'bank.unauthorised' | 'bank.notAllowed' | 'bank.maintenance'>
> = { 401: 'bank.unauthorised', 403: 'bank.notAllowed', 503: 'bank.maintenance' };

export const testBank: Connector = defineConnector<Config>({
  id: 'testbank',
  displayName: 'Test Bank',
  documentation: 'https://bank.example/docs',
  traits: {
    country: 'ID',
    zone: 'Asia/Jakarta',
    baseUrls: { sandbox: 'https://sandbox.bank.example', production: 'https://api.bank.example' },
    clockToleranceMs: 60_000,
    timeoutMs: 2_000,
    tlsMin: 'TLSv1.2',
    callBudget: { perMinute: 60 },
    poll: {
      intervalSeconds: 300,
      historyDaysMax: 30,
      windowDaysMax: 7,
      granularity: 'day',
      overlapMinutes: 30,
      settleMinutes: 0,
    },
    maintenance: [],
    hasUniqueEntryKey: true,
    hasRunningBalance: false,
    push: undefined,
  },
  config: Config,
  fields: [
    {
      name: 'clientId',
      isSecret: false,
      kind: 'text',
      isRequired: true,
      hint: 'Client ID of the portal',
      pattern: /^[A-Z0-9]{8}$/,
    },
    {
      name: 'clientSecret',
      isSecret: true,
      kind: 'text',
      isRequired: true,
      hint: 'Client secret of the portal',
    },
  ],
  identifiersOf: ({ number }) => [`account:${number}`],
  formatExternalId: (_now, sequence) => String(sequence).padStart(8, '0'),
  session: {
    service: 'token',
    renewEarlySeconds: 30,
    request: ({ config }) => ({
      method: 'POST',
      path: '/token',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: config.clientId, secret: config.clientSecret }),
    }),
    parse: (response) => ({
      token: TokenWire.parse(JSON.parse(bodyText(response.body))).accessToken,
      expiresAt: parseInstant('2099-01-01T00:00:00Z'),
    }),
  },
  sign: (request, { config, token, externalId }) => ({
    ...request,
    headers: {
      ...request.headers,
      authorization: `Bearer ${token ?? ''}`,
      'x-external-id': externalId,
      'x-signature': createHmac('sha512', config.clientSecret).update(request.path).digest('hex'),
    },
  }),
  judge: (response) => {
    const code = codes[response.status];
    if (code) return new CashbellError(code, { message: bodyText(response.body) });
    return response.status < 300 ? undefined : new CashbellError('bank.badRequest');
  },
  exchanges: {
    fetchBalances: {
      service: 'balance',
      request: ({ number }) => ({ method: 'GET', path: `/balance/${number}`, headers: {} }),
      parse: (response) => {
        const { amount, currency } = BalanceWire.parse(JSON.parse(bodyText(response.body)));
        const asOf = parseInstant('2026-11-23T00:00:00Z');
        return [{ type: 'interimBooked', amount: parseMoney(amount, currency), asOf }];
      },
    },
    fetchStatement: {
      service: 'statement',
      request: ({ account }) => ({
        method: 'GET',
        path: `/statement/${account.number}`,
        headers: {},
      }),
      parse: (response) => {
        EntriesWire.parse(JSON.parse(bodyText(response.body)));
        return { entries: [], balances: [] };
      },
    },
  },
  diagnose: (error, request) =>
    error.code === 'bank.unauthorised' && request.path === '/token'
      ? [{ key: 'test.secretWrong', details: { field: 'clientSecret' } }]
      : [],
  factsAsOf: parsePlainDate('2026-11-23'),
});

/** How the fake bank misbehaves in one test. */
export interface BankFaults {
  /** The secret that the bank believes to be right. */
  readonly secret?: string;
  readonly clockOffsetMs?: number;
  readonly status?: number;
  /** Only the signed questions get the status. */
  readonly isStatusForData?: boolean;
  readonly body?: string;
  readonly currency?: string;
}

export interface FakeBank {
  readonly baseUrl: string;
  readonly paths: readonly string[];
  close(): Promise<void>;
}

/** Starts the bank on a free port of this machine. */
export async function startFakeBank(faults: BankFaults = {}): Promise<FakeBank> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    answer(request, response, faults);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { baseUrl: `http://127.0.0.1:${portOf(server)}`, paths, close: () => closeServer(server) };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function answer(request: IncomingMessage, response: ServerResponse, faults: BankFaults): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.setHeader('date', new Date(Date.now() + (faults.clockOffsetMs ?? 0)).toUTCString());
    const [status, body] = decide(request, Buffer.concat(chunks).toString(), faults);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body);
  });
}

const RIGHT_SECRET = 'right-secret-0123456789';

function decide(request: IncomingMessage, body: string, faults: BankFaults): [number, string] {
  const path = request.url ?? '';
  const secret = faults.secret ?? RIGHT_SECRET;
  if (path === '/token') {
    if (faults.status !== undefined && faults.isStatusForData !== true) {
      return [faults.status, faults.body ?? '{}'];
    }
    if (!body.includes(JSON.stringify(secret))) return [401, `{"secret":"${RIGHT_SECRET}"}`];
    return [200, '{"accessToken":"token-abcdef-123456","tokenType":"Bearer"}'];
  }
  if (faults.status !== undefined) return [faults.status, faults.body ?? '{}'];
  const expected = createHmac('sha512', secret).update(path).digest('hex');
  if (request.headers['x-signature'] !== expected) return [401, '{}'];
  if (path.startsWith('/statement')) return [200, '{"entries":[]}'];
  return [200, JSON.stringify({ amount: '1250000.00', currency: faults.currency ?? 'IDR' })];
}

export const rightValues = { clientId: 'CLIENT01', clientSecret: RIGHT_SECRET };

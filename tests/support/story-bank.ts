import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Connector, InboundReplies, RefusalReason } from '../../src/connectors/contract.ts';
import { defineConnector } from '../../src/connectors/contract.ts';
import { parseInstant, parsePlainDate } from '../../src/core/dates.ts';
import { CashbellError } from '../../src/core/errors.ts';
import type { HttpReply } from '../../src/core/http.ts';
import { bodyText } from '../../src/core/http.ts';
import { parseMoney } from '../../src/core/money.ts';
import type { EntryReport } from '../../src/core/statements.ts';

/**
 * A bank of our own for the tests of the engine and the flows: plain JSON, an HMAC over the body, a
 * token, and statement lines with or without a key. It shows what the engine does with any bank.
 */
const Config = z.object({ clientId: z.string(), clientSecret: z.string().min(12) });
type Config = z.infer<typeof Config>;

export const storyValues = { clientId: 'CLIENT01', clientSecret: 'story-secret-0123456789' };

const LineWire = z.object({
  account: z.string().default('1001'),
  key: z.string().optional(),
  amount: z.string(),
  currency: z.string().default('IDR'),
  side: z.enum(['credit', 'debit']).default('credit'),
  status: z.enum(['pending', 'booked']).default('booked'),
  reversed: z.boolean().optional(),
  day: z.string().default('2026-11-23'),
  bookedAt: z.string().optional(),
  text: z.string().default(''),
  evidence: z.array(z.string()).default([]),
  balanceAfter: z.string().optional(),
});
/** One movement as this bank writes it; everything but the amount may be left out. */
export type StoryLine = z.input<typeof LineWire>;

const MessageWire = z.object({
  id: z.string(),
  movements: z.array(LineWire),
  balances: z
    .array(z.object({ account: z.string(), amount: z.string(), at: z.string() }))
    .default([]),
});
const StatementWire = z.object({ lines: z.array(LineWire), next: z.string().optional() });
const TokenWire = z.object({ token: z.string(), expiresAt: z.string() });

/** A line as the connector reports it. */
export function storyReport(line: StoryLine): EntryReport {
  const parsed = LineWire.parse(line);
  return {
    creditDebitIndicator: parsed.side,
    amount: parseMoney(parsed.amount, parsed.currency),
    status: parsed.status,
    bookingDate: parsePlainDate(parsed.day),
    remittanceInformation: parsed.text,
    evidence: parsed.evidence,
    ...(parsed.reversed === undefined ? {} : { isReversed: parsed.reversed }),
    ...(parsed.key === undefined ? {} : { uniqueKey: parsed.key }),
    ...(parsed.bookedAt === undefined ? {} : { bookedAt: parseInstant(parsed.bookedAt) }),
    ...(parsed.balanceAfter === undefined
      ? {}
      : { balanceAfter: parseMoney(parsed.balanceAfter, parsed.currency) }),
  };
}

const reply = (status: number, code: string): HttpReply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ story: code }),
});
const replies: InboundReplies = {
  accepted: reply(200, 'accepted'),
  repeated: reply(200, 'accepted again'),
  nonceReused: reply(409, 'nonce reused'),
  accountUnknown: reply(404, 'account unknown'),
  unavailable: reply(503, 'unavailable'),
};

export function signStory(body: string, secret: string = storyValues.clientSecret): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

export const storyBank: Connector = defineConnector<Config>({
  id: 'storybank',
  displayName: 'Story Bank',
  documentation: 'https://bank.example/docs',
  traits: {
    country: 'ID',
    zone: 'Asia/Jakarta',
    baseUrls: { sandbox: 'https://sandbox.bank.example', production: 'https://api.bank.example' },
    clockToleranceMs: 60_000,
    timeoutMs: 2_000,
    tlsMin: 'TLSv1.2',
    callBudget: { perMinute: 600 },
    poll: {
      intervalSeconds: 300,
      historyDaysMax: 30,
      windowDaysMax: 7,
      granularity: 'day',
      overlapMinutes: 30,
      settleMinutes: 0,
    },
    maintenance: [],
    hasUniqueEntryKey: false,
    hasRunningBalance: true,
    push: { covers: 'everything', repeats: true },
  },
  config: Config,
  fields: [
    { name: 'clientId', isSecret: false, kind: 'text', isRequired: true, hint: 'Client ID' },
    { name: 'clientSecret', isSecret: true, kind: 'text', isRequired: true, hint: 'Secret' },
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
    parse: (response) => {
      const { token, expiresAt } = TokenWire.parse(JSON.parse(bodyText(response.body)));
      return { token, expiresAt: parseInstant(expiresAt) };
    },
  },
  sign: (request, { config, token, externalId }) => ({
    ...request,
    headers: {
      ...request.headers,
      authorization: `Bearer ${token ?? ''}`,
      'x-external-id': externalId,
      'x-signature': signStory(request.path, config.clientSecret),
    },
  }),
  judge: (response) => {
    if (response.status < 300) return undefined;
    const words = bodyText(response.body);
    if (response.status === 401) return new CashbellError('bank.tokenInvalid', { words });
    if (response.status === 429) return new CashbellError('bank.throttled', { waitSeconds: 7 });
    if (response.status >= 500) return new CashbellError('bank.unavailable', { words });
    return new CashbellError('bank.badRequest', { words });
  },
  exchanges: {
    fetchStatement: {
      service: 'statement',
      request: ({ account, cursor }) => ({
        method: 'GET',
        path: `/statement/${account.number}${cursor === undefined ? '' : `?cursor=${cursor}`}`,
        headers: {},
      }),
      parse: (response) => {
        const { lines, next } = StatementWire.parse(JSON.parse(bodyText(response.body)));
        return {
          entries: lines.map(storyReport),
          balances: [],
          ...(next === undefined ? {} : { nextCursor: next }),
        };
      },
    },
  },
  inbound: {
    receive: (call, { config, isIssuedToken }) => {
      const body = bodyText(call.body);
      const refused = (reason: RefusalReason) => ({
        kind: 'refused' as const,
        reason,
        details: { path: call.subpath },
        reply: reply(401, reason),
      });
      if (call.subpath === '/token') {
        return {
          kind: 'tokenRequested',
          lifetimeSeconds: 900,
          reply: (token) => reply(200, token),
        };
      }
      if (call.headers['x-signature'] !== signStory(body, config.clientSecret)) {
        return refused('inbound.signatureInvalid');
      }
      const token = call.headers['authorization'];
      if (token !== undefined && !isIssuedToken(token)) return refused('inbound.tokenInvalid');
      return {
        kind: 'accepted',
        verifiedBy: 'hmac-sha256 hex',
        nonce: call.headers['x-nonce'] ?? '',
        messageKey: call.headers['x-message'] ?? '',
        accountIdentifiers: [`account:${call.headers['x-account'] ?? '1001'}`],
        replies,
        ...(call.headers['x-learned'] === undefined
          ? {}
          : { learned: { dialect: call.headers['x-learned'] } }),
      };
    },
    refuse: (reason) => reply(400, reason),
    parse: ({ body }) => {
      const message = MessageWire.parse(JSON.parse(bodyText(body)));
      return {
        movements: message.movements.map((line) => ({
          accountIdentifiers: [`account:${line.account ?? '1001'}`],
          entry: storyReport(line),
        })),
        balances: message.balances.map(({ account, amount, at }) => ({
          accountIdentifiers: [`account:${account}`],
          balance: {
            type: 'interimBooked',
            amount: parseMoney(amount, 'IDR'),
            asOf: parseInstant(at),
          },
        })),
      };
    },
  },
  factsAsOf: parsePlainDate('2026-11-23'),
});

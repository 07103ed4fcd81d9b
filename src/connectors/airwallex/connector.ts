import { addMs, formatWithOffset, parseInstant, parsePlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { parseCurrency } from '#core/money.ts';
import type { StatementPage } from '#core/statements.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import { defineConnector, type StatementQuery } from '../contract.ts';
import { readAnswer } from '../reading.ts';
import {
  type AirwallexConfig,
  AirwallexConfigSchema,
  airwallexFields,
  secretsOf,
} from './config.ts';
import { diagnoseAirwallex } from './diagnose.ts';
import { CLOCK_TOLERANCE_MS, parseWebhook, receiveWebhook, refuseWebhook } from './inbound.ts';
import { judgeAirwallex, toBalances, toEntry, ZONE } from './mapping.ts';
import { airwallexPayments } from './transfers.ts';
import { BalancesWire, LoginWire, TransactionsWire } from './wire.ts';

const PAGE_SIZE = 100;
const PAGE_LAST = 2000;

/** Airwallex, section B2: one account per wallet, known by its currency. */
export const airwallex = defineConnector<AirwallexConfig>({
  id: 'airwallex',
  displayName: 'Airwallex',
  documentation: 'https://www.airwallex.com/docs/api',
  factsAsOf: parsePlainDate('2025-06-30'),
  traits: {
    country: 'HK',
    zone: ZONE,
    baseUrls: {
      sandbox: 'https://api.sandbox.airwallex.com',
      production: 'https://api.airwallex.com',
    },
    clockToleranceMs: CLOCK_TOLERANCE_MS,
    timeoutMs: 30_000,
    tlsMin: 'TLSv1.2',
    callBudget: { perMinute: 60 },
    poll: {
      intervalSeconds: 300,
      historyDaysMax: 365,
      windowDaysMax: 31,
      granularity: 'instant',
      // A transaction is listed by its creation and settles later (ask 45).
      overlapMinutes: 4320,
      settleMinutes: 0,
    },
    maintenance: [],
    hasUniqueEntryKey: true,
    hasRunningBalance: false,
    push: { covers: 'deposits and transfers', repeats: true },
  },
  config: AirwallexConfigSchema,
  fields: airwallexFields,
  identifiersOf: (account) => [`wallet:${account.currency}`, `account:${account.number}`],
  formatExternalId: (now, sequence) => `${now.epochMilliseconds}-${sequence}`,
  session: {
    service: 'authentication/login',
    request: ({ config }) => ({
      method: 'POST',
      path: '/api/v1/authentication/login',
      headers: {
        'Content-Type': 'application/json',
        'x-client-id': config.clientId,
        'x-api-key': config.apiKey,
        'x-api-version': config.apiVersion,
      },
      body: '{}',
    }),
    parse: (response) => {
      const { token, expires_at } = readAnswer(LoginWire, response);
      return { token, expiresAt: parseInstant(expires_at) };
    },
    renewEarlySeconds: 120,
  },
  sign: (request, { config, token = '' }) => ({
    ...request,
    headers: {
      ...request.headers,
      Authorization: `Bearer ${token}`,
      'x-api-version': config.apiVersion,
      ...(config.onBehalfOf === undefined ? {} : { 'x-on-behalf-of': config.onBehalfOf }),
    },
  }),
  judge: (response, { config }) => judgeAirwallex(response, secretsOf(config)),
  exchanges: {
    fetchBalances: {
      service: 'balances/current',
      request: () => toGet('/api/v1/balances/current', {}),
      parse: (response, account, { now }) =>
        toBalances(readAnswer(BalancesWire, response), account.currency, now),
    },
    fetchStatement: {
      service: 'financial_transactions',
      request: (query) => toGet('/api/v1/financial_transactions', toTransactionQuery(query)),
      parse: parseTransactions,
    },
    fetchAccounts: {
      service: 'balances/current',
      request: () => toGet('/api/v1/balances/current', {}),
      parse: (response) =>
        readAnswer(BalancesWire, response).map(({ currency }) => ({
          number: currency,
          currency: parseCurrency(currency),
          name: `Airwallex ${currency}`,
        })),
    },
  },
  payments: airwallexPayments,
  inbound: {
    receive: receiveWebhook,
    refuse: (reason) => refuseWebhook(reason),
    parse: (message) => parseWebhook(message),
  },
  diagnose: diagnoseAirwallex,
});

function toGet(path: string, query: Readonly<Record<string, string>>): HttpRequest {
  const text = new URLSearchParams(query).toString();
  return { method: 'GET', path: text === '' ? path : `${path}?${text}`, headers: {} };
}

function toTransactionQuery(query: StatementQuery): Record<string, string> {
  return {
    currency: query.account.currency,
    from_created_at: formatWithOffset(query.from, 'UTC'),
    // The end is rounded up to the whole second that it lies in.
    to_created_at: formatWithOffset(addMs(query.to, 999), 'UTC'),
    page_num: query.cursor ?? '0',
    page_size: String(PAGE_SIZE),
  };
}

function parseTransactions(response: HttpResponse, query: StatementQuery): StatementPage {
  const wire = readAnswer(TransactionsWire, response);
  const entries = wire.items.map(toEntry);
  const foreign = entries.find((entry) => entry.amount.currency !== query.account.currency);
  if (foreign !== undefined) {
    throw new CashbellError('statement.currencyMismatch', {
      expected: query.account.currency,
      found: foreign.amount.currency,
    });
  }
  const next = Number(query.cursor ?? '0') + 1;
  if (!wire.has_more) return { entries, balances: [] };
  if (next > PAGE_LAST || entries.length === 0) {
    throw new CashbellError('connector.answerUnreadable', { what: 'pagingStandsStill' });
  }
  return { entries, balances: [], nextCursor: String(next) };
}

/**
 * What every connector must show, run over the catalogue. The bank's side comes from
 * `vectors/<connector>/conformance.json`, computed without our code.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInstant } from '#core/dates.ts';
import { errorCodes, isCashbellError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import type { EntryReport, StatementPage } from '#core/statements.ts';
import { describeInboundConformance } from './conformance-inbound.ts';
import {
  type Fixture,
  loadFixture,
  toContext,
  toPlain,
  toResponse,
} from './conformance-fixtures.ts';
import { describePaymentConformance } from './conformance-payments.ts';
import type { Connector, StatementQuery } from './contract.ts';
import { diagnosisKeys } from './diagnosis.ts';

/** Pages after which a bank that always says "more" must have been stopped. */
const PAGES_MAX = 3000;

export function describeConformance(connector: Connector): void {
  const fixture = loadFixture(connector.id);
  describe(`conformance of ${connector.id}`, () => {
    describeConfig(connector, fixture);
    describeRequests(connector, fixture);
    describeAnswers(connector, fixture);
    describePaging(connector, fixture);
    describeRefusals(connector, fixture);
    describeSecrecy(connector, fixture);
    describePaymentConformance(connector, fixture, secretsOf(connector, fixture));
    if (connector.inbound !== undefined) describeInboundConformance(connector, fixture);
  });
}

function describeConfig(connector: Connector, fixture: Fixture): void {
  test('required fields are those without which the configuration does not parse', () => {
    for (const field of connector.fields) {
      const { [field.name]: _left, ...rest } = fixture.config;
      const isParsed = connector.config.safeParse(rest).success;
      expect([field.name, isParsed]).toEqual([field.name, !field.isRequired]);
    }
  });

  test('every configured value is a declared field, and parsing twice changes nothing', () => {
    const names = connector.fields.map((field) => field.name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(fixture.config)));
    expect(names).toEqual(expect.arrayContaining(Object.keys(fixture.otherEnvironment)));
    const once = connector.config.parse(fixture.config);
    expect(connector.config.parse(once)).toEqual(once);
  });

  test('an empty optional field of a form counts as left out', () => {
    const optional = connector.fields.filter(
      (field) => !field.isRequired && field.kind !== 'choice',
    );
    const empty = Object.fromEntries(optional.map((field) => [field.name, '']));
    const required = connector.fields.filter((field) => field.isRequired);
    const values = Object.fromEntries(required.map(({ name }) => [name, fixture.config[name]]));
    expect(connector.config.parse({ ...values, ...empty })).toEqual(connector.config.parse(values));
  });

  test('a private key and whatever is called a secret is declared secret', () => {
    for (const { name, kind, isSecret } of connector.fields) {
      const sounds = /secret|apiKey|password/i.test(name) || kind === 'pemPrivateKey';
      expect([name, isSecret || !sounds]).toEqual([name, true]);
    }
  });

  test('request ids are printable, short and different', () => {
    const now = parseInstant(fixture.now);
    const ids = [0, 1, 2, 99_999].map((sequence) => connector.formatExternalId(now, sequence));
    for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]{1,36}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
}

function describeRequests(connector: Connector, fixture: Fixture): void {
  test('each capability has a fixture, and each fixture a capability', () => {
    for (const name of ['fetchBalances', 'fetchStatement', 'fetchAccounts'] as const) {
      const pair = [connector.exchanges[name] !== undefined, fixture[name] !== undefined];
      expect([name, ...pair]).toEqual([name, pair[0], pair[0]]);
    }
    expect(connector.session === undefined).toBe(fixture.session === undefined);
    expect(connector.inbound === undefined).toBe(fixture.inbound === undefined);
  });

  test('a request is signed as the bank computes it, and the same every time', () => {
    const context = toContext(connector, fixture, { now: fixture.signed.now });
    const exchange = connector.exchanges.fetchBalances;
    const request = exchange?.request(fixture.account, context);
    if (request === undefined) throw new Error('no fetchBalances');
    const signed = connector.sign(request, context);
    expect(signed.headers).toEqual(fixture.signed.headers);
    expect(signed.path).toBe(fixture.signed.path);
    expect(signed.body).toBe(fixture.signed.body);
    expect(connector.sign(request, context)).toEqual(signed);
    const { now: _now, ...later } = toContext(connector, fixture, { now: fixture.signed.now });
    const moved = { ...later, now: parseInstant('2025-07-01T00:00:00Z') };
    expect(exchange?.request(fixture.account, moved)).toEqual(request);
  });

  test('a session request is the same every time and carries no secret but where it belongs', () => {
    const context = toContext(connector, fixture);
    const request = connector.session?.request(context);
    expect(connector.session?.request(context)).toEqual(request);
    expect(request?.path.startsWith('/')).toBe(true);
    for (const secret of secretsOf(connector, fixture)) expect(request?.path).not.toContain(secret);
  });
}

function describeAnswers(connector: Connector, fixture: Fixture): void {
  const context = toContext(connector, fixture);

  test('session: the answer reads as a token with its end', () => {
    const { session } = fixture;
    if (session === undefined) return;
    const response = toResponse(session.response);
    expect(connector.judge(response, context)).toBe(undefined);
    expect(toPlain(connector.session?.parse(response, context))).toEqual(session.expected);
  });

  test('fetchBalances: the answer reads as what it says', () => {
    const { fetchBalances } = fixture;
    if (fetchBalances === undefined) return;
    const response = toResponse(fetchBalances.response);
    expect(connector.judge(response, context)).toBe(undefined);
    const read = connector.exchanges.fetchBalances?.parse(response, fixture.account, context);
    expect(toPlain(read)).toEqual(
      fetchBalances.expected.map((one) => expect.objectContaining(one)),
    );
  });

  test('fetchAccounts: the answer reads as what it says', () => {
    const { fetchAccounts } = fixture;
    if (fetchAccounts === undefined) return;
    const response = toResponse(fetchAccounts.response);
    expect(connector.judge(response, context)).toBe(undefined);
    const read = connector.exchanges.fetchAccounts?.parse(response, undefined, context);
    expect(toPlain(read)).toEqual(fetchAccounts.expected);
  });
}

function describePaging(connector: Connector, fixture: Fixture): void {
  const { fetchStatement } = fixture;
  const exchange = connector.exchanges.fetchStatement;
  if (fetchStatement === undefined || exchange === undefined) return;
  const context = toContext(connector, fixture);
  const question = (cursor: string | undefined): StatementQuery => ({
    account: fixture.account,
    from: parseInstant(fetchStatement.from),
    to: parseInstant(fetchStatement.to),
    ...(cursor === undefined ? {} : { cursor }),
  });

  test('fetchStatement: each page is asked for and reads as what it says; the last ends it', () => {
    let cursor: string | undefined;
    for (const [index, page] of fetchStatement.pages.entries()) {
      const request = exchange.request(question(cursor), context);
      if (page.request !== undefined) expect(JSON.parse(request.body ?? '')).toEqual(page.request);
      if (page.path !== undefined) expect(request.path).toBe(page.path);
      const response = toResponse(page.response);
      expect(connector.judge(response, context)).toBe(undefined);
      const read = exchange.parse(response, question(cursor), context);
      expect(toPlain(read.entries)).toEqual(
        page.expected.entries.map((one) => expect.objectContaining(one)),
      );
      if (page.expected.balances !== undefined) {
        const balances = page.expected.balances.map((one) => expect.objectContaining(one));
        expect(toPlain(read.balances)).toEqual(balances);
      }
      for (const entry of read.entries) checkEntry(connector, entry);
      cursor = read.nextCursor;
      expect(cursor === undefined).toBe(index === fetchStatement.pages.length - 1);
    }
  });

  test('fetchStatement: a bank that always says "more" is stopped, not asked for ever', () => {
    const [first] = fetchStatement.pages;
    if (first === undefined) return;
    let cursor: string | undefined;
    let pages = 0;
    const next = (): StatementPage =>
      exchange.parse(toResponse(first.response), question(cursor), context);
    try {
      do {
        cursor = next().nextCursor;
        pages += 1;
      } while (cursor !== undefined && pages < PAGES_MAX);
    } catch (error) {
      expect(isCashbellError(error, 'connector.answerUnreadable')).toBe(true);
    }
    expect(pages).toBeLessThan(PAGES_MAX);
  });

  test('fetchStatement: an entry of another currency is refused, not shown as ours', () => {
    const [first] = fetchStatement.pages;
    if (first === undefined) return;
    const other = { ...question(undefined), account: { ...fixture.account, currency: 'EUR' } };
    const parse = () => exchange.parse(toResponse(first.response), other, context);
    expect(parse).toThrow(/statement\.currencyMismatch/);
  });
}

function checkEntry(connector: Connector, entry: EntryReport): void {
  expect(entry.amount.amountMinorUnits).toBeGreaterThanOrEqual(0n);
  for (const text of entry.evidence) expect(text.length).toBeGreaterThanOrEqual(6);
  expect(entry.uniqueKey === undefined || /^[a-z]+:\S/.test(entry.uniqueKey)).toBe(true);
  expect(entry.uniqueKey === undefined || connector.traits.hasUniqueEntryKey).toBe(true);
}

function describeRefusals(connector: Connector, fixture: Fixture): void {
  const context = toContext(connector, fixture);

  test.each(fixture.refusals)('judge: $response.status $response.body is $code', (one) => {
    expect(connector.judge(toResponse(one.response), context)?.code).toBe(one.code);
    expect(Object.keys(errorCodes)).toContain(one.code);
  });

  test('judge: every status and any body has an outcome, and none throws', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), AnyBody, (status, text) => {
        const response = { status, headers: {}, body: new TextEncoder().encode(text) };
        const error = connector.judge(response, context);
        if (status >= 300) expect(error).toBeDefined();
      }),
    );
  });

  test('parse: garbage is refused with our own error', () => {
    fc.assert(
      fc.property(AnyBody, (text) => {
        const response = toResponse({ status: 200, headers: {}, body: text });
        for (const read of readersOf(connector, fixture)) {
          try {
            read(response);
          } catch (error) {
            expect(isCashbellError(error)).toBe(true);
          }
        }
      }),
    );
  });

  test('diagnose: every refusal has a cause, and every cause a sentence', () => {
    for (const { response } of fixture.refusals) {
      for (const cause of diagnose(connector, fixture, toResponse(response))) {
        expect(diagnosisKeys).toContain(cause.key);
      }
    }
  });
}

const AnyBody = fc.oneof(
  fc.string(),
  fc.json(),
  fc.constantFrom('', '[]', '{}', 'null', '{"responseCode":2001400}', '{"responseCode":"0000000"}'),
);

function readersOf(connector: Connector, fixture: Fixture) {
  const context = toContext(connector, fixture);
  const { account } = fixture;
  const now = parseInstant(fixture.now);
  const query = { account, from: now, to: now };
  return [
    (response: HttpResponse) => connector.session?.parse(response, context),
    (response: HttpResponse) =>
      connector.exchanges.fetchBalances?.parse(response, account, context),
    (response: HttpResponse) => connector.exchanges.fetchStatement?.parse(response, query, context),
    (response: HttpResponse) =>
      connector.exchanges.fetchAccounts?.parse(response, undefined, context),
  ];
}

function diagnose(connector: Connector, fixture: Fixture, response: HttpResponse) {
  const context = toContext(connector, fixture);
  const error = connector.judge(response, context);
  const request = connector.exchanges.fetchBalances?.request(fixture.account, context);
  if (error === undefined || request === undefined) return [];
  const signed = connector.sign(request, context);
  const causes = connector.diagnose?.(error, signed, response, context) ?? [];
  expect(causes.length).toBeGreaterThan(0);
  return causes;
}

/** Secrets and, for keys, each of their lines. */
function secretsOf(connector: Connector, fixture: Fixture): string[] {
  return connector.fields
    .filter((field) => field.isSecret)
    .flatMap((field) => (fixture.config[field.name] ?? '').split('\n'))
    .filter((line) => line.length >= 8 && !line.startsWith('-----'));
}

function describeSecrecy(connector: Connector, fixture: Fixture): void {
  const secrets = secretsOf(connector, fixture);

  test('secrets are in no error and no diagnosis, even when a bank repeats them', () => {
    expect(secrets.length).toBeGreaterThan(0);
    const messages = Object.values(fixture.config).map((value) => value.slice(0, 400));
    const bodies = messages.flatMap((text) => [
      JSON.stringify({ responseCode: '4011100', responseMessage: `bad key ${text}` }),
      JSON.stringify({ responseCode: text, responseMessage: text, code: text, message: text }),
      JSON.stringify({ [text]: text, accessToken: { [text]: text }, token: [text], items: text }),
      text,
    ]);
    const told: unknown[] = [];
    for (const body of bodies) {
      for (const status of [200, 400, 401, 403, 404, 429, 500, 503]) {
        const response = toResponse({ status, headers: {}, body });
        const error = connector.judge(response, toContext(connector, fixture));
        told.push(describeError(error), diagnose(connector, fixture, response));
        for (const read of readersOf(connector, fixture)) told.push(tryRead(read, response));
      }
    }
    const text = JSON.stringify(told).toLowerCase();
    for (const secret of secrets) expect(text).not.toContain(secret.toLowerCase());
  });

  test('secrets are in no diagnosis of a damaged value', () => {
    const told = connector.fields.map((field) => {
      const value = `${fixture.config[field.name] ?? 'x'} \u200b`;
      const config = { ...fixture.config, [field.name]: value };
      // Where the schema itself refuses the value, nothing was ever stored or sent.
      if (!connector.config.safeParse(config).success) return undefined;
      const context = toContext(connector, fixture, { config });
      const [refusal] = fixture.refusals;
      const response = toResponse(refusal?.response ?? { status: 401, headers: {}, body: '' });
      const error = connector.judge(response, context);
      const request = { method: 'POST' as const, path: '/', headers: {} };
      return error && connector.diagnose?.(error, request, response, context);
    });
    const text = JSON.stringify(told).toLowerCase();
    expect(text).toContain('secret.');
    for (const secret of secrets) expect(text).not.toContain(secret.toLowerCase());
  });
}

function tryRead(read: (response: HttpResponse) => unknown, response: HttpResponse): unknown {
  try {
    read(response);
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const details = isCashbellError(error) ? error.details : {};
  return [error.message, details, error.stack, String(error.cause)];
}

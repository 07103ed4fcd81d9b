import { z } from 'zod';
import { parseInstant } from '#core/dates.ts';
import type { HttpResponse, InboundCall } from '#core/http.ts';
import type { Connector, InboundContext, SignedContext } from './contract.ts';
import { loadJson, loadVectors, toPrivatePem } from './test-vectors.ts';

/** What `vectors/<connector>/conformance.json` holds: the bank's side, made without our code. */
export const ResponseSchema = z.strictObject({
  status: z.number(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});
const Entry = z.record(z.string(), z.unknown());
const Page = z.strictObject({
  request: z.record(z.string(), z.unknown()).optional(),
  path: z.string().optional(),
  response: ResponseSchema,
  expected: z.strictObject({ entries: z.array(Entry), balances: z.array(Entry).optional() }),
});
const Refused = z.strictObject({
  kind: z.literal('refused'),
  reason: z.string(),
  replyCode: z.string().optional(),
  status: z.number().optional(),
});
const Accepted = z.strictObject({
  kind: z.literal('accepted'),
  status: z.number().optional(),
  replyCode: z.string().optional(),
  repeatedCode: z.string().optional(),
  nonceReusedCode: z.string().optional(),
  nonce: z.string().optional(),
  messageKey: z.string(),
  accountIdentifiers: z.array(z.string()),
  dialect: z.string().optional(),
  movements: z.array(Entry),
  /** What the call says of transfers that we sent. */
  transfers: z.array(Entry).optional(),
  /** The same money is in the statement of this file; the two reports must be linkable. */
  links: z.literal('statement').optional(),
});
const TokenRequested = z.strictObject({ kind: z.literal('tokenRequested'), replyCode: z.string() });
const Inbound = z.strictObject({
  title: z.string(),
  target: z.string(),
  subpath: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  expected: z.discriminatedUnion('kind', [Refused, Accepted, TokenRequested]),
});

export const FixtureSchema = z.strictObject({
  title: z.string().min(1),
  source: z.string().min(1),
  now: z.string(),
  account: z.strictObject({ number: z.string(), currency: z.string() }),
  config: z.record(z.string(), z.string()),
  token: z.string(),
  externalId: z.string(),
  signed: z.strictObject({
    exchange: z.literal('fetchBalances'),
    now: z.string(),
    path: z.string(),
    body: z.string().optional(),
    headers: z.record(z.string(), z.string()),
  }),
  session: z
    .strictObject({
      response: ResponseSchema,
      expected: z.strictObject({ token: z.string(), expiresAt: z.string() }),
    })
    .optional(),
  fetchBalances: z.strictObject({ response: ResponseSchema, expected: z.array(Entry) }).optional(),
  fetchStatement: z
    .strictObject({ from: z.string(), to: z.string(), pages: z.array(Page).min(1) })
    .optional(),
  fetchAccounts: z.strictObject({ response: ResponseSchema, expected: z.array(Entry) }).optional(),
  refusals: z.array(z.strictObject({ response: ResponseSchema, code: z.string() })).min(1),
  issuedToken: z.string(),
  /** Configuration that makes the accepted calls those of the other environment. */
  otherEnvironment: z.record(z.string(), z.string()),
  inbound: z.array(Inbound).optional(),
});

export type Fixture = z.infer<typeof FixtureSchema>;
export type InboundCase = z.infer<typeof Inbound>;

/** Loads a connector's fixture; the private key of V1 is put where `@V1` stands. */
export function loadFixture(id: string): Fixture {
  const fixture = FixtureSchema.parse(loadJson(`${id}/conformance.json`));
  const config = Object.fromEntries(
    Object.entries(fixture.config).map(([name, value]) => [name, value === '@V1' ? v1() : value]),
  );
  return { ...fixture, config };
}

function v1(): string {
  const [vector] = loadVectors(
    'snap/v1-token-signature.json',
    z.looseObject({ privateKeyPkcs8Der: z.array(z.string()) }),
    z.unknown(),
  );
  return toPrivatePem(vector?.input.privateKeyPkcs8Der ?? []);
}

export function toResponse({
  status,
  headers,
  body,
}: z.infer<typeof ResponseSchema>): HttpResponse {
  return { status, headers, body: new TextEncoder().encode(body) };
}

export function toCall(one: InboundCase): InboundCall {
  const { target, subpath, headers, body } = one;
  const bytes = new TextEncoder().encode(body);
  return { method: 'POST', target, subpath, headers, body: bytes, remoteAddress: '127.0.0.1' };
}

/** Context of a question, with the fixture's clock unless told otherwise. */
export function toContext(
  connector: Connector,
  fixture: Fixture,
  changed: { readonly now?: string; readonly config?: Record<string, string> } = {},
): SignedContext<unknown> {
  return {
    config: connector.config.parse({ ...fixture.config, ...changed.config }),
    environment: 'sandbox',
    now: parseInstant(changed.now ?? fixture.now),
    basePath: '',
    token: fixture.token,
    externalId: fixture.externalId,
  };
}

/** Context of a call to us; only the fixture's token was issued. */
export function toInboundContext(
  connector: Connector,
  fixture: Fixture,
  changed: Partial<InboundContext<unknown>> = {},
): InboundContext<unknown> {
  return {
    ...toContext(connector, fixture),
    isIssuedToken: (token) => token === fixture.issuedToken,
    learned: {},
    ...changed,
  };
}

/** Entries and balances with money, moments and days as text, to compare with a fixture. */
export function toPlain(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if ('amountMinorUnits' in value && 'currency' in value) return toPlainMoney(value);
  if ('toJSON' in value && typeof value.toJSON === 'function') return value.toJSON();
  if (Array.isArray(value)) return value.map(toPlain);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, toPlain(part)]));
}

/** Two decimals: every fixture's currency has two. Deliberately not `formatDecimal`. */
function toPlainMoney(value: { amountMinorUnits: unknown; currency: unknown }): string {
  const units = String(value.amountMinorUnits);
  const sign = units.startsWith('-') ? '-' : '';
  const digits = units.replace('-', '').padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)} ${String(value.currency)}`;
}

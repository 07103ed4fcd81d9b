/** The part of the conformance kit about calls that a bank makes to us. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { addMs, parseInstant } from '#core/dates.ts';
import { errorCodes } from '#core/errors.ts';
import type { HttpReply, InboundCall } from '#core/http.ts';
import {
  type Fixture,
  type InboundCase,
  toCall,
  toContext,
  toInboundContext,
  toPlain,
  toResponse,
} from './conformance-fixtures.ts';
import type { Connector, InboundContext, InboundVerdict } from './contract.ts';

const Reply = z.looseObject({ responseCode: z.string().optional() });

export function describeInboundConformance(connector: Connector, fixture: Fixture): void {
  const cases = fixture.inbound ?? [];
  const genuine = cases.filter((one) => one.expected.kind !== 'refused');

  test.each(cases)('inbound: $title', (one) => {
    const verdict = receive(connector, toCall(one), toInboundContext(connector, fixture));
    checkVerdict(one, verdict);
    if (one.expected.kind === 'accepted') checkContent(connector, fixture, one);
  });

  test.each(genuine)('inbound: $title, without any one of its headers or with none', (one) => {
    const context = toInboundContext(connector, fixture);
    expectRefusal(receive(connector, { ...toCall(one), headers: {} }, context), 'headerMissing');
    for (const name of Object.keys(one.headers)) {
      if (['content-type', 'channel-id', 'authorization'].includes(name)) continue;
      const { [name]: _left, ...headers } = one.headers;
      const verdict = receive(connector, { ...toCall(one), headers }, context);
      expectRefusal(verdict, 'headerMissing');
    }
  });

  test.each(genuine)('inbound: $title, with a wrong signature', (one) => {
    const context = toInboundContext(connector, fixture);
    const right = one.headers['x-signature'] ?? '';
    const shape = right.length % 4 === 0 && /[^0-9a-f]/.test(right) ? 'A' : '0';
    for (const wrong of [
      flip(right),
      shape.repeat(right.length),
      right.slice(1),
      `${right}=`,
      'x',
    ]) {
      const headers = { ...one.headers, 'x-signature': wrong };
      const verdict = receive(connector, { ...toCall(one), headers }, context);
      expectRefusal(verdict, 'signatureInvalid');
    }
  });

  test.each(genuine)('inbound: $title, too old or from the future', (one) => {
    const edge = connector.traits.clockToleranceMs + 2_000;
    const now = parseInstant(fixture.now);
    const late = toInboundContext(connector, fixture, { now: addMs(now, edge) });
    const early = toInboundContext(connector, fixture, { now: addMs(now, -edge * 3) });
    expectRefusal(receive(connector, toCall(one), late), 'timestampStale');
    expectRefusal(receive(connector, toCall(one), early), 'timestampFuture');
  });

  test.each(genuine)('inbound: $title, with another time stamp than the signed one', (one) => {
    const stamp = one.headers['x-timestamp'] ?? '';
    const other = stamp.replace(/(\d)(?=(?::000|:00)?$|\+|$)/, (digit) =>
      digit === '7' ? '6' : '7',
    );
    const headers = { ...one.headers, 'x-timestamp': other };
    const context = toInboundContext(connector, fixture);
    expectRefusal(receive(connector, { ...toCall(one), headers }, context), 'signatureInvalid');
  });

  const messages = genuine.filter((one) => one.expected.kind === 'accepted');

  test.each(messages)('inbound: $title, with a changed body, path or method', (one) => {
    const context = toInboundContext(connector, fixture);
    const body = new TextEncoder().encode(
      one.body.replace(/\d(?=\D*$)/, (digit) => (digit === '1' ? '2' : '1')),
    );
    expectRefusal(receive(connector, { ...toCall(one), body }, context), 'signatureInvalid');
    const longer = new TextEncoder().encode(`${one.body}{}`);
    expectRefusal(
      receive(connector, { ...toCall(one), body: longer }, context),
      'signatureInvalid',
    );
    const got = receive(connector, { ...toCall(one), method: 'GET' }, context);
    expectRefusal(got, 'pathUnknown');
  });

  test.each(messages)('inbound: $title, of the other environment', (one) => {
    const config = toContext(connector, fixture, { config: fixture.otherEnvironment }).config;
    const context = toInboundContext(connector, fixture, { config });
    const partner = one.headers['x-partner-id'];
    // A case that carries another id than the fixture's names it itself.
    if (partner !== undefined && !Object.values(fixture.otherEnvironment).includes(partner)) return;
    expectRefusal(receive(connector, toCall(one), context), 'environmentMismatch');
  });

  test.each(messages)('inbound: $title, with a token that we did not issue', (one) => {
    if (one.headers.authorization === undefined) return;
    const context = toInboundContext(connector, fixture, { isIssuedToken: () => false });
    expectRefusal(receive(connector, toCall(one), context), 'tokenInvalid');
    const { authorization: _left, ...headers } = one.headers;
    const without = receive(connector, { ...toCall(one), headers }, context);
    expectRefusal(without, 'tokenInvalid');
  });

  test('inbound: garbage is refused and never throws', () => {
    const samples = cases.map(toCall);
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.dictionary(fc.constantFrom(...headerNames(cases)), fc.string()),
        fc.uint8Array(),
        fc.string(),
        (call, headers, body, subpath) => {
          const context = toInboundContext(connector, fixture);
          for (const garbage of [
            { ...call, headers },
            { ...call, headers: { ...call.headers, ...headers }, body },
            { ...call, subpath, target: subpath, method: subpath },
          ]) {
            expect(['refused', 'tokenRequested']).toContain(
              connector.inbound?.receive(garbage, context).kind ?? 'none',
            );
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('inbound: each reason has a refusal in the bank’s format', () => {
    const reasons = Object.keys(errorCodes).filter(isInboundReason);
    const now = parseInstant(fixture.now);
    for (const reason of reasons) {
      for (const { subpath } of cases) {
        const reply = connector.inbound?.refuse(reason, { subpath }, now);
        expect(reply?.status).toBeGreaterThanOrEqual(400);
        checkReply(reply);
      }
    }
  });
}

type Reason = Extract<keyof typeof errorCodes, `inbound.${string}`>;

function isInboundReason(code: string): code is Reason {
  return code.startsWith('inbound.');
}

function receive(
  connector: Connector,
  call: InboundCall,
  context: InboundContext<unknown>,
): InboundVerdict {
  const verdict = connector.inbound?.receive(call, context);
  if (verdict === undefined) throw new Error('no inbound');
  return verdict;
}

function expectRefusal(verdict: InboundVerdict, reason: string): void {
  expect(verdict).toMatchObject({ kind: 'refused', reason: `inbound.${reason}` });
  if (verdict.kind === 'refused') checkReply(verdict.reply);
}

/** A reply is JSON, and where it carries a response code, the status is its first three digits. */
function checkReply(reply: HttpReply | undefined): string | undefined {
  const { responseCode } = Reply.parse(JSON.parse(reply?.body ?? ''));
  if (responseCode !== undefined) {
    expect(responseCode).toMatch(/^\d{7}$/);
    expect(Number(responseCode.slice(0, 3))).toBe(reply?.status);
    expect(reply?.headers).toHaveProperty('X-TIMESTAMP');
  }
  return responseCode;
}

function checkVerdict(one: InboundCase, verdict: InboundVerdict): void {
  const { expected } = one;
  const told = verdict.kind === 'refused' ? JSON.stringify(verdict.details) : '';
  expect([verdict.kind, told]).toEqual([expected.kind, told]);
  if (expected.kind === 'refused' && verdict.kind === 'refused') {
    expect(verdict.reason).toBe(expected.reason);
    expect(checkReply(verdict.reply)).toBe(expected.replyCode);
    if (expected.status !== undefined) expect(verdict.reply.status).toBe(expected.status);
  }
  if (expected.kind === 'tokenRequested' && verdict.kind === 'tokenRequested') {
    const reply = verdict.reply('a-new-token');
    expect(checkReply(reply)).toBe(expected.replyCode);
    expect(JSON.parse(reply.body)).toMatchObject({ accessToken: 'a-new-token' });
    expect(verdict.lifetimeSeconds).toBeGreaterThan(0);
  }
  if (expected.kind === 'accepted' && verdict.kind === 'accepted') {
    expect(verdict.messageKey).toBe(expected.messageKey);
    expect(verdict.accountIdentifiers).toEqual(expected.accountIdentifiers);
    if (expected.nonce !== undefined) expect(verdict.nonce).toBe(expected.nonce);
    if (expected.status !== undefined)
      expect(verdict.replies.accepted.status).toBe(expected.status);
    expect(verdict.learned?.inboundDialect).toBe(expected.dialect);
    expect(checkReply(verdict.replies.accepted)).toBe(expected.replyCode);
    expect(checkReply(verdict.replies.repeated)).toBe(expected.repeatedCode);
    expect(checkReply(verdict.replies.nonceReused)).toBe(expected.nonceReusedCode);
    expect(checkReply(verdict.replies.accountUnknown)?.slice(0, 3) ?? '404').toBe('404');
    expect(verdict.replies.unavailable.status).toBeGreaterThanOrEqual(500);
  }
}

function checkContent(connector: Connector, fixture: Fixture, one: InboundCase): void {
  if (one.expected.kind !== 'accepted') return;
  const { body } = toCall(one);
  const receivedAt = parseInstant(fixture.now);
  const message = { subpath: one.subpath, headers: one.headers, body, receivedAt };
  const content = connector.inbound?.parse(message, toContext(connector, fixture));
  expect(toPlain(content?.movements.map((movement) => movement.entry))).toEqual(
    one.expected.movements.map((entry) => expect.objectContaining(entry)),
  );
  for (const movement of content?.movements ?? []) {
    expect(movement.accountIdentifiers).toEqual(one.expected.accountIdentifiers);
    expect(movement.entry.amount.amountMinorUnits).toBeGreaterThan(0n);
  }
  expect(toPlain(content?.transfers)).toEqual(one.expected.transfers);
  for (const notice of content?.transfers ?? []) {
    expect(notice.endToEndId ?? notice.bankReference).toBeTruthy();
  }
  if (content?.movements.length === 0) expect(content.note).toBeTruthy();
  if (one.expected.links === 'statement') checkLink(connector, fixture, content?.movements[0]);
}

/** A push and the statement line of the same money: one key or one evidence in common, not more. */
function checkLink(
  connector: Connector,
  fixture: Fixture,
  pushed:
    | { readonly entry: { readonly evidence: readonly string[]; readonly uniqueKey?: string } }
    | undefined,
): void {
  const { fetchStatement, account } = fixture;
  if (fetchStatement === undefined) return;
  const query = {
    account,
    from: parseInstant(fetchStatement.from),
    to: parseInstant(fetchStatement.to),
  };
  const [page] = fetchStatement.pages;
  const response = toResponse(page?.response ?? { status: 0, headers: {}, body: '' });
  const context = toContext(connector, fixture);
  const lines = connector.exchanges.fetchStatement?.parse(response, query, context).entries ?? [];
  const linked = lines.filter(
    (line) =>
      (line.uniqueKey !== undefined && line.uniqueKey === pushed?.entry.uniqueKey) ||
      line.evidence.some((text) => pushed?.entry.evidence.includes(text)),
  );
  expect(linked).toHaveLength(1);
}

function headerNames(cases: readonly InboundCase[]): string[] {
  return [...new Set(cases.flatMap((one) => Object.keys(one.headers)))];
}

function flip(signature: string): string {
  const first = signature.startsWith('1') ? '2' : '1';
  return `${first}${signature.slice(1)}`;
}

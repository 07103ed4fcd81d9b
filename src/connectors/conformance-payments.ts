/** The part of the conformance kit about paying. Whatever is not certain must be unknown. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addMs } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { TransferInstruction, TransferReport } from '#core/payments.ts';
import { type Fixture, toContext, toPlain, toResponse } from './conformance-fixtures.ts';
import {
  loadPaymentFixture,
  type PaymentAnswer,
  type PaymentFixture,
  toCreditorQuestion,
  toInstruction,
  toTransferQuestion,
} from './conformance-payment-fixtures.ts';
import type { Connector, PaymentCapability, SignedContext } from './contract.ts';

interface Subject {
  readonly payments: PaymentCapability<unknown>;
  readonly connector: Connector;
  readonly fixture: PaymentFixture;
  readonly context: SignedContext<unknown>;
  readonly secrets: readonly string[];
}

export function describePaymentConformance(
  connector: Connector,
  general: Fixture,
  secrets: readonly string[],
): void {
  const { payments } = connector;
  if (payments === undefined) return;
  const fixture = loadPaymentFixture(connector.id);
  const context = toContext(connector, general);
  const subject = { payments, connector, fixture, context, secrets };
  describe('paying', () => {
    describeTraits(subject);
    describeTransfers(subject);
    describeDoubt(subject);
    describeInquiries(subject);
    describeNames(subject);
    describeChecks(subject);
  });
}

function describeTraits({ payments, fixture }: Subject): void {
  test('rails: each has a transfer that shows it, and no transfer is of another', () => {
    const shown = fixture.transfers.map(({ change }) => toInstruction(fixture, change).rail);
    const offered = payments.rails.map(({ rail }) => rail);
    expect([...new Set(shown)].toSorted()).toEqual(offered.toSorted());
    expect(new Set(offered).size).toBe(offered.length);
    for (const rail of payments.rails) expect(rail.finalWithinMs).toBeGreaterThan(0);
  });

  test('inquiry: declared and present, or neither; nothing is believed absent at once', () => {
    const { inquiry, fetchTransfer } = payments;
    expect(fetchTransfer !== undefined).toBe(inquiry.kind === 'byReference');
    expect(fixture.inquiries.length > 0).toBe(inquiry.kind === 'byReference');
    if (inquiry.kind === 'byReference') {
      expect(inquiry.visibilityMs).toBeGreaterThanOrEqual(900_000);
      expect(inquiry.retentionDays).toBeGreaterThan(0);
    }
    expect(fixture.names.length > 0).toBe(payments.fetchCreditorName !== undefined);
  });
}

/** What the request carries, as the bank will read it. */
function expectRequest(
  request: HttpRequest | undefined,
  expected: { readonly method: string; readonly path: string; readonly body?: unknown },
): void {
  expect([request?.method, request?.path]).toEqual([expected.method, expected.path]);
  const body: unknown = request?.body === undefined ? undefined : JSON.parse(request.body);
  expect(body).toEqual(expected.body);
}

/** Every text and number of a body, members' names left out. */
function valuesIn(body: unknown): string[] {
  if (typeof body !== 'object' || body === null) return [String(body)];
  return Object.values(body).flatMap(valuesIn);
}

function describeTransfers({ payments, connector, fixture, context, secrets }: Subject): void {
  const { initiateTransfer } = payments;

  test.each(fixture.transfers)('request: $title', (one) => {
    const instruction = toInstruction(fixture, one.change);
    expect(payments.checkInstruction(instruction, context.config)).toEqual([]);
    const request = initiateTransfer.request(instruction, context);
    expectRequest(request, one);
    expect(initiateTransfer.serviceOf(instruction)).toBe(one.service);
    for (const secret of secrets) expect(request.body).not.toContain(secret);
    expect(connector.sign(request, context).body).toBe(request.body);
  });

  test.each(fixture.transfers)('request: $title, sent again under the same reference', (one) => {
    const instruction = toInstruction(fixture, one.change);
    const first = initiateTransfer.request(instruction, context);
    expect(initiateTransfer.request(instruction, context)).toEqual(first);
    const later = { ...context, now: addMs(context.now, 86_400_000), externalId: '99' };
    const values = valuesIn(JSON.parse(initiateTransfer.request(instruction, later).body ?? ''));
    expect(values).toContain(instruction.endToEndId);
  });

  test.each(fixture.transfers)('request: $title, any amount and reference survive', (one) => {
    const base = toInstruction(fixture, one.change);
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 14n }),
        fc.stringMatching(/^\d{20}$/),
        fc.string(),
        (units, endToEndId, remittanceInformation) => {
          const instructedAmount = { ...base.instructedAmount, amountMinorUnits: units };
          const changed = { ...base, instructedAmount, endToEndId, remittanceInformation };
          const { body = '' } = initiateTransfer.request(changed, context);
          const values = valuesIn(JSON.parse(body));
          const digits = String(units).padStart(3, '0');
          expect(values).toContain(`${digits.slice(0, -2)}.${digits.slice(-2)}`);
          expect(values).toContain(endToEndId);
          expect(values).toContain(base.creditor.account);
          expect(body).toMatch(/^[\x20-\x7e]*$/);
        },
      ),
      { numRuns: 50 },
    );
  });

  for (const one of fixture.transfers) {
    test.each(one.answers)(`answer: ${one.title}: $title`, (answer) => {
      const instruction = toInstruction(fixture, one.change);
      expectAnswer(() => readTransfer(payments, answer, instruction, context), answer);
    });
  }
}

/** Judge and parse as the engine calls them; an error of either is what became of the transfer. */
function readTransfer(
  { initiateTransfer }: PaymentCapability<unknown>,
  answer: { readonly response: PaymentAnswer['response'] },
  instruction: TransferInstruction,
  context: SignedContext<unknown>,
): TransferReport {
  const response = toResponse(answer.response);
  const error = initiateTransfer.judge(response, context);
  if (error !== undefined) throw error;
  return initiateTransfer.parse(response, instruction, context);
}

function expectAnswer(read: () => unknown, { expected, code }: PaymentAnswer): void {
  expect((expected === undefined) !== (code === undefined)).toBe(true);
  if (code === undefined) expect(toPlain(read())).toEqual(expected);
  else expect(errorOf(read)?.code).toBe(code);
}

function errorOf(read: () => unknown): CashbellError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof CashbellError) return error;
    throw error;
  }
}

function describeDoubt({ payments, fixture, context, secrets }: Subject): void {
  const [first] = fixture.transfers;
  const instruction = toInstruction(fixture, first?.change ?? {});
  const statuses = [100, 200, 201, 202, 204, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504];
  const outcomeOf = (status: number, body: string) => {
    const answer = { response: { status, headers: {}, body } };
    return errorOf(() => readTransfer(payments, answer, instruction, context));
  };

  test('doubt: an answer that is not the bank’s own leaves the outcome unknown', () => {
    const pages = ['', 'null', '[]', '{}', '<html>Service Unavailable</html>', '"ok"', '{"a":1}'];
    for (const status of statuses) {
      for (const page of pages) {
        expect([status, page, outcomeOf(status, page)?.disposition]).toEqual([
          status,
          page,
          'unknown',
        ]);
      }
    }
  });

  test('doubt: a word of the bank that nobody listed leaves the outcome unknown', () => {
    for (const status of [400, 404, 409, 422, 429, 500, 503]) {
      const body = JSON.stringify({
        responseCode: `${status}1799`,
        responseMessage: 'New',
        code: 'a_word_of_tomorrow',
        message: 'New',
      });
      expect([status, outcomeOf(status, body)?.disposition]).toEqual([status, 'unknown']);
    }
  });

  test('doubt: any body under any status has an outcome, and none throws anything else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.json(), (status, body) => {
        expect(outcomeOf(status, body)?.disposition).toBe('unknown');
      }),
    );
  });

  test('doubt: no error repeats a secret', () => {
    const told = secrets.flatMap((secret) =>
      statuses.map((status) => {
        const texts = { responseCode: '4011700', responseMessage: secret, code: secret };
        const error = outcomeOf(status, JSON.stringify({ ...texts, message: secret }));
        return [error?.message, error?.details];
      }),
    );
    for (const secret of secrets) expect(JSON.stringify(told)).not.toContain(secret);
  });
}

function describeInquiries({ payments, connector, fixture, context }: Subject): void {
  const { fetchTransfer } = payments;
  if (fetchTransfer === undefined) return;
  for (const one of fixture.inquiries) {
    const question = toTransferQuestion(fixture, one);

    test(`inquiry: ${one.title}`, () => {
      const request = fetchTransfer.request(question, context);
      expectRequest(request, one);
      const later = { ...context, now: addMs(context.now, 86_400_000) };
      expect(fetchTransfer.request(question, later)).toEqual(request);
      expect(connector.sign(request, context).body).toBe(request.body);
    });

    test.each(one.answers)(`inquiry: ${one.title}: $title`, (answer) => {
      expectAnswer(() => {
        const response = toResponse(answer.response);
        const error = fetchTransfer.judge(response, context);
        if (error !== undefined) throw error;
        return fetchTransfer.parse(response, question, context);
      }, answer);
    });

    test(`inquiry: ${one.title}: nothing but the bank’s own word is "not found"`, () => {
      for (const status of [200, 400, 404, 500, 503]) {
        for (const body of ['', '<html>404 Not Found</html>', '{}', '{"status":404}']) {
          const response = toResponse({ status, headers: {}, body });
          const read = () => {
            const error = fetchTransfer.judge(response, context);
            if (error !== undefined) throw error;
            return fetchTransfer.parse(response, question, context);
          };
          expect([status, body, errorOf(read) === undefined]).toEqual([status, body, false]);
        }
      }
    });
  }
}

function describeNames({ payments, fixture, context }: Subject): void {
  const { fetchCreditorName } = payments;
  if (fetchCreditorName === undefined) return;
  for (const one of fixture.names) {
    const question = toCreditorQuestion(fixture, one);

    test(`name: ${one.title}`, () => {
      expect(fetchCreditorName.isSupported(question)).toBe(true);
      expectRequest(fetchCreditorName.request(question, context), one);
    });

    test.each(one.answers)(`name: ${one.title}: $title`, ({ response, name, code }) => {
      const read = () => readName(fetchCreditorName, toResponse(response), question, context);
      if (code === undefined) expect(read() ?? null).toBe(name);
      else expect(errorOf(read)?.code).toBe(code);
    });
  }
}

function readName(
  exchange: NonNullable<PaymentCapability<unknown>['fetchCreditorName']>,
  response: HttpResponse,
  question: Parameters<typeof exchange.parse>[1],
  context: SignedContext<unknown>,
): string | undefined {
  const error = exchange.judge(response, context);
  if (error !== undefined) throw error;
  return exchange.parse(response, question, context);
}

function describeChecks({ payments, fixture, context }: Subject): void {
  test.each(fixture.refused)('check: $field is named, and nothing is built: $change', (one) => {
    const instruction = toInstruction(fixture, one.change);
    const problems = payments.checkInstruction(instruction, context.config);
    expect(problems.map(({ field }) => field)).toContain(one.field);
    for (const { problem } of problems) expect(problem).toMatch(/^[A-Z].*[.?]$/);
    const build = () => payments.initiateTransfer.request(instruction, context);
    expect(errorOf(build)?.code).toBe('payment.invalid');
  });
}

import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseMoney } from '#core/money.ts';
import { bca } from '../bca/connector.ts';
import { loadVectors } from '../test-vectors.ts';
import {
  demandPayments,
  SENT_AT,
  toAnswer,
  toInstruction,
  toPaymentContext,
} from './payment-fixtures.ts';

const payments = demandPayments(bca);
const context = toPaymentContext();

const Vector = z.looseObject({
  service: z.string(),
  instruction: z.looseObject({
    rail: z.enum(['intrabank', 'instant']),
    endToEndId: z.string(),
    remittanceInformation: z.string(),
    purpose: z.literal('rent'),
    creditor: z.object({ account: z.string(), agent: z.string().optional() }),
  }),
  response: z.unknown(),
});
const Expected = z.looseObject({ request: z.unknown(), report: z.unknown() });

for (const { title, input, expected } of loadVectors('snap/transfers.json', Vector, Expected)) {
  const { creditor, ...rest } = input.instruction;
  const { agent, account } = creditor;
  const instruction = toInstruction({
    ...rest,
    creditor: { account, ...(agent === undefined ? {} : { agent }) },
  });

  test(`a transfer body is the one of the reference: ${title}`, () => {
    const { body } = payments.initiateTransfer.request(instruction, context);
    expect(body).toBe(JSON.stringify(expected.request));
    expect(payments.initiateTransfer.serviceOf(instruction)).toContain(input.service);
  });

  test(`an answer to a transfer reads as done: ${title}`, () => {
    const response = toAnswer(input.response);
    expect(payments.initiateTransfer.judge(response, context)).toBe(undefined);
    expect(payments.initiateTransfer.parse(response, instruction, context)).toMatchObject({
      ...z.record(z.string(), z.unknown()).parse(expected.report),
      amount: instruction.instructedAmount,
    });
  });
}

test('a status inquiry repeats reference, request id, service and day of the transfer', () => {
  const instruction = toInstruction({
    rail: 'instant',
    endToEndId: '20250630000000000018',
    creditor: { account: '888801000157508', agent: '002' },
  });
  const question = { instruction, externalId: context.externalId, sentAt: SENT_AT };
  const request = payments.fetchTransfer?.request(question, context);
  expect(request?.path).toBe('/openapi/v1.0/transfer/status');
  expect(JSON.parse(request?.body ?? '')).toEqual({
    originalPartnerReferenceNo: '20250630000000000018',
    originalExternalId: '20250630101530000000000000000018',
    serviceCode: '18',
    transactionDate: '2025-06-30T00:00:00+07:00',
  });
});

test('a status inquiry that finds nothing is an answer, not an error', () => {
  const question = { instruction: toInstruction(), externalId: '1', sentAt: SENT_AT };
  const response = toAnswer({ responseCode: '4043601', responseMessage: 'Not Found' }, 404);
  expect(payments.fetchTransfer?.judge(response, context)).toBe(undefined);
  expect(payments.fetchTransfer?.parse(response, question, context)).toEqual({
    status: 'notFound',
  });
});

test('an answer about another amount is unknown, never success', () => {
  const instruction = toInstruction({ instructedAmount: parseMoney('10000.01', 'IDR') });
  const response = toAnswer({
    responseCode: '2001700',
    amount: { value: '10000.00', currency: 'IDR' },
  });
  expect(() => payments.initiateTransfer.parse(response, instruction, context)).toThrow(
    /bank\.outcomeUnknown.*what=amount/,
  );
});

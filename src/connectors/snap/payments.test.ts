import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseMoney } from '#core/money.ts';
import { paymentPurposes } from '#core/payments.ts';
import { bca } from '../bca/connector.ts';
import { bri } from '../bri/connector.ts';
import { loadFixture } from '../conformance-fixtures.ts';
import { endToEndIdOf } from '../reading.ts';
import { loadVectors } from '../test-vectors.ts';
import { isSameAgent, toAgentCode } from './bank-codes.ts';
import { SnapConfigSchema } from './config.ts';
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

const bodyOf = (changed: Parameters<typeof toInstruction>[0]): Record<string, unknown> => {
  const { body = '' } = payments.initiateTransfer.request(toInstruction(changed), context);
  return z.record(z.string(), z.unknown()).parse(JSON.parse(body));
};

test('a narrative keeps our reference and gives up what does not fit or is not allowed', () => {
  const remark = (text: string) => bodyOf({ remittanceInformation: text }).remark;
  expect(remark('')).toBe('20250630000000000017');
  expect(remark('  a/b_c  ')).toBe('20250630000000000017 a b c');
  expect(remark('Über Straße')).toBe('20250630000000000017 Uber Stra e');
  expect(remark('x'.repeat(200))).toBe(`20250630000000000017 ${'x'.repeat(15)}`);
  expect(remark('支付 𝟙')).toBe('20250630000000000017 1');
});

test('our reference fills the first field of the narrative and is found again', () => {
  const endToEndId = '202506300000000017';
  const { remark } = bodyOf({ endToEndId, remittanceInformation: '42 crates, 2025' });
  const text = String(remark);
  for (const narrative of [text, `${text.slice(0, 18)}  ${text.slice(18)}`, `DB ${text} BUDI`]) {
    expect(endToEndIdOf(narrative)).toEqual({ endToEndId });
  }
});

test.each(paymentPurposes)('BI-FAST gets a purpose code for %s', (purpose) => {
  const creditor = { account: '888801000157508', agent: '002' };
  const { additionalInfo } = bodyOf({ rail: 'instant', purpose, creditor });
  expect(additionalInfo).toEqual({
    transferType: '2',
    purposeCode: expect.stringMatching(/^(02|03|99)$/),
  });
});

test('paths follow the connection: a full path of its own first, then its prefix', () => {
  const pathWith = (config: Record<string, string>, changed = {}) => {
    const parsed = bca.config.parse({ ...loadFixture('bca').config, ...config });
    const other = { ...context, config: SnapConfigSchema.parse(parsed) };
    return payments.initiateTransfer.request(toInstruction(changed), other).path;
  };
  expect(pathWith({})).toBe('/openapi/v1.0/transfer-intrabank');
  expect(pathWith({ pathPrefix: '/corp' })).toBe('/corp/v1.0/transfer-intrabank');
  expect(pathWith({ transferPaths: 'status=/s,intrabank=/own/path' })).toBe('/own/path');
  expect(bca.config.safeParse({ ...loadFixture('bca').config, transferPaths: 'x' }).success).toBe(
    false,
  );
});

test('BRI keeps the prefixes of its own services when the connection changes the common one', () => {
  const parsed = SnapConfigSchema.parse({ ...loadFixture('bri').config, pathPrefix: '/corp' });
  const other = { ...context, config: parsed };
  const debtorAccount = { number: '111231271284142', currency: 'IDR' };
  const agent = 'CENAIDJA';
  const creditor = { kind: 'organisation', isResident: true } as const;
  const path = (rail: 'intrabank' | 'clearing') =>
    demandPayments(bri).initiateTransfer.request(
      toInstruction({
        rail,
        debtorAccount,
        creditor: {
          ...creditor,
          account: '888801000157508',
          ...(rail === 'clearing' ? { agent } : {}),
        },
      }),
      other,
    ).path;
  expect(path('intrabank')).toBe('/intrabank/snap/v1.0/transfer-intrabank');
  expect(path('clearing')).toBe('/corp/v1.0/transfer-sknbi');
});

test.each([
  ['CENAIDJA', 'national', '014'],
  ['CENAIDJAXXX', 'swift', 'CENAIDJA'],
  ['cenaidja', 'swiftOrNational', 'CENAIDJA'],
  ['014', 'swift', 'CENAIDJA'],
  ['014', 'swiftOrNational', 'CENAIDJA'],
  ['999', 'swiftOrNational', '999'],
  ['999', 'national', '999'],
  ['999', 'swift', undefined],
  ['ABCDIDJA', 'national', undefined],
  ['ABCDIDJA', 'swift', 'ABCDIDJA'],
  ['HSBCHKHH', 'swift', undefined],
  ['14', 'national', undefined],
] as const)('bank %s as %s is %s', (agent, form, expected) => {
  expect(toAgentCode(agent, form)).toBe(expected);
});

test('two names of one bank are one bank', () => {
  expect(isSameAgent('014', 'CENAIDJAXXX')).toBe(true);
  expect(isSameAgent('014', 'BRINIDJA')).toBe(false);
  expect(isSameAgent('Bank', 'Bank')).toBe(true);
});

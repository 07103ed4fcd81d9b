import { expect, test } from 'vitest';
import { parseInstant } from '#core/dates.ts';
import { loadFixture, toContext, toResponse } from '../conformance-fixtures.ts';
import { loadPaymentFixture, toInstruction } from '../conformance-payment-fixtures.ts';
import { airwallex } from './connector.ts';
import { transferStatusTable } from './transfer-answers.ts';
import { airwallexPayments as payments } from './transfers.ts';

const context = {
  ...toContext(airwallex, loadFixture('airwallex')),
  config: airwallex.config.parse(loadFixture('airwallex').config),
};
const fixture = loadPaymentFixture('airwallex');
const instruction = toInstruction(fixture, {});
const question = {
  instruction,
  externalId: '1',
  sentAt: parseInstant('2025-06-30T03:15:30Z'),
  bankReference: 'tra_test_0001',
};

function answer(status: number, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return toResponse({ status, headers: {}, body: text });
}

test('cancelling names the transfer, and an empty object means that it is cancelled', () => {
  const { cancelTransfer } = payments;
  const request = cancelTransfer?.request(question, context);
  expect([request?.method, request?.path]).toEqual([
    'POST',
    '/api/v1/transfers/tra_test_0001/cancel',
  ]);
  expect(cancelTransfer?.parse(answer(200, {}), question, context)).toEqual({
    status: 'cancelled',
    bankReference: 'tra_test_0001',
  });
});

test('cancelling a transfer whose id was never learnt is refused, not guessed', () => {
  const { bankReference: _left, ...rest } = question;
  expect(() => payments.cancelTransfer?.request(rest, context)).toThrow(/payment\.notSupported/);
});

test('cancelling that answers with a transfer says where that stands', () => {
  const wire = { id: 'tra_test_0001', request_id: instruction.endToEndId, status: 'SENT' };
  const report = payments.cancelTransfer?.parse(answer(200, wire), question, context);
  expect(report).toMatchObject({ status: 'accepted', bankCode: 'SENT' });
  const other = { ...wire, request_id: '99' };
  expect(() => payments.cancelTransfer?.parse(answer(200, other), question, context)).toThrow(
    /bank\.outcomeUnknown/,
  );
});

test('an answer to a cancellation that nobody can read is no cancellation', () => {
  for (const body of ['', '<html></html>', '[]', '"ok"', { id: 'x' }]) {
    expect(() => payments.cancelTransfer?.parse(answer(200, body), question, context)).toThrow(
      /answerUnreadable|outcomeUnknown/,
    );
  }
});

test('a dry run asks with the body of the transfer and names what is refused', () => {
  const { validateTransfer, initiateTransfer } = payments;
  const request = validateTransfer?.request(instruction, context);
  expect(request?.path).toBe('/api/v1/transfers/validate');
  expect(request?.body).toBe(initiateTransfer.request(instruction, context).body);
  const refused = answer(400, {
    code: 'validation_failed',
    message: 'See errors.',
    errors: [{ source: 'beneficiary.address.city', code: '001', message: 'This is mandatory.' }],
  });
  expect(validateTransfer?.judge(refused, context)).toBe(undefined);
  expect(validateTransfer?.parse(refused, instruction, context)).toEqual([
    { field: 'beneficiary.address.city', problem: 'This is mandatory.' },
  ]);
  expect(validateTransfer?.parse(answer(200, {}), instruction, context)).toEqual([]);
  expect(validateTransfer?.judge(answer(500, {}), context)?.code).toBe('bank.unavailable');
  expect(validateTransfer?.judge(answer(400, '<html></html>'), context)?.code).toBe(
    'bank.badRequest',
  );
});

test('no state but paid, failed and cancelled ends a transfer', () => {
  const ended = Object.entries(transferStatusTable)
    .filter(([, status]) => ['settled', 'rejected', 'cancelled', 'returned'].includes(status))
    .map(([word]) => word);
  expect(ended).toEqual(['PAID', 'FAILED', 'CANCELLED']);
});

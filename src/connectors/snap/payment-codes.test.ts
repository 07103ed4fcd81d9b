import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bca } from '../bca/connector.ts';
import { bni } from '../bni/connector.ts';
import { bri } from '../bri/connector.ts';
import { loadVectors } from '../test-vectors.ts';
import { transferCaseTable } from './payment-codes.ts';
import { demandPayments, toAnswer, toPaymentContext } from './payment-fixtures.ts';

const context = toPaymentContext();
const vectors = loadVectors(
  'snap/transfer-codes.json',
  z.object({ status: z.string(), case: z.string() }),
  z.enum(['success', 'notExecuted', 'unknown']),
);

/** Service codes that banks put in front, their own and others (A8.1). */
const services = ['17', '18', '22', '23', '36', '81'];

describe.each([bca, bri, bni])('answers of $id to a transfer', (connector) => {
  const { initiateTransfer } = demandPayments(connector);

  const outcomeOf = (code: string, httpStatus: number) => {
    const body = { responseCode: code, responseMessage: 'As told' };
    const error = initiateTransfer.judge(toAnswer(body, httpStatus), context);
    if (error === undefined) return 'success';
    return error.disposition === 'unknown' ? 'unknown' : 'notExecuted';
  };

  test.each(vectors)('$title means what the reference says, whatever service it names', (one) => {
    for (const service of services) {
      const code = `${one.input.status}${service}${one.input.case}`;
      expect([code, outcomeOf(code, Number(one.input.status))]).toEqual([code, one.expected]);
    }
  });

  test('a code that the reference does not list is unknown', () => {
    const listed = new Set(vectors.map(({ input }) => `${input.status}.${input.case}`));
    for (const status of ['200', '201', '400', '401', '403', '404', '405', '409', '429', '500']) {
      for (let number = 0; number < 100; number += 1) {
        const caseCode = String(number).padStart(2, '0');
        if (listed.has(`${status}.${caseCode}`)) continue;
        const code = `${status}17${caseCode}`;
        expect([code, outcomeOf(code, Number(status))]).toEqual([code, 'unknown']);
      }
    }
  });

  test('a status line that speaks of a fault makes every code unknown', () => {
    for (const { input } of vectors) {
      for (const status of [500, 502, 503, 504]) {
        expect(outcomeOf(`${input.status}17${input.case}`, status)).toBe('unknown');
      }
    }
  });

  test('success counts only under status 200', () => {
    for (const status of [201, 202, 204, 302, 400, 404, 409]) {
      expect([status, outcomeOf('2001700', status)]).toEqual([status, 'unknown']);
    }
  });

  test('a refusal under status 200 is a refusal: the response code decides', () => {
    expect(outcomeOf('4031714', 200)).toBe('notExecuted');
  });

  test('a token that the bank does not know is fetched anew, not given up', () => {
    for (const code of ['4011701', '4011703']) {
      const error = initiateTransfer.judge(toAnswer({ responseCode: code }, 401), context);
      expect(error?.code).toBe('bank.tokenInvalid');
    }
  });
});

test('the table of transfers lists nothing that the reference does not', () => {
  const known = new Set(vectors.map(({ input }) => `${input.status}.${input.case}`));
  expect(Object.keys(transferCaseTable).filter((code) => !known.has(code))).toEqual([]);
});

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseInstant } from '#core/dates.ts';
import { loadVectors } from '../test-vectors.ts';
import { toDeposit, toEntry } from './mapping.ts';
import { signWebhook, verifyWebhook } from './signature.ts';
import { DepositWire, TransactionWire } from './wire.ts';

const vectors = loadVectors(
  'airwallex/v12-webhook.json',
  z.object({ secret: z.string(), timestamp: z.string(), body: z.string() }),
  z.object({ signature: z.string() }),
);

test.each(vectors)('$title: signing and verifying, and nothing that was changed', (vector) => {
  const { secret, timestamp, body } = vector.input;
  const { signature } = vector.expected;
  const bytes = new TextEncoder().encode(body);
  expect(signWebhook(secret, timestamp, bytes).toString('hex')).toBe(signature);
  expect(verifyWebhook(secret, timestamp, bytes, signature)).toBe(true);
  expect(verifyWebhook(secret, timestamp, bytes, signature.toUpperCase())).toBe(true);
  const reserialised = new TextEncoder().encode(JSON.stringify(JSON.parse(body), undefined, 1));
  expect(verifyWebhook(secret, timestamp, reserialised, signature)).toBe(false);
  expect(verifyWebhook(secret, '1751253330251', bytes, signature)).toBe(false);
  expect(verifyWebhook(`${secret} `, timestamp, bytes, signature)).toBe(false);
  expect(verifyWebhook(secret, timestamp, bytes, signature.slice(2))).toBe(false);
  expect(verifyWebhook(secret, timestamp, bytes, `${signature.slice(0, 62)}zz`)).toBe(false);
});

describe('lines of a wallet', () => {
  const line = (changed: Record<string, unknown> = {}) =>
    toEntry(
      TransactionWire.parse({
        id: 'txn_000001',
        source_id: 'dep_000001',
        source_type: 'DEPOSIT',
        transaction_type: 'DEPOSIT',
        amount: '100.00',
        currency: 'HKD',
        status: 'SETTLED',
        created_at: '2025-06-30T17:00:00+0000',
        ...changed,
      }),
    );

  test.each([
    [{}, 'credit', 10_000n, 'source:dep_000001'],
    // A kept fee: what moves the balance counts.
    [{ net: '99.00' }, 'credit', 9_900n, 'source:dep_000001'],
    // Taken back as a line of its own: another key than the deposit.
    [{ amount: '-100.00' }, 'debit', 10_000n, 'transaction:txn_000001'],
    [
      { source_type: 'PAYOUT', transaction_type: 'PAYOUT', amount: '-1.50' },
      'debit',
      150n,
      'transaction:txn_000001',
    ],
    [{ source_id: undefined }, 'credit', 10_000n, 'transaction:txn_000001'],
  ])('%j', (changed, indicator, minorUnits, uniqueKey) => {
    const entry = line(changed);
    expect(entry.creditDebitIndicator).toBe(indicator);
    expect(entry.amount.amountMinorUnits).toBe(minorUnits);
    expect(entry.uniqueKey).toBe(uniqueKey);
  });

  test('the day is Hong Kong’s, not UTC’s', () => {
    expect(line().bookingDate.toString()).toBe('2025-07-01');
  });

  test('a state that is not in the table stops the page', () => {
    expect(line({ status: 'cancelled' })).toMatchObject({ status: 'pending', isReversed: true });
    expect(() => line({ status: 'HALF' })).toThrow(/statusUnknown/);
  });
});

test('a deposit tells its payer, whether a name or an object', () => {
  const received = parseInstant('2025-06-30T17:00:00Z');
  const deposit = (payer: unknown) =>
    toDeposit(
      DepositWire.parse({ id: 'dep_000001', amount: '0.10', currency: 'HKD', payer }),
      'deposit.settled',
      received,
    );
  expect(deposit('BUDI').counterparty).toEqual({ name: 'BUDI' });
  const details = { name: 'BUDI', bank_details: { account_number: '1', bank_name: 'HSBC' } };
  expect(deposit(details).counterparty).toEqual({ name: 'BUDI', account: '1', agent: 'HSBC' });
  expect(deposit(null).counterparty).toBe(undefined);
  expect(deposit(null).bookingDate.toString()).toBe('2025-07-01');
  expect(deposit(null).amount.amountMinorUnits).toBe(10n);
  expect(() =>
    toDeposit(DepositWire.parse({ id: 'd', amount: '1', currency: 'HKD' }), 'deposit.x', received),
  ).toThrow(/statusUnknown/);
});

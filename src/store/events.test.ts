import { expect, test } from 'vitest';
import { type Fact, subjectOf } from '#core/events.ts';
import { paymentStates } from '#core/payments.ts';
import {
  sampleOfPayment,
  samplePayment,
  specialPayments,
} from '../flows/notification/payment-samples.ts';
import {
  directions,
  entryStates,
  sampleAlert,
  sampleEntry,
} from '../flows/notification/render-samples.ts';
import { factFromJson, factToJson } from './events.ts';

const facts: readonly Fact[] = [
  ...paymentStates.map(samplePayment),
  ...Object.values(specialPayments),
  ...directions.flatMap((direction) => entryStates.map((state) => sampleEntry(direction, state))),
  sampleOfPayment('settlement'),
  sampleOfPayment('return'),
  sampleAlert('payments.stopped'),
];

test('events: a fact that was stored is read as it was', () => {
  for (const fact of facts) {
    const stored = JSON.parse(factToJson(fact));
    expect(factFromJson(stored)).toEqual(fact);
    // Amounts are text: a number would lose digits of large ones.
    expect(JSON.stringify(stored)).not.toMatch(/MinorUnits/);
  }
});

test('events: payments and movements name what they are about, alerts do not', () => {
  expect(subjectOf(samplePayment('settled'))).toEqual({
    subjectId: 'pay_01sample0000000000000000000',
    version: 2,
  });
  expect(subjectOf(sampleEntry('debit', 'booked'))).toMatchObject({ version: 1 });
  expect(subjectOf(sampleAlert('account.stale'))).toBeUndefined();
});

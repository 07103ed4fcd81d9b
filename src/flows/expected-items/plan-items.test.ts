import { describe, expect, test } from 'vitest';
import type { StatedItem } from '#store/item-stated.ts';
import { planItems, splitRepeats } from './plan-items.ts';
import type { StatedRow } from './plan-items.ts';
import { documentKeyOf } from './stated-item.ts';

function rowOf(row: number, more: Partial<StatedItem>): StatedRow {
  const stated: StatedItem = {
    kind: 'invoice',
    creditDebitIndicator: 'credit',
    currency: 'HKD',
    amount: '100.00',
    ...more,
  };
  return { row, stated, documentKey: documentKeyOf(stated) };
}

describe('rows of one document', () => {
  test('items: a row twice is a slip, another amount of the same document and day a contradiction', () => {
    const rows = [
      rowOf(2, { number: 'A' }),
      rowOf(3, { number: ' a ' }),
      rowOf(4, { number: 'A', amount: '99.00' }),
    ];
    const { good, problems } = splitRepeats(rows, 'No');
    expect(good.map(({ row }) => row)).toEqual([2]);
    expect(problems.map(({ row, code, values }) => [row, code, values['row']])).toEqual([
      // Written differently, it is another statement of the same document.
      [3, 'numberRepeated', '2'],
      [4, 'numberRepeated', '2'],
    ]);
  });

  test('items: instalments differ in their due day, and each is an item', () => {
    const rows = ['2026-12-01', '2027-01-01'].map((dueOn, index) =>
      rowOf(index + 2, { number: 'A', dueOn }),
    );
    const { good, problems } = splitRepeats(rows, 'No');
    expect(problems).toEqual([]);
    expect(planItems(good, []).inserts.map(({ sourceKey }) => sourceKey)).toEqual([
      'invoice:A@2026-12-01',
      'invoice:A@2027-01-01',
    ]);
  });

  test('items: two equal lines without a number stay two, and a third is one more', () => {
    const rows = [2, 3].map((row) => rowOf(row, { counterpartyName: 'Acme' }));
    expect(splitRepeats(rows, '').problems).toEqual([]);
    const keys = planItems(rows, []).inserts.map(({ sourceKey }) => sourceKey.split('#')[1]);
    expect(keys).toEqual(['1', '2']);
  });

  test('items: what is paid already is not expected', () => {
    const plan = planItems([rowOf(2, { number: 'A', open: '0.00' })], []);
    expect([plan.inserts, plan.known]).toEqual([[], [{ row: 2, itemId: undefined }]]);
  });

  test('items: a supplier’s number is a document only beside the supplier', () => {
    const bill = { kind: 'bill', creditDebitIndicator: 'debit', number: '7' } as const;
    const keys = ['Acme', 'ACME.', 'Other'].map(
      (counterpartyName) => rowOf(1, { ...bill, counterpartyName }).documentKey,
    );
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBe(keys[2]);
  });
});

import { expect, test } from 'vitest';
import type { EntryLine } from '#core/matches.ts';
import { isCreditorReference, keyFormsOf } from './key-forms.ts';
import { createKeyIndex } from './key-index.ts';
import { entry, item } from './match-cases.ts';

function found(numbers: readonly string[], line: Partial<EntryLine>, templates: string[] = []) {
  const items = numbers.map((number, place) => item(`i${place}`, '10.00', { number }));
  const index = createKeyIndex(items, templates);
  const keys = index.find(entry('e1', '10.00', line));
  return [...new Set(keys.flatMap((key) => index.keys[key]?.items ?? []))].toSorted(
    (left, right) => left - right,
  );
}

test('a number is found however somebody writes it', () => {
  const number = ['INV-2026-00042'];
  for (const text of [
    'INV-2026-00042',
    'inv 2026 00042',
    'PAYMENT INV202600042 THANKS',
    'INV/2026/42',
    'Inv.2O26.OOO42',
    '２０２６００４２ INV ２０２６-０００４２',
    'ref:INV-2026-00042/PT MAJU',
  ]) {
    expect(found(number, { text }), text).toEqual([0]);
  }
});

test('a number that is near, a year, a day or the amount itself is no key', () => {
  expect(found(['INV-2026-00042'], { text: 'INV-2026-00043' })).toEqual([]);
  expect(found(['2026'], { text: 'FOR 2026' })).toEqual([]);
  expect(found(['20260510'], { text: 'VALUE 20260510' })).toEqual([]);
  expect(found(['INV-1000'], { text: 'INV 11000' })).toEqual([]);
});

test('a short number is found where a template says where it stands', () => {
  expect(found(['42'], { text: 'PAY-42 MAJU' })).toEqual([]);
  expect(found(['42'], { text: 'PAY-42 MAJU' }, ['PAY-{number}'])).toEqual([0]);
});

test('a reference that both sides state as such needs no length', () => {
  expect(found(['A7'], { references: ['a-7'] })).toEqual([0]);
});

test('a creditor reference is known by its check digits', () => {
  expect(isCreditorReference('RF18539007547034')).toBe(true);
  expect(isCreditorReference('RF19539007547034')).toBe(false);
});

test('forms go from the fullest to the last part', () => {
  expect(keyFormsOf('INV-2026-00042')).toContain('INV202600042');
  expect(keyFormsOf('SINV-10577')).toContain('10577');
  expect(keyFormsOf('PO-12')).toEqual([]);
});

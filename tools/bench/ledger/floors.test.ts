import { expect, test } from 'vitest';
import { matchByAmountAndDate, matchByReference } from './floors.ts';
import type { Books, Row } from './make-books.ts';

const truth = { seed: 0, rows: 0, groups: [], sameBank: [], sameLedger: [], open: [] };

function line(id: string, date: string, more: Row = {}): Row {
  return { id, date, amount: '10.00', currency: 'USD', text: '', reference: '', ...more };
}

function item(id: string, due: string, more: Row = {}): Row {
  return { id, due_date: due, amount: '10.00', currency: 'USD', reference: '', ...more };
}

function books(bank: readonly Row[], ledger: readonly Row[]): Books {
  return { bank, ledger, truth };
}

test('of documents over the amount of a line the nearest is taken, and each only once', () => {
  const bank = [line('b1', '2026-05-10'), line('b2', '2026-05-11'), line('b3', '2026-05-12')];
  const ledger = [item('l1', '2026-04-01'), item('l2', '2026-05-09')];
  const { matches } = matchByAmountAndDate(books(bank, ledger));
  expect(matches.map((match) => [...match.bank, ...match.ledger])).toEqual([
    ['b1', 'l2'],
    ['b2', 'l1'],
  ]);
});

test('the same figures in another currency are another amount', () => {
  const ledger = [item('l1', '2026-05-10', { currency: 'HKD' })];
  expect(matchByAmountAndDate(books([line('b1', '2026-05-10')], ledger)).matches).toEqual([]);
});

test('a number is found letter for letter, in any column, several in one line', () => {
  const ledger = [
    item('l1', '', { reference: 'INV/2026/1' }),
    item('l2', '', { reference: 'INV/2026/2' }),
  ];
  const found = (text: string, reference = ''): (readonly string[])[] => {
    const bank = [line('b1', '', { text, reference })];
    return matchByReference(books(bank, ledger)).matches.map((match) => match.ledger);
  };
  expect(found('TRF INV/2026/1 PT X')).toEqual([['l1']]);
  expect(found('TRF', 'inv/2026/2')).toEqual([['l2']]);
  expect(found('INV/2026/1,INV/2026/2')).toEqual([['l1', 'l2']]);
  expect(found('INV20261')).toEqual([]);
});

import { describe, expect, test } from 'vitest';
import { matchByAmountAndDate } from './floors.ts';
import { makeBooks } from './make-books.ts';
import { scoreOutcome } from './score-outcome.ts';
import { caseKinds } from './shares.ts';
import type { TruthGroup } from './truth.ts';
import { toCsv } from './write-books.ts';

const books = makeBooks({ seed: 7, rows: 1_500 });
const bank = new Map(books.bank.map((row) => [row['id'] ?? '', row]));
const ledger = new Map(books.ledger.map((row) => [row['id'] ?? '', row]));

/** Thousandths, so that amounts of all currencies can be added. */
function thousandths(text: string | undefined): bigint {
  const [, sign = '', whole = '', part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text ?? '') ?? [];
  return BigInt(`${sign}${whole}${part.padEnd(3, '0')}`);
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((all, one) => all + one, 0n);

function residual(group: TruthGroup, id: string): bigint {
  return sum(
    group.residuals.filter((one) => one.bank === id).map(({ amount }) => thousandths(amount)),
  );
}

/** Where an id stands among all ids. */
const share = (id: string): number => Number.parseInt(id, 16) / 2 ** 32;

describe('made-up books', () => {
  test('the same seed makes the same books, another seed others', () => {
    expect(makeBooks({ seed: 7, rows: 1_500 })).toEqual(books);
    const other = makeBooks({ seed: 8, rows: 1_500 });
    expect(other.bank.some(({ id }) => bank.has(id ?? ''))).toBe(false);
  });

  test('there are as many lines of the bank as were asked for, and something of every kind', () => {
    expect(books.bank.length).toBeGreaterThanOrEqual(1_500);
    expect(books.bank.length).toBeLessThan(1_510);
    const kinds = new Set([...books.truth.groups, ...books.truth.open].map(({ kind }) => kind));
    expect([...caseKinds].filter((kind) => !kinds.has(kind))).toEqual([]);
  });

  test('every line belongs to one group or is open, and the truth names no other line', () => {
    const { groups, open } = books.truth;
    const told = groups.flatMap((group) => [...group.bank, ...group.ledger]);
    const all = [...told, ...open.map(({ id }) => id)];
    expect(all.toSorted()).toEqual([...bank.keys(), ...ledger.keys()].toSorted());
    const inLinks = groups.flatMap(({ allocations, pairs }) => [
      ...allocations.flatMap((each) => [each.bank, each.ledger]),
      ...pairs.flat(),
    ]);
    expect([...new Set(inLinks)].toSorted()).toEqual(told.toSorted());
  });

  test('a line of the bank is what it settles and what is left of it', () => {
    const settling = books.truth.groups.filter(({ allocations }) => allocations.length > 0);
    for (const group of settling.filter(({ kind }) => kind !== 'exchange')) {
      for (const id of group.bank) {
        const settled = group.allocations.filter((each) => each.bank === id);
        const amounts = settled.map(({ amount }) => thousandths(amount));
        expect(sum(amounts) + residual(group, id)).toBe(thousandths(bank.get(id)?.['amount']));
      }
    }
    expect(settling.some(({ residuals }) => residuals.length > 0)).toBe(true);
  });

  test('no document is settled beyond its amount', () => {
    for (const { allocations } of books.truth.groups) {
      for (const [id, parts] of Map.groupBy(allocations, (each) => each.ledger)) {
        const amount = thousandths(ledger.get(id)?.['amount']);
        const settled = sum(parts.map((part) => thousandths(part.amount)));
        expect(amount < 0n ? settled >= amount : settled <= amount, id).toBe(true);
      }
    }
  });

  test('two lines of one side cancel each other, but for what a bank took or exchanged', () => {
    // Fees between own accounts in one currency are rare: it takes many lines to see some.
    const many = makeBooks({ seed: 7, rows: 8_000 });
    const rows = new Map([...many.bank, ...many.ledger].map((row) => [row['id'], row]));
    let fees = 0;
    for (const group of many.truth.groups) {
      for (const [one, other] of group.pairs) {
        const [first, second] = [rows.get(one), rows.get(other)];
        const amounts = [thousandths(first?.['amount']), thousandths(second?.['amount'])];
        expect(amounts.toSorted((left, right) => (left < right ? -1 : 1))[0]).toBeLessThan(0n);
        if (first?.['currency'] !== second?.['currency']) continue;
        expect(sum(amounts)).toBe(residual(group, other));
        if (sum(amounts) !== 0n) fees += 1;
      }
    }
    expect(fees).toBeGreaterThan(0);
  });

  test('the files say nothing of the truth', () => {
    expect(Object.keys(books.bank[0] ?? {})).toEqual([
      'id',
      'account',
      'date',
      'amount',
      'currency',
      'text',
      'counterparty',
      'reference',
    ]);
    const text = toCsv(books.bank) + toCsv(books.ledger);
    const names = caseKinds.filter((kind) => /[A-Z]/.test(kind));
    expect(names.filter((kind) => text.includes(kind))).toEqual([]);
    // An id stands where it is the id of its line and nowhere else.
    for (const id of [...bank.keys(), ...ledger.keys()]) {
      expect(text.split(id).length, id).toBe(2);
    }
  });

  test('ids tell nothing of what belongs together', () => {
    const pairs = books.truth.groups.flatMap(({ allocations }) => allocations);
    const apart = pairs.map((pair) => Math.abs(share(pair.bank) - share(pair.ledger)));
    // Two numbers drawn evenly are a third apart.
    expect(apart.reduce((all, one) => all + one, 0) / apart.length).toBeCloseTo(1 / 3, 1);
  });

  test('lines that are said to be alike are of one side and one amount', () => {
    const { sameBank, sameLedger } = books.truth;
    expect(sameBank.length).toBeGreaterThan(0);
    expect(sameLedger.length).toBeGreaterThan(0);
    for (const [sets, side] of [[sameBank, bank] as const, [sameLedger, ledger] as const]) {
      for (const set of sets) {
        const rows = set.map((id) => side.get(id));
        expect(new Set(rows.map((row) => `${row?.['amount']} ${row?.['currency']}`)).size).toBe(1);
        expect(rows.length).toBeGreaterThan(1);
      }
    }
  });

  test('a rule of thumb finds less than the books promise that it should', () => {
    const score = scoreOutcome(books.truth, matchByAmountAndDate(books));
    expect(score.recall).toBeGreaterThan(0.3);
    expect(score.recall).toBeLessThan(0.6);
  });
});

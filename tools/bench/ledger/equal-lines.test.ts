import { describe, expect, test } from 'vitest';
import { createRandom } from '../../harness/random.ts';
import { draftItem, draftLine, settleAll } from './case-parts.ts';
import { findEqualLines } from './equal-lines.ts';
import { ledgerCase } from './ledger-case.ts';
import type { BankDraft, LedgerCase } from './ledger-case.ts';
import { makeParties } from './parties.ts';
import type { Party } from './parties.ts';

const random = createRandom(1);
const scene = { random, book: makeParties(random, 10) };
const party = random.pick(scene.book.parties);
const stranger = random.pick(scene.book.parties.filter((one) => one !== party));

function paid(dueDay: number, more: Partial<BankDraft> = {}, by: Party = party): LedgerCase {
  const item = draftItem(scene, by, { dueDay, amount: 1_000n });
  const line = draftLine([item], { day: dueDay, account: party.account, ...more });
  return ledgerCase('name', { bank: [line], ledger: [item], allocations: settleAll(line, [item]) });
}

const sizes = (sets: readonly (readonly unknown[])[]): number[] => sets.map(({ length }) => length);

describe('lines that nobody can tell apart', () => {
  test('documents of one party over one amount, due together and never quoted', () => {
    expect(sizes(findEqualLines([paid(100), paid(102)]).ledger)).toEqual([2]);
    expect(sizes(findEqualLines([paid(100), paid(102), paid(104)]).ledger)).toEqual([3]);
  });

  test('a document that is due later, quoted or of somebody else is told apart', () => {
    expect(findEqualLines([paid(100), paid(103)]).ledger).toEqual([]);
    expect(findEqualLines([paid(100), paid(101, { quote: 'number' })]).ledger).toEqual([]);
    expect(findEqualLines([paid(100), paid(100, {}, stranger)]).ledger).toEqual([]);
  });

  test('lines of one account over one amount that say neither who nor what', () => {
    const silent = { payer: 'none' } as const;
    const cases = [paid(100, silent), paid(109, silent, stranger)];
    expect(sizes(findEqualLines(cases).bank)).toEqual([2]);
    expect(findEqualLines([paid(100, silent), paid(111, silent, stranger)]).bank).toEqual([]);
    expect(findEqualLines([paid(100, silent), paid(101, {}, stranger)]).bank).toEqual([]);
  });

  test('what a case knows of itself is joined with the rest', () => {
    const first = paid(100);
    const second = paid(101);
    const third = paid(150);
    const known = { ...third, sameLedger: [[...second.ledger, ...third.ledger]] };
    expect(sizes(findEqualLines([first, second, known]).ledger)).toEqual([3]);
  });
});

import { describe, expect, test } from 'vitest';
import type { Outcome, OutcomeMatch } from './outcome.ts';
import { scoreOutcome } from './score-outcome.ts';
import type { Truth } from './truth.ts';

/** One receipt for one invoice, one for three, a transfer, an invoice with its void, two open lines. */
const truth: Truth = {
  seed: 0,
  rows: 5,
  groups: [
    {
      kind: 'reference',
      bank: ['b1'],
      ledger: ['l1'],
      allocations: [{ bank: 'b1', ledger: 'l1', amount: '10.00' }],
      pairs: [],
      residuals: [],
    },
    {
      kind: 'batchListed',
      bank: ['b2'],
      ledger: ['l2', 'l3', 'l4'],
      allocations: ['l2', 'l3', 'l4'].map((ledger) => ({ bank: 'b2', ledger, amount: '5.00' })),
      pairs: [],
      residuals: [],
    },
    {
      kind: 'internal',
      bank: ['b3', 'b4'],
      ledger: [],
      allocations: [],
      pairs: [['b3', 'b4']],
      residuals: [],
    },
    {
      kind: 'voidReissue',
      bank: [],
      ledger: ['l5', 'l6'],
      allocations: [],
      pairs: [['l5', 'l6']],
      residuals: [],
    },
  ],
  sameBank: [],
  sameLedger: [],
  open: [
    { id: 'b5', kind: 'bankCharge' },
    { id: 'l7', kind: 'priorLedger' },
  ],
};

function match(
  bank: readonly string[],
  ledger: readonly string[],
  more: Partial<OutcomeMatch> = {},
): OutcomeMatch {
  return {
    bank,
    ledger,
    allocations: bank.length === 0 ? [] : ledger.map((id) => ({ bank: bank[0] ?? '', ledger: id })),
    kind: 'single',
    decision: 'automatic',
    score: 0.99,
    ...more,
  };
}

function outcome(...matches: readonly OutcomeMatch[]): Outcome {
  return { matches, open: { bank: [], ledger: [] } };
}

const perfect = [
  match(['b1'], ['l1']),
  match(['b2'], ['l2', 'l3', 'l4']),
  match(['b3', 'b4'], []),
  match([], ['l5', 'l6']),
];

describe('the score of an outcome', () => {
  test('a perfect outcome has nothing but ones', () => {
    expect(scoreOutcome(truth, outcome(...perfect))).toMatchObject({
      precision: 1,
      recall: 1,
      f1: 1,
      batchRecall: 1,
      autoPrecision: 1,
      autoMatches: 4,
      automatic: 1,
      suggested: 0,
      missed: 0,
      harm: 0,
      openKept: 1,
    });
  });

  test('an empty outcome misses everything and harms nobody beyond that', () => {
    expect(scoreOutcome(truth, outcome())).toMatchObject({
      precision: 0,
      recall: 0,
      f1: 0,
      batchRecall: 0,
      autoPrecision: 0,
      autoPrecisionLower: 0,
      missed: 1,
      harm: 1,
      openKept: 1,
      calibrationError: undefined,
    });
  });

  test('one wrong automatic match costs fifty misses', () => {
    const wrong = match(['b5'], ['l7']);
    const score = scoreOutcome(truth, outcome(...perfect, wrong));
    expect(score).toMatchObject({ recall: 1, autoMatches: 5, autoWrong: 1, autoPrecision: 0.8 });
    expect(score.precision).toBeCloseTo(6 / 7, 4);
    expect(score.harm).toBeCloseTo(50 / 6, 4);
    expect(score.openKept).toBe(0);
    expect(score.autoPrecisionLower).toBeLessThan(0.8);
  });

  test('the same mistake as a suggestion harms no more than the pair that it misses', () => {
    const [, ...rest] = perfect;
    const wrong = match(['b1'], ['l7'], { decision: 'suggested', score: 0.4 });
    expect(scoreOutcome(truth, outcome(wrong, ...rest))).toMatchObject({
      autoWrong: 0,
      autoPrecision: 1,
      missed: 0.1667,
      harm: 0.1667,
    });
  });

  test('half a batch is no batch, and wrong when nobody was asked', () => {
    const [first, , ...rest] = perfect;
    if (first === undefined) throw new Error('the perfect outcome begins with a match');
    const half = match(['b2'], ['l2', 'l3']);
    expect(scoreOutcome(truth, outcome(first, half, ...rest))).toMatchObject({
      precision: 1,
      recall: 0.8333,
      batchRecall: 0,
      autoWrong: 1,
      autoPairPrecision: 1,
    });
  });

  test('a batch told in two matches of its line is whole', () => {
    const [, , ...rest] = perfect;
    const parts = [match(['b2'], ['l2']), match(['b2'], ['l3', 'l4'])];
    expect(scoreOutcome(truth, outcome(...parts, ...rest))).toMatchObject({
      batchRecall: 1,
      autoWrong: 0,
    });
  });

  test('a batch with one line too many is no batch', () => {
    const more = match(['b2'], ['l2', 'l3', 'l4', 'l7']);
    expect(scoreOutcome(truth, outcome(more))).toMatchObject({ batchRecall: 0, autoWrong: 1 });
  });

  test('a pair that is stated twice is true only once', () => {
    const twice = [match(['b1'], ['l1']), match(['b1'], ['l1'])];
    expect(scoreOutcome(truth, outcome(...twice))).toMatchObject({ precision: 0.5 });
  });

  test('lines that nobody can tell apart stand for each other, but only as often as they are', () => {
    const alike: Truth = { ...truth, sameLedger: [['l1', 'l7']] };
    const [, ...rest] = perfect;
    const other = match(['b1'], ['l7']);
    expect(scoreOutcome(alike, outcome(other, ...rest))).toMatchObject({ f1: 1, autoWrong: 0 });
    const both = outcome(other, ...perfect);
    expect(scoreOutcome(alike, both)).toMatchObject({ recall: 1, autoWrong: 1 });
    expect(scoreOutcome(truth, outcome(other, ...rest))).toMatchObject({ autoWrong: 1 });
  });

  test('two lines of the bank that nobody can tell apart may change their documents', () => {
    const [first] = truth.groups;
    if (first === undefined) throw new Error('the truth begins with a pair');
    const second = {
      ...first,
      bank: ['b9'],
      ledger: ['l9'],
      allocations: [{ bank: 'b9', ledger: 'l9', amount: '10.00' }],
    };
    const alike: Truth = { ...truth, groups: [first, second], sameBank: [['b1', 'b9']] };
    const crossed = outcome(match(['b1'], ['l9']), match(['b9'], ['l1']));
    expect(scoreOutcome(alike, crossed)).toMatchObject({ f1: 1, autoWrong: 0 });
  });

  test('of two batches that nobody can tell apart, each has to be found', () => {
    const [, batch] = truth.groups;
    if (batch === undefined) throw new Error('the truth has a batch');
    const again = {
      ...batch,
      bank: ['b9'],
      allocations: batch.allocations.map((each) => ({
        ...each,
        bank: 'b9',
        ledger: `${each.ledger}x`,
      })),
      ledger: batch.ledger.map((id) => `${id}x`),
    };
    const alike: Truth = {
      ...truth,
      groups: [batch, again],
      sameBank: [['b2', 'b9']],
      sameLedger: batch.ledger.map((id) => [id, `${id}x`]),
    };
    const one = outcome(match(['b2'], ['l2', 'l3x', 'l4']));
    expect(scoreOutcome(alike, one)).toMatchObject({ batchRecall: 0.5, autoWrong: 0 });
  });

  test('scores are compared with what came true', () => {
    const sure = match(['b1'], ['l1'], { score: 0.95 });
    const wrong = match(['b5'], ['l7'], { score: 0.95 });
    expect(scoreOutcome(truth, outcome(sure)).calibrationError).toBe(0.05);
    expect(scoreOutcome(truth, outcome(sure, wrong)).calibrationError).toBe(0.45);
  });

  test('recall is told for each kind, and how much of it needed nobody', () => {
    const asked = match(['b2'], ['l2', 'l3'], { decision: 'suggested' });
    const { kinds } = scoreOutcome(truth, outcome(asked));
    expect(kinds['batchListed']).toEqual({ pairs: 3, recall: 0.667, automatic: 0 });
    expect(kinds['reference']).toEqual({ pairs: 1, recall: 0, automatic: 0 });
    expect(kinds['bare']).toBeUndefined();
  });
});

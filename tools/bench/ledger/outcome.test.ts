import { expect, test } from 'vitest';
import { readOutcome } from './outcome.ts';

const match = {
  bank: ['b1'],
  ledger: ['l1'],
  allocations: [{ bank: 'b1', ledger: 'l1', amount: '10.00' }],
  kind: 'single',
  basis: 'exactKey',
  score: 0.98,
  decision: 'automatic',
  reasons: [],
  alternatives: [],
};

function answer(one: object): string {
  return JSON.stringify({
    matches: [one],
    open: { bank: [{ id: 'b2', reason: 'open.noCandidate' }], ledger: [] },
    counts: {},
  });
}

test('an answer is read as far as it is judged', () => {
  expect(readOutcome(answer(match))).toEqual({
    matches: [
      {
        bank: ['b1'],
        ledger: ['l1'],
        allocations: [{ bank: 'b1', ledger: 'l1' }],
        kind: 'single',
        decision: 'automatic',
        score: 0.98,
      },
    ],
    open: { bank: ['b2'], ledger: [] },
  });
});

test('a decision that nobody knows is refused', () => {
  expect(() => readOutcome(answer({ ...match, decision: 'perhaps' }))).toThrow('"perhaps"');
});

test('an answer without allocations is refused', () => {
  expect(() => readOutcome(answer({ ...match, allocations: undefined }))).toThrow('allocations');
});

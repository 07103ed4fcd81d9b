import { expect, test } from 'vitest';
import { addTallies, formatTally, tallyOf } from './steps.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

test('tally: counts what ran, by its end', () => {
  const report = {
    testResults: [
      file('passed', 'passed', 'passed', 'skipped'),
      file('failed', 'failed', 'passed', 'pending', 'todo'),
    ],
  };
  expect(tallyOf(report)).toEqual({ passed: 3, failed: 1, skipped: 3 });
});

test('tally: a file that could not be loaded is a failure', () => {
  expect(tallyOf({ testResults: [file('failed')] })).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('tally: a report that is missing is a failure', () => {
  expect(tallyOf(undefined)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('tally: the line names skipped tests only when there are any', () => {
  const sum = addTallies([
    { passed: 1, failed: 0, skipped: 0 },
    { passed: 2, failed: 0, skipped: 0 },
  ]);
  expect(formatTally(sum)).toBe('3 passed, 0 failed');
  expect(formatTally({ ...sum, skipped: 4 })).toBe('3 passed, 0 failed, 4 skipped');
});

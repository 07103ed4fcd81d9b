import { expect, test } from 'vitest';
import { wilsonLower } from './wilson-lower.ts';

// Values of the formula (Wilson 1927) as every table has them.
test.each([
  [10, 10, 0.7225],
  [95, 100, 0.8882],
  [0, 10, 0],
  [0, 0, 0],
  [1000, 1000, 0.9962],
])('%i right of %i are at least a share of %f', (right, all, lower) => {
  expect(wilsonLower(right, all)).toBeCloseTo(lower, 4);
});

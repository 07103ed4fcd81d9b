import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findSubsetsNear } from './subset-near.ts';
import { findSubsets, halvesOfAll } from './subset-sum.ts';

const amounts = fc.array(
  fc.integer({ min: -40, max: 60 }).filter((amount) => amount !== 0),
  { minLength: 1, maxLength: 10 },
);
const limits = { workMax: 200_000, solutionsMax: 2_000, sizeMin: 1 };

/** Every subset, one by one: what the quick ways must agree with. */
function allSubsets(list: readonly number[]): { places: number[]; sum: number }[] {
  return Array.from({ length: 2 ** list.length - 1 }, (_, bits) => {
    const places = list.flatMap((_amount, place) => (((bits + 1) >> place) & 1 ? [place] : []));
    return { places, sum: places.reduce((sum, place) => sum + (list[place] ?? 0), 0) };
  });
}

test('all subsets of a sum are found, each once, with and without deductions', () => {
  fc.assert(
    fc.property(amounts, fc.integer({ min: 1, max: 200 }), (list, target) => {
      const expected = allSubsets(list).filter(({ sum }) => sum === target);
      const found = findSubsets({ amounts: list, target, ...limits });
      if (!found.isComplete) return;
      const told = found.solutions.map((places) => places.join(' ')).toSorted();
      expect(told).toEqual(expected.map(({ places }) => places.join(' ')).toSorted());
      const halves = halvesOfAll(list);
      expect(findSubsets({ amounts: list, target, ...limits, halves })).toEqual(found);
    }),
    { numRuns: 500 },
  );
});

test('all subsets between two sums are found', () => {
  fc.assert(
    fc.property(
      amounts,
      fc.integer({ min: 1, max: 150 }),
      fc.nat({ max: 9 }),
      (list, from, width) => {
        const to = from + width;
        const expected = allSubsets(list).filter(({ sum }) => sum >= from && sum <= to);
        const found = findSubsetsNear({ amounts: list, from, to, solutionsMax: 2_000, sizeMin: 1 });
        expect(found.map(({ places }) => places.join(' ')).toSorted()).toEqual(
          expected.map(({ places }) => places.join(' ')).toSorted(),
        );
        for (const { places, sum } of found) {
          expect(places.reduce((all, place) => all + (list[place] ?? 0), 0)).toBe(sum);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a search that would never end says that it is not complete, after the work it was given', () => {
  const many = Array.from({ length: 300 }, (_, place) => 100_003 + place * 7_919);
  const found = findSubsets({
    amounts: many,
    target: 1_234_567,
    workMax: 10_000,
    solutionsMax: 10,
    sizeMin: 2,
  });
  expect(found.isComplete).toBe(false);
  expect(found.work).toBeLessThanOrEqual(10_000 + many.length);
});

test('thousands of ways to one sum are told as hopeless, without counting them', () => {
  const equal = Array.from({ length: 30 }, () => 500);
  const found = findSubsets({ amounts: equal, target: 5_000, ...limits });
  expect(found).toMatchObject({ solutions: [], isComplete: false });
});

test('chance is small for odd amounts and large for round ones', () => {
  const odd = [1_034_17, 2_210_93, 905_41, 3_307_09, 1_777_77, 4_000_13];
  const round = [100_00, 200_00, 300_00, 400_00, 500_00, 600_00];
  const ask = (list: number[], target: number) => findSubsets({ amounts: list, target, ...limits });
  expect(ask(odd, 1_034_17 + 905_41).chance).toBeLessThan(0.01);
  expect(ask(round, 900_00).chance).toBeGreaterThan(0.5);
});

import { describe, expect, test } from 'vitest';
import { isCashbellError } from '#core/errors.ts';
import { createCallBudget } from './call-budget.ts';

/** Seconds until the next call may be made; 0 when this one may. */
function take(budget: ReturnType<typeof createCallBudget>, id: string, atMs: number): number {
  try {
    budget.take(id, 6, atMs);
    return 0;
  } catch (error) {
    if (!isCashbellError(error, 'transport.budgetExhausted')) throw error;
    return Number(error.details['waitSeconds']);
  }
}

describe('call budget', () => {
  test('call budget: a minute’s calls may go at once, the next comes when one is back', () => {
    const budget = createCallBudget();
    const first = Array.from({ length: 6 }, () => take(budget, 'con_a', 1_000));
    expect(first).toEqual([0, 0, 0, 0, 0, 0]);
    expect(take(budget, 'con_a', 1_000)).toBe(10);
    expect(take(budget, 'con_a', 6_000)).toBe(5);
    expect(take(budget, 'con_a', 11_000)).toBe(0);
    expect(take(budget, 'con_a', 11_000)).toBe(10);
  });

  test('call budget: a rest of an hour saves no more than a minute’s calls', () => {
    const budget = createCallBudget();
    take(budget, 'con_a', 0);
    const calls = Array.from({ length: 8 }, () => take(budget, 'con_a', 3_600_000));
    expect(calls.filter((wait) => wait === 0)).toHaveLength(6);
  });

  test('call budget: connections do not share', () => {
    const budget = createCallBudget();
    for (let index = 0; index < 6; index += 1) take(budget, 'con_a', 0);
    expect(take(budget, 'con_b', 0)).toBe(0);
  });

  test('call budget: a refused call costs nothing, and a clock that goes back gives nothing', () => {
    const budget = createCallBudget();
    for (let index = 0; index < 6; index += 1) take(budget, 'con_a', 60_000);
    for (let index = 0; index < 5; index += 1) expect(take(budget, 'con_a', 60_000)).toBe(10);
    expect(take(budget, 'con_a', 0)).toBeGreaterThan(0);
    expect(take(budget, 'con_a', 10_000)).toBe(0);
  });
});

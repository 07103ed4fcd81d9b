import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignPairs } from './assign-pairs.ts';
import { solveAssignment } from './solve-assignment.ts';
import type { Candidates } from './find-candidates.ts';
import { solveMarginals } from './solve-marginals.ts';

/** Candidates from rows of log odds; undefined is no edge. */
function toCandidates(rows: readonly (readonly (number | undefined)[])[]): Candidates {
  const from = [0];
  const rights: number[] = [];
  const scores: number[] = [];
  for (const row of rows) {
    for (const [right, score] of row.entries()) {
      if (score === undefined) continue;
      rights.push(right);
      scores.push(score);
    }
    from.push(rights.length);
  }
  return {
    lefts: Int32Array.from(rows, (_, at) => at),
    from: Int32Array.from(from),
    rights: Int32Array.from(rights),
    scores: Float64Array.from(scores),
    hidden: new Float64Array(rows.length),
    compared: rights.length,
  };
}

/** All one-to-one assignments, counted one by one. */
function enumerate(rows: readonly (readonly (number | undefined)[])[]): Map<string, number> {
  const weights = new Map<string, number>();
  const walk = (at: number, used: ReadonlySet<number>, weight: number, edges: string[]): void => {
    if (at === rows.length) {
      for (const edge of edges) weights.set(edge, (weights.get(edge) ?? 0) + weight);
      weights.set('all', (weights.get('all') ?? 0) + weight);
      return;
    }
    walk(at + 1, used, weight, edges);
    for (const [right, score] of (rows[at] ?? []).entries()) {
      if (score === undefined || used.has(right)) continue;
      walk(at + 1, new Set([...used, right]), weight * Math.exp(score), [
        ...edges,
        `${at} ${right}`,
      ]);
    }
  };
  walk(0, new Set(), 1, []);
  return weights;
}

const score = fc.option(fc.double({ min: -6, max: 6, noNaN: true }), { nil: undefined });

describe('solveMarginals', () => {
  it('is exact where the lines form a tree', () => {
    const rows = [
      [2, undefined, undefined],
      [1, 0.5, undefined],
      [undefined, 3, -1],
    ];
    const counted = enumerate(rows);
    const { pairs } = solveMarginals(toCandidates(rows), 3, new Float64Array(3));
    const all = counted.get('all') ?? 1;
    expect([...pairs].map((one) => one.toFixed(3))).toEqual(
      ['0 0', '1 0', '1 1', '2 1', '2 2'].map((edge) =>
        ((counted.get(edge) ?? 0) / all).toFixed(3),
      ),
    );
  });

  it('stays near the count of all assignments where the lines form rings', () => {
    const rows = fc.array(fc.array(score, { minLength: 4, maxLength: 4 }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(rows, (some) => {
        const candidates = toCandidates(some);
        const counted = enumerate(some);
        const { pairs } = solveMarginals(candidates, 4, new Float64Array(4));
        let edge = 0;
        for (const [left, row] of some.entries()) {
          for (const [right, one] of row.entries()) {
            if (one === undefined) continue;
            const exact = (counted.get(`${left} ${right}`) ?? 0) / (counted.get('all') ?? 1);
            expect(Math.abs((pairs[edge] ?? 0) - exact)).toBeLessThan(0.2);
            edge += 1;
          }
        }
      }),
    );
  });

  it('gives a line no more than one partner in sum, however strong they are', () => {
    const rows = [
      [60, 60],
      [60, undefined],
    ];
    const { pairs, leftAlone, rightAlone } = solveMarginals(
      toCandidates(rows),
      2,
      Float64Array.of(0, 0),
    );
    expect((pairs[0] ?? 0) + (pairs[1] ?? 0)).toBeLessThanOrEqual(1 + 1e-9);
    expect(pairs[1]).toBeGreaterThan(0.99);
    expect(pairs[2]).toBeGreaterThan(0.99);
    for (const alone of [...leftAlone, ...rightAlone]) expect(alone).toBeLessThan(0.01);
  });

  it('lowers every pair of a line by the partners that nobody looked at', () => {
    const candidates = { ...toCandidates([[2]]), hidden: Float64Array.of(Math.exp(2)) };
    const { pairs, leftNone } = solveMarginals(candidates, 1, Float64Array.of(0));
    const weight = Math.exp(2);
    expect(pairs[0]).toBeCloseTo(weight / (1 + 2 * weight), 6);
    expect(leftNone[0]).toBeCloseTo(1 / (1 + 2 * weight), 6);
  });
});

describe('solveAssignment', () => {
  it('finds the highest total, as trying all does', () => {
    const size = 4;
    const gain = fc.integer({ min: 0, max: 20 });
    const gains = fc.array(gain, { minLength: size * size, maxLength: size * size });
    fc.assert(
      fc.property(gains, (some) => {
        const columns = solveAssignment(Float64Array.from(some), size);
        expect(new Set(columns).size).toBe(size);
        const total = columns.reduce((sum, to, row) => sum + (some[row * size + to] ?? 0), 0);
        expect(total).toBe(bestTotal(some, size, 0, new Set()));
      }),
    );
  });
});

function bestTotal(
  gains: readonly number[],
  size: number,
  row: number,
  used: ReadonlySet<number>,
): number {
  if (row === size) return 0;
  let best = 0;
  for (let to = 0; to < size; to += 1) {
    if (used.has(to)) continue;
    const rest = bestTotal(gains, size, row + 1, new Set([...used, to]));
    best = Math.max(best, (gains[row * size + to] ?? 0) + rest);
  }
  return best;
}

describe('assignPairs', () => {
  it('gives up the best pair when two others are worth more together', () => {
    const candidates = toCandidates([
      [0, 0],
      [0, undefined],
    ]);
    const marginals = {
      pairs: Float64Array.of(0.5, 0.4, 0.45),
      leftAlone: new Float64Array(2),
      leftNone: new Float64Array(2),
      rightAlone: new Float64Array(2),
    };
    expect([...assignPairs(candidates, marginals, 2, 0.02)].toSorted((a, b) => a - b)).toEqual([
      1, 2,
    ]);
  });

  it('is one-to-one and bounded in components too large for the exact method', () => {
    const size = 120;
    const rows = Array.from({ length: size }, (_, row) =>
      Array.from({ length: size }, (_cell, column) =>
        Math.abs(row - column) < 6 ? (column % 3) - Math.abs(row - column) / 9 : undefined,
      ),
    );
    const candidates = toCandidates(rows);
    const marginals = solveMarginals(candidates, size, new Float64Array(size));
    const chosen = assignPairs(candidates, marginals, size, 0);
    const rights = [...chosen].map((edge) => candidates.rights[edge]);
    expect(new Set(rights).size).toBe(chosen.length);
    expect(chosen.length).toBeGreaterThan(size / 2);
  });
});

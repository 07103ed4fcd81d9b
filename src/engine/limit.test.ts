import { describe, expect, test } from 'vitest';
import { createLimit } from './limit.ts';

describe('limit', () => {
  test('limit: never more than allowed run, in the order in which they came', async () => {
    const limit = createLimit(2);
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const work = (index: number) => async (): Promise<number> => {
      begun.push(index);
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => setImmediate(resolve));
      running -= 1;
      if (index === 1) throw new Error('failed');
      return index;
    };
    const all = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) => limit.run(work(index))),
    );
    expect(most).toBe(2);
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    expect(all.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(
      1,
    );
    expect(await limit.run(() => Promise.resolve('free again'))).toBe('free again');
  });
});

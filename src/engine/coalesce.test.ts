import { describe, expect, test } from 'vitest';
import { createCoalescer } from './coalesce.ts';

describe('coalescer', () => {
  test('coalescer: each gets the result of its own item, in order, and none is lost', async () => {
    const batches: number[][] = [];
    const coalescer = createCoalescer<number, string>({
      write: async (items) => {
        batches.push([...items]);
        await Promise.resolve();
        return items.map((item) => `#${item}`);
      },
      itemsMax: 7,
      concurrency: 1,
    });
    const items = Array.from({ length: 50 }, (_, index) => index);
    const results = await Promise.all(items.map((item) => coalescer.add(item)));
    expect(results).toEqual(items.map((item) => `#${item}`));
    expect(batches.flat()).toEqual(items);
    expect(Math.max(...batches.map((batch) => batch.length))).toBe(7);
    expect(coalescer.waiting).toBe(0);
  });

  test('coalescer: what arrives while a batch is written leaves together with the next', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const sizes: number[] = [];
    const coalescer = createCoalescer<number, true>({
      write: async (items) => {
        sizes.push(items.length);
        begun.resolve();
        await gate.promise;
        return items.map(() => true);
      },
      itemsMax: 100,
      concurrency: 1,
    });
    const first = coalescer.add(1);
    await begun.promise;
    const rest = [2, 3, 4].map((item) => coalescer.add(item));
    expect(coalescer.waiting).toBe(3);
    gate.resolve();
    await Promise.all([first, ...rest]);
    expect(sizes).toEqual([1, 3]);
  });

  test('coalescer: a failed batch fails each of its items and no other', async () => {
    const coalescer = createCoalescer<number, number>({
      write: (items) =>
        items.includes(2) ? Promise.reject(new Error('no disk')) : Promise.resolve(items),
      itemsMax: 2,
      concurrency: 1,
    });
    const settled = await Promise.allSettled([1, 2, 3, 4, 5].map((item) => coalescer.add(item)));
    expect(settled.map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(await coalescer.add(6)).toBe(6);
  });

  test('coalescer: a writer that forgets an item fails that item alone', async () => {
    const coalescer = createCoalescer<number, number>({
      write: (items) => Promise.resolve(items.slice(0, 1)),
      itemsMax: 10,
      concurrency: 1,
    });
    const settled = await Promise.allSettled([1, 2].map((item) => coalescer.add(item)));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  test('coalescer: never more batches are under way than allowed', async () => {
    let underWay = 0;
    let most = 0;
    const coalescer = createCoalescer<number, true>({
      write: async (items) => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise<void>((resolve) => setImmediate(resolve));
        underWay -= 1;
        return items.map(() => true);
      },
      itemsMax: 1,
      concurrency: 2,
    });
    await Promise.all(Array.from({ length: 20 }, (_, index) => coalescer.add(index)));
    expect(most).toBe(2);
  });
});

import { expect, test } from 'vitest';
import { createDueQueue } from './due-queue.ts';

test('queue: items come out by their time, equal times in the order in which they came', () => {
  const queue = createDueQueue<string>();
  const times = [5, 3, 9, 3, 1, 7, 5, 3, 8, 1, 2, 9, 4, 6, 3];
  for (const [index, atMs] of times.entries()) queue.add(atMs, `${atMs}-${index}`);
  const expected = times
    .map((atMs, index) => ({ atMs, index }))
    .toSorted((one, other) => one.atMs - other.atMs || one.index - other.index)
    .map(({ atMs, index }) => `${atMs}-${index}`);
  const taken: string[] = [];
  for (let item = queue.take(9); item !== undefined; item = queue.take(9)) taken.push(item);
  expect(taken).toEqual(expected);
});

test('queue: what is not due stays, and what is forgotten does not come', () => {
  const queue = createDueQueue<string>();
  queue.add(20, 'later');
  queue.add(10, 'sooner');
  expect(queue.nextMs()).toBe(10);
  expect(queue.take(9)).toBeUndefined();
  expect(queue.take(10)).toBe('sooner');
  expect(queue.take(19)).toBeUndefined();
  expect(queue.nextMs()).toBe(20);
  queue.clear();
  expect(queue.take(99)).toBeUndefined();
  expect(queue.nextMs()).toBeUndefined();
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseId } from '#core/ids.ts';
import type { Ring } from './announce.ts';
import { startDrainer } from './drainer.ts';
import type { Drainer, DrainerOptions } from './drainer.ts';

const placeOf = (index: number): Ring => ({
  orgId: parseId('org', 'org_0000'),
  destinationId: parseId('dst', `dst_${String(index).padStart(4, '0')}`),
});
const [one, two] = [placeOf(1), placeOf(2)];

let drainer: Drainer | undefined;
let errors: unknown[];
beforeEach(() => {
  vi.useFakeTimers();
  errors = [];
});
afterEach(async () => {
  await drainer?.stop();
  vi.useRealTimers();
});

function begin(options: Partial<DrainerOptions>): Drainer {
  drainer = startDrainer({
    drain: () => Promise.resolve({}),
    findDue: () => Promise.resolve([]),
    onError: (error) => errors.push(error),
    ...options,
  });
  return drainer;
}

/** A drain that is held until it is let go. */
function heldDrain() {
  const begun: string[] = [];
  const gates: PromiseWithResolvers<object>[] = [];
  return {
    begun,
    gates,
    drain: ({ destinationId }: Ring): Promise<object> => {
      begun.push(destinationId);
      const gate = Promise.withResolvers<object>();
      gates.push(gate);
      return gate.promise;
    },
  };
}

describe('drainer', () => {
  test('drainer: one destination is drained by one drain at a time, and once more when it rang', async () => {
    const held = heldDrain();
    const running = begin({ drain: held.drain });
    running.ring([one]);
    running.ring([one, one]);
    running.ring([one]);
    expect(held.begun).toEqual([one.destinationId]);
    held.gates[0]?.resolve({});
    await vi.advanceTimersByTimeAsync(0);
    expect(held.begun).toHaveLength(2);
    held.gates[1]?.resolve({});
    await vi.advanceTimersByTimeAsync(0);
    expect(held.begun).toHaveLength(2);
    expect(running.busy).toBe(0);
  });

  test('drainer: others do not wait for a slow one', () => {
    const held = heldDrain();
    begin({ drain: held.drain }).ring([one, two]);
    expect(held.begun).toEqual([one.destinationId, two.destinationId]);
    for (const { resolve } of held.gates) resolve({});
  });

  test('drainer: more than it can do wait and are not lost', async () => {
    let underWay = 0;
    let most = 0;
    const done = new Set<string>();
    const running = begin({
      drain: async ({ destinationId }) => {
        underWay += 1;
        most = Math.max(most, underWay);
        await Promise.resolve();
        underWay -= 1;
        done.add(destinationId);
        return {};
      },
    });
    running.ring(Array.from({ length: 200 }, (_, index) => placeOf(index)));
    await vi.advanceTimersByTimeAsync(10);
    expect(done.size).toBe(200);
    expect(most).toBe(48);
  });

  test('drainer: a drain that fails is told, and the next one runs', async () => {
    let calls = 0;
    const running = begin({
      drain: () => {
        calls += 1;
        return calls === 1 ? Promise.reject(new Error('no database')) : Promise.resolve({});
      },
    });
    running.ring([one]);
    await vi.advanceTimersByTimeAsync(0);
    running.ring([one]);
    await vi.advanceTimersByTimeAsync(0);
    expect(calls).toBe(2);
    expect(errors).toHaveLength(1);
  });

  test('drainer: it comes back when a wait ends, and earlier when something new rings', async () => {
    const at: number[] = [];
    const start = Date.now();
    const running = begin({
      drain: () => {
        at.push(Date.now() - start);
        return Promise.resolve(at.length < 3 ? { waitUntilMs: start + 5_000 } : {});
      },
    });
    running.ring([one]);
    await vi.advanceTimersByTimeAsync(2_000);
    running.ring([one]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(at).toEqual([0, 2_000, 5_000]);
  });

  test('drainer: the sweep finds what nobody rang for, and leaves alone what it waits for itself', async () => {
    const drained: string[] = [];
    begin({
      sweepMs: 100,
      findDue: () => Promise.resolve([one, { ...two, isEarly: true }]),
      drain: ({ destinationId }) => {
        drained.push(destinationId);
        const isWaiting = destinationId === two.destinationId;
        return Promise.resolve(isWaiting ? { waitUntilMs: Date.now() + 1_000 } : {});
      },
    });
    await vi.advanceTimersByTimeAsync(550);
    expect(drained.filter((id) => id === one.destinationId)).toHaveLength(5);
    expect(drained.filter((id) => id === two.destinationId)).toHaveLength(1);
  });

  test('drainer: a long wait is left alone by the sweep, unless something rings or its plan was taken away', async () => {
    const at: number[] = [];
    const start = Date.now();
    let isMended = false;
    const running = begin({
      sweepMs: 1_000,
      findDue: () => Promise.resolve([{ ...one, isEarly: !isMended }]),
      drain: () => {
        at.push(Date.now() - start);
        return Promise.resolve({ waitUntilMs: start + 600_000 });
      },
    });
    await vi.advanceTimersByTimeAsync(100_500);
    expect(at).toEqual([1_000]);
    running.ring([one]);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(at).toEqual([1_000, 100_500]);
    // Somebody mended the destination and took its rest away.
    isMended = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(at).toHaveLength(3);
  });

  test('drainer: a sweep that hangs is not started again, one that fails is', async () => {
    let calls = 0;
    const gate = Promise.withResolvers<Ring[]>();
    begin({
      sweepMs: 100,
      findDue: () => {
        calls += 1;
        return calls === 1 ? gate.promise : Promise.reject(new Error('no database'));
      },
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls).toBe(1);
    gate.resolve([]);
    await vi.advanceTimersByTimeAsync(250);
    expect(calls).toBeGreaterThan(1);
    expect(errors.length).toBeGreaterThan(0);
  });

  test('drainer: a stop waits for what is under way and begins nothing more', async () => {
    const held = heldDrain();
    const running = begin({ drain: held.drain, findDue: () => Promise.resolve([two]) });
    running.ring([one]);
    running.ring([one]);
    let isStopped = false;
    const stopping = running.stop().then(() => {
      isStopped = true;
    });
    running.ring([two]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(isStopped).toBe(false);
    held.gates[0]?.resolve({ waitUntilMs: Date.now() + 10 });
    await stopping;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(held.begun).toEqual([one.destinationId]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

import { onTestFinished, expect, test } from 'vitest';
import { waitFor } from '#tests/wait.ts';
import { startStreamLeader } from './stream-leader.ts';

/** A leader over leases that the test gives and takes. */
function startLeader() {
  const world = {
    leases: [] as string[],
    isDown: false,
    running: new Set<string>(),
    started: 0,
    released: [] as string[],
    errors: 0,
  };
  const leader = startStreamLeader<string>({
    takeLeases: () =>
      world.isDown ? Promise.reject(new Error('no database')) : Promise.resolve(world.leases),
    releaseLease: (app) => {
      world.released.push(app);
      return Promise.resolve();
    },
    keyOf: (app) => app,
    start: (app) => {
      world.started += 1;
      world.running.add(app);
      return {
        stop: () => {
          world.running.delete(app);
          return Promise.resolve();
        },
      };
    },
    onError: () => {
      world.errors += 1;
    },
    leaseMs: 60,
    renewMs: 5,
  });
  onTestFinished(() => leader.stop());
  return { world, leader };
}

const running = (world: { running: Set<string> }) => [...world.running].toSorted().join();

test('stream leader: one client for each lease that is held, and none without', async () => {
  const { world } = startLeader();
  world.leases = ['a', 'b'];
  await waitFor(() => running(world) === 'a,b', { what: 'two clients' });
  world.leases = ['b'];
  await waitFor(() => running(world) === 'b', { what: 'one client' });
  expect(world.started).toBe(2);
});

test('stream leader: without the database it lets go when the lease ends, and takes up again', async () => {
  const { world } = startLeader();
  world.leases = ['a'];
  await waitFor(() => running(world) === 'a', { what: 'the client' });
  world.isDown = true;
  await waitFor(() => world.errors > 0, { what: 'the first failure' });
  // A short absence is no reason to let go.
  expect(running(world)).toBe('a');
  await waitFor(() => running(world) === '', { what: 'letting go' });
  world.isDown = false;
  await waitFor(() => running(world) === 'a', { what: 'taking up again' });
});

test('stream leader: a stop ends the clients before their leases are given back', async () => {
  const { world, leader } = startLeader();
  world.leases = ['a', 'b'];
  await waitFor(() => running(world) === 'a,b', { what: 'two clients' });
  await leader.stop();
  expect(running(world)).toBe('');
  expect(world.released.toSorted()).toEqual(['a', 'b']);
});

import { afterAll } from 'vitest';

/** What tests have started and not ended yet, by a running number. */
const running = new Map<number, string>();
let last = 0;

/**
 * Notes that something runs that has to be ended by the test that began it: a server, a worker, a simulator, a
 * process. Returns the function to call when it has ended.
 */
export function leaveNothingBehind(what: string): () => void {
  last += 1;
  const id = last;
  running.set(id, what);
  return () => running.delete(id);
}

/** Names what still runs and forgets it, so that the next file starts with a clean sheet. */
export function takeLeftOvers(): string[] {
  const names = [...running.values()];
  running.clear();
  return names;
}

/** Fails the test file that leaves something running; the setup file of every project calls it. */
export function failOnLeftOvers(): void {
  afterAll(() => {
    const names = takeLeftOvers();
    if (names.length > 0) throw new Error(`this file leaves running: ${names.join(', ')}`);
  });
}

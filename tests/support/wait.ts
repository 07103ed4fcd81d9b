import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 10;
const deadlineMsDefault = 60_000;

/**
 * Waits until the condition holds and returns what it returned. A condition that throws does not hold yet; at the
 * deadline its last error is the cause.
 */
export async function waitFor<Value>(
  condition: () => Value | Promise<Value>,
  options: { readonly what: string; readonly deadlineMs?: number },
): Promise<Exclude<Value, false | undefined | null>> {
  const deadlineMs = options.deadlineMs ?? deadlineMsDefault;
  const end = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== undefined && value !== null) {
        return value as Exclude<Value, false | undefined | null>;
      }
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= end) {
      throw new Error(`waited ${deadlineMs} ms for ${options.what}`, { cause });
    }
    await delay(pollMs);
  }
}

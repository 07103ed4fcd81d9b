import type { Pool, PoolClient } from 'pg';

export interface Interposed {
  /** Called before each statement, in or out of a transaction; a throw is a failure of it. */
  readonly before?: (text: string) => void | Promise<void>;
  /** Called after each statement that was done; a throw is an answer that never came. */
  readonly after?: (text: string) => void | Promise<void>;
}

/** The pool as it is, with somebody between it and its users: for faults at an exact statement. */
export function interpose(pool: Pool, { before, after }: Interposed): Pool {
  const around =
    (run: (...parts: unknown[]) => unknown) =>
    async (...parts: unknown[]): Promise<unknown> => {
      const [first] = parts;
      const text = typeof first === 'string' ? first : String(Object(first).text);
      await before?.(text);
      const result = await run(...parts);
      await after?.(text);
      return result;
    };
  const wrap = <Target extends Pool | PoolClient>(target: Target): Target =>
    new Proxy(target, {
      get: (_target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const run = (...parts: unknown[]): unknown => Reflect.apply(value, target, parts);
        if (name === 'query') return around(run);
        if (name === 'connect') return async () => wrap((await run()) as PoolClient);
        return run;
      },
    });
  return wrap(pool);
}

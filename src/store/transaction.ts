import type { Pool, PoolClient } from 'pg';

/** A transaction under way. Queries may be sent without waiting for those before them. */
export interface Transaction {
  readonly client: PoolClient;
  /**
   * Sends a write whose result nobody needs before the commit. It travels together with the commit;
   * when it fails, the transaction fails as a whole.
   */
  readonly write: (query: Promise<unknown>) => void;
  /**
   * Does this just before the commit. For rows that everybody needs: if one transaction took them
   * before its other locks and another after, they would wait for each other in a circle.
   */
  readonly atEnd: (work: () => Promise<unknown>) => void;
}

/** Connections of a pool that transactions leave for single queries. */
const SPARED = 6;

/**
 * Runs the work in one transaction on one connection: all of it is committed, or nothing.
 *
 * Work inside a transaction may ask the pool for something else, such as settings that are not in
 * memory. If transactions could take every connection, all of them could wait for one more, for
 * ever; so some connections are spared.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient, transaction: Transaction) => Promise<T>,
): Promise<T> {
  const done = await enter(pool);
  try {
    return await run(await pool.connect(), work);
  } finally {
    done();
  }
}

async function run<T>(
  client: PoolClient,
  work: (client: PoolClient, transaction: Transaction) => Promise<T>,
): Promise<T> {
  const writes: Promise<unknown>[] = [];
  const endings: (() => Promise<unknown>)[] = [];
  let broken: Error | undefined;
  try {
    // Not waited for: on a pipelined connection it travels with the first query of the work.
    writes.push(hold(client.query('BEGIN')));
    const result = await work(client, {
      client,
      write: (query) => writes.push(hold(query)),
      atEnd: (ending) => endings.push(ending),
    });
    for (const ending of endings) writes.push(hold(ending()));
    // A failed write turns this COMMIT into a rollback; the failure itself is thrown by the write.
    writes.push(hold(client.query('COMMIT')));
    await Promise.all(writes);
    return result;
  } catch (error) {
    // A failed write makes everything after it fail as well; the first failure tells the reason.
    const settled = await Promise.allSettled(writes);
    const first = settled.find((write) => write.status === 'rejected');
    await client.query('ROLLBACK').catch((rollbackError: unknown) => {
      broken = rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
    });
    throw first ? first.reason : error;
  } finally {
    // A connection whose rollback failed is not given back to the pool.
    client.release(broken);
  }
}

/** Keeps a failure that is looked at later from counting as forgotten. */
function hold<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

interface Gate {
  free: number;
  readonly waiting: (() => void)[];
}

const gates = new WeakMap<Pool, Gate>();

async function enter(pool: Pool): Promise<() => void> {
  let gate = gates.get(pool);
  if (!gate) {
    gate = { free: Math.max(1, (pool.options.max ?? 10) - SPARED), waiting: [] };
    gates.set(pool, gate);
  }
  const own = gate;
  if (own.free > 0) own.free -= 1;
  else await new Promise<void>((resolve) => own.waiting.push(resolve));
  return () => {
    const next = own.waiting.shift();
    if (next) next();
    else own.free += 1;
  };
}

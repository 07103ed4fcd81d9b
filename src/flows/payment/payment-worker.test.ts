import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { waitFor } from '#tests/wait.ts';
import type { PaymentRef } from '#store/payments.ts';
import { createPeopleWorld } from '#store/test-people.ts';
import type { PeopleWorld } from '#store/test-people.ts';
import { startPaymentWorker } from './payment-worker.ts';
import type { PaymentWorkerOptions } from './payment-worker.ts';

let database: TestDatabase;
let world: PeopleWorld;
beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
});
afterAll(async () => {
  await world.close();
  await database.drop();
});
beforeEach(async () => {
  await database.pool.query('UPDATE payment SET next_at = NULL');
});

/** The same connection under the name of another bank. */
async function otherBank(): Promise<string> {
  await database.pool.query(
    `INSERT INTO connection SELECT (jsonb_populate_record(NULL::connection, to_jsonb(c)
       || '{"connection_id":"con_otherbank","connector":"other","name":"Other"}')).*
     FROM connection c WHERE connection_id = $1 ON CONFLICT DO NOTHING`,
    [world.connectionId],
  );
  return 'con_otherbank';
}

async function due(count: number, connectionId = world.connectionId): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made += 1) {
    ids.push(await world.insertPayment({ state: 'authorised' }));
  }
  await database.pool.query(
    `UPDATE payment SET next_at = now() - interval '1 second', connection_id = $2
     WHERE payment_id = ANY($1)`,
    [ids, connectionId],
  );
  return ids;
}

function work(options: Partial<PaymentWorkerOptions>): { readonly errors: Error[] } {
  const errors: Error[] = [];
  const worker = startPaymentWorker({
    pool: database.pool,
    workerId: 'wrk_test',
    advance: () => Promise.resolve(),
    onError: (error) => errors.push(error instanceof Error ? error : new Error(String(error))),
    ...options,
  });
  onTestFinished(() => worker.stop());
  return { errors };
}

/** Runs that last until the test lets them go. */
function hanging() {
  const began: string[] = [];
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const advance = async ({ paymentId }: PaymentRef): Promise<void> => {
    began.push(paymentId);
    await database.pool.query('UPDATE payment SET next_at = NULL WHERE payment_id = $1', [
      paymentId,
    ]);
    await released;
  };
  return { began, advance, release: () => release() };
}

describe('payment worker', () => {
  test('payment worker: a bank that keeps everybody waiting does not keep the others waiting', async () => {
    const { began, advance, release } = hanging();
    const slow = await due(9);
    work({ advance, concurrency: 6, perBank: 4 });
    await waitFor(() => began.length === 4, { what: 'the slow bank to have its share' });
    const quick = await due(2, await otherBank());
    await waitFor(() => quick.every((id) => began.includes(id)), { what: 'the other bank' });
    expect(began.filter((id) => slow.includes(id))).toHaveLength(4);
    release();
    await waitFor(() => began.length === 11, { what: 'all payments' });
  });

  test('payment worker: a payment that fails again and again rests ever longer, and holds up no other', async () => {
    const [poison = ''] = await due(1);
    const advanced: string[] = [];
    const { errors } = work({
      advance: ({ paymentId }) => {
        advanced.push(paymentId);
        return paymentId === poison
          ? Promise.reject(new TypeError('a mistake of ours'))
          : database.pool.query('UPDATE payment SET next_at = NULL WHERE payment_id = $1', [
              paymentId,
            ]);
      },
    });
    const rest = async (runs: number): Promise<number> => {
      await waitFor(() => errors.length === runs, { what: `run ${runs}` });
      return waitFor(
        async () => {
          const { rows } = await database.pool.query<{ rest: number }>(
            `SELECT extract(epoch FROM next_at - now())::float8 AS rest FROM payment
             WHERE payment_id = $1 AND lease_until IS NULL AND next_at > now()`,
            [poison],
          );
          return rows[0]?.rest;
        },
        { what: 'its rest' },
      );
    };
    const first = await rest(1);
    await database.pool.query('UPDATE payment SET next_at = now() WHERE payment_id = $1', [poison]);
    const second = await rest(2);
    expect(first).toBeLessThanOrEqual(5);
    expect(second).toBeGreaterThan(5);
    const [healthy = ''] = await due(1);
    await waitFor(() => advanced.includes(healthy), { what: 'the healthy one' });
  });

  test('payment worker: a machine whose clock is wrong touches no payment and says so', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 });
    onTestFinished(() => void vi.useRealTimers());
    const advanced: string[] = [];
    await due(1);
    const { errors } = work({
      advance: ({ paymentId }) => Promise.resolve(advanced.push(paymentId)),
    });
    await waitFor(() => errors.length > 0, { what: 'a word about the clock' });
    expect(errors[0]?.message).toContain('clock is -120 s ahead');
    expect(advanced).toEqual([]);
    vi.setSystemTime(Date.now() - 120_000);
    await waitFor(() => advanced.length > 0, { what: 'the payment, with the right clock' });
  });
});

import type { Pool } from 'pg';
import { percentile, round } from '../harness/figures.ts';
import { startSimulator } from '../harness/simulator.ts';
import type { Simulator } from '../harness/simulator.ts';
import { openWorld } from '../harness/world.ts';
import type { World } from '../harness/world.ts';
import { createTeller, machine, pause, printResult, readNumbers } from './parts/output.ts';
import type { BenchCall, BenchResult } from './parts/output.ts';
import { furnishPay } from './parts/pay-scene.ts';
import type { PayScene } from './parts/pay-scene.ts';
import { measureForwarder } from './parts/transfer-floor.ts';

/** The call budget lets 600 payments of a connection go at once; three banks share the work. */
const SUSTAINED_MAX = 1_500;
const LIMIT_MS = 180_000;

/**
 * From a person's yes to the bank's answer, one by one at a steady pace, and how many payments a
 * second leave with one worker and with two, against a forwarder that keeps nothing and against plain
 * commits of as many rows as a payment has.
 */
export async function run(call: BenchCall): Promise<BenchResult> {
  const options = readNumbers(call, { paced: 150, rate: 5, sustained: 900, seed: 1 });
  if (options.sustained > SUSTAINED_MAX) {
    throw new Error(
      `--sustained is at most ${SUSTAINED_MAX}: the banks' call budget is not measured`,
    );
  }
  const tell = createTeller(options.isQuiet);
  const world = await openWorld();
  try {
    const banks = await startSimulator('banks', options.seed);
    world.onStop(() => banks.child.stop());
    const scene = await furnishPay(world, banks);
    tell(`${options.paced} payments, ${options.rate} a second …`);
    const paced = await measurePaced(world, scene, options);
    tell(`${options.sustained} payments at once, one worker …`);
    const one = await measureSustained(world, scene, { count: options.sustained, workers: 1 });
    tell(`${options.sustained} payments at once, two workers …`);
    const two = await measureSustained(world, scene, { count: options.sustained, workers: 2 });
    const paidTwice = await countDoubles(banks);
    tell('a forwarder without a database, and plain commits …');
    const commits = await measureCommits(world.services.pool, options.sustained);
    const forwarder = await measureForwarder(banks, { count: options.sustained, atOnce: 16 });
    return printResult({
      name: 'pay',
      work: {
        ...machine(),
        paced: options.paced,
        perSecond: options.rate,
        sustained: options.sustained,
        banks: 3,
      },
      cashbell: {
        ...paced,
        perSecondOneWorker: one,
        perSecondTwoWorkers: two,
        paidTwice,
      },
      floor: { forwarder, commitsPerSecond: commits },
      peers: {},
      ratios: {
        p50: round(paced.p50Ms / forwarder.p50Ms),
        perSecond: round(one / forwarder.perSecond, 3),
        commitsPerPayment: round(commits / one, 1),
      },
    });
  } finally {
    await world.stop();
  }
}

interface Paced {
  readonly [name: string]: unknown;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One yes after the other; the worker is idle in between. */
async function measurePaced(
  world: World,
  scene: PayScene,
  { paced, rate }: { readonly paced: number; readonly rate: number },
): Promise<Paced> {
  const worker = await world.startCashbell('worker');
  const warm = await scene.request(15);
  await scene.approve(warm);
  await waitForEnd(world.services.pool, warm);
  const paymentIds = await scene.request(paced);
  await pause(1_000);
  const approvedAt = new Map<string, number>();
  const began = performance.now();
  for (const [index, paymentId] of paymentIds.entries()) {
    await pause(Math.max(0, (index * 1000) / rate - (performance.now() - began)));
    approvedAt.set(paymentId, Date.now());
    await scene.approve([paymentId]);
  }
  await waitForEnd(world.services.pool, paymentIds);
  const { rows } = await world.services.pool.query<{ payment_id: string; answered_at: Date }>(
    `SELECT payment_id, answered_at FROM payment_attempt
     WHERE payment_id = ANY($1::text[]) AND state = 'accepted'`,
    [paymentIds],
  );
  await worker.stop();
  const took = rows.map((row) => row.answered_at.getTime() - (approvedAt.get(row.payment_id) ?? 0));
  return {
    p50Ms: round(percentile(took, 0.5)),
    p99Ms: round(percentile(took, 0.99)),
    maxMs: round(percentile(took, 1)),
    accepted: rows.length,
  };
}

/** All approved before the workers start: from the first intent to the last answer. */
async function measureSustained(
  world: World,
  scene: PayScene,
  { count, workers }: { readonly count: number; readonly workers: number },
): Promise<number> {
  const paymentIds = await scene.request(count);
  await scene.approve(paymentIds);
  const running = [];
  for (let index = 0; index < workers; index += 1)
    running.push(await world.startCashbell('worker'));
  await waitForEnd(world.services.pool, paymentIds);
  for (const worker of running) await worker.stop();
  const { rows } = await world.services.pool.query<{ seconds: number; accepted: string }>(
    `SELECT extract(epoch FROM max(answered_at) - min(intended_at))::float8 AS seconds,
            count(*) FILTER (WHERE state = 'accepted')::text AS accepted
     FROM payment_attempt WHERE payment_id = ANY($1::text[])`,
    [paymentIds],
  );
  const accepted = Number(rows[0]?.accepted ?? 0);
  if (accepted !== count) throw new Error(`${accepted} of ${count} payments were accepted`);
  return round(accepted / (rows[0]?.seconds ?? Number.NaN), 1);
}

async function waitForEnd(pool: Pool, paymentIds: readonly string[]): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  for (;;) {
    const { rows } = await pool.query<{ state: string; count: string }>(
      `SELECT state, count(*)::text AS count FROM payment
       WHERE payment_id = ANY($1::text[]) GROUP BY state`,
      [paymentIds],
    );
    const left = rows.filter(({ state }) => state !== 'confirmed' && state !== 'settled');
    if (left.length === 0) return;
    if (performance.now() > end) throw new Error(`payments do not end: ${JSON.stringify(rows)}`);
    await pause(100);
  }
}

/** References that moved money more than once in the banks' own books; must be 0. */
async function countDoubles(banks: Simulator): Promise<number> {
  const seen = new Map<string, number>();
  let since = 0;
  for (;;) {
    const page = Object(await banks.manage('GET', `snap/transfers?since=${since}&limit=1000`));
    for (const transfer of page.transfers as readonly unknown[]) {
      const reference = String(Object(transfer).partnerReferenceNo);
      seen.set(reference, (seen.get(reference) ?? 0) + 1);
    }
    if (page.next === null || page.next === undefined || page.next === since) break;
    since = page.next;
  }
  return [...seen.values()].filter((count) => count > 1).length;
}

/** Commits a second of one small row each, sixteen at a time, as on the disk of this machine. */
async function measureCommits(pool: Pool, count: number): Promise<number> {
  await pool.query('CREATE TABLE bench_commit (id integer PRIMARY KEY, body text NOT NULL)');
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (next < count) {
        next += 1;
        await pool.query('INSERT INTO bench_commit VALUES ($1, $2)', [next, 'x'.repeat(400)]);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  await pool.query('DROP TABLE bench_commit');
  return round(count / seconds, 1);
}

import { listOf, numberOf, startChild, textOf } from '../harness/child.ts';
import type { Child } from '../harness/child.ts';
import { addAirwallex, addBankAccount, addOrg } from '../harness/furnish.ts';
import { percentile, round } from '../harness/figures.ts';
import { processorSeconds, processorSecondsOfFamily } from '../harness/processor-time.ts';
import { openWorld } from '../harness/world.ts';
import type { World } from '../harness/world.ts';
import { createTeller, machine, pause, printResult, readNumbers } from './parts/output.ts';
import type { BenchCall, BenchResult } from './parts/output.ts';

/** Airwallex has one wallet per currency: 25 of them make a connection. */
const CURRENCIES =
  'HKD USD EUR GBP SGD AUD NZD CAD CHF JPY CNY THB MYR IDR VND PHP INR KRW SEK NOK DKK PLN CZK AED SAR'.split(
    ' ',
  );
const ORGS = 20;
const INTERVAL_MS = 60_000;
/** Time for tokens and first balances, before what is measured. */
const WARM_UP_MS = 75_000;

interface Question {
  readonly account: string;
  readonly atMs: number;
}

/**
 * So many accounts due each minute, evenly spread. Lateness is measured at the bank: from the
 * moment at which an account is due until the bank hears the question.
 */
export async function run(call: BenchCall): Promise<BenchResult> {
  const options = readNumbers(call, { minutes: 5, accounts: 10_000 });
  const tell = createTeller(options.isQuiet);
  const connections = Math.round(options.accounts / CURRENCIES.length);
  const accounts = connections * CURRENCIES.length;
  const measureMs = options.minutes * 60_000;
  const world = await openWorld();
  try {
    const bank = await startChild({ script: 'tools/bench/parts/poll-stand-in.ts' });
    world.onStop(() => bank.stop());
    tell(`furnishing ${accounts} accounts on ${connections} connections …`);
    const dueAt = await furnish(world, bank, connections);
    const worker = await world.startCashbell('worker');
    const firstAt = Math.min(...dueAt.values());
    tell('a minute and a quarter to warm up …');
    await pause(Math.max(0, firstAt + WARM_UP_MS - Date.now()));
    await readLog(bank);
    tell(`measuring for ${options.minutes} min …`);
    const begin = usage(world, worker);
    await pause(measureMs);
    const used = usage(world, worker, begin);
    const log = await readLog(bank);
    await worker.stop();
    const lateness = log.questions.map((question) => latenessOf(question, dueAt));
    const cashbell = {
      latenessP50Ms: round(percentile(lateness, 0.5)),
      latenessP99Ms: round(percentile(lateness, 0.99)),
      latenessMaxMs: round(percentile(lateness, 1)),
      polls: lateness.length,
      // Due in the measured time, less what the bank heard; single ones sit on the edges.
      missed: Math.max(0, Math.round((accounts * measureMs) / INTERVAL_MS) - lateness.length),
      cpuCores: round(used.cashbell, 3),
      databaseCpuCores: round(used.database, 3),
    };
    tell(JSON.stringify(cashbell));
    const floor = await runFloor(world, bank, connections, Math.min(measureMs, 60_000));
    tell(`floor: ${JSON.stringify(floor)}`);
    return printResult({
      name: 'poll',
      work: {
        ...machine(),
        accounts,
        connections,
        everySeconds: INTERVAL_MS / 1000,
        minutes: options.minutes,
        measuredAt: 'the bank: question heard minus moment at which the account was due',
      },
      cashbell,
      floor,
      peers: {},
      ratios: { cpu: round(used.cashbell / Math.max(floor.cpuCores, 0.001)) },
    });
  } finally {
    await world.stop();
  }
}

/** Organisations side by side: each one's settings are changed one after the other. */
async function furnish(
  world: World,
  bank: Child,
  connections: number,
): Promise<Map<string, number>> {
  const origin = textOf(bank.said, 'url');
  const dueAt = new Map<string, number>();
  const total = connections * CURRENCIES.length;
  await Promise.all(
    Array.from({ length: ORGS }, async (_, part) => {
      const orgId = await addOrg(world, `Poll benchmark ${part}`);
      for (let company = part; company < connections; company += ORGS) {
        const connectionId = await addAirwallex(world, orgId, { baseUrl: `${origin}/c${company}` });
        for (const [index, currency] of CURRENCIES.entries()) {
          const place = { orgId, connectionId, bank: 'airwallex' };
          const number = `acct_${company}:${currency}`;
          await addBankAccount(world, { ...place, number, currency }, 'never');
          dueAt.set(`c${company}/${currency}`, (company + index * connections) / total);
        }
      }
    }),
  );
  return schedule(world, dueAt);
}

/** Spreads the first polls evenly over a minute that begins soon. */
async function schedule(
  world: World,
  shares: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  const firstAt = Date.now() + 5_000;
  const dueAt = new Map(
    [...shares].map(([account, share]) => [account, Math.round(firstAt + share * INTERVAL_MS)]),
  );
  await world.services.pool.query(
    `INSERT INTO poll (org_id, account_id, connection_id, next_at, interval_seconds, proven_until)
     SELECT a.org_id, a.account_id, a.connection_id, to_timestamp(d.at / 1000.0), $3, now()
     FROM unnest($1::text[], $2::float8[]) AS d (number, at) JOIN account a USING (number)`,
    [
      [...dueAt.keys()].map((account) => account.replace(/^c(\d+)\//, 'acct_$1:')),
      [...dueAt.values()],
      INTERVAL_MS / 1000,
    ],
  );
  await world.services.pool.query('ANALYZE');
  return dueAt;
}

function latenessOf({ account, atMs }: Question, dueAt: ReadonlyMap<string, number>): number {
  const sinceFirst = atMs - (dueAt.get(account) ?? 0);
  // Clocks of two processes differ by less than a millisecond; that is no minute too late.
  return ((sinceFirst + 5) % INTERVAL_MS) - 5;
}

async function readLog(
  bank: Child,
): Promise<{ readonly questions: readonly Question[]; readonly counts: unknown }> {
  const answer: unknown = await (await fetch(`${textOf(bank.said, 'url')}/_log`)).json();
  const questions = listOf(answer, 'questions').map((one) => ({
    account: textOf(one, 'account'),
    atMs: numberOf(one, 'atMs'),
  }));
  return { questions, counts: Object(answer).counts };
}

interface Usage {
  readonly atMs: number;
  readonly cashbell: number;
  readonly database: number;
}

/** Processor seconds so far; with an earlier reading, cores in between. */
function usage(world: World, worker: Child, since?: Usage): Usage {
  const now = {
    atMs: performance.now(),
    cashbell: processorSeconds(worker.pid),
    database: processorSecondsOfFamily(world.databasePid()),
  };
  if (!since) return now;
  const seconds = (now.atMs - since.atMs) / 1000;
  return {
    atMs: now.atMs,
    cashbell: (now.cashbell - since.cashbell) / seconds,
    database: (now.database - since.database) / seconds,
  };
}

async function runFloor(
  world: World,
  bank: Child,
  connections: number,
  measureMs: number,
): Promise<{ readonly latenessP99Ms: number; readonly cpuCores: number; readonly polls: number }> {
  const loop = await startChild({
    script: 'tools/bench/parts/poll-loop.ts',
    arguments: [
      textOf(bank.said, 'url'),
      String(connections),
      CURRENCIES.join(','),
      String(INTERVAL_MS),
    ],
  });
  world.onStop(() => loop.stop());
  await pause(3_000);
  await readLog(bank);
  const begin = { atMs: performance.now(), cpu: processorSeconds(loop.pid) };
  await pause(measureMs);
  const cpu = processorSeconds(loop.pid) - begin.cpu;
  const seconds = (performance.now() - begin.atMs) / 1000;
  const { questions } = await readLog(bank);
  await loop.stop();
  const startedAtMs = numberOf(loop.said, 'startedAtMs');
  const total = connections * CURRENCIES.length;
  const lateness = questions.map(({ account, atMs }) => {
    const [company = '', currency = ''] = account.split('/');
    const index = Number(company.slice(1)) * CURRENCIES.length + CURRENCIES.indexOf(currency);
    const dueMs = startedAtMs + ((index + 1) / total) * INTERVAL_MS;
    return ((atMs - dueMs + INTERVAL_MS + 5) % INTERVAL_MS) - 5;
  });
  return {
    latenessP99Ms: round(percentile(lateness, 0.99)),
    cpuCores: round(cpu / seconds, 3),
    polls: questions.length,
  };
}

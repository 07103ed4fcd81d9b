import { randomBytes } from 'node:crypto';
import { median, percentile, round } from '../harness/figures.ts';
import { numberOf, startChild } from '../harness/child.ts';
import type { Child } from '../harness/child.ts';
import {
  addBankAccount,
  addOrg,
  addSnapConnection,
  makeKeyPair,
  writeRoutes,
} from '../harness/furnish.ts';
import { processorSeconds, processorSecondsOfFamily } from '../harness/processor-time.ts';
import { openWorld } from '../harness/world.ts';
import type { World } from '../harness/world.ts';
import { startGenerator } from './parts/generator.ts';
import type { Generator } from './parts/generator.ts';
import { createTeller, machine, pause, printResult, readNumbers } from './parts/output.ts';
import type { BenchCall, BenchResult } from './parts/output.ts';
import type { PushTarget } from './parts/push-client.ts';
import type { PushReport } from './parts/push-generator.ts';

const ACCOUNTS = 200;
/** More than any machine takes, so that no round ends for lack of messages. */
const PREPARED_PER_SECOND = 6_000;
const BACKLOG_LIMIT_MS = 300_000;

interface Scene {
  readonly orgId: string;
  readonly connectionId: string;
  readonly codes: readonly string[];
  readonly target: PushTarget;
}

/**
 * Durable pushes a second at saturation, against one row after the other, each committed, by plain
 * `pg` with the same concurrency into copies of the same tables. Rounds alternate, medians count.
 */
export async function run(call: BenchCall): Promise<BenchResult> {
  const options = readNumbers(call, { seconds: 6, rounds: 5, connections: 64 });
  const tell = createTeller(options.isQuiet);
  const world = await openWorld();
  try {
    const scene = await furnish(world);
    const server = await world.startCashbell('server');
    const generator = await startGenerator();
    world.onStop(() => generator.child.stop());
    const inserter = await startChild({ script: 'tools/bench/parts/insert-process.ts' });
    world.onStop(() => inserter.stop());

    const push = (round_: number, seconds: number): Promise<PushReport> =>
      pushRound(generator, scene, { round: round_, seconds, connections: options.connections });
    const warm = await push(0, 2);
    const sealedBytes = await averageSealedBytes(world);
    await prepareFloor(world);
    await insertRound(inserter, world, scene, { ...options, seconds: 2, sealedBytes });
    tell(`warm: ${Math.round(warm.accepted / warm.seconds)} a second, ${sealedBytes} sealed bytes`);

    const ours: PushReport[] = [];
    const floors: number[] = [];
    const costs = { server: 0, bank: 0, database: 0, floorDatabase: 0, floorClient: 0 };
    for (let index = 1; index <= options.rounds; index += 1) {
      const before = usage(world, { server, bank: generator.child, inserter });
      const report = await push(index, options.seconds);
      const between = usage(world, { server, bank: generator.child, inserter });
      const floor = await insertRound(inserter, world, scene, { ...options, sealedBytes });
      const after = usage(world, { server, bank: generator.child, inserter });
      costs.server += between.server - before.server;
      costs.bank += between.bank - before.bank;
      costs.database += between.database - before.database;
      costs.floorDatabase += after.database - between.database;
      costs.floorClient += after.inserter - between.inserter;
      ours.push(report);
      floors.push(floor);
      const perSecond = Math.round(report.accepted / report.seconds);
      tell(`round ${index}: Cashbell ${perSecond}/s, plain inserts ${Math.round(floor)}/s`);
    }
    const stored = await countStored(world);
    await server.stop();
    tell(`${stored} messages wait; a worker takes them …`);
    const processedPerSecond = await processBacklog(world, stored);
    const perSecond = median(ours.map(({ accepted, seconds }) => accepted / seconds));
    const answers = ours.flatMap(({ answerMs }) => answerMs);
    const accepted = [warm, ...ours].reduce((sum, report) => sum + report.accepted, 0);
    const pushes = accepted - warm.accepted;
    const inserts = floors.reduce((sum, floor) => sum + floor * options.seconds, 0);
    const micros = (seconds: number, count: number): number => round((seconds * 1e6) / count, 0);
    return printResult({
      name: 'ingest',
      work: {
        ...machine(),
        connections: options.connections,
        rounds: options.rounds,
        secondsPerRound: options.seconds,
        sealedBytes,
      },
      cashbell: {
        perSecond: round(perSecond, 0),
        answerP50Ms: round(percentile(answers, 0.5)),
        answerP99Ms: round(percentile(answers, 0.99)),
        refused: ours.reduce((sum, { refused }) => sum + refused, 0),
        // Answered with success and not in the table: must be 0.
        missing: accepted - stored,
        processedPerSecond: round(processedPerSecond, 0),
        // Where the machine's time goes, for each push; the bank's part is the benchmark's own.
        serverCpuMicros: micros(costs.server, pushes),
        databaseCpuMicros: micros(costs.database, pushes),
        bankCpuMicros: micros(costs.bank, pushes),
      },
      floor: {
        perSecond: round(median(floors), 0),
        clientCpuMicros: micros(costs.floorClient, inserts),
        databaseCpuMicros: micros(costs.floorDatabase, inserts),
      },
      peers: {},
      ratios: { ofFloor: round(perSecond / median(floors), 3) },
    });
  } finally {
    await world.stop();
  }
}

async function furnish(world: World): Promise<Scene> {
  const orgId = await addOrg(world, 'Ingest benchmark');
  const keys = makeKeyPair();
  const connection = await addSnapConnection(world, {
    orgId,
    bank: 'bca',
    baseUrl: 'http://127.0.0.1:9',
    bankPublicKey: keys.publicPem,
  });
  const { connectionId } = connection;
  const codes = Array.from({ length: ACCOUNTS }, (_, index) => String(10_000 + index));
  for (const code of codes) {
    const settings = { virtualAccounts: code };
    const place = { orgId, connectionId, bank: 'bca', currency: 'IDR' };
    await addBankAccount(world, { ...place, number: `70${code}`, settings }, 'never');
  }
  // Nobody is told: what is measured ends with the entries.
  await writeRoutes(world, orgId, { branches: [] });
  return {
    orgId,
    connectionId,
    codes,
    target: {
      origin: world.serverUrl,
      basePath: `/hooks/${connectionId}`,
      clientKey: connection.inboundClientKey,
      secret: connection.inboundSecret,
      bankPrivateKey: keys.privatePem,
    },
  };
}

function pushRound(
  generator: Generator,
  scene: Scene,
  at: { readonly round: number; readonly seconds: number; readonly connections: number },
): Promise<PushReport> {
  return generator.run({
    target: scene.target,
    companyCodes: scene.codes,
    firstNumber: 1 + at.round * 1_000_000,
    connections: at.connections,
    load: { kind: 'saturate', prepared: at.seconds * PREPARED_PER_SECOND, seconds: at.seconds },
  });
}

async function averageSealedBytes(world: World): Promise<number> {
  const { rows } = await world.services.pool.query<{ bytes: number }>(
    'SELECT avg(length(sealed))::float8 AS bytes FROM inbound',
  );
  return Math.round(rows[0]?.bytes ?? 0);
}

async function countStored(world: World): Promise<number> {
  const { rows } = await world.services.pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM inbound WHERE state = 'stored'`,
  );
  return rows[0]?.count ?? 0;
}

/** Copies with the same columns, indexes and foreign keys, so that the floor leaves no backlog. */
async function prepareFloor(world: World): Promise<void> {
  await world.services.pool.query(`
    CREATE TABLE floor_inbound (LIKE inbound INCLUDING ALL);
    ALTER TABLE floor_inbound ADD FOREIGN KEY (org_id, connection_id) REFERENCES connection;
    CREATE TABLE floor_nonce (LIKE inbound_nonce INCLUDING ALL);
    ALTER TABLE floor_nonce ADD FOREIGN KEY (org_id, connection_id) REFERENCES connection`);
}

async function insertRound(
  inserter: Child,
  world: World,
  scene: Scene,
  at: { readonly connections: number; readonly seconds: number; readonly sealedBytes: number },
): Promise<number> {
  const { orgId, connectionId } = scene;
  const answer: unknown = JSON.parse(
    await inserter.ask(
      JSON.stringify({
        ...at,
        url: world.databaseUrl,
        orgId,
        connectionId,
        prefix: randomBytes(6).toString('hex'),
      }),
    ),
  );
  return numberOf(answer, 'inserted') / numberOf(answer, 'seconds');
}

interface Parties {
  readonly server: Child;
  readonly bank: Child;
  readonly inserter: Child;
}

function usage(world: World, { server, bank, inserter }: Parties) {
  return {
    server: processorSeconds(server.pid),
    bank: processorSeconds(bank.pid),
    inserter: processorSeconds(inserter.pid),
    database: processorSecondsOfFamily(world.databasePid()),
  };
}

/** How fast one worker turns stored messages into entries. */
async function processBacklog(world: World, stored: number): Promise<number> {
  const worker = await world.startCashbell('worker');
  const startedAt = Date.now();
  let left = stored;
  let begun: { readonly at: number; readonly left: number } | undefined;
  while (left > 0 && Date.now() - startedAt < BACKLOG_LIMIT_MS) {
    await pause(250);
    left = await countStored(world);
    begun ??= { at: Date.now(), left };
  }
  const seconds = (Date.now() - (begun?.at ?? startedAt)) / 1000;
  await worker.stop();
  return ((begun?.left ?? stored) - left) / Math.max(seconds, 0.001);
}

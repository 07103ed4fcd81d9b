import { percentile, round } from '../harness/figures.ts';
import { startChild, textOf } from '../harness/child.ts';
import {
  addBankAccount,
  addOrg,
  addRobot,
  addRobotDestination,
  addSnapConnection,
  liftMonthlyQuotas,
  makeKeyPair,
  writeRoutes,
} from '../harness/furnish.ts';
import type { Branch, Robot } from '../harness/furnish.ts';
import { startSimulator } from '../harness/simulator.ts';
import type { Simulator } from '../harness/simulator.ts';
import { openWorld } from '../harness/world.ts';
import type { World } from '../harness/world.ts';
import { readMessages, waitForQuiet } from './parts/chat.ts';
import { startGenerator } from './parts/generator.ts';
import type { Generator } from './parts/generator.ts';
import { createTeller, machine, pause, printResult, readNumbers } from './parts/output.ts';
import type { BenchCall, BenchResult } from './parts/output.ts';
import type { PushTarget } from './parts/push-client.ts';
import type { PushReport } from './parts/push-generator.ts';

const CONNECTIONS = 64;
const WARM_UP_SECONDS = 5;

/**
 * From the bank's push to DingTalk's acceptance, at a steady rate, against a forwarder that keeps
 * nothing. Each account has its robot, so that no robot comes near its 20 messages a minute.
 */
export async function run(call: BenchCall): Promise<BenchResult> {
  const options = readNumbers(call, { seconds: 60, rate: 100, robots: 500, seed: 1 });
  const tell = createTeller(options.isQuiet);
  const perRobot = (options.rate * 60) / options.robots;
  if (perRobot > 15) throw new Error('more than 15 messages a minute for each robot: add --robots');
  const world = await openWorld();
  try {
    const dingtalk = await startSimulator('dingtalk', options.seed);
    world.onStop(() => dingtalk.child.stop());
    await liftMonthlyQuotas(dingtalk);
    tell(`furnishing ${options.robots} accounts, each with a robot of its own …`);
    const scene = await furnish(world, dingtalk, options.robots);
    const cashbell = await world.startCashbell('all');
    const generator = await startGenerator();
    world.onStop(() => generator.child.stop());

    const phase = { generator, dingtalk, codes: scene.codes, rate: options.rate };
    tell(`warming up for ${WARM_UP_SECONDS} s …`);
    const bank = { ...scene.bank, origin: world.serverUrl };
    await measure({ ...phase, target: bank, first: 1, seconds: WARM_UP_SECONDS });
    // So that no robot has the warm-up and a full minute in one window.
    await pause(5_000);
    tell(`Cashbell: ${options.rate} pushes a second for ${options.seconds} s …`);
    const ours = await measure({
      ...phase,
      target: bank,
      first: 1_000_000,
      seconds: options.seconds,
    });
    await cashbell.stop();

    const forwarder = await startForwarder(world, dingtalk, scene, options.robots);
    await measure({ ...phase, target: forwarder, first: 2_000_000, seconds: WARM_UP_SECONDS });
    tell(`forwarder without a database: the same …`);
    const floor = await measure({
      ...phase,
      target: forwarder,
      first: 3_000_000,
      seconds: options.seconds,
    });
    tell(`Cashbell   p50 ${ours.p50Ms} ms, p99 ${ours.p99Ms} ms, lost ${ours.lost}`);
    tell(`forwarder  p50 ${floor.p50Ms} ms, p99 ${floor.p99Ms} ms, lost ${floor.lost}`);
    return printResult({
      name: 'ring',
      work: {
        ...machine(),
        pushesPerSecond: options.rate,
        seconds: options.seconds,
        robots: options.robots,
      },
      cashbell: ours,
      floor,
      peers: {},
      ratios: {
        p50: round(ours.p50Ms / Math.max(floor.p50Ms, 0.1)),
        p99: round(ours.p99Ms / Math.max(floor.p99Ms, 0.1)),
      },
    });
  } finally {
    await world.stop();
  }
}

interface Scene {
  readonly codes: readonly string[];
  readonly bank: Omit<PushTarget, 'origin'>;
}

async function furnish(world: World, dingtalk: Simulator, count: number): Promise<Scene> {
  const orgId = await addOrg(world, 'Ring benchmark');
  const keys = makeKeyPair();
  const connection = await addSnapConnection(world, {
    orgId,
    bank: 'bca',
    // Never called: the accounts are not polled.
    baseUrl: 'http://127.0.0.1:9',
    bankPublicKey: keys.publicPem,
  });
  const codes: string[] = [];
  const branches: Branch[] = [];
  for (let index = 0; index < count; index += 1) {
    const code = String(10_000 + index);
    const place = { orgId, connectionId: connection.connectionId, bank: 'bca' };
    const accountId = await addBankAccount(
      world,
      { ...place, number: `70${code}`, currency: 'IDR', settings: { virtualAccounts: code } },
      'never',
    );
    const robot = await addRobot(dingtalk, `Group ${code}`);
    const destinationId = await addRobotDestination(world, orgId, robot);
    codes.push(code);
    branches.push({ name: code, accountIds: [accountId], destinationIds: [destinationId] });
  }
  await writeRoutes(world, orgId, { branches });
  return {
    codes,
    bank: {
      basePath: `/hooks/${connection.connectionId}`,
      clientKey: connection.inboundClientKey,
      secret: connection.inboundSecret,
      bankPrivateKey: keys.privatePem,
    },
  };
}

async function startForwarder(
  world: World,
  dingtalk: Simulator,
  scene: Scene,
  count: number,
): Promise<PushTarget> {
  const robots: Record<string, Robot> = {};
  for (const code of scene.codes.slice(0, count)) {
    robots[code] = await addRobot(dingtalk, `Floor ${code}`);
  }
  const child = await startChild({ script: 'tools/bench/parts/forwarder-process.ts' });
  world.onStop(() => child.stop());
  const origin = textOf(child.said, 'url');
  const body = JSON.stringify({ secret: scene.bank.secret, robots });
  await fetch(`${origin}/setup`, { method: 'POST', body });
  return { ...scene.bank, origin, basePath: '' };
}

interface Measured {
  readonly [name: string]: unknown;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lost: number;
}

/** Pushes at the rate and reads from DingTalk's books when each was accepted. */
async function measure(phase: {
  readonly generator: Generator;
  readonly dingtalk: Simulator;
  readonly codes: readonly string[];
  readonly target: PushTarget;
  readonly rate: number;
  readonly first: number;
  readonly seconds: number;
}): Promise<Measured> {
  const { dingtalk } = phase;
  const since = (await readMessages(dingtalk)).messageCount;
  const report = await phase.generator.run({
    target: phase.target,
    companyCodes: phase.codes,
    firstNumber: phase.first,
    connections: CONNECTIONS,
    load: { kind: 'paced', perSecond: phase.rate, seconds: phase.seconds },
  });
  const messages = await waitForQuiet(dingtalk, since, {
    quietMs: 2_000,
    limitMs: 120_000,
    references: Object.keys(report.sentAt),
  });
  return judge(report, messages);
}

function judge(report: PushReport, messages: Awaited<ReturnType<typeof waitForQuiet>>): Measured {
  const tellings = new Map<string, number[]>();
  for (const { atMs, references } of messages) {
    for (const one of references) tellings.set(one, [...(tellings.get(one) ?? []), atMs]);
  }
  const sent = Object.entries(report.sentAt);
  const told = sent.flatMap(([reference, sentAtMs]) => {
    const first = tellings.get(reference)?.[0];
    // The books count whole milliseconds; the middle of theirs is the fairest guess.
    return first === undefined ? [] : [first + 0.5 - sentAtMs];
  });
  const isTwice = ([reference]: [string, number]): boolean =>
    (tellings.get(reference)?.length ?? 0) > 1;
  return {
    p50Ms: round(percentile(told, 0.5)),
    p99Ms: round(percentile(told, 0.99)),
    maxMs: round(percentile(told, 1)),
    bankAnswerP50Ms: round(percentile(report.answerMs, 0.5)),
    bankAnswerP99Ms: round(percentile(report.answerMs, 0.99)),
    pushes: sent.length,
    refused: report.refused,
    messages: messages.length,
    lost: sent.length - told.length,
    toldTwice: sent.filter(isTwice).length,
  };
}

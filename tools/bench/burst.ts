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
import { round } from '../harness/figures.ts';
import { startSimulator } from '../harness/simulator.ts';
import { openWorld } from '../harness/world.ts';
import type { World } from '../harness/world.ts';
import { readMessages, waitForQuiet } from './parts/chat.ts';
import type { ChatMessage } from './parts/chat.ts';
import { startGenerator } from './parts/generator.ts';
import type { Generator } from './parts/generator.ts';
import { createTeller, machine, pause, printResult, readNumbers } from './parts/output.ts';
import type { BenchCall, BenchResult } from './parts/output.ts';
import type { PushTarget } from './parts/push-client.ts';

const NORMAL_CODE = '10001';
const URGENT_CODE = '10002';
const URGENT_FIRST = 2_000_000;
/** When urgent movements happen, in seconds after the burst began. */
const URGENT_AT = [1, 12, 25, 40, 55];
const MINUTE_MS = 60_000;
const QUIET_MS = 75_000;

/**
 * Ten times a robot's limit at once, with urgent movements in the middle of it: nothing is lost,
 * urgent ones do not wait, and the robot never says more than DingTalk lets it.
 */
export async function run(call: BenchCall): Promise<BenchResult> {
  const options = readNumbers(call, { movements: 200, seed: 1 });
  const tell = createTeller(options.isQuiet);
  const world = await openWorld();
  try {
    const dingtalk = await startSimulator('dingtalk', options.seed);
    world.onStop(() => dingtalk.child.stop());
    await liftMonthlyQuotas(dingtalk);
    const target = await furnish(world, await addRobot(dingtalk, 'Treasury'));
    await world.startCashbell('all');
    const generator = await startGenerator();
    world.onStop(() => generator.child.stop());
    tell(`${options.movements} movements at once, then ${URGENT_AT.length} urgent ones …`);
    const sentAt = await pushAll(generator, target, options.movements);
    tell('waiting until the robot has been quiet for more than a minute …');
    const messages = await waitForQuiet(dingtalk, 0, {
      quietMs: 3_000,
      limitMs: 300_000,
      references: Object.keys(sentAt),
      patienceMs: QUIET_MS,
    });
    const { refusals } = await readMessages(dingtalk);
    const cashbell = { ...judge(sentAt, messages), refusals: refusals.length };
    tell(JSON.stringify(cashbell));
    return printResult({
      name: 'burst',
      work: { ...machine(), movements: options.movements, urgent: URGENT_AT.length },
      cashbell,
      floor: {},
      peers: {},
      ratios: {},
    });
  } finally {
    await world.stop();
  }
}

async function furnish(
  world: World,
  robot: Awaited<ReturnType<typeof addRobot>>,
): Promise<PushTarget> {
  const orgId = await addOrg(world, 'Burst benchmark');
  const keys = makeKeyPair();
  const connection = await addSnapConnection(world, {
    orgId,
    bank: 'bca',
    baseUrl: 'http://127.0.0.1:9',
    bankPublicKey: keys.publicPem,
  });
  const { connectionId } = connection;
  const add = (code: string): Promise<string> =>
    addBankAccount(
      world,
      {
        orgId,
        connectionId,
        bank: 'bca',
        number: `70${code}`,
        currency: 'IDR',
        settings: { virtualAccounts: code },
      },
      'never',
    );
  const normal = await add(NORMAL_CODE);
  const urgent = await add(URGENT_CODE);
  const destinationIds = [await addRobotDestination(world, orgId, robot)];
  await writeRoutes(world, orgId, {
    branches: [
      { name: 'normal', accountIds: [normal], destinationIds },
      { name: 'urgent', accountIds: [urgent], destinationIds, lane: 'urgent' },
    ],
  });
  return {
    origin: world.serverUrl,
    basePath: `/hooks/${connectionId}`,
    clientKey: connection.inboundClientKey,
    secret: connection.inboundSecret,
    bankPrivateKey: keys.privatePem,
  };
}

async function pushAll(
  generator: Generator,
  target: PushTarget,
  count: number,
): Promise<Readonly<Record<string, number>>> {
  const push = async (code: string, firstNumber: number, total: number) =>
    (
      await generator.run({
        target,
        companyCodes: [code],
        firstNumber,
        connections: 64,
        load: { kind: 'paced', perSecond: 10_000, seconds: total / 10_000 },
      })
    ).sentAt;
  const startedAt = Date.now();
  const sentAt = { ...(await push(NORMAL_CODE, 1_000_000, count)) };
  for (const [index, second] of URGENT_AT.entries()) {
    await pause(Math.max(0, startedAt + second * 1000 - Date.now()));
    Object.assign(sentAt, await push(URGENT_CODE, URGENT_FIRST + index, 1));
  }
  return sentAt;
}

function judge(
  sentAt: Readonly<Record<string, number>>,
  messages: readonly ChatMessage[],
): Record<string, number> {
  const firstAt = new Map<string, number>();
  let twice = 0;
  for (const { atMs, references } of messages) {
    for (const reference of references) {
      if (firstAt.has(reference)) twice += 1;
      else firstAt.set(reference, atMs);
    }
  }
  const isUrgent = (reference: string): boolean => Number(reference.slice(2)) >= URGENT_FIRST;
  const waitedSeconds = (reference: string, sent: number): number =>
    ((firstAt.get(reference) ?? Number.POSITIVE_INFINITY) - sent) / 1000;
  const waits = Object.entries(sentAt).map(([reference, sent]) => ({
    isUrgent: isUrgent(reference),
    seconds: waitedSeconds(reference, sent),
  }));
  const longest = (wanted: boolean): number =>
    Math.max(0, ...waits.filter((wait) => wait.isUrgent === wanted).map(({ seconds }) => seconds));
  const digests = messages.filter(({ references }) => references.length > 1);
  return {
    lost: waits.filter(({ seconds }) => !Number.isFinite(seconds)).length,
    toldTwice: twice,
    maxInAnyMinute: maxInAnyMinute(messages.map(({ atMs }) => atMs)),
    urgentSeconds: round(longest(true), 3),
    allToldSeconds: round(longest(false), 1),
    messages: messages.length,
    digests: digests.length,
  };
}

/** The most messages in any window of a minute, wherever it begins. */
function maxInAnyMinute(times: readonly number[]): number {
  const sorted = times.toSorted((left, right) => left - right);
  let first = 0;
  let most = 0;
  for (const [index, at] of sorted.entries()) {
    while (at - (sorted[first] ?? at) >= MINUTE_MS) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

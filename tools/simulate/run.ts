import { textOf } from '../harness/child.ts';
import { startSimulator } from '../harness/simulator.ts';
import { openWorld } from '../harness/world.ts';
import { audit } from './audit.ts';
import type { Verdict } from './audit.ts';
import { readBanks, readChat } from './books.ts';
import type { BankMovement, ChatState } from './books.ts';
import { furnishRun } from './furnish-run.ts';
import type { Scene } from './furnish-run.ts';
import { makePlan } from './plan.ts';
import type { Plan, PlannedFault, PlannedMovement, Target } from './plan.ts';
import { startProcesses } from './processes.ts';
import type { Processes } from './processes.ts';

export interface RunOptions {
  readonly seed: number;
  readonly movements: number;
  readonly kills: number;
  readonly tell: (text: string) => void;
}

export interface RunResult {
  readonly plan: Plan;
  readonly verdict: Verdict;
  readonly chat: ChatState;
  readonly movements: readonly BankMovement[];
  readonly killed: Readonly<Record<Target, number>>;
  readonly unplannedEnds: readonly string[];
  readonly isQuiet: boolean;
  readonly seconds: number;
}

/** DingTalk's books must have stood still for so long, so that a late repetition is seen. */
const QUIET_MS = 8_000;
const LOOK_MS = 1_000;
const SHOW_MS = 10_000;

/** Makes the world of a seed, lets everything happen to it, and audits the books. */
export async function simulateRing(options: RunOptions): Promise<RunResult> {
  const { tell } = options;
  const plan = makePlan(options);
  const begun = performance.now();
  const world = await openWorld({ logLevel: 'fatal' });
  try {
    const dingtalk = await startSimulator('dingtalk', plan.seed);
    world.onStop(() => dingtalk.child.stop());
    const banks = await startSimulator('banks', plan.seed);
    world.onStop(() => banks.child.stop());
    const scene = { world, dingtalk, banks };
    await furnishRun(scene, plan);
    await liftPages(scene);
    const processes = await startProcesses(world);
    world.onStop(() => processes.stop());
    tell(
      `${plan.movements.length} movements on ${plan.accounts.length} accounts in ${Math.round(plan.durationMs / 1000)} s, ${plan.kills.length} kills, ${plan.faults.length} faults, ${plan.destinations.length} groups`,
    );
    // Airwallex keeps whole seconds: what happens first must not seem to lie before the beginning.
    const sinceMs = Math.floor(Date.now() / 1000) * 1000;
    const killed = await happen(scene, plan, processes, tell);
    await clearFaults(scene);
    const isQuiet = await settle(scene, plan, sinceMs, tell);
    const movements = await readBanks(banks, sinceMs);
    const chat = await readChat(dingtalk);
    const unplannedEnds = [...processes.unplannedEnds];
    await processes.stop();
    return {
      plan,
      verdict: audit(movements, chat),
      chat,
      movements,
      killed,
      unplannedEnds,
      isQuiet,
      seconds: Math.round((performance.now() - begun) / 1000),
    };
  } finally {
    await world.stop();
  }
}

/** Runs the plan: movements, kills and faults each at their moment. */
async function happen(
  scene: Scene,
  plan: Plan,
  processes: Processes,
  tell: RunOptions['tell'],
): Promise<Record<Target, number>> {
  const startedAt = performance.now();
  const at = async (atMs: number): Promise<void> => {
    const left = atMs - (performance.now() - startedAt);
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  };
  const killed = { worker: 0, server: 0, database: 0 };
  const underWay: Promise<unknown>[] = [];
  const movements = async (): Promise<void> => {
    for (const movement of plan.movements) {
      await at(movement.atMs);
      underWay.push(move(scene, plan, movement));
    }
  };
  const kills = async (): Promise<void> => {
    for (const [index, { atMs, target }] of plan.kills.entries()) {
      await at(atMs);
      killed[target] += 1;
      tell(
        `${(atMs / 1000).toFixed(1)} s: kill -9 ${target} (${index + 1} of ${plan.kills.length})`,
      );
      await processes.kill(target);
    }
  };
  const faults = async (): Promise<void> => {
    for (const planned of plan.faults) {
      await at(planned.atMs);
      await setFault(scene, planned);
      const { forMs } = planned;
      if (forMs !== undefined) underWay.push(endFault(scene, planned, forMs));
    }
  };
  await Promise.all([movements(), kills(), faults(), at(plan.durationMs)]);
  await Promise.all(underWay);
  return killed;
}

async function move({ banks }: Scene, plan: Plan, movement: PlannedMovement): Promise<void> {
  const account = plan.accounts[movement.account];
  const { creditDebitIndicator, amount, channel, bookAfterMs } = movement;
  const answer = await banks.manage('POST', 'movements', {
    account: account?.number,
    creditDebitIndicator,
    amount,
    ...(channel === undefined ? {} : { channel }),
    ...(bookAfterMs === undefined ? {} : { status: 'pending' }),
  });
  if (bookAfterMs === undefined) return;
  await new Promise((resolve) => setTimeout(resolve, bookAfterMs));
  await banks.manage('POST', `movements/${textOf(answer, 'reference')}/book`);
}

async function setFault({ dingtalk, banks }: Scene, { where, fault }: PlannedFault): Promise<void> {
  if (where === 'dingtalk') await dingtalk.manage('POST', 'faults', fault);
  else await banks.manage('POST', 'faults', { simulator: where, ...fault });
}

async function endFault(scene: Scene, planned: PlannedFault, forMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, forMs));
  const { name } = planned.fault;
  if (planned.where === 'dingtalk') {
    await scene.dingtalk.manage('DELETE', `faults/${String(name)}`);
  } else {
    await scene.banks.manage('DELETE', 'faults', { simulator: planned.where, name });
  }
}

async function clearFaults({ dingtalk, banks }: Scene): Promise<void> {
  await dingtalk.manage('DELETE', 'faults');
  await banks.manage('DELETE', 'faults');
  await liftPages({ banks });
}

/**
 * A day's movements of months fall into minutes here: pages of a hundred rows would take more calls
 * than a bank allows, which is not what this run asks about.
 */
async function liftPages({ banks }: Pick<Scene, 'banks'>): Promise<void> {
  const fault = { simulator: 'snap', name: 'pageSize', size: 9_000 };
  await banks.manage('POST', 'faults', fault);
}

/** Waits until everything is told and nothing more comes, or until patience ends. */
async function settle(
  { dingtalk, banks }: Scene,
  plan: Plan,
  sinceMs: number,
  tell: RunOptions['tell'],
): Promise<boolean> {
  // A lease of a killed poller lasts two minutes, then the next round of its accounts follows.
  const deadline = performance.now() + 150_000 + plan.pollSeconds * 2_000;
  let changes = -1;
  let quietSince = performance.now();
  let looked = 0;
  while (performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const chat = await readChat(dingtalk);
    if (chat.changes !== changes) quietSince = performance.now();
    changes = chat.changes;
    const isStill = performance.now() - quietSince >= QUIET_MS;
    if (!isStill && performance.now() - looked < SHOW_MS) continue;
    const { lost, notTheLast } = audit(await readBanks(banks, sinceMs), chat);
    if (isStill && lost.length + notTheLast.length === 0) return true;
    if (performance.now() - looked < SHOW_MS) continue;
    looked = performance.now();
    tell(`waiting: ${lost.length} not told yet, ${notTheLast.length} not in their last state`);
  }
  return false;
}

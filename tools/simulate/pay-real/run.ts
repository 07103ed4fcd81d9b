import { startSimulator } from '../../harness/simulator.ts';
import { openWorld } from '../../harness/world.ts';
import { audit } from '../pay/auditor.ts';
import type { Books, Finding, Verdict } from '../pay/auditor.ts';
import { firstFinding } from '../pay/explain.ts';
import { createApi, Refused } from './api.ts';
import type { Api } from './api.ts';
import { readBooks } from './books.ts';
import { createDeeds, decideQuestions, takeBackDoubles } from './deeds.ts';
import type { Deeds } from './deeds.ts';
import { furnishPay } from './furnish.ts';
import type { Furniture, RealScene } from './furnish.ts';
import { makeRealPlan } from './plan.ts';
import type { RealPlan } from './plan.ts';
import { createTimeMachine, lookOnceMore } from './time-machine.ts';
import type { TimeMachine } from './time-machine.ts';
import { startWorkers } from './workers.ts';
import type { RealWorkers } from './workers.ts';

export interface RealOptions {
  readonly seed: number;
  readonly payments: number;
  readonly kills: number;
  readonly tell: (text: string) => void;
}

export interface RealResult {
  readonly plan: RealPlan;
  readonly verdict: Verdict;
  readonly books: Books;
  readonly killed: number;
  readonly decided: number;
  readonly refusedByApi: number;
  readonly unplannedEnds: readonly string[];
  /** Our own diary of the first payment that something is wrong with. */
  readonly life: readonly string[];
  readonly seconds: number;
}

const TURN_MS = 2_500;
/** Everything must have ended so long after the last request. */
const PATIENCE_MS = 180_000;
/** DingTalk takes twenty calls a second, and a payment's cards take ten. */
const PATIENCE_EACH_MS = 600;
/** What the simulators hold is much to read, so it is not read all the time. */
const LOOK_EACH_MS = 10;
const SHOW_MS = 15_000;
const QUIET_LOOKS = 3;

/** Real processes on a real database against simulators, killed at random, and audited at the end. */
export async function simulateRealPay(options: RealOptions): Promise<RealResult> {
  const { tell } = options;
  const plan = makeRealPlan(options);
  const begun = performance.now();
  const world = await openWorld({ logLevel: 'fatal' });
  try {
    const dingtalk = await startSimulator('dingtalk', plan.seed);
    world.onStop(() => dingtalk.child.stop());
    const banks = await startSimulator('banks', plan.seed);
    world.onStop(() => banks.child.stop());
    const scene: RealScene = { world, dingtalk, banks };
    const furniture = await furnishPay(scene);
    const workers = await startWorkers(world);
    world.onStop(() => workers.stop());
    tell(
      `${plan.requests.length} payments in ${Math.round(plan.durationMs / 1000)} s, ${plan.kills.length} kills`,
    );
    const run = new Run(scene, furniture, plan, workers, options);
    const counts = await run.happen();
    const books = await readBooks(scene, furniture, plan, run.deeds);
    const verdict = audit(books);
    const life = await readLife(scene, firstFinding(verdict)?.finding);
    const unplannedEnds = [...workers.unplannedEnds];
    await workers.stop();
    return {
      plan,
      books,
      verdict,
      life,
      ...counts,
      unplannedEnds,
      seconds: Math.round((performance.now() - begun) / 1000),
    };
  } finally {
    await world.stop();
  }
}

async function readLife({ world }: RealScene, finding: Finding | undefined): Promise<string[]> {
  if (!finding) return [];
  const { rows } = await world.services.pool.query<{ line: string }>(
    `SELECT concat_ws(' ', s.at, p.payment_id, s.happening, '->', s.state, 'by', s.actor, s.code,
              s.details::text) AS line
     FROM payment_step s JOIN payment p ON p.org_id = s.org_id AND p.payment_id = s.payment_id
     WHERE p.end_to_end_id = $1 OR p.payment_id = $1 OR p.remittance_information = $2
     ORDER BY s.at, s.number`,
    [finding.endToEndId, finding.invoice],
  );
  return rows.map(({ line }) => line);
}

/** What happens in one run, with what it counts. */
class Run {
  readonly deeds: Deeds;
  readonly #scene: RealScene;
  readonly #furniture: Furniture;
  readonly #plan: RealPlan;
  readonly #workers: RealWorkers;
  readonly #api: Api;
  readonly #machine: TimeMachine;
  readonly #tell: (text: string) => void;
  #killed = 0;
  #decided = 0;
  #refused = 0;
  #isOver = false;

  constructor(
    scene: RealScene,
    furniture: Furniture,
    plan: RealPlan,
    workers: RealWorkers,
    { tell }: RealOptions,
  ) {
    this.#scene = scene;
    this.#furniture = furniture;
    this.#plan = plan;
    this.#workers = workers;
    this.#tell = tell;
    this.#api = createApi(scene.world.serverUrl);
    this.#machine = createTimeMachine(scene.world.services.pool);
    this.deeds = createDeeds(scene, furniture, this.#api);
  }

  async happen(): Promise<Pick<RealResult, 'killed' | 'decided' | 'refusedByApi'>> {
    await this.#setFaults();
    const turning = this.#turn();
    await Promise.all([this.#request(), this.#kill()]);
    await this.#clearFaults();
    await this.#settle();
    this.#isOver = true;
    await turning;
    return { killed: this.#killed, decided: this.#decided, refusedByApi: this.#refused };
  }

  async #request(): Promise<void> {
    const startedAt = performance.now();
    const underWay: Promise<void>[] = [];
    for (const request of this.#plan.requests) {
      await pause(request.atMs - (performance.now() - startedAt));
      underWay.push(
        this.deeds.carryOut(request).catch((error: unknown) => {
          if (!(error instanceof Refused)) throw error;
          this.#refused += 1;
          this.#tell(error.message);
        }),
      );
    }
    await Promise.all(underWay);
  }

  async #kill(): Promise<void> {
    const startedAt = performance.now();
    for (const { atMs, worker } of this.#plan.kills) {
      await pause(atMs - (performance.now() - startedAt));
      this.#machine.bury(await this.#workers.kill(worker));
      this.#killed += 1;
      this.#tell(`${(atMs / 1000).toFixed(1)} s: kill -9 worker ${worker}`);
    }
  }

  /** Time passes, and people answer what they are asked. */
  async #turn(): Promise<void> {
    while (!this.#isOver) {
      await pause(TURN_MS);
      await this.#machine.turn();
      this.#decided += await decideQuestions(this.#scene, this.#furniture, this.#api);
      await takeBackDoubles(this.#furniture, this.#api);
    }
  }

  async #settle(): Promise<void> {
    const { pool } = this.#scene.world.services;
    const count = this.#plan.requests.length;
    const deadline = performance.now() + PATIENCE_MS + count * PATIENCE_EACH_MS;
    let shown = performance.now();
    let quiet = 0;
    let hasLooked = false;
    while (performance.now() < deadline && quiet < QUIET_LOOKS) {
      await pause(TURN_MS + count * LOOK_EACH_MS);
      const { neverEnded, toldWrongly } = audit(
        await readBooks(this.#scene, this.#furniture, this.#plan, this.deeds),
      );
      const left = neverEnded.length + toldWrongly.length;
      quiet = left === 0 ? quiet + 1 : 0;
      if (left === 0 && !hasLooked) {
        hasLooked = true;
        quiet = 0;
        await lookOnceMore(pool);
      }
      if (performance.now() - shown < SHOW_MS) continue;
      shown = performance.now();
      this.#tell(
        `waiting: ${neverEnded.length} without an end, ${toldWrongly.length} told wrongly`,
      );
    }
  }

  async #setFaults(): Promise<void> {
    const { dingtalk, banks } = this.#scene;
    for (const { where, fault } of this.#plan.faults) {
      if (where === 'dingtalk') await dingtalk.manage('POST', 'faults', fault);
      else await banks.manage('POST', 'faults', { simulator: where, ...fault });
    }
  }

  async #clearFaults(): Promise<void> {
    await this.#scene.dingtalk.manage('DELETE', 'faults');
    await this.#scene.banks.manage('DELETE', 'faults');
  }
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

import type { Chance } from './chance.ts';
import { LEASE_MS } from '#flows/payment/payment-worker.ts';
import type { Ledger } from './ledger.ts';
import type { Row } from './rows.ts';
import { HOUR_MS, MINUTE_MS } from './places.ts';
import { DatabaseGone } from './steps.ts';
import type { Process } from './steps.ts';
import type { Mortal, VirtualTime } from './virtual-time.ts';

/** Processes that claim due payments and run their stories (flows/payment/payment-worker.ts). */
export interface Workers {
  /** A payment's time or lease has changed. */
  onDue(row: Row): void;
  kills(): number;
  stalls(): number;
}

/** What befalls a process at a point that it passes. */
export type Fate = 'none' | 'death' | 'stall';

export interface WorkersOptions {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly ledger: () => Ledger;
  readonly count: number;
  /** Decides at each point; by chance unless a test says otherwise. */
  readonly fateOf: (paymentId: string, where: string) => Fate;
  readonly advance: (process: Process, paymentId: string) => Promise<unknown>;
  readonly trace: (paymentId: string, text: () => string) => void;
}

const CONCURRENCY = 16;
const AFTER_FAULT_MS = 5_000;

interface Worker {
  /** A new one with every life. */
  owner: Mortal;
  workerId: string;
  skewMs: number;
  busy: number;
  /** While it stands still, nothing of it goes on. */
  stillUntilMs: number;
}

export function createWorkers(options: WorkersOptions): Workers {
  const { time, chance, trace } = options;
  let kills = 0;
  let stalls = 0;
  let lives = 0;
  const workers: Worker[] = [];
  const scheduled = new Map<Row, number>();
  /** Due while no worker had a hand free. */
  const kept: Row[] = [];

  const callKept = (): void => {
    for (let row = kept[0]; row && freeWorkers().length > 0; row = kept[0]) {
      kept.shift();
      offer(row);
    }
  };

  const revive = (worker: Worker): void => {
    lives += 1;
    worker.owner = { isDead: false };
    worker.workerId = `wrk_${lives}`;
    worker.skewMs = chance.between(-1_500, 1_500);
    worker.busy = 0;
    worker.stillUntilMs = 0;
    callKept();
  };
  for (let index = 0; index < options.count; index += 1) {
    const worker: Worker = {
      owner: { isDead: false },
      workerId: '',
      skewMs: 0,
      busy: 0,
      stillUntilMs: 0,
    };
    revive(worker);
    workers.push(worker);
  }

  const pass = async (worker: Worker, life: Mortal, paymentId: string, where: string) => {
    const fate = options.fateOf(paymentId, where);
    if (fate === 'death') {
      kills += 1;
      trace(paymentId, () => `${worker.workerId} is killed ${where}`);
      // It comes back before long; until then the others have its work.
      time.at(time.nowMs() + chance.between(1_000, MINUTE_MS), () => revive(worker));
      await time.die(life);
    }
    if (fate === 'stall') {
      stalls += 1;
      worker.stillUntilMs = time.nowMs() + chance.between(MINUTE_MS, HOUR_MS);
      trace(paymentId, () => `${worker.workerId} stands still ${where}`);
      time.at(worker.stillUntilMs, callKept);
    }
    const stillMs = Math.max(0, worker.stillUntilMs - time.nowMs());
    await time.pause(life, stillMs + chance.whole(0, 3));
  };
  const processOf = (worker: Worker): Process => {
    const { owner, workerId, skewMs } = worker;
    return {
      owner,
      workerId,
      nowMs: () => time.nowMs() + skewMs,
      pass: (paymentId, where) => pass(worker, owner, paymentId, where),
    };
  };

  const run = async (worker: Worker, row: Row): Promise<void> => {
    const process = processOf(worker);
    const { paymentId } = row;
    const ledger = options.ledger();
    try {
      await options.advance(process, paymentId);
    } catch (error) {
      if (!(error instanceof DatabaseGone)) throw error;
      trace(paymentId, () => 'the database was gone');
      await process.pass(paymentId, 'after a fault');
      ledger.change(row, { nextAtMs: process.nowMs() + AFTER_FAULT_MS });
    }
    await process.pass(paymentId, 'before giving it back');
    worker.busy -= 1;
    callKept();
    if (row.leaseOwner === process.workerId) {
      ledger.change(row, { leaseOwner: undefined, leaseUntilMs: undefined });
    }
  };

  const freeWorkers = (): readonly Worker[] =>
    workers.filter(
      ({ owner, busy, stillUntilMs }) =>
        !owner.isDead && busy < CONCURRENCY && stillUntilMs <= time.nowMs(),
    );
  const offer = (row: Row): void => {
    scheduled.delete(row);
    const nowMs = time.nowMs();
    const readyMs = readyAtMs(row);
    if (readyMs === undefined) return;
    if (readyMs > nowMs) return schedule(row, readyMs);
    const free = freeWorkers();
    if (free.length === 0) {
      kept.push(row);
      return;
    }
    const worker = chance.pick(free);
    worker.busy += 1;
    options.ledger().change(row, {
      leaseOwner: worker.workerId,
      leaseUntilMs: nowMs + worker.skewMs + LEASE_MS,
      wokenAtMs: undefined,
    });
    time.start(worker.owner, () => run(worker, row));
  };
  const schedule = (row: Row, atMs: number): void => {
    const known = scheduled.get(row);
    if (known !== undefined && known <= atMs) return;
    scheduled.set(row, atMs);
    time.at(atMs, () => {
      // An earlier look has been put in its place meanwhile.
      if (scheduled.get(row) === atMs) offer(row);
    });
  };

  return {
    onDue: (row) => {
      const readyMs = readyAtMs(row);
      if (readyMs !== undefined) schedule(row, Math.max(readyMs, time.nowMs()));
    },
    kills: () => kills,
    stalls: () => stalls,
  };
}

/** Due, and in nobody's hands: `next_at <= now` and a lease that is over or was never there. */
function readyAtMs({ nextAtMs, leaseUntilMs }: Row): number | undefined {
  if (nextAtMs === undefined) return undefined;
  return leaseUntilMs === undefined ? nextAtMs : Math.max(nextAtMs, leaseUntilMs + 1);
}

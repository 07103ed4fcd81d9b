import type { Child } from '../../harness/child.ts';
import type { World } from '../../harness/world.ts';
import { WORKERS } from './plan.ts';

/** The server, and workers each of which is started again at once whenever it ends. */
export interface RealWorkers {
  /** SIGKILL; gives the id of the process that is gone. */
  kill(index: number): Promise<number>;
  readonly unplannedEnds: readonly string[];
  stop(): Promise<void>;
}

const RETRY_MS = 250;

export async function startWorkers(world: World): Promise<RealWorkers> {
  const server = await world.startCashbell('server');
  const running = new Map<number, Child>();
  const planned = new Set<Child>();
  const unplannedEnds: string[] = [];
  let isStopping = false;

  const keep = async (index: number, first: Child): Promise<void> => {
    let child: Child | undefined = first;
    while (!isStopping) {
      if (child) {
        running.set(index, child);
        const how = await child.ended;
        running.delete(index);
        if (!planned.delete(child) && !isStopping) unplannedEnds.push(`worker ${index}: ${how}`);
      }
      if (isStopping) return;
      child = await world.startCashbell('worker').catch(() => undefined);
      if (!child) await pause();
    }
  };
  for (let index = 0; index < WORKERS; index += 1) {
    void keep(index, await world.startCashbell('worker'));
  }
  return {
    unplannedEnds,
    kill: async (index) => {
      // One that is still on its way up is killed as soon as it stands: each kill is a real one.
      let child = running.get(index);
      for (; !child; child = running.get(index)) await pause();
      planned.add(child);
      await child.kill();
      return child.pid;
    },
    stop: async () => {
      isStopping = true;
      await Promise.all([...running.values(), server].map((child) => child.stop()));
    },
  };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}

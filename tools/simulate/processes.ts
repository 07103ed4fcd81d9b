import type { Child } from '../harness/child.ts';
import type { World } from '../harness/world.ts';
import type { Target } from './plan.ts';

/** Server, worker and database, each started again at once whenever it ends. */
export interface Processes {
  /** SIGKILL; returns when the process is gone. */
  kill(target: Target): Promise<void>;
  /** Ends that nobody planned, each with what the process said last. */
  readonly unplannedEnds: readonly string[];
  stop(): Promise<void>;
}

const RETRY_MS = 250;

export async function startProcesses(world: World): Promise<Processes> {
  const running = new Map<Target, Child>();
  const planned = new Set<Child>();
  const loops: Promise<void>[] = [];
  let isStopping = false;
  const unplannedEnds: string[] = [];

  const startOne = (target: Target): Promise<Child> =>
    target === 'database' ? world.startDatabase() : world.startCashbell(target);

  const keep = async (target: Target, first: Child): Promise<void> => {
    let child: Child | undefined = first;
    while (!isStopping) {
      if (child) {
        running.set(target, child);
        const how = await child.ended;
        running.delete(target);
        if (!planned.delete(child) && !isStopping) unplannedEnds.push(`${target}: ${how}`);
      }
      if (isStopping) return;
      // Without its database a process may end while it starts; it is tried again until it stays.
      child = await startOne(target).catch(() => undefined);
      if (!child) await pause();
    }
  };

  for (const target of ['server', 'worker'] as const) {
    loops.push(keep(target, await startOne(target)));
  }
  loops.push(keep('database', world.database()));
  return {
    unplannedEnds,
    kill: async (target) => {
      // One that is still on its way up is killed as soon as it stands: each kill is a real one.
      let child = running.get(target);
      for (; !child && !isStopping; child = running.get(target)) await pause();
      if (!child) return;
      planned.add(child);
      if (target === 'database') await world.killDatabase();
      else await child.kill();
    },
    stop: async () => {
      isStopping = true;
      await Promise.all([running.get('server')?.stop(), running.get('worker')?.stop()]);
    },
  };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}

import { startChild } from '../../harness/child.ts';
import type { Child } from '../../harness/child.ts';
import type { PushJob, PushReport } from './push-generator.ts';

/** The bank that pushes, in a process of its own so that it does not share our event loop. */
export interface Generator {
  readonly child: Child;
  run(job: PushJob): Promise<PushReport>;
}

export async function startGenerator(): Promise<Generator> {
  const child = await startChild({ script: 'tools/bench/parts/push-generator.ts' });
  return {
    child,
    run: async (job) => {
      const answer = await child.ask(JSON.stringify(job));
      return JSON.parse(answer);
    },
  };
}

import { PgBoss } from 'pg-boss';

/** Work that runs once per tick in the whole installation, whichever process takes it. */
export interface ScheduledJob {
  readonly name: string;
  /** Five fields of cron, in UTC. */
  readonly cron: string;
  readonly run: () => Promise<void>;
}

/**
 * Runs cron jobs over pg-boss: one process of many takes each tick, a dead one's tick is taken over
 * (settings measured in stack.md section 2).
 */
export async function startSchedule(options: {
  readonly url: string;
  readonly jobs: readonly ScheduledJob[];
  readonly onError: (error: unknown) => void;
}): Promise<{ stop(): Promise<void> }> {
  const boss = new PgBoss({
    connectionString: options.url,
    application_name: 'cashbell schedule',
    max: 2,
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
    cronMonitorIntervalSeconds: 15,
    cronWorkerIntervalSeconds: 5,
  });
  boss.on('error', options.onError);
  await boss.start();
  for (const { name, cron, run } of options.jobs) {
    await boss.createQueue(name, { policy: 'singleton', retryLimit: 0, expireInSeconds: 300 });
    await boss.schedule(name, cron);
    await boss.work(name, { pollingIntervalSeconds: 5, batchSize: 10 }, async () => {
      await run();
    });
  }
  return { stop: () => boss.stop({ graceful: true, timeout: 5_000 }) };
}

import { claimReport } from '#store/reports.ts';
import { makeReport } from './make-report.ts';
import type { ReportMakerDeps } from './report-deps.ts';

/** Makes reports that were ordered, one after the other: each may need much memory. */
export interface ReportWorker {
  /** Something may have been ordered. */
  kick(): void;
  stop(): Promise<void>;
}

/** Longer than the longest report takes, pages included. */
export const REPORT_LEASE_MS = 10 * 60_000;
const LOOK_MS = 2_000;

export function startReportWorker(options: {
  readonly deps: ReportMakerDeps;
  readonly workerId: string;
  readonly onError: (error: unknown) => void;
  readonly lookMs?: number;
}): ReportWorker {
  const { deps, workerId, onError } = options;
  let isStopping = false;
  let running: Promise<void> | undefined;
  let isWanted = false;

  const work = async (): Promise<void> => {
    do {
      isWanted = false;
      while (!isStopping && (await makeNext(deps, workerId, onError)));
    } while (isWanted && !isStopping);
  };
  const kick = (): void => {
    isWanted = true;
    if (isStopping || running) return;
    running = work()
      .catch(onError)
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(kick, options.lookMs ?? LOOK_MS);
  kick();
  return {
    kick,
    stop: async () => {
      isStopping = true;
      clearInterval(timer);
      await running;
    },
  };
}

/** Takes one and makes it; false when nothing waits. */
export async function makeNext(
  deps: ReportMakerDeps,
  workerId: string,
  onError: (error: unknown) => void,
): Promise<boolean> {
  const { pool, now } = deps.services;
  const at = now().epochMilliseconds;
  const report = await claimReport(pool, {
    owner: workerId,
    until: new Date(at + REPORT_LEASE_MS),
    now: new Date(at),
  });
  if (!report) return false;
  const { error } = await makeReport(deps, report, workerId);
  if (error !== undefined) onError(error);
  return true;
}

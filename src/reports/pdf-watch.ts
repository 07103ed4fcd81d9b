import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/**
 * Watches over the process that makes pages from a thread of its own, because native code holds the
 * main thread: ends it when it takes too much memory or when nobody waits for it any longer.
 */
const { memoryMaxBytes, parent }: { memoryMaxBytes: number; parent: number } = workerData;
const INTERVAL_MS = 50;

setInterval(() => {
  const used = process.memoryUsage.rss();
  if (used > memoryMaxBytes) end(`memoryLimit: ${used} bytes`);
  if (process.ppid !== parent) end('the parent is gone');
}, INTERVAL_MS);

/** `process.exit` would end this thread only. */
function end(reason: string): void {
  writeSync(2, `${reason}\n`);
  process.kill(process.pid, 'SIGKILL');
}

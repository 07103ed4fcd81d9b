import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, whatever the kernel was built with. */
const TICKS_PER_SECOND = 100;

interface Stat {
  readonly parent: number;
  readonly ownSeconds: number;
  readonly withEndedChildrenSeconds: number;
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces; what follows it has none.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = (index: number): number => Number(fields[index] ?? 0);
    const own = (ticks(11) + ticks(12)) / TICKS_PER_SECOND;
    const children = (ticks(13) + ticks(14)) / TICKS_PER_SECOND;
    return { parent: ticks(1), ownSeconds: own, withEndedChildrenSeconds: own + children };
  } catch {
    return undefined;
  }
}

/** Seconds of processor time that a process has used, all its threads together. */
export function processorSeconds(pid: number): number {
  return readStat(pid)?.ownSeconds ?? 0;
}

/** The same for a process with all that it has started, such as PostgreSQL with its sessions. */
export function processorSecondsOfFamily(pid: number): number {
  const living = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat?.parent === pid);
  const started = living.reduce((sum, stat) => sum + (stat?.withEndedChildrenSeconds ?? 0), 0);
  return (readStat(pid)?.withEndedChildrenSeconds ?? 0) + started;
}

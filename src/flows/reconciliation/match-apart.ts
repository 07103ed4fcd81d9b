import { Worker } from 'node:worker_threads';
import type {
  EntryLine,
  ItemLine,
  MatchKnowledge,
  MatchResult,
  MatchSettings,
} from '#core/matches.ts';
import { matchLines } from '#reconciliation/match.ts';
import type { ThreadMessage } from './match-thread.ts';

/** So many lines are matched in a few milliseconds, sooner than a thread has begun. */
const INLINE_MAX = 3_000;
/** Copied to the thread at once; between two portions others get their turn. */
const PORTION = 5_000;

/**
 * Matches any number of lines. Many are matched in a thread of their own: the process that does it also
 * takes in what banks push, and a ring must not wait for a run.
 */
export async function matchApart(
  entries: readonly EntryLine[],
  items: readonly ItemLine[],
  settings: MatchSettings,
  knowledge: MatchKnowledge,
): Promise<MatchResult> {
  if (entries.length + items.length <= INLINE_MAX) {
    return matchLines(entries, items, settings, knowledge);
  }
  const thread = new Worker(new URL('./match-thread.ts', import.meta.url));
  try {
    const result = new Promise<MatchResult>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', (code) => reject(new Error(`the thread of matching ended with ${code}`)));
    });
    // Heard below; a thread that dies while it is still being told must not end the process.
    result.catch(() => undefined);
    const tell = async (message: ThreadMessage): Promise<void> => {
      thread.postMessage(message);
      await new Promise<void>((resolve) => setImmediate(resolve));
    };
    for (let from = 0; from < entries.length; from += PORTION) {
      await tell({ kind: 'entries', lines: entries.slice(from, from + PORTION) });
    }
    for (let from = 0; from < items.length; from += PORTION) {
      await tell({ kind: 'items', lines: items.slice(from, from + PORTION) });
    }
    await tell({ kind: 'go', settings, knowledge });
    return await result;
  } finally {
    await thread.terminate();
  }
}

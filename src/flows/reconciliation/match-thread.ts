import { parentPort } from 'node:worker_threads';
import type { EntryLine, ItemLine, MatchKnowledge, MatchSettings } from '#core/matches.ts';
import { matchLines } from '#reconciliation/match.ts';

/** What the thread is told, in this order: lines in portions, then the word to begin. */
export type ThreadMessage =
  | { readonly kind: 'entries'; readonly lines: readonly EntryLine[] }
  | { readonly kind: 'items'; readonly lines: readonly ItemLine[] }
  | { readonly kind: 'go'; readonly settings: MatchSettings; readonly knowledge: MatchKnowledge };

const entries: EntryLine[] = [];
const items: ItemLine[] = [];

parentPort?.on('message', (message: ThreadMessage) => {
  if (message.kind === 'entries') {
    for (const line of message.lines) entries.push(line);
  } else if (message.kind === 'items') {
    for (const line of message.lines) items.push(line);
  } else {
    parentPort?.postMessage(matchLines(entries, items, message.settings, message.knowledge));
    parentPort?.close();
  }
});

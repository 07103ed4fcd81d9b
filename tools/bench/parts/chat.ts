import { listOf, numberOf } from '../../harness/child.ts';
import type { Simulator } from '../../harness/simulator.ts';
import { pause } from './output.ts';

/** A message as the simulated DingTalk's books have it. */
export interface ChatMessage {
  readonly atMs: number;
  readonly group: string;
  readonly title: string;
  readonly text: string;
  readonly references: readonly string[];
}

export interface ChatBooks {
  readonly messageCount: number;
  readonly messages: readonly ChatMessage[];
  readonly refusals: readonly { readonly code: string; readonly message: string }[];
}

/** Reads the books from a message on. */
export async function readMessages(dingtalk: Simulator, since = 0): Promise<ChatBooks> {
  const state = await dingtalk.manage('GET', `state?since=${since}`);
  return {
    messageCount: numberOf(state, 'messageCount'),
    messages: listOf(state, 'messages').map(toMessage),
    refusals: listOf(state, 'refusals').map((one) => ({
      code: String(Object(one).code),
      message: String(Object(one).message),
    })),
  };
}

function toMessage(one: unknown): ChatMessage {
  const { at, group, title, text, references } = Object(one);
  const named = Array.isArray(references) ? references.map(String) : [];
  // Virtual account numbers of ours end with the digits of the reference: for texts without it.
  const accounts = String(text).match(/\b\d{23,26}\b/g) ?? [];
  const meant = accounts.map((digits) => `MV${digits.slice(-12)}`);
  return {
    atMs: Date.parse(String(at)),
    group: String(group),
    title: String(title),
    text: String(text),
    references: [...new Set([...named, ...meant])],
  };
}

/** Waits until every reference stands in the books, or nothing more comes. */
export async function waitForQuiet(
  dingtalk: Simulator,
  since: number,
  until: {
    readonly quietMs: number;
    readonly limitMs: number;
    readonly references: readonly string[];
    /** How long silence may last while something is missing; default five times `quietMs`. */
    readonly patienceMs?: number;
  },
): Promise<readonly ChatMessage[]> {
  const startedAt = Date.now();
  const missing = new Set(until.references);
  const messages: ChatMessage[] = [];
  let next = since;
  let lastAt = Date.now();
  while (Date.now() - startedAt < until.limitMs) {
    const books = await readMessages(dingtalk, next);
    next = books.messageCount;
    if (books.messages.length > 0) lastAt = Date.now();
    messages.push(...books.messages);
    for (const { references } of books.messages) for (const one of references) missing.delete(one);
    const quietMs = Date.now() - lastAt;
    // Complete: a moment more shows what is told twice. Incomplete: patience, for it may come.
    const patienceMs = until.patienceMs ?? until.quietMs * 5;
    if (quietMs >= (missing.size === 0 ? until.quietMs : patienceMs)) break;
    await pause(200);
  }
  return messages;
}

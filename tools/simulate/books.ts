import { listOf, numberOf } from '../harness/child.ts';
import type { Simulator } from '../harness/simulator.ts';

/** A movement as its bank's books have it. */
export interface BankMovement {
  readonly reference: string;
  /** Texts by which it is known outside the bank: reference, virtual account, transaction. */
  readonly keys: readonly string[];
  readonly account: string;
  readonly atMs: number;
  readonly status: string;
  /** When the company first acknowledged a push of it with success. */
  readonly acknowledgedAtMs?: number;
  /** Whether the bank called at all: also a call without an answer may have been taken in. */
  readonly wasPushed: boolean;
  /** Whether the bank ever pushed it as pending. */
  readonly wasPending: boolean;
  /** How the money moved, for whoever reads the verdict. */
  readonly way: string;
}

/** One telling of one movement in one state: a line of a message, or a card at its creation. */
export interface Telling {
  readonly group: string;
  readonly via: string;
  /** Place among everything that DingTalk accepted. */
  readonly sequence: number;
  /** Place within its message. */
  readonly index: number;
  readonly key: string;
  readonly state: string;
  /** The keys of the whole message, by which a repetition is recognised. */
  readonly fingerprint: string;
}

export interface ChatState {
  readonly tellings: readonly Telling[];
  /** The state that each card shows now, by key. */
  readonly cardStates: ReadonlyMap<string, string>;
  readonly messageCount: number;
  readonly digestCount: number;
  readonly cardCount: number;
  readonly cardUpdates: number;
  readonly refusals: ReadonlyMap<string, number>;
  /** Changes so far; when it stands still, DingTalk's books are quiet. */
  readonly changes: number;
}

/** References, virtual account numbers and transaction numbers. */
const KEYS = /\bMV\d{12}\b|\b\d{18,30}\b/g;

export async function readBanks(banks: Simulator, sinceMs: number): Promise<BankMovement[]> {
  const state = await banks.manage('GET', 'state');
  const movements = listOf(state, 'accounts').flatMap((account) =>
    listOf(account, 'movements').map((one) => toMovement(String(Object(account).account), one)),
  );
  // What the banks had from before was never to be told.
  return movements.filter(({ atMs }) => atMs >= sinceMs);
}

function toMovement(account: string, one: unknown): BankMovement {
  const { reference, at, status, virtualAccountNo, transactionId, channel } = Object(one);
  const pushes = listOf(one, 'pushes');
  const isAcknowledged = (push: unknown): boolean => Object(push).status === 200;
  const acknowledged = pushes.find(isAcknowledged);
  const keys = [reference, virtualAccountNo, transactionId].filter(
    (key) => typeof key === 'string' && key !== '',
  );
  return {
    reference: String(reference),
    keys: keys.map(String),
    account,
    atMs: Date.parse(String(at)),
    status: String(status),
    ...(acknowledged ? { acknowledgedAtMs: Date.parse(String(Object(acknowledged).at)) } : {}),
    wasPushed: pushes.length > 0,
    way: `${channel ?? 'wallet'} ${String(Object(one).creditDebitIndicator)}, ${pushes.length} pushes`,
    wasPending: pushes.some((push) => String(Object(push).event).includes('pending')),
  };
}

export async function readChat(dingtalk: Simulator): Promise<ChatState> {
  const state = await dingtalk.manage('GET', 'state');
  const messages = listOf(state, 'messages');
  const cards = listOf(state, 'cards');
  const refusals = new Map<string, number>();
  for (const one of listOf(state, 'refusals')) {
    const code = String(Object(one).code);
    refusals.set(code, (refusals.get(code) ?? 0) + 1);
  }
  return {
    tellings: [...messages.flatMap(tellingsOfMessage), ...cards.flatMap(tellingsOfCard)],
    cardStates: new Map(cards.flatMap(finalStates)),
    messageCount: messages.length,
    digestCount: messages.filter((one) => isDigest(String(Object(one).text))).length,
    cardCount: cards.length,
    cardUpdates: cards.reduce<number>((sum, card) => sum + listOf(card, 'updates').length, 0),
    refusals,
    changes: numberOf(state, 'messageCount') + numberOf(state, 'changeSequence'),
  };
}

function isDigest(text: string): boolean {
  return /^#* ?(\d+ warnings? · )?\d+ movements?\b/m.test(text);
}

function tellingsOfMessage(one: unknown): Telling[] {
  const { group, via, sequence, text } = Object(one);
  const whole = String(text);
  const fingerprint = JSON.stringify([...new Set(whole.match(KEYS) ?? [])]);
  const common = {
    group: String(group),
    via: String(via),
    sequence: Number(sequence),
    fingerprint,
  };
  const parts = isDigest(whole) ? whole.split('\n') : [whole];
  return parts.flatMap((part, index) =>
    [...new Set(part.match(KEYS) ?? [])].map((key) => ({
      ...common,
      index,
      key,
      state: stateOf(part),
    })),
  );
}

function tellingsOfCard(card: unknown): Telling[] {
  const { group, sequence, params } = Object(card);
  const first: unknown = Object(listOf(card, 'updates')[0]).params;
  const keys = [...new Set(JSON.stringify(params).match(KEYS) ?? [])];
  // The first state is that of creation; the later ones are updates in place.
  const before = listOf(card, 'updates').length === 0 ? params : first;
  return keys.map((key) => ({
    group: String(group),
    via: 'card',
    sequence: Number(sequence),
    index: 0,
    key,
    state: String(Object(before).state ?? ''),
    fingerprint: `card ${key}`,
  }));
}

function finalStates(card: unknown): [string, string][] {
  const { params } = Object(card);
  const keys = [...new Set(JSON.stringify(params).match(KEYS) ?? [])];
  return keys.map((key) => [key, String(Object(params).state ?? '')]);
}

/** The state in the English words of messages; a booked movement needs none. */
function stateOf(text: string): string {
  if (/coming in|going out|\(pending\)/.test(text)) return 'pending';
  if (/taken back|undone|\(reversed\)/.test(text)) return 'reversed';
  if (/withdrawn/.test(text)) return 'withdrawn';
  return /corrected/.test(text) ? 'corrected' : 'booked';
}
